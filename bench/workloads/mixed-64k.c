/* SPDX-License-Identifier: MIT */
/*
 * mixed-64k: sizes of 16 bytes to 64 KiB, each power of two as likely as the
 * next, random lifetimes, every page touched.  How do small and medium blocks
 * share memory?
 */

#include "workload.h"

enum {
    SLOTS = 10000,
    LOW_BIT = 4,
    HIGH_BIT = 16,
    STEPS = 7000000
};

static void
slot_fill(struct wl_slot *slot, struct wl_rng *rng)
{
    slot->size = wl_rng_log_size(rng, LOW_BIT, HIGH_BIT);
    slot->block = wl_must(malloc(slot->size));
    wl_touch_pages(slot->block, slot->size, 0);
    wl_stamp(slot->block, slot->size, slot->size);
}

static uint64_t
slot_empty(struct wl_slot *slot)
{
    const uint64_t stamp = wl_stamp_read(slot->block, slot->size);

    wl_require(stamp == slot->size, "a block was overwritten");
    free(slot->block);
    return stamp;
}

int
main(int argc, char **argv)
{
    static struct wl_slot slots[SLOTS];
    struct wl_rng rng = wl_rng_seed(3);
    const size_t steps = wl_scaled(wl_scale(argc, argv), STEPS);
    const struct wl_churn churn = {slots, SLOTS, slot_fill, slot_empty};

    return wl_finish(wl_churn_run(&churn, &rng, steps));
}
