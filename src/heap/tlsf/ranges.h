/* SPDX-License-Identifier: MIT */
/*
 * ranges.h - ranges of addresses, each two apart or one within the other, and
 * the innermost one that has an address, found without a lock.
 *
 * The ranges stand in an array, in the order of their starts, an outer one
 * before those within it; each knows the one that it lies in.  There are two
 * copies.  A writer lets readers use the one while he changes the other, then
 * the other way round, so a reader never waits for a writer, not even for one
 * that was stopped midway.  What a reader finds counts only if no writer has
 * come to his copy meanwhile; until he knows, he believes nothing of it but
 * that indices below the array's own capacity can be read.
 *
 * Arrays that became too small stay mapped; all of them together are smaller
 * than the present one.
 *
 * Locks: writers hold one of their user's; readers none.
 */
#ifndef CH_HEAP_TLSF_RANGES_H
#define CH_HEAP_TLSF_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

struct ch_range_array;

struct ch_ranges {
    uint32_t version;               /* atomic; the low bit tells which copy
                                       readers use */
    struct ch_range_array *copy[2]; /* atomic; NULL: empty */
};

/* Adds [start, end) that belongs to `owner`, not NULL.  False: no memory.  No
   range of the same bounds is there. */
CH_NODISCARD bool ch_ranges_add(
    struct ch_ranges *ranges, char *start, char *end, void *owner);
/* Takes the range of `owner` out, which is there. */
void ch_ranges_remove(struct ch_ranges *ranges, const void *owner);

/* For writers: the owner at index i in the order of starts; NULL: there are no
   more. */
void *ch_ranges_get(const struct ch_ranges *ranges, size_t i);

/* The owner of the innermost range that has p; NULL: there is none. */
void *ch_ranges_find(const struct ch_ranges *ranges, const void *p);
/* True when a range has a byte of [start, end), which is not empty. */
bool ch_ranges_touch(
    const struct ch_ranges *ranges, const char *start, const char *end);
/* The owner of the innermost range around the one of `owner`, which has p. */
void *ch_ranges_outer(
    const struct ch_ranges *ranges, const void *p, const void *owner);

#endif
