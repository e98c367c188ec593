/* SPDX-License-Identifier: MIT */
/*
 * heap.c - refills a class's list, and looks after pages whose count ran out.
 *
 * Where blocks come from, first to last: what other threads freed in the
 * current page; a page that waits (after a look at the wake list); the rest of
 * the current page; a page of a thread that has ended; a new page.  Freed
 * memory goes before fresh memory, and the page that waited longest before
 * others, since it has most blocks by now.
 */
#include "heap/slab/heap.h"

#include "heap/slab/fast.h"
#include "heap/slab/page_state.h"
#include "heap/slab/remote.h"
#include "os/fault.h"

static void *
pop(struct ch_cache *cache, size_t c)
{
    void *p = cache->lists[c];

    if (p != NULL) {
        cache->lists[c] = *(void **)p;
    }
    return p;
}

/* The class's list, which is empty, gets what other threads freed. */
static bool
take_remote(struct ch_cache *cache, struct ch_page *page)
{
    uint32_t count;

    cache->lists[page->size_class] = ch_remote_take(page, &count);
    return count > 0;
}

/* The page to go on with; `page` is the current one or NULL. */
static struct ch_page *
next_page(struct ch_cache *cache, struct ch_page *page, size_t c)
{
    struct ch_page *next = ch_page_pop_avail(cache, c);

    if (next != NULL) {
        return next;
    }
    if (page != NULL && page->carved < page->capacity) {
        return page;
    }
    next = ch_cache_steal(cache, c);
    return next != NULL ? next : ch_page_get(cache, c);
}

/* Fills the class's list, which is empty; false: no memory. */
static bool
refill_locked(struct ch_cache *cache, size_t c)
{
    struct ch_page *page = cache->current[c];
    struct ch_page *next;

    if (page != NULL && take_remote(cache, page)) {
        return true;
    }
    ch_remote_drain(cache);
    next = next_page(cache, page, c);
    if (next == NULL) {
        return false;
    }
    if (next != page) {
        if (page != NULL) {
            ch_page_retire(cache, page);
        }
        ch_page_make_current(cache, next);
    }
    if (cache->lists[c] == NULL && !take_remote(cache, next)) {
        ch_page_carve(cache, next);
    }
    return true;
}

void *
ch_heap_take(struct ch_cache *cache, size_t c)
{
    /* It may have blocks: a cache that was adopted, or is armed. */
    void *p = pop(cache, c);

    if (p != NULL) {
        return p;
    }
    ch_lock(&cache->lock);
    if (refill_locked(cache, c)) {
        p = pop(cache, c);
    }
    ch_unlock(&cache->lock);
    return p;
}

/* A block was freed in a parked page: others may have been, elsewhere. */
static void
unpark_locked(struct ch_cache *cache, struct ch_page *page)
{
    uint32_t count;
    void *list = ch_remote_take(page, &count);
    uint32_t n_out = page->carved - 1 - count;

    *(void **)page->lfree = list;
    if (n_out == 0) {
        ch_page_release(cache, page, true);
    } else {
        ch_page_offer(cache, page, n_out);
    }
}

CH_SLOW void
ch_heap_event(struct ch_page *page)
{
    struct ch_cache *cache = page->owner;

    ch_lock(&cache->lock);
    switch (ch_page_state(page)) {
    case CH_PAGE_CURRENT:
        ch_page_set_countdown(page, CH_TICK);
        ch_remote_drain(cache);
        break;
    case CH_PAGE_PARKED:
        unpark_locked(cache, page);
        break;
    case CH_PAGE_AVAIL:
        ch_page_unlink(cache, page);
        ch_page_release(cache, page, true);
        break;
    default:
        ch_fault("free list is broken", page->start);
    }
    ch_unlock(&cache->lock);
}

void
ch_heap_give(struct ch_page *page, void *p)
{
    if (ch_slab_give_fast(page, p)) {
        ch_heap_event(page);
    }
}
