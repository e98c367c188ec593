/* SPDX-License-Identifier: MIT */
/*
 * blocks.c - frees that leave the fast path.
 */
#include "api/blocks.h"

#include "front/other_malloc.h"
#include "front/route.h"
#include "heap/slab/heap.h"
#include "heap/slab/remote.h"

CH_SLOW void
ch_block_free_slow(void *p)
{
    const struct ch_other_malloc *other = ch_other_malloc();

    if (CH_UNLIKELY(other != NULL && !ch_route_has(p))) {
        other->free(p);
        return;
    }
    ch_route_free(p, "free");
}

/* True when the page is cut into blocks and another cache has it. */
static inline bool
is_remote(const struct ch_page *page)
{
    struct ch_cache *owner = CH_RACY_LOAD(page->owner);

    return owner != NULL && (owner != ch_cache_self || owner == &ch_cache_late);
}

CH_NOINLINE void
ch_block_free_other(void *p, struct ch_page *page)
{
    /* With the fast paths off, somebody wants to hear of every free. */
    if (CH_LIKELY(is_remote(page) && ch_slab_is_fast(0))) {
        ch_remote_free(page, p);
        return;
    }
    ch_block_free_slow(p);
}

CH_SLOW void
ch_block_free_event(void *p CH_UNUSED, struct ch_page *page)
{
    ch_heap_event(page);
}
