/* SPDX-License-Identifier: MIT */
/*
 * map.h - from an address to its page, without a lock.
 *
 * One flat table has an entry for each slice of a window of addresses.  The
 * window lies where the first memory of the heap lies and grows downwards, as
 * the kernel hands out addresses.  What lies outside it is found in a radix
 * tree, which only slow paths read.
 *
 * An entry is the distance of the page's record from the table, so that an
 * entry never written, 0, leads to the table's own first bytes.  These stand
 * for slices at the top of the window that are never used, stay zero, and so
 * are a record that nobody owns: the reader needs no test for "not found".
 */
#ifndef CH_MAP_MAP_H
#define CH_MAP_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "base/racy.h"
#include "map/page.h"

/* What the fast path reads; const but for the window's growth. */
struct ch_map {
    /* Distances below this, turned right by 4 bits, are in the window.  The
       turn brings low bits that are set to the top: a pointer that is not a
       multiple of 16 is never in the window. */
    uintptr_t limit;
    /* Addresses are taken as the distance below this one. */
    uintptr_t top;
    /* Read after `limit`: a reader that saw a new limit sees the new table. */
    uintptr_t *table;
};

extern struct ch_map ch_map __attribute__((visibility("hidden")));

/*
 * The record of the page that p lies in, if p is in the window, else NULL.
 * It may be one that nobody owns.  7 instructions.
 */
CH_FAST struct ch_page *
ch_map_find_fast(const void *p)
{
    uintptr_t distance = ch_map.top - (uintptr_t)p;
    uintptr_t turned = distance >> 4 | distance << (8 * sizeof distance - 4);
    struct ch_page *page;
    uintptr_t *table;
    uintptr_t record;

    if (CH_UNLIKELY(turned >= CH_RACY_LOAD(ch_map.limit))) {
        return NULL;
    }
    table = CH_RACY_LOAD(ch_map.table);
    record = CH_RACY_LOAD(table[turned >> (CH_SLICE_SHIFT - 4)]);
    record += (uintptr_t)table;
    page = (struct ch_page *)record;
    CH_ASSUME(page != NULL);
    return page;
}

/*
 * The record for any bit pattern, never NULL: of kind NONE where no page of
 * ours lies.  Of a run or a huge block only the first slice has one.
 */
struct ch_page *ch_map_find(const void *p);

/* Bytes at the top of the window that must never be used. */
#define CH_MAP_UNUSED_TOP (sizeof(struct ch_page) / sizeof(void *) * CH_SLICE)

/*
 * Lets the window end where [start, start + size) ends, of which the last
 * CH_MAP_UNUSED_TOP bytes are lost, and reserves a table for `window` bytes of
 * addresses.  `start` and `size` are multiples of a slice.  Caller: start-up,
 * once.  0 or -errno; without a window all lookups go through the tree.
 */
CH_NODISCARD int ch_map_init(const void *start, size_t size, size_t window);

/* Makes ch_map_set() possible for the slices of this range.  0 or -ENOMEM. */
CH_NODISCARD int ch_map_prepare(const void *start, size_t size);

/*
 * Lets `n` slices from `start` lead to `page`; NULL: to nobody's.  The range
 * has been prepared.  Takes the lock of rank MAP.
 */
void ch_map_set(const void *start, size_t n, struct ch_page *page);

/*
 * Lets the slices that [start, start + size) touches lead to records of kind
 * FIXED, each of which remembers the page it stands before.  Needs no
 * preparation.  0 or -ENOMEM, and then some may be marked.  Caller: after
 * start-up, else the window may hide what was marked.
 */
CH_NODISCARD int ch_map_mark(const void *start, size_t size);
/* Lets the slices lead again to what the marks stand before. */
void ch_map_unmark(const void *start, size_t size);

/* A record of kind FREED: set where a run or huge block began. */
extern struct ch_page ch_page_freed;

/* Returns address space of the table that was never used; how many bytes. */
size_t ch_map_give_back(void);

struct ch_map_stats {
    size_t reserved;  /* bytes of address space */
    size_t committed; /* bytes that may be resident */
};

void ch_map_get_stats(struct ch_map_stats *stats);
void ch_map_lock(void);
void ch_map_unlock(void);
/* In the child of a fork, instead of ch_map_unlock(). */
void ch_map_reset_lock(void);

#endif
