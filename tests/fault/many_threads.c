/* SPDX-License-Identifier: MIT */
/*
 * many_threads.c - threads that each use a bit of every class do not make
 * whole pages resident.
 */
#include <pthread.h>
#include <stdlib.h>

#include "faultutil.h"

#define N_THREADS 200
#define N_BLOCKS  1000
#define LARGEST   1023
/* Half a MiB of blocks a thread, and as much again for all that is round it.
   Whole pages of every class would be 4 MiB. */
#define KIB_EACH 1024

static pthread_barrier_t turn;

static void *
use_all_classes(void *arg)
{
    void *blocks[N_BLOCKS];
    unsigned seed = (unsigned)(uintptr_t)arg;

    for (size_t i = 0; i < N_BLOCKS; i++) {
        size_t size = (size_t)rand_r(&seed) % LARGEST + 1;

        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        *(char *)blocks[i] = 1;
    }
    for (size_t i = 0; i < N_BLOCKS; i++) {
        free(blocks[i]);
    }
    pthread_barrier_wait(&turn);
    pthread_barrier_wait(&turn);
    return NULL;
}

int
main(void)
{
    pthread_t threads[N_THREADS];
    size_t before = fault_rss_kib();
    size_t each;

    CHECK(pthread_barrier_init(&turn, NULL, N_THREADS + 1) == 0);
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_create(
                  &threads[i], NULL, use_all_classes, (void *)(uintptr_t)i)
              == 0);
    }
    pthread_barrier_wait(&turn);
    each = (fault_rss_kib() - before) / N_THREADS;
    pthread_barrier_wait(&turn);
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    if (each > KIB_EACH) {
        dprintf(2, "%zu KiB resident for each thread\n", each);
        return 1;
    }
    return 0;
}
