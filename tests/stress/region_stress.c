/* SPDX-License-Identifier: MIT */
/*
 * region_stress.c - eight threads on one fixed region.
 *
 * They allocate, pass on, resize and free at random until memory is short and
 * beyond.  Every block carries its size, its key and a pattern, which whoever
 * frees or resizes it checks.  Figures are read all the while and must agree
 * with each other; when all is freed they must be what they were, to the byte.
 *
 * One after the other: a heap over a buffer with either accounting, one with a
 * lock of the caller's as well, and the regions of a chip.  Runs
 * STRESS_SECONDS (10) in all; STRESS_SEED repeats a run's choices, though not
 * its interleaving.
 */
/* link: -rdynamic */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capheap.h"
#include "esp_heap_caps.h"
#include "multi_heap.h"
#include "multi_heap_platform.h"

/* Preloaded, the library brings these; -Wundef: the driver defines it for the
   prefixed build only. */
#if !CH_STRESS_PREFIXED
# pragma weak capheap_multi_heap_register
# pragma weak multi_heap_aligned_alloc
# pragma weak multi_heap_check
# pragma weak multi_heap_free
# pragma weak multi_heap_get_allocated_size
# pragma weak multi_heap_get_info
# pragma weak multi_heap_malloc
# pragma weak multi_heap_realloc
# pragma weak multi_heap_set_lock
# pragma weak heap_caps_aligned_alloc
# pragma weak heap_caps_check_integrity
# pragma weak heap_caps_free
# pragma weak heap_caps_get_allocated_size
# pragma weak heap_caps_get_info
# pragma weak heap_caps_malloc
# pragma weak heap_caps_realloc
#endif

#define N_THREADS   8
#define N_SHARED    256
#define N_OWN       48
#define REGION_SIZE ((size_t)1 << 20)
#define SIZE_SMALL  1024u
#define SIZE_LARGE  65536u
#define ALIGN_BITS  8u /* alignments of up to so many bits more than 4 */
/* Bytes that a block of the chip costs besides its own. */
#define DEVICE_HEADER 4u

/* The regions are those of the smallest chip that has all kinds. */
extern const char *capheap_conf;
const char *capheap_conf = "profile=esp32";

/* At the start of every block, which is a multiple of 4 and no more. */
struct head {
    uint32_t size;
    uint32_t key;
};

/* What the threads work on. */
struct target {
    const char *name;
    void *(*alloc)(size_t size);
    void *(*alloc_aligned)(size_t align, size_t size);
    void *(*resize)(void *p, size_t size);
    void (*release)(void *p);
    size_t (*usable)(void *p);
    void (*get_info)(multi_heap_info_t *info);
    bool (*check)(void);
    size_t align;     /* of every block */
    size_t per_block; /* bytes that each block costs besides its own */
};

static const struct target *target;
static multi_heap_info_t at_start;
static _Atomic(struct head *) shared[N_SHARED];
static atomic_bool stop;
static atomic_ulong n_steps;
static atomic_ulong n_refused;
static uint64_t seed;

static void
failed(const char *what, const void *p, size_t size)
{
    fprintf(stderr, "%s: %s: block %p of %zu bytes, seed %llu\n", target->name,
        what, p, size, (unsigned long long)seed);
    abort();
}

/* ---- what the threads work on -------------------------------------------- */

static multi_heap_handle_t heap;
static _Alignas(4096) char region[REGION_SIZE];

static void *
heap_alloc(size_t size)
{
    return multi_heap_malloc(heap, size);
}

static void *
heap_alloc_aligned(size_t align, size_t size)
{
    return multi_heap_aligned_alloc(heap, size, align);
}

static void *
heap_resize(void *p, size_t size)
{
    return multi_heap_realloc(heap, p, size);
}

static void
heap_release(void *p)
{
    multi_heap_free(heap, p);
}

static size_t
heap_usable(void *p)
{
    return multi_heap_get_allocated_size(heap, p);
}

static void
heap_get_info(multi_heap_info_t *info)
{
    multi_heap_get_info(heap, info);
}

static bool
heap_check(void)
{
    return multi_heap_check(heap, true);
}

static void *
caps_alloc(size_t size)
{
    return heap_caps_malloc(size, MALLOC_CAP_8BIT);
}

static void *
caps_alloc_aligned(size_t align, size_t size)
{
    return heap_caps_aligned_alloc(align, size, MALLOC_CAP_8BIT);
}

static void *
caps_resize(void *p, size_t size)
{
    return heap_caps_realloc(p, size, MALLOC_CAP_8BIT);
}

static void
caps_release(void *p)
{
    heap_caps_free(p);
}

static size_t
caps_usable(void *p)
{
    return heap_caps_get_allocated_size(p);
}

static void
caps_get_info(multi_heap_info_t *info)
{
    heap_caps_get_info(info, MALLOC_CAP_8BIT);
}

static bool
caps_check(void)
{
    return heap_caps_check_integrity(MALLOC_CAP_8BIT, true);
}

/* Fields that all heaps over the buffer share. */
#define HEAP_FUNCTIONS                                                  \
 .alloc = heap_alloc, .alloc_aligned = heap_alloc_aligned,              \
 .resize = heap_resize, .release = heap_release, .usable = heap_usable, \
 .get_info = heap_get_info, .check = heap_check

static const struct target host_heap = {
    .name = "host accounting",
    HEAP_FUNCTIONS,
    .align = 16,
};
static const struct target device_heap = {
    .name = "device accounting",
    HEAP_FUNCTIONS,
    .align = 4,
    .per_block = DEVICE_HEADER,
};
static const struct target locked_heap = {
    .name = "a lock of the caller's",
    HEAP_FUNCTIONS,
    .align = 4,
    .per_block = DEVICE_HEADER,
};
static const struct target chip = {
    .name = "esp32",
    .alloc = caps_alloc,
    .alloc_aligned = caps_alloc_aligned,
    .resize = caps_resize,
    .release = caps_release,
    .usable = caps_usable,
    .get_info = caps_get_info,
    .check = caps_check,
    .align = 4,
    .per_block = DEVICE_HEADER,
};

/* ---- random choices ------------------------------------------------------ */

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
    size_t most = rng_below(rng, 64) == 0 ? SIZE_LARGE : SIZE_SMALL;

    return sizeof(struct head) + rng_below(rng, most);
}

/* ---- blocks -------------------------------------------------------------- */

static unsigned char
byte_of(const struct head *h, size_t i)
{
    return (unsigned char)(h->key + i * 7);
}

static void
fill(struct head *h, size_t size, uint64_t key)
{
    unsigned char *bytes = (unsigned char *)h;

    h->size = (uint32_t)size;
    h->key = (uint32_t)key;
    for (size_t i = sizeof *h; i < size; i++) {
        bytes[i] = byte_of(h, i);
    }
}

static void
check_bytes(const struct head *h, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)h;

    for (size_t i = sizeof *h; i < size; i++) {
        if (bytes[i] != byte_of(h, i)) {
            failed("content changed", h, h->size);
        }
    }
}

static void
check(struct head *h)
{
    if (target->usable(h) < h->size) {
        failed("usable size below request", h, h->size);
    }
    check_bytes(h, h->size);
}

/* NULL when memory is short, which it is meant to be. */
static struct head *
make(uint64_t *rng)
{
    size_t size = pick_size(rng);
    size_t align = target->align;
    struct head *h;

    if (rng_below(rng, 8) == 0) {
        align = (size_t)4 << rng_below(rng, ALIGN_BITS + 1);
        h = target->alloc_aligned(align, size);
    } else {
        h = target->alloc(size);
    }
    if (h == NULL) {
        atomic_fetch_add_explicit(&n_refused, 1, memory_order_relaxed);
        return NULL;
    }
    if (((uintptr_t)h & (align - 1)) != 0) {
        failed("misaligned", h, size);
    }
    fill(h, size, rng_next(rng));
    return h;
}

static void
drop(struct head *h)
{
    if (h != NULL) {
        check(h);
        target->release(h);
    }
}

/* What a failed resize leaves is the old block, whole. */
static struct head *
resize(struct head *h, uint64_t *rng)
{
    size_t was = h->size;
    size_t size = pick_size(rng);
    struct head *moved;

    check(h);
    moved = target->resize(h, size);
    if (moved == NULL) {
        check(h);
        return h;
    }
    if (moved->size != was) {
        failed("realloc lost the head", moved, size);
    }
    check_bytes(moved, was < size ? was : size);
    fill(moved, size, rng_next(rng));
    return moved;
}

/* ---- figures ------------------------------------------------------------- */

/* Whatever is taken from the free bytes is in a block or its header: a sum
   that never changes. */
static size_t
all_bytes(const multi_heap_info_t *info)
{
    return info->total_free_bytes + info->total_allocated_bytes
           + target->per_block * info->allocated_blocks;
}

static void
check_figures(void)
{
    multi_heap_info_t info;

    target->get_info(&info);
    if (info.total_blocks != info.allocated_blocks + info.free_blocks) {
        failed("blocks do not add up", NULL, info.total_blocks);
    }
    if (all_bytes(&info) != all_bytes(&at_start)) {
        failed("bytes do not add up", NULL, all_bytes(&info));
    }
    if (info.largest_free_block > at_start.largest_free_block
        || info.minimum_free_bytes > at_start.minimum_free_bytes) {
        failed("more is free than ever was", NULL, info.largest_free_block);
    }
}

static void
check_all_is_back(void)
{
    multi_heap_info_t info;
    void *p;

    target->get_info(&info);
    if (info.total_free_bytes != at_start.total_free_bytes
        || info.total_allocated_bytes != at_start.total_allocated_bytes
        || info.largest_free_block != at_start.largest_free_block
        || info.allocated_blocks != at_start.allocated_blocks
        || info.free_blocks != at_start.free_blocks) {
        failed("not all is back", NULL, info.total_free_bytes);
    }
    if (!target->check()) {
        failed("corrupt", NULL, 0);
    }
    p = target->alloc(info.largest_free_block);
    if (p == NULL) {
        failed("the largest cannot be had", NULL, info.largest_free_block);
    }
    target->release(p);
}

/* ---- threads ------------------------------------------------------------- */

static void
step(struct head **own, uint64_t *rng)
{
    struct head **at = &own[rng_below(rng, N_OWN)];
    _Atomic(struct head *) *other = &shared[rng_below(rng, N_SHARED)];

    switch (rng_below(rng, 8)) {
    case 0:
    case 1: /* put one where anybody may take it */
        drop(atomic_exchange(other, make(rng)));
        break;
    case 2: /* take one that somebody made */
        drop(*at);
        *at = atomic_exchange(other, NULL);
        break;
    case 3:
        if (*at != NULL) {
            *at = resize(*at, rng);
        }
        break;
    case 4:
        if (rng_below(rng, 16) == 0) {
            check_figures();
        }
        break;
    default:
        drop(*at);
        *at = make(rng);
        break;
    }
}

static void *
work(void *arg)
{
    uint64_t rng = (uint64_t)(uintptr_t)arg ^ seed;
    struct head *own[N_OWN] = {0};
    unsigned long n;

    for (n = 0; !atomic_load(&stop); n++) {
        step(own, &rng);
    }
    for (size_t i = 0; i < N_OWN; i++) {
        drop(own[i]);
    }
    atomic_fetch_add(&n_steps, n);
    return NULL;
}

static void
sleep_for(double seconds)
{
    struct timespec t = {
        .tv_sec = (time_t)seconds,
        .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
    };

    nanosleep(&t, NULL);
}

static void
run_threads(double seconds)
{
    pthread_t threads[N_THREADS];

    atomic_store(&stop, false);
    for (uintptr_t i = 0; i < N_THREADS; i++) {
        if (pthread_create(&threads[i], NULL, work, (void *)(i + 1)) != 0) {
            failed("no thread", NULL, 0);
        }
    }
    sleep_for(seconds);
    atomic_store(&stop, true);
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void
run(const struct target *on, double seconds)
{
    unsigned long steps = atomic_load(&n_steps);
    unsigned long refused = atomic_load(&n_refused);

    target = on;
    target->get_info(&at_start);
    run_threads(seconds);
    for (size_t i = 0; i < N_SHARED; i++) {
        drop(atomic_exchange(&shared[i], NULL));
    }
    check_all_is_back();
    printf("%s: %lu steps, %lu refused\n", target->name,
        atomic_load(&n_steps) - steps, atomic_load(&n_refused) - refused);
}

static void
run_heap(const struct target *on, enum capheap_accounting accounting,
    multi_heap_lock_t *lock, double seconds)
{
    heap = capheap_multi_heap_register(region, sizeof region, accounting);
    target = on;
    if (heap == NULL) {
        failed("no heap", region, sizeof region);
    }
    multi_heap_set_lock(heap, lock);
    run(on, seconds);
}

int
main(void)
{
    const char *text = getenv("STRESS_SEED");
    const char *seconds_text = getenv("STRESS_SECONDS");
    double seconds = seconds_text != NULL ? strtod(seconds_text, NULL) : 10;
    multi_heap_lock_t lock;

    seed = text != NULL ? strtoull(text, NULL, 0) : 1;
    /* A half for one heap, and the rest for the others. */
    run_heap(&device_heap, CAPHEAP_ACCOUNTING_DEVICE, NULL, seconds / 2);
    seconds /= 6;
    MULTI_HEAP_LOCK_INIT(&lock);
    run_heap(&host_heap, CAPHEAP_ACCOUNTING_HOST, NULL, seconds);
    run_heap(&locked_heap, CAPHEAP_ACCOUNTING_DEVICE, &lock, seconds);
    run(&chip, seconds);
    return 0;
}
