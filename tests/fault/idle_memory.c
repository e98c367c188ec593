/* SPDX-License-Identifier: MIT */
/*
 * idle_memory.c - after a burst memory goes back, by amount and by age, in a
 * program that makes only a call now and then.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faultutil.h"

#define BURST (256 * MIB)
/* What may stay dirty for good, and the rest of the program. */
#define STAYS (32 * MIB)

static void
burst(size_t size)
{
    size_t n = BURST / size;
    char **blocks = malloc(n * sizeof(*blocks));

    CHECK(blocks != NULL);
    for (size_t i = 0; i < n; i++) {
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, size);
    }
    CHECK(fault_rss_kib() > BURST / KIB);
    for (size_t i = 0; i < n; i++) {
        free(blocks[i]);
    }
    free(blocks);
}

int
main(void)
{
    static const size_t sizes[] = {64, 1000, 20000, 300000, 5000000};
    const struct timespec pause = {0, 100 * 1000 * 1000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        burst(sizes[i]);
        for (int turn = 0; turn < 50 && fault_rss_kib() > STAYS / KIB; turn++) {
            nanosleep(&pause, NULL);
            free(malloc(100));
        }
        if (fault_rss_kib() > STAYS / KIB) {
            dprintf(
                2, "blocks of %zu: %zu KiB stay\n", sizes[i], fault_rss_kib());
            return 1;
        }
    }
    return 0;
}
