# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# _firmware.sh - sourced by the scripts beside it.
#
# Gives: build_firmware, which builds the station in app/; fail; skip; and
# $tmp, a folder that goes away.

set -eu

: "${CC:=gcc}" "${CAPHEAP_SO:=$PWD/libcapheap.so}"
case $CC in
*clang*) : "${CXX:=clang++}" ;;
*) : "${CXX:=g++}" ;;
esac
unset CAPHEAP_CONF LD_PRELOAD
LC_ALL=C
export LC_ALL

app=tests/firmware/app
tmp=${TEST_TMP:-$(mktemp -d "${TMPDIR:-/tmp}/capheap-firmware.XXXXXX")}
trap 'rm -rf "$tmp"' EXIT
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

# build_firmware PROGRAM MAIN [FLAG...]: as a project would that takes its flags
# from `pkg-config capheap-esp-idf`; MAIN is host_main.c or host_main.cc.
build_firmware()
{
    program=$1 main=$2
    shift 2
    lib=$(dirname "$CAPHEAP_SO")
    objects=$program.objects
    mkdir -p "$objects"
    for source in "$app"/*.c; do
        [ "$source" = "$app/host_main.c" ] && continue
        compile "$CC -std=gnu11" "$source" "$@"
    done
    case $main in
    *.cc) driver="$CXX -std=c++17" ;;
    *) driver="$CC -std=gnu11" ;;
    esac
    compile "$driver" "$app/$main" "$@"
    $driver "$@" -o "$program" "$objects"/*.o \
        -L"$lib" -lcapheap -Wl,-rpath,"$lib" -pthread
}

# compile DRIVER SOURCE [FLAG...]
compile()
{
    driver_=$1 source_=$2
    shift 2
    $driver_ -g -O1 -Wall -Wextra "$@" \
        -Iinclude/capheap/esp-idf -idirafter include/capheap/esp-idf/compat \
        -c -o "$objects/$(basename "$source_").o" "$source_"
}
