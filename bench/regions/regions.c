/* SPDX-License-Identifier: MIT */
/*
 * regions.c - the fixed engine and heap_caps beside a linear first fit.
 *
 *     regions [steps]
 *
 * Each heap has 4 MiB.  It is filled with blocks of 16 to 1024 bytes until the
 * first refusal, which tells how much of it can be used, then emptied by a
 * quarter; then random blocks are renewed.  The heaps take turns, and a ratio
 * is of one turn; the table has medians.
 *
 * The slowest one of 1000 calls is timed call by call in a run of its own, so
 * its time has that of a look at the clock in it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../workloads/workload.h"
#include "capheap.h"
#include "esp_heap_caps.h"
#include "first_fit.h"
#include "multi_heap.h"

enum {
    REGION = 4 * WL_MIB,
    SMALLEST = 16,
    LARGEST = 1024,
    SLOTS = REGION / SMALLEST,
    STEPS = 200000,
    TURNS = 5
};

/* The region that external RAM is has 4 MiB as well. */
extern const char *capheap_conf;
const char *capheap_conf = "profile=esp32-psram";

struct heap {
    const char *name;
    void (*init)(void);
    void *(*alloc)(size_t size);
    void (*release)(void *p);
};

static _Alignas(WL_PAGE) char region[REGION];

/* ---- the heaps ----------------------------------------------------------- */

static struct first_fit first_fit;
static multi_heap_handle_t fixed;

static void
linear_init(void)
{
    first_fit_init(&first_fit, region, sizeof region);
}

static void *
linear_alloc(size_t size)
{
    return first_fit_alloc(&first_fit, size);
}

static void
linear_release(void *p)
{
    first_fit_free(&first_fit, p);
}

static void
host_init(void)
{
    fixed = capheap_multi_heap_register(
        region, sizeof region, CAPHEAP_ACCOUNTING_HOST);
}

static void
device_init(void)
{
    fixed = capheap_multi_heap_register(
        region, sizeof region, CAPHEAP_ACCOUNTING_DEVICE);
}

static void *
fixed_alloc(size_t size)
{
    return multi_heap_malloc(fixed, size);
}

static void
fixed_release(void *p)
{
    multi_heap_free(fixed, p);
}

static void
caps_init(void)
{
    wl_require(heap_caps_get_total_size(MALLOC_CAP_SPIRAM) == REGION,
        "the profile has 4 MiB of external RAM");
}

static void *
caps_alloc(size_t size)
{
    return heap_caps_malloc(size, MALLOC_CAP_SPIRAM);
}

static void
caps_release(void *p)
{
    heap_caps_free(p);
}

static const struct heap heaps[] = {
    {"linear first fit", linear_init, linear_alloc, linear_release},
    {"fixed engine, host", host_init, fixed_alloc, fixed_release},
    {"fixed engine, device", device_init, fixed_alloc, fixed_release},
    {"heap_caps, esp32-psram", caps_init, caps_alloc, caps_release},
};
enum {
    HEAPS = sizeof heaps / sizeof *heaps
};

/* ---- one turn ------------------------------------------------------------ */

struct result {
    double ns;     /* of a pair of calls */
    double slow;   /* ns of the slowest one of 1000 calls */
    double filled; /* of the region, at the first refusal */
};

static struct wl_slot slots[SLOTS];

static double
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool
slot_fill(const struct heap *heap, struct wl_slot *slot, struct wl_rng *rng)
{
    slot->size = wl_rng_between(rng, SMALLEST, LARGEST);
    slot->block = heap->alloc(slot->size);
    if (slot->block == NULL) {
        return false;
    }
    wl_stamp(slot->block, slot->size, (uintptr_t)slot->block);
    return true;
}

static void
slot_empty(const struct heap *heap, struct wl_slot *slot)
{
    if (slot->block == NULL) {
        return;
    }
    wl_require(wl_stamp_read(slot->block, slot->size) == (uintptr_t)slot->block,
        "a block is another one's");
    heap->release(slot->block);
    slot->block = NULL;
}

/* How many blocks fit; `bytes` of them. */
static size_t
fill(const struct heap *heap, struct wl_rng *rng, size_t *bytes)
{
    size_t n = 0;

    *bytes = 0;
    while (n < SLOTS && slot_fill(heap, &slots[n], rng)) {
        *bytes += slots[n++].size;
    }
    return n;
}

/* Frees random blocks until n are left. */
static void
thin_out(const struct heap *heap, size_t from, size_t n, struct wl_rng *rng)
{
    while (from > n) {
        struct wl_slot *slot = &slots[wl_rng_below(rng, from)];

        slot_empty(heap, slot);
        *slot = slots[--from];
    }
}

static void
renew(const struct heap *heap, size_t n, struct wl_rng *rng)
{
    struct wl_slot *slot = &slots[wl_rng_below(rng, n)];

    slot_empty(heap, slot);
    slot_fill(heap, slot, rng);
}

static int
by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
slowest_of_1000(
    const struct heap *heap, size_t n, size_t steps, struct wl_rng *rng)
{
    double *times = wl_must(calloc(steps, sizeof *times));
    double slow;

    for (size_t i = 0; i < steps; i++) {
        const double start = now_ns();

        renew(heap, n, rng);
        times[i] = now_ns() - start;
    }
    qsort(times, steps, sizeof *times, by_size);
    slow = times[steps - 1 - steps / 1000];
    free(times);
    return slow;
}

static struct result
run(const struct heap *heap, size_t steps, uint64_t seed)
{
    struct wl_rng rng = wl_rng_seed(seed);
    struct result result;
    size_t bytes;
    size_t most;
    size_t n;
    double start;

    heap->init();
    most = fill(heap, &rng, &bytes);
    result.filled = (double)bytes / REGION;
    n = most - most / 4;
    thin_out(heap, most, n, &rng);
    start = now_ns();
    for (size_t i = 0; i < steps; i++) {
        renew(heap, n, &rng);
    }
    result.ns = (now_ns() - start) / (double)steps;
    result.slow = slowest_of_1000(heap, n, steps, &rng);
    thin_out(heap, n, 0, &rng);
    return result;
}

/* ---- all turns ----------------------------------------------------------- */

static double
median(double *values)
{
    qsort(values, TURNS, sizeof *values, by_size);
    return values[TURNS / 2];
}

static void
print_row(const char *name, struct result results[TURNS],
    const struct result first[TURNS])
{
    double ns[TURNS];
    double ratio[TURNS];
    double slow[TURNS];
    double filled[TURNS];

    for (size_t i = 0; i < TURNS; i++) {
        ns[i] = results[i].ns;
        ratio[i] = results[i].ns / first[i].ns;
        slow[i] = results[i].slow;
        filled[i] = results[i].filled;
    }
    printf("%-24s%10.0f%10.3f%12.0f%9.1f %%\n", name, median(ns), median(ratio),
        median(slow), 100 * median(filled));
}

int
main(int argc, char **argv)
{
    static struct result results[HEAPS][TURNS];
    const size_t steps = argc > 1 ? strtoul(argv[1], NULL, 10) : (size_t)STEPS;

    wl_require(steps >= 1000, "at least 1000 steps");
    for (size_t turn = 0; turn < TURNS; turn++) {
        for (size_t i = 0; i < HEAPS; i++) {
            const size_t at = (i + turn) % HEAPS;

            results[at][turn] = run(&heaps[at], steps, turn + 1);
        }
    }
    printf("%-24s%10s%10s%12s%11s\n", "", "ns a pair", "ratio", "slowest",
        "filled");
    for (size_t i = 0; i < HEAPS; i++) {
        print_row(heaps[i].name, results[i], results[0]);
    }
    return EXIT_SUCCESS;
}
