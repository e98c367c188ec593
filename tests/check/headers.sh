#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Compiles every public header alone, as C11 and as C++17.  A header of an
# emulated API also finds its own folder, as its users' -I does, and the
# stand-ins in its compat/ after everything else.

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
        api=include/capheap/${api%%/*}
        set -- "$@" "-I$api"
        [ ! -d "$api/compat" ] || set -- "$@" -idirafter "$api/compat"
        ;;
    esac
    # The declaration is for headers that only have macros.
    printf '#include "%s"\nextern int alone;\n' "${header#include/}" |
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

# What a record has is the application's choice, down to nothing.
for depth in 0 1 32; do
    # shellcheck disable=SC2086
    alone include/capheap/esp-idf/esp_heap_trace.h ${CC:-gcc} -std=c11 -x c \
        -DCONFIG_HEAP_TRACING_STACK_DEPTH=$depth
    # shellcheck disable=SC2086
    alone include/capheap/esp-idf/esp_heap_trace.h ${CXX:-g++} -std=c++17 \
        -x c++ -DCONFIG_HEAP_TRACING_STACK_DEPTH=$depth
done
exit "$bad"
