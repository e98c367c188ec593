/* SPDX-License-Identifier: MIT */
/*
 * tls_destructors.c - malloc and free as late as a thread can call them.
 *
 * Key destructors that arm themselves again for four rounds, destructors of
 * C++ thread_local objects (registered as a C++ compiler does), and blocks
 * that only another thread's destructor frees.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "faultutil.h"

#define N_KEYS    12
#define N_ROUNDS  4 /* PTHREAD_DESTRUCTOR_ITERATIONS */
#define N_THREADS 12000
#define DRIFT_KIB 2048

extern int __cxa_thread_atexit_impl(void (*dtor)(void *), void *obj, void *dso);
extern void *__dso_handle;

struct value {
    unsigned round;
    size_t key;
    unsigned char *block;
};

static pthread_key_t keys[N_KEYS];
static _Atomic(unsigned char *) passed_on;
static atomic_uint n_destroyed;

static void
use_heap(size_t size)
{
    unsigned char *p = malloc(size);
    unsigned char *q = calloc(3, size);
    unsigned char *r;

    CHECK(p != NULL && q != NULL && is_filled(q, 3 * size, 0));
    memset(p, 7, size);
    p = realloc(p, size * 2);
    CHECK(p != NULL && is_filled(p, size, 7));
    free(q);
    r = aligned_alloc(128, size);
    CHECK(r != NULL);
    r = atomic_exchange(&passed_on, r);
    free(r);
    free(p);
}

static void
arm(size_t key, unsigned round)
{
    struct value *v = malloc(sizeof(*v));

    CHECK(v != NULL);
    v->round = round;
    v->key = key;
    v->block = malloc(round * 300 + key);
    CHECK(v->block != NULL);
    CHECK(pthread_setspecific(keys[key], v) == 0);
}

static void
destroy(void *arg)
{
    struct value *v = arg;
    unsigned round = v->round;
    size_t key = v->key;

    atomic_fetch_add(&n_destroyed, 1);
    use_heap(20 + key * 100);
    free(v->block);
    free(v);
    if (round < N_ROUNDS) {
        arm(key, round + 1);
    }
}

static void
destroy_thread_local(void *arg)
{
    use_heap(500);
    free(arg);
}

static void *
thread_main(void *arg)
{
    size_t id = (size_t)(uintptr_t)arg;

    for (size_t i = 0; i < N_KEYS; i++) {
        arm(i, 1);
    }
    CHECK(__cxa_thread_atexit_impl(
              destroy_thread_local, malloc(id % 4000), &__dso_handle)
          == 0);
    if (id % 2 == 0) {
        use_heap(id % 1000 + 1);
    }
    if (id % 3 == 0) {
        pthread_exit(NULL);
    }
    return NULL;
}

static void
run_threads(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        pthread_t thread;

        CHECK(pthread_create(&thread, NULL, thread_main, (void *)(uintptr_t)i)
              == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
}

int
main(void)
{
    size_t rss;

    fault_watchdog(120);
    for (size_t i = 0; i < N_KEYS; i++) {
        CHECK(pthread_key_create(&keys[i], destroy) == 0);
    }
    run_threads(0, N_THREADS / 3);
    rss = fault_rss_kib();
    run_threads(N_THREADS / 3, N_THREADS);
    CHECK(atomic_load(&n_destroyed) >= (unsigned)N_THREADS * N_KEYS);
    if (fault_rss_kib() > rss + DRIFT_KIB) {
        dprintf(2, "RSS %zu -> %zu KiB\n", rss, fault_rss_kib());
        return 1;
    }
    free(atomic_load(&passed_on));
    return 0;
}
