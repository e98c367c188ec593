/* SPDX-License-Identifier: MIT */
/*
 * walk.c - from slice to slice, and within each page from block to block.
 *
 * A region's lock is held while one piece of it is looked at, never while the
 * visitor runs; chunks are never unmapped, so the walk goes on from the
 * address where it was.
 */
#include "heap/slab/walk.h"

#include "base/arith.h"
#include "base/bitmap.h"
#include "heap/slab/arena.h"
#include "heap/slab/large.h"
#include "heap/slab/page_state.h"
#include "heap/slab/slab.h"
#include "map/map.h"

/* Slices with one content: a page, a run, or a stretch of free ones. */
struct piece {
    char *start;
    size_t n_slices;
    size_t block_size; /* bytes; 0: no block begins here */
    size_t n_blocks;
    bool is_used;
};

struct walk {
    bool (*visit)(const struct ch_slab_block *block, void *ctx);
    void *ctx;
    bool goes_on;
};

/* A page changes while it is looked at: a thread may cut it for blocks of
   another size.  What is told never goes beyond the page. */
static size_t
blocks_of(const struct ch_page *page, size_t size)
{
    size_t most = size != 0 ? page->n_slices * CH_SLICE / size : 0;

    return ch_min_size(ch_page_carved(page), most);
}

static void
fill_page(struct piece *piece, const struct ch_page *page)
{
    piece->is_used = true;
    /* acquire: pairs with the release in ch_arena_page_new() */
    switch (__atomic_load_n(&page->kind, __ATOMIC_ACQUIRE)) {
    case CH_PAGE_SMALL:
    case CH_PAGE_MEDIUM:
        piece->n_slices = page->n_slices;
        piece->block_size =
            __atomic_load_n(&page->block_size, __ATOMIC_RELAXED);
        piece->n_blocks = blocks_of(page, piece->block_size);
        piece->is_used = ch_page_state(page) != CH_PAGE_EMPTY;
        break;
    case CH_PAGE_RUN:
        piece->n_slices = page->n_slices;
        piece->block_size = page->bytes;
        piece->n_blocks = 1;
        break;
    default:
        /* Being purged, or on its way to or from a page. */
        piece->n_slices = 1;
        break;
    }
}

/* What begins at slice `at` of the chunk; caller holds the region's lock. */
static struct piece
piece_at(const struct ch_chunk *chunk, size_t at)
{
    struct piece piece = {.start = chunk->start + at * CH_SLICE};

    if (ch_bitmap_get(chunk->free, at)) {
        piece.n_slices =
            ch_bitmap_next_clear(chunk->free, at, chunk->n_open) - at;
        piece.block_size = piece.n_slices * CH_SLICE;
        piece.n_blocks = 1;
        return piece;
    }
    fill_page(&piece, ch_page_of_slab(ch_map_find(piece.start)));
    return piece;
}

static void
visit_blocks(const struct piece *piece, struct walk *walk)
{
    struct ch_slab_block block = {
        .size = piece->block_size, .is_used = piece->is_used};

    for (size_t i = 0; i < piece->n_blocks && walk->goes_on; i++) {
        block.p = piece->start + i * piece->block_size;
        walk->goes_on = walk->visit(&block, walk->ctx);
    }
}

static void
walk_chunk(
    struct ch_region *region, const struct ch_chunk *chunk, struct walk *walk)
{
    size_t at = 0;

    while (walk->goes_on) {
        struct piece piece;
        bool is_over;

        ch_lock(&region->lock);
        is_over = at >= chunk->n_open;
        if (!is_over) {
            piece = piece_at(chunk, at);
        }
        ch_unlock(&region->lock);
        if (is_over) {
            return;
        }
        visit_blocks(&piece, walk);
        at += piece.n_slices;
    }
}

static const struct ch_chunk *
next_chunk(struct ch_region *region, const struct ch_chunk *chunk)
{
    const struct ch_chunk *next;

    ch_lock(&region->lock);
    next = chunk == NULL ? region->chunks : chunk->next;
    ch_unlock(&region->lock);
    return next;
}

void
ch_slab_walk(
    bool (*visit)(const struct ch_slab_block *block, void *ctx), void *ctx)
{
    struct walk walk = {.visit = visit, .ctx = ctx, .goes_on = true};

    for (unsigned i = 0; i < ch_arena_count(); i++) {
        struct ch_region *region = &ch_arena_get(i)->region;
        const struct ch_chunk *chunk = NULL;

        while (walk.goes_on && (chunk = next_chunk(region, chunk)) != NULL) {
            walk_chunk(region, chunk, &walk);
        }
    }
}

/* The page of a run of which only the first slice leads to it, looking down
   from p; NULL: none has p. */
static const struct ch_page *
run_below(const char *p)
{
    for (size_t off = 0; off <= CH_RUN_MAX; off += CH_SLICE) {
        const struct ch_page *page =
            ch_page_of_slab(ch_map_find((const void *)((uintptr_t)p - off)));

        if (page->kind >= CH_PAGE_RUN) {
            return (size_t)(p - page->start) < page->bytes ? page : NULL;
        }
        if (page->kind == CH_PAGE_SMALL || page->kind == CH_PAGE_MEDIUM
            || page->kind == CH_PAGE_FREED) {
            return NULL;
        }
    }
    return NULL;
}

bool
ch_slab_find(const void *p, struct ch_slab_block *block)
{
    const struct ch_page *page = ch_page_of_slab(ch_map_find(p));
    size_t off;

    if (!ch_slab_has(page)) {
        page = run_below(p);
    }
    if (page == NULL) {
        return false;
    }
    off = (size_t)((const char *)p - page->start);
    if (page->kind == CH_PAGE_SMALL || page->kind == CH_PAGE_MEDIUM) {
        if (off >= ch_page_bytes(page)) {
            return false;
        }
        off -= off % page->block_size;
    } else {
        off = 0;
    }
    block->p = page->start + off;
    block->size = ch_slab_usable(page);
    block->is_used = true;
    return true;
}

bool
ch_slab_check(void)
{
    bool is_valid = true;

    for (unsigned i = 0; i < ch_arena_count(); i++) {
        struct ch_region *region = &ch_arena_get(i)->region;

        ch_lock(&region->lock);
        is_valid = ch_region_is_valid(region) && is_valid;
        ch_unlock(&region->lock);
    }
    return is_valid;
}

size_t
ch_slab_dirty(void)
{
    size_t n = 0;

    for (unsigned i = 0; i < ch_arena_count(); i++) {
        n +=
            __atomic_load_n(&ch_arena_get(i)->region.n_dirty, __ATOMIC_RELAXED);
    }
    return n * CH_SLICE;
}

/* The lowest address of one arena. */
static char *
lowest_of(struct ch_region *region)
{
    char *lowest = NULL;

    ch_lock(&region->lock);
    for (const struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        if (lowest == NULL || c->start < lowest) {
            lowest = c->start;
        }
    }
    ch_unlock(&region->lock);
    return lowest;
}

char *
ch_slab_start(void)
{
    char *lowest = NULL;

    for (unsigned i = 0; i < ch_arena_count(); i++) {
        char *start = lowest_of(&ch_arena_get(i)->region);

        if (start != NULL && (lowest == NULL || start < lowest)) {
            lowest = start;
        }
    }
    return lowest;
}
