/* SPDX-License-Identifier: MIT */
/*
 * bitmap.h - arrays of bits: set and clear ranges, find runs of ones.
 *
 * A bitmap is an array of 64-bit words; bit i is bit i % 64 of word i / 64.
 * Nothing is locked here: the caller owns the array.
 */
#ifndef CH_BASE_BITMAP_H
#define CH_BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_BITMAP_WORDS(n_bits) (((n_bits) + 63) / 64)
/* What the find functions return when there is nothing to find. */
#define CH_BITMAP_NONE SIZE_MAX

static inline bool
ch_bitmap_get(const uint64_t *map, size_t i)
{
    return (map[i / 64] >> (i % 64)) & 1;
}

void ch_bitmap_set_range(uint64_t *map, size_t start, size_t n);
void ch_bitmap_clear_range(uint64_t *map, size_t start, size_t n);
size_t ch_bitmap_count_range(const uint64_t *map, size_t start, size_t n);

/* The first set (clear) bit in [start, end), or `end`. */
size_t ch_bitmap_next_set(const uint64_t *map, size_t start, size_t end);
size_t ch_bitmap_next_clear(const uint64_t *map, size_t start, size_t end);

/* A run that is looked for: `n` bits from a bit b where b + phase is a
   multiple of `align`, a power of two. */
struct ch_bitmap_want {
    size_t n;
    size_t align;
    size_t phase;
};

/*
 * A wanted run of set bits in [start, end).  First fit takes the lowest one,
 * best fit the lowest one in the shortest run that holds it.  CH_BITMAP_NONE
 * if there is none.  `*longest` gets the length of the longest run seen, which
 * is the longest of all when nothing was found.
 */
size_t ch_bitmap_first_fit(const uint64_t *map, size_t start, size_t end,
    const struct ch_bitmap_want *want, size_t *longest);
size_t ch_bitmap_best_fit(const uint64_t *map, size_t start, size_t end,
    const struct ch_bitmap_want *want, size_t *longest);

#endif
