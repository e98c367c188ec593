/* SPDX-License-Identifier: MIT */
/*
 * region.h - slices of memory: take some, give them back, purge what is idle.
 *
 * A region is a list of chunks; a chunk is one reserved range of addresses.
 * For each chunk there are four bitmaps of slices:
 *
 *   free     not handed out
 *   dirty    free, and not clean: was in use since it was last purged
 *   old      dirty, and was so at the last tick
 *   purging  being purged: neither free nor handed out
 *
 * Coalescing is implicit: neighbours that are free are one run of ones.
 *
 * Invariants: old is within dirty, dirty is within free, free and purging
 * have no slice in common; slices from n_open on are free and clean.
 *
 * Locks: region->lock, rank REGION.  madvise() runs without it.
 */
#ifndef CH_REGION_REGION_H
#define CH_REGION_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "map/page.h"
#include "region/backing.h"
#include "sync/lock.h"

struct ch_chunk {
    char *start;     /* changes only while n_slices is 0 */
    size_t n_slices; /* reserved; shrinks when address space is short */
    size_t room;     /* slices that the bitmaps hold; const */
    size_t n_open;   /* usable, from `start` on */
    size_t longest;  /* no free run is longer than this */
    size_t lowest;   /* no slice below this one is free */
    uint64_t *free;
    uint64_t *dirty;
    uint64_t *old;
    uint64_t *purging;
    struct ch_chunk *next; /* lock */
};

enum ch_region_thp {
    CH_REGION_THP_AUTO, /* from CH_REGION_THP_FROM bytes on, where use is
                           dense */
    CH_REGION_THP_NEVER,
    CH_REGION_THP_ALWAYS,
};

/* How a region behaves; const after it was made but for dirty_max, which the
   lock covers. */
struct ch_region_options {
    size_t first_reserve;    /* bytes of address space to begin with */
    size_t dirty_max;        /* bytes; SIZE_MAX: as much as pays */
    uint64_t purge_delay_ms; /* UINT64_MAX: never by age */
    enum ch_region_thp thp;
};

struct ch_region {
    struct ch_lock lock;
    const struct ch_backing *backing; /* const */
    struct ch_region_options options;
    struct ch_chunk *chunks; /* oldest first; lock */
    struct ch_chunk *newest; /* lock */
    size_t next_reserve;     /* bytes; lock */
    char *reserve_below;     /* where the newest chunk begins; lock */
    bool is_short;           /* address space ran out once; lock */
    size_t n_live;           /* slices handed out; lock */
    size_t n_dirty;          /* lock; also read without, relaxed */
    size_t n_old;            /* lock */
    size_t n_open;           /* lock */
    size_t n_reserved;       /* lock */
    size_t touched;          /* bytes of live slices that are in use; atomic */
    size_t peak_live;        /* most slices ever live; lock */
    uint64_t last_give_ms;   /* lock */
    uint64_t last_tick_ms;   /* lock */
    uint64_t purged_bytes;   /* ever; lock */
    uint64_t purge_calls;    /* ever; lock */
};

void ch_region_init(struct ch_region *region, const struct ch_backing *backing,
    const struct ch_region_options *options);

/*
 * Reserves the first chunk and puts the window of the address map, `window`
 * bytes long, where it is.  Caller: start-up, once, for one region.
 */
CH_NODISCARD int ch_region_open_window(struct ch_region *region, size_t window);

/*
 * `n` slices at a multiple of `align` bytes, a power of two; NULL: there are
 * none.  `dirty`, if not NULL, gets CH_BITMAP_WORDS(n) words: bit i tells that
 * slice i may not be zero.
 */
CH_NODISCARD void *ch_region_take(
    struct ch_region *region, size_t n, size_t align, uint64_t *dirty);
/* Takes the `more` slices right behind `n` taken ones.  False: not free. */
CH_NODISCARD bool ch_region_extend(
    struct ch_region *region, void *p, size_t n, size_t more);
/* Gives taken slices back, or a part of them. */
void ch_region_give(struct ch_region *region, void *p, size_t n);

/* Purges what has been idle for the delay.  Cheap when nothing is. */
void ch_region_tick(struct ch_region *region, uint64_t now_ms);
/* Purges all that is idle but `keep` slices; how many bytes went back. */
size_t ch_region_purge_to(struct ch_region *region, size_t keep);
/* Changes options.dirty_max. */
void ch_region_set_dirty_max(struct ch_region *region, size_t bytes);
/* Returns address space above what is in use or dirty; how many bytes.  From
   now on the region takes and keeps as little of it as it can. */
size_t ch_region_give_back(struct ch_region *region);
/* The same, if address space ran out before. */
void ch_region_give_back_if_short(struct ch_region *region);

/* Tells that `bytes` more of taken slices are in use; less, if it is the
   negative of a number.  No lock. */
static inline void
ch_region_touch(struct ch_region *region, size_t bytes)
{
    __atomic_fetch_add(&region->touched, bytes, __ATOMIC_RELAXED);
}

/* True when something waits to be purged by age. */
static inline bool
ch_region_is_waiting(const struct ch_region *region)
{
    return __atomic_load_n(&region->n_dirty, __ATOMIC_RELAXED) != 0
           && region->options.purge_delay_ms != UINT64_MAX;
}

/* Bytes of the region that are in memory now, as the system counts them;
   caller holds the lock. */
size_t ch_region_resident(const struct ch_region *region);

/* In the child of a fork: what was being purged is idle again. */
void ch_region_after_fork(struct ch_region *region);

/* True when the counters and the bitmaps agree; caller holds the lock. */
bool ch_region_is_valid(const struct ch_region *region);

/* For purge.c. */
#define CH_REGION_THP_FROM ((size_t)32 << 20)

/* Clears free slices out of the bitmaps, for use; caller holds the lock. */
void ch_chunk_claim(struct ch_chunk *chunk, size_t start, size_t n);
/* How many slices may stay dirty; caller holds the lock. */
size_t ch_region_dirty_cap(const struct ch_region *region);

#endif
