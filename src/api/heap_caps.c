/* SPDX-License-Identifier: MIT */
/*
 * heap_caps.c - memory with capabilities: blocks.
 *
 * Every function here makes a request and has it served; what fails is told
 * once, with the name of the function that the program called and the size
 * that it asked for.  A size of 0 is no failure: it gives NULL, silently.
 *
 * Source: heap_caps.h.  Different: a product that overflows is told as
 * SIZE_MAX, not as what is left of it, and heap_caps_calloc_prefer() tells the
 * product; no version tells a size of 0; the callback runs once a call, and
 * not within itself.
 */
#include "api/heap_caps.h"

#include <stdarg.h>
#include <string.h>

#include "api/blocks.h"
#include "base/arith.h"
#include "base/racy.h"
#include "front/start.h"
#include "sync/hook.h"

struct request {
    void *p;      /* a block that is to be resized, or NULL */
    size_t align; /* a power of two; 0: what the region gives by itself */
    size_t size;  /* bytes, not 0 */
    bool is_zeroed;
    const char *op;
};

/* p, or NULL, which is told; `size` and `caps` as the program gave them. */
static void *
or_told(const struct request *r, void *p, uint32_t caps)
{
    if (CH_UNLIKELY(p == NULL)) {
        ch_heap_caps_tell_failed(r->size, caps, r->op);
    }
    return p;
}

/* ---- one attempt --------------------------------------------------------- */

/* Moves a block of the other malloc to where `caps` are. */
static void *
move_from_other(void *p, size_t size, uint32_t caps)
{
    const struct ch_other_malloc *other = ch_other_malloc();
    void *q = ch_place_alloc(size, caps);

    if (q != NULL) {
        memcpy(
            ch_place_writable(q), p, ch_min_size(size, other->usable_size(p)));
        other->free(p);
    }
    return q;
}

static void *
attempt_resize(const struct request *r, uint32_t caps)
{
    if (ch_heap_caps_is_others(r->p)) {
        return move_from_other(r->p, r->size, caps);
    }
    return r->size <= PTRDIFF_MAX
               ? ch_route_realloc_caps(r->p, r->size, caps, r->op)
               : NULL;
}

/* True when plain malloc() serves these, and there are any. */
static inline bool
is_fast(uint32_t caps)
{
    uint32_t both = caps & CH_RACY_LOAD(ch_place_fast_caps);

    return CH_LIKELY(both != 0 && both == caps);
}

/* From the heap behind malloc(), which knows what memory is fresh and needs no
   zeros; NULL where somebody wants to hear of the capabilities. */
static void *
attempt_plain(const struct request *r)
{
    if (!ch_slab_is_fast(0)) {
        return NULL;
    }
    return r->is_zeroed ? ch_route_calloc(1, r->size, CH_CALLER)
                        : ch_route_alloc(r->size, CH_CALLER);
}

static void *
attempt_new(const struct request *r, uint32_t caps)
{
    void *p = r->align == 0 && is_fast(caps) ? attempt_plain(r) : NULL;

    if (p != NULL) {
        return p;
    }
    if (r->is_zeroed) {
        return ch_place_alloc_zeroed(r->align, r->size, caps);
    }
    return r->align != 0 ? ch_place_alloc_aligned(r->align, r->size, caps)
                         : ch_place_alloc(r->size, caps);
}

static void *
attempt(const struct request *r, uint32_t caps)
{
    if (CH_UNLIKELY(!ch_start())) {
        return NULL;
    }
    return r->p != NULL ? attempt_resize(r, caps) : attempt_new(r, caps);
}

static void *
serve(const struct request *r, uint32_t caps)
{
    return r->size != 0 ? or_told(r, attempt(r, caps), caps) : NULL;
}

/* ---- allocate and free --------------------------------------------------- */

static CH_SLOW void *
malloc_slow(size_t size, uint32_t caps)
{
    const struct request r = {.size = size, .op = "heap_caps_malloc"};

    return serve(&r, caps);
}

/* Sizes beyond the first fast path: a second one, then the slow path. */
static CH_NOINLINE void *
malloc_medium(size_t size, uint32_t caps)
{
    void *p = is_fast(caps) ? ch_block_take_medium(size) : NULL;

    return CH_LIKELY(p != NULL) ? p : malloc_slow(size, caps);
}

/* At most 8 instructions more than malloc(). */
CH_API CH_HOT void *
heap_caps_malloc(size_t size, uint32_t caps)
{
    void *p;

    if (CH_UNLIKELY(!ch_slab_is_fast(size))) {
        return malloc_medium(size, caps);
    }
    if (CH_UNLIKELY(size == 0 || !is_fast(caps))) {
        return malloc_slow(size, caps);
    }
    p = ch_slab_alloc_fast(size);
    return CH_LIKELY(p != NULL) ? p : malloc_slow(size, caps);
}

static CH_NOINLINE void
free_slow(void *p)
{
    if (p != NULL && ch_heap_caps_is_others(p)) {
        ch_other_malloc()->free(p);
        return;
    }
    ch_route_free(p, "heap_caps_free");
}

CH_API CH_HOT void
heap_caps_free(void *p)
{
    struct ch_page *page = ch_slab_own_page_fast(p);

    if (CH_UNLIKELY(page == NULL)) {
        free_slow(p);
        return;
    }
    if (ch_slab_give_fast(page, p)) {
        ch_block_free_event(p, page);
    }
}

CH_API void
heap_caps_aligned_free(void *p)
{
    heap_caps_free(p);
}

CH_API void *
heap_caps_calloc(size_t n, size_t size, uint32_t caps)
{
    const struct request r = {
        .size = ch_mul_or_max(n, size),
        .is_zeroed = true,
        .op = "heap_caps_calloc",
    };

    return serve(&r, caps);
}

CH_API void *
heap_caps_realloc(void *p, size_t size, uint32_t caps)
{
    const struct request r = {.p = p, .size = size, .op = "heap_caps_realloc"};

    if (size == 0) {
        heap_caps_free(p);
        return NULL;
    }
    return serve(&r, caps);
}

/* A wrong alignment is the caller's mistake, and no failure to be told. */
CH_API void *
heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps)
{
    const struct request r = {
        .align = alignment,
        .size = size,
        .op = "heap_caps_aligned_alloc",
    };

    return ch_is_pow2(alignment) ? serve(&r, caps) : NULL;
}

/* Nor is a product that overflows, here. */
CH_API void *
heap_caps_aligned_calloc(size_t alignment, size_t n, size_t size, uint32_t caps)
{
    struct request r = {
        .align = alignment,
        .is_zeroed = true,
        .op = "heap_caps_aligned_calloc",
    };

    if (!ch_is_pow2(alignment) || !ch_mul_size(n, size, &r.size)) {
        return NULL;
    }
    return serve(&r, caps);
}

/* ---- in order of preference ---------------------------------------------- */

/* The first of `num` masks that serves; the last one is told if none does. */
static void *
serve_preferred(const struct request *r, size_t num, va_list *masks)
{
    uint32_t caps = MALLOC_CAP_DEFAULT;
    void *p = NULL;

    if (r->size == 0) {
        return NULL;
    }
    for (size_t i = 0; i < num && p == NULL; i++) {
        caps = va_arg(*masks, uint32_t);
        p = attempt(r, caps);
    }
    return or_told(r, p, caps);
}

CH_API void *
heap_caps_malloc_prefer(size_t size, size_t num, ...)
{
    const struct request r = {.size = size, .op = "heap_caps_malloc_prefer"};
    va_list masks;
    void *p;

    va_start(masks, num);
    p = serve_preferred(&r, num, &masks);
    va_end(masks);
    return p;
}

CH_API void *
heap_caps_realloc_prefer(void *ptr, size_t size, size_t num, ...)
{
    const struct request r = {
        .p = ptr,
        .size = size,
        .op = "heap_caps_realloc_prefer",
    };
    va_list masks;
    void *p;

    if (size == 0) {
        heap_caps_free(ptr);
        return NULL;
    }
    va_start(masks, num);
    p = serve_preferred(&r, num, &masks);
    va_end(masks);
    return p;
}

CH_API void *
heap_caps_calloc_prefer(size_t n, size_t size, size_t num, ...)
{
    const struct request r = {
        .size = ch_mul_or_max(n, size),
        .is_zeroed = true,
        .op = "heap_caps_calloc_prefer",
    };
    va_list masks;
    void *p;

    va_start(masks, num);
    p = serve_preferred(&r, num, &masks);
    va_end(masks);
    return p;
}

/* ---- what malloc() is on the device -------------------------------------- */

CH_API void
heap_caps_malloc_extmem_enable(size_t limit)
{
    ch_place_set_extmem_limit(limit);
}

static void *
attempt_default(const struct request *r)
{
    void *p;

    if (CH_UNLIKELY(!ch_start())) {
        return NULL;
    }
    if (r->p == NULL) {
        p = ch_place_alloc_default(r->align, r->size);
        ch_hook_alloc(p, r->size, ch_heap_caps_default());
        return p;
    }
    if (ch_heap_caps_is_others(r->p)) {
        return move_from_other(r->p, r->size, MALLOC_CAP_DEFAULT);
    }
    return r->size <= PTRDIFF_MAX
               ? ch_route_realloc_default(r->p, r->size, r->op)
               : NULL;
}

static void *
serve_default(const struct request *r)
{
    return r->size != 0 ? or_told(r, attempt_default(r), ch_heap_caps_default())
                        : NULL;
}

CH_API void *
heap_caps_malloc_default(size_t size)
{
    const struct request r = {.size = size, .op = "heap_caps_malloc_default"};

    return serve_default(&r);
}

CH_API void *
heap_caps_aligned_alloc_default(size_t alignment, size_t size)
{
    const struct request r = {
        .align = alignment,
        .size = size,
        .op = "heap_caps_aligned_alloc_default",
    };

    return ch_is_pow2(alignment) ? serve_default(&r) : NULL;
}

CH_API void *
heap_caps_realloc_default(void *p, size_t size)
{
    const struct request r = {
        .p = p,
        .size = size,
        .op = "heap_caps_realloc_default",
    };

    if (size == 0) {
        heap_caps_free(p);
        return NULL;
    }
    return serve_default(&r);
}
