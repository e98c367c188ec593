/* SPDX-License-Identifier: MIT */
/*
 * cache.h - what a thread has of the heap: lists of free blocks and pages.
 *
 * A cache belongs to one thread at a time.  When the thread ends, the cache
 * goes to a pool with all of its pages; the next new thread takes it over as
 * it is.  Caches are never unmapped.
 *
 * For each class:
 *
 *   lists[c]    free blocks of current[c], ready to be taken
 *   current[c]  the page that blocks are taken from, or NULL
 *   avail[c]    pages with a free or an uncarved block, oldest first
 *
 * The lists and the pages' first lines are touched by their thread without a
 * lock.  cache->lock covers the rest: the thread takes it on its slow paths,
 * and another thread may try it to release pages that it emptied.
 */
#ifndef CH_HEAP_SLAB_CACHE_H
#define CH_HEAP_SLAB_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "heap/slab/size_class.h"
#include "map/page.h"
#include "sync/lock.h"

struct ch_queue {
    struct ch_page *first;
    struct ch_page *last;
};

struct ch_cache {
    /* Line 0 on: what malloc() and free() of the thread touch. */
    void *lists[CH_N_CLASSES];
    struct ch_page *current[CH_N_CLASSES];
    struct ch_queue avail[CH_N_CLASSES];
    struct ch_page *empty;  /* small pages without a live block */
    struct ch_arena *arena; /* where new pages come from; const in use */
    uint32_t n_empty;
    uint32_t armed_calls;       /* slow calls while armed */
    uint64_t armed_ms;          /* of the first of them */
    struct ch_cache *next_all;  /* every cache; const */
    struct ch_cache *next_pool; /* pool lock */
    bool in_use;                /* has a thread; pool lock */
    uint8_t exit_rounds;        /* how often its end was announced */

    /* Other threads' line. */
    CH_ALIGNED(128) struct ch_lock lock;
    struct ch_page *wake; /* pages with WAKE, through wake_next; atomic */
    uint32_t n_ripe;      /* pages emptied by others since the last look;
                             atomic, relaxed */
    uint32_t ripe_enough; /* from how many on others look; relaxed */
};

/*
 * The cache that malloc() takes from and whose blocks free() takes.  Never
 * NULL: it is the empty cache, which has no block and owns no page, before a
 * thread has a cache, after it has ended, and while it is armed (cache.c).
 */
extern CH_TLS struct ch_cache *ch_cache_active
    __attribute__((visibility("hidden")));
/* Requests below this many bytes may use the fast path: 0 until the library has
   started, since before it even thread-local variables may be out of reach. */
extern size_t ch_cache_fast_below __attribute__((visibility("hidden")));
/* The thread's cache, or NULL before it has one, or &ch_cache_late. */
extern CH_TLS struct ch_cache *ch_cache_self
    __attribute__((visibility("hidden")));

extern struct ch_cache ch_cache_empty __attribute__((visibility("hidden")));
/* Serves threads that have ended, and those for which no cache could be had;
   one at a time, see ch_cache_enter(). */
extern struct ch_cache ch_cache_late __attribute__((visibility("hidden")));

/* Watches for the end of threads.  `fast` opens the fast paths: no other
   malloc is the process's.  Caller: start-up, once. */
CH_NODISCARD int ch_cache_init(bool fast);

/*
 * The cache to allocate from in a slow path: the thread's own, made or adopted
 * at the first call; or the late one, then locked, and ch_cache_leave() must
 * be called.  Purges if the thread was armed and the time has come.
 */
struct ch_cache *ch_cache_enter(void);
void ch_cache_leave(const struct ch_cache *cache);

/* Opens or closes the fast paths of all threads.  Closed, each thread's next
   call of malloc() is a slow one, and so are its frees from then on; blocks
   that it got before are freed fast until then.  Any thread. */
void ch_cache_set_fast(bool on);
/* Lets the thread's next call take the slow path: dirty memory waits. */
void ch_cache_arm(void);
/* Lets the fast paths use a cache of this thread. */
void ch_cache_activate(struct ch_cache *cache);

/* Takes a page of class c from a cache without a thread, or NULL. */
struct ch_page *ch_cache_steal(struct ch_cache *cache, size_t c);

/* Gives every page that has no live block to its arena, of the thread's own
   cache and of all others that are not just in use. */
void ch_cache_trim(void);

/* Every cache ever made, through next_all. */
struct ch_cache *ch_cache_first(void);
/* Threads that have a cache now, and caches ever made. */
void ch_cache_count(size_t *n_threads, size_t *n_caches);

/* Fork: all locks of this file, in order; then released or made anew. */
void ch_cache_before_fork(void);
void ch_cache_after_fork_parent(void);
void ch_cache_after_fork_child(void);

#endif
