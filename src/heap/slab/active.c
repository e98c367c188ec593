/* SPDX-License-Identifier: MIT */
/*
 * active.c - which cache the thread's fast paths use.
 */
#include "base/racy.h"
#include "heap/slab/cache.h"

CH_TLS struct ch_cache *ch_cache_active = &ch_cache_empty;
CH_TLS struct ch_cache *ch_cache_self;

struct ch_cache ch_cache_empty;
struct ch_cache ch_cache_late;

size_t ch_cache_fast_below;

void
ch_cache_activate(struct ch_cache *cache)
{
    if (CH_RACY_LOAD(ch_cache_fast_below) != 0) {
        ch_cache_active = cache;
    }
}

void
ch_cache_set_fast(bool on)
{
    CH_RACY_STORE(ch_cache_fast_below, on ? CH_SMALL_MAX + 1 : 0);
}

void
ch_cache_arm(void)
{
    ch_cache_active = &ch_cache_empty;
}
