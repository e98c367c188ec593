#!/bin/sh
# SPDX-License-Identifier: MIT
# confs.sh - the stress program under options that change how the heap works.
. tests/preload/_common.sh
needs_library

$CC -O1 -w -fno-builtin -pthread -DCH_STRESS_PREFIXED=0 \
    -o "$tmp/stress" tests/stress/heap_stress.c

for conf in arenas=4 purge_delay=0 purge_delay=never dirty_max=0 thp=always \
    thp=never arenas=16,purge_delay=1; do
    CAPHEAP_CONF=$conf STRESS_SECONDS=1 under "$tmp/stress" >"$tmp/out" 2>&1 ||
        fail "CAPHEAP_CONF=$conf: $(cat "$tmp/out")"
    CAPHEAP_CONF=$conf,stats=exit STRESS_SECONDS=0 under "$tmp/stress" \
        >/dev/null 2>"$tmp/err"
    case $conf in
    arenas=*)
        n=${conf#arenas=}
        grep -q "^  arenas    ${n%%,*}\$" "$tmp/err" ||
            fail "CAPHEAP_CONF=$conf: $(cat "$tmp/err")"
        ;;
    esac
done
