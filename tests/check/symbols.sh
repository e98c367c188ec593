#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Holds the built library to src/capheap.symbols (exported names, exactly), to
# what a preloaded library must be (needs libc alone, everything bound and
# read-only from the start, small in static TLS, never unloaded), and its
# objects to the floors.

set -eu

so=libcapheap.so
bad=0
tmp=${TEST_TMP:-$(mktemp -d)}

complain()
{
    echo "$*"
    bad=1
}

# has PATTERN WHAT: a line of the dynamic section or the program headers.
has()
{
    grep -Eq -- "$1" "$tmp/elf" || complain "$so: $2"
}

has_not()
{
    if grep -E -- "$1" "$tmp/elf"; then
        complain "$so: $2"
    fi
}

check_names()
{
    sed 's/#.*//; s/[[:space:]]//g; /^$/d' src/capheap.symbols |
        sort >"$tmp/listed"
    uniq -d "$tmp/listed" | sed 's/^/listed twice: /' >"$tmp/twice"
    # The version node itself shows as an absolute symbol.
    nm -D --defined-only "$so" |
        awk '$2 != "A" { sub("@.*", "", $3); print $3 }' |
        sort -u >"$tmp/exported"
    comm -23 "$tmp/listed" "$tmp/exported" |
        sed 's/^/listed, but not exported: /' >"$tmp/missing"
    comm -13 "$tmp/listed" "$tmp/exported" |
        sed 's/^/exported, but not listed: /' >"$tmp/extra"
    if [ -s "$tmp/twice" ] || [ -s "$tmp/missing" ] || [ -s "$tmp/extra" ]; then
        complain "$(cat "$tmp/twice" "$tmp/missing" "$tmp/extra")"
    fi
}

# A versioned malloc would be passed over by the dynamic linker.
check_versions()
{
    nm -D --defined-only --with-symbol-versions "$so" |
        awk '$2 != "A" { print $3 }' >"$tmp/versions"
    if grep '@' "$tmp/versions" | grep -v '^capheap_'; then
        complain 'must carry no version'
    fi
    if grep '^capheap_' "$tmp/versions" | grep -v '@@CAPHEAP_0$'; then
        complain 'must carry the version CAPHEAP_0'
    fi
}

check_elf()
{
    readelf -dlW "$so" >"$tmp/elf"
    has 'BIND_NOW|FLAGS_1.*NOW' 'not bound at load (-z now)'
    has 'FLAGS_1.*NODELETE' 'can be unloaded (-z nodelete)'
    has '^ *GNU_RELRO' 'no GNU_RELRO'
    has 'SONAME.*\[libcapheap\.so\.0\]' 'wrong soname'
    has_not 'TEXTREL' 'has text relocations'
    has_not '^ *LOAD.* RWE ' 'has a segment that is writable and executable'
    has_not '^ *GNU_STACK.*E +0x' 'has an executable stack'
    if grep 'NEEDED' "$tmp/elf" | grep -v '\[libc\.so\.6\]'; then
        complain "$so: needs more than libc.so.6"
    fi
}

check_tls()
{
    size=$(awk '$1 == "TLS" { print $6 }' "$tmp/elf")
    if [ $((${size:-0})) -gt 64 ]; then
        complain "$so: $((size)) bytes of static TLS, at most 64 wanted"
    fi
}

# An archive leaves nothing of the house open: every global name is listed,
# and every name it lacks comes from libc.
check_archive()
{
    nm --defined-only -g "$1" | awk 'NF == 3 { print $3 }' | sort -u |
        comm -13 "$tmp/listed" - >"$tmp/extra"
    if [ -s "$tmp/extra" ]; then
        complain "$1: global, but not listed: $(tr '\n' ' ' <"$tmp/extra")"
    fi
    # A weak name may stay open: the program may define it.
    if nm -u "$1" | grep -E ' [^w] (_?ch_|capheap_)'; then
        complain "$1: needs a name that it does not define"
    fi
}

# The archive for programs that keep their own malloc.
check_noreplace()
{
    if nm --defined-only -g libcapheap-noreplace.a |
        grep -E ' (malloc|free|calloc|realloc|_Zn[wa].*|_Zd[la].*)$'; then
        complain 'libcapheap-noreplace.a: defines names of libc or C++'
    fi
    nm --defined-only -g libcapheap.a | grep -q ' malloc$' ||
        complain 'libcapheap.a: does not define malloc'
}

# objects_of FOLDER...: the objects of the sources there.  heap/own is what
# stands directly in heap/.
objects_of()
{
    for folder in "$@"; do
        case $folder in
        heap/own) find src/heap -maxdepth 1 -name '*.c' ;;
        *) find "src/$folder" -name '*.c' 2>/dev/null ;;
        esac
    done | sed "s|^\(.*\)c\$|${BUILD:-build/gcc}/\1o|"
}

# closed NAME FOLDER...: what the folders' objects need of the house, they
# define themselves.  A hand-written extern escapes layers.sh, but not this.
closed()
{
    name=$1
    shift
    objects_of "$@" | xargs -r nm >"$tmp/nm"
    awk 'NF == 3 && $2 ~ /[A-TV-Z]/ { print $3 }' "$tmp/nm" |
        sort -u >"$tmp/defined"
    awk '$1 == "U" && $2 ~ /^(ch|capheap)_/ { print $2 }' "$tmp/nm" |
        sort -u | comm -13 "$tmp/defined" - >"$tmp/upward"
    if [ -s "$tmp/upward" ]; then
        complain "$name calls upward: $(tr '\n' ' ' <"$tmp/upward")"
    fi
}

check_floors()
{
    below=''
    for floor in base os sync map region heap front diag api; do
        # shellcheck disable=SC2086 # a list of words
        if [ "$floor" = heap ]; then
            closed heap/slab $below heap/own heap/slab
            closed heap/tlsf $below heap/own heap/tlsf
        fi
        below="$below $floor"
        # shellcheck disable=SC2086
        closed "$floor" $below
    done
}

check_floors
check_names
check_versions
check_elf
check_tls
check_archive libcapheap.a
check_archive libcapheap-noreplace.a
check_noreplace
exit "$bad"
