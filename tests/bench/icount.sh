#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Holds the instruction counts of the hot calls: none may pass its hard limit,
# and none may grow by more than a tenth over bench/icount/baseline.txt, which
# `bench/icount/run --write-baseline` writes.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
library=${CAPHEAP_SO:-$top/libcapheap.so}
baseline=${ICOUNT_BASELINE:-$top/bench/icount/baseline.txt}
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT

[ "$(uname -m)" = x86_64 ] || {
    echo "1..0 # SKIP the limits are those of x86-64"
    exit 77
}
[ "${DEBUG:-}" != 1 ] || {
    echo "1..0 # SKIP a debug build has more instructions"
    exit 77
}
"$top/bench/icount/run" "$library" >"$counts" || exit $?
[ -e "$baseline" ] || baseline=/dev/null

# Reads the baseline, then the counts; both are "name value" lines.
awk '
function check(ok, text)
{
    n++
    failed += !ok
    printf "%sok %d - %s\n", ok ? "" : "not ", n, text
}
function at_most(name, limit, why)
{
    if (!(name in now)) {
        check(0, name " was not counted")
    } else {
        check(now[name] <= limit,
            sprintf("%s is %.1f, at most %.1f (%s)", name, now[name], limit,
                why))
    }
}
/^#/ || NF != 2 { next }
FILENAME == baseline { before[$1] = $2; next }
{ now[$1] = $2 }
END {
    at_most("malloc-hit-64", 15, "hard limit")
    at_most("free-hit-64", 20, "hard limit")
    at_most("new-hit-64", now["malloc-hit-64"] + 1, "malloc and one")
    at_most("delete-hit-64", now["free-hit-64"] + 1, "free and one")
    at_most("caps-malloc-hit-64", now["malloc-hit-64"] + 8, "malloc and eight")
    at_most("caps-free-mean-64", now["free-mean-64"], "as any free")
    at_most("fixed-host-pair", 220, "hard limit")
    at_most("fixed-host-worst", 900, "hard limit")
    at_most("fixed-host-few-pair", 220, "hard limit")
    at_most("fixed-host-few-worst", 900, "hard limit")
    at_most("fixed-device-pair", 220, "hard limit")
    at_most("fixed-device-worst", 900, "hard limit")
    at_most("fixed-device-few-pair", 220, "hard limit")
    at_most("fixed-device-few-worst", 900, "hard limit")
    for (name in before) {
        at_most(name, before[name] * 1.1, "baseline and a tenth")
    }
    printf "1..%d\n", n
    exit failed > 0
}' baseline="$baseline" "$baseline" "$counts"
