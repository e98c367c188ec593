/* SPDX-License-Identifier: MIT */
/*
 * heap_stress.c - threads that allocate, pass on, resize and free at random.
 *
 * Every block carries its size, its key and a pattern, which whoever frees or
 * resizes it checks.  Half of the blocks go through a table that all threads
 * share, so that they are freed far from home; threads end and are made anew
 * all the time.  Runs STRESS_SECONDS (10); STRESS_SEED repeats a run's
 * choices, though not its interleaving.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* -Wundef: the driver defines it for the prefixed build only. */
#if CH_STRESS_PREFIXED
# include "capheap.h"
# define x_malloc        capheap_malloc
# define x_calloc        capheap_calloc
# define x_realloc       capheap_realloc
# define x_aligned_alloc capheap_aligned_alloc
# define x_free          capheap_free
# define x_usable_size   capheap_usable_size
#else
# define x_malloc        malloc
# define x_calloc        calloc
# define x_realloc       realloc
# define x_aligned_alloc aligned_alloc
# define x_free          free
# define x_usable_size   malloc_usable_size
#endif

#define N_THREADS   6
#define N_SHARED    512
#define N_OWN       128
#define N_STEPS     4000 /* of one thread's life */
#define SIZE_SMALL  1024
#define SIZE_LARGE  ((size_t)1 << 18)
#define SIZE_HUGE   ((size_t)36 << 20)
#define CHECKED_MAX 4096 /* bytes of pattern at either end */

/* At the start of every block. */
struct head {
    size_t size;
    uint64_t key;
};

static _Atomic(struct head *) shared[N_SHARED];
static atomic_int stop;
static atomic_ulong n_steps;
static uint64_t seed;

static void
failed(const char *what, const void *p, size_t size)
{
    fprintf(stderr, "%s: block %p of %zu bytes, seed %llu\n", what, p, size,
        (unsigned long long)seed);
    abort();
}

static uint64_t
rng_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t
rng_below(uint64_t *rng, size_t limit)
{
    return (size_t)(rng_next(rng) % limit);
}

static size_t
pick_size(uint64_t *rng)
{
    size_t least = sizeof(struct head);

    switch (rng_below(rng, 64)) {
    case 0:
        return rng_below(rng, 64) == 0 ? SIZE_HUGE
                                       : SIZE_LARGE + rng_below(rng, 1 << 20);
    case 1:
    case 2:
    case 3:
        return least + rng_below(rng, SIZE_LARGE);
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        return least + rng_below(rng, 16 * SIZE_SMALL);
    default:
        return least + rng_below(rng, SIZE_SMALL);
    }
}

/* The part of a block's tail that carries the pattern. */
static size_t
tail_length(size_t size)
{
    size_t n = size - sizeof(struct head);

    return n < CHECKED_MAX ? n : CHECKED_MAX;
}

static void
fill(struct head *h, size_t size, uint64_t key)
{
    unsigned char *end = (unsigned char *)h + size;
    size_t n = tail_length(size);

    h->size = size;
    h->key = key;
    memset(h + 1, (int)(key & 0xff), n);
    memset(end - n, (int)(key & 0xff), n);
}

static void
check_bytes(const struct head *h, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != (unsigned char)(h->key & 0xff)) {
            failed("content changed", h, h->size);
        }
    }
}

static void
check(const struct head *h)
{
    size_t n = tail_length(h->size);

    if (x_usable_size((void *)(uintptr_t)h) < h->size) {
        failed("usable size below request", h, h->size);
    }
    check_bytes(h, (const unsigned char *)(h + 1), n);
    check_bytes(h, (const unsigned char *)h + h->size - n, n);
}

static void
check_zero(const struct head *h, size_t size)
{
    const unsigned char *p = (const unsigned char *)h;

    for (size_t i = 0; i < size; i += size < 65536 ? 1 : 61) {
        if (p[i] != 0) {
            failed("calloc not zero", h, size);
        }
    }
}

static struct head *
new_block(uint64_t *rng)
{
    size_t size = pick_size(rng);
    size_t alignment = 16;
    struct head *h;

    switch (rng_below(rng, 8)) {
    case 0:
        h = x_calloc(1, size);
        break;
    case 1:
        alignment = (size_t)16 << rng_below(rng, 10);
        h = x_aligned_alloc(alignment, size);
        break;
    case 2:
        h = x_realloc(NULL, size);
        break;
    default:
        h = x_malloc(size);
        break;
    }
    if (h == NULL) {
        failed("no memory", NULL, size);
    }
    if (((uintptr_t)h & (alignment - 1)) != 0) {
        failed("misaligned", h, size);
    }
    return h;
}

/* calloc on its own, since only its result may be looked at. */
static void
try_calloc(uint64_t *rng)
{
    size_t size = pick_size(rng);
    struct head *h = x_calloc(1, size);

    if (h == NULL) {
        failed("no memory", NULL, size);
    }
    check_zero(h, size);
    memset(h, 0xff, size < 65536 ? size : 65536);
    x_free(h);
}

static void
drop(struct head *h)
{
    if (h != NULL) {
        check(h);
        x_free(h);
    }
}

static struct head *
resize(struct head *h, uint64_t *rng)
{
    size_t was = h->size;
    size_t size = pick_size(rng);
    size_t kept;

    check(h);
    h = x_realloc(h, size);
    if (h == NULL) {
        failed("no memory", NULL, size);
    }
    kept = was < size ? was : size;
    if (h->size != was) {
        failed("realloc lost the head", h, size);
    }
    kept -= sizeof(*h);
    check_bytes(h, (const unsigned char *)(h + 1),
        kept < CHECKED_MAX ? kept : CHECKED_MAX);
    return h;
}

static struct head *
make(uint64_t *rng)
{
    struct head *h = new_block(rng);

    /* new_block's size is not known here: any size up to the usable one. */
    fill(h, sizeof(*h) + rng_below(rng, x_usable_size(h) - sizeof(*h) + 1),
        rng_next(rng));
    return h;
}

static void
step(struct head **own, uint64_t *rng)
{
    size_t at = rng_below(rng, N_OWN);

    switch (rng_below(rng, 8)) {
    case 0:
    case 1:
    case 2: { /* put one where anybody may take it */
        struct head *h = make(rng);

        drop(atomic_exchange(&shared[rng_below(rng, N_SHARED)], h));
        break;
    }
    case 3: /* take one that somebody made */
        drop(own[at]);
        own[at] = atomic_exchange(&shared[rng_below(rng, N_SHARED)], NULL);
        break;
    case 4:
        if (own[at] != NULL) {
            own[at] = resize(own[at], rng);
            fill(own[at],
                sizeof(**own)
                    + rng_below(
                        rng, x_usable_size(own[at]) - sizeof(**own) + 1),
                rng_next(rng));
        }
        break;
    case 5:
        if (rng_below(rng, 16) == 0) {
            try_calloc(rng);
        }
        break;
    default:
        drop(own[at]);
        own[at] = make(rng);
        break;
    }
}

static void *
one_life(void *arg)
{
    uint64_t rng = (uint64_t)(uintptr_t)arg ^ seed;
    struct head *own[N_OWN] = {0};
    int n;

    for (n = 0; n < N_STEPS && !atomic_load(&stop); n++) {
        step(own, &rng);
    }
    /* Half of what is left goes on to others, after this thread's end. */
    for (size_t i = 0; i < N_OWN; i++) {
        if (i % 2 == 0) {
            own[i] =
                atomic_exchange(&shared[rng_below(&rng, N_SHARED)], own[i]);
        }
        drop(own[i]);
    }
    atomic_fetch_add(&n_steps, (unsigned long)n);
    return NULL;
}

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds_wanted(void)
{
    const char *text = getenv("STRESS_SECONDS");

    return text != NULL ? strtod(text, NULL) : 10;
}

static void
start(pthread_t *thread, uintptr_t id)
{
    if (pthread_create(thread, NULL, one_life, (void *)id) != 0) {
        failed("no thread", NULL, 0);
    }
}

int
main(void)
{
    const char *text = getenv("STRESS_SEED");
    pthread_t threads[N_THREADS];
    uintptr_t id = 1;
    double end = now() + seconds_wanted();

    seed = text != NULL ? strtoull(text, NULL, 0) : 1;
    for (size_t i = 0; i < N_THREADS; i++) {
        start(&threads[i], id++);
    }
    while (now() < end) {
        size_t i = id % N_THREADS;

        pthread_join(threads[i], NULL);
        start(&threads[i], id++);
    }
    atomic_store(&stop, 1);
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < N_SHARED; i++) {
        drop(atomic_exchange(&shared[i], NULL));
    }
    printf("%lu threads, %lu steps\n", (unsigned long)id - 1,
        atomic_load(&n_steps));
    return 0;
}
