/* SPDX-License-Identifier: MIT */
/*
 * thread_churn.c - 20,000 threads come and go, each freeing what others made.
 *
 * Memory, mappings and thread records must stay as they were after the first
 * thousands: a heap of a thread that is gone is somebody's again.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "faultutil.h"

#define N_THREADS  20000
#define N_WARM     4000
#define N_AT_ONCE  4
#define N_SLOTS    256
#define DRIFT_KIB  2048
#define DRIFT_MAPS 32

/* Threads put blocks here and free what was there before. */
static _Atomic(unsigned char *) slots[N_SLOTS];

static void *
short_thread(void *arg)
{
    uint64_t rng = (uint64_t)(uintptr_t)arg;

    for (int i = 0; i < 40; i++) {
        size_t size = rng_log_size(&rng, 13);
        unsigned char *p = malloc(size);

        CHECK(p != NULL);
        memset(p, 1, size);
        p = atomic_exchange(&slots[rng_below(&rng, N_SLOTS)], p);
        free(p);
    }
    return NULL;
}

static void
run_threads(unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i += N_AT_ONCE) {
        pthread_t threads[N_AT_ONCE];

        for (unsigned j = 0; j < N_AT_ONCE; j++) {
            CHECK(pthread_create(&threads[j], NULL, short_thread,
                      (void *)(uintptr_t)(i + j))
                  == 0);
        }
        for (unsigned j = 0; j < N_AT_ONCE; j++) {
            CHECK(pthread_join(threads[j], NULL) == 0);
        }
    }
}

int
main(void)
{
    size_t rss;
    size_t maps;

    fault_watchdog(200);
    run_threads(0, N_WARM);
    rss = fault_rss_kib();
    maps = fault_n_maps();
    run_threads(N_WARM, N_THREADS);
    if (fault_rss_kib() > rss + DRIFT_KIB
        || fault_n_maps() > maps + DRIFT_MAPS) {
        dprintf(2, "RSS %zu -> %zu KiB, mappings %zu -> %zu\n", rss,
            fault_rss_kib(), maps, fault_n_maps());
        return 1;
    }
    for (size_t i = 0; i < N_SLOTS; i++) {
        free(atomic_load(&slots[i]));
    }
    return 0;
}
