/* SPDX-License-Identifier: MIT */
/*
 * active.c - which cache the thread's fast paths use.
 */
#include "heap/slab/cache.h"

CH_TLS struct ch_cache *ch_cache_active = &ch_cache_empty;
CH_TLS struct ch_cache *ch_cache_self;

struct ch_cache ch_cache_empty;
struct ch_cache ch_cache_late;

/* Another malloc is the process's: no cache is ever active. */
static bool fast_is_off;

void
ch_cache_disable_fast(void)
{
    fast_is_off = true;
}

void
ch_cache_activate(struct ch_cache *cache)
{
    if (!fast_is_off) {
        ch_cache_active = cache;
    }
}

void
ch_cache_arm(void)
{
    ch_cache_active = &ch_cache_empty;
}
