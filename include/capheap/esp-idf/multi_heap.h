/* SPDX-License-Identifier: MIT */
/**
 * multi_heap.h - a heap over any buffer of the caller's.
 *
 * What the heap knows of its blocks stands outside the buffer: an overrun in
 * it can break the neighbour's content, but neither the heap nor its check.
 * How blocks are laid out and counted is the option accounting= (host or
 * device), whether they are guarded the option poisoning=; heaps of one
 * process may differ, see capheap_multi_heap_register().
 *
 * Under device accounting figures and offsets are the chip's, to the byte, and
 * blocks lie at multiples of 4; under host accounting every byte is the
 * caller's and blocks lie at multiples of 16.  Both count from address 0.
 *
 * Blocks belong to their heap: they are freed with multi_heap_free().  free(3)
 * of one ends the process with a line that says so.
 *
 * Every function is safe from any thread: a heap has a lock of its own, besides
 * the one that multi_heap_set_lock() may add.  None is async-signal-safe.
 *
 * A NULL handle allocates nothing, frees nothing and has nothing free; to all
 * other functions it is a fault: one line on stderr and abort().
 *
 * @source  ESP-IDF components/heap/include/multi_heap.h, 4.4 and newer ones as
 *          told below
 */
#ifndef CAPHEAP_ESP_IDF_MULTI_HEAP_H
#define CAPHEAP_ESP_IDF_MULTI_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A heap; what it points to is the library's. */
typedef struct multi_heap_info *multi_heap_handle_t;

/** The figures of a heap. */
typedef struct {
    size_t total_free_bytes;      /**< as multi_heap_free_size() */
    size_t total_allocated_bytes; /**< in blocks that are in use */
    size_t largest_free_block;    /**< bytes; an allocation of so many
                                     succeeds */
    size_t minimum_free_bytes;    /**< the least that was ever free */
    size_t allocated_blocks;
    size_t free_blocks;
    size_t total_blocks; /**< the sum of the two */
} multi_heap_info_t;

/**
 * Called for each block by multi_heap_walk().
 *
 * @param block_ptr   the block; with poisoning where its canary begins
 * @param block_size  bytes of it, poisoning included
 * @param block_used  not 0: allocated
 * @param user_data   what multi_heap_walk() was given
 * @return  true to go on, false to end the walk
 */
typedef bool (*multi_heap_walker_cb_t)(
    void *block_ptr, size_t block_size, int block_used, void *user_data);

/**
 * Makes a buffer a heap.
 *
 * There is no opposite: when all its blocks are free the buffer may be used
 * otherwise, or freed, at once.  To register a range that a heap lies in, or
 * the same one again, replaces that heap; its blocks are void then.
 *
 * @param start  address of the buffer, any; not NULL.  It stays the caller's
 * @param size   bytes of it, any
 * @return   the heap, or NULL when there is no room for one block
 * @errors   aborts with a line when `start` is NULL
 * @threads  safe from any thread, not with heaps in the same buffer in use
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c.  Different: a buffer that is
 *           too small for one block gives NULL, never a heap without memory
 * @see      capheap_multi_heap_register()
 */
multi_heap_handle_t multi_heap_register(void *start, size_t size);

/**
 * Has a lock of the caller's held around each operation on a heap, besides the
 * heap's own.
 *
 * The lock is the first one taken and the last one released.  It is held while
 * multi_heap_walk() calls back.
 *
 * @param heap  from multi_heap_register()
 * @param lock  a recursive pthread_mutex_t, see multi_heap_platform.h, which
 *              must outlive the heap's use; NULL: none, as at first
 * @threads  not while other threads use the heap
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c.  Different: the type of the
 *           lock is fixed
 */
void multi_heap_set_lock(multi_heap_handle_t heap, void *lock);

/**
 * Allocates a block.
 *
 * @param heap  from multi_heap_register(), or NULL
 * @param size  bytes wanted
 * @return   the block, not zeroed, for multi_heap_free(); NULL when there is no
 *           room, `size` is 0, or `heap` is NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c
 */
void *multi_heap_malloc(multi_heap_handle_t heap, size_t size);

/**
 * Allocates a block at a multiple of an alignment.
 *
 * @param heap       from multi_heap_register(), or NULL
 * @param size       bytes wanted; note that it stands before the alignment
 * @param alignment  bytes, a power of two
 * @return   the block, for multi_heap_free(); NULL when there is no room,
 *           `size` is 0, `alignment` is no power of two, or `heap` is NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c
 */
void *multi_heap_aligned_alloc(
    multi_heap_handle_t heap, size_t size, size_t alignment);

/**
 * Allocates a block in which the byte at an offset is aligned.
 *
 * @param heap       from multi_heap_register(), or NULL
 * @param size       bytes wanted
 * @param alignment  bytes, a power of two
 * @param offset     bytes, at most `size`: the block's address plus this is a
 *                   multiple of the alignment.  A multiple of 4, with host
 *                   accounting of 16, or of the alignment where that is less
 * @return   as multi_heap_aligned_alloc(); NULL also for another offset, since
 *           no block lies so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.2 components/heap/multi_heap.c.  Different: an offset is
 *           not rounded up
 */
void *multi_heap_aligned_alloc_offs(
    multi_heap_handle_t heap, size_t size, size_t alignment, size_t offset);

/**
 * Changes the size of a block, in place where the accounting does so.
 *
 * @param heap  from multi_heap_register()
 * @param p     a block of this heap, or NULL to allocate one
 * @param size  bytes wanted; 0 frees the block
 * @return   the block with its content up to the smaller size; NULL when there
 *           is no room, and then `p` is as it was, or when `size` is 0
 * @errors   aborts with a line when `p` is no block of the heap or its canaries
 *           are broken
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c.  Different: what a size of 0
 *           frees counts as free again
 */
void *multi_heap_realloc(multi_heap_handle_t heap, void *p, size_t size);

/**
 * Frees a block.
 *
 * @param heap  from multi_heap_register(); NULL does nothing
 * @param p     a block of this heap, or NULL
 * @errors   aborts with a line when `p` is no block of the heap, was freed
 *           already, or its canaries are broken
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c.  Different: wrong pointers
 *           are told without poisoning, too
 */
void multi_heap_free(multi_heap_handle_t heap, void *p);

/**
 * The same as multi_heap_free(), which is to be preferred.
 *
 * @param heap  from multi_heap_register()
 * @param p     a block of this heap, or NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c; deprecated there
 */
void multi_heap_aligned_free(multi_heap_handle_t heap, void *p);

/**
 * Tells the size of a block.
 *
 * @param heap  from multi_heap_register()
 * @param p     a block of this heap
 * @return   bytes, at least what was asked for; all of them may be used, but
 *           with poisoning only what was asked for
 * @errors   aborts with a line when `p` is no block of the heap
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c
 */
size_t multi_heap_get_allocated_size(multi_heap_handle_t heap, void *p);

/**
 * Tells the size of a block with what poisoning adds.
 *
 * @param heap  from multi_heap_register()
 * @param p     a block of this heap
 * @return   bytes
 * @errors   aborts with a line when `p` is no block of the heap
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/multi_heap.c
 */
size_t multi_heap_get_full_block_size(multi_heap_handle_t heap, void *p);

/**
 * Finds the block that an address lies in.
 *
 * @param heap  from multi_heap_register()
 * @param ptr   an address within a block that is in use
 * @return   the block, as its caller got it
 * @errors   aborts with a line when no block in use has the address
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/multi_heap.c
 */
void *multi_heap_find_containing_block(multi_heap_handle_t heap, void *ptr);

/**
 * Prints all blocks to stdout, in the order of addresses.
 *
 * One line a block: its address, its size, the address of the next block,
 * for a free one that of the next free block, and whether it is free.  From
 * esp_idf=5 on to stderr, and without the addresses of other blocks.
 *
 * @param heap  from multi_heap_register()
 * @threads  safe from any thread; printing holds no lock of the heap's own
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c.  Different: the lines say
 *           what the document of 4.4 says, and go to stdout as it has it
 */
void multi_heap_dump(multi_heap_handle_t heap);

/**
 * Checks the heap and, with poisoning, the canaries and fillings.
 *
 * @param heap          from multi_heap_register()
 * @param print_errors  one line on stderr for each thing that is wrong
 * @return   true when nothing is wrong
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c.  Different: all broken blocks
 *           are told, and no content can make the check crash
 */
bool multi_heap_check(multi_heap_handle_t heap, bool print_errors);

/**
 * Calls back for each block, in the order of addresses.
 *
 * The function may use this heap; what it changes may be seen or not.
 *
 * @param heap         from multi_heap_register()
 * @param walker_func  called for each block; not NULL
 * @param user_data    handed to it
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.3 components/heap/multi_heap.c
 */
void multi_heap_walk(multi_heap_handle_t heap,
    multi_heap_walker_cb_t walker_func, void *user_data);

/**
 * Tells how much is free.
 *
 * @param heap  from multi_heap_register(), or NULL
 * @return   bytes, in all free blocks together; 0 for NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c
 */
size_t multi_heap_free_size(multi_heap_handle_t heap);

/**
 * Tells the least that was ever free.
 *
 * @param heap  from multi_heap_register(), or NULL
 * @return   bytes; 0 for NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c
 */
size_t multi_heap_minimum_free_size(multi_heap_handle_t heap);

/**
 * Tells all figures of a heap.
 *
 * @param heap  from multi_heap_register(), or NULL: all figures are 0
 * @param info  to be filled; the caller's
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/multi_heap.c
 */
void multi_heap_get_info(multi_heap_handle_t heap, multi_heap_info_t *info);

/**
 * Lets the least that was free begin anew with what is free now.
 *
 * @param heap  from multi_heap_register()
 * @return   the least so far, bytes
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.3 components/heap/multi_heap.c
 */
size_t multi_heap_reset_minimum_free_bytes(multi_heap_handle_t heap);

/**
 * Lowers the least that was free.
 *
 * @param heap  from multi_heap_register()
 * @param new_minimum_free_bytes_value  bytes; nothing happens unless it is
 *              below the present value
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.3 components/heap/multi_heap.c
 */
void multi_heap_restore_minimum_free_bytes(
    multi_heap_handle_t heap, const size_t new_minimum_free_bytes_value);

#ifdef __cplusplus
}
#endif

#endif
