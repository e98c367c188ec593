/* SPDX-License-Identifier: MIT */
/*
 * registry.h - all heaps of the fixed engine: made here, found by address.
 *
 * Heaps never overlap in part: each two are apart or one lies in the other, as
 * a buffer that was allocated from a heap and made a heap of its own.  A
 * pointer belongs to the innermost one.
 *
 * The slices that a heap touches lead to a page of kind FIXED, so that no fast
 * path takes a pointer into them.  Where the heap lies in a block of the slab
 * engine, that page remembers the one it stands before (`under`).  The marks go
 * with the last heap in a slice.
 *
 * A program may free the memory of a heap and say nothing.  Where the block's
 * owner sees the mark he calls ch_fixed_retire_within(); a heap in the middle
 * of a block of many slices he does not see.  Such a heap claims its addresses
 * until the slab engine cuts pages there, which overwrites the marks, or
 * another heap is made there; nothing else suffers, since no pointer into the
 * middle of such a block is a block.
 *
 * Heaps are never unmapped.  A retired one is made into another only after
 * CH_FIXED_RETIRED_KEPT more have been retired.
 *
 * Locks: registry.lock, rank REGISTRY, held while heaps are made and retired;
 * a heap's own is taken within.  ch_fixed_at() and ch_fixed_outer() take none.
 */
#ifndef CH_HEAP_TLSF_REGISTRY_H
#define CH_HEAP_TLSF_REGISTRY_H

#include <stddef.h>

#include "heap/tlsf/fixed.h"

#define CH_FIXED_RETIRED_KEPT 16u

/*
 * Makes the range [start, start + size) a heap.  Whatever heap lies within
 * the range, or overlaps it in part, is retired: its tables are reused, and a
 * call that is still made with it fails like one on an exhausted heap.  The
 * heap of exactly this range is made anew and keeps its address.
 *
 * `room` is the size that the heap may grow to, at least `size`.  NULL: the
 * range is too small for one block of one byte, and then a heap of exactly this
 * range is retired, or there is no memory.
 *
 * The tables are about as large as `room`, of which what blocks need is
 * written to; under strict overcommit, RLIMIT_DATA and RLIMIT_AS all of it
 * counts.  Caller: after the address map has its window (map.h).
 */
CH_NODISCARD struct ch_fixed *ch_fixed_register(void *start, size_t size,
    size_t room, const struct ch_fixed_options *options);

/* The innermost heap that has p in its range, or may grow to it; NULL: there is
   none.  Takes no lock. */
struct ch_fixed *ch_fixed_at(const void *p);

/* The innermost heap that has this one in its range; NULL: there is none. */
struct ch_fixed *ch_fixed_outer(const struct ch_fixed *heap);

/* Forgets a heap that will not be used again. */
void ch_fixed_retire(struct ch_fixed *heap);
/* Retires the heaps that lie within a block which is about to be freed, or
   overlap it in part.  `outer` is the heap whose block it is, NULL: none's.
   Takes no lock when there are no heaps. */
void ch_fixed_retire_within(
    const struct ch_fixed *outer, const void *start, size_t size);

/* All heaps are locked while the process forks. */
void ch_fixed_before_fork(void);
void ch_fixed_after_fork_parent(void);
void ch_fixed_after_fork_child(void);

#endif
