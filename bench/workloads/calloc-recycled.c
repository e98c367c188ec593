/* SPDX-License-Identifier: MIT */
/*
 * calloc-recycled: zeroed blocks taken from memory that was used and dirtied
 * before.  What does calloc cost on recycled memory, and is it zero?
 *
 * Mostly 16 bytes to 4 KiB, one block in 32 of 4 to 256 KiB.  Each block is
 * checked and then dirtied from end to end.
 */

#include "workload.h"

enum {
    SLOTS = 8000,
    STEPS = 5000000,
    LARGE_EVERY = 32
};

struct slot {
    unsigned char *block;
    size_t size;
};

static size_t
pick_size(struct wl_rng *rng)
{
    if (wl_rng_below(rng, LARGE_EVERY) == 0) {
        return wl_rng_log_size(rng, 12, 18);
    }
    return wl_rng_log_size(rng, 4, 12);
}

/* One byte a cache line is enough to notice a block that was not cleared. */
static void
require_zero(const unsigned char *block, size_t size)
{
    unsigned seen = block[size - 1];

    for (size_t i = 0; i < size; i += 64) {
        seen |= block[i];
    }
    wl_require(seen == 0, "calloc gave a block that is not zero");
}

static uint64_t
slot_replace(struct slot *slot, struct wl_rng *rng)
{
    const uint64_t old = slot->size;

    free(slot->block);
    slot->size = pick_size(rng);
    slot->block = wl_must(calloc(1, slot->size));
    require_zero(slot->block, slot->size);
    memset(slot->block, 0xa5, slot->size);
    return old;
}

int
main(int argc, char **argv)
{
    static struct slot slots[SLOTS];
    struct wl_rng rng = wl_rng_seed(6);
    const size_t steps = wl_scaled(wl_scale(argc, argv), STEPS);
    uint64_t sum = 0;

    for (size_t i = 0; i < steps; i++) {
        sum += slot_replace(&slots[wl_rng_below(&rng, SLOTS)], &rng);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        free(slots[i].block);
    }
    return wl_finish(sum);
}
