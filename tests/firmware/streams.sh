#!/bin/sh
# SPDX-License-Identifier: MIT
# streams.sh - figures do not depend on what libc and libstdc++ allocate: they
# are equal with stdout on a terminal, a file and a pipe, from C and from C++.
. tests/firmware/_firmware.sh

streams='file pipe terminal'
script -qec true /dev/null >/dev/null 2>&1 </dev/null || {
    echo "no terminal can be had here: left out"
    streams='file pipe'
}

CAPHEAP_CONF=profile=esp32
export CAPHEAP_CONF

# same NAME: $tmp/NAME holds what C wrote to a file.
same()
{
    diff "$tmp/c.file" "$tmp/$1" || fail "$1: other figures"
}

for language in c cc; do
    build_firmware "$tmp/station.$language" "host_main.$language"
    "$tmp/station.$language" >"$tmp/$language.file"
    "$tmp/station.$language" | cat >"$tmp/$language.pipe"
    case $streams in
    *terminal)
        script -qec "$tmp/station.$language" /dev/null </dev/null |
            tr -d '\r' >"$tmp/$language.terminal"
        ;;
    esac
    for stream in $streams; do
        same "$language.$stream"
    done
done
grep -q '^start     free 8BIT 317204,' "$tmp/c.file" ||
    fail "the first figure is another one: $(head -n 1 "$tmp/c.file")"
