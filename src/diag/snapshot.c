/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c - walks the slices of each arena from page to page.
 *
 * The region's lock keeps slices from changing hands.  Fields that a running
 * thread changes are read once and may be a moment old; counts are clamped,
 * so that a torn view never shows more free blocks than there are.
 */
#include "diag/snapshot.h"

#include "base/bitmap.h"
#include "heap/slab/arena.h"
#include "heap/slab/cache.h"
#include "heap/slab/large.h"
#include "heap/slab/page_state.h"
#include "heap/slab/remote.h"
#include "map/map.h"
#include "map/meta.h"
#include "region/budget.h"

static size_t
list_length(const void *list)
{
    size_t n = 0;

    for (; list != NULL; list = *(void *const *)list) {
        n++;
    }
    return n;
}

/* Blocks of the page that are carved and not live, as far as can be told. */
static size_t
count_free(const struct ch_page *page)
{
    struct ch_cache *owner = __atomic_load_n(&page->owner, __ATOMIC_RELAXED);
    size_t carved = ch_page_carved(page);
    size_t n_remote =
        ch_remote_count(__atomic_load_n(&page->remote, __ATOMIC_RELAXED));
    size_t n_out = carved;

    switch (ch_page_state(page)) {
    case CH_PAGE_EMPTY:
        return carved;
    case CH_PAGE_AVAIL:
        n_out = __atomic_load_n(&page->countdown, __ATOMIC_RELAXED);
        break;
    case CH_PAGE_CURRENT:
        if (owner == ch_cache_self) {
            n_out -= list_length(owner->lists[page->size_class]);
        }
        break;
    default:
        break;
    }
    n_out -= ch_min_size(n_out, n_remote);
    return carved - ch_min_size(carved, n_out);
}

/* Counts what begins at the slice; returns how many slices it has. */
static size_t
count_page(const struct ch_page *page, struct ch_arena_count *count)
{
    struct ch_class_count *cls;
    size_t n_free;
    size_t n_live;

    switch (page->kind) {
    case CH_PAGE_SMALL:
    case CH_PAGE_MEDIUM:
        cls = &count->classes[page->size_class];
        n_free = count_free(page);
        n_live = ch_page_carved(page) - n_free;
        cls->n_live += n_live;
        cls->n_free += n_free;
        count->n_live += n_live;
        count->live += n_live * page->block_size;
        return page->n_slices;
    case CH_PAGE_RUN:
        count->n_runs++;
        count->n_live++;
        count->runs += page->bytes;
        count->live += page->bytes;
        return page->n_slices;
    default:
        /* Being purged, or on its way to or from a page. */
        return 1;
    }
}

static void
count_chunk(const struct ch_chunk *chunk, struct ch_arena_count *count)
{
    size_t at = ch_bitmap_next_clear(chunk->free, 0, chunk->n_open);

    while (at < chunk->n_open) {
        at += count_page(
            ch_page_of_slab(ch_map_find(chunk->start + at * CH_SLICE)), count);
        at = ch_bitmap_next_clear(chunk->free, at, chunk->n_open);
    }
}

/* Adds one arena to `count`. */
static void
add_arena(struct ch_arena *arena, struct ch_arena_count *count)
{
    struct ch_region *region = &arena->region;

    ch_lock(&region->lock);
    for (const struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        count_chunk(c, count);
    }
    count->reserved += region->n_reserved * CH_SLICE;
    count->open += region->n_open * CH_SLICE;
    count->held += region->n_live * CH_SLICE;
    count->dirty += region->n_dirty * CH_SLICE;
    count->peak_held += region->peak_live * CH_SLICE;
    count->purged += region->purged_bytes;
    ch_unlock(&region->lock);
}

void
ch_snapshot_arena(unsigned id, struct ch_arena_count *count)
{
    *count = (struct ch_arena_count){.reserved = 0};
    add_arena(ch_arena_get(id), count);
}

void
ch_snapshot_take(struct ch_snapshot *s)
{
    struct ch_large_stats large;
    struct ch_meta_stats meta;
    struct ch_map_stats map;

    *s = (struct ch_snapshot){.n_arenas = ch_arena_count()};
    for (unsigned i = 0; i < s->n_arenas; i++) {
        add_arena(ch_arena_get(i), &s->sum);
    }
    ch_cache_count(&s->n_threads, &s->n_caches);
    ch_large_get_stats(&large);
    s->n_huge = large.n_huge;
    s->huge = large.huge_bytes;
    s->huge_peak = large.huge_peak_bytes;
    ch_meta_get_stats(&meta);
    ch_map_get_stats(&map);
    s->meta = meta.committed + map.committed;
    s->used = ch_budget_used();
    s->peak = ch_budget_peak();
    s->limit = ch_budget_limit();
}
