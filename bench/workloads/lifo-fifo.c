/* SPDX-License-Identifier: MIT */
/*
 * lifo-fifo: bursts of equal blocks, freed last first as a stack would, or
 * first first as a queue would.  Does the order of frees matter?
 */

#include "workload.h"

enum {
    BURST = 10000,
    ROUNDS = 700
};

static void
take_burst(void **blocks, size_t size)
{
    for (size_t i = 0; i < BURST; i++) {
        blocks[i] = wl_must(malloc(size));
        wl_stamp(blocks[i], size, i);
    }
}

static uint64_t
end_block(void *block, size_t size)
{
    const uint64_t stamp = wl_stamp_read(block, size);

    free(block);
    return stamp;
}

static uint64_t
burst_lifo(void **blocks, size_t size)
{
    uint64_t sum = 0;

    take_burst(blocks, size);
    for (size_t i = BURST; i-- > 0;) {
        sum = sum * 3 + end_block(blocks[i], size);
    }
    return sum;
}

static uint64_t
burst_fifo(void **blocks, size_t size)
{
    uint64_t sum = 0;

    take_burst(blocks, size);
    for (size_t i = 0; i < BURST; i++) {
        sum = sum * 3 + end_block(blocks[i], size);
    }
    return sum;
}

int
main(int argc, char **argv)
{
    static const size_t sizes[] = {16, 32, 64, 256, 1024};
    static void *blocks[BURST];
    const size_t rounds = wl_scaled(wl_scale(argc, argv), ROUNDS);
    uint64_t sum = 0;

    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            sum += burst_lifo(blocks, sizes[i]);
            sum += burst_fifo(blocks, sizes[i]);
        }
    }
    return wl_finish(sum);
}
