/* SPDX-License-Identifier: MIT */
/*
 * route.c - chooses the engine, and names pointers that no engine has.
 */
#include "front/route.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arith.h"
#include "base/text.h"
#include "front/bootstrap.h"
#include "front/start.h"
#include "front/verbose.h"
#include "heap/slab/slab.h"
#include "map/map.h"
#include "os/fault.h"

/* p, which may be NULL for want of memory; says so if it is to be said. */
static inline void *
checked(void *p, size_t size)
{
    if (CH_UNLIKELY(p == NULL)) {
        ch_verbose_refused(ch_start_options(), size);
    }
    return p;
}

void *
ch_route_alloc(size_t size)
{
    if (CH_UNLIKELY(!ch_start())) {
        return ch_bootstrap_alloc(CH_MIN_ALIGN, size);
    }
    return checked(size <= PTRDIFF_MAX ? ch_slab_alloc(size) : NULL, size);
}

void *
ch_route_calloc(size_t n, size_t size)
{
    size_t bytes;

    if (!ch_mul_size(n, size, &bytes) || bytes > PTRDIFF_MAX) {
        return NULL;
    }
    if (CH_UNLIKELY(!ch_start())) {
        return ch_bootstrap_alloc(CH_MIN_ALIGN, bytes);
    }
    return checked(ch_slab_alloc_zeroed(bytes), bytes);
}

void *
ch_route_alloc_aligned(size_t align, size_t size)
{
    size_t end;

    /* The rounding up of the size, and of the address, must not wrap. */
    if (!ch_add_size(size, align, &end) || end > PTRDIFF_MAX) {
        return NULL;
    }
    if (CH_UNLIKELY(!ch_start())) {
        return ch_bootstrap_alloc(align, size);
    }
    return checked(ch_slab_alloc_aligned(align, size), size);
}

/* What is wrong with a pointer that leads to this page. */
static const char *
fault_of(const struct ch_page *page, const void *p)
{
    switch (page->kind) {
    case CH_PAGE_NONE:
        return " of a foreign pointer";
    case CH_PAGE_FREED:
        return " of a freed pointer";
    default:
        return ch_is_aligned(p, CH_MIN_ALIGN) ? " of a pointer into a block"
                                              : " of a misaligned pointer";
    }
}

/* No engine has p as a block. */
static CH_SLOW void
report(const struct ch_page *page, const void *p, const char *op)
{
    char what[64];
    struct ch_text t;

    if (!ch_start() || ch_start_options()->foreign_ignore) {
        return;
    }
    if (page->kind == CH_PAGE_FREED && ch_str_eq(op, "free")) {
        ch_fault("double free", p);
    }
    ch_text_init(&t, what, sizeof what);
    ch_text_str(&t, op);
    ch_text_str(&t, fault_of(page, p));
    ch_fault(what, p);
}

/* The page of a block; NULL, and reported, when p is none. */
static struct ch_page *
page_of(const void *p, const char *op)
{
    struct ch_page *page = ch_map_find(p);

    if (CH_LIKELY(ch_slab_is_block(page, p))) {
        return page;
    }
    report(page, p, op);
    return NULL;
}

bool
ch_route_has(const void *p)
{
    return ch_bootstrap_has(p) || ch_slab_has(ch_map_find(p));
}

void
ch_route_free(void *p, const char *op)
{
    struct ch_page *page;

    if (p == NULL) {
        return;
    }
    if (CH_UNLIKELY(ch_bootstrap_has(p))) {
        return;
    }
    page = page_of(p, op);
    if (page != NULL && !ch_slab_free(page, p)) {
        report(page, p, op);
    }
}

/* A new block with the content of the old one, which is freed. */
static void *
move(struct ch_page *page, void *p, size_t size)
{
    void *q = ch_route_alloc(size);

    if (q != NULL) {
        memcpy(q, p, ch_min_size(size, ch_slab_usable(page)));
        ch_slab_free(page, p);
    }
    return q;
}

/* The same for a block from before the start, which stays.  By hand: memcpy()
   may be out of reach yet. */
static void *
move_bootstrap(const char *p, size_t size)
{
    volatile char *q = size != 0 ? ch_route_alloc(size) : NULL;

    for (size_t i = 0; q != NULL && i < size && i < ch_bootstrap_usable(p);
         i++) {
        q[i] = p[i];
    }
    return (void *)q;
}

void *
ch_route_realloc(void *p, size_t size, const char *op)
{
    struct ch_page *page;
    void *q;

    if (p == NULL) {
        return ch_route_alloc(size);
    }
    if (CH_UNLIKELY(ch_bootstrap_has(p))) {
        return move_bootstrap(p, size);
    }
    page = page_of(p, op);
    if (page == NULL || size > PTRDIFF_MAX) {
        return NULL;
    }
    if (size == 0) {
        ch_route_free(p, op);
        return NULL;
    }
    q = ch_slab_resize(page, p, size);
    return q != NULL ? q : move(page, p, size);
}

size_t
ch_route_usable(const void *p, const char *op)
{
    struct ch_page *page;

    if (p == NULL) {
        return 0;
    }
    if (CH_UNLIKELY(ch_bootstrap_has(p))) {
        return ch_bootstrap_usable(p);
    }
    page = page_of(p, op);
    return page != NULL ? ch_slab_usable(page) : 0;
}

size_t
ch_route_good_size(size_t size)
{
    return size <= PTRDIFF_MAX ? ch_slab_good_size(size) : size;
}
