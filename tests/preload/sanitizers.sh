#!/bin/sh
# SPDX-License-Identifier: MIT
# sanitizers.sh - beside a sanitizer, which keeps malloc for itself.
#
# Linked and preloaded alike the program starts and runs, AddressSanitizer
# still finds an overflow of malloc's block, and capheap_malloc works.
# shellcheck disable=SC2086 # $fixed is a command of several words, or none
. tests/preload/_common.sh
needs_library

mkdir "$tmp/lib"
cp "$CAPHEAP_SO" "$tmp/lib/libcapheap.so.0"
ln -s libcapheap.so.0 "$tmp/lib/libcapheap.so"

cat >"$tmp/good.c" <<'C'
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *(*own_malloc)(size_t);
static void *(*own_realloc)(void *, size_t);
static void (*own_free)(void *);

static void *
work(void *arg)
{
    for (size_t i = 1; i < 3000; i++) {
        char *p = malloc(i);
        char *q = own_malloc(i);

        memset(p, 1, i);
        memset(q, 2, i);
        p = realloc(p, i * 2);
        q = own_realloc(q, i * 2);
        if (p[i - 1] != 1 || q[i - 1] != 2) {
            abort();
        }
        free(p);
        own_free(q);
    }
    return arg;
}

int
main(void)
{
    pthread_t threads[4];
    int n = N_OWN_THREADS;

    *(void **)&own_malloc = dlsym(RTLD_DEFAULT, "capheap_malloc");
    *(void **)&own_realloc = dlsym(RTLD_DEFAULT, "capheap_realloc");
    *(void **)&own_free = dlsym(RTLD_DEFAULT, "capheap_free");
    if (own_malloc == NULL || own_realloc == NULL || own_free == NULL) {
        return 3;
    }
    for (int i = 0; i < n; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    work(NULL);
    puts("fine");
    return 0;
}
C
cat >"$tmp/overflow.c" <<'C'
#include <stdlib.h>

int
main(int argc, char **argv)
{
    volatile char *p = malloc((size_t)(100 + argc - 1));

    (void)argv;
    p[100] = 1;
    free((void *)p);
    return 0;
}
C
# Older runtimes do not find room for their shadow where the kernel
# randomises more than they know.
fixed=
setarch "$(uname -m)" -R true 2>/dev/null && fixed="setarch $(uname -m) -R"

# try COMPILER SANITIZER
try()
{
    command -v "$1" >/dev/null 2>&1 || return 0
    echo 'int main(void) { return 0; }' >"$tmp/probe.c"
    "$1" -fsanitize="$2" -o "$tmp/probe" "$tmp/probe.c" 2>/dev/null || return 0
    $fixed "$tmp/probe" || return 0
    n=$((n + 1))
    # ThreadSanitizer does not see how a block of capheap_malloc gets from one
    # thread to another, and would call its reuse a race.
    case $2 in
    thread) threads=0 ;;
    *) threads=4 ;;
    esac
    "$1" -O1 -w -fno-builtin -fsanitize="$2" -pthread \
        -DN_OWN_THREADS=$threads -o "$tmp/linked" \
        "$tmp/good.c" -L"$tmp/lib" -Wl,--no-as-needed -lcapheap \
        -Wl,-rpath,"$tmp/lib" -ldl
    "$1" -O1 -w -fno-builtin -fsanitize="$2" -pthread \
        -DN_OWN_THREADS=$threads -o "$tmp/plain" \
        "$tmp/good.c" -ldl
    run "$1 $2, linked" $fixed "$tmp/linked"
    run "$1 $2, preloaded" $fixed env LD_PRELOAD="$CAPHEAP_SO" "$tmp/plain"
    case $2 in
    address) check_overflow "$1" ;;
    esac
}

# verify_asan_link_order: only gcc's shared runtime minds a preload before it.
run()
{
    what=$1
    shift
    status=0
    ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 "$@" \
        >"$tmp/out" 2>"$tmp/err" || status=$?
    { [ "$status" = 0 ] && grep -q fine "$tmp/out"; } ||
        fail "$what: exit status $status: $(head -n 15 "$tmp/err")"
}

check_overflow()
{
    "$1" -O1 -w -fno-builtin -fsanitize=address -o "$tmp/over_linked" \
        "$tmp/overflow.c" -L"$tmp/lib" -Wl,--no-as-needed -lcapheap \
        -Wl,-rpath,"$tmp/lib"
    "$1" -O1 -w -fno-builtin -fsanitize=address -o "$tmp/over" \
        "$tmp/overflow.c"
    must_find "$1, linked" $fixed "$tmp/over_linked"
    must_find "$1, preloaded" $fixed env LD_PRELOAD="$CAPHEAP_SO" "$tmp/over"
}

must_find()
{
    what=$1
    shift
    status=0
    ASAN_OPTIONS=verify_asan_link_order=0 "$@" >"$tmp/out" 2>"$tmp/err" ||
        status=$?
    { [ "$status" != 0 ] && grep -q 'heap-buffer-overflow' "$tmp/err"; } ||
        fail "$what: the overflow is not found: $(head -n 15 "$tmp/err")"
}

n=0
try gcc address
try gcc thread
try clang address
[ "$n" -gt 0 ] || skip "no sanitizer works here"
