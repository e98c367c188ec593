#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Compiles every public header alone, as C11 and as C++17.  A header of an
# emulated API also finds its own folder, as its users' -I does.

set -eu

bad=0

# alone HEADER COMPILER...
alone()
{
    header=$1
    shift
    case $header in
    include/capheap/*/*)
        api=${header#include/capheap/}
        set -- "$@" "-Iinclude/capheap/${api%%/*}"
        ;;
    esac
    printf '#include "%s"\n' "${header#include/}" |
        "$@" -Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only - ||
        {
            echo "$header: does not compile alone with: $*"
            bad=1
        }
}

find include -type f -name '*.h' | sort >"$TEST_TMP/headers"
[ -s "$TEST_TMP/headers" ] || { echo 'include: no headers'; exit 1; }

while IFS= read -r header; do
    # shellcheck disable=SC2086 # CC may hold arguments
    alone "$header" ${CC:-gcc} -std=c11 -x c
    # shellcheck disable=SC2086
    alone "$header" ${CXX:-g++} -std=c++17 -x c++
done <"$TEST_TMP/headers"
exit "$bad"
