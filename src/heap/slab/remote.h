/* SPDX-License-Identifier: MIT */
/*
 * remote.h - blocks freed by threads that do not own their page.
 *
 * One word in the page holds a list of blocks, their number, and WAKE:
 *
 *   63..57  0
 *   56      WAKE   the page is on its owner's wake list, or about to be
 *   55..32  count  blocks on the list
 *   31..0   head   (offset of the first block in the page) / 16 + 1, or 0
 *
 * Who frees pushes with one compare-and-swap.  The owner takes the whole list
 * when it needs blocks.  WAKE tells it of pages that it would not look at:
 * whoever sets it pushes the page on the wake list of the page's owner, and
 * only who takes that list clears it.
 *
 * After the compare-and-swap the page may be gone, unless it set WAKE: a page
 * with WAKE is not released before its wake list was taken.
 */
#ifndef CH_HEAP_SLAB_REMOTE_H
#define CH_HEAP_SLAB_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "map/page.h"

#define CH_REMOTE_WAKE ((uint64_t)1 << 56)

static inline uint32_t
ch_remote_count(uint64_t word)
{
    return (uint32_t)(word >> 32) & 0xffffff;
}

/* The first block of the list in `word`, or NULL. */
static inline void *
ch_remote_head(const struct ch_page *page, uint64_t word)
{
    uint32_t head = (uint32_t)word;

    return head == 0 ? NULL : page->start + (size_t)(head - 1) * 16;
}

/* Frees a block of a small or medium page from any thread but its owner. */
void ch_remote_free(struct ch_page *page, void *p);

/* Takes all blocks and leaves WAKE as it is.  Owner, under its lock. */
void *ch_remote_take(struct ch_page *page, uint32_t *count);

/* Takes all blocks and puts them before those of lfree; how many.  The page is
   not current.  Owner, under its lock. */
uint32_t ch_remote_join(struct ch_page *page);

/* Looks at every page of the cache's wake list.  Owner, under its lock. */
void ch_remote_drain(struct ch_cache *cache);
/* Releases every page on the wake list that has no live block.  Any thread,
   under the cache's lock. */
void ch_remote_release_ripe(struct ch_cache *cache);
/* The same with the pages that wait for their class. */
void ch_remote_release_emptied(struct ch_cache *cache);

#endif
