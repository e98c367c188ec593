#!/bin/sh
# SPDX-License-Identifier: MIT
# aslimit.sh - under RLIMIT_AS a program gets what glibc would give it.
#
# The limit is set in main, when the library has made its reservations.
. tests/preload/_common.sh

cat >"$tmp/fill.c" <<'C'
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

int
main(int argc, char **argv)
{
    struct rlimit limit = {1ul << 30, 1ul << 30};
    size_t size = strtoul(argv[argc - 1], NULL, 10);
    size_t n = 0;
    void **last = NULL;
    void **p;

    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        return 77;
    }
    while ((p = malloc(size)) != NULL) {
        *p = last;
        last = p;
        n++;
    }
    if (errno != ENOMEM) {
        return 2;
    }
    while (last != NULL) {
        p = *last;
        free(last);
        last = p;
    }
    printf("%zu\n", n);
    return 0;
}
C
$CC -O1 -fno-builtin -o "$tmp/fill" "$tmp/fill.c"
for size in 144 4096 71680; do
    plain=$("$tmp/fill" $size)
    with=$(under "$tmp/fill" $size) || fail "$size: exit status $?"
    [ $((with * 10)) -ge $((plain * 9)) ] ||
        fail "blocks of $size: $with, of glibc's $plain"
done
