/* SPDX-License-Identifier: MIT */
/*
 * large-touch: blocks of 1 to 32 MiB, every page written, then freed, a dozen
 * alive at a time.  Is a large free block kept for the next request, or given
 * back and faulted in again, and what does either choice do to the peak?
 */

#include "workload.h"

enum {
    SLOTS = 12,
    SMALLEST = WL_MIB,
    LARGEST = 32 * WL_MIB,
    STEPS = 1200
};

struct slot {
    unsigned char *block;
    size_t size;
};

static uint64_t
slot_replace(struct slot *slot, struct wl_rng *rng)
{
    uint64_t sum = 0;

    if (slot->block != NULL) {
        sum = (uint64_t)slot->block[0] + slot->block[slot->size / 2];
        free(slot->block);
    }
    slot->size = wl_rng_between(rng, SMALLEST, LARGEST);
    slot->block = wl_must(malloc(slot->size));
    wl_touch_pages(slot->block, slot->size, (unsigned char)slot->size);
    slot->block[slot->size / 2] = (unsigned char)(slot->size >> 8);
    return sum;
}

int
main(int argc, char **argv)
{
    struct slot slots[SLOTS] = {0};
    struct wl_rng rng = wl_rng_seed(4);
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
