/* SPDX-License-Identifier: MIT */
/*
 * route.h - from a request to an engine, and from a pointer to its engine.
 *
 * What the facades stand on.  Requests above PTRDIFF_MAX bytes get NULL;
 * nothing here sets errno.  All functions are safe from any thread.
 *
 * `caller` is where the call of the public function returns to: where plain
 * malloc is bounded by a device, it tells whose call it is (caller.h).
 */
#ifndef CH_FRONT_ROUTE_H
#define CH_FRONT_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

CH_NODISCARD void *ch_route_alloc(size_t size, const void *caller);
/* Zeroed. */
CH_NODISCARD void *ch_route_calloc(size_t n, size_t size, const void *caller);
/* `align` is a power of two. */
CH_NODISCARD void *ch_route_alloc_aligned(
    size_t align, size_t size, const void *caller);

/* True when an engine has memory where p points. */
CH_NODISCARD bool ch_route_has(const void *p);

/*
 * What follows takes a block of any engine, or NULL.  For another pointer it
 * says "OP of a ... pointer: ..." and aborts, `op` being the name of the
 * caller's function; with foreign=ignore it does nothing.
 */
void ch_route_free(void *p, const char *op);
/*
 * The block at its new size.  NULL: no memory, the block is as it was; or
 * `size` is 0 and the block was freed.  A block of memory that others lack,
 * executable, locked or secret, stays in its region.
 */
CH_NODISCARD void *ch_route_realloc(
    void *p, size_t size, const char *op, const void *caller);
/* The same by the rules of heap_caps_realloc(): stays while its region has
   all of `caps` and room, else moves to one that has them.  `size` is not 0,
   p not NULL. */
CH_NODISCARD void *ch_route_realloc_caps(
    void *p, size_t size, uint32_t caps, const char *op);
/* The same by the rules of malloc() on the device. */
CH_NODISCARD void *ch_route_realloc_default(
    void *p, size_t size, const char *op);
/* Bytes that may be used; 0 for NULL. */
CH_NODISCARD size_t ch_route_usable(const void *p, const char *op);
/* What ESP-IDF calls the allocated size; p is not NULL. */
CH_NODISCARD size_t ch_route_allocated(const void *p, const char *op);
/* The usable size that a block of `size` bytes would have. */
CH_NODISCARD size_t ch_route_good_size(size_t size);

/* Plain malloc is bounded by the device from now on.  Caller: start-up. */
void ch_route_bound(void);
bool ch_route_is_bounded(void);

#endif
