/* SPDX-License-Identifier: MIT */
/*
 * What every workload shares: a pseudo-random generator, the scale argument,
 * block stamping, threads that cannot fail quietly, and the checksum line.
 *
 * A workload is run as `name [scale]`.  Scale 1 is sized for a few seconds;
 * 0.1 does about a tenth of the work.  Everything is deterministic: the same
 * scale prints the same checksum under every allocator, whatever the order in
 * which its threads run.
 */

#ifndef CAPHEAP_BENCH_WORKLOAD_H
#define CAPHEAP_BENCH_WORKLOAD_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WL_PAGE = 4096,
    WL_KIB = 1024,
    WL_MIB = 1024 * 1024
};

/* ---- failure ---------------------------------------------------------- */

static inline void
wl_require(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "workload failed: %s\n", what);
        abort();
    }
}

static inline void *
wl_must(void *block)
{
    wl_require(block != NULL, "out of memory");
    return block;
}

/* ---- pseudo-random numbers: xorshift64*, seeded through splitmix64 ----- */

struct wl_rng {
    uint64_t state; /* never 0 */
};

static inline struct wl_rng
wl_rng_seed(uint64_t seed)
{
    uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (struct wl_rng){.state = z != 0 ? z : 1};
}

static inline uint32_t
wl_rng_next(struct wl_rng *rng)
{
    uint64_t x = rng->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    rng->state = x;
    return (uint32_t)((x * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
}

/* A number in 0..bound-1; bound is at most 2^32. */
static inline size_t
wl_rng_below(struct wl_rng *rng, size_t bound)
{
    return (size_t)(((uint64_t)wl_rng_next(rng) * (uint64_t)bound) >> 32);
}

/* A number in low..high, both included. */
static inline size_t
wl_rng_between(struct wl_rng *rng, size_t low, size_t high)
{
    return low + wl_rng_below(rng, high - low + 1);
}

/*
 * A size whose logarithm is spread evenly: each power of two between
 * 2^low_bit and 2^high_bit is as likely as any other.
 */
static inline size_t
wl_rng_log_size(struct wl_rng *rng, unsigned low_bit, unsigned high_bit)
{
    const size_t base = (size_t)1 << wl_rng_between(rng, low_bit, high_bit - 1);

    return base + wl_rng_below(rng, base) + 1;
}

/* ---- the scale argument ------------------------------------------------ */

static inline double
wl_scale(int argc, char **argv)
{
    const double scale = argc > 1 ? strtod(argv[1], NULL) : 1.0;

    wl_require(scale > 0.0, "the scale must be a number above 0");
    return scale;
}

/* Never 0, so that every loop runs and every checksum covers something. */
static inline size_t
wl_scaled(double scale, size_t count)
{
    const size_t n = (size_t)((double)count * scale);

    return n > 0 ? n : 1;
}

/* ---- touching and checking blocks -------------------------------------- */

/* Writes one byte to each page of the block, as its first use would. */
static inline void
wl_touch_pages(void *block, size_t size, unsigned char value)
{
    volatile unsigned char *bytes = block;

    for (size_t i = 0; i < size; i += WL_PAGE) {
        bytes[i] = value;
    }
    bytes[size - 1] = value;
}

/* Writes the value to both ends of a block of at least 16 bytes. */
static inline void
wl_stamp(void *block, size_t size, uint64_t value)
{
    memcpy(block, &value, sizeof(value));
    memcpy((char *)block + size - sizeof(value), &value, sizeof(value));
}

/* Reads a stamp back; both ends must still agree. */
static inline uint64_t
wl_stamp_read(const void *block, size_t size)
{
    uint64_t head;
    uint64_t tail;

    memcpy(&head, block, sizeof(head));
    memcpy(&tail, (const char *)block + size - sizeof(tail), sizeof(tail));
    wl_require(head == tail, "a block was overwritten");
    return head;
}

/* ---- a table of live blocks -------------------------------------------- */

struct wl_slot {
    unsigned char *block;
    size_t size;
};

/* What a workload does with one slot. */
struct wl_churn {
    struct wl_slot *slots;
    size_t n;
    void (*fill)(struct wl_slot *slot, struct wl_rng *rng);
    uint64_t (*empty)(struct wl_slot *slot);
};

/* Fills all slots, renews random ones `steps` times, and empties all. */
static inline uint64_t
wl_churn_run(const struct wl_churn *churn, struct wl_rng *rng, size_t steps)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < churn->n; i++) {
        churn->fill(&churn->slots[i], rng);
    }
    for (size_t i = 0; i < steps; i++) {
        struct wl_slot *slot = &churn->slots[wl_rng_below(rng, churn->n)];

        sum += churn->empty(slot);
        churn->fill(slot, rng);
    }
    for (size_t i = 0; i < churn->n; i++) {
        sum += churn->empty(&churn->slots[i]);
    }
    return sum;
}

/* ---- threads ----------------------------------------------------------- */

static inline pthread_t
wl_thread_start(void *(*body)(void *), void *argument)
{
    pthread_t thread;

    wl_require(
        pthread_create(&thread, NULL, body, argument) == 0, "pthread_create");
    return thread;
}

static inline void
wl_thread_join(pthread_t thread)
{
    wl_require(pthread_join(thread, NULL) == 0, "pthread_join");
}

/* ---- the result -------------------------------------------------------- */

static inline int
wl_finish(uint64_t checksum)
{
    printf("checksum %016llx\n", (unsigned long long)checksum);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
