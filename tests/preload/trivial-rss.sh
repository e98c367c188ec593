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

# Written page by page: of a file that was written in larger pieces the kernel
# brings in as much at a time.
dd if="$CAPHEAP_SO" of="$tmp/libcapheap.so" bs=4096 2>/dev/null

# Addresses are random, and with them how many pages of a file the kernel
# brings in round the one that is touched: the mean of many runs, by turns.
runs=40
plain=0
with=0
for _ in $(seq $runs); do
    plain=$((plain + $("$tmp/trivial")))
    with=$((with + $(LD_PRELOAD="$tmp/libcapheap.so" "$tmp/trivial")))
done
plain=$((plain / runs))
with=$((with / runs))
[ "$plain" -gt 0 ] || skip "no smaps_rollup here"
echo "glibc $plain KiB, with the library $with KiB"
# clang copies structures by calls of libc, which has up to 64 KiB brought in.
limit=400
case $CC in *clang*) limit=450 ;; esac
[ "$with" -le $((plain + limit)) ]
