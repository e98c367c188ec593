/* SPDX-License-Identifier: MIT */
/*
 * heap.h - blocks of one class: where the fast paths end.
 */
#ifndef CH_HEAP_SLAB_HEAP_H
#define CH_HEAP_SLAB_HEAP_H

#include "heap/slab/cache.h"

/* A block of class c, or NULL.  The cache is from ch_cache_enter(). */
void *ch_heap_take(struct ch_cache *cache, size_t c);

/* Frees a block of a page that the cache owns, without the fast path. */
void ch_heap_give(struct ch_page *page, void *p);

/* A free by the owner counted the page down to 0. */
CH_SLOW void ch_heap_event(struct ch_page *page);

#endif
