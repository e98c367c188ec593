/* SPDX-License-Identifier: MIT */
/*
 * large.c - runs and huge blocks.
 *
 * Both have one record, found through their first slice; it is made before
 * the block is returned and its kind is the one place that says whether the
 * block is live: who frees turns it over with a compare-and-swap.
 */
#include "heap/slab/large.h"

#include <string.h>

#include "base/arith.h"
#include "base/bitmap.h"
#include "heap/slab/cache.h"
#include "map/map.h"
#include "map/meta.h"
#include "os/vm.h"
#include "region/budget.h"

#define HUGE_PAGE (2 * CH_MIB)
#define RUN_MAX   (CH_RUN_MAX / CH_SLICE)
/* Above this alignment a run would need more address space than it is long. */
#define RUN_ALIGN_MAX HUGE_PAGE
/* A shrinking run gives its end back when that is a quarter or so much. */
#define SHRINK_BYTES CH_MIB

static struct {
    bool thp;      /* const after init */
    size_t n_huge; /* all atomic, relaxed */
    size_t huge_bytes;
    size_t huge_peak;
} large;

void
ch_large_init(bool thp)
{
    large.thp = thp;
}

static size_t
slices_for(size_t size)
{
    return (size + CH_SLICE - 1) / CH_SLICE;
}

/* Zeroes the slices of a run that are not known to be. */
static void
clear_dirty(char *start, size_t n, const uint64_t *dirty)
{
    size_t at = ch_bitmap_next_set(dirty, 0, n);

    while (at < n) {
        size_t end = ch_bitmap_next_clear(dirty, at, n);

        memset(start + at * CH_SLICE, 0, (end - at) * CH_SLICE);
        at = ch_bitmap_next_set(dirty, end, n);
    }
}

static void *
run_alloc(struct ch_arena *arena, const struct ch_large_want *want)
{
    uint64_t dirty[CH_BITMAP_WORDS(RUN_MAX)];
    size_t n = slices_for(want->size);
    struct ch_page *page = ch_arena_page_new(
        arena, CH_PAGE_RUN, n, want->align, want->zero ? dirty : NULL);

    if (page == NULL) {
        return NULL;
    }
    if (want->zero) {
        clear_dirty(page->start, n, dirty);
    }
    return page->start;
}

static void
count_huge(size_t added, size_t removed)
{
    size_t bytes = __atomic_add_fetch(
        &large.huge_bytes, added - removed, __ATOMIC_RELAXED);

    if (bytes > __atomic_load_n(&large.huge_peak, __ATOMIC_RELAXED)) {
        __atomic_store_n(&large.huge_peak, bytes, __ATOMIC_RELAXED);
    }
}

/* A mapping that the budget allows, its first slice known to the map. */
static void *
huge_map(size_t size, size_t align)
{
    void *p;

    if (!ch_budget_take(size)) {
        return NULL;
    }
    p = ch_vm_map_aligned(NULL, size, align, CH_VM_READ_WRITE);
    if (p != NULL && ch_map_prepare(p, CH_SLICE) == 0) {
        return p;
    }
    if (p != NULL) {
        ch_vm_unmap(p, size);
    }
    ch_budget_give(size);
    return NULL;
}

static void *
huge_map_hard(size_t size, size_t align)
{
    unsigned step = 0;
    void *p;

    do {
        p = huge_map(size, align);
    } while (p == NULL && ch_arena_reclaim(size, step++));
    return p;
}

static void *
huge_alloc(struct ch_arena *arena, const struct ch_large_want *want)
{
    size_t size = ch_align_up(want->size, ch_vm_page_size());
    size_t align = ch_max_size(want->align,
        size >= HUGE_PAGE && want->align <= HUGE_PAGE ? HUGE_PAGE : CH_SLICE);
    struct ch_page *page = ch_page_new();
    void *p;

    if (page == NULL) {
        return NULL;
    }
    p = huge_map_hard(size, align);
    if (p == NULL) {
        ch_page_delete(page);
        return NULL;
    }
    if (large.thp) {
        ch_vm_advise_thp(p, size, CH_VM_THP_ALWAYS);
    }
    page->start = p;
    page->bytes = size;
    page->arena = arena;
    __atomic_store_n(&page->kind, CH_PAGE_HUGE, __ATOMIC_RELAXED);
    ch_map_set(p, 1, page);
    __atomic_fetch_add(&large.n_huge, 1, __ATOMIC_RELAXED);
    count_huge(size, 0);
    return p;
}

void *
ch_large_alloc(struct ch_arena *arena, const struct ch_large_want *want)
{
    if (want->size > CH_RUN_MAX || want->align > RUN_ALIGN_MAX) {
        return huge_alloc(arena, want);
    }
    return run_alloc(arena, want);
}

static void
huge_free(struct ch_page *page)
{
    void *p = page->start;
    size_t size = page->bytes;

    /* The map goes first: the address may belong to another thread's mapping
       as soon as it is unmapped. */
    ch_map_set(p, 1, &ch_page_freed);
    if (ch_vm_unmap(p, size) == 0) {
        ch_budget_give(size);
    } else if (ch_vm_purge(p, size) == 0) {
        /* No room for one more mapping: the pages went, the addresses stay. */
        ch_budget_give(size);
    }
    __atomic_fetch_sub(&large.n_huge, 1, __ATOMIC_RELAXED);
    count_huge(0, size);
    ch_page_delete(page);
}

bool
ch_large_free(struct ch_page *page, void *p)
{
    uint8_t kind = __atomic_load_n(&page->kind, __ATOMIC_RELAXED);
    uint8_t live = kind;

    if (p != page->start || (kind != CH_PAGE_RUN && kind != CH_PAGE_HUGE)) {
        return false;
    }
    /* Of two threads that free the block at once, one finds it changed. */
    if (!__atomic_compare_exchange_n(&page->kind, &live, CH_PAGE_FREED, false,
            __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        return false;
    }
    if (kind == CH_PAGE_HUGE) {
        huge_free(page);
        return true;
    }
    /* release: pairs with the acquire of who walks the region */
    __atomic_store_n(&page->kind, CH_PAGE_RUN, __ATOMIC_RELEASE);
    ch_arena_page_delete(page);
    ch_cache_arm();
    return true;
}

/* Gives the end of a run back if that is worth it. */
static void *
run_shrink(struct ch_page *page, size_t n)
{
    size_t less = page->n_slices - n;
    char *end = page->start + n * CH_SLICE;

    if (less * CH_SLICE < SHRINK_BYTES && less * 4 < page->n_slices) {
        return page->start;
    }
    page->n_slices = (uint32_t)n;
    page->bytes = n * CH_SLICE;
    ch_region_touch(&page->arena->region, 0 - less * CH_SLICE);
    ch_region_give(&page->arena->region, end, less);
    ch_cache_arm();
    return page->start;
}

static void *
run_resize(struct ch_page *page, size_t size)
{
    size_t n = slices_for(size);
    size_t more;

    if (n <= page->n_slices) {
        return run_shrink(page, n);
    }
    more = n - page->n_slices;
    if (n > RUN_MAX
        || !ch_region_extend(
            &page->arena->region, page->start, page->n_slices, more)) {
        return NULL;
    }
    page->n_slices = (uint32_t)n;
    page->bytes = n * CH_SLICE;
    ch_region_touch(&page->arena->region, more * CH_SLICE);
    return page->start;
}

/* Moves a huge mapping to where it has room; NULL: there is none. */
static char *
huge_move(char *old, size_t old_size, size_t size)
{
    char *p = ch_vm_map_aligned(NULL, size, HUGE_PAGE, CH_VM_NONE);

    if (p == NULL) {
        return NULL;
    }
    if (ch_map_prepare(p, CH_SLICE) != 0
        || ch_vm_remap_to(old, old_size, size, p) == NULL) {
        ch_vm_unmap(p, size);
        return NULL;
    }
    return p;
}

/* The mapping at its new size; NULL: as it was. */
static char *
huge_remap(char *old, size_t old_size, size_t size)
{
    char *p = ch_vm_remap(old, old_size, size);
    unsigned step = 0;

    while (p == NULL && size > old_size) {
        p = huge_move(old, old_size, size);
        if (p == NULL && !ch_arena_reclaim(size - old_size, step++)) {
            break;
        }
    }
    return p;
}

static void *
huge_resize(struct ch_page *page, size_t size)
{
    char *old = page->start;
    size_t old_size = page->bytes;
    char *p;

    size = ch_align_up(size, ch_vm_page_size());
    if (size == old_size) {
        return old;
    }
    if (size > old_size && !ch_budget_take(size - old_size)) {
        return NULL;
    }
    ch_map_set(old, 1, &ch_page_freed);
    p = huge_remap(old, old_size, size);
    ch_map_set(p != NULL ? p : old, 1, page);
    if (p == NULL) {
        if (size > old_size) {
            ch_budget_give(size - old_size);
        }
        return NULL;
    }
    if (size < old_size) {
        ch_budget_give(old_size - size);
    }
    page->start = p;
    page->bytes = size;
    count_huge(size, old_size);
    return p;
}

void *
ch_large_resize(struct ch_page *page, void *p, size_t size)
{
    if (p != page->start) {
        return NULL;
    }
    if (page->kind == CH_PAGE_RUN) {
        return size > CH_CLASS_MAX ? run_resize(page, size) : NULL;
    }
    return size > CH_RUN_MAX / 2 ? huge_resize(page, size) : NULL;
}

void
ch_large_get_stats(struct ch_large_stats *stats)
{
    stats->n_huge = __atomic_load_n(&large.n_huge, __ATOMIC_RELAXED);
    stats->huge_bytes = __atomic_load_n(&large.huge_bytes, __ATOMIC_RELAXED);
    stats->huge_peak_bytes =
        __atomic_load_n(&large.huge_peak, __ATOMIC_RELAXED);
}
