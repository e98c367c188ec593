/* SPDX-License-Identifier: MIT */
/*
 * ring.c - a ring of bytes between two tasks, in memory that DMA reaches.
 *
 * head and tail count bytes since the start; ring->lock guards them and
 * is_closed.  The bytes between tail and head are the reader's, the others
 * the writer's, so that both copy without the lock.
 */
#include "ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "esp_heap_caps.h"

/* DMA descriptors of the newer chips want their buffers so. */
#define DMA_ALIGN 64u

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t head; /* bytes written */
    size_t tail; /* bytes read */
    size_t size; /* bytes; const */
    bool is_closed;
    unsigned char *bytes; /* const */
};

struct ring *
ring_create(size_t size)
{
    struct ring *ring = calloc(1, sizeof *ring);

    if (ring == NULL) {
        return NULL;
    }
    ring->size = size;
    ring->bytes = heap_caps_aligned_alloc(
        DMA_ALIGN, size, MALLOC_CAP_DMA | MALLOC_CAP_8BIT);
    if (ring->bytes == NULL) {
        free(ring);
        return NULL;
    }
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    return ring;
}

void
ring_destroy(struct ring *ring)
{
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    heap_caps_free(ring->bytes);
    free(ring);
}

const void *
ring_buffer(const struct ring *ring)
{
    return ring->bytes;
}

/* ---- the counters -------------------------------------------------------- */

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Waits until something can be written; how many bytes at most. */
static size_t
wait_for_room(struct ring *ring)
{
    size_t room;

    pthread_mutex_lock(&ring->lock);
    while ((room = ring->size - (ring->head - ring->tail)) == 0) {
        pthread_cond_wait(&ring->changed, &ring->lock);
    }
    pthread_mutex_unlock(&ring->lock);
    return room;
}

/* Waits until something can be read; 0: nothing will come any more. */
static size_t
wait_for_bytes(struct ring *ring)
{
    size_t n;

    pthread_mutex_lock(&ring->lock);
    while ((n = ring->head - ring->tail) == 0 && !ring->is_closed) {
        pthread_cond_wait(&ring->changed, &ring->lock);
    }
    pthread_mutex_unlock(&ring->lock);
    return n;
}

static void
advance(struct ring *ring, size_t *counter, size_t n)
{
    pthread_mutex_lock(&ring->lock);
    *counter += n;
    pthread_cond_signal(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

/* Bytes from `counter` on that lie in one piece, of `n`. */
static size_t
in_one_piece(const struct ring *ring, size_t counter, size_t n)
{
    return least(n, ring->size - counter % ring->size);
}

/* ---- bytes --------------------------------------------------------------- */

void
ring_write(struct ring *ring, const void *data, size_t size)
{
    const unsigned char *from = data;

    while (size > 0) {
        size_t n = least(size, wait_for_room(ring));

        n = in_one_piece(ring, ring->head, n);
        memcpy(ring->bytes + ring->head % ring->size, from, n);
        advance(ring, &ring->head, n);
        from += n;
        size -= n;
    }
}

bool
ring_read(struct ring *ring, void *data, size_t size)
{
    unsigned char *to = data;

    while (size > 0) {
        size_t n = least(size, wait_for_bytes(ring));

        if (n == 0) {
            return false;
        }
        n = in_one_piece(ring, ring->tail, n);
        memcpy(to, ring->bytes + ring->tail % ring->size, n);
        advance(ring, &ring->tail, n);
        to += n;
        size -= n;
    }
    return true;
}

void
ring_close(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->is_closed = true;
    pthread_cond_signal(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}
