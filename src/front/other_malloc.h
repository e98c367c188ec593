/* SPDX-License-Identifier: MIT */
/*
 * other_malloc.h - the malloc of a sanitizer in the same process.
 *
 * A sanitizer must see every allocation.  Where its runtime is a shared
 * library and capheap is preloaded before it, the program's calls come to
 * capheap first and are handed on; capheap's own API still has its own heap.
 */
#ifndef CH_FRONT_OTHER_MALLOC_H
#define CH_FRONT_OTHER_MALLOC_H

#include <stddef.h>

struct ch_other_malloc {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    void *(*memalign)(size_t, size_t);
    size_t (*usable_size)(void *);
};

/* NULL when the process has no other malloc. */
const struct ch_other_malloc *ch_other_malloc(void);

#endif
