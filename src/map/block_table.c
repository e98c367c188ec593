/* SPDX-License-Identifier: MIT */
/*
 * block_table.c - see block_table.h.
 *
 * Source: D. E. Knuth, The Art of Computer Programming 3, 6.4, algorithms L
 * and R.
 */
#include "map/block_table.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/arith.h"
#include "os/fault.h"
#include "os/vm.h"

/* Entries that a table which nobody reserved begins with. */
#define FIRST_COUNT 1024u
/* A search needs one empty place: most() must be less than the whole. */
#define LEAST_PLACES 4u

/* Bytes to map for so many places. */
static size_t
bytes_of(size_t n_places)
{
    return ch_align_up(
        n_places * sizeof(struct ch_block_entry), ch_vm_page_size());
}

static size_t
most(size_t n_places)
{
    return n_places - n_places / 4;
}

/* Where p belongs: addresses differ in their middle bits, which a
   multiplication brings to the top. */
static size_t
home_of(const struct ch_block_table *table, const void *p)
{
    uint64_t hash = (uint64_t)(uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(hash >> 32) & (table->n_places - 1);
}

static size_t
next_place(const struct ch_block_table *table, size_t at)
{
    return (at + 1) & (table->n_places - 1);
}

/* The place that has p, or where it would go. */
static struct ch_block_entry *
place_of(const struct ch_block_table *table, const void *p)
{
    size_t at = home_of(table, p);

    while (table->entries[at].p != NULL && table->entries[at].p != p) {
        at = next_place(table, at);
    }
    return &table->entries[at];
}

/* Puts all entries into a table of another size. */
static int
resize(struct ch_block_table *table, size_t n_places)
{
    struct ch_block_table to = {.n_places = n_places, .count = table->count};

    to.entries = ch_vm_map(NULL, bytes_of(n_places), CH_VM_READ_WRITE);
    if (to.entries == NULL) {
        return -ENOMEM;
    }
    for (struct ch_block_entry *e = ch_block_table_next(table, NULL); e != NULL;
         e = ch_block_table_next(table, e)) {
        *place_of(&to, e->p) = *e;
    }
    ch_block_table_fini(table);
    *table = to;
    return 0;
}

int
ch_block_table_reserve(struct ch_block_table *table, size_t count)
{
    size_t n_places = ch_max_size(table->n_places, LEAST_PLACES);

    if (count > SIZE_MAX / 2 / sizeof(struct ch_block_entry) / 2) {
        return -ENOMEM;
    }
    while (most(n_places) < count) {
        n_places *= 2;
    }
    return n_places > table->n_places ? resize(table, n_places) : 0;
}

void
ch_block_table_clear(struct ch_block_table *table)
{
    if (table->count != 0) {
        memset(table->entries, 0, table->n_places * sizeof *table->entries);
    }
    table->count = 0;
}

void
ch_block_table_fini(struct ch_block_table *table)
{
    if (table->n_places != 0) {
        ch_vm_unmap(table->entries, bytes_of(table->n_places));
    }
    *table = (struct ch_block_table){.count = 0};
}

struct ch_block_entry *
ch_block_table_find(const struct ch_block_table *table, const void *p)
{
    struct ch_block_entry *entry;

    if (table->count == 0) {
        return NULL;
    }
    entry = place_of(table, p);
    return entry->p != NULL ? entry : NULL;
}

struct ch_block_entry *
ch_block_table_put(struct ch_block_table *table, const void *p)
{
    struct ch_block_entry *entry = ch_block_table_find(table, p);
    size_t want = ch_max_size(table->count + 1, FIRST_COUNT);

    if (entry != NULL) {
        return entry;
    }
    if (table->count == most(table->n_places)
        && ch_block_table_reserve(table, want) != 0) {
        return NULL;
    }
    entry = place_of(table, p);
    entry->p = p;
    table->count++;
    return entry;
}

/* True when an entry at `at` that belongs to `home` may stand at `hole`, which
   is before `at` in the round. */
static bool
may_fill(const struct ch_block_table *table, size_t hole, size_t at, size_t home)
{
    size_t mask = table->n_places - 1;

    return ((at - home) & mask) >= ((at - hole) & mask);
}

void
ch_block_table_remove(struct ch_block_table *table, struct ch_block_entry *entry)
{
    struct ch_block_entry *entries = table->entries;
    size_t hole = (size_t)(entry - entries);
    size_t at = next_place(table, hole);

    CH_ASSERT(entry->p != NULL);
    for (; entries[at].p != NULL; at = next_place(table, at)) {
        if (may_fill(table, hole, at, home_of(table, entries[at].p))) {
            entries[hole] = entries[at];
            hole = at;
        }
    }
    entries[hole] = (struct ch_block_entry){.p = NULL};
    table->count--;
}

struct ch_block_entry *
ch_block_table_next(
    const struct ch_block_table *table, const struct ch_block_entry *entry)
{
    size_t at = entry != NULL ? (size_t)(entry - table->entries) + 1 : 0;

    for (; at < table->n_places; at++) {
        if (table->entries[at].p != NULL) {
            return &table->entries[at];
        }
    }
    return NULL;
}
