#!/bin/sh
# SPDX-License-Identifier: MIT
# redis.sh - a server under the library, written to and read back.
. tests/preload/_common.sh
need redis-server redis-cli

server=
clean_up()
{
    [ -z "$server" ] || kill "$server" 2>/dev/null || :
}

commands()
{
    awk 'BEGIN {
        for (i = 0; i < 40000; i++) {
            k = (i * 7919) % 20011
            printf "SET s:%d %s\n", k, sprintf("%0*d", 1 + i % 500, i)
            if (i % 4 == 0) printf "HSET h:%d f%d %d\n", k % 500, i, i
            if (i % 4 == 1) printf "RPUSH l:%d v%d\n", k % 300, i
            if (i % 4 == 2) printf "ZADD z:%d %d m%d\n", k % 200, k, i
            if (i % 4 == 3) printf "APPEND s:%d tail%d\n", k, i
            if (i % 5 == 0) printf "DEL s:%d\n", (i * 31) % 20011
        }
    }'
}

queries()
{
    cat <<'REDIS'
DBSIZE
DEBUG DIGEST
HLEN h:7
LRANGE l:5 0 20
ZRANGE z:9 0 20 WITHSCORES
STRLEN s:4
EVAL "local n = 0; for i = 1, 200000 do n = n + #tostring(i) end; return n" 0
LRANGE l:17 -5 -1
REDIS
}

# serve NAME PRELOAD: one life of a server; what it answered goes to a file.
# mem_allocator and times differ by nature and are not asked for.
serve()
{
    socket=$tmp/$1.socket
    mkdir "$tmp/$1.dir"
    LD_PRELOAD=$2 redis-server --port 0 --unixsocket "$socket" \
        --dir "$tmp/$1.dir" --save '' --daemonize no --io-threads 2 \
        --activedefrag no --enable-debug-command yes \
        >"$tmp/$1.log" 2>&1 &
    server=$!
    tries=0
    until redis-cli -s "$socket" PING >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || fail "$1: no answer: $(tail -n 5 "$tmp/$1.log")"
        kill -0 "$server" || fail "$1: died: $(tail -n 5 "$tmp/$1.log")"
        sleep 0.05
    done
    commands | LD_PRELOAD=$2 redis-cli -s "$socket" >"$tmp/$1.replies"
    {
        cksum <"$tmp/$1.replies"
        queries | LD_PRELOAD=$2 redis-cli -s "$socket"
        # The child of fork writes the file, then it is read again.
        redis-cli -s "$socket" SAVE
        redis-cli -s "$socket" BGSAVE
        while redis-cli -s "$socket" INFO persistence |
            grep -q 'rdb_bgsave_in_progress:1'; do
            sleep 0.05
        done
        redis-cli -s "$socket" INFO persistence |
            grep -a rdb_last_bgsave_status
        redis-cli -s "$socket" DEBUG RELOAD
        redis-cli -s "$socket" DEBUG DIGEST
        redis-cli -s "$socket" FLUSHALL
        redis-cli -s "$socket" DBSIZE
    } >"$tmp/redis.$1"
    redis-cli -s "$socket" SHUTDOWN NOSAVE 2>/dev/null || :
    wait "$server" || fail "$1: exit status $?: $(tail -n 5 "$tmp/$1.log")"
    server=
}

serve plain ''
serve under "$CAPHEAP_SO"
grep -q ERR "$tmp/redis.plain" && fail "$(grep ERR "$tmp/redis.plain")"
same redis
