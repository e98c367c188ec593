#!/bin/sh
# SPDX-License-Identifier: MIT
# syscalls.sh - at most 14 system calls from the library before main.
#
# strace -i gives the instruction pointer of every call.  The program writes
# its own map of the library at the start of main, so the addresses are those
# of this very run, and what comes after is not counted.
. tests/preload/_common.sh
needs_library
need strace

cat >"$tmp/marker.c" <<'C'
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static char text[65536];

/* The library starts with the first malloc. */
__attribute__((constructor)) static void
begin(void)
{
    free(malloc(100));
}

int
main(void)
{
    int fd = open("/proc/self/maps", O_RDONLY);
    size_t n = 0;
    ssize_t got;

    while ((got = read(fd, text + n, sizeof(text) - n)) > 0) {
        n += (size_t)got;
    }
    return write(1, text, n) < 0;
}
C
$CC -O1 -fno-builtin -o "$tmp/marker" "$tmp/marker.c"
strace -i -o "$tmp/trace" -E LD_PRELOAD="$CAPHEAP_SO" "$tmp/marker" \
    >"$tmp/maps" 2>"$tmp/err" || skip "strace: $(head -n 1 "$tmp/err")"

# The calls of libc's wrappers on the library's behalf (pthread_atfork and the
# like make none) are not told apart, hence the library makes its own.
n=$(awk -v so="$(basename "$CAPHEAP_SO")" '
    function value(s,  i, v) {
        v = 0
        s = tolower(s)
        for (i = 1; i <= length(s); i++)
            v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
        return v
    }
    FILENAME ~ /maps$/ {
        if (index($6, so) && $2 ~ /x/) {
            split($1, a, "-")
            from[++n] = value(a[1])
            to[n] = value(a[2])
        }
        next
    }
    /proc\/self\/maps/ { exit }
    {
        ip = $0
        sub(/^[^[]*\[/, "", ip)
        sub(/\].*/, "", ip)
        ip = value(ip)
        for (i = 1; i <= n; i++)
            if (ip >= from[i] && ip < to[i]) {
                count++
                print > "/dev/stderr"
            }
    }
    END {
        if (n == 0) { print "no mapping"; exit }
        print count + 0
    }' "$tmp/maps" "$tmp/trace" 2>"$tmp/calls")
cat "$tmp/calls"
echo "$n system calls of the library before main"
[ "$n" -ge 1 ] && [ "$n" -le 14 ]
