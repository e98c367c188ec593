/* SPDX-License-Identifier: MIT */
/*
 * registry.c - see registry.h.
 *
 * A heap is in one of two places: in `ranges`, open, or on the list of retired
 * ones, closed.  All of them are on the list `made`, for the sake of fork.
 */
#include "heap/tlsf/registry.h"

#include "base/arith.h"
#include "heap/tlsf/fixed_state.h"
#include "heap/tlsf/ranges.h"
#include "heap/tlsf/tables.h"
#include "map/map.h"
#include "map/meta.h"
#include "sync/lock.h"

static struct {
    struct ch_lock lock;
    struct ch_ranges ranges;
    struct ch_fixed *made; /* through next_made */
    /* Retired ones, oldest first, through next_retired. */
    struct ch_fixed *oldest;
    struct ch_fixed *newest;
    unsigned n_retired;
} registry;

/* ---- finding ------------------------------------------------------------- */

struct ch_fixed *
ch_fixed_at(const void *p)
{
    const struct ch_page *page = ch_map_find(p);

    if (__atomic_load_n(&page->kind, __ATOMIC_RELAXED) != CH_PAGE_FIXED) {
        return NULL;
    }
    return ch_ranges_find(&registry.ranges, p);
}

struct ch_fixed *
ch_fixed_outer(const struct ch_fixed *heap)
{
    return ch_ranges_outer(&registry.ranges, ch_fixed_start(heap), heap);
}

/* The heap of exactly this range, or NULL. */
static struct ch_fixed *
find_exact_locked(const char *start, const char *limit)
{
    struct ch_fixed *heap = ch_ranges_find(&registry.ranges, start);

    while (heap != NULL && (heap->start != start || heap->limit != limit)) {
        heap = ch_fixed_outer(heap);
    }
    return heap;
}

/* ---- retiring ------------------------------------------------------------ */

static void
push_retired_locked(struct ch_fixed *heap)
{
    heap->next_retired = NULL;
    if (registry.newest != NULL) {
        registry.newest->next_retired = heap;
    } else {
        registry.oldest = heap;
    }
    registry.newest = heap;
    registry.n_retired++;
}

static struct ch_fixed *
pop_retired_locked(void)
{
    struct ch_fixed *heap = registry.oldest;

    if (heap != NULL) {
        registry.oldest = heap->next_retired;
        if (registry.oldest == NULL) {
            registry.newest = NULL;
        }
        registry.n_retired--;
    }
    return heap;
}

/* Takes the marks off the slices of a range that no heap touches. */
static void
unmark_locked(const char *start, const char *end)
{
    const char *slice = (const char *)ch_align_down((uintptr_t)start, CH_SLICE);

    for (; slice < end; slice += CH_SLICE) {
        if (!ch_ranges_touch(&registry.ranges, slice, slice + CH_SLICE)) {
            ch_map_unmark(slice, CH_SLICE);
        }
    }
}

/* The last step of a heap's life; [start, end) is what was marked for it. */
static void
end_locked(struct ch_fixed *heap, const char *start, const char *end)
{
    ch_lock(&heap->lock);
    ch_fixed_close_locked(heap);
    ch_unlock(&heap->lock);
    unmark_locked(start, end);
    ch_tables_give(heap->tables, heap->tables_size);
    heap->tables = NULL;
    push_retired_locked(heap);
}

static void
retire_locked(struct ch_fixed *heap)
{
    ch_ranges_remove(&registry.ranges, heap);
    end_locked(heap, heap->start, ch_fixed_end(heap));
}

/* True when the heap does not leave the range alone: it lies within it or
   overlaps it in part. */
static bool
is_in_the_way(const struct ch_fixed *heap, const char *start, const char *limit)
{
    bool is_apart = heap->limit <= start || heap->start >= limit;
    bool is_around = heap->start <= start && heap->limit >= limit
                     && (heap->start != start || heap->limit != limit);

    return !is_apart && !is_around;
}

/* Retires what is in the way of a range, but for one heap. */
static void
clear_locked(
    const struct ch_fixed *except, const char *start, const char *limit)
{
    struct ch_fixed *heap;
    size_t i = 0;

    while ((heap = ch_ranges_get(&registry.ranges, i)) != NULL) {
        if (heap != except && is_in_the_way(heap, start, limit)) {
            retire_locked(heap);
        } else {
            i++;
        }
    }
}

void
ch_fixed_retire(struct ch_fixed *heap)
{
    ch_lock(&registry.lock);
    if (heap->is_open) {
        retire_locked(heap);
    }
    ch_unlock(&registry.lock);
}

void
ch_fixed_retire_within(
    const struct ch_fixed *outer, const void *start, size_t size)
{
    const char *p = start;

    if (size == 0 || !ch_ranges_touch(&registry.ranges, p, p + size)) {
        return;
    }
    ch_lock(&registry.lock);
    clear_locked(outer, p, p + size);
    ch_unlock(&registry.lock);
}

/* ---- making -------------------------------------------------------------- */

/* A heap that is nobody's; NULL: no memory. */
static struct ch_fixed *
take_locked(void)
{
    struct ch_fixed *heap = NULL;

    if (registry.n_retired <= CH_FIXED_RETIRED_KEPT) {
        heap = ch_meta_alloc(sizeof *heap);
    }
    if (heap == NULL) {
        return pop_retired_locked();
    }
    heap->next_made = registry.made;
    registry.made = heap;
    return heap;
}

/* Lets readers find the heap, and those around it know of it. */
static bool
publish_locked(struct ch_fixed *heap)
{
    struct ch_fixed *outer;

    if (!ch_ranges_add(&registry.ranges, heap->start, heap->limit, heap)) {
        return false;
    }
    for (outer = ch_fixed_outer(heap); outer != NULL;
         outer = ch_fixed_outer(outer)) {
        ch_fixed_note_inner(outer);
    }
    return true;
}

/* The last step of making: what was retired for it has taken its marks off. */
static bool
mark_locked(const struct ch_fixed *heap)
{
    const char *end = ch_fixed_end(heap);

    return ch_map_mark(heap->start, (size_t)(end - heap->start)) == 0;
}

static bool
open_locked(struct ch_fixed *heap, const struct ch_fixed_range *range,
    const struct ch_fixed_options *options)
{
    bool ok;

    ch_lock(&heap->lock);
    ok = ch_fixed_open_locked(heap, range, options);
    ch_unlock(&heap->lock);
    return ok;
}

/* The heap of this very range begins anew. */
static struct ch_fixed *
renew_locked(struct ch_fixed *heap, const struct ch_fixed_range *range,
    const struct ch_fixed_options *options)
{
    const char *end = ch_fixed_end(heap);
    void *old = heap->tables;
    size_t old_size = heap->tables_size;
    bool ok;

    clear_locked(heap, heap->start, heap->limit);
    ok = open_locked(heap, range, options);
    heap->tables = range->tables;
    heap->tables_size = range->tables_size;
    ch_tables_give(old, old_size);
    if (ok && mark_locked(heap)) {
        return heap;
    }
    ch_ranges_remove(&registry.ranges, heap);
    end_locked(heap, range->start, end);
    return NULL;
}

static struct ch_fixed *
make_locked(
    const struct ch_fixed_range *range, const struct ch_fixed_options *options)
{
    struct ch_fixed *heap = take_locked();

    if (heap == NULL) {
        ch_tables_give(range->tables, range->tables_size);
        return NULL;
    }
    heap->tables = range->tables;
    heap->tables_size = range->tables_size;
    heap->limit = range->start + range->room;
    ch_fixed_set_user_lock(heap, NULL);
    if (!open_locked(heap, range, options)) {
        end_locked(heap, range->start, range->start);
        return NULL;
    }
    clear_locked(NULL, range->start, heap->limit);
    if (!publish_locked(heap)) {
        end_locked(heap, range->start, range->start);
        return NULL;
    }
    if (!mark_locked(heap)) {
        retire_locked(heap);
        return NULL;
    }
    return heap;
}

static struct ch_fixed *
register_locked(
    const struct ch_fixed_range *range, const struct ch_fixed_options *options)
{
    struct ch_fixed *heap =
        find_exact_locked(range->start, range->start + range->room);

    return heap != NULL ? renew_locked(heap, range, options)
                        : make_locked(range, options);
}

struct ch_fixed *
ch_fixed_register(void *start, size_t size, size_t room,
    const struct ch_fixed_options *options)
{
    struct ch_fixed_range range = {.start = start, .size = size, .room = room};
    struct ch_fixed *heap = NULL;
    struct ch_tlsf_rules rules;
    uintptr_t limit;

    if (!ch_add_size((uintptr_t)start, room, &limit) || size == 0
        || room < size) {
        return NULL;
    }
    ch_fixed_rules(&rules, options);
    range.tables_size = ch_tlsf_tables_size(room, &rules);
    ch_lock(&registry.lock);
    range.tables = ch_tables_take(range.tables_size);
    if (range.tables != NULL) {
        heap = register_locked(&range, options);
    }
    ch_unlock(&registry.lock);
    return heap;
}

/* ---- fork ---------------------------------------------------------------- */

void
ch_fixed_before_fork(void)
{
    ch_lock(&registry.lock);
    for (struct ch_fixed *h = registry.made; h != NULL; h = h->next_made) {
        ch_lock(&h->lock);
    }
}

void
ch_fixed_after_fork_parent(void)
{
    for (struct ch_fixed *h = registry.made; h != NULL; h = h->next_made) {
        ch_unlock(&h->lock);
    }
    ch_unlock(&registry.lock);
}

void
ch_fixed_after_fork_child(void)
{
    for (struct ch_fixed *h = registry.made; h != NULL; h = h->next_made) {
        ch_lock_reset(&h->lock);
    }
    ch_lock_reset(&registry.lock);
}
