#!/bin/sh
# SPDX-License-Identifier: MIT
#
# layers.sh [SRC] - holds every #include below SRC (default: src) to the
# floors, and names the file, the line and the include that break them.
#
#   - "floor/file.h" or "heap/engine/file.h", of the own floor or one below
#   - heap/slab and heap/tlsf never name each other; what stands directly in
#     heap/ serves both, and names neither
#   - no .c is included
#   - stdio.h and dlfcn.h, and the public headers, only in api/ and diag/

set -eu

src=${1:-src}

[ -d "$src" ] || { echo "$src: no such folder"; exit 1; }

# shellcheck disable=SC2016 # the program is awk's
find "$src" -type f -name '*.[ch]' | sort | tr '\n' '\0' |
    xargs -0 -r awk -v src="$src" '
BEGIN {
    n = split("base os sync map region heap front diag api", names, " ")
    for (i = 1; i <= n; i++) rank[names[i]] = i
}

# The floor of a path below src/, or "" when it stands outside of them.
function floor_of(path) {
    sub("/.*", "", path)
    return (path in rank) ? path : ""
}

# "slab", "tlsf", or "" for all other places.
function engine_of(path) {
    if (path !~ "^heap/[^/]*/") return ""
    sub("^heap/", "", path)
    sub("/.*", "", path)
    return path
}

function complain(why) {
    printf "%s:%d: %s: %s\n", FILENAME, FNR, why, $0
    bad++
}

function check_outside(name, floor) {
    if (floor == "api" || floor == "diag") return
    if (name == "stdio.h" || name == "dlfcn.h")
        complain("only in api/ and diag/")
    if (name ~ "^capheap(/|[.]h$)")
        complain("public headers only in api/ and diag/")
}

function check_inside(name, floor, engine) {
    if (name !~ "^[a-z]+/[a-z0-9_]+[.](h|def|inc)$" \
            && name !~ "^heap/(slab|tlsf)/[a-z0-9_]+[.](h|def|inc)$") {
        complain("not of the form floor/file.h")
        return
    }
    if (!(floor_of(name) in rank)) {
        complain("no such floor")
        return
    }
    if (rank[floor_of(name)] > rank[floor])
        complain("upward include")
    if (floor == "heap" && engine_of(name) != "" && engine_of(name) != engine)
        complain("an engine is named outside of its folder")
}

FNR == 1 {
    path = substr(FILENAME, length(src) + 2)
    floor = floor_of(path)
    engine = engine_of(path)
    if (floor == "") complain("a source outside of the floors")
}

floor != "" && /^[ \t]*#[ \t]*include/ {
    name = $0
    if (!match(name, /["<][^">]*[">]/)) {
        complain("an include that cannot be read")
        next
    }
    quoted = substr(name, RSTART, 1) == "\""
    name = substr(name, RSTART + 1, RLENGTH - 2)
    if (name ~ /[.]c(c|pp)?$/)
        complain("a source is included")
    else if (name ~ "^capheap(/|[.]h$)" || !quoted && !(floor_of(name) in rank))
        check_outside(name, floor)
    else
        check_inside(name, floor, engine)
}

END { exit(bad > 0) }
'
