/* SPDX-License-Identifier: MIT */
/*
 * active.c - which cache the thread's fast paths use.
 */
#include "heap/slab/cache.h"

CH_TLS struct ch_cache *ch_cache_active = &ch_cache_empty;
CH_TLS struct ch_cache *ch_cache_self;

struct ch_cache ch_cache_empty;
struct ch_cache ch_cache_late;

size_t ch_cache_fast_below;

void
ch_cache_activate(struct ch_cache *cache)
{
    if (ch_cache_fast_below != 0) {
        ch_cache_active = cache;
    }
}

void
ch_cache_arm(void)
{
    ch_cache_active = &ch_cache_empty;
}
