/* SPDX-License-Identifier: MIT */
/*
 * ring.h - a ring of bytes between two tasks, in memory that DMA reaches.
 */
#ifndef STATION_RING_H
#define STATION_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* `size` is a power of two.  NULL: no memory that DMA reaches. */
struct ring *ring_create(size_t size);
void ring_destroy(struct ring *ring);
/* Where its bytes are. */
const void *ring_buffer(const struct ring *ring);

/* Waits for room; one task writes. */
void ring_write(struct ring *ring, const void *data, size_t size);
/* Waits for `size` bytes, one task reads.  False: the ring was closed before
   they came. */
bool ring_read(struct ring *ring, void *data, size_t size);
/* No more will be written. */
void ring_close(struct ring *ring);

#endif
