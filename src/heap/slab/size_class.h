/* SPDX-License-Identifier: MIT */
/*
 * size_class.h - which sizes share a page.
 *
 *   0          16 bytes, for requests of 0 bytes
 *   1 .. 64    multiples of 16 up to 1024: at most 15 bytes are lost
 *   65 .. 112  eight classes a doubling up to 64 KiB: at most an eighth is
 *
 * A request rounded up to a multiple of a power of two not above CH_SLICE gets
 * a block size that is a multiple of it too, so aligned blocks need no class
 * of their own (size_class_test.c proves it for every size).
 */
#ifndef CH_HEAP_SLAB_SIZE_CLASS_H
#define CH_HEAP_SLAB_SIZE_CLASS_H

#include <stddef.h>

#include "base/arith.h"

/* Requests up to this many bytes take the first fast path. */
#define CH_SMALL_MAX 1024u
/* Requests above this many bytes get slices of their own. */
#define CH_CLASS_MAX       (64 * CH_KIB)
#define CH_N_SMALL_CLASSES 65u
#define CH_N_CLASSES       113u
/* Blocks above this size stand in medium pages. */
#define CH_SMALL_PAGE_MAX (8 * CH_KIB)

/* The class of a request of at most CH_SMALL_MAX bytes. */
CH_FAST size_t
ch_class_of_small(size_t size)
{
    return (size + 15) >> 4;
}

/* The class of a request of at most CH_CLASS_MAX bytes. */
static inline size_t
ch_class_of(size_t size)
{
    size_t last;
    unsigned k;

    if (size <= CH_SMALL_MAX) {
        return ch_class_of_small(size);
    }
    last = size - 1;
    k = ch_log2(last);
    return CH_N_SMALL_CLASSES + (k - 10) * 8 + (last >> (k - 3) & 7);
}

/* Bytes of a block of a class. */
static inline size_t
ch_class_size(size_t c)
{
    size_t k;

    if (c < CH_N_SMALL_CLASSES) {
        return c == 0 ? 16 : c * 16;
    }
    k = 10 + (c - CH_N_SMALL_CLASSES) / 8;
    return ((c - CH_N_SMALL_CLASSES) % 8 + 9) << (k - 3);
}

#endif
