/* SPDX-License-Identifier: MIT */
/*
 * large.h - blocks above CH_CLASS_MAX bytes.
 *
 * Up to CH_RUN_MAX bytes a block is a run of slices of an arena, so that
 * memory that was touched once is used again.  Beyond that it is huge: a
 * mapping of its own, which goes back to the system when it is freed and
 * grows without a copy.
 */
#ifndef CH_HEAP_SLAB_LARGE_H
#define CH_HEAP_SLAB_LARGE_H

#include <stdbool.h>
#include <stddef.h>

#include "heap/slab/arena.h"

#define CH_RUN_MAX (32 * CH_MIB)

/* What a large block shall be. */
struct ch_large_want {
    size_t size;  /* bytes, not 0, at most PTRDIFF_MAX */
    size_t align; /* bytes, a power of two */
    bool zero;
};

/* Whether huge blocks ask for huge pages.  Caller: start-up. */
void ch_large_init(bool thp);

/* NULL: no memory. */
void *ch_large_alloc(struct ch_arena *arena, const struct ch_large_want *want);
/* False when p is not where the block begins, or was freed already. */
bool ch_large_free(struct ch_page *page, void *p);
/* Resizes where it stands or, if huge, moves the mapping.  NULL: neither goes,
   the block is as it was. */
void *ch_large_resize(struct ch_page *page, void *p, size_t size);

struct ch_large_stats {
    size_t n_huge;
    size_t huge_bytes;
    size_t huge_peak_bytes;
};

void ch_large_get_stats(struct ch_large_stats *stats);

#endif
