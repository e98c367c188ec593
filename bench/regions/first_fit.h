/* SPDX-License-Identifier: MIT */
/*
 * first_fit.h - the plainest heap over a buffer, to compare with.
 *
 * One list of free blocks in the order of addresses.  An allocation takes the
 * first one that is large enough; a free looks for its place in the list and
 * merges with its neighbours.  Both are linear in the number of free blocks.
 * Blocks lie at multiples of 16 behind a header of 16 bytes.
 *
 * Source: D. E. Knuth: The Art of Computer Programming, volume 1, 2.5, A and B.
 */
#ifndef CAPHEAP_BENCH_FIRST_FIT_H
#define CAPHEAP_BENCH_FIRST_FIT_H

#include <stddef.h>

struct first_fit_block;

struct first_fit {
    struct first_fit_block *free;
};

/* The buffer and its size are multiples of 16. */
void first_fit_init(struct first_fit *heap, void *buffer, size_t size);
/* NULL: no block is large enough. */
void *first_fit_alloc(struct first_fit *heap, size_t size);
void first_fit_free(struct first_fit *heap, void *p);

#endif
