#!/bin/sh
# SPDX-License-Identifier: MIT
#
# esp-idf-override.sh - the component in share/capheap/esp-idf: a program that
# uses every name of the headers, linked beside an archive that defines some
# of them the old way.  Ours must be taken, and none twice; with the shared
# library and with the static archive, by hand and, where there is cmake, by
# the component's own rules.
set -eu

tmp=$TEST_TMP
api=include/capheap/esp-idf
cflags="-Iinclude -I$api -idirafter $api/compat"

# Every function and object that the headers declare, once.  Without typedefs
# and macros what remains with such a beginning is one of them.
names()
{
    (cd "$api" && find . -name '*.h' ! -path './compat/*') |
        sed 's/.*/#include "&"/' >"$tmp/all.c"
    # shellcheck disable=SC2086 # lists of words
    $CC $cflags -E "$tmp/all.c" >"$tmp/all.i"
    {
        grep -v '^#' "$tmp/all.i" | grep -oE '[a-z_0-9]+ *\(' |
            grep -oE '^(heap_caps|heap_trace|multi_heap|esp_(ptr|dram|rtc|stack)|soc)_[a-z_0-9]+'
        grep -oE '^extern const [a-z_ ]+[a-z_]+(\[\])?;' "$tmp/all.i" |
            sed 's/\[\]//; s/;//; s/.* //'
    } | sort -u
}

# A program that takes the address of each, and asks one what it is.
write_program()
{
    cat "$tmp/all.c"
    echo '#include <stdio.h>'
    echo 'static const void *const all[] = {'
    sed 's/.*/    (const void *)\&&,/' "$tmp/names"
    cat <<'C'
};

int
main(void)
{
    void *p = heap_caps_malloc(100, MALLOC_CAP_8BIT);

    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i] == NULL) {
            printf("name %u is not there\n", i);
            return 1;
        }
    }
    printf("%s\n", heap_caps_get_total_size(MALLOC_CAP_8BIT) == 42 ? "old"
                                                                    : "ours");
    heap_caps_free(p);
    return 0;
}
C
}

# What stands in the way: one object with several of the names.
write_old()
{
    cat <<'C'
#include <stdint.h>
#include <stdlib.h>
void *heap_caps_malloc(size_t n, uint32_t caps) { (void)caps; return malloc(n); }
void *heap_caps_calloc(size_t n, size_t s, uint32_t caps)
{ (void)caps; return calloc(n, s); }
void *heap_caps_realloc(void *p, size_t n, uint32_t caps)
{ (void)caps; return realloc(p, n); }
void heap_caps_free(void *p) { free(p); }
size_t heap_caps_get_total_size(uint32_t caps) { (void)caps; return 42; }
size_t heap_caps_get_free_size(uint32_t caps) { (void)caps; return 42; }
C
}

# The old archive does serve who has nothing else; else the rest would prove
# nothing.
expect_old()
{
    cat >"$tmp/plain.c" <<'C'
#include <stdio.h>
#include "esp_heap_caps.h"
int
main(void)
{
    heap_caps_free(heap_caps_malloc(1, MALLOC_CAP_8BIT));
    puts(heap_caps_get_total_size(0) == 42 ? "old" : "ours");
    return 0;
}
C
    # shellcheck disable=SC2086
    $CC $cflags -o "$tmp/plain" "$tmp/plain.c" "$tmp/libold.a"
    said=$("$tmp/plain")
    [ "$said" = old ] || { echo "without us: '$said', wanted 'old'"; exit 1; }
}

# expect_ours WHAT PROGRAM
expect_ours()
{
    said=$("$2") || { echo "$1: '$said'"; exit 1; }
    [ "$said" = ours ] || { echo "$1: '$said', wanted 'ours'"; exit 1; }
}

# by_hand WHAT FLAGS...: the flags stand before all else, as the component
# puts them.
by_hand()
{
    what=$1
    shift
    # shellcheck disable=SC2086
    $CC $cflags "$@" -o "$tmp/program" "$tmp/program.c" "$tmp/libold.a" -pthread
    expect_ours "$what" "$tmp/program"
}

# A project as ESP-IDF's build makes one, as far as the component sees it.
write_project()
{
    cat <<CMAKE
cmake_minimum_required(VERSION 3.16)
project(app C)
set(IDF_TARGET \${TARGET})
macro(idf_component_register)
    add_library(__idf_heap INTERFACE)
    set(COMPONENT_LIB __idf_heap)
endmacro()
add_subdirectory($tmp/usr/share/capheap/esp-idf/components/heap heap)
add_library(old STATIC $tmp/old.c)
add_executable(app $tmp/program.c)
target_include_directories(app PRIVATE $PWD/$api/compat)
target_link_libraries(app PRIVATE old __idf_heap pthread)
CMAKE
}

# by_cmake WHAT FLAGS...
by_cmake()
{
    what=$1
    shift
    rm -rf "$tmp/build"
    if ! { PKG_CONFIG_PATH=$tmp/usr/lib/pkgconfig cmake -S "$tmp/project" \
        -B "$tmp/build" "$@" && cmake --build "$tmp/build"; } \
        >"$tmp/cmake.log" 2>&1; then
        cat "$tmp/cmake.log"
        return 1
    fi
    expect_ours "cmake, $what" "$tmp/build/app"
}

write_old >"$tmp/old.c"
$CC -c -o "$tmp/old.o" "$tmp/old.c"
ar rcs "$tmp/libold.a" "$tmp/old.o"
names >"$tmp/names"
[ "$(wc -l <"$tmp/names")" -ge 100 ] || { echo 'too few names'; exit 1; }
write_program >"$tmp/program.c"

expect_old
by_hand 'shared library' -Wl,--no-as-needed ./libcapheap.so \
    -Wl,-rpath,"$PWD"
by_hand 'static archive' -Wl,--whole-archive ./libcapheap.a \
    -Wl,--no-whole-archive
by_hand 'static program' -static -Wl,--whole-archive ./libcapheap.a \
    -Wl,--no-whole-archive

if ! command -v cmake >/dev/null || ! command -v pkg-config >/dev/null; then
    echo 'no cmake or pkg-config: the component itself is not tried'
    exit 0
fi
${MAKE:-make} -s install PREFIX="$tmp/usr" libdir="$tmp/usr/lib" CC="$CC" \
    DEBUG="${DEBUG-}" >"$tmp/install.log" 2>&1 ||
    { cat "$tmp/install.log"; exit 1; }
mkdir "$tmp/project"
write_project >"$tmp/project/CMakeLists.txt"
by_cmake 'shared library' -DTARGET=linux
by_cmake 'static archive' -DTARGET=linux -DCAPHEAP_STATIC=ON
if by_cmake 'another target' -DTARGET=esp32 >"$tmp/refused" 2>&1; then
    echo 'the component took a target that is none of its'
    exit 1
fi
grep -q 'is for the target linux' "$tmp/refused" ||
    { cat "$tmp/refused"; exit 1; }
