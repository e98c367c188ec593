/* SPDX-License-Identifier: MIT */
/*
 * region.c - takes and gives slices.
 *
 * Short runs go first fit, oldest chunk first, so that some memory stays in use
 * and the rest falls idle; runs from BEST_FIT_FROM on go best fit, which keeps the peak
 * of programs with large blocks lower.
 */
#include "region/region.h"

#include <errno.h>

#include "base/arith.h"
#include "base/bitmap.h"
#include "map/map.h"
#include "map/meta.h"
#include "os/clock.h"
#include "os/vm.h"
#include "region/budget.h"

#define BEST_FIT_FROM (CH_MIB / CH_SLICE)
#define HUGE_PAGE     (2 * CH_MIB)
#define RESERVE_MAX   CH_GIB
#define RESERVE_MIN   (512 * CH_KIB)
/* Where address space is short. */
#define RESERVE_SHORT (8 * CH_MIB)
/* Idle dirty memory up to this part of what is in use is not traded. */
#define IDLE_PART  4
#define FIRST_STEP (256 * CH_KIB / CH_SLICE)
#define STEP_MAX   (16 * CH_MIB / CH_SLICE)

void
ch_region_init(struct ch_region *region, const struct ch_backing *backing,
    const struct ch_region_options *options)
{
    *region = (struct ch_region){.backing = backing, .options = *options};
    region->next_reserve =
        ch_align_up(ch_max_size(options->first_reserve, RESERVE_MIN), CH_SLICE);
}

/* Address space of `size` bytes below what the region has, or anywhere. */
static char *
reserve_near(struct ch_region *region, size_t size)
{
    size_t align = size >= 16 * HUGE_PAGE ? HUGE_PAGE : CH_SLICE;
    uintptr_t below = (uintptr_t)region->reserve_below;
    char *hint = below > size + HUGE_PAGE ? region->reserve_below - size : NULL;

    return region->backing->reserve(hint, size, align);
}

/* A record whose bitmaps hold n slices: of a chunk that was given back whole,
   or a new one in the list.  NULL: no memory. */
static struct ch_chunk *
chunk_record_locked(struct ch_region *region, size_t n)
{
    size_t n_words = CH_BITMAP_WORDS(n);
    struct ch_chunk *chunk = region->chunks;

    while (chunk != NULL && (chunk->n_slices != 0 || chunk->room < n)) {
        chunk = chunk->next;
    }
    if (chunk != NULL) {
        return chunk;
    }
    chunk = ch_meta_alloc(sizeof *chunk + 4 * n_words * sizeof(uint64_t));
    if (chunk == NULL) {
        return NULL;
    }
    chunk->room = n;
    chunk->free = (uint64_t *)(chunk + 1);
    chunk->dirty = chunk->free + n_words;
    chunk->old = chunk->dirty + n_words;
    chunk->purging = chunk->old + n_words;
    if (region->newest != NULL) {
        region->newest->next = chunk;
    } else {
        region->chunks = chunk;
    }
    region->newest = chunk;
    return chunk;
}

/* Adds a chunk of exactly `size` bytes. */
static int
add_chunk_locked(struct ch_region *region, size_t size)
{
    size_t n = size / CH_SLICE;
    char *start = reserve_near(region, size);
    struct ch_chunk *chunk;

    if (start == NULL) {
        return -ENOMEM;
    }
    chunk = chunk_record_locked(region, n);
    if (chunk == NULL) {
        region->backing->unreserve(start, size);
        return -ENOMEM;
    }
    region->reserve_below = start;
    chunk->start = start;
    chunk->n_slices = n;
    chunk->n_open = 0;
    chunk->longest = n;
    chunk->lowest = 0;
    ch_bitmap_set_range(chunk->free, 0, n);
    if (region->backing->may_thp
        && region->options.thp != CH_REGION_THP_ALWAYS) {
        ch_vm_advise_thp(start, size, CH_VM_THP_NEVER);
    }
    region->n_reserved += n;
    return 0;
}

/* Adds a chunk that holds `size` bytes at any alignment up to `align`. */
static int
grow_locked(struct ch_region *region, size_t size, size_t align)
{
    size_t least;
    size_t want;

    if (!ch_add_size(size, ch_max_size(align, CH_SLICE), &least)
        || least > SIZE_MAX / 2) {
        return -ENOMEM;
    }
    least = ch_align_up(least, CH_SLICE);
    want = ch_max_size(region->next_reserve, least);
    while (add_chunk_locked(region, want) != 0) {
        if (want == least) {
            return -ENOMEM;
        }
        want = ch_max_size(ch_align_down(want / 2, CH_SLICE), least);
    }
    region->next_reserve =
        ch_min_size(want * 2, region->is_short ? RESERVE_SHORT : RESERVE_MAX);
    return 0;
}

int
ch_region_open_window(struct ch_region *region, size_t window)
{
    struct ch_chunk *chunk;
    size_t lost = CH_MAP_UNUSED_TOP / CH_SLICE;
    int err;

    ch_lock(&region->lock);
    err = grow_locked(region, CH_SLICE, CH_SLICE);
    if (err == 0) {
        chunk = region->chunks;
        err = ch_map_init(chunk->start, chunk->n_slices * CH_SLICE, window);
        if (err == 0) {
            chunk->n_slices -= lost;
            chunk->longest = chunk->n_slices;
            ch_bitmap_clear_range(chunk->free, chunk->n_slices, lost);
        }
    }
    ch_unlock(&region->lock);
    return err;
}

/* How far to open a chunk of which `need` slices must be open. */
static size_t
open_target(const struct ch_region *region, const struct ch_chunk *chunk,
    size_t need, bool thp)
{
    size_t step =
        ch_min_size(ch_max_size(region->n_open / 8, FIRST_STEP), STEP_MAX);
    size_t target = ch_max_size(need, chunk->n_open + step);

    if (thp) {
        uintptr_t end = (uintptr_t)chunk->start + target * CH_SLICE;

        target += (ch_align_up(end, HUGE_PAGE) - end) / CH_SLICE;
    }
    return ch_min_size(target, chunk->n_slices);
}

/* Huge pages make all of a slice resident: where many threads each use a bit
   of many pages they cost several times what is in use. */
static bool
is_dense(const struct ch_region *region)
{
    size_t touched = __atomic_load_n(&region->touched, __ATOMIC_RELAXED);

    return region->n_open * CH_SLICE >= CH_REGION_THP_FROM
           && touched >= region->n_live * CH_SLICE / 4 * 3;
}

static bool
wants_thp(const struct ch_region *region)
{
    return region->backing->may_thp
           && (region->options.thp == CH_REGION_THP_ALWAYS
               || (region->options.thp == CH_REGION_THP_AUTO
                   && is_dense(region)));
}

static int
open_to_locked(struct ch_region *region, struct ch_chunk *chunk, size_t target)
{
    char *from = chunk->start + chunk->n_open * CH_SLICE;
    size_t n = target - chunk->n_open;
    int err = ch_map_prepare(from, n * CH_SLICE);

    if (err == 0) {
        err = region->backing->commit(from, n * CH_SLICE);
    }
    if (err == 0) {
        chunk->n_open = target;
        region->n_open += n;
    }
    return err;
}

/* Makes the first `need` slices of a chunk usable. */
static int
open_locked(struct ch_region *region, struct ch_chunk *chunk, size_t need)
{
    bool thp = wants_thp(region);
    char *from = chunk->start + chunk->n_open * CH_SLICE;
    int err;

    if (need <= chunk->n_open) {
        return 0;
    }
    err = open_to_locked(region, chunk, open_target(region, chunk, need, thp));
    if (err != 0) {
        /* Where every page counts, no more than asked for. */
        err = open_to_locked(region, chunk, need);
    }
    if (err == 0 && thp) {
        char *begin = (char *)ch_align_up((uintptr_t)from, HUGE_PAGE);
        char *end = chunk->start + chunk->n_open * CH_SLICE;

        if (begin < end) {
            ch_vm_advise_thp(begin, (size_t)(end - begin), CH_VM_THP_ALWAYS);
        }
    }
    return err;
}

/* A free run in one chunk, or CH_BITMAP_NONE. */
static size_t
find_locked(struct ch_chunk *chunk, size_t n, size_t align)
{
    struct ch_bitmap_want want = {.n = n,
        .align = ch_max_size(align / CH_SLICE, 1),
        .phase = (uintptr_t)chunk->start / CH_SLICE};
    size_t longest;
    size_t at;

    if (n > chunk->longest) {
        return CH_BITMAP_NONE;
    }
    chunk->lowest =
        ch_bitmap_next_set(chunk->free, chunk->lowest, chunk->n_slices);
    if (n >= BEST_FIT_FROM) {
        at = ch_bitmap_best_fit(
            chunk->free, chunk->lowest, chunk->n_slices, &want, &longest);
    } else {
        at = ch_bitmap_first_fit(
            chunk->free, chunk->lowest, chunk->n_slices, &want, &longest);
    }
    if (at == CH_BITMAP_NONE) {
        chunk->longest = longest;
    }
    return at;
}

void
ch_chunk_claim(struct ch_chunk *chunk, size_t start, size_t n)
{
    ch_bitmap_clear_range(chunk->free, start, n);
    ch_bitmap_clear_range(chunk->dirty, start, n);
    ch_bitmap_clear_range(chunk->old, start, n);
}

/* Copies n bits from bit `start` on to bit 0 on. */
static void
copy_bits(uint64_t *to, const uint64_t *from, size_t start, size_t n)
{
    for (size_t i = 0; i < CH_BITMAP_WORDS(n); i++) {
        to[i] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        to[i / 64] |= (uint64_t)ch_bitmap_get(from, start + i) << (i % 64);
    }
}

/* Hands out slices that are free; false when they may not be. */
static bool
claim_locked(struct ch_region *region, struct ch_chunk *chunk, size_t at,
    size_t n, uint64_t *dirty)
{
    size_t n_dirty = ch_bitmap_count_range(chunk->dirty, at, n);

    if (!ch_budget_take((n - n_dirty) * CH_SLICE)) {
        return false;
    }
    if (open_locked(region, chunk, at + n) != 0) {
        ch_budget_give((n - n_dirty) * CH_SLICE);
        return false;
    }
    if (dirty != NULL) {
        copy_bits(dirty, chunk->dirty, at, n);
    }
    region->n_old -= ch_bitmap_count_range(chunk->old, at, n);
    __atomic_store_n(
        &region->n_dirty, region->n_dirty - n_dirty, __ATOMIC_RELAXED);
    ch_chunk_claim(chunk, at, n);
    region->n_live += n;
    region->peak_live = ch_max_size(region->peak_live, region->n_live);
    return true;
}

/* `*is_refused` tells that there is room, which may not be used. */
static void *
take_locked(struct ch_region *region, size_t n, size_t align, uint64_t *dirty,
    bool *is_refused)
{
    for (struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        size_t at = find_locked(c, n, align);

        if (at == CH_BITMAP_NONE) {
            continue;
        }
        if (claim_locked(region, c, at, n, dirty)) {
            return c->start + at * CH_SLICE;
        }
        *is_refused = true;
    }
    return NULL;
}

/*
 * Clean slices were taken for a long run that did not fit where dirty ones lie
 * idle.  Where many do, as many of them go, so that what is resident does not
 * grow with every such run.  Returns how many may stay.
 */
static size_t
trade_locked(const struct ch_region *region, size_t n_before)
{
    size_t grown = region->n_live + region->n_dirty - n_before;
    size_t least = ch_max_size(region->n_live / IDLE_PART, BEST_FIT_FROM);

    if (grown < BEST_FIT_FROM || region->n_dirty <= least
        || region->options.purge_delay_ms == UINT64_MAX) {
        return SIZE_MAX;
    }
    return ch_max_size(
        region->n_dirty - ch_min_size(grown, region->n_dirty), least);
}

void *
ch_region_take(
    struct ch_region *region, size_t n, size_t align, uint64_t *dirty)
{
    size_t n_before;
    size_t keep = SIZE_MAX;
    bool is_refused = false;
    size_t size;
    void *p;

    if (!ch_mul_size(n, CH_SLICE, &size)) {
        return NULL;
    }
    ch_lock(&region->lock);
    n_before = region->n_live + region->n_dirty;
    p = take_locked(region, n, align, dirty, &is_refused);
    if (p == NULL && !is_refused && ch_budget_left() >= size
        && grow_locked(region, size, align) == 0) {
        p = take_locked(region, n, align, dirty, &is_refused);
    }
    if (p != NULL) {
        keep = trade_locked(region, n_before);
    }
    ch_unlock(&region->lock);
    if (CH_UNLIKELY(keep != SIZE_MAX)) {
        ch_region_purge_to(region, keep);
    }
    return p;
}

static struct ch_chunk *
chunk_of(const struct ch_region *region, const void *p)
{
    struct ch_chunk *c = region->chunks;

    while ((uintptr_t)p - (uintptr_t)c->start >= c->n_slices * CH_SLICE) {
        c = c->next;
    }
    return c;
}

static size_t
slice_of(const struct ch_chunk *chunk, const void *p)
{
    return (size_t)((const char *)p - chunk->start) / CH_SLICE;
}

bool
ch_region_extend(struct ch_region *region, void *p, size_t n, size_t more)
{
    struct ch_chunk *chunk;
    size_t at;
    bool ok;

    ch_lock(&region->lock);
    chunk = chunk_of(region, p);
    at = slice_of(chunk, p) + n;
    ok = chunk->n_slices - at >= more
         && ch_bitmap_next_clear(chunk->free, at, at + more) == at + more
         && claim_locked(region, chunk, at, more, NULL);
    ch_unlock(&region->lock);
    return ok;
}

/* The length of the free run that [at, at + n) is now a part of. */
static size_t
run_around(const struct ch_chunk *chunk, size_t at, size_t n)
{
    size_t end = ch_bitmap_next_clear(chunk->free, at + n, chunk->n_slices);

    while (at > 0 && ch_bitmap_get(chunk->free, at - 1)) {
        if (at % 64 == 0 && chunk->free[at / 64 - 1] == UINT64_MAX) {
            at -= 64;
        } else {
            at--;
        }
    }
    return end - at;
}

/* Puts slices that nobody uses back into the bitmaps. */
static void
give_locked(struct ch_chunk *chunk, size_t at, size_t n)
{
    ch_bitmap_set_range(chunk->free, at, n);
    chunk->lowest = ch_min_size(chunk->lowest, at);
    chunk->longest = ch_max_size(chunk->longest, run_around(chunk, at, n));
}

void
ch_region_give(struct ch_region *region, void *p, size_t n)
{
    uint64_t now = ch_clock_ms();
    struct ch_chunk *chunk;
    size_t at;
    size_t cap;
    bool surplus;

    ch_lock(&region->lock);
    chunk = chunk_of(region, p);
    at = slice_of(chunk, p);
    give_locked(chunk, at, n);
    ch_bitmap_set_range(chunk->dirty, at, n);
    region->n_live -= n;
    __atomic_store_n(&region->n_dirty, region->n_dirty + n, __ATOMIC_RELAXED);
    region->last_give_ms = now;
    if (region->n_dirty == n) {
        region->last_tick_ms = now;
    }
    cap = ch_region_dirty_cap(region);
    surplus = region->n_dirty > cap;
    ch_unlock(&region->lock);
    if (CH_UNLIKELY(surplus)) {
        /* A quarter below the cap, so that not every give has to purge. */
        ch_region_purge_to(region, cap - cap / 4);
        ch_region_give_back_if_short(region);
    }
}

/* The first slice of the chunk's end that is free and clean. */
static size_t
clean_end(const struct ch_chunk *c)
{
    size_t end = c->n_slices;

    while (end > 0 && ch_bitmap_get(c->free, end - 1)
           && !ch_bitmap_get(c->dirty, end - 1)) {
        end--;
    }
    return end;
}

/* Gives the end of a chunk back, if nothing is in it; how many slices. */
static size_t
cut_chunk_locked(struct ch_region *region, struct ch_chunk *c)
{
    size_t end = clean_end(c);
    size_t n = c->n_slices - end;

    if (n == 0
        || region->backing->unreserve(c->start + end * CH_SLICE, n * CH_SLICE)
               != 0) {
        return 0;
    }
    ch_bitmap_clear_range(c->free, end, n);
    region->n_open -= c->n_open - ch_min_size(c->n_open, end);
    c->n_open = ch_min_size(c->n_open, end);
    c->n_slices = end;
    region->n_reserved -= n;
    return n;
}

static size_t
give_back_locked(struct ch_region *region)
{
    size_t n = 0;

    for (struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        n += cut_chunk_locked(region, c);
    }
    return n * CH_SLICE;
}

size_t
ch_region_give_back(struct ch_region *region)
{
    size_t bytes;

    ch_lock(&region->lock);
    region->is_short = true;
    region->next_reserve = RESERVE_MIN;
    bytes = give_back_locked(region);
    ch_unlock(&region->lock);
    return bytes;
}

void
ch_region_give_back_if_short(struct ch_region *region)
{
    ch_lock(&region->lock);
    if (region->is_short) {
        give_back_locked(region);
    }
    ch_unlock(&region->lock);
}

size_t
ch_region_resident(const struct ch_region *region)
{
    size_t bytes = 0;

    for (const struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        bytes += ch_vm_resident(c->start, c->n_open * CH_SLICE);
    }
    return bytes;
}

void
ch_region_after_fork(struct ch_region *region)
{
    ch_lock_reset(&region->lock);
    for (struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        for (size_t i = 0; i < CH_BITMAP_WORDS(c->n_slices); i++) {
            size_t n = ch_count_bits(c->purging[i]);

            c->free[i] |= c->purging[i];
            c->dirty[i] |= c->purging[i];
            region->n_dirty += n;
            c->purging[i] = 0;
        }
        c->lowest = 0;
        c->longest = c->n_slices;
    }
}

bool
ch_region_is_valid(const struct ch_region *region)
{
    size_t n_dirty = 0;
    size_t n_old = 0;

    for (struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        for (size_t i = 0; i < CH_BITMAP_WORDS(c->n_slices); i++) {
            if ((c->dirty[i] & ~c->free[i]) != 0
                || (c->old[i] & ~c->dirty[i]) != 0
                || (c->purging[i] & c->free[i]) != 0) {
                return false;
            }
            n_dirty += ch_count_bits(c->dirty[i]);
            n_old += ch_count_bits(c->old[i]);
        }
    }
    return n_dirty == region->n_dirty && n_old == region->n_old;
}
