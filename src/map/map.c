/* SPDX-License-Identifier: MIT */
/*
 * map.c - the window's table, and the tree for all other addresses.
 *
 * The table is reserved readable, which costs address space only and reads as
 * zeros, and is opened for writing in steps of STEP bytes (64 MiB of heap).
 * When the heap outgrows the window the table is laid anew, eight times as
 * long; the old one stays, for the sake of a reader that is just in it.
 *
 * Locks: one of rank MAP orders all writers.  Readers take none.
 */
#include "map/map.h"

#include <errno.h>
#include <stdbool.h>

#include "base/arith.h"
#include "base/bitmap.h"
#include "map/meta.h"
#include "os/vm.h"
#include "sync/lock.h"

#define STEP  (64 * CH_KIB)
#define ENTRY sizeof(uintptr_t)
/* The table never covers more than this; bytes of addresses. */
#define WINDOW_MAX ((size_t)512 * CH_GIB)
#define MAX_STEPS  (WINDOW_MAX / CH_SLICE * ENTRY / STEP)

/* The tree: a root and three levels of nodes over 57 bits of address. */
#define LEVEL_BITS   11u
#define LEVELS       3u
#define ROOT_BITS    11u
#define ADDRESS_BITS (CH_SLICE_SHIFT + LEVELS * LEVEL_BITS + ROOT_BITS)
_Static_assert(ADDRESS_BITS == 57, "five-level page tables have 57 bits");

struct node {
    void *slot[1u << LEVEL_BITS]; /* atomic; nodes, or records in the last */
};

struct ch_map ch_map;
struct ch_page ch_page_freed = {.kind = CH_PAGE_FREED};

static struct ch_page nobody;
/* The mark of all slices that lead to no page. */
static struct ch_page mark_of_nobody = {.kind = CH_PAGE_FIXED};

static struct {
    struct ch_lock lock;
    size_t window; /* bytes of addresses the table covers */
    uint64_t open[CH_BITMAP_WORDS(MAX_STEPS)]; /* steps that are writable */
    struct ch_map_stats stats;
    /* The tree has slices that a longer window would hide: it stays. */
    bool fixed;
    void *root[1u << ROOT_BITS]; /* atomic */
} map;

/* The table's entry for the slice of p; p is in the window. */
static size_t
entry_index(const void *p)
{
    return (ch_map.top - (uintptr_t)p) >> CH_SLICE_SHIFT;
}

static bool
is_in_window(const void *p)
{
    uintptr_t distance = ch_map.top - (uintptr_t)p;

    return distance < ch_map.limit << 4;
}

static uintptr_t *
table_entry(size_t index)
{
    return ch_map.table + index;
}

/* The slot of a tree for the slice of p, at a level; 0 is the root. */
static size_t
slot_index(const void *p, unsigned level)
{
    unsigned shift = CH_SLICE_SHIFT + (LEVELS - level) * LEVEL_BITS;
    uintptr_t bits = level == 0 ? ROOT_BITS : LEVEL_BITS;

    return (uintptr_t)p >> shift & (((uintptr_t)1 << bits) - 1);
}

static struct ch_page *
tree_find(const void *p)
{
    void *at = NULL;

    if ((uint64_t)(uintptr_t)p >> ADDRESS_BITS != 0) {
        return &nobody;
    }
    /* acquire: pairs with the release in tree_slot() */
    at = __atomic_load_n(&map.root[slot_index(p, 0)], __ATOMIC_ACQUIRE);
    for (unsigned level = 1; level <= LEVELS && at != NULL; level++) {
        at = __atomic_load_n(
            &((struct node *)at)->slot[slot_index(p, level)], __ATOMIC_ACQUIRE);
    }
    return at != NULL ? at : &nobody;
}

/* The last slot on the way to p, its nodes made; NULL: no memory. */
static void **
tree_slot(const void *p)
{
    void **slot = &map.root[slot_index(p, 0)];

    map.fixed |= ch_map.top - (uintptr_t)p < WINDOW_MAX;
    for (unsigned level = 1; level <= LEVELS; level++) {
        struct node *node = *slot;

        if (node == NULL) {
            node = ch_meta_alloc(sizeof *node);
            if (node == NULL) {
                return NULL;
            }
            /* release: pairs with the acquire in tree_find() */
            __atomic_store_n(slot, node, __ATOMIC_RELEASE);
        }
        slot = &node->slot[slot_index(p, level)];
    }
    return slot;
}

struct ch_page *
ch_map_find(const void *p)
{
    const void *aligned = (const void *)((uintptr_t)p & ~(uintptr_t)15);
    struct ch_page *page = ch_map_find_fast(aligned);

    if (page == NULL) {
        return tree_find(aligned);
    }
    return (uintptr_t)page == (uintptr_t)ch_map.table ? &nobody : page;
}

/* Lays a table for `window` bytes below ch_map.top.  Publishes nothing. */
static uintptr_t *
table_reserve(size_t window)
{
    return ch_vm_map(NULL, window / CH_SLICE * ENTRY, CH_VM_READ);
}

int
ch_map_init(const void *start, size_t size, size_t window)
{
    uintptr_t *table;

    window = ch_min_size(window, WINDOW_MAX);
    table = table_reserve(window);
    if (table == NULL) {
        return -ENOMEM;
    }
    map.window = window;
    map.stats.reserved = window / CH_SLICE * ENTRY;
    /* 16 less: all pointers of a slice are then at distances of one entry. */
    ch_map.top = (uintptr_t)start + size - 16;
    ch_map.table = table;
    /* release: pairs with the acquire in ch_map_find_fast() */
    __atomic_store_n(&ch_map.limit, window >> 4, __ATOMIC_RELEASE);
    return 0;
}

/* Opens a step of the table for writing. */
static int
open_step_locked(size_t step)
{
    size_t at = step * STEP;
    size_t n = ch_min_size(STEP, map.window / CH_SLICE * ENTRY - at);
    int err;

    if (ch_bitmap_get(map.open, step)) {
        return 0;
    }
    err = ch_meta_charge(n);
    if (err == 0) {
        err = ch_vm_commit(table_entry(at / ENTRY), n);
    }
    if (err == 0) {
        ch_bitmap_set_range(map.open, step, 1);
        map.stats.committed += n;
    }
    return err;
}

/* Copies what is open of the old table; entries are distances from it. */
static int
copy_table_locked(uintptr_t *table, size_t old_window)
{
    size_t n_steps = old_window / CH_SLICE * ENTRY / STEP;

    for (size_t s = ch_bitmap_next_set(map.open, 0, n_steps); s < n_steps;
         s = ch_bitmap_next_set(map.open, s + 1, n_steps)) {
        const uintptr_t *from = table_entry(s * STEP / ENTRY);
        uintptr_t *to = table + s * STEP / ENTRY;

        if (ch_meta_charge(STEP) != 0 || ch_vm_commit(to, STEP) != 0) {
            return -ENOMEM;
        }
        map.stats.committed += STEP;
        for (size_t i = 0; i < STEP / ENTRY; i++) {
            to[i] = from[i] == 0
                        ? 0
                        : from[i] + (uintptr_t)ch_map.table - (uintptr_t)table;
        }
    }
    return 0;
}

/* Makes the window eight times as long. */
static int
grow_window_locked(void)
{
    size_t old = map.window;
    size_t window = ch_min_size(old * 8, WINDOW_MAX);
    uintptr_t *table;

    if (map.fixed || window <= old || old % (STEP / ENTRY * CH_SLICE) != 0
        || window > ch_map.top) {
        return -ENOMEM;
    }
    table = table_reserve(window);
    if (table == NULL) {
        return -ENOMEM;
    }
    if (copy_table_locked(table, old) != 0) {
        ch_vm_unmap(table, window / CH_SLICE * ENTRY);
        return -ENOMEM;
    }
    map.window = window;
    map.stats.reserved += window / CH_SLICE * ENTRY;
    __atomic_store_n(&ch_map.table, table, __ATOMIC_RELEASE);
    __atomic_store_n(&ch_map.limit, window >> 4, __ATOMIC_RELEASE);
    return 0;
}

/* Grows the window until p is in it, if it can be. */
static void
reach_locked(const void *p)
{
    while (ch_map.limit != 0 && !is_in_window(p)
           && ch_map.top - (uintptr_t)p < WINDOW_MAX) {
        if (grow_window_locked() != 0) {
            return;
        }
    }
}

static int
prepare_one_locked(const void *p)
{
    if (is_in_window(p)) {
        return open_step_locked(entry_index(p) * ENTRY / STEP);
    }
    return tree_slot(p) != NULL ? 0 : -ENOMEM;
}

static int
prepare_locked(const char *first, size_t size)
{
    int err = 0;

    reach_locked(first);
    for (size_t at = 0; at < size && err == 0; at += CH_SLICE) {
        err = prepare_one_locked(first + at);
    }
    return err;
}

int
ch_map_prepare(const void *start, size_t size)
{
    int err;

    ch_lock(&map.lock);
    err = prepare_locked(start, size);
    ch_unlock(&map.lock);
    return err;
}

static void
set_one_locked(const char *p, struct ch_page *page)
{
    if (is_in_window(p)) {
        /* A block's pointer reaches another thread only by some
           synchronisation of the program's own, and this store with it.  But a
           mark comes between: release, for a reader who goes on from here */
        __atomic_store_n(table_entry(entry_index(p)),
            page == NULL ? 0 : (uintptr_t)page - (uintptr_t)ch_map.table,
            __ATOMIC_RELEASE);
        return;
    }
    __atomic_store_n(tree_slot(p), page, __ATOMIC_RELEASE);
}

void
ch_map_set(const void *start, size_t n, struct ch_page *page)
{
    const char *p = start;

    ch_lock(&map.lock);
    for (size_t i = 0; i < n; i++) {
        set_one_locked(p + i * CH_SLICE, page);
    }
    ch_unlock(&map.lock);
}

/* The mark of a page, made if it has none; NULL: no memory.  Whoever takes the
   page off the map does it under the lock, and deletes it, and its mark, only
   then: what the map leads to is there. */
static struct ch_page *
mark_of_locked(struct ch_page *page)
{
    struct ch_page *mark = page->mark;

    if (mark == NULL) {
        mark = ch_page_new();
        if (mark == NULL) {
            return NULL;
        }
        __atomic_store_n(&mark->under, page, __ATOMIC_RELAXED);
        __atomic_store_n(&mark->kind, CH_PAGE_FIXED, __ATOMIC_RELAXED);
        page->mark = mark;
    }
    return mark;
}

static int
mark_one_locked(const char *p)
{
    struct ch_page *page = ch_map_find(p);
    struct ch_page *mark;

    switch (__atomic_load_n(&page->kind, __ATOMIC_RELAXED)) {
    case CH_PAGE_FIXED:
        return 0;
    case CH_PAGE_NONE:
        mark = &mark_of_nobody;
        break;
    default:
        mark = mark_of_locked(page);
        break;
    }
    if (mark == NULL) {
        return -ENOMEM;
    }
    set_one_locked(p, mark);
    return 0;
}

static void
unmark_one_locked(const char *p)
{
    struct ch_page *page = ch_map_find(p);

    if (__atomic_load_n(&page->kind, __ATOMIC_RELAXED) == CH_PAGE_FIXED) {
        set_one_locked(p, page->under);
    }
}

static const char *
slice_of(const void *p)
{
    return (const char *)((uintptr_t)p & ~(CH_SLICE - 1));
}

/* Bytes of the slices that the range touches. */
static size_t
bytes_of_slices(const void *start, size_t size)
{
    return (size_t)((const char *)start - slice_of(start)) + size;
}

int
ch_map_mark(const void *start, size_t size)
{
    const char *first = slice_of(start);
    size_t n = bytes_of_slices(start, size);
    int err;

    ch_lock(&map.lock);
    err = prepare_locked(first, n);
    for (size_t at = 0; at < n && err == 0; at += CH_SLICE) {
        err = mark_one_locked(first + at);
    }
    ch_unlock(&map.lock);
    return err;
}

void
ch_map_unmark(const void *start, size_t size)
{
    const char *first = slice_of(start);
    size_t n = bytes_of_slices(start, size);

    ch_lock(&map.lock);
    for (size_t at = 0; at < n; at += CH_SLICE) {
        unmark_one_locked(first + at);
    }
    ch_unlock(&map.lock);
}

size_t
ch_map_give_back(void)
{
    size_t length;
    size_t n_steps;
    size_t used = 0;
    size_t size;

    ch_lock(&map.lock);
    length = map.window / CH_SLICE * ENTRY;
    n_steps = length / STEP;
    for (size_t s = ch_bitmap_next_set(map.open, 0, n_steps); s < n_steps;
         s = ch_bitmap_next_set(map.open, s + 1, n_steps)) {
        used = (s + 1) * STEP;
    }
    size = used == 0 || used >= length ? 0 : length - used;
    if (size > 0) {
        map.window = used / ENTRY * CH_SLICE;
        __atomic_store_n(&ch_map.limit, map.window >> 4, __ATOMIC_RELEASE);
        ch_vm_unmap(table_entry(used / ENTRY), size);
        map.stats.reserved -= size;
    }
    ch_unlock(&map.lock);
    return size;
}

void
ch_map_get_stats(struct ch_map_stats *stats)
{
    ch_lock(&map.lock);
    *stats = map.stats;
    ch_unlock(&map.lock);
}

void
ch_map_lock(void)
{
    ch_lock(&map.lock);
}

void
ch_map_unlock(void)
{
    ch_unlock(&map.lock);
}

void
ch_map_reset_lock(void)
{
    ch_lock_reset(&map.lock);
}
