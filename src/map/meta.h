/* SPDX-License-Identifier: MIT */
/*
 * meta.h - memory for the library itself, apart from all users' memory.
 */
#ifndef CH_MAP_META_H
#define CH_MAP_META_H

#include <stddef.h>

#include "base/attrs.h"

struct ch_page;

struct ch_meta_stats {
    size_t reserved;  /* bytes of address space */
    size_t committed; /* bytes that may be resident */
    size_t used;      /* bytes handed out */
};

/*
 * `reserve`: bytes of address space taken at a time.  `charge` is asked before
 * `bytes` become usable and answers 0, or -errno to refuse them; NULL asks
 * nobody.  Caller: start-up.
 */
void ch_meta_init(size_t reserve, int (*charge)(size_t bytes));

/*
 * Zeroed memory at a multiple of 128 bytes, never given back; NULL when there
 * is none.  Any thread; takes the MAP lock.
 */
CH_NODISCARD void *ch_meta_alloc(size_t size);

/* A record that nobody owns, of kind NONE, without blocks; what else is in it
   may be of an earlier use.  NULL: no memory.  Any thread; takes the MAP
   lock. */
CH_NODISCARD struct ch_page *ch_page_new(void);
/* For reuse, with its mark.  No thread may find either through the map any
   more. */
void ch_page_delete(struct ch_page *page);

/* Returns address space that was never used; how many bytes. */
size_t ch_meta_give_back(void);

/* Asks `charge` for memory that others reserve, see ch_meta_init(). */
CH_NODISCARD int ch_meta_charge(size_t bytes);

void ch_meta_get_stats(struct ch_meta_stats *stats);
void ch_meta_lock(void);
void ch_meta_unlock(void);
/* In the child of a fork, instead of ch_meta_unlock(). */
void ch_meta_reset_lock(void);

#endif
