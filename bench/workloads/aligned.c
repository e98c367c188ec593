/* SPDX-License-Identifier: MIT */
/*
 * aligned: blocks on boundaries of 32 bytes to 64 KiB, through posix_memalign
 * and aligned_alloc, mixed with plain ones.  What does alignment cost in time
 * and in memory?
 */

#include "workload.h"

enum {
    SLOTS = 5000,
    STEPS = 7000000
};
enum {
    ALIGN_LOW_BIT = 5,
    ALIGN_HIGH_BIT = 12,
    PAGES_EVERY = 64
};

static void *
take_posix(size_t alignment, size_t size)
{
    void *block = NULL;

    wl_require(posix_memalign(&block, alignment, size) == 0, "posix_memalign");
    return block;
}

/*
 * No exact power of two: mimalloc 2.0.9 does not align such blocks, and would
 * have no figure here.
 */
static size_t
pick_size(struct wl_rng *rng)
{
    const size_t size = wl_rng_log_size(rng, 4, 12);

    return (size & (size - 1)) == 0 ? size + 16 : size;
}

static size_t
pick_alignment(struct wl_rng *rng)
{
    if (wl_rng_below(rng, PAGES_EVERY) == 0) {
        return 64 * WL_KIB;
    }
    return (size_t)1 << wl_rng_between(rng, ALIGN_LOW_BIT, ALIGN_HIGH_BIT);
}

static void
slot_fill(struct wl_slot *slot, struct wl_rng *rng)
{
    const size_t alignment = pick_alignment(rng);
    const size_t kind = wl_rng_below(rng, 4);

    slot->size = pick_size(rng);
    if (kind == 0) {
        slot->block = wl_must(malloc(slot->size));
    } else if (kind == 1) {
        slot->block = wl_must(aligned_alloc(alignment, slot->size));
    } else {
        slot->block = take_posix(alignment, slot->size);
    }
    wl_require(kind == 0 || (uintptr_t)slot->block % alignment == 0,
        "a block is not aligned");
    wl_stamp(slot->block, slot->size, slot->size);
}

static uint64_t
slot_empty(struct wl_slot *slot)
{
    const uint64_t stamp = wl_stamp_read(slot->block, slot->size);

    free(slot->block);
    return stamp;
}

int
main(int argc, char **argv)
{
    static struct wl_slot slots[SLOTS];
    struct wl_rng rng = wl_rng_seed(7);
    const size_t steps = wl_scaled(wl_scale(argc, argv), STEPS);
    const struct wl_churn churn = {slots, SLOTS, slot_fill, slot_empty};

    return wl_finish(wl_churn_run(&churn, &rng, steps));
}
