#!/bin/sh
# SPDX-License-Identifier: MIT
# sqlite3.sh - a database of some 100,000 rows, in memory and in a file.
. tests/preload/_common.sh
need sqlite3

cat >"$tmp/job.sql" <<'SQL'
PRAGMA cache_size = -32000;
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, size INTEGER, body BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < 100000)
INSERT INTO item SELECT i, printf('name-%07d', i * 7919 % 1000003),
    i * 31 % 977, zeroblob(i % 300) FROM n;
CREATE INDEX by_name ON item(name);
CREATE INDEX by_size ON item(size, name);
SELECT count(*), sum(size), min(name), max(name) FROM item;
UPDATE item SET name = name || '-' || size WHERE size % 7 = 0;
DELETE FROM item WHERE size % 11 = 0;
SELECT size, count(*), group_concat(substr(name, 6, 4)) FROM item
    WHERE size BETWEEN 100 AND 130 GROUP BY size ORDER BY size;
SELECT a.name, b.name FROM item a JOIN item b ON a.size = b.size
    AND a.id < b.id WHERE a.size < 5 ORDER BY 1, 2 LIMIT 200;
SELECT count(*) FROM (SELECT name, row_number() OVER (PARTITION BY size
    ORDER BY name DESC) AS r FROM item) WHERE r <= 3;
SELECT length(group_concat(json_object('id', id, 'name', name)))
    FROM item WHERE id < 30000;
VACUUM;
PRAGMA integrity_check;
SQL

both sqlite_memory sqlite3 :memory: ".read $tmp/job.sql"
rm -f "$tmp/a.db" "$tmp/b.db"
sqlite3 "$tmp/a.db" <"$tmp/job.sql" >"$tmp/sqlite_file.plain"
under sqlite3 "$tmp/b.db" <"$tmp/job.sql" >"$tmp/sqlite_file.under"
same sqlite_file
sqlite3 "$tmp/a.db" .dump >"$tmp/sqlite_dump.plain"
under sqlite3 "$tmp/b.db" .dump >"$tmp/sqlite_dump.under"
same sqlite_dump
