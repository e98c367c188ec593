/* SPDX-License-Identifier: MIT */
/*
 * capheap.c - the library's own API; see include/capheap.h.
 *
 * Always capheap's heap, also where a sanitizer keeps malloc.
 */
#include "capheap.h"

#include <errno.h>

#include "api/heap_caps.h"
#include "base/arith.h"
#include "base/attrs.h"
#include "front/route.h"

CH_API const char *
capheap_version(void)
{
    return CAPHEAP_VERSION;
}

static void *
or_enomem(void *p, size_t size)
{
    if (p == NULL) {
        ch_heap_caps_tell_refused(size);
        errno = ENOMEM;
    }
    return p;
}

CH_API void *
capheap_malloc(size_t size)
{
    return or_enomem(ch_route_alloc(size, CH_CALLER), size);
}

CH_API void *
capheap_calloc(size_t n, size_t size)
{
    return or_enomem(
        ch_route_calloc(n, size, CH_CALLER), ch_mul_or_max(n, size));
}

CH_API void *
capheap_realloc(void *p, size_t size)
{
    void *q = ch_route_realloc(p, size, "capheap_realloc", CH_CALLER);

    return p != NULL && size == 0 ? q : or_enomem(q, size);
}

CH_API void *
capheap_aligned_alloc(size_t alignment, size_t size)
{
    if (!ch_is_pow2(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return or_enomem(ch_route_alloc_aligned(alignment, size, CH_CALLER), size);
}

CH_API void
capheap_free(void *p)
{
    ch_route_free(p, "capheap_free");
}

CH_API size_t
capheap_usable_size(const void *p)
{
    return ch_route_usable(p, "capheap_usable_size");
}
