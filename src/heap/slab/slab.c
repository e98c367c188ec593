/* SPDX-License-Identifier: MIT */
/*
 * slab.c - which part of the engine serves which size.
 */
#include "heap/slab/slab.h"

#include <string.h>

#include "base/arith.h"
#include "heap/slab/heap.h"
#include "heap/slab/large.h"
#include "heap/slab/remote.h"
#include "os/vm.h"
#include "region/budget.h"

/* A block of a class for this thread. */
static void *
class_alloc(size_t c)
{
    struct ch_cache *cache = ch_cache_enter();
    void *p = ch_heap_take(cache, c);

    ch_cache_leave(cache);
    return p;
}

static void *
large_alloc(size_t size, size_t align, bool zero)
{
    struct ch_large_want want = {.size = size, .align = align, .zero = zero};
    struct ch_cache *cache = ch_cache_enter();
    struct ch_arena *arena = cache->arena;

    ch_cache_leave(cache);
    return ch_large_alloc(arena, &want);
}

/* A class whose page cannot be had may still fit in slices of its own. */
static void *
class_alloc_hard(size_t size)
{
    size_t c = ch_class_of(size);
    void *p = class_alloc(c);

    if (p == NULL && ch_class_size(c) > CH_SMALL_PAGE_MAX) {
        p = large_alloc(size, CH_SLICE, false);
    }
    return p;
}

static void *
try_alloc(const struct ch_large_want *want)
{
    if (want->size <= CH_CLASS_MAX && want->align <= CH_MIN_ALIGN) {
        return class_alloc_hard(want->size);
    }
    return large_alloc(want->size, want->align, want->zero);
}

/* When memory is short, what the caches have idle may be enough. */
static void *
alloc(const struct ch_large_want *want)
{
    void *p = try_alloc(want);

    if (CH_UNLIKELY(p == NULL && want->size <= ch_budget_used())) {
        ch_cache_trim();
        p = try_alloc(want);
    }
    return p;
}

void *
ch_slab_alloc(size_t size)
{
    struct ch_large_want want = {.size = size, .align = CH_MIN_ALIGN};

    return alloc(&want);
}

void *
ch_slab_alloc_zeroed(size_t size)
{
    struct ch_large_want want = {
        .size = size, .align = CH_MIN_ALIGN, .zero = true};
    void *p = alloc(&want);

    if (p != NULL && size <= CH_CLASS_MAX) {
        memset(p, 0, size);
    }
    return p;
}

void *
ch_slab_alloc_aligned(size_t align, size_t size)
{
    struct ch_large_want want = {
        .size = ch_max_size(size, 1), .align = CH_MIN_ALIGN};
    size_t rounded = ch_align_up(want.size, align);

    if (align <= CH_MIN_ALIGN) {
        return ch_slab_alloc(size);
    }
    if (align <= CH_SLICE && rounded <= CH_CLASS_MAX) {
        /* See size_class.h: such a class has aligned blocks only. */
        want.size = rounded;
    } else {
        want.align = align;
    }
    return alloc(&want);
}

bool
ch_slab_free(struct ch_page *page, void *p)
{
    enum ch_page_kind kind =
        (enum ch_page_kind)__atomic_load_n(&page->kind, __ATOMIC_RELAXED);

    if (kind != CH_PAGE_SMALL && kind != CH_PAGE_MEDIUM) {
        return ch_large_free(page, p);
    }
    if (__atomic_load_n(&page->owner, __ATOMIC_RELAXED) == ch_cache_self
        && ch_cache_self != &ch_cache_late) {
        ch_cache_enter();
        ch_heap_give(page, p);
        return true;
    }
    ch_remote_free(page, p);
    return true;
}

/* A block stays in its class, or where less than half of it would be used. */
static bool
fits_class(const struct ch_page *page, size_t size)
{
    return size <= page->block_size
           && (size > page->block_size / 2
               || ch_class_size(ch_class_of(size)) == page->block_size);
}

void *
ch_slab_resize(struct ch_page *page, void *p, size_t size)
{
    if (page->kind == CH_PAGE_SMALL || page->kind == CH_PAGE_MEDIUM) {
        return fits_class(page, size) ? p : NULL;
    }
    return ch_large_resize(page, p, size);
}

bool
ch_slab_is_block(const struct ch_page *page, const void *p)
{
    return ch_slab_has(page) && ch_is_aligned(p, CH_MIN_ALIGN)
           && (page->kind == CH_PAGE_SMALL || page->kind == CH_PAGE_MEDIUM
               || p == page->start);
}

bool
ch_slab_starts_block(const struct ch_page *page, const void *p)
{
    size_t off = (size_t)((const char *)p - page->start);

    if (!ch_slab_is_block(page, p)) {
        return false;
    }
    return off == 0
           || (off < ch_page_bytes(page) && off % page->block_size == 0);
}

size_t
ch_slab_usable(const struct ch_page *page)
{
    if (page->kind == CH_PAGE_SMALL || page->kind == CH_PAGE_MEDIUM) {
        return page->block_size;
    }
    return page->bytes;
}

size_t
ch_slab_good_size(size_t size)
{
    if (size <= CH_CLASS_MAX) {
        return ch_class_size(ch_class_of(size));
    }
    return size <= CH_RUN_MAX ? ch_align_up(size, CH_SLICE)
                              : ch_align_up(size, ch_vm_page_size());
}
