/* SPDX-License-Identifier: MIT */
/*
 * block_table.h - from the address of a block to what is remembered of it.
 *
 * A hash table with open addressing and linear probing, in memory of its own
 * that is no heap's.  It is never more than three quarters full; taking an
 * entry out moves the ones behind it forward, so there are no tombstones and
 * a search ends at the first empty place.
 *
 * Nothing is locked here.
 */
#ifndef CH_MAP_BLOCK_TABLE_H
#define CH_MAP_BLOCK_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

struct ch_block_entry {
    const void *p; /* the key; NULL: the place is empty */
    size_t size;   /* the rest is the owner's */
    uintptr_t value;
};

/* All zero: no memory yet. */
struct ch_block_table {
    struct ch_block_entry *entries;
    size_t n_places; /* a power of two, or 0 */
    size_t count;
};

/* Makes room for `count` entries in all.  0 or -ENOMEM, and then the table is
   as before. */
CH_NODISCARD int ch_block_table_reserve(
    struct ch_block_table *table, size_t count);
/* Forgets all entries; the memory stays. */
void ch_block_table_clear(struct ch_block_table *table);
/* Gives the memory back. */
void ch_block_table_fini(struct ch_block_table *table);

/* NULL: there is none.  Entries move when others are removed or the table
   grows. */
struct ch_block_entry *ch_block_table_find(
    const struct ch_block_table *table, const void *p);
/*
 * The entry of p, which is not NULL; a new one has size and value 0.  Grows
 * the table when it is full; NULL: no memory for that.
 */
CH_NODISCARD struct ch_block_entry *ch_block_table_put(
    struct ch_block_table *table, const void *p);
void ch_block_table_remove(
    struct ch_block_table *table, struct ch_block_entry *entry);
/* The entry after this one, in no order; begin with NULL. */
struct ch_block_entry *ch_block_table_next(
    const struct ch_block_table *table, const struct ch_block_entry *entry);

#endif
