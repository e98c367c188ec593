/* SPDX-License-Identifier: MIT */
/*
 * false-sharing: do two threads ever get blocks on one cache line?
 *
 * Active: each thread allocates a few 8-byte blocks and writes to them in
 * turn; lines are shared only if the allocator deals neighbours out to
 * different threads.
 * Passive: the main thread allocates neighbours and deals them out to the
 * threads in turn, which free them and then allocate their own; lines are
 * shared if a foreign block is handed out again by the thread that freed it.
 */

#include "workload.h"

enum {
    THREADS = 2,
    BLOCKS = 16,
    BLOCK = 8,
    CYCLES = 1000000,
    WRITES = 400
};

struct worker {
    void *gifts[BLOCKS]; /* from main, or NULL */
    size_t cycles;
    uint64_t sum;
};

static uint64_t
use_blocks(uint64_t start)
{
    volatile uint64_t *blocks[BLOCKS];
    uint64_t sum = 0;

    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = wl_must(malloc(BLOCK));
        *blocks[i] = start;
    }
    for (size_t i = 0; i < WRITES; i++) {
        (*blocks[i % BLOCKS])++;
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        sum += *blocks[i];
        free((void *)blocks[i]);
    }
    return sum;
}

static void *
worker(void *argument)
{
    struct worker *self = argument;

    for (size_t i = 0; i < BLOCKS; i++) {
        free(self->gifts[i]);
    }
    for (size_t i = 0; i < self->cycles; i++) {
        self->sum += use_blocks(i);
    }
    return NULL;
}

static void
deal_gifts(struct worker *workers)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        for (size_t w = 0; w < THREADS; w++) {
            workers[w].gifts[i] = wl_must(malloc(BLOCK));
        }
    }
}

static uint64_t
run_workers(int with_gifts, size_t cycles)
{
    struct worker workers[THREADS] = {0};
    pthread_t threads[THREADS];
    uint64_t sum = 0;

    if (with_gifts) {
        deal_gifts(workers);
    }
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].cycles = cycles;
        threads[i] = wl_thread_start(worker, &workers[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        wl_thread_join(threads[i]);
        sum += workers[i].sum;
    }
    return sum;
}

int
main(int argc, char **argv)
{
    const size_t cycles = wl_scaled(wl_scale(argc, argv), CYCLES);
    uint64_t sum = run_workers(0, cycles);

    sum = sum * 3 + run_workers(1, cycles);
    return wl_finish(sum);
}
