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

#ifdef __cplusplus
}
#endif

#endif
