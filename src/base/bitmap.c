/* SPDX-License-Identifier: MIT */
/*
 * bitmap.c - ranges and runs of bits, a word at a time.
 *
 * Finding a run looks at every word of the range at most twice, so its cost
 * is bounded by the length of the map and does not depend on how the bits are
 * scattered within a word.
 */
#include "base/bitmap.h"

#include "base/arith.h"

/* Ones from bit `from` up to and without bit `to`, 0 <= from < to <= 64. */
static uint64_t
word_mask(size_t from, size_t to)
{
    return (~UINT64_C(0) >> (64 - (to - from))) << from;
}

void
ch_bitmap_set_range(uint64_t *map, size_t start, size_t n)
{
    size_t end = start + n;

    while (start < end) {
        size_t stop = ch_min_size(ch_align_down(start, 64) + 64, end);

        map[start / 64] |= word_mask(start % 64, (stop - 1) % 64 + 1);
        start = stop;
    }
}

void
ch_bitmap_clear_range(uint64_t *map, size_t start, size_t n)
{
    size_t end = start + n;

    while (start < end) {
        size_t stop = ch_min_size(ch_align_down(start, 64) + 64, end);

        map[start / 64] &= ~word_mask(start % 64, (stop - 1) % 64 + 1);
        start = stop;
    }
}

size_t
ch_bitmap_count_range(const uint64_t *map, size_t start, size_t n)
{
    size_t end = start + n;
    size_t count = 0;

    while (start < end) {
        size_t stop = ch_min_size(ch_align_down(start, 64) + 64, end);
        uint64_t mask = word_mask(start % 64, (stop - 1) % 64 + 1);

        count += ch_count_bits(map[start / 64] & mask);
        start = stop;
    }
    return count;
}

/* The first bit in [start, end) that is set in map ^ flip, or `end`. */
static size_t
next_bit(const uint64_t *map, size_t start, size_t end, uint64_t flip)
{
    size_t i = start / 64;
    uint64_t word;

    if (start >= end) {
        return end;
    }
    word = (map[i] ^ flip) & (~UINT64_C(0) << (start % 64));
    while (word == 0) {
        i++;
        if (i * 64 >= end) {
            return end;
        }
        word = map[i] ^ flip;
    }
    return ch_min_size(i * 64 + (size_t)__builtin_ctzll(word), end);
}

size_t
ch_bitmap_next_set(const uint64_t *map, size_t start, size_t end)
{
    return next_bit(map, start, end, 0);
}

size_t
ch_bitmap_next_clear(const uint64_t *map, size_t start, size_t end)
{
    return next_bit(map, start, end, ~UINT64_C(0));
}

/* The first bit of [start, end) from which the wanted run fits, or NONE. */
static size_t
fit_in_run(size_t start, size_t end, const struct ch_bitmap_want *want)
{
    size_t at = ch_align_up(start + want->phase, want->align) - want->phase;

    return at < end && end - at >= want->n ? at : CH_BITMAP_NONE;
}

size_t
ch_bitmap_first_fit(const uint64_t *map, size_t start, size_t end,
    const struct ch_bitmap_want *want, size_t *longest)
{
    size_t run = ch_bitmap_next_set(map, start, end);

    *longest = 0;
    while (run < end) {
        size_t stop = ch_bitmap_next_clear(map, run, end);
        size_t at = fit_in_run(run, stop, want);

        *longest = ch_max_size(*longest, stop - run);
        if (at != CH_BITMAP_NONE) {
            return at;
        }
        run = ch_bitmap_next_set(map, stop, end);
    }
    return CH_BITMAP_NONE;
}

size_t
ch_bitmap_best_fit(const uint64_t *map, size_t start, size_t end,
    const struct ch_bitmap_want *want, size_t *longest)
{
    size_t run = ch_bitmap_next_set(map, start, end);
    size_t best = CH_BITMAP_NONE;
    size_t best_length = SIZE_MAX;

    *longest = 0;
    while (run < end) {
        size_t stop = ch_bitmap_next_clear(map, run, end);
        size_t at = fit_in_run(run, stop, want);

        *longest = ch_max_size(*longest, stop - run);
        if (at != CH_BITMAP_NONE && stop - run < best_length) {
            best = at;
            best_length = stop - run;
        }
        run = ch_bitmap_next_set(map, stop, end);
    }
    return best;
}
