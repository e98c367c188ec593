/* SPDX-License-Identifier: MIT */
/*
 * arena.h - the slab engine's state for one region.
 *
 * An arena turns slices into pages and runs: it finds the slices, makes the
 * record, and lets the address map lead to it.  Its region brings its backing
 * along, so nothing here knows what kind of memory it is.
 */
#ifndef CH_HEAP_SLAB_ARENA_H
#define CH_HEAP_SLAB_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "map/page.h"
#include "region/region.h"

#define CH_N_ARENAS_MAX 16u

struct ch_arena {
    struct ch_region region;
    unsigned id; /* const */
};

/* Makes `n` arenas over anonymous memory.  Caller: start-up, once. */
CH_NODISCARD int ch_arena_init(
    unsigned n, const struct ch_region_options *options, size_t window);
unsigned ch_arena_count(void);
struct ch_arena *ch_arena_get(unsigned id);

/*
 * A page or run of `n` slices at a multiple of `align`, known to the map: of
 * a run the first slice, else all of them.  `dirty` as in ch_region_take().
 * Purges and gives address space back before it answers NULL.
 */
CH_NODISCARD struct ch_page *ch_arena_page_new(struct ch_arena *arena,
    enum ch_page_kind kind, size_t n, size_t align, uint64_t *dirty);
/* Gives the slices back and the record up.  No block of it is live. */
void ch_arena_page_delete(struct ch_page *page);

/* Tries to find memory for a mapping that failed; `bytes` are wanted.  `step`
   counts from 0; false: nothing is left to try. */
bool ch_arena_reclaim(size_t bytes, unsigned step);

/* Purges what is due in all arenas; true while something still waits. */
bool ch_arena_tick_all(uint64_t now_ms);
size_t ch_arena_purge_all(void);

void ch_arena_before_fork(void);
void ch_arena_after_fork_parent(void);
void ch_arena_after_fork_child(void);

#endif
