#!/bin/sh
# SPDX-License-Identifier: MIT
# trivial-rss.sh - a program that does nothing pays at most 400 KiB.
. tests/preload/_common.sh

cat >"$tmp/trivial.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
tell_rss(void)
{
    static char text[4096];
    int fd = open("/proc/self/smaps_rollup", O_RDONLY);
    ssize_t got = read(fd, text, sizeof(text) - 1);
    char *at = got > 0 ? strstr(text, "Rss:") : NULL;

    printf("%ld\n", at != NULL ? strtol(at + 4, NULL, 10) : -1);
    fflush(stdout);
}

int
main(void)
{
    atexit(tell_rss);
    free(malloc(100));
    return 0;
}
C
$CC -O1 -fno-builtin -o "$tmp/trivial" "$tmp/trivial.c"

# median COMMAND...: of nine runs.
median()
{
    for _ in 1 2 3 4 5 6 7 8 9; do
        "$@"
    done | sort -n | sed -n 5p
}

plain=$(median "$tmp/trivial")
with=$(median env LD_PRELOAD="$CAPHEAP_SO" "$tmp/trivial")
[ "$plain" -gt 0 ] || skip "no smaps_rollup here"
echo "glibc $plain KiB, with the library $with KiB"
[ "$with" -le $((plain + 400)) ]
