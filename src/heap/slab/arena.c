/* SPDX-License-Identifier: MIT */
/*
 * arena.c - pages and runs out of slices.
 */
#include "heap/slab/arena.h"

#include "base/arith.h"
#include "map/map.h"
#include "map/meta.h"
#include "os/vm.h"
#include "region/budget.h"

static struct {
    struct ch_arena arena[CH_N_ARENAS_MAX];
    unsigned n; /* const after init */
} arenas;

int
ch_arena_init(
    unsigned n, const struct ch_region_options *options, size_t window)
{
    for (unsigned i = 0; i < n; i++) {
        arenas.arena[i].id = i;
        ch_region_init(&arenas.arena[i].region, &ch_backing_anon, options);
    }
    arenas.n = n;
    return ch_region_open_window(&arenas.arena[0].region, window);
}

unsigned
ch_arena_count(void)
{
    return arenas.n;
}

struct ch_arena *
ch_arena_get(unsigned id)
{
    return &arenas.arena[id];
}

bool
ch_arena_tick_all(uint64_t now_ms)
{
    bool waiting = false;

    for (unsigned i = 0; i < arenas.n; i++) {
        ch_region_tick(&arenas.arena[i].region, now_ms);
        waiting |= ch_region_is_waiting(&arenas.arena[i].region);
    }
    return waiting;
}

size_t
ch_arena_purge_all(void)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < arenas.n; i++) {
        bytes += ch_region_purge_to(&arenas.arena[i].region, 0);
    }
    return bytes;
}

/* Returns address space that only waits for growth. */
static size_t
give_back_all(void)
{
    size_t bytes = ch_map_give_back() + ch_meta_give_back();

    for (unsigned i = 0; i < arenas.n; i++) {
        bytes += ch_region_give_back(&arenas.arena[i].region);
    }
    return bytes;
}

bool
ch_arena_reclaim(size_t bytes, unsigned step)
{
    size_t budget = ch_budget_limit();
    size_t addresses = ch_vm_address_limit();
    bool is_over = ch_budget_left() < bytes;

    /* Where nothing is limited, or the request is beyond any limit, giving
       memory back does not help it and hurts others. */
    if (bytes > ch_min_size(budget, addresses)
        || (!is_over && addresses == SIZE_MAX)) {
        return false;
    }
    switch (step) {
    case 0:
        ch_arena_purge_all();
        return true;
    case 1:
        return !is_over && give_back_all() > 0;
    default:
        return false;
    }
}

static void *
take_slices(struct ch_arena *arena, size_t n, size_t align, uint64_t *dirty)
{
    unsigned step = 0;
    void *p;

    do {
        p = ch_region_take(&arena->region, n, align, dirty);
    } while (p == NULL && ch_arena_reclaim(n * CH_SLICE, step++));
    return p;
}

struct ch_page *
ch_arena_page_new(struct ch_arena *arena, enum ch_page_kind kind, size_t n,
    size_t align, uint64_t *dirty)
{
    struct ch_page *page = ch_page_new();
    void *p;

    if (page == NULL) {
        return NULL;
    }
    p = take_slices(arena, n, align, dirty);
    if (p == NULL) {
        ch_page_delete(page);
        return NULL;
    }
    page->start = p;
    page->n_slices = (uint32_t)n;
    page->arena = arena;
    page->bytes = n * CH_SLICE;
    /* release: pairs with the acquire of who walks the region */
    __atomic_store_n(&page->kind, (uint8_t)kind, __ATOMIC_RELEASE);
    ch_map_set(p, kind == CH_PAGE_RUN ? 1 : n, page);
    if (kind == CH_PAGE_RUN) {
        ch_region_touch(&arena->region, page->bytes);
    }
    return page;
}

void
ch_arena_page_delete(struct ch_page *page)
{
    struct ch_arena *arena = page->arena;
    bool is_run = page->kind == CH_PAGE_RUN;
    char *start = page->start;
    size_t n = page->n_slices;

    ch_region_touch(
        &arena->region, 0 - (is_run ? page->bytes : ch_page_bytes(page)));
    ch_map_set(start, is_run ? 1 : n, is_run ? &ch_page_freed : NULL);
    ch_page_delete(page);
    ch_region_give(&arena->region, start, n);
}

void
ch_arena_before_fork(void)
{
    for (unsigned i = 0; i < arenas.n; i++) {
        ch_lock(&arenas.arena[i].region.lock);
    }
    ch_map_lock();
    ch_meta_lock();
}

void
ch_arena_after_fork_parent(void)
{
    ch_meta_unlock();
    ch_map_unlock();
    for (unsigned i = arenas.n; i > 0; i--) {
        ch_unlock(&arenas.arena[i - 1].region.lock);
    }
}

void
ch_arena_after_fork_child(void)
{
    ch_meta_reset_lock();
    ch_map_reset_lock();
    for (unsigned i = 0; i < arenas.n; i++) {
        ch_region_after_fork(&arenas.arena[i].region);
    }
}
