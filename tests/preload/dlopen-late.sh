#!/bin/sh
# SPDX-License-Identifier: MIT
# dlopen-late.sh - dlopen works when others have used up static TLS.
#
# The dynamic linker keeps about 1.6 KiB for libraries that come late and want
# static TLS; here one has taken 1,500 bytes of it.
. tests/preload/_common.sh
needs_library

cat >"$tmp/taker.c" <<'C'
static _Thread_local char taken[1500]
    __attribute__((tls_model("initial-exec")));

char *
take(void)
{
    taken[0]++;
    return taken;
}
C
cat >"$tmp/late.c" <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void *(*own_malloc)(size_t);
static void (*own_free)(void *);

static void *
work(void *arg)
{
    for (size_t i = 1; i < 1000; i++) {
        void *p = own_malloc(i);

        if (p == NULL) {
            return arg;
        }
        memset(p, 1, i);
        own_free(p);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    void *taker = dlopen(argv[1], RTLD_NOW);
    pthread_t thread;
    void *failed = NULL;
    void *library;

    if (argc != 3 || taker == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 77;
    }
    library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    *(void **)&own_malloc = dlsym(library, "capheap_malloc");
    *(void **)&own_free = dlsym(library, "capheap_free");
    if (own_malloc == NULL || own_free == NULL) {
        return 2;
    }
    if (pthread_create(&thread, NULL, work, &thread) != 0) {
        return 3;
    }
    pthread_join(thread, &failed);
    return failed != NULL || work(&thread) != NULL ? 4 : 0;
}
C
$CC -O1 -fPIC -shared -o "$tmp/taker.so" "$tmp/taker.c"
$CC -O1 -w -pthread -o "$tmp/late" "$tmp/late.c" -ldl
"$tmp/late" "$tmp/taker.so" "$CAPHEAP_SO"
