/* SPDX-License-Identifier: MIT */
/**
 * capheap.h - the library's own API.
 *
 * These functions reach capheap's heap whether or not the library also is the
 * process's malloc: beside a sanitizer, which keeps malloc for itself, and
 * from the static archive without the libc names (libcapheap-noreplace.a).
 * Where capheap is the process's malloc, free() and capheap_free() take each
 * other's blocks.
 */
#ifndef CAPHEAP_H
#define CAPHEAP_H

#include <stddef.h>
#include <stdint.h>

#define CAPHEAP_VERSION_MAJOR 0
#define CAPHEAP_VERSION_MINOR 1
#define CAPHEAP_VERSION_PATCH 0
/** The version that this header belongs to, "MAJOR.MINOR.PATCH". */
#define CAPHEAP_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Tells the version of the library that is running.
 *
 * @return   "MAJOR.MINOR.PATCH", static; compare with CAPHEAP_VERSION
 * @threads  safe from any thread
 * @signals  async-signal-safe
 * @source   capheap
 */
const char *capheap_version(void);

/**
 * Allocates a block of at least `size` bytes.
 *
 * The block is aligned to 16 bytes and is not zeroed.  A size of 0 gives a
 * block of its own, which must be freed like any other.
 *
 * @param size  bytes wanted
 * @return      the block, owned by the caller, or NULL with errno set
 * @errors      ENOMEM  no room, a limit is reached, or size > PTRDIFF_MAX
 * @threads     safe from any thread; takes locks on the slow path only
 * @signals     not async-signal-safe
 * @source      capheap; malloc(3), C11 7.22.3.4
 * @see         capheap_free(), capheap_realloc()
 */
void *capheap_malloc(size_t size);

/**
 * Allocates a zeroed block for `n` objects of `size` bytes.
 *
 * @param n     how many objects
 * @param size  bytes of each
 * @return      the block, aligned to 16 bytes, or NULL with errno set
 * @errors      ENOMEM  no room, a limit is reached, or n * size overflows
 * @threads     safe from any thread
 * @signals     not async-signal-safe
 * @source      capheap; calloc(3), C11 7.22.3.2
 * @see         capheap_malloc()
 */
void *capheap_calloc(size_t n, size_t size);

/**
 * Changes the size of a block, in place where possible.
 *
 * The content stays up to the smaller of the two sizes.  `p` NULL allocates;
 * `size` 0 with a block frees it and gives NULL, as glibc does.
 *
 * @param p     a block of this heap, or NULL
 * @param size  bytes wanted
 * @return      the block, or NULL with errno set and `p` as it was; NULL with
 *              errno untouched when size is 0 and p was freed
 * @errors      ENOMEM  no room, a limit is reached, or size > PTRDIFF_MAX
 * @threads     safe from any thread
 * @signals     not async-signal-safe
 * @source      capheap; realloc(3), C11 7.22.3.5
 * @see         capheap_malloc()
 */
void *capheap_realloc(void *p, size_t size);

/**
 * Allocates a block at a multiple of `alignment`.
 *
 * @param alignment  bytes, a power of two
 * @param size       bytes wanted; need not be a multiple of alignment
 * @return           the block, or NULL with errno set
 * @errors           EINVAL  alignment is not a power of two;
 *                   ENOMEM  no room, or a limit is reached
 * @threads          safe from any thread
 * @signals          not async-signal-safe
 * @source           capheap; aligned_alloc(3), C11 7.22.3.1
 * @see              capheap_malloc()
 */
void *capheap_aligned_alloc(size_t alignment, size_t size);

/**
 * Frees a block; NULL is fine.  Keeps errno.
 *
 * A pointer that is no block of this heap ends the process with one line that
 * names it, unless the option foreign=ignore is set.
 *
 * @param p  a block of this heap, or NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   capheap; free(3), C11 7.22.3.3
 * @see      capheap_malloc()
 */
void capheap_free(void *p);

/**
 * Tells how many bytes of a block may be used.
 *
 * @param p  a block of this heap, or NULL
 * @return   bytes, at least what was asked for; 0 for NULL
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   capheap; malloc_usable_size(3)
 * @see      capheap_malloc()
 */
size_t capheap_usable_size(const void *p);

/** What is told of a region. */
struct capheap_region_info {
    size_t size;         /**< in: sizeof(struct capheap_region_info) */
    const char *name;    /**< static */
    uint32_t caps[3];    /**< MALLOC_CAP_* of esp_heap_caps.h, by priority */
    uint32_t is_elastic; /**< not 0: grows, up to a limit if it has one */
    void *start;         /**< address of the first byte */
    size_t total;        /**< bytes; of an elastic one its limit, or what the
                            system would give */
    size_t free;         /**< bytes */
    size_t allocated;    /**< bytes in blocks that are in use */
    size_t largest;      /**< bytes: the largest allocation that succeeds */
    size_t minimum_free; /**< bytes: the least that was ever free */
    size_t used_blocks;
    size_t free_blocks;
};

/**
 * Tells the figures of a region.
 *
 * @param name  of a region of the profile in force, as `capheap profiles show`
 *              lists them
 * @param info  to be filled; the caller's, with `size` set.  Only so many bytes
 *              are written
 * @return   0, or a negative errno value
 * @errors   ENOENT  there is no such region;
 *           EINVAL  NULL, or `info->size` is less than that of its first field
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   capheap
 * @see      capheap-profiles(5)
 */
int capheap_region_info(const char *name, struct capheap_region_info *info);

/**
 * Sets how large an elastic region may become.
 *
 * What is in use beyond it stays; what would pass it is refused.  Of the region
 * behind plain malloc() it is the limit of that heap.
 *
 * @param name   of a region
 * @param bytes  the limit; SIZE_MAX: none
 * @return   0, or a negative errno value
 * @errors   ENOENT   there is no such region;
 *           ENOTSUP  its size is fixed
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   capheap
 * @see      capheap-profiles(5)
 */
int capheap_region_set_limit(const char *name, size_t bytes);

/**
 * Has a function called before a region runs out of memory.
 *
 * It is called by the thread whose allocation left less than `bytes` free,
 * once until there has been more again.  It may allocate and free; what it
 * allocates does not call it again.  A call that has begun in another thread
 * may still come after the function was changed or ended.
 *
 * @param name   of a region
 * @param bytes  how much is little
 * @param fn     gets the region's name, the bytes that are free, and `ctx`;
 *               NULL: nobody is called any more
 * @param ctx    handed to it
 * @return   0, or a negative errno value
 * @errors   ENOENT  there is no such region
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   capheap
 */
int capheap_region_on_low(const char *name, size_t bytes,
    void (*fn)(const char *name, size_t free_bytes, void *ctx), void *ctx);

/**
 * Tells where the content of executable memory is written.
 *
 * @param p  an address within a block of executable memory, as
 *           heap_caps_malloc(MALLOC_CAP_EXEC) gave it
 * @return   the address of the same byte for writing: `p` itself unless the
 *           option wx=split is set
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   capheap
 */
void *capheap_exec_writable(const void *p);

/** How blocks are laid out and counted. */
enum capheap_accounting {
    CAPHEAP_ACCOUNTING_AUTO,   /**< as the option accounting= has it */
    CAPHEAP_ACCOUNTING_HOST,   /**< every byte is the caller's, multiples of
                                  16 */
    CAPHEAP_ACCOUNTING_DEVICE, /**< as the 32-bit chip does it, multiples of
                                  4 */
};

struct multi_heap_info;

/**
 * Makes a buffer a heap, as multi_heap_register(), with an accounting of its
 * own.
 *
 * @param start       address of the buffer, any; not NULL.  It stays the
 *                    caller's
 * @param size        bytes of it, any
 * @param accounting  how it counts
 * @return   the heap, a multi_heap_handle_t; NULL when there is no room for one
 *           block, or `accounting` is none
 * @errors   aborts with a line when `start` is NULL
 * @threads  safe from any thread, not with heaps in the same buffer in use
 * @signals  not async-signal-safe
 * @source   capheap
 * @see      multi_heap_register()
 */
struct multi_heap_info *capheap_multi_heap_register(
    void *start, size_t size, enum capheap_accounting accounting);

#ifdef __cplusplus
}
#endif

#endif
