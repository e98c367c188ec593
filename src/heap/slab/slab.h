/* SPDX-License-Identifier: MIT */
/*
 * slab.h - the slab engine: blocks of any size from its arenas.
 *
 * The slow twins of fast.h, and all that has no fast path.  Sizes are at most
 * PTRDIFF_MAX; NULL means that there is no memory.
 */
#ifndef CH_HEAP_SLAB_SLAB_H
#define CH_HEAP_SLAB_SLAB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"
#include "map/page.h"

void *ch_slab_alloc(size_t size);
void *ch_slab_alloc_zeroed(size_t size);
/* `align` is a power of two. */
void *ch_slab_alloc_aligned(size_t align, size_t size);
/* False when p is no live block of the page. */
bool ch_slab_free(struct ch_page *page, void *p);
/* Resizes without moving the content; NULL: it has to be moved. */
void *ch_slab_resize(struct ch_page *page, void *p, size_t size);
/* False when p surely is no block of the page. */
bool ch_slab_is_block(const struct ch_page *page, const void *p);
/* True when p is where a block of the page begins; asks more than
   ch_slab_is_block(), which is for hot paths. */
bool ch_slab_starts_block(const struct ch_page *page, const void *p);
/* Bytes of the block that may be used. */
size_t ch_slab_usable(const struct ch_page *page);
/* What ch_slab_usable() would be for a block of this size. */
size_t ch_slab_good_size(size_t size);

/* True when the page is one of this engine. */
static inline bool
ch_slab_has(const struct ch_page *page)
{
    return __atomic_load_n(&page->kind, __ATOMIC_RELAXED) >= CH_PAGE_SMALL;
}

#endif
