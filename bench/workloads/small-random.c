/* SPDX-License-Identifier: MIT */
/*
 * small-random: sizes of 1 to 1024 bytes with random lifetimes, in a table of
 * 100,000 blocks.  Does the allocator keep its speed when neither the size
 * nor the block that dies next can be predicted?
 */

#include "workload.h"

enum {
    SLOTS = 100000,
    LARGEST = 1024,
    STEPS = 24000000
};

static void
slot_fill(struct wl_slot *slot, struct wl_rng *rng)
{
    slot->size = wl_rng_between(rng, 1, LARGEST);
    slot->block = wl_must(malloc(slot->size));
    slot->block[0] = (unsigned char)slot->size;
    slot->block[slot->size - 1] = (unsigned char)slot->size;
}

static uint64_t
slot_empty(struct wl_slot *slot)
{
    const unsigned char head = slot->block[0];

    wl_require(head == slot->block[slot->size - 1], "a block was overwritten");
    free(slot->block);
    return head;
}

int
main(int argc, char **argv)
{
    static struct wl_slot slots[SLOTS];
    struct wl_rng rng = wl_rng_seed(2);
    const size_t steps = wl_scaled(wl_scale(argc, argv), STEPS);
    const struct wl_churn churn = {slots, SLOTS, slot_fill, slot_empty};

    return wl_finish(wl_churn_run(&churn, &rng, steps));
}
