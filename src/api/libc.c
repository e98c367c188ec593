/* SPDX-License-Identifier: MIT */
/*
 * libc.c - malloc and its kin, as the process's own.
 *
 * The exported function is the fast path itself; its slow twin is called last,
 * with the same arguments, so that the fast path needs no frame.  Here, and
 * only here, errno is set.
 *
 * Source: malloc(3), posix_memalign(3), malloc_usable_size(3) of glibc 2.36;
 * free_sized, free_aligned_sized: C23 7.24.3; reallocarr: NetBSD; malloc_size,
 * malloc_good_size: macOS.  Differences from glibc: posix_memalign leaves
 * errno alone; aligned_alloc refuses an alignment that is no power of two with
 * EINVAL, as glibc does from 2.38 on.
 */
#include "api/libc.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "api/blocks.h"
#include "api/heap_caps.h"
#include "base/arith.h"
#include "front/other_malloc.h"
#include "front/route.h"
#include "os/vm.h"

static CH_SLOW void *
refuse(size_t size)
{
    ch_heap_caps_tell_refused(size);
    errno = ENOMEM;
    return NULL;
}

/* p, with ENOMEM if there is none. */
static inline void *
or_enomem(void *p, size_t size)
{
    return CH_LIKELY(p != NULL) ? p : refuse(size);
}

static CH_SLOW void *
malloc_slow(size_t size, const void *caller)
{
    const struct ch_other_malloc *other = ch_other_malloc();

    if (CH_UNLIKELY(other != NULL)) {
        return other->malloc(size);
    }
    return or_enomem(ch_route_alloc(size, caller), size);
}

/* Sizes beyond the first fast path: a second one, then the slow path. */
static CH_NOINLINE void *
malloc_medium(size_t size, const void *caller)
{
    void *p = ch_block_take_medium(size);

    return CH_LIKELY(p != NULL) ? p : malloc_slow(size, caller);
}

CH_API CH_HOT void *
malloc(size_t size)
{
    void *p;

    if (CH_UNLIKELY(!ch_slab_is_fast(size))) {
        return malloc_medium(size, CH_CALLER);
    }
    p = ch_slab_alloc_fast(size);
    return CH_LIKELY(p != NULL) ? p : malloc_slow(size, CH_CALLER);
}

CH_API CH_HOT void
free(void *p)
{
    ch_block_free(p);
}

static CH_SLOW void *
calloc_slow(size_t n, size_t size, const void *caller)
{
    const struct ch_other_malloc *other = ch_other_malloc();

    if (CH_UNLIKELY(other != NULL)) {
        return other->calloc(n, size);
    }
    return or_enomem(ch_route_calloc(n, size, caller), ch_mul_or_max(n, size));
}

CH_API CH_HOT void *
calloc(size_t n, size_t size)
{
    size_t bytes;
    void *p;

    if (CH_UNLIKELY(!ch_mul_size(n, size, &bytes) || !ch_slab_is_fast(bytes))) {
        return calloc_slow(n, size, CH_CALLER);
    }
    p = ch_slab_alloc_fast(bytes);
    if (CH_UNLIKELY(p == NULL)) {
        return calloc_slow(n, size, CH_CALLER);
    }
    return memset(p, 0, ch_align_up(bytes, 16));
}

static CH_NOINLINE void *
realloc_slow(void *p, size_t size, const void *caller)
{
    const struct ch_other_malloc *other = ch_other_malloc();
    void *q;

    if (CH_UNLIKELY(other != NULL && !ch_route_has(p))) {
        return other->realloc(p, size);
    }
    q = ch_route_realloc(p, size, "realloc", caller);
    return p != NULL && size == 0 ? q : or_enomem(q, size);
}

/* A block of this thread stays where more than half of it will be used. */
static inline void *
realloc_for(void *p, size_t size, const void *caller)
{
    struct ch_page *page = ch_slab_own_page_fast(p);

    if (CH_LIKELY(page != NULL && size <= page->block_size
                  && size > page->block_size / 2)) {
        return p;
    }
    return realloc_slow(p, size, caller);
}

CH_API void *
realloc(void *p, size_t size)
{
    return realloc_for(p, size, CH_CALLER);
}

CH_API void *
reallocarray(void *p, size_t n, size_t size)
{
    size_t bytes;

    if (!ch_mul_size(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc_for(p, bytes, CH_CALLER);
}

CH_API int
reallocarr(void *pp, size_t n, size_t size)
{
    int saved = errno;
    size_t bytes;
    void *p;
    void *q;

    memcpy(&p, pp, sizeof p);
    if (!ch_mul_size(n, size, &bytes)) {
        return EOVERFLOW;
    }
    q = bytes != 0 ? realloc_for(p, bytes, CH_CALLER) : NULL;
    errno = saved;
    if (q == NULL && bytes != 0) {
        return ENOMEM;
    }
    if (bytes == 0) {
        free(p);
    }
    memcpy(pp, &q, sizeof q);
    return 0;
}

static CH_SLOW void *
aligned_slow(size_t align, size_t size, const void *caller)
{
    const struct ch_other_malloc *other = ch_other_malloc();

    if (CH_UNLIKELY(other != NULL)) {
        return other->memalign(align, size);
    }
    return ch_route_alloc_aligned(align, size, caller);
}

/* `align` is a power of two.  Rounded up to it, a size has a class of aligned
   blocks; see size_class.h. */
static inline void *
alloc_aligned(size_t align, size_t size, const void *caller)
{
    if (CH_LIKELY(align <= CH_SLICE && size <= CH_CLASS_MAX)) {
        void *p = ch_block_take(ch_align_up(ch_max_size(size, 1), align));

        if (CH_LIKELY(p != NULL)) {
            return p;
        }
    }
    return aligned_slow(align, size, caller);
}

CH_API int
posix_memalign(void **out, size_t align, size_t size)
{
    int saved = errno;
    void *p;

    if (!ch_is_pow2(align) || align % sizeof(void *) != 0) {
        return EINVAL;
    }
    p = alloc_aligned(align, size, CH_CALLER);
    errno = saved;
    if (p == NULL) {
        return ENOMEM;
    }
    *out = p;
    return 0;
}

CH_API void *
aligned_alloc(size_t align, size_t size)
{
    if (!ch_is_pow2(align)) {
        errno = EINVAL;
        return NULL;
    }
    return or_enomem(alloc_aligned(align, size, CH_CALLER), size);
}

CH_API void *
memalign(size_t align, size_t size)
{
    if (align > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    return or_enomem(alloc_aligned(ch_pow2_up(align), size, CH_CALLER), size);
}

CH_API void *
valloc(size_t size)
{
    return or_enomem(alloc_aligned(ch_vm_page_size(), size, CH_CALLER), size);
}

CH_API void *
pvalloc(size_t size)
{
    size_t page = ch_vm_page_size();

    if (size > PTRDIFF_MAX - page) {
        errno = ENOMEM;
        return NULL;
    }
    return or_enomem(
        alloc_aligned(page, ch_align_up(size, page), CH_CALLER), size);
}

static CH_NOINLINE size_t
usable_slow(void *p)
{
    const struct ch_other_malloc *other = ch_other_malloc();

    if (CH_UNLIKELY(other != NULL && !ch_route_has(p))) {
        return other->usable_size(p);
    }
    return ch_route_usable(p, "malloc_usable_size");
}

/* Some programs ask at every malloc and free. */
CH_API size_t
malloc_usable_size(void *p)
{
    struct ch_page *page = ch_map_find_fast(p);

    /* Only pages that are cut have an owner.  With poisoning a block has less
       than its class has. */
    if (CH_LIKELY(page != NULL && CH_RACY_LOAD(page->owner) != NULL
                  && ch_slab_is_fast(0))) {
        return page->block_size;
    }
    return usable_slow(p);
}

CH_API size_t
malloc_size(const void *p)
{
    return malloc_usable_size((void *)(uintptr_t)p);
}

CH_API size_t
malloc_good_size(size_t size)
{
    return ch_route_good_size(size);
}

CH_API void
free_sized(void *p, size_t size CH_UNUSED)
{
    free(p);
}

CH_API void
free_aligned_sized(void *p, size_t align CH_UNUSED, size_t size CH_UNUSED)
{
    free(p);
}

CH_API void cfree(void *p) CH_ALIAS(free);
CH_API void *__libc_malloc(size_t size) CH_ALIAS(malloc);
CH_API void *__libc_calloc(size_t n, size_t size) CH_ALIAS(calloc);
CH_API void *__libc_realloc(void *p, size_t size) CH_ALIAS(realloc);
CH_API void __libc_free(void *p) CH_ALIAS(free);
CH_API void __libc_cfree(void *p) CH_ALIAS(free);
CH_API void *__libc_memalign(size_t align, size_t size) CH_ALIAS(memalign);
CH_API void *__libc_valloc(size_t size) CH_ALIAS(valloc);
CH_API void *__libc_pvalloc(size_t size) CH_ALIAS(pvalloc);
CH_API int __posix_memalign(void **out, size_t align, size_t size)
    CH_ALIAS(posix_memalign);
