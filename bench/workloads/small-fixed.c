/* SPDX-License-Identifier: MIT */
/*
 * small-fixed: what does a pair of malloc and free of 64 bytes cost when the
 * set of live blocks neither grows nor shrinks?
 *
 * A ring of 1024 blocks; each step frees the oldest and allocates a new one.
 * Every fourth step replaces a block at random, so that the order of frees is
 * not the order of addresses.
 */

#include "workload.h"

enum {
    SLOTS = 1024,
    BLOCK = 64,
    STEPS = 200000000
};

static uint64_t
replace(void **slot, size_t step)
{
    uint64_t old;

    memcpy(&old, *slot, sizeof(old));
    free(*slot);
    *slot = wl_must(malloc(BLOCK));
    memcpy(*slot, &step, sizeof(step));
    return old;
}

static void
fill(void **slots)
{
    for (size_t i = 0; i < SLOTS; i++) {
        slots[i] = wl_must(malloc(BLOCK));
        memcpy(slots[i], &i, sizeof(i));
    }
}

int
main(int argc, char **argv)
{
    static void *slots[SLOTS];
    struct wl_rng rng = wl_rng_seed(1);
    const size_t steps = wl_scaled(wl_scale(argc, argv), STEPS);
    uint64_t sum = 0;

    fill(slots);
    for (size_t i = 0; i < steps; i++) {
        const size_t at = i % 4 == 0 ? wl_rng_next(&rng) : i;

        sum += replace(&slots[at % SLOTS], i);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        free(slots[i]);
    }
    return wl_finish(sum);
}
