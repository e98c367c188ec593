/* SPDX-License-Identifier: MIT */
/*
 * many-live: four million blocks of 16 to 128 bytes alive at once, then freed
 * in random order, a quarter of them replaced on the way.  What does a block
 * cost in memory, and a free that finds nothing in the cache?
 */

#include "workload.h"

enum {
    BLOCKS = 4000000,
    SMALLEST = 16,
    LARGEST = 128,
    REPLACE_EVERY = 4
};

/* The table itself is one large block, and part of the peak of each run. */
struct table {
    void **blocks;
    size_t count;
};

static void *
block_new(struct wl_rng *rng, uint64_t stamp)
{
    void *block = wl_must(malloc(wl_rng_between(rng, SMALLEST, LARGEST)));

    memcpy(block, &stamp, sizeof(stamp));
    return block;
}

static uint64_t
block_end(void *block)
{
    uint64_t stamp;

    memcpy(&stamp, block, sizeof(stamp));
    free(block);
    return stamp;
}

static void
table_shuffle(struct table *table, struct wl_rng *rng)
{
    for (size_t i = table->count - 1; i > 0; i--) {
        const size_t j = wl_rng_below(rng, i + 1);
        void *block = table->blocks[i];

        table->blocks[i] = table->blocks[j];
        table->blocks[j] = block;
    }
}

static uint64_t
table_churn(struct table *table, struct wl_rng *rng)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < table->count; i += REPLACE_EVERY) {
        sum += block_end(table->blocks[i]);
        table->blocks[i] = block_new(rng, i);
    }
    return sum;
}

int
main(int argc, char **argv)
{
    struct wl_rng rng = wl_rng_seed(8);
    struct table table = {
        .count = wl_scaled(wl_scale(argc, argv), BLOCKS),
    };
    uint64_t sum = 0;

    table.blocks = wl_must(malloc(table.count * sizeof(*table.blocks)));
    for (size_t i = 0; i < table.count; i++) {
        table.blocks[i] = block_new(&rng, i);
    }
    table_shuffle(&table, &rng);
    sum += table_churn(&table, &rng);
    for (size_t i = 0; i < table.count; i++) {
        sum += block_end(table.blocks[i]);
    }
    free(table.blocks);
    return wl_finish(sum);
}
