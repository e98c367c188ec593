/* SPDX-License-Identifier: MIT */
/*
 * producer-consumer: one thread allocates 64-byte blocks, another frees them.
 * What does a free from a foreign thread cost, and does the memory find its
 * way back to the thread that allocates?
 *
 *     producer-consumer [scale [pairs]]
 */

#include "workload.h"

enum {
    BLOCK = 64,
    BATCH = 256,
    RING = 16,
    BATCHES = 160000,
    PAIRS = 1
};

struct batch {
    void *blocks[BATCH];
};

/* Bounded, so that a slow consumer holds the producer back. */
struct channel {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t written; /* batches; under lock */
    size_t read;    /* batches; under lock */
    size_t total;   /* batches; const after init */
    uint64_t sum;   /* the consumer's, read after it was joined */
    struct batch ring[RING];
};

static void
channel_wait_space(struct channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    while (channel->written - channel->read == RING) {
        pthread_cond_wait(&channel->changed, &channel->lock);
    }
    pthread_mutex_unlock(&channel->lock);
}

static void
channel_wait_batch(struct channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    while (channel->written == channel->read) {
        pthread_cond_wait(&channel->changed, &channel->lock);
    }
    pthread_mutex_unlock(&channel->lock);
}

static void
channel_advance(struct channel *channel, size_t *counter)
{
    pthread_mutex_lock(&channel->lock);
    (*counter)++;
    pthread_cond_signal(&channel->changed);
    pthread_mutex_unlock(&channel->lock);
}

static void *
producer(void *argument)
{
    struct channel *channel = argument;

    for (size_t n = 0; n < channel->total; n++) {
        struct batch *batch = &channel->ring[n % RING];

        channel_wait_space(channel);
        for (size_t i = 0; i < BATCH; i++) {
            const uint64_t stamp = n ^ i;

            batch->blocks[i] = wl_must(malloc(BLOCK));
            wl_stamp(batch->blocks[i], BLOCK, stamp);
        }
        channel_advance(channel, &channel->written);
    }
    return NULL;
}

static void *
consumer(void *argument)
{
    struct channel *channel = argument;

    for (size_t n = 0; n < channel->total; n++) {
        struct batch *batch = &channel->ring[n % RING];

        channel_wait_batch(channel);
        for (size_t i = 0; i < BATCH; i++) {
            channel->sum += wl_stamp_read(batch->blocks[i], BLOCK);
            free(batch->blocks[i]);
        }
        channel_advance(channel, &channel->read);
    }
    return NULL;
}

static uint64_t
run_pairs(size_t pairs, size_t batches)
{
    struct channel *channels = wl_must(calloc(pairs, sizeof(*channels)));
    pthread_t *threads = wl_must(calloc(pairs * 2, sizeof(*threads)));
    uint64_t sum = 0;

    for (size_t i = 0; i < pairs; i++) {
        pthread_mutex_init(&channels[i].lock, NULL);
        pthread_cond_init(&channels[i].changed, NULL);
        channels[i].total = batches;
        threads[2 * i] = wl_thread_start(producer, &channels[i]);
        threads[2 * i + 1] = wl_thread_start(consumer, &channels[i]);
    }
    for (size_t i = 0; i < pairs; i++) {
        wl_thread_join(threads[2 * i]);
        wl_thread_join(threads[2 * i + 1]);
        sum += channels[i].sum;
    }
    free(threads);
    free(channels);
    return sum;
}

int
main(int argc, char **argv)
{
    const size_t batches = wl_scaled(wl_scale(argc, argv), BATCHES);
    const size_t pairs = argc > 2 ? strtoul(argv[2], NULL, 10) : PAIRS;

    wl_require(pairs > 0, "at least one pair");
    return wl_finish(run_pairs(pairs, batches));
}
