/* SPDX-License-Identifier: MIT */
/*
 * route.c - chooses the engine, and names pointers that no engine has.
 */
#include "front/route.h"

#include <string.h>

#include "base/arith.h"
#include "base/text.h"
#include "front/bootstrap.h"
#include "front/caller.h"
#include "front/place.h"
#include "front/plain.h"
#include "front/start.h"
#include "front/verbose.h"
#include "heap/slab/slab.h"
#include "heap/tlsf/registry.h"
#include "map/map.h"
#include "os/fault.h"
#include "region/budget.h"
#include "sync/hook.h"

static bool is_bounded; /* const after the start */

bool
ch_route_is_bounded(void)
{
    return is_bounded;
}

void
ch_route_bound(void)
{
    is_bounded = true;
}

/* ---- allocating ---------------------------------------------------------- */

static inline bool
is_for_device(const void *caller)
{
    return CH_UNLIKELY(is_bounded) && !ch_caller_is_host(caller);
}

/* After a refusal of plain memory: true when something else could spare some,
   and to try again is worth it. */
static CH_SLOW bool
can_retry(size_t size)
{
    return size <= ch_budget_limit() && ch_place_reclaim();
}

/* Without the hooks; what moves a block uses it.  The sum of the arguments
   is at most PTRDIFF_MAX. */
static void *
take(size_t align, size_t size, const void *caller)
{
    void *p;

    if (is_for_device(caller)) {
        return ch_place_alloc_default(
            ch_max_size(align, CH_MIN_ALIGN), ch_max_size(size, 1));
    }
    p = ch_plain_alloc(align, size);
    return CH_LIKELY(p != NULL) || !can_retry(size)
               ? p
               : ch_plain_alloc(align, size);
}

/* p, which may be NULL for want of memory; tells who is to know.  What stays
   with the host beside a device concerns nobody. */
static inline void *
told(void *p, size_t size, const void *caller)
{
    ch_place_tell_plain_low();
    if (CH_UNLIKELY(p == NULL)) {
        ch_verbose_refused(ch_start_options(), size);
    } else if (ch_hooks_are_on() && (!is_bounded || is_for_device(caller))) {
        ch_hook_alloc(p, size, 0);
    }
    return p;
}

void *
ch_route_alloc(size_t size, const void *caller)
{
    if (CH_UNLIKELY(!ch_start())) {
        return ch_bootstrap_alloc(CH_MIN_ALIGN, size);
    }
    return told(
        size <= PTRDIFF_MAX ? take(0, size, caller) : NULL, size, caller);
}

static void *
take_zeroed(size_t size, const void *caller)
{
    void *p;

    if (!is_for_device(caller)) {
        p = ch_plain_alloc_zeroed(size);
        return CH_LIKELY(p != NULL) || !can_retry(size)
                   ? p
                   : ch_plain_alloc_zeroed(size);
    }
    p = ch_place_alloc_default(CH_MIN_ALIGN, ch_max_size(size, 1));
    return p != NULL ? memset(p, 0, size) : NULL;
}

void *
ch_route_calloc(size_t n, size_t size, const void *caller)
{
    size_t bytes;

    if (!ch_mul_size(n, size, &bytes) || bytes > PTRDIFF_MAX) {
        return NULL;
    }
    if (CH_UNLIKELY(!ch_start())) {
        return ch_bootstrap_alloc(CH_MIN_ALIGN, bytes);
    }
    return told(take_zeroed(bytes, caller), bytes, caller);
}

void *
ch_route_alloc_aligned(size_t align, size_t size, const void *caller)
{
    size_t end;

    /* The rounding up of the size, and of the address, must not wrap. */
    if (!ch_add_size(size, align, &end) || end > PTRDIFF_MAX) {
        return NULL;
    }
    if (CH_UNLIKELY(!ch_start())) {
        return ch_bootstrap_alloc(align, size);
    }
    return told(take(align, size, caller), size, caller);
}

/* ---- whose block it is --------------------------------------------------- */

/* One of the two is set, or none: then p is no block. */
struct owner {
    struct ch_place *place;
    struct ch_page *page; /* of the slab engine */
    bool is_marked;       /* a heap of the fixed engine may lie in the block */
};

static inline bool
has_block(const struct owner *owner)
{
    return owner->page != NULL || owner->place != NULL;
}

static CH_SLOW struct owner
find_owner_slow(const void *p)
{
    struct owner owner = {.place = ch_place_of_block(p)};
    struct ch_page *page = owner.place == NULL ? ch_plain_page(p) : NULL;

    if (page != NULL && (ch_plain_is_exact || ch_slab_starts_block(page, p))) {
        owner.page = page;
        owner.is_marked = true;
    }
    return owner;
}

static struct owner
find_owner(const void *p)
{
    struct ch_page *page = ch_map_find(p);

    if (CH_LIKELY(ch_slab_is_block(page, p) && !ch_plain_is_exact)) {
        return (struct owner){.page = page};
    }
    return find_owner_slow(p);
}

/* What is wrong with a pointer that leads to this page. */
static const char *
fault_of(const struct ch_page *page, const void *p)
{
    switch (page->kind) {
    case CH_PAGE_NONE:
    case CH_PAGE_FIXED:
        return " of a foreign pointer";
    case CH_PAGE_FREED:
        return " of a freed pointer";
    default:
        if (ch_plain_is_exact) {
            return " of a freed pointer, or one into a block";
        }
        return ch_is_aligned(p, CH_MIN_ALIGN) ? " of a pointer into a block"
                                              : " of a misaligned pointer";
    }
}

static CH_NORETURN void
fault(const char *op, const char *what, const void *p)
{
    char text[128];
    struct ch_text t;

    ch_text_init(&t, text, sizeof text);
    ch_text_str(&t, op);
    ch_text_str(&t, what);
    ch_fault(text, p);
}

/* No engine has p as a block. */
static CH_SLOW void
report(const void *p, const char *op)
{
    const struct ch_page *page = ch_page_of_slab(ch_map_find(p));

    if (!ch_start() || ch_start_options()->foreign_ignore) {
        return;
    }
    if (ch_place_stray_heap(p) != NULL) {
        fault(
            op, " of a block of multi_heap, which multi_heap_free() frees", p);
    }
    ch_place_fault(p, op);
    if (page->kind == CH_PAGE_FREED && ch_str_eq(op, "free")) {
        ch_fault("double free", p);
    }
    fault(op, fault_of(page, p), p);
}

bool
ch_route_has(const void *p)
{
    const struct ch_page *page = ch_map_find(p);

    return ch_bootstrap_has(p) || ch_slab_has(page)
           || page->kind == CH_PAGE_FIXED || ch_place_has(p);
}

/* ---- freeing ------------------------------------------------------------- */

/* Without the hooks.  False: p was none. */
static bool
give(const struct owner *owner, void *p, const char *op)
{
    if (CH_UNLIKELY(owner->place != NULL)) {
        ch_place_free(owner->place, p, op);
        return true;
    }
    if (owner->page == NULL) {
        return false;
    }
    if (CH_UNLIKELY(owner->is_marked)) {
        ch_fixed_retire_within(NULL, p, ch_plain_usable(owner->page, p));
    }
    return ch_plain_free(owner->page, p, op);
}

void
ch_route_free(void *p, const char *op)
{
    struct owner owner;

    if (p == NULL || CH_UNLIKELY(ch_bootstrap_has(p))) {
        return;
    }
    ch_hook_free(p);
    owner = find_owner(p);
    if (CH_UNLIKELY(!give(&owner, p, op))) {
        report(p, op);
    }
}

/* ---- sizes --------------------------------------------------------------- */

static size_t
usable_of(const struct owner *owner, const void *p, const char *op)
{
    return owner->place != NULL ? ch_place_usable(owner->place, p, op)
                                : ch_plain_usable(owner->page, p);
}

size_t
ch_route_usable(const void *p, const char *op)
{
    struct owner owner;

    if (p == NULL) {
        return 0;
    }
    if (CH_UNLIKELY(ch_bootstrap_has(p))) {
        return ch_bootstrap_usable(p);
    }
    owner = find_owner(p);
    if (CH_LIKELY(has_block(&owner))) {
        return usable_of(&owner, p, op);
    }
    report(p, op);
    return 0;
}

size_t
ch_route_allocated(const void *p, const char *op)
{
    struct ch_place *place = ch_place_of_block(p);

    return place != NULL ? ch_place_allocated(place, p, op)
                         : ch_route_usable(p, op);
}

size_t
ch_route_good_size(size_t size)
{
    return size <= PTRDIFF_MAX ? ch_slab_good_size(size) : size;
}

/* ---- resizing ------------------------------------------------------------ */

/* q, a new block or NULL, gets the content of p, which is freed. */
static void *
move(const struct owner *owner, void *p, void *q, size_t size, const char *op)
{
    if (q != NULL) {
        memcpy(ch_place_writable(q), p,
            ch_min_size(size, usable_of(owner, p, op)));
        (void)!give(owner, p, op);
    }
    return q;
}

/* The same for a block from before the start, which stays.  By hand: memcpy()
   may be out of reach yet. */
static void *
move_bootstrap(const char *p, size_t size, const void *caller)
{
    volatile char *q = size != 0 ? ch_route_alloc(size, caller) : NULL;

    for (size_t i = 0; q != NULL && i < size && i < ch_bootstrap_usable(p);
         i++) {
        q[i] = p[i];
    }
    return (void *)q;
}

/* A block of a region under libc's rules, which keep 16 bytes of alignment. */
static void *
resize_place(const struct owner *owner, void *p, size_t size, const char *op,
    const void *caller)
{
    struct ch_place *place = owner->place;
    void *q;

    if (ch_place_is_alias(p)) {
        /* The caller runs it: only executable memory will do. */
        return move(owner, p, ch_place_take_caps(size, CH_CAP_EXEC), size, op);
    }
    if (ch_is_aligned(p, CH_MIN_ALIGN) && ch_place_resize(place, p, size, op)) {
        return p;
    }
    if (!is_bounded || ch_place_is_unmovable(place)) {
        q = ch_place_alloc_in(place, CH_MIN_ALIGN, size);
        if (q != NULL || ch_place_is_unmovable(place)) {
            return move(owner, p, q, size, op);
        }
    }
    return move(owner, p, take(0, size, caller), size, op);
}

static void *
resize(const struct owner *owner, void *p, size_t size, const char *op,
    const void *caller)
{
    void *q;

    if (owner->place != NULL) {
        return resize_place(owner, p, size, op, caller);
    }
    q = ch_plain_resize(owner->page, p, size);
    /* A block of the host's stays with the host. */
    return q != NULL ? q : move(owner, p, ch_plain_alloc(0, size), size, op);
}

static void *
resize_caps(const struct owner *owner, void *p, size_t size, uint32_t caps,
    const char *op)
{
    struct ch_place *place = owner->place;
    void *q = NULL;

    if (place == NULL && (caps & ~ch_place_fast_caps) == 0) {
        q = ch_plain_resize(owner->page, p, size);
    }
    if (place != NULL && ch_place_has_caps(place, caps)
        && !((caps & CH_CAP_EXEC) != 0 && ch_place_has_alias(place))) {
        q = ch_place_realloc_within(place, p, size, op);
    }
    return q != NULL ? q
                     : move(owner, p, ch_place_take_caps(size, caps), size, op);
}

/* Reports a realloc as an end and a beginning. */
static void *
told_moved(void *p, void *q, size_t old_size, size_t size, uint32_t caps)
{
    ch_place_tell_plain_low();
    ch_hook_alloc(q != NULL ? q : p, q != NULL ? size : old_size, caps);
    return q;
}

void *
ch_route_realloc(void *p, size_t size, const char *op, const void *caller)
{
    struct owner owner;
    size_t old_size;

    if (p == NULL) {
        return ch_route_alloc(size, caller);
    }
    if (CH_UNLIKELY(ch_bootstrap_has(p))) {
        return move_bootstrap(p, size, caller);
    }
    if (size == 0) {
        ch_route_free(p, op);
        return NULL;
    }
    owner = find_owner(p);
    if (CH_UNLIKELY(!has_block(&owner))) {
        report(p, op);
        return NULL;
    }
    if (size > PTRDIFF_MAX) {
        return NULL;
    }
    old_size = usable_of(&owner, p, op);
    ch_hook_free(p);
    return told_moved(
        p, resize(&owner, p, size, op, caller), old_size, size, 0);
}

void *
ch_route_realloc_caps(void *p, size_t size, uint32_t caps, const char *op)
{
    struct owner owner;
    size_t old_size;

    if (p == NULL || CH_UNLIKELY(ch_bootstrap_has(p))) {
        return NULL;
    }
    owner = find_owner(p);
    if (CH_UNLIKELY(!has_block(&owner))) {
        report(p, op);
        return NULL;
    }
    old_size = usable_of(&owner, p, op);
    ch_hook_free(p);
    return told_moved(
        p, resize_caps(&owner, p, size, caps, op), old_size, size, caps);
}

void *
ch_route_realloc_default(void *p, size_t size, const char *op)
{
    uint32_t caps = ch_place_default_caps(size);
    void *q = ch_route_realloc_caps(p, size, caps, op);

    return q != NULL || !ch_place_has_extmem()
               ? q
               : ch_route_realloc_caps(p, size, CH_CAP_DEFAULT, op);
}
