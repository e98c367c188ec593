#!/bin/sh
# SPDX-License-Identifier: MIT
#
# static.sh - a program linked with each static archive, in a dynamic and in
# a static executable: who serves malloc, and does capheap_malloc work?
set -eu

tmp=$TEST_TMP
cat >"$tmp/program.c" <<'C'
#include <capheap.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void *
run(void *arg)
{
    for (size_t n = 0; n < 1000; n++) {
        free(malloc(n * 100));
        capheap_free(capheap_malloc(n * 100));
    }
    return arg;
}

int
main(void)
{
    void *p = capheap_malloc(100);
    void *q = malloc(100);
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, NULL) != 0) {
        return 1;
    }
    pthread_join(thread, NULL);
    printf("%s %zu %zu\n", capheap_version(), capheap_usable_size(p),
        malloc_usable_size(q));
    free(q);
    capheap_free(p);
    return 0;
}
C

# expect USABLE ARCHIVE FLAGS...: the usable size of malloc(100), 112 by
# capheap's classes and 104 by glibc's
expect()
{
    usable=$1 archive=$2
    shift 2
    "$CC" -Iinclude "$@" -o "$tmp/program" "$tmp/program.c" "$archive" -pthread
    said=$("$tmp/program")
    case $said in
    [0-9]*" 112 $usable") ;;
    *)
        echo "$archive $*: '$said', wanted 'VERSION 112 $usable'"
        exit 1
        ;;
    esac
}

expect 112 ./libcapheap.a
expect 112 ./libcapheap.a -static
expect 104 ./libcapheap-noreplace.a
expect 104 ./libcapheap-noreplace.a -static

# A device bounds such a program too, before main() as well as in it; its
# blocks are as large as they were asked for.
expect 112 ./libcapheap.a -static
said=$(CAPHEAP_CONF=profile=esp32 "$tmp/program")
case $said in
[0-9]*" 1"[01][0-9]" 1"[01][0-9]) ;;
*)
    echo "esp32, -static: '$said'"
    exit 1
    ;;
esac
expect 112 ./libcapheap.a -static-pie
