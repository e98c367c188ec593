/* SPDX-License-Identifier: MIT */
/*
 * other_malloc.c - finds a sanitizer by the names that its runtime exports.
 */
#include "front/other_malloc.h"

#define SANITIZER(ret, name, args) \
 extern ret __interceptor_##name args __attribute__((weak))

/* The address and thread sanitizers of gcc and clang; absent elsewhere. */
SANITIZER(void *, malloc, (size_t));
SANITIZER(void *, calloc, (size_t, size_t));
SANITIZER(void *, realloc, (void *, size_t));
SANITIZER(void, free, (void *));
SANITIZER(void *, memalign, (size_t, size_t));
SANITIZER(size_t, malloc_usable_size, (void *));

static const struct ch_other_malloc sanitizer = {
    .malloc = __interceptor_malloc,
    .calloc = __interceptor_calloc,
    .realloc = __interceptor_realloc,
    .free = __interceptor_free,
    .memalign = __interceptor_memalign,
    .usable_size = __interceptor_malloc_usable_size,
};

const struct ch_other_malloc *
ch_other_malloc(void)
{
    return sanitizer.malloc != NULL && sanitizer.free != NULL ? &sanitizer
                                                              : NULL;
}
