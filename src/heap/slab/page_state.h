/* SPDX-License-Identifier: MIT */
/*
 * page_state.h - the life of a page that is cut into blocks.
 *
 *          cut            retire              a block is freed
 *   EMPTY -----> CURRENT --------> PARKED --------------------> AVAIL
 *                   ^  \  retire, not all carved                 | |
 *                   |   `--------------------------------------->' |
 *                   `------------------ taken again ---------------'
 *
 *   any state but CURRENT -> released: all blocks are free
 *
 * Blocks of a page are one of: not carved; on the class's list of the cache;
 * on page->lfree; on the remote list; with the caller.
 *
 * countdown:  CURRENT  frees until the next look round
 *             PARKED   1: the first local free makes it AVAIL
 *             AVAIL    carved blocks that are not on lfree; those on the
 *                      remote list count among them
 *
 * All functions: the caller holds cache->lock.  Those that move a page away
 * from PARKED or AVAIL with blocks outstanding may be called by the owner
 * only: its free() does not take the lock.
 */
#ifndef CH_HEAP_SLAB_PAGE_STATE_H
#define CH_HEAP_SLAB_PAGE_STATE_H

#include "heap/slab/cache.h"

/* Local frees to the current page between two looks round. */
#define CH_TICK 1024u

/* Empty small pages that a cache keeps. */
#define CH_N_EMPTY_MAX 4u

/* A new page for class c, not carved: from the cache or from its arena. */
struct ch_page *ch_page_get(struct ch_cache *cache, size_t c);
/* Lets class c allocate from it; its lfree becomes the class's list, which
   is empty. */
void ch_page_make_current(struct ch_cache *cache, struct ch_page *page);
/* The class's list is empty and the page no longer current. */
void ch_page_retire(struct ch_cache *cache, struct ch_page *page);
/* Queues the page, of whose carved blocks n_out are not on lfree. */
void ch_page_offer(
    struct ch_cache *cache, struct ch_page *page, uint32_t n_out);
/* The page of class c that waits longest, no longer queued; or NULL. */
struct ch_page *ch_page_pop_avail(struct ch_cache *cache, size_t c);
void ch_page_unlink(struct ch_cache *cache, struct ch_page *page);
/* Carves some blocks onto the class's list; the page is current. */
void ch_page_carve(struct ch_cache *cache, struct ch_page *page);
/*
 * All blocks of the page are free and it is on no list.  The owner keeps a
 * few; others go to the arena.  A page with WAKE is left for the drain.
 */
void ch_page_release(struct ch_cache *cache, struct ch_page *page, bool keep);
/* Gives all kept pages to the arena. */
void ch_page_release_kept(struct ch_cache *cache);
/* True when every block that is out was freed by other threads.  Safe without
   the lock as a hint. */
bool ch_page_is_emptied(const struct ch_page *page, uint32_t remote_count);

/* Shared fields, see page.h. */
static inline enum ch_page_state
ch_page_state(const struct ch_page *page)
{
    return (enum ch_page_state)__atomic_load_n(&page->state, __ATOMIC_RELAXED);
}

static inline void
ch_page_set_state(struct ch_page *page, enum ch_page_state state)
{
    __atomic_store_n(&page->state, (uint8_t)state, __ATOMIC_RELAXED);
}

static inline void
ch_page_set_countdown(struct ch_page *page, uint32_t n)
{
    __atomic_store_n(&page->countdown, n, __ATOMIC_RELAXED);
}

static inline uint32_t
ch_page_carved(const struct ch_page *page)
{
    return __atomic_load_n(&page->carved, __ATOMIC_RELAXED);
}

#endif
