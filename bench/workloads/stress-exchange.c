/* SPDX-License-Identifier: MIT */
/*
 * stress-exchange: everything at once.  Threads that are made anew each round
 * allocate blocks of all sizes, keep some, free some, and swap others through
 * a table that all threads share, so that any thread may free any block.
 *
 *     stress-exchange [scale [threads]]
 *
 * A block carries its size and a check word.  Which blocks meet in the table
 * depends on the schedule; what is drawn does not, and only that is summed.
 */

#include <stdatomic.h>

#include "workload.h"

enum {
    THREADS = 4,
    ROUNDS = 300,
    STEPS = 25000,
    SHARED = 1000,
    OWN = 512,
    HUGE_EVERY = 5000,
    LARGE_EVERY = 100,
};

/* At the front of every block. */
struct head {
    size_t size;
    uint64_t check; /* ~size */
};

struct worker {
    uint64_t seed;
    size_t steps;
    uint64_t sum;
};

static _Atomic(struct head *) shared[SHARED];

static size_t
pick_size(struct wl_rng *rng)
{
    const size_t draw = wl_rng_below(rng, HUGE_EVERY);

    if (draw == 0) {
        return wl_rng_between(rng, WL_MIB, 4 * WL_MIB);
    }
    if (draw % LARGE_EVERY == 1) {
        return wl_rng_log_size(rng, 12, 18);
    }
    return wl_rng_log_size(rng, 4, 10);
}

static struct head *
block_new(struct wl_rng *rng, uint64_t *sum)
{
    const size_t size = pick_size(rng);
    struct head *block = wl_must(malloc(size));

    wl_touch_pages(block, size, (unsigned char)size);
    block->size = size;
    block->check = ~(uint64_t)size;
    *sum += size;
    return block;
}

static void
block_end(struct head *block)
{
    if (block != NULL) {
        wl_require(
            block->check == ~(uint64_t)block->size, "a block was overwritten");
        free(block);
    }
}

static void *
worker(void *argument)
{
    struct worker *self = argument;
    struct wl_rng rng = wl_rng_seed(self->seed);
    struct head *own[OWN] = {0};

    for (size_t i = 0; i < self->steps; i++) {
        struct head **slot = &own[wl_rng_below(&rng, OWN)];
        const size_t at = wl_rng_below(&rng, SHARED);

        block_end(*slot);
        *slot = block_new(&rng, &self->sum);
        if (i % 4 == 0) {
            *slot = atomic_exchange(&shared[at], *slot);
        }
    }
    for (size_t i = 0; i < OWN; i++) {
        block_end(own[i]);
    }
    return NULL;
}

static uint64_t
round_of_threads(size_t round, size_t count)
{
    struct worker *workers = wl_must(calloc(count, sizeof(*workers)));
    pthread_t *threads = wl_must(calloc(count, sizeof(*threads)));
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        workers[i].seed = round * count + i;
        workers[i].steps = STEPS;
        threads[i] = wl_thread_start(worker, &workers[i]);
    }
    for (size_t i = 0; i < count; i++) {
        wl_thread_join(threads[i]);
        sum += workers[i].sum;
    }
    free(threads);
    free(workers);
    return sum;
}

int
main(int argc, char **argv)
{
    const size_t rounds = wl_scaled(wl_scale(argc, argv), ROUNDS);
    const size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : THREADS;
    uint64_t sum = 0;

    for (size_t i = 0; i < rounds; i++) {
        sum += round_of_threads(i, count);
    }
    for (size_t i = 0; i < SHARED; i++) {
        block_end(atomic_exchange(&shared[i], NULL));
    }
    return wl_finish(sum);
}
