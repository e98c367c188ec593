#!/bin/sh
# SPDX-License-Identifier: MIT
# sqlite3: a database in memory; inserts, an index, joins, updates, deletes.

. "$(dirname "$0")/common"
need sqlite3

sql=$data/sqlite3-$scale.sql
rows=$(scaled 800000)
cat >"$sql" <<END
CREATE TABLE person
    (id INTEGER PRIMARY KEY, name TEXT, town INTEGER, note TEXT);
CREATE TABLE town (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE visit (person INTEGER, town INTEGER, day INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
    INSERT INTO person SELECT i, 'name' || (i * 7919 % $rows), i % 997,
        substr('the quick brown fox jumps over the lazy dog', 1, i % 44) FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 996)
    INSERT INTO town SELECT i, 'town' || i FROM n;
INSERT INTO visit SELECT id, (id * 31) % 997, id % 365 FROM person;
CREATE INDEX person_name ON person(name);
CREATE INDEX visit_town ON visit(town, day);
SELECT count(*), sum(length(p.note)) FROM person p
    JOIN visit v ON v.person = p.id JOIN town t ON t.id = v.town
    WHERE t.name LIKE '%7%' AND v.day < 200;
SELECT count(*), max(c) FROM
    (SELECT t.name, group_concat(p.name) AS c FROM person p
        JOIN town t ON t.id = p.town WHERE p.id % 3 = 0 GROUP BY t.name);
UPDATE person SET note = note || name WHERE id % 2 = 0;
DELETE FROM visit WHERE day % 3 = 1;
SELECT count(*) FROM visit;
SELECT sum(length(note)) FROM person;
END
measure sqlite3 -batch -init /dev/null :memory: ".read $sql" | cksum
