/* SPDX-License-Identifier: MIT */
/*
 * page_state.c - moves pages between the states of page_state.h.
 */
#include "heap/slab/page_state.h"

#include "heap/slab/arena.h"
#include "heap/slab/remote.h"
#include "os/fault.h"

#define SMALL_SLICES 8u
/* Of medium pages: as few slices as hold some blocks without much of a rest. */
#define MEDIUM_LEAST  32u
#define MEDIUM_MOST   64u
#define MEDIUM_BLOCKS 6u
#define MEDIUM_REST   16u /* at most this part of the page */
/* Remote frees in a parked page that its owner is told of, at most. */
#define WAKE_MOST 32u
/* Bytes that are carved at a time: a page of the system is touched at a
   time, and a class that is used once costs no more than that. */
#define CARVE 4096u

void
ch_page_unlink(struct ch_cache *cache, struct ch_page *page)
{
    struct ch_queue *q = &cache->avail[page->size_class];

    if (page->prev != NULL) {
        page->prev->next = page->next;
    } else {
        q->first = page->next;
    }
    if (page->next != NULL) {
        page->next->prev = page->prev;
    } else {
        q->last = page->prev;
    }
    page->next = NULL;
    page->prev = NULL;
}

static void
push_avail(struct ch_cache *cache, struct ch_page *page)
{
    struct ch_queue *q = &cache->avail[page->size_class];

    page->next = NULL;
    page->prev = q->last;
    if (q->last != NULL) {
        q->last->next = page;
    } else {
        q->first = page;
    }
    q->last = page;
}

struct ch_page *
ch_page_pop_avail(struct ch_cache *cache, size_t c)
{
    struct ch_page *page = cache->avail[c].first;

    if (page != NULL) {
        ch_page_unlink(cache, page);
    }
    return page;
}

/* How many remote frees in a parked page its owner is told of. */
static uint8_t
wake_threshold(uint32_t capacity)
{
    uint32_t eighth = capacity / 8;

    return (uint8_t)(eighth < 1 ? 1 : eighth < WAKE_MOST ? eighth : WAKE_MOST);
}

/* Makes a page without blocks one of class c. */
static void
cut(struct ch_cache *cache, struct ch_page *page, size_t c)
{
    size_t size = ch_class_size(c);

    /* What an earlier class used of it. */
    ch_region_touch(&page->arena->region, 0 - ch_page_bytes(page));
    __atomic_store_n(&page->block_size, (uint32_t)size, __ATOMIC_RELAXED);
    page->size_class = (uint8_t)c;
    page->capacity = (uint32_t)(page->n_slices * CH_SLICE / size);
    page->wake_at = wake_threshold(page->capacity);
    page->lfree = NULL;
    page->list = &page->lfree;
    __atomic_store_n(&page->carved, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&page->owner, cache, __ATOMIC_RELAXED);
}

/* How many slices a page for blocks of `size` bytes has. */
static size_t
slices_for(size_t size)
{
    if (size <= CH_SMALL_PAGE_MAX) {
        return SMALL_SLICES;
    }
    for (size_t n = MEDIUM_LEAST; n < MEDIUM_MOST; n++) {
        size_t bytes = n * CH_SLICE;

        if (bytes / size >= MEDIUM_BLOCKS
            && bytes % size <= bytes / MEDIUM_REST) {
            return n;
        }
    }
    return MEDIUM_MOST;
}

struct ch_page *
ch_page_get(struct ch_cache *cache, size_t c)
{
    size_t n = slices_for(ch_class_size(c));
    bool is_small = n == SMALL_SLICES;
    struct ch_page *page = cache->empty;

    if (is_small && page != NULL) {
        cache->empty = page->next;
        cache->n_empty--;
        page->next = NULL;
    } else {
        page = ch_arena_page_new(cache->arena,
            is_small ? CH_PAGE_SMALL : CH_PAGE_MEDIUM, n, CH_SLICE, NULL);
    }
    if (page != NULL) {
        cut(cache, page, c);
    }
    return page;
}

void
ch_page_make_current(struct ch_cache *cache, struct ch_page *page)
{
    size_t c = page->size_class;

    CH_ASSERT(cache->lists[c] == NULL);
    ch_page_set_state(page, CH_PAGE_CURRENT);
    ch_page_set_countdown(page, CH_TICK);
    cache->lists[c] = page->lfree;
    page->lfree = NULL;
    page->list = &cache->lists[c];
    cache->current[c] = page;
}

void
ch_page_offer(struct ch_cache *cache, struct ch_page *page, uint32_t n_out)
{
    ch_page_set_countdown(page, n_out);
    ch_page_set_state(page, CH_PAGE_AVAIL);
    push_avail(cache, page);
}

void
ch_page_retire(struct ch_cache *cache, struct ch_page *page)
{
    CH_ASSERT(cache->lists[page->size_class] == NULL);
    page->list = &page->lfree;
    cache->current[page->size_class] = NULL;
    if (page->carved < page->capacity) {
        ch_page_offer(cache, page, page->carved);
        return;
    }
    ch_page_set_countdown(page, 1);
    ch_page_set_state(page, CH_PAGE_PARKED);
}

void
ch_page_carve(struct ch_cache *cache, struct ch_page *page)
{
    size_t size = page->block_size;
    uint32_t left = page->capacity - page->carved;
    uint32_t n = (uint32_t)(CARVE / size);
    char *first = page->start + page->carved * size;
    char *last;

    n = n < left ? n : left;
    n = n > 0 ? n : 1;
    last = first + (n - 1) * size;
    for (char *p = first; p < last; p += size) {
        *(void **)(void *)p = p + size;
    }
    *(void **)(void *)last = cache->lists[page->size_class];
    cache->lists[page->size_class] = first;
    __atomic_store_n(&page->carved, page->carved + n, __ATOMIC_RELAXED);
    ch_region_touch(&page->arena->region, n * size);
}

static bool
has_wake(const struct ch_page *page)
{
    return (__atomic_load_n(&page->remote, __ATOMIC_RELAXED) & CH_REMOTE_WAKE)
           != 0;
}

void
ch_page_release(struct ch_cache *cache, struct ch_page *page, bool keep)
{
    ch_page_set_state(page, CH_PAGE_EMPTY);
    if (has_wake(page)) {
        return;
    }
    if (keep && page->n_slices == SMALL_SLICES
        && cache->n_empty < CH_N_EMPTY_MAX) {
        page->next = cache->empty;
        cache->empty = page;
        cache->n_empty++;
        return;
    }
    ch_arena_page_delete(page);
    ch_cache_arm();
}

void
ch_page_release_kept(struct ch_cache *cache)
{
    while (cache->empty != NULL) {
        struct ch_page *page = cache->empty;

        cache->empty = page->next;
        cache->n_empty--;
        ch_arena_page_delete(page);
    }
}

bool
ch_page_is_emptied(const struct ch_page *page, uint32_t remote_count)
{
    uint32_t n_out;

    switch (ch_page_state(page)) {
    case CH_PAGE_PARKED:
        n_out = ch_page_carved(page);
        break;
    case CH_PAGE_AVAIL:
        /* acquire: pairs with the release in ch_racy_countdown(): what the
           owner's last free wrote to the page is seen */
        n_out = __atomic_load_n(&page->countdown, __ATOMIC_ACQUIRE);
        break;
    default:
        return false;
    }
    return remote_count > 0 && remote_count == n_out;
}
