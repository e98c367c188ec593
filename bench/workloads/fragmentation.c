/* SPDX-License-Identifier: MIT */
/*
 * fragmentation: a program that changes its mind about sizes.  Each phase
 * fills memory with blocks of one size, then frees nine in ten; what stays is
 * scattered over every page.  How much can the next phase's size reuse?
 *
 * The peak is the answer here, more than the time.
 */

#include "workload.h"

enum {
    PHASE_BYTES = 64 * WL_MIB,
    KEEP_EVERY = 10,
    ROUNDS = 2
};

struct survivors {
    void **blocks;
    size_t count;
};

static uint64_t
end_block(void *block)
{
    uint64_t stamp;

    memcpy(&stamp, block, sizeof(stamp));
    free(block);
    return stamp;
}

static void
fill(void **blocks, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i] = wl_must(malloc(size));
        wl_touch_pages(blocks[i], size, 1);
        memcpy(blocks[i], &i, sizeof(i));
    }
}

/* Frees nine in ten and leaves the rest at the front of the table. */
static uint64_t
thin_out(struct survivors *s)
{
    size_t kept = 0;
    uint64_t sum = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (i % KEEP_EVERY == 0) {
            s->blocks[kept++] = s->blocks[i];
        } else {
            sum += end_block(s->blocks[i]);
        }
    }
    s->count = kept;
    return sum;
}

static uint64_t
drop(struct survivors *s)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < s->count; i++) {
        sum += end_block(s->blocks[i]);
    }
    free(s->blocks);
    *s = (struct survivors){0};
    return sum;
}

int
main(int argc, char **argv)
{
    static const size_t sizes[] = {
        48, 112, 32, 400, 80, 1500, 192, 24, 9000, 640};
    enum {
        PHASES = sizeof(sizes) / sizeof(sizes[0])
    };
    struct survivors phases[PHASES] = {0};
    const size_t bytes = wl_scaled(wl_scale(argc, argv), PHASE_BYTES);
    uint64_t sum = 0;

    for (size_t i = 0; i < ROUNDS * PHASES; i++) {
        struct survivors *s = &phases[i % PHASES];

        sum += drop(s);
        s->count = bytes / sizes[i % PHASES] + 1;
        s->blocks = wl_must(malloc(s->count * sizeof(*s->blocks)));
        fill(s->blocks, s->count, sizes[i % PHASES]);
        sum += thin_out(s);
    }
    for (size_t i = 0; i < PHASES; i++) {
        sum += drop(&phases[i]);
    }
    return wl_finish(sum);
}
