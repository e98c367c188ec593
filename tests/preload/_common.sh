# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# _common.sh - sourced by the scripts beside it.
#
# Gives: $tmp, a folder that goes away; under, which runs a command with the
# library; need, which skips the test when a program is missing; same, which
# compares the outputs of the two runs.  With CAPHEAP_SO empty and
# CH_TEST_GLIBC=1 a script compares glibc with glibc, to prove itself.

set -eu

: "${CC:=gcc}"
case $CC in
*clang*) : "${CXX:=clang++}" ;;
*) : "${CXX:=g++}" ;;
esac
: "${CAPHEAP_SO=$PWD/libcapheap.so}" "${CAPHEAP=$PWD/capheap}"
unset CAPHEAP_CONF LD_PRELOAD
LC_ALL=C
export LC_ALL

tmp=$(mktemp -d "${TMPDIR:-/tmp}/capheap-preload.XXXXXX")
# Scripts that start servers override this.
clean_up()
{
    :
}
trap 'clean_up; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

fail()
{
    echo "$*"
    exit 1
}

skip()
{
    echo "$*"
    exit 77
}

# need PROGRAM...: skips the test when one is not installed.
need()
{
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 || skip "no $program here"
    done
}

on_glibc()
{
    [ -n "${CH_TEST_GLIBC-}" ]
}

# Rows that only capheap promises.
needs_library()
{
    on_glibc && skip "only for the library"
    :
}

under()
{
    LD_PRELOAD="$CAPHEAP_SO" "$@"
}

# The dynamic linker says one line and goes on when it cannot preload; then
# every test would pass.
if ! on_glibc; then
    [ -f "$CAPHEAP_SO" ] || fail "no library at $CAPHEAP_SO"
    under grep -q "$(basename "$CAPHEAP_SO")" /proc/self/maps ||
        fail "$CAPHEAP_SO does not preload"
fi

# same NAME: the files $tmp/NAME.plain and $tmp/NAME.under are equal.
same()
{
    cmp -s "$tmp/$1.plain" "$tmp/$1.under" && return
    diff "$tmp/$1.plain" "$tmp/$1.under" | head -n 20
    fail "$1: the output differs under the library"
}

# both NAME COMMAND...: runs it without and with the library and compares
# standard output; both runs must end with 0 and say nothing on stderr.
both()
{
    name=$1
    shift
    "$@" >"$tmp/$name.plain" 2>"$tmp/$name.plain.err" ||
        fail "$name: fails without the library: $(cat "$tmp/$name.plain.err")"
    status=0
    under "$@" >"$tmp/$name.under" 2>"$tmp/$name.under.err" || status=$?
    [ "$status" = 0 ] ||
        fail "$name: exit status $status: $(tail -n 5 "$tmp/$name.under.err")"
    [ -s "$tmp/$name.plain" ] || fail "$name: no output to compare"
    cmp -s "$tmp/$name.plain.err" "$tmp/$name.under.err" ||
        fail "$name: other words on stderr: $(head -n 5 "$tmp/$name.under.err")"
    same "$name"
}

# Debian's python: one from elsewhere may be a script that starts another.
# shellcheck disable=SC2034 # used by who sources this
python=/usr/bin/python3
