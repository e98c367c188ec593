/* SPDX-License-Identifier: MIT */
/**
 * esp_heap_caps.h - memory by what it can do.
 *
 * The regions are those of the profile in force (option profile=); what they
 * are, and how an allocation finds its region, is in capheap-profiles(5) and
 * capheap-esp-idf(7).  A block is not zeroed unless said so, and is freed with
 * heap_caps_free() or free(3), whichever region it is of.
 *
 * Where versions of ESP-IDF differ, the option esp_idf= chooses; the default
 * is what its document of 4.4 says.
 *
 * All functions are safe from any thread.  None is async-signal-safe, though
 * ESP-IDF allows interrupt handlers to call some.
 *
 * @source  ESP-IDF components/heap/include/esp_heap_caps.h, 4.4 and newer ones
 *          as told below
 */
#ifndef CAPHEAP_ESP_IDF_ESP_HEAP_CAPS_H
#define CAPHEAP_ESP_IDF_ESP_HEAP_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_attr.h"
#include "esp_err.h"
#include "multi_heap.h"
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where ESP-IDF puts its heap functions; of no meaning here. */
#define HEAP_IRAM_ATTR

/* What memory must be able to do; see also the types of the profiles. */

/** Instructions can be run from it. */
#define MALLOC_CAP_EXEC (1u << 0)
/** It takes aligned accesses of 32 bits. */
#define MALLOC_CAP_32BIT (1u << 1)
/** It takes accesses of 8 and 16 bits, too. */
#define MALLOC_CAP_8BIT (1u << 2)
/** DMA can reach it. */
#define MALLOC_CAP_DMA (1u << 3)
/** It is mapped for one process of the chip; no profile has such memory. */
#define MALLOC_CAP_PID2 (1u << 4)
#define MALLOC_CAP_PID3 (1u << 5)
#define MALLOC_CAP_PID4 (1u << 6)
#define MALLOC_CAP_PID5 (1u << 7)
#define MALLOC_CAP_PID6 (1u << 8)
#define MALLOC_CAP_PID7 (1u << 9)
/** It is external RAM. */
#define MALLOC_CAP_SPIRAM (1u << 10)
/** It is on the chip: still there when the cache is off. */
#define MALLOC_CAP_INTERNAL (1u << 11)
/** malloc() may use it. */
#define MALLOC_CAP_DEFAULT (1u << 12)
/** It is instruction RAM that takes unaligned accesses. */
#define MALLOC_CAP_IRAM_8BIT (1u << 13)
/** It keeps its content in a light sleep. */
#define MALLOC_CAP_RETENTION (1u << 14)
/** It is fast RTC memory. */
#define MALLOC_CAP_RTCRAM (1u << 15)
/** It is scratchpad memory. */
#define MALLOC_CAP_SPM (1u << 16)
/** The older name of MALLOC_CAP_SPM. */
#define MALLOC_CAP_TCM MALLOC_CAP_SPM
/** Descriptors of AHB DMA can stand in it. */
#define MALLOC_CAP_DMA_DESC_AHB (1u << 17)
/** Descriptors of AXI DMA can stand in it. */
#define MALLOC_CAP_DMA_DESC_AXI (1u << 18)
/** The block begins and ends with a line of the cache. */
#define MALLOC_CAP_CACHE_ALIGNED (1u << 19)
/** Vector instructions can reach it. */
#define MALLOC_CAP_SIMD (1u << 20)
/** It is external RAM without encryption. */
#define MALLOC_CAP_SPIRAM_NO_ENC (1u << 21)
/** No memory can do this; for queries that take it, every region. */
#define MALLOC_CAP_INVALID (1u << 31)

/**
 * Called when an allocation has failed.
 *
 * Allocations within it may fail, and do not call it again.
 *
 * @param size           bytes that were asked for
 * @param caps           the mask that was asked for
 * @param function_name  the public function that failed; static
 */
typedef void (*esp_alloc_failed_hook_t)(
    size_t size, uint32_t caps, const char *function_name);

/** The range of a heap; the name of the type is ESP-IDF's. */
typedef struct walker_heap_info {
    intptr_t start; /**< address of the first byte */
    intptr_t end;   /**< address after the last byte */
} walker_heap_into_t;

/** A block. */
typedef struct walker_block_info {
    void *ptr;
    size_t size; /**< bytes, poisoning included */
    bool used;   /**< allocated */
} walker_block_info_t;

/**
 * Called for each block by heap_caps_walk().
 *
 * @param heap_info   the heap
 * @param block_info  the block
 * @param user_data   what heap_caps_walk() was given
 * @return  true to go on, false to go on with the next heap
 */
typedef bool (*heap_caps_walker_cb_t)(walker_heap_into_t heap_info,
    walker_block_info_t block_info, void *user_data);

/**
 * Chooses the function that is called when an allocation has failed.
 *
 * It is called once for each call that fails, but not for a size of 0 nor for
 * a wrong alignment.  Where malloc() is bounded by a device it is called for
 * that as well, with the name "heap_caps_malloc_default".
 *
 * @param callback  the function; it cannot be taken back
 * @return   ESP_OK; ESP_ERR_INVALID_ARG for NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c.  Different: told once,
 *           with the size that was asked for, as newer versions do; guarded
 *           against recursion
 */
esp_err_t heap_caps_register_failed_alloc_callback(
    esp_alloc_failed_hook_t callback);

/**
 * Called after each allocation when the program defines it.
 *
 * @param ptr   the block
 * @param size  bytes that were asked for
 * @param caps  the mask that was asked for
 * @source   ESP-IDF 5.1 components/heap/include/esp_heap_caps.h.  Different:
 *           there is no CONFIG_HEAP_USE_HOOKS to set
 */
void esp_heap_trace_alloc_hook(void *ptr, size_t size, uint32_t caps)
    __attribute__((weak));

/**
 * Called before each block is freed when the program defines it.
 *
 * @param ptr  the block
 * @source   ESP-IDF 5.1 components/heap/include/esp_heap_caps.h.  Different:
 *           there is no CONFIG_HEAP_USE_HOOKS to set
 */
void esp_heap_trace_free_hook(void *ptr) __attribute__((weak));

/**
 * Allocates a block that can do all of `caps`.
 *
 * @param size  bytes wanted
 * @param caps  MALLOC_CAP_*, one or several
 * @return   the block; NULL when no region has room, no region can do it,
 *           `size` or `caps` is 0, or EXEC is asked for with 8BIT or DMA
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void *heap_caps_malloc(size_t size, uint32_t caps);

/**
 * Frees a block.
 *
 * @param ptr  a block of heap_caps or of malloc(3), or NULL
 * @errors   aborts with a line when `ptr` is no block
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c.  Different: takes every
 *           block that free(3) takes
 */
void heap_caps_free(void *ptr);

/**
 * Changes the size of a block and, if need be, the memory that it is in.
 *
 * @param ptr   a block of heap_caps or of malloc(3), or NULL to allocate one
 * @param size  bytes wanted; 0 frees the block
 * @param caps  what the memory must be able to do from now on; may differ from
 *              what was asked for before
 * @return   the block with its content up to the smaller size; NULL when the
 *           allocation failed, and then `ptr` is as it was, or `size` is 0
 * @errors   aborts with a line when `ptr` is no block
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void *heap_caps_realloc(void *ptr, size_t size, uint32_t caps);

/**
 * Allocates a zeroed block that can do all of `caps`.
 *
 * @param n     how many objects
 * @param size  bytes of each
 * @param caps  MALLOC_CAP_*
 * @return   as heap_caps_malloc(); NULL also when n * size overflows
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c.  Different: an overflow is
 *           told to the failure callback as SIZE_MAX
 */
void *heap_caps_calloc(size_t n, size_t size, uint32_t caps);

/**
 * Allocates a block at a multiple of an alignment.
 *
 * @param alignment  bytes, a power of two
 * @param size       bytes wanted
 * @param caps       MALLOC_CAP_*
 * @return   the block, for heap_caps_free(); NULL as heap_caps_malloc(), and
 *           when `alignment` is no power of two
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void *heap_caps_aligned_alloc(size_t alignment, size_t size, uint32_t caps);

/**
 * Allocates a zeroed block at a multiple of an alignment.
 *
 * @param alignment  bytes, a power of two
 * @param n          how many objects
 * @param size       bytes of each
 * @param caps       MALLOC_CAP_*
 * @return   as heap_caps_aligned_alloc(); NULL also when n * size overflows
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void *heap_caps_aligned_calloc(
    size_t alignment, size_t n, size_t size, uint32_t caps);

/**
 * The same as heap_caps_free(), which is to be preferred.
 *
 * @param ptr  a block, or NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c; deprecated there
 */
void heap_caps_aligned_free(void *ptr);

/**
 * Allocates a block with the first of several masks that succeeds.
 *
 * @param size  bytes wanted
 * @param num   how many masks follow, each a uint32_t of MALLOC_CAP_*
 * @return   as heap_caps_malloc(); NULL when `num` is 0
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c.  Different: a failure is
 *           told to the callback once, with the last mask
 */
void *heap_caps_malloc_prefer(size_t size, size_t num, ...);

/**
 * Changes the size of a block with the first of several masks that succeeds.
 *
 * @param ptr   a block, or NULL to allocate one
 * @param size  bytes wanted; 0 frees the block
 * @param num   how many masks follow, each a uint32_t of MALLOC_CAP_*
 * @return   as heap_caps_realloc()
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void *heap_caps_realloc_prefer(void *ptr, size_t size, size_t num, ...);

/**
 * Allocates a zeroed block with the first of several masks that succeeds.
 *
 * @param n     how many objects
 * @param size  bytes of each
 * @param num   how many masks follow, each a uint32_t of MALLOC_CAP_*
 * @return   as heap_caps_calloc()
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c.  Different: a failure is
 *           told to the callback with the size of all objects together
 */
void *heap_caps_calloc_prefer(size_t n, size_t size, size_t num, ...);

/**
 * Lets malloc() use external memory.
 *
 * @param limit  bytes: requests up to this size try internal memory first,
 *               larger ones external memory; (size_t)-1: internal memory only,
 *               as at first
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void heap_caps_malloc_extmem_enable(size_t limit);

/**
 * What malloc() does in a device's memory.
 *
 * @param size  bytes wanted
 * @return   the block, or NULL; NULL for 0
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c; in no public header there
 * @see      heap_caps_malloc_extmem_enable()
 */
void *heap_caps_malloc_default(size_t size);

/**
 * What realloc() does in a device's memory.
 *
 * @param ptr   a block, or NULL
 * @param size  bytes wanted; 0 frees the block
 * @return   as heap_caps_realloc()
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c; in no public header there
 */
void *heap_caps_realloc_default(void *ptr, size_t size);

/**
 * What aligned_alloc() does in a device's memory.
 *
 * @param alignment  bytes, a power of two
 * @param size       bytes wanted
 * @return   as heap_caps_aligned_alloc()
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/heap/heap_caps.c; in no public header there
 */
void *heap_caps_aligned_alloc_default(size_t alignment, size_t size);

/**
 * Tells the size of a block.
 *
 * @param ptr  a block of heap_caps or of malloc(3)
 * @return   bytes, at least what was asked for; all of them may be used, but
 *           with poisoning only what malloc_usable_size(3) tells
 * @errors   aborts with a line when `ptr` is no block
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
size_t heap_caps_get_allocated_size(void *ptr);

/**
 * Tells the size of the block that an address lies in.
 *
 * @param ptr  an address within a block
 * @return   bytes, as heap_caps_get_allocated_size() of the block
 * @errors   aborts with a line when no block has the address
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_caps.c
 */
size_t heap_caps_get_containing_block_size(void *ptr);

/**
 * Tells the size of all regions that can do all of `caps`.
 *
 * @param caps  MALLOC_CAP_*; 0: all regions
 * @return   bytes; of a region without a limit, what the system would give
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
size_t heap_caps_get_total_size(uint32_t caps);

/**
 * Tells how much is free in them.
 *
 * @param caps  MALLOC_CAP_*; 0: all regions
 * @return   bytes, in all free blocks together
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
size_t heap_caps_get_free_size(uint32_t caps);

/**
 * Tells the sum of the least that was ever free in each of them.
 *
 * The regions may have had their least at different times, so that the least
 * of the sum may have been more.
 *
 * @param caps  MALLOC_CAP_*; 0: all regions
 * @return   bytes
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
size_t heap_caps_get_minimum_free_size(uint32_t caps);

/**
 * Tells the largest allocation that would succeed.
 *
 * @param caps  MALLOC_CAP_*; 0: all regions
 * @return   bytes; for EXEC from D/IRAM under device accounting 4 more than
 *           are served, as on the chip
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
size_t heap_caps_get_largest_free_block(uint32_t caps);

/**
 * Lets the least that was free begin anew in all regions.
 *
 * @return   ESP_OK, also when it was started already
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.3 components/heap/heap_caps.c.  Its document says
 *           ESP_FAIL when it was started already, its test ESP_OK
 */
esp_err_t heap_caps_monitor_local_minimum_free_size_start(void);

/**
 * Ends that: the least of the whole life counts again.
 *
 * @return   ESP_OK; ESP_FAIL when it was not started
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.3 components/heap/heap_caps.c
 */
esp_err_t heap_caps_monitor_local_minimum_free_size_stop(void);

/**
 * Tells all figures of the regions that can do all of `caps`: sums, and the
 * largest block.
 *
 * @param info  to be filled; the caller's
 * @param caps  MALLOC_CAP_*; 0: all regions
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void heap_caps_get_info(multi_heap_info_t *info, uint32_t caps);

/**
 * Prints two lines for each of those regions to stdout, and their totals.
 *
 * @param caps  MALLOC_CAP_*; 0: all regions
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void heap_caps_print_heap_info(uint32_t caps);

/**
 * Checks all regions, as multi_heap_check() does one heap.
 *
 * @param print_errors  one line on stderr for each thing that is wrong
 * @return   true when nothing is wrong
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
bool heap_caps_check_integrity_all(bool print_errors);

/**
 * Checks the regions that can do all of `caps`.
 *
 * @param caps          MALLOC_CAP_*; MALLOC_CAP_INVALID: all regions
 * @param print_errors  one line on stderr for each thing that is wrong
 * @return   true when nothing is wrong
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
bool heap_caps_check_integrity(uint32_t caps, bool print_errors);

/**
 * Checks the region that has an address.
 *
 * @param addr          an address
 * @param print_errors  one line on stderr for each thing that is wrong
 * @return   true when nothing is wrong; false also when no region has it
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
bool heap_caps_check_integrity_addr(intptr_t addr, bool print_errors);

/**
 * Prints all blocks of the regions that can do all of `caps`, where and as
 * multi_heap_dump() those of one heap.
 *
 * @param caps  MALLOC_CAP_*; MALLOC_CAP_INVALID: all regions
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void heap_caps_dump(uint32_t caps);

/**
 * Prints all blocks of all regions, as heap_caps_dump().
 *
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps.c
 */
void heap_caps_dump_all(void);

/**
 * Calls back for each block of the regions that can do all of `caps`.
 *
 * @param caps         MALLOC_CAP_*; MALLOC_CAP_INVALID: all regions
 * @param walker_func  called for each block; not NULL; may allocate and free
 * @param user_data    handed to it
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.3 components/heap/heap_caps.c
 */
void heap_caps_walk(
    uint32_t caps, heap_caps_walker_cb_t walker_func, void *user_data);

/**
 * Calls back for each block of all regions.
 *
 * @param walker_func  called for each block; not NULL; may allocate and free
 * @param user_data    handed to it
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.3 components/heap/heap_caps.c
 */
void heap_caps_walk_all(heap_caps_walker_cb_t walker_func, void *user_data);

#ifdef __cplusplus
}
#endif

#endif
