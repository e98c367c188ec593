/* SPDX-License-Identifier: MIT */
/*
 * walk.h - every block of the slab engine, told from its pages' records.
 *
 * Which blocks of a page are free is known to its thread alone, so what was
 * ever handed out of a page that has a live block counts as in use.  Huge
 * blocks have no region and are left out.
 */
#ifndef CH_HEAP_SLAB_WALK_H
#define CH_HEAP_SLAB_WALK_H

#include <stdbool.h>
#include <stddef.h>

struct ch_slab_block {
    void *p;
    size_t size; /* bytes that may be used */
    bool is_used;
};

/* In the order of addresses within each chunk, oldest chunk first; `visit`
   returns false to end the walk, holds no lock and may call anything. */
void ch_slab_walk(
    bool (*visit)(const struct ch_slab_block *block, void *ctx), void *ctx);
/* The block that has p in it; false: none, or a huge one of which p is not in
   the first slice. */
bool ch_slab_find(const void *p, struct ch_slab_block *block);
/* Tells whether the arenas' slices and counters agree. */
bool ch_slab_check(void);
/* The lowest address of the arenas; NULL: they have no memory yet. */
char *ch_slab_start(void);
/* Bytes that are free and wait to be given back to the system. */
size_t ch_slab_dirty(void);

#endif
