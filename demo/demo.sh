#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh - a short tour: a real program, then the same one short of memory;
# then a firmware with the memory of a chip.
#
# `make demo` calls it in the top folder; CAPHEAP names the command,
# CAPHEAP_SO the library, CC a compiler.

set -eu

: "${CAPHEAP:=./capheap}" "${CAPHEAP_SO:=$PWD/libcapheap.so}" "${CC:=cc}"
here=$(dirname "$0")
unset CAPHEAP_CONF CAPHEAP_RUN LD_PRELOAD

say() {
    printf '\n== %s\n' "$*"
}

# Runs a command, after showing it without its folders.
show() {
    printf '$ %s\n' "$*" | sed "s|$CAPHEAP|capheap|"
    # The command says active, then the program, then the report: one stream.
    "$@" 2>&1
}

# A python that is the program itself, not a script that looks for one.
find_python() {
    for name in python3 /usr/bin/python3; do
        "$name" -c 'import ctypes, sys; print(sys.executable)' 2>/dev/null &&
            return
    done
    return 1
}

demo_python() {
    # Without this CPython takes its small objects from mmap, past malloc.
    export PYTHONMALLOC=malloc

    say "python3 indexes its own library in four threads, on capheap's malloc;"
    echo "   at its peak it asks for malloc_stats(3): what it holds from the"
    echo "   system, how much of that is live, and what is waste."
    show "$CAPHEAP" run -- "$1" "$here/words.py" 4 peak

    say "In one thread with a limit: malloc gives NULL, python raises MemoryError,"
    echo "   the program goes on with less.  --stats reports once more at exit."
    show "$CAPHEAP" run --limit 40M --stats -- "$1" "$here/words.py" 1
}

demo_perl() {
    # shellcheck disable=SC2016 # perl's variables
    index='while (<>) { while (/(\w+)/g) { push @{$at{$1}}, $.; $n++ } }
        print "$n words, ", scalar(keys %at), " different\n"'
    # shellcheck disable=SC2046 # several files
    set -- $(find /usr/include /usr/share/perl -type f \
        \( -name '*.h' -o -name '*.p[lm]' \) 2>/dev/null | sort | head -n 400)

    say "perl indexes the words of $# files, on capheap's malloc; at exit the"
    echo "   library reports what it held from the system."
    printf '$ capheap run --stats -- perl -e PROGRAM FILES\n'
    "$CAPHEAP" run --stats -- perl -e "$index" "$@" 2>&1

    say "The same with a limit: malloc returns NULL, and perl says so."
    printf '$ capheap run --limit 4M -- perl -e PROGRAM FILES\n'
    "$CAPHEAP" run --limit 4M -- perl -e "$index" "$@" 2>&1 ||
        echo "(perl ended with status $?, by its own decision)"
}

demo_awk() {
    table='BEGIN {
        for (i = 0; i < 200000; i++) at[i * 7919 % 1000003] = i "x"
        for (k in at) n++
        print n, "places in a table" }'

    say "awk fills a large table, on capheap's malloc."
    show "$CAPHEAP" run -- awk "$table"

    say "The same with a limit: malloc returns NULL, and awk says so."
    show "$CAPHEAP" run --limit 4M -- awk "$table" ||
        echo "(awk ended with status $?, by its own decision)"
}

# Builds the firmware of the tests, as a project of firmware is built on a host.
build_firmware() {
    lib=$(dirname "$CAPHEAP_SO")
    idf=$here/../include/capheap/esp-idf
    "$CC" -O1 -o "$1" "$here"/../tests/firmware/app/*.c \
        -I"$idf" -idirafter "$idf/compat" \
        -L"$lib" -lcapheap -Wl,-rpath,"$lib" -pthread
}

# on PROFILE PROGRAM: runs it with the memory of a chip.
on() {
    printf '$ CAPHEAP_CONF=profile=%s %s\n' "$1" "$(basename "$2")"
    CAPHEAP_CONF=profile=$1 "$2"
}

demo_firmware() {
    say "Second act.  A firmware for ESP-IDF: a sensor, a camera, code loaded at"
    echo "   run time.  It is built for this machine and linked with capheap:"
    # shellcheck disable=SC2016 # shown, not run
    echo '$ cc *.c $(pkg-config --cflags --libs capheap-esp-idf) -o station'
    build_firmware "$1/station"

    say "It has the memory of an ESP32 now, at the chip's addresses: 8BIT is RAM for"
    echo "   data, EXEC for code.  There is no external RAM, so the camera makes do"
    echo "   with one small picture, and the history ends where memory does."
    on esp32 "$1/station"

    say "With 4 MiB of external RAM (SPIRAM) the same binary takes what it is given."
    on esp32-psram "$1/station" | grep -E '^(\$|start|camera|history|leaked)'

    say "On another chip, whose memory is protected, code cannot be loaded."
    on esp32c3 "$1/station" | grep -E '^(\$|start|plugin|history|leaked)'
}

echo "capheap is a malloc in a library that is loaded before a program, which"
echo "need not be built again for it.  This is $("$CAPHEAP" --version)."

say "Would a program take it?  The doctor knows."
if python=$(find_python); then
    show "$CAPHEAP" doctor "$python"
    demo_python "$python"
elif command -v perl >/dev/null; then
    show "$CAPHEAP" doctor perl
    demo_perl
else
    show "$CAPHEAP" doctor awk
    demo_awk
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if command -v "$CC" >/dev/null; then
    demo_firmware "$folder"
fi

say "Every option, and where its value comes from: capheap conf -v"
