/* SPDX-License-Identifier: MIT */
/*
 * lock.h - a mutual exclusion lock in one word.
 *
 * Free, held, or held with somebody asleep on it.  Not recursive.  The ranks
 * say in which order locks may be taken: a thread that holds one may take
 * only those of a higher rank; ch_try_lock() may take any.
 */
#ifndef CH_SYNC_LOCK_H
#define CH_SYNC_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attrs.h"

/*
 * Ranks, lowest first (see ARCHITECTURE.md, "Locks"):
 *   CONTROL  heap traces and task figures: begun and ended
 *   HOOKS   who listens to blocks that come and go
 *   START   start-up, once
 *   TRACE   what is recorded of blocks
 *   PLACE   growth of one region, and additions to the list of regions
 *   PLAIN   the table of plain blocks, where each is remembered
 *   REGISTRY  making heaps of the fixed engine
 *   HEAP    one heap of the fixed engine
 *   MAPPING  the mappings that fork copies, while it does
 *   POOL    the list of thread caches
 *   LATE    the cache that ended threads share
 *   CACHE   one thread cache, taken by its thread on slow paths
 *   REGION  one region's slices
 *   MAP     the address map and the library's own memory
 */

struct ch_lock {
    uint32_t word; /* atomic: 0 free, 1 held, 2 held and waited for */
};

CH_SLOW void ch_lock_slow(struct ch_lock *lock);
CH_SLOW void ch_lock_wake(struct ch_lock *lock);

static inline bool
ch_try_lock(struct ch_lock *lock)
{
    uint32_t free = 0;

    /* acquire: pairs with the release in ch_unlock() */
    return __atomic_compare_exchange_n(
        &lock->word, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void
ch_lock(struct ch_lock *lock)
{
    if (CH_UNLIKELY(!ch_try_lock(lock))) {
        ch_lock_slow(lock);
    }
}

static inline void
ch_unlock(struct ch_lock *lock)
{
    /* release: pairs with the acquire of the next holder */
    if (CH_UNLIKELY(
            __atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)) {
        ch_lock_wake(lock);
    }
}

static inline bool
ch_lock_is_held(const struct ch_lock *lock)
{
    return __atomic_load_n(&lock->word, __ATOMIC_RELAXED) != 0;
}

/* In the child of a fork: whoever slept here is not in this process. */
static inline void
ch_lock_reset(struct ch_lock *lock)
{
    __atomic_store_n(&lock->word, 0, __ATOMIC_RELAXED);
}

#endif
