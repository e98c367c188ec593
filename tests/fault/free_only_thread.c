/* SPDX-License-Identifier: MIT */
/*
 * free_only_thread.c - some threads only allocate, one only frees.
 *
 * What the one frees must come back to the others.  The queue is kept at some
 * 100 MiB, so that what threads and size classes cost once is a small share,
 * and is turned over many times.  The bound is one of growth: three fifths
 * on top, since how far each producer runs ahead is up to the scheduler, and
 * what one of them had live at its most is not all of use to another.
 */
#include <pthread.h>

#include "faultutil.h"

#define N_PRODUCERS 4
#define N_BLOCKS    1000000 /* a producer's */
#define QUEUE       (1u << 19)
#define KEPT        (QUEUE / 4 * 3) /* in the queue while producers work */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t room;
    pthread_cond_t some;
    unsigned char *p[QUEUE];
    size_t head;
    size_t tail;
    size_t n_open; /* producers still at it */
    size_t bytes;  /* live */
    size_t bytes_max;
} queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .room = PTHREAD_COND_INITIALIZER,
    .some = PTHREAD_COND_INITIALIZER,
    .n_open = N_PRODUCERS,
};

#define BATCH 64

static size_t
block_size(const unsigned char *p)
{
    size_t size;

    memcpy(&size, p, sizeof(size));
    return size;
}

static void
put(unsigned char **p, size_t n, size_t bytes)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.head - queue.tail > QUEUE - n) {
        pthread_cond_wait(&queue.room, &queue.lock);
    }
    for (size_t i = 0; i < n; i++) {
        queue.p[queue.head++ % QUEUE] = p[i];
    }
    queue.bytes += bytes;
    if (queue.bytes > queue.bytes_max) {
        queue.bytes_max = queue.bytes;
    }
    pthread_cond_signal(&queue.some);
    pthread_mutex_unlock(&queue.lock);
}

static size_t
get(unsigned char **p)
{
    size_t n = 0;

    pthread_mutex_lock(&queue.lock);
    while (queue.head - queue.tail <= KEPT && queue.n_open > 0) {
        pthread_cond_wait(&queue.some, &queue.lock);
    }
    while (n < BATCH && queue.tail < queue.head) {
        p[n] = queue.p[queue.tail++ % QUEUE];
        queue.bytes -= block_size(p[n]);
        n++;
    }
    pthread_cond_broadcast(&queue.room);
    pthread_mutex_unlock(&queue.lock);
    return n;
}

static void *
producer(void *arg)
{
    uint64_t rng = (uint64_t)(uintptr_t)arg;
    unsigned char *p[BATCH];

    for (size_t done = 0; done < N_BLOCKS; done += BATCH) {
        size_t bytes = 0;

        for (size_t i = 0; i < BATCH; i++) {
            size_t size = sizeof(size_t) + rng_log_size(&rng, 11);

            p[i] = malloc(size);
            CHECK(p[i] != NULL);
            memset(p[i], 1, size);
            memcpy(p[i], &size, sizeof(size));
            bytes += size;
        }
        put(p, BATCH, bytes);
    }
    pthread_mutex_lock(&queue.lock);
    queue.n_open--;
    pthread_cond_signal(&queue.some);
    pthread_mutex_unlock(&queue.lock);
    return NULL;
}

static void *
reclaimer(void *unused)
{
    unsigned char *p[BATCH];
    size_t n;

    (void)unused;
    while ((n = get(p)) > 0) {
        for (size_t i = 0; i < n; i++) {
            free(p[i]);
        }
    }
    return NULL;
}

int
main(void)
{
    pthread_t producers[N_PRODUCERS];
    pthread_t consumer;
    size_t before;
    size_t peak;

    fault_watchdog(200);
    /* The queue itself is not of the heap. */
    memset(queue.p, 1, sizeof(queue.p));
    before = fault_rss_kib();
    CHECK(pthread_create(&consumer, NULL, reclaimer, NULL) == 0);
    for (size_t i = 0; i < N_PRODUCERS; i++) {
        CHECK(pthread_create(
                  &producers[i], NULL, producer, (void *)(uintptr_t)(i + 1))
              == 0);
    }
    for (size_t i = 0; i < N_PRODUCERS; i++) {
        pthread_join(producers[i], NULL);
    }
    pthread_join(consumer, NULL);
    peak = fault_proc_kib("/proc/self/status", "VmHWM:") - before;
    if (peak > queue.bytes_max / KIB * 8 / 5) {
        dprintf(
            2, "peak %zu KiB for %zu KiB live\n", peak, queue.bytes_max / KIB);
        return 1;
    }
    return 0;
}
