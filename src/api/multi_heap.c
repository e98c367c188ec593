/* SPDX-License-Identifier: MIT */
/*
 * multi_heap.c - heaps over buffers of the caller's.
 *
 * A struct multi_heap_info is a struct ch_fixed by another name.  Here are only
 * the cases that the facade has beyond the engine: NULL handles, sizes of 0,
 * and the lock that the caller may add, which is taken before the heap's own.
 *
 * Source: see include/capheap/esp-idf/multi_heap.h.
 */
#include "capheap/esp-idf/multi_heap.h"

#include <pthread.h>

#include "api/multi_heap.h"
#include "base/arith.h"
#include "base/attrs.h"
#include "capheap.h"
#include "front/place.h"
#include "front/start.h"
#include "heap/tlsf/fixed_state.h"
#include "heap/tlsf/registry.h"
#include "os/fault.h"

/* Where blocks may begin at the least, in bytes. */
#define DEVICE_GRANULE 4u
#define HOST_GRANULE   16u

/* ---- the caller's lock --------------------------------------------------- */

pthread_mutex_t *
ch_multi_heap_lock(const struct ch_fixed *heap)
{
    pthread_mutex_t *lock = ch_fixed_user_lock(heap);

    if (CH_UNLIKELY(lock != NULL)) {
        (void)pthread_mutex_lock(lock);
    }
    return lock;
}

void
ch_multi_heap_unlock(pthread_mutex_t *lock)
{
    if (CH_UNLIKELY(lock != NULL)) {
        (void)pthread_mutex_unlock(lock);
    }
}

CH_API void
multi_heap_set_lock(multi_heap_handle_t heap, void *lock)
{
    ch_fixed_set_user_lock(
        ch_multi_heap(heap, "multi_heap_set_lock of a NULL heap"), lock);
}

/* ---- registration -------------------------------------------------------- */

static unsigned
granule_of(const struct ch_fixed_options *options)
{
    return options->accounting == CH_ACCOUNTING_DEVICE ? DEVICE_GRANULE
                                                       : HOST_GRANULE;
}

/* Bytes of the buffer that are left when both of its ends are multiples of
   `granule`; 0: none. */
static size_t
trim(char **start, size_t size, size_t granule)
{
    size_t lost = -(uintptr_t)*start & (granule - 1);
    uintptr_t end;

    if (size < lost || !ch_add_size((uintptr_t)*start, size, &end)) {
        return 0;
    }
    *start += lost;
    return ch_align_down(size - lost, granule);
}

/* False: there is no such accounting. */
static bool
choose(struct ch_fixed_options *options, enum capheap_accounting accounting)
{
    ch_place_heap_options(options);
    switch (accounting) {
    case CAPHEAP_ACCOUNTING_AUTO:
        return true;
    case CAPHEAP_ACCOUNTING_HOST:
        options->accounting = CH_ACCOUNTING_HOST;
        return true;
    case CAPHEAP_ACCOUNTING_DEVICE:
        options->accounting = CH_ACCOUNTING_DEVICE;
        return true;
    default:
        return false;
    }
}

static multi_heap_handle_t
make(char *start, size_t size, enum capheap_accounting accounting)
{
    struct ch_fixed_options options;
    struct ch_fixed *heap;

    if (!ch_start() || !choose(&options, accounting)) {
        return NULL;
    }
    size = trim(&start, size, granule_of(&options));
    heap = size != 0 ? ch_fixed_register(start, size, size, &options) : NULL;
    if (heap != NULL) {
        ch_fixed_set_user_lock(heap, NULL);
    }
    return (multi_heap_handle_t)heap;
}

CH_API multi_heap_handle_t
multi_heap_register(void *start, size_t size)
{
    CH_ENSURE(start != NULL, "multi_heap_register of a NULL buffer", start);
    return make(start, size, CAPHEAP_ACCOUNTING_AUTO);
}

CH_API multi_heap_handle_t
capheap_multi_heap_register(
    void *start, size_t size, enum capheap_accounting accounting)
{
    CH_ENSURE(
        start != NULL, "capheap_multi_heap_register of a NULL buffer", start);
    return make(start, size, accounting);
}

/* ---- blocks -------------------------------------------------------------- */

/* Heaps to which no lock was added have paths of their own through malloc and
   free, which save no registers. */

static CH_NOINLINE void *
alloc_under_lock(struct ch_fixed *heap, size_t size)
{
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);
    void *p = ch_fixed_alloc(heap, size);

    ch_multi_heap_unlock(lock);
    return p;
}

CH_API void *
multi_heap_malloc(multi_heap_handle_t handle, size_t size)
{
    struct ch_fixed *heap = (struct ch_fixed *)handle;

    if (CH_UNLIKELY(heap == NULL)) {
        return NULL;
    }
    return CH_LIKELY(ch_fixed_user_lock(heap) == NULL)
               ? ch_fixed_alloc(heap, size)
               : alloc_under_lock(heap, size);
}

/* Blocks begin at multiples of 4: an odd offset from there is never aligned.
   The chip rounds such an offset up and aligns something else. */
static bool
can_align(size_t alignment, size_t offset)
{
    return ch_is_pow2(alignment)
           && offset % ch_min_size(alignment, DEVICE_GRANULE) == 0;
}

CH_API void *
multi_heap_aligned_alloc_offs(
    multi_heap_handle_t handle, size_t size, size_t alignment, size_t offset)
{
    struct ch_fixed *heap = (struct ch_fixed *)handle;
    pthread_mutex_t *lock;
    void *p;

    if (heap == NULL || offset > size || !can_align(alignment, offset)) {
        return NULL;
    }
    lock = ch_multi_heap_lock(heap);
    p = ch_fixed_alloc_aligned(heap, alignment, offset, size);
    ch_multi_heap_unlock(lock);
    return p;
}

CH_API void *
multi_heap_aligned_alloc(
    multi_heap_handle_t handle, size_t size, size_t alignment)
{
    return multi_heap_aligned_alloc_offs(handle, size, alignment, 0);
}

static CH_NOINLINE void
free_under_lock(struct ch_fixed *heap, void *p, const char *op)
{
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);

    ch_fixed_free(heap, p, op);
    ch_multi_heap_unlock(lock);
}

/* Frees a block in the name of the public function `op`. */
CH_FAST void
free_block(multi_heap_handle_t handle, void *p, const char *op)
{
    struct ch_fixed *heap = (struct ch_fixed *)handle;

    if (CH_UNLIKELY(heap == NULL || p == NULL)) {
        return;
    }
    if (CH_LIKELY(ch_fixed_user_lock(heap) == NULL)) {
        ch_fixed_free(heap, p, op);
    } else {
        free_under_lock(heap, p, op);
    }
}

CH_API void
multi_heap_free(multi_heap_handle_t heap, void *p)
{
    free_block(heap, p, "multi_heap_free");
}

CH_API void
multi_heap_aligned_free(multi_heap_handle_t heap, void *p)
{
    free_block(heap, p, "multi_heap_aligned_free");
}

CH_API void *
multi_heap_realloc(multi_heap_handle_t handle, void *p, size_t size)
{
    struct ch_fixed *heap =
        ch_multi_heap(handle, "multi_heap_realloc of a NULL heap");
    pthread_mutex_t *lock;
    void *q;

    if (p == NULL) {
        return multi_heap_malloc(handle, size);
    }
    if (size == 0) {
        free_block(handle, p, "multi_heap_realloc");
        return NULL;
    }
    lock = ch_multi_heap_lock(heap);
    q = ch_fixed_realloc(heap, p, size, "multi_heap_realloc");
    ch_multi_heap_unlock(lock);
    return q;
}

CH_API size_t
multi_heap_get_allocated_size(multi_heap_handle_t handle, void *p)
{
    struct ch_fixed *heap =
        ch_multi_heap(handle, "multi_heap_get_allocated_size of a NULL heap");
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);
    size_t size = ch_fixed_usable(heap, p, "multi_heap_get_allocated_size");

    ch_multi_heap_unlock(lock);
    return size;
}

CH_API size_t
multi_heap_get_full_block_size(multi_heap_handle_t handle, void *p)
{
    struct ch_fixed *heap =
        ch_multi_heap(handle, "multi_heap_get_full_block_size of a NULL heap");
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);
    size_t size = ch_fixed_full_size(heap, p, "multi_heap_get_full_block_size");

    ch_multi_heap_unlock(lock);
    return size;
}

CH_API void *
multi_heap_find_containing_block(multi_heap_handle_t handle, void *p)
{
    struct ch_fixed *heap = ch_multi_heap(
        handle, "multi_heap_find_containing_block of a NULL heap");
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);
    void *block = ch_fixed_find(heap, p);

    ch_multi_heap_unlock(lock);
    CH_ENSURE(block != NULL,
        "multi_heap_find_containing_block: no block has this address", p);
    return block;
}
