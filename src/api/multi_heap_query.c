/* SPDX-License-Identifier: MIT */
/*
 * multi_heap_query.c - what a heap tells of itself.
 *
 * Source: see include/capheap/esp-idf/multi_heap.h.
 */
#include "api/block_list.h"
#include "api/heap_caps.h"
#include "api/multi_heap.h"
#include "api/stream.h"
#include "base/attrs.h"
#include "capheap/esp-idf/multi_heap.h"
#include "os/fault.h"

/* ---- figures ------------------------------------------------------------- */

CH_API size_t
multi_heap_free_size(multi_heap_handle_t handle)
{
    struct ch_fixed *heap = (struct ch_fixed *)handle;
    pthread_mutex_t *lock;
    size_t bytes;

    if (heap == NULL) {
        return 0;
    }
    lock = ch_multi_heap_lock(heap);
    bytes = ch_fixed_free_size(heap);
    ch_multi_heap_unlock(lock);
    return bytes;
}

CH_API size_t
multi_heap_minimum_free_size(multi_heap_handle_t handle)
{
    struct ch_fixed *heap = (struct ch_fixed *)handle;
    pthread_mutex_t *lock;
    size_t bytes;

    if (heap == NULL) {
        return 0;
    }
    lock = ch_multi_heap_lock(heap);
    bytes = ch_fixed_minimum_free(heap);
    ch_multi_heap_unlock(lock);
    return bytes;
}

CH_API void
multi_heap_get_info(multi_heap_handle_t handle, multi_heap_info_t *info)
{
    struct ch_fixed *heap = (struct ch_fixed *)handle;
    struct ch_tlsf_info own = {.free = 0};
    pthread_mutex_t *lock;

    if (heap != NULL) {
        lock = ch_multi_heap_lock(heap);
        ch_fixed_get_info(heap, &own);
        ch_multi_heap_unlock(lock);
    }
    *info = (multi_heap_info_t){
        .total_free_bytes = own.free,
        .total_allocated_bytes = own.allocated,
        .largest_free_block = own.largest,
        .minimum_free_bytes = own.minimum_free,
        .allocated_blocks = own.used_blocks,
        .free_blocks = own.free_blocks,
        .total_blocks = own.used_blocks + own.free_blocks,
    };
}

CH_API size_t
multi_heap_reset_minimum_free_bytes(multi_heap_handle_t handle)
{
    struct ch_fixed *heap = ch_multi_heap(
        handle, "multi_heap_reset_minimum_free_bytes of a NULL heap");
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);
    size_t bytes = ch_fixed_reset_minimum(heap);

    ch_multi_heap_unlock(lock);
    return bytes;
}

CH_API void
multi_heap_restore_minimum_free_bytes(
    multi_heap_handle_t handle, const size_t new_minimum_free_bytes_value)
{
    struct ch_fixed *heap = ch_multi_heap(
        handle, "multi_heap_restore_minimum_free_bytes of a NULL heap");
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);

    ch_fixed_restore_minimum(heap, new_minimum_free_bytes_value);
    ch_multi_heap_unlock(lock);
}

/* ---- check --------------------------------------------------------------- */

static void
say(void *ctx CH_UNUSED, const char *line)
{
    ch_say(line);
}

CH_API bool
multi_heap_check(multi_heap_handle_t handle, bool print_errors)
{
    struct ch_fixed *heap =
        ch_multi_heap(handle, "multi_heap_check of a NULL heap");
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);
    bool is_good = ch_fixed_check(heap, print_errors ? say : NULL, NULL);

    ch_multi_heap_unlock(lock);
    return is_good;
}

/* ---- walk ---------------------------------------------------------------- */

struct walk {
    multi_heap_walker_cb_t walker;
    void *user_data;
};

static bool
visit(const struct ch_tlsf_block *block, void *ctx)
{
    const struct walk *walk = ctx;

    return walk->walker(block->p, block->size, block->is_used, walk->user_data);
}

CH_API void
multi_heap_walk(multi_heap_handle_t handle, multi_heap_walker_cb_t walker_func,
    void *user_data)
{
    struct ch_fixed *heap =
        ch_multi_heap(handle, "multi_heap_walk of a NULL heap");
    struct walk walk = {.walker = walker_func, .user_data = user_data};
    pthread_mutex_t *lock;

    CH_ENSURE(walker_func != NULL, "multi_heap_walk without a function", heap);
    lock = ch_multi_heap_lock(heap);
    ch_fixed_walk(heap, visit, &walk);
    ch_multi_heap_unlock(lock);
}

/* ---- dump ---------------------------------------------------------------- */

/* The caller's lock comes before the stream's: he may print while he holds
   it. */
CH_API void
multi_heap_dump(multi_heap_handle_t handle)
{
    struct ch_fixed *heap =
        ch_multi_heap(handle, "multi_heap_dump of a NULL heap");
    bool is_short = ch_heap_caps_rules()->is_dump_short;
    struct ch_stream stream;
    struct ch_block_list list = {.stream = &stream, .is_short = is_short};
    pthread_mutex_t *lock = ch_multi_heap_lock(heap);

    ch_stream_begin(&stream, is_short ? stderr : stdout);
    ch_block_list_begin(&list, ch_fixed_start(heap));
    ch_fixed_walk(heap, ch_block_list_add, &list);
    ch_block_list_end(&list, ch_fixed_end(heap));
    ch_stream_end(&stream);
    ch_multi_heap_unlock(lock);
}
