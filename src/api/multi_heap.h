/* SPDX-License-Identifier: MIT */
/*
 * multi_heap.h - what the files of the facade multi_heap share.
 *
 *   multi_heap.c        heaps and blocks
 *   multi_heap_query.c  figures, checks, walks, dumps
 */
#ifndef CH_API_MULTI_HEAP_H
#define CH_API_MULTI_HEAP_H

#include <pthread.h>
#include <stddef.h>

#include "base/attrs.h"
#include "heap/tlsf/fixed.h"
#include "os/fault.h"

struct multi_heap_info;

/* The heap behind a handle; a NULL one is a fault, told as `what`. */
static inline struct ch_fixed *
ch_multi_heap(struct multi_heap_info *handle, const char *what)
{
    CH_ENSURE(handle != NULL, what, handle);
    return (struct ch_fixed *)handle;
}

/* Takes the lock of multi_heap_set_lock(), if there is one, and tells which
   one it was, for ch_multi_heap_unlock(): another may be set meanwhile. */
pthread_mutex_t *ch_multi_heap_lock(const struct ch_fixed *heap);
void ch_multi_heap_unlock(pthread_mutex_t *lock);

#endif
