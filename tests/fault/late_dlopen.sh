#!/bin/sh
# SPDX-License-Identifier: MIT
#
# late_dlopen.sh - dlopen and dlclose of the library, and of a plugin that is
# linked with it, in a program that has the C library's malloc.
set -eu

: "${CAPHEAP_SO:=$PWD/libcapheap.so}" "${CC:=gcc}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/plugin.c" <<'C'
#include <stdlib.h>
#include <string.h>

int
plugin_run(void)
{
    for (size_t size = 1; size < 1 << 20; size *= 3) {
        char *p = malloc(size);
        char *q = strdup("a block of this malloc");

        if (p == NULL || q == NULL) {
            return 1;
        }
        memset(p, 1, size);
        p = realloc(p, size * 2);
        free(p);
        free(q);
    }
    return 0;
}
C

# strdup's block comes from the C library's malloc when the library is only
# in the plugin's scope; freeing it there is the foreign pointer of a late
# load, which foreign=ignore is for.
ln -s "$CAPHEAP_SO" "$tmp/libcapheap.so"
ln -s "$CAPHEAP_SO" "$tmp/libcapheap.so.0"
$CC -fPIC -shared -o "$tmp/plugin.so" "$tmp/plugin.c" -L"$tmp" -lcapheap \
    -Wl,-rpath,"$tmp" -fno-builtin
$CC -O1 -pthread -fno-builtin -o "$tmp/late" tests/fault/late_dlopen.c -ldl
CAPHEAP_CONF=foreign=ignore "$tmp/late" "$CAPHEAP_SO" "$tmp/plugin.so"
