/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - what the heap has, counted from its own records.
 *
 * Nothing is counted on malloc() and free(): a snapshot walks the pages.  It
 * is exact while no other thread allocates or frees, with one exception: free
 * blocks that another thread's cache has at hand count as live.
 */
#ifndef CH_DIAG_SNAPSHOT_H
#define CH_DIAG_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "heap/slab/size_class.h"

/* Blocks of one class. */
struct ch_class_count {
    size_t n_live;
    size_t n_free; /* carved and free */
};

/* Bytes of one arena, or of all. */
struct ch_arena_count {
    size_t reserved; /* address space */
    size_t open;     /* of it usable */
    size_t held;     /* slices in pages and runs */
    size_t dirty;    /* free slices that may be resident */
    size_t live;     /* in live blocks, those of runs included */
    size_t runs;     /* of live: in runs */
    size_t n_live;   /* blocks, runs included */
    size_t n_runs;
    size_t peak_held; /* the most that `held` was */
    uint64_t purged;  /* given back ever */
    struct ch_class_count classes[CH_N_CLASSES];
};

struct ch_snapshot {
    struct ch_arena_count sum;
    size_t n_arenas;
    size_t n_threads; /* that have a cache */
    size_t n_caches;  /* ever made */
    size_t n_huge;
    size_t huge; /* bytes in huge blocks */
    size_t huge_peak;
    size_t meta;  /* bytes of the library's own memory */
    size_t used;  /* bytes that could be resident, all together */
    size_t peak;  /* the most that `used` was */
    size_t limit; /* on `used`; SIZE_MAX: none */
};

/* One arena; takes its region's lock. */
void ch_snapshot_arena(unsigned id, struct ch_arena_count *count);
/* The whole heap. */
void ch_snapshot_take(struct ch_snapshot *snapshot);

#endif
