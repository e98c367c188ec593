/* SPDX-License-Identifier: MIT */
/*
 * thread-storm: short-lived threads in waves, each with a handful of blocks,
 * some of which outlive their thread.  What does a thread's first malloc and
 * its exit cost?
 */

#include "workload.h"

enum {
    WAVE = 8,
    WAVES = 4000,
    BLOCKS = 24,
    KEPT = 4
};

struct visit {
    uint64_t seed;
    uint64_t sum;
    void *kept[KEPT]; /* freed by main, after the join */
};

static size_t
pick_size(struct wl_rng *rng, size_t i)
{
    return i % 12 == 11 ? wl_rng_between(rng, 4 * WL_KIB, 16 * WL_KIB)
                        : wl_rng_between(rng, 16, 256);
}

static void *
visitor(void *argument)
{
    struct visit *visit = argument;
    struct wl_rng rng = wl_rng_seed(visit->seed);
    void *blocks[BLOCKS];

    for (size_t i = 0; i < BLOCKS; i++) {
        const size_t size = pick_size(&rng, i);

        blocks[i] = wl_must(malloc(size));
        wl_stamp(blocks[i], size, size);
        visit->sum += size;
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i < KEPT) {
            visit->kept[i] = blocks[i];
        } else {
            free(blocks[i]);
        }
    }
    return NULL;
}

static uint64_t
wave(size_t number)
{
    struct visit visits[WAVE] = {0};
    pthread_t threads[WAVE];
    uint64_t sum = 0;

    for (size_t i = 0; i < WAVE; i++) {
        visits[i].seed = number * WAVE + i;
        threads[i] = wl_thread_start(visitor, &visits[i]);
    }
    for (size_t i = 0; i < WAVE; i++) {
        wl_thread_join(threads[i]);
        sum += visits[i].sum;
        for (size_t k = 0; k < KEPT; k++) {
            free(visits[i].kept[k]);
        }
    }
    return sum;
}

int
main(int argc, char **argv)
{
    const size_t waves = wl_scaled(wl_scale(argc, argv), WAVES);
    uint64_t sum = 0;

    for (size_t i = 0; i < waves; i++) {
        sum += wave(i);
    }
    return wl_finish(sum);
}
