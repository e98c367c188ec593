#!/bin/sh
# SPDX-License-Identifier: MIT
# limits.sh - the library starts where there is next to no room.
. tests/preload/_common.sh
need prlimit

# Does it run without the library at all? Then it must with it.
within()
{
    what=$1
    shift
    "$@" >/dev/null 2>"$tmp/err" || skip "$what: not possible here at all"
    # The tool that sets the limit runs with the library as well.
    under "$@" >/dev/null 2>"$tmp/err" ||
        fail "$what: exit status $?: $(head -n 3 "$tmp/err")"
    [ ! -s "$tmp/err" ] || fail "$what: says $(head -n 3 "$tmp/err")"
}

within "true in 8 MiB of address space" \
    prlimit --as=$((8 << 20)) /bin/true
within "true in 1 MiB of data" prlimit --data=$((1 << 20)) /bin/true

if [ -x $python ]; then
    within "python in 64 MiB of address space" \
        prlimit --as=$((64 << 20)) $python -c \
        'a = [object() for _ in range(20000)]; print(len(a))'
fi

# 8 MiB hold a program that uses the heap, too.
cat >"$tmp/some.c" <<'C'
#include <stdlib.h>
#include <string.h>

int
main(void)
{
    for (int i = 0; i < 1000; i++) {
        char *p = malloc(1000);

        if (p == NULL) {
            return 1;
        }
        memset(p, 1, 1000);
    }
    free(calloc(1, 300000));
    return 0;
}
C
$CC -fno-builtin -o "$tmp/some" "$tmp/some.c"
within "1 MiB of blocks in 8 MiB" prlimit --as=$((8 << 20)) "$tmp/some"
