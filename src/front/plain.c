/* SPDX-License-Identifier: MIT */
/*
 * plain.c - see plain.h.
 */
#include "front/plain.h"

#include <string.h>

#include "base/arith.h"
#include "base/text.h"
#include "heap/slab/slab.h"
#include "map/block_table.h"
#include "map/map.h"
#include "os/fault.h"
#include "sync/lock.h"

bool ch_plain_is_exact;

static struct {
    struct ch_lock lock;
    enum ch_poison poison;       /* const after the start */
    struct ch_block_table table; /* content -> size asked for, block; lock */
    size_t bytes;                /* lock */
    size_t peak;                 /* lock */
} plain;

void
ch_plain_init(bool is_exact, enum ch_poison poison)
{
    plain.poison = poison;
    ch_plain_is_exact = is_exact || poison != CH_POISON_NONE;
}

/* Bytes from the start of a block to its content. */
static size_t
head_of(size_t align)
{
    return plain.poison == CH_POISON_NONE ? 0
                                          : ch_max_size(align, CH_MIN_ALIGN);
}

static size_t
tail_size(void)
{
    return plain.poison == CH_POISON_NONE ? 0 : CH_POISON_TAIL;
}

static struct ch_page *
page_at(const void *block)
{
    return ch_page_of_slab(ch_map_find(block));
}

/* ---- the table ----------------------------------------------------------- */

static bool
remember(void *p, size_t size, void *block)
{
    struct ch_block_entry *entry;

    ch_lock(&plain.lock);
    entry = ch_block_table_put(&plain.table, p);
    if (entry != NULL) {
        entry->size = size;
        entry->value = (uintptr_t)block;
        plain.bytes += ch_slab_usable(page_at(block));
        plain.peak = ch_max_size(plain.peak, plain.bytes);
    }
    ch_unlock(&plain.lock);
    return entry != NULL;
}

/* The entry of p; `p` NULL in it: there is none. */
static struct ch_block_entry
recall(const void *p)
{
    struct ch_block_entry copy = {.p = NULL};
    const struct ch_block_entry *entry;

    ch_lock(&plain.lock);
    entry = ch_block_table_find(&plain.table, p);
    if (entry != NULL) {
        copy = *entry;
    }
    ch_unlock(&plain.lock);
    return copy;
}

/* Takes p out; false: another thread was first. */
static bool
forget(const void *p)
{
    struct ch_block_entry *entry;

    ch_lock(&plain.lock);
    entry = ch_block_table_find(&plain.table, p);
    if (entry != NULL) {
        plain.bytes -= ch_slab_usable(page_at((void *)entry->value));
        ch_block_table_remove(&plain.table, entry);
    }
    ch_unlock(&plain.lock);
    return entry != NULL;
}

/* ---- allocating ---------------------------------------------------------- */

static void *
slab_alloc(size_t align, size_t size)
{
    return align <= CH_MIN_ALIGN ? ch_slab_alloc(size)
                                 : ch_slab_alloc_aligned(align, size);
}

static void
dress(void *p, size_t size)
{
    if (plain.poison == CH_POISON_COMPREHENSIVE) {
        memset(p, CH_POISON_FRESH, size);
    }
    if (plain.poison != CH_POISON_NONE) {
        ch_poison_arm(p, size);
    }
}

static CH_SLOW void *
alloc_exact(size_t align, size_t size)
{
    size_t head = head_of(align);
    size_t whole;
    char *block;

    if (!ch_add_size(size, head + tail_size(), &whole)) {
        return NULL;
    }
    block = slab_alloc(align, whole);
    if (block == NULL) {
        return NULL;
    }
    if (!remember(block + head, size, block)) {
        ch_slab_free(page_at(block), block);
        return NULL;
    }
    dress(block + head, size);
    return block + head;
}

void *
ch_plain_alloc(size_t align, size_t size)
{
    return CH_UNLIKELY(ch_plain_is_exact) ? alloc_exact(align, size)
                                          : slab_alloc(align, size);
}

void *
ch_plain_alloc_zeroed(size_t size)
{
    void *p;

    if (CH_LIKELY(!ch_plain_is_exact)) {
        return ch_slab_alloc_zeroed(size);
    }
    p = alloc_exact(0, size);
    return p != NULL ? memset(p, 0, size) : NULL;
}

/* ---- blocks in use ------------------------------------------------------- */

static struct ch_page *
exact_page(const void *p)
{
    struct ch_block_entry entry = recall(p);

    return entry.p != NULL ? page_at((void *)entry.value) : NULL;
}

struct ch_page *
ch_plain_page(const void *p)
{
    struct ch_page *page;

    if (CH_UNLIKELY(ch_plain_is_exact)) {
        return exact_page(p);
    }
    page = ch_page_of_slab(ch_map_find(p));
    return CH_LIKELY(ch_slab_is_block(page, p)) ? page : NULL;
}

/* From p to the end of its block: what its canaries may take. */
static size_t
room_of(const struct ch_block_entry *entry)
{
    return ch_slab_usable(page_at((void *)entry->value))
           - ((uintptr_t)entry->p - entry->value);
}

static bool
is_whole(const struct ch_block_entry *entry, struct ch_corruption *bad)
{
    bad->kind = CH_CORRUPTION_NONE;
    return plain.poison == CH_POISON_NONE
           || ch_poison_verify(entry->p, room_of(entry), bad);
}

static void
verify(const struct ch_block_entry *entry, const char *op)
{
    struct ch_corruption bad;
    char what[128];
    struct ch_text t;

    if (is_whole(entry, &bad)) {
        return;
    }
    ch_corruption_say(&bad);
    ch_text_init(&t, what, sizeof what);
    ch_text_str(&t, op);
    ch_text_str(&t, " of a corrupt block");
    ch_fault(what, entry->p);
}

static CH_SLOW bool
free_exact(void *p, const char *op)
{
    struct ch_block_entry entry = recall(p);

    if (entry.p == NULL) {
        return false;
    }
    verify(&entry, op);
    if (!forget(p)) {
        return false;
    }
    if (plain.poison == CH_POISON_COMPREHENSIVE) {
        memset(p, CH_POISON_FREE, entry.size);
    }
    return ch_slab_free(page_at((void *)entry.value), (void *)entry.value);
}

bool
ch_plain_free(struct ch_page *page, void *p, const char *op)
{
    return CH_UNLIKELY(ch_plain_is_exact) ? free_exact(p, op)
                                          : ch_slab_free(page, p);
}

/* A poisoned block always moves: its canaries stand where they are. */
static void *
resize_exact(struct ch_page *page, void *p, size_t size)
{
    void *q = NULL;

    if (plain.poison != CH_POISON_NONE || !forget(p)) {
        return NULL;
    }
    q = ch_slab_resize(page, p, size);
    /* There is room: it was taken out just now. */
    (void)!remember(q != NULL ? q : p, size, q != NULL ? q : p);
    return q;
}

void *
ch_plain_resize(struct ch_page *page, void *p, size_t size)
{
    return CH_UNLIKELY(ch_plain_is_exact) ? resize_exact(page, p, size)
                                          : ch_slab_resize(page, p, size);
}

size_t
ch_plain_usable(const struct ch_page *page, const void *p)
{
    return CH_UNLIKELY(plain.poison != CH_POISON_NONE) ? recall(p).size
                                                       : ch_slab_usable(page);
}

/* ---- all blocks ---------------------------------------------------------- */

void
ch_plain_get_info(struct ch_plain_info *info)
{
    ch_lock(&plain.lock);
    info->bytes = plain.bytes;
    info->peak = plain.peak;
    info->blocks = plain.table.count;
    ch_unlock(&plain.lock);
}

void
ch_plain_set_peak(size_t bytes)
{
    ch_lock(&plain.lock);
    plain.peak = ch_max_size(bytes, plain.bytes);
    ch_unlock(&plain.lock);
}

/* The live block whose content begins in the block of the engine at `block`;
   the head's size follows from an alignment that is not known here. */
static struct ch_block_entry
recall_in(const struct ch_slab_block *block)
{
    struct ch_block_entry entry = recall((char *)block->p + head_of(0));

    for (size_t head = head_of(2 * CH_MIN_ALIGN);
         entry.p == NULL && head != 0 && head < block->size; head *= 2) {
        entry = recall((char *)block->p + head);
    }
    return entry;
}

struct walk {
    bool (*visit)(const struct ch_slab_block *block, void *ctx);
    void *ctx;
};

static bool
visit_exact(const struct ch_slab_block *block, void *ctx)
{
    const struct walk *walk = ctx;
    struct ch_block_entry entry = recall_in(block);
    struct ch_slab_block seen = *block;

    seen.is_used = entry.p != NULL;
    if (seen.is_used && plain.poison != CH_POISON_NONE) {
        seen.p = (void *)(uintptr_t)entry.p;
        seen.size = entry.size;
    }
    return walk->visit(&seen, walk->ctx);
}

void
ch_plain_walk(
    bool (*visit)(const struct ch_slab_block *block, void *ctx), void *ctx)
{
    struct walk walk = {visit, ctx};

    if (ch_plain_is_exact) {
        ch_slab_walk(visit_exact, &walk);
    } else {
        ch_slab_walk(visit, ctx);
    }
}

bool
ch_plain_find(const void *p, struct ch_slab_block *block)
{
    struct ch_block_entry entry;

    if (!ch_slab_find(p, block)) {
        return false;
    }
    if (!ch_plain_is_exact) {
        return true;
    }
    entry = recall_in(block);
    if (entry.p == NULL || (uintptr_t)p < (uintptr_t)entry.p) {
        return false;
    }
    block->p = (void *)(uintptr_t)entry.p;
    block->size = ch_plain_usable(page_at((void *)entry.value), entry.p);
    return true;
}

/* ---- the check ----------------------------------------------------------- */

struct check {
    void (*say)(void *ctx, const char *line);
    void *ctx;
    bool is_good;
};

/* Under the lock a block cannot end meanwhile. */
static void
look_at(const void *p, struct ch_corruption *bad)
{
    const struct ch_block_entry *entry;

    ch_lock(&plain.lock);
    entry = ch_block_table_find(&plain.table, p);
    if (entry != NULL) {
        (void)!is_whole(entry, bad);
    }
    ch_unlock(&plain.lock);
}

static bool
visit_check(const struct ch_slab_block *block, void *ctx)
{
    struct ch_corruption bad = {.kind = CH_CORRUPTION_NONE};
    struct check *check = ctx;
    char line[CH_LINE_MAX];
    struct ch_text t;

    look_at(block->p, &bad);
    if (bad.kind == CH_CORRUPTION_NONE) {
        return true;
    }
    check->is_good = false;
    if (check->say != NULL) {
        ch_text_init(&t, line, sizeof line);
        ch_corruption_line(&bad, &t);
        check->say(check->ctx, line);
    }
    return true;
}

bool
ch_plain_check(void (*say)(void *ctx, const char *line), void *ctx)
{
    struct check check = {.say = say, .ctx = ctx, .is_good = true};

    if (!ch_slab_check()) {
        check.is_good = false;
        if (say != NULL) {
            say(ctx, "CORRUPT HEAP: the records of the heap disagree");
        }
    }
    if (plain.poison != CH_POISON_NONE) {
        ch_plain_walk(visit_check, &check);
    }
    return check.is_good;
}

/* ---- fork ---------------------------------------------------------------- */

void
ch_plain_before_fork(void)
{
    ch_lock(&plain.lock);
}

void
ch_plain_after_fork_parent(void)
{
    ch_unlock(&plain.lock);
}

void
ch_plain_after_fork_child(void)
{
    ch_lock_reset(&plain.lock);
}
