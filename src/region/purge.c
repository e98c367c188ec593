/* SPDX-License-Identifier: MIT */
/*
 * purge.c - gives idle memory back to the system, by age and by amount.
 *
 * By age: a tick marks what is dirty as old; what is still old at the next
 * tick, a delay later, goes.  When nothing was given for a whole delay, all
 * goes at once.  By amount: dirty memory beyond the cap goes when it comes.
 * Refaulting costs several times as much as reuse, so the cap is generous:
 * 8 times what is in use, and 16 MiB at least.
 *
 * The slices to purge are marked, the lock is dropped for madvise(), and they
 * are free again after it.  High addresses go first, since low ones are the
 * first to be taken again.
 */
#include "region/region.h"

#include "base/arith.h"
#include "base/bitmap.h"
#include "region/budget.h"

#define DIRTY_LEAST    (16 * CH_MIB / CH_SLICE)
#define DIRTY_PER_LIVE 8
/* Where address space is short others need it as well. */
#define DIRTY_SHORT (1 * CH_MIB / CH_SLICE)
/* Ranges that one hold of the lock marks. */
#define BATCH 16

struct range {
    struct ch_chunk *chunk;
    size_t at;
    size_t n;
    bool done;
};

/* What to purge, and how far it has come. */
struct sweep {
    bool only_old;
    size_t keep;            /* slices to pass over before the first purge */
    struct ch_chunk *chunk; /* where to go on */
    size_t at;
    size_t purged; /* bytes */
};

/* Claims the next range of the sweep. */
static bool
next_range_locked(
    struct ch_region *region, struct sweep *sweep, struct range *range)
{
    for (; sweep->chunk != NULL;
         sweep->chunk = sweep->chunk->next, sweep->at = 0) {
        struct ch_chunk *c = sweep->chunk;
        const uint64_t *map = sweep->only_old ? c->old : c->dirty;
        size_t at = ch_bitmap_next_set(map, sweep->at, c->n_slices);
        size_t end = ch_bitmap_next_clear(map, at, c->n_slices);
        size_t kept = ch_min_size(sweep->keep, end - at);

        while (at < end && kept == end - at) {
            sweep->keep -= kept;
            at = ch_bitmap_next_set(map, end, c->n_slices);
            end = ch_bitmap_next_clear(map, at, c->n_slices);
            kept = ch_min_size(sweep->keep, end - at);
        }
        if (at == end) {
            continue;
        }
        sweep->keep -= kept;
        sweep->at = end;
        *range = (struct range){c, at + kept, end - at - kept, false};
        region->n_old -= ch_bitmap_count_range(c->old, range->at, range->n);
        ch_chunk_claim(c, range->at, range->n);
        ch_bitmap_set_range(c->purging, range->at, range->n);
        __atomic_store_n(
            &region->n_dirty, region->n_dirty - range->n, __ATOMIC_RELAXED);
        return true;
    }
    return false;
}

/* Makes a range free again: clean, or dirty if the system refused. */
static void
finish_range_locked(
    struct ch_region *region, struct sweep *sweep, const struct range *range)
{
    struct ch_chunk *c = range->chunk;

    ch_bitmap_clear_range(c->purging, range->at, range->n);
    ch_bitmap_set_range(c->free, range->at, range->n);
    c->lowest = ch_min_size(c->lowest, range->at);
    /* Neighbours may be free as well; a bound need not be tight. */
    c->longest = c->n_slices;
    if (!range->done) {
        ch_bitmap_set_range(c->dirty, range->at, range->n);
        __atomic_store_n(
            &region->n_dirty, region->n_dirty + range->n, __ATOMIC_RELAXED);
        return;
    }
    ch_budget_give(range->n * CH_SLICE);
    sweep->purged += range->n * CH_SLICE;
    region->purged_bytes += range->n * CH_SLICE;
    region->purge_calls++;
}

/* One batch of a sweep; false when there is nothing left. */
static bool
purge_batch(struct ch_region *region, struct sweep *sweep)
{
    struct range ranges[BATCH];
    size_t n = 0;

    ch_lock(&region->lock);
    while (n < BATCH && next_range_locked(region, sweep, &ranges[n])) {
        n++;
    }
    ch_unlock(&region->lock);
    for (size_t i = 0; i < n; i++) {
        struct range *r = &ranges[i];

        r->done = region->backing->purge(
                      r->chunk->start + r->at * CH_SLICE, r->n * CH_SLICE)
                  == 0;
    }
    ch_lock(&region->lock);
    for (size_t i = 0; i < n; i++) {
        finish_range_locked(region, sweep, &ranges[i]);
    }
    ch_unlock(&region->lock);
    return n == BATCH;
}

/* Purges all but `keep` slices of what is dirty, or of what is old. */
static size_t
purge(struct ch_region *region, bool only_old, size_t keep)
{
    struct sweep sweep = {.only_old = only_old, .keep = keep};

    if (region->backing->purge == NULL) {
        return 0;
    }
    ch_lock(&region->lock);
    sweep.chunk = region->chunks;
    ch_unlock(&region->lock);
    while (purge_batch(region, &sweep)) {
    }
    return sweep.purged;
}

size_t
ch_region_dirty_cap(const struct ch_region *region)
{
    if (region->options.purge_delay_ms == 0) {
        return 0;
    }
    if (region->options.dirty_max != SIZE_MAX) {
        return region->options.dirty_max / CH_SLICE;
    }
    if (region->is_short) {
        return DIRTY_SHORT;
    }
    return ch_max_size(DIRTY_LEAST, DIRTY_PER_LIVE * region->n_live);
}

size_t
ch_region_purge_to(struct ch_region *region, size_t keep)
{
    return purge(region, false, keep);
}

void
ch_region_set_dirty_max(struct ch_region *region, size_t bytes)
{
    ch_lock(&region->lock);
    region->options.dirty_max = bytes;
    ch_unlock(&region->lock);
}

/* Marks all that is dirty as old. */
static void
age_locked(struct ch_region *region)
{
    for (struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        for (size_t i = 0; i < CH_BITMAP_WORDS(c->n_open); i++) {
            c->old[i] = c->dirty[i];
        }
    }
    region->n_old = region->n_dirty;
}

/* Another thread may have looked at the clock later and come first. */
static uint64_t
ms_since(uint64_t now_ms, uint64_t then_ms)
{
    return now_ms > then_ms ? now_ms - then_ms : 0;
}

void
ch_region_tick(struct ch_region *region, uint64_t now_ms)
{
    uint64_t delay = region->options.purge_delay_ms;
    bool idle;
    bool due;

    if (!ch_region_is_waiting(region)) {
        return;
    }
    ch_lock(&region->lock);
    idle = ms_since(now_ms, region->last_give_ms) >= delay;
    due = ms_since(now_ms, region->last_tick_ms) >= delay;
    if (due) {
        region->last_tick_ms = now_ms;
    }
    ch_unlock(&region->lock);
    if (!due) {
        return;
    }
    purge(region, !idle, 0);
    ch_lock(&region->lock);
    age_locked(region);
    ch_unlock(&region->lock);
}
