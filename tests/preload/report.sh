#!/bin/sh
# SPDX-License-Identifier: MIT
# report.sh - a fault is one line, and ends the process whatever stderr is.
. tests/preload/_common.sh
needs_library

cat >"$tmp/bad.c" <<'C'
#include <stdlib.h>

int
main(int argc, char **argv)
{
    char local[64];
    char *large = malloc(100 * 1024);
    char *small = malloc(100);

    (void)argv;
    switch (argc) {
    case 1:
        free(local + 16);
        break;
    case 2:
        free(small + 8);
        break;
    case 3:
        free(large);
        free(large);
        break;
    default:
        small = realloc(local + 16, 100);
        break;
    }
    return 0;
}
C
$CC -O0 -w -fno-builtin -o "$tmp/bad" "$tmp/bad.c"
# shellcheck disable=SC3045 # dash, ash and bash have -c
ulimit -c 0

run()
{
    status=0
    under "$tmp/bad" "$@" || status=$?
    [ "$status" = 134 ] || fail "exit status $status with $# arguments"
} 2>"$tmp/err"

for arguments in "" "1" "1 2" "1 2 3"; do
    # shellcheck disable=SC2086 # as many words as there are
    run $arguments
    grep -c '^capheap: ' "$tmp/err" | grep -qx 1 || fail "$(cat "$tmp/err")"
    [ "$(grep -vc '^Aborted' "$tmp/err")" = 1 ] || fail "$(cat "$tmp/err")"
    [ "$(wc -c <"$tmp/err")" -lt 512 ] || fail "the report is too long"
done

status=0
(under "$tmp/bad" 2>&-) || status=$?
[ "$status" = 134 ] || fail "stderr closed: exit status $status"
status=0
(under "$tmp/bad" 2>/dev/full) || status=$?
[ "$status" = 134 ] || fail "stderr full: exit status $status"
