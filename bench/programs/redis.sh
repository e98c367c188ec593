#!/bin/sh
# SPDX-License-Identifier: MIT
# redis: the server under load on a unix socket; first a fixed list of
# commands in bulk, then twenty clients.  Cost is the server's own processor
# time and peak; wall time is that of the load, not of the server's life.
#
# Debian links the server with jemalloc.  A preloaded library comes before it
# in the search order, so "no preload" has to name the C library to mean it.

. "$(dirname "$0")/common"
need redis-server redis-cli redis-benchmark perl

directory=$(mktemp -d)
socket=$directory/socket
commands=$data/redis-$scale.resp
server=

cleanup()
{
    [ -z "$server" ] || kill "$server" 2>/dev/null || :
    rm -rf "$directory"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

cli()
{
    redis-cli -s "$socket" "$@"
}

now()
{
    date +%s.%N
}

start_server()
{
    export BENCH_PRELOAD="${BENCH_PRELOAD:-libc.so.6}"
    measure redis-server --port 0 --unixsocket "$socket" --save '' \
        --appendonly no --dir "$directory" --jemalloc-bg-thread no \
        --loglevel warning >"$directory/log" &
    server=$!
    for _ in $(seq 500); do
        [ "$(cli ping 2>/dev/null)" != PONG ] || return 0
        sleep 0.01
    done
    echo "the server does not answer" >&2
    exit 1
}

load()
{
    cli --pipe <"$commands" >"$directory/pipe"
    cli dbsize
    redis-benchmark -s "$socket" -q -c 20 -P 16 -r 50000 -d 100 \
        -n "$(scaled 300000)" -t set,get,lpush,lpop,sadd,hset,spop \
        >"$directory/benchmark"
}

[ -s "$commands" ] || {
    perl "$here/redis.pl" "$(scaled 400000)" >"$commands.new"
    mv "$commands.new" "$commands"
}
start_server
begin=$(now)
load
end=$(now)
# The server closes the connection without a reply when it obeys.
cli shutdown nosave >/dev/null 2>&1 || :
wait "$server"
server=
[ -z "${BENCH_RESULT:-}" ] ||
    awk -v a="$begin" -v b="$end" \
        'BEGIN { printf "wall %.0f\n", (b - a) * 1e9 }' >>"$BENCH_RESULT"
