/* SPDX-License-Identifier: MIT */
/*
 * late_dlopen.c - the library comes by dlopen into a process that has another
 * malloc; late_dlopen.sh runs it, without LD_PRELOAD.
 *
 * Every thread opens, uses and closes it, and ends after the last dlclose.
 * usage: late_dlopen LIBRARY PLUGIN
 */
/* link: -ldl */
#define _GNU_SOURCE /* RTLD_DEEPBIND */
#include <dlfcn.h>
#include <pthread.h>

#include "faultutil.h"

#define N_THREADS 4
#define N_ROUNDS  250

static const char *library;

static void *
symbol(void *handle, const char *name)
{
    void *at = dlsym(handle, name);

    CHECK(at != NULL);
    return at;
}

static void
use_library(void *handle, uint64_t *rng)
{
    void *(*alloc)(size_t);
    void (*release)(void *);
    void *(*resize)(void *, size_t);
    size_t (*usable)(const void *);

    *(void **)&alloc = symbol(handle, "capheap_malloc");
    *(void **)&release = symbol(handle, "capheap_free");
    *(void **)&resize = symbol(handle, "capheap_realloc");
    *(void **)&usable = symbol(handle, "capheap_usable_size");
    for (int i = 0; i < 20; i++) {
        size_t size = rng_log_size(rng, 18);
        unsigned char *p = alloc(size);
        unsigned char *own = malloc(size);

        CHECK(p != NULL && own != NULL && usable(p) >= size);
        memset(p, i, size);
        memset(own, 0xff, size);
        p = resize(p, size + 500);
        CHECK(p != NULL && is_filled(p, size, (unsigned char)i));
        release(p);
        free(own);
    }
}

static void *
thread_main(void *arg)
{
    static const int modes[] = {RTLD_NOW | RTLD_LOCAL, RTLD_LAZY | RTLD_LOCAL,
        RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND, RTLD_NOW | RTLD_GLOBAL};
    uint64_t rng = (uint64_t)(uintptr_t)arg;

    for (int i = 0; i < N_ROUNDS; i++) {
        void *handle = dlopen(library, modes[i % 4]);

        if (handle == NULL) {
            dprintf(2, "%s\n", dlerror());
        }
        CHECK(handle != NULL);
        use_library(handle, &rng);
        CHECK(dlclose(handle) == 0);
    }
    return NULL;
}

/*
 * A plugin linked with the library and opened with RTLD_DEEPBIND finds its
 * malloc and free there, while the program has the C library's.
 */
static void
use_plugin(const char *path)
{
    for (int i = 0; i < 20; i++) {
        void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
        int (*run)(void);

        if (handle == NULL) {
            dprintf(2, "%s\n", dlerror());
        }
        CHECK(handle != NULL);
        *(void **)&run = symbol(handle, "plugin_run");
        CHECK(run() == 0);
        CHECK(dlclose(handle) == 0);
    }
}

int
main(int argc, char **argv)
{
    pthread_t threads[N_THREADS];

    CHECK(argc == 3);
    fault_watchdog(120);
    library = argv[1];
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_create(
                  &threads[i], NULL, thread_main, (void *)(uintptr_t)(i + 1))
              == 0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    use_plugin(argv[2]);
    return 0;
}
