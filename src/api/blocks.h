/* SPDX-License-Identifier: MIT */
/*
 * blocks.h - what malloc() and operator new, free() and operator delete share.
 *
 * The exported functions inline these, so that each is a fast path itself.
 */
#ifndef CH_API_BLOCKS_H
#define CH_API_BLOCKS_H

#include "heap/slab/fast.h"

/* A block of more than CH_SMALL_MAX bytes from the thread's lists; NULL: go
   the slow way. */
CH_FAST void *
ch_block_take_medium(size_t size)
{
    if (CH_UNLIKELY(size > CH_CLASS_MAX || !ch_slab_is_fast(0))) {
        return NULL;
    }
    return ch_slab_take_fast(&ch_cache_active->lists[ch_class_of(size)]);
}

/* A block of any class from the thread's lists; NULL: go the slow way. */
CH_FAST void *
ch_block_take(size_t size)
{
    return ch_slab_is_fast(size) ? ch_slab_alloc_fast(size)
                                 : ch_block_take_medium(size);
}

/* Frees what is not a block of this thread's: of another thread, large, of a
   sanitizer, or none at all. */
CH_SLOW void ch_block_free_slow(void *p);
/* The same; the map has a page for p, perhaps nobody's. */
CH_NOINLINE void ch_block_free_other(void *p, struct ch_page *page);
/* p has been freed, and its page's countdown is over. */
CH_SLOW void ch_block_free_event(void *p, struct ch_page *page);

/* 19 instructions for a block of this thread; p stays in its register, where
   the slow twins expect it. */
CH_FAST void
ch_block_free(void *p)
{
    struct ch_page *page = ch_map_find_fast(p);

    if (CH_UNLIKELY(page == NULL)) {
        ch_block_free_slow(p);
        return;
    }
    if (CH_UNLIKELY(CH_RACY_LOAD(page->owner) != ch_cache_active)) {
        ch_block_free_other(p, page);
        return;
    }
    if (ch_slab_give_fast(page, p)) {
        ch_block_free_event(p, page);
    }
}

#endif
