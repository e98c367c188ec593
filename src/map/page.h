/* SPDX-License-Identifier: MIT */
/*
 * page.h - what the library knows of a page, a run or a huge block.
 *
 * The record stands outside the memory that it describes, so a caller's
 * overrun cannot reach it.  Records come from ch_page_new(), are reused, and
 * their memory stays mapped for ever: a thread that still holds a pointer to
 * one may read it and find it changed, but never unmapped.
 *
 *   line 0   what the owner's free() touches
 *   line 1   what other threads touch, and what only slow paths read
 */
#ifndef CH_MAP_PAGE_H
#define CH_MAP_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

struct ch_arena;
struct ch_cache;

/* Slice: the unit of the address map, in bytes. */
#define CH_SLICE_SHIFT 13u
#define CH_SLICE       ((size_t)1 << CH_SLICE_SHIFT)

enum ch_page_kind {
    CH_PAGE_NONE,   /* no memory of ours: the record of every other address */
    CH_PAGE_FREED,  /* began a run or a huge block that has been freed */
    CH_PAGE_FIXED,  /* a heap of the fixed engine lies here, at least in part:
                       heap/tlsf/registry.h knows it */
    CH_PAGE_SMALL,  /* 64 KiB cut into blocks of one class */
    CH_PAGE_MEDIUM, /* up to 512 KiB cut into blocks of one class */
    CH_PAGE_RUN,    /* whole slices, one block */
    CH_PAGE_HUGE,   /* a mapping of its own, one block */
};

/* Of small and medium pages; see heap/slab/heap.c. */
enum ch_page_state {
    CH_PAGE_PARKED,  /* no free block known, on no list */
    CH_PAGE_CURRENT, /* the page that its class allocates from */
    CH_PAGE_AVAIL,   /* on its class's queue: a block is free or not carved */
    CH_PAGE_EMPTY,   /* no block live, kept for any class */
};

struct ch_page {
    /*
     * Who may free without atomics: compared with the thread's cache.  NULL
     * is nobody's, and then every free takes the slow path.  atomic, relaxed:
     * a thread that frees its own block reads its own write.
     */
    struct ch_cache *owner;
    /* Where a local free puts the block: the class's list while the page is
       current, else &lfree.  Owner only. */
    void **list;
    /* Local frees until the next event.  atomic, relaxed: written by the
       owner, read by who frees the last block from elsewhere. */
    uint32_t countdown;
    uint32_t block_size; /* bytes; const while the page is cut */
    void *lfree;         /* freed here and not handed out again; owner only */
    char *start;         /* the first block */
    uint32_t carved;     /* blocks cut so far; atomic, relaxed as countdown */
    uint32_t capacity;   /* blocks that fit */
    uint8_t size_class;
    uint8_t kind;      /* enum ch_page_kind; atomic, relaxed */
    uint8_t state;     /* enum ch_page_state; written under the owner's
                            lock; atomic, relaxed as countdown */
    uint8_t wake_at;   /* remote frees that the owner is told of; const while
                          the page is cut */
    uint32_t n_slices; /* of small and medium pages, and of runs */

    /* Blocks that other threads freed; see remote.h.  atomic */
    CH_ALIGNED(64) uint64_t remote;
    struct ch_page *wake_next; /* on the owner's wake list */
    struct ch_page *next;      /* on one of the owner's lists, or free here */
    struct ch_page *prev;
    struct ch_arena *arena; /* const while the page is in use */
    size_t bytes;           /* runs and huge blocks: what the caller may
                                  use; region lock */
    /* Of kind FIXED: the page in whose blocks the heap lies, or NULL.  atomic,
       relaxed; written before the map leads here. */
    struct ch_page *under;
    /* The record of kind FIXED that stands before this page, or NULL; both are
       deleted together.  map.lock */
    struct ch_page *mark;
};

/* The page itself, or what a heap of the fixed engine stands before there;
   NULL: nothing of ours. */
static inline struct ch_page *
ch_page_under(struct ch_page *page)
{
    return __atomic_load_n(&page->kind, __ATOMIC_RELAXED) == CH_PAGE_FIXED
               ? __atomic_load_n(&page->under, __ATOMIC_RELAXED)
               : page;
}

/* Bytes of a page that were carved. */
static inline size_t
ch_page_bytes(const struct ch_page *page)
{
    return (size_t)page->carved * page->block_size;
}

/* The slab engine's page where a heap of the fixed engine lies in one of its
   blocks; else the page itself. */
static inline struct ch_page *
ch_page_of_slab(struct ch_page *page)
{
    struct ch_page *under = ch_page_under(page);

    return under != NULL ? under : page;
}

_Static_assert(sizeof(struct ch_page) == 128, "two lines of 64 bytes");
_Static_assert(offsetof(struct ch_page, remote) == 64, "others' line");

#endif
