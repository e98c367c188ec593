/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_hooks_test.c - a program that defines esp_heap_trace_alloc_hook()
 * and esp_heap_trace_free_hook().
 */
#include "_heap_caps.h"

#define C8 MALLOC_CAP_8BIT

static struct {
    bool is_on;
    unsigned n_allocs;
    unsigned n_frees;
    void *p; /* of the last allocation */
    size_t size;
    uint32_t caps;
    void *freed; /* the last one */
} seen;

void
esp_heap_trace_alloc_hook(void *ptr, size_t size, uint32_t caps)
{
    if (!seen.is_on) {
        return;
    }
    seen.n_allocs++;
    seen.p = ptr;
    seen.size = size;
    seen.caps = caps;
    /* Not told again. */
    heap_caps_free(heap_caps_malloc(16, C8));
}

void
esp_heap_trace_free_hook(void *ptr)
{
    if (!seen.is_on) {
        return;
    }
    seen.n_frees++;
    seen.freed = ptr;
    free(malloc(16));
}

static void
check_alloc(const void *p, size_t size, uint32_t caps, unsigned n_allocs)
{
    CHECK(p != NULL);
    CHECK(seen.p == p);
    CHECK_EQ(seen.size, size);
    CHECK_EQ(seen.caps, caps);
    CHECK_EQ(seen.n_allocs, n_allocs);
}

static void
check_free(const void *p, unsigned n_frees)
{
    CHECK(seen.freed == p);
    CHECK_EQ(seen.n_frees, n_frees);
}

static void
test_hooks_hear_of_every_block(void)
{
    void *p;
    void *q;

    seen.is_on = true;
    p = heap_caps_malloc(100, C8);
    check_alloc(p, 100, C8, 1);
    heap_caps_free(p);
    check_free(p, 1);
    p = heap_caps_malloc(100, MALLOC_CAP_DEFAULT);
    check_alloc(p, 100, MALLOC_CAP_DEFAULT, 2);
    free(p);
    check_free(p, 2);
    p = heap_caps_calloc(3, 50, MALLOC_CAP_32BIT);
    check_alloc(p, 150, MALLOC_CAP_32BIT, 3);
    q = heap_caps_realloc(p, 200, C8);
    check_free(p, 3);
    check_alloc(q, 200, C8, 4);
    heap_caps_aligned_free(q);
    check_free(q, 4);
    p = heap_caps_aligned_alloc(64, 30, C8);
    check_alloc(p, 30, C8, 5);
    heap_caps_free(p);
    p = heap_caps_malloc_prefer(40, 2, MALLOC_CAP_INVALID, C8);
    check_alloc(p, 40, C8, 6);
    heap_caps_free(p);
    check_free(p, 6);
}

static void
test_hooks_do_not_hear_of_nothing(void)
{
    seen.is_on = true;
    CHECK(heap_caps_malloc(0, C8) == NULL);
    CHECK(heap_caps_malloc(64, 0) == NULL);
    CHECK(heap_caps_malloc(SIZE_MAX, C8) == NULL);
    heap_caps_free(NULL);
    free(NULL);
    CHECK_EQ(seen.n_allocs, 0);
    CHECK_EQ(seen.n_frees, 0);
}

/* malloc() is one of the allocating functions. */
static void
test_hooks_hear_of_malloc(void)
{
    void *p;

    seen.is_on = true;
    p = malloc(123);
    CHECK(seen.p == p);
    CHECK_EQ(seen.size, 123);
    free(p);
    check_free(p, 1);
    p = calloc(7, 100);
    CHECK(seen.p == p);
    CHECK_EQ(seen.size, 700);
    p = realloc(p, 5000);
    CHECK(seen.p == p);
    CHECK_EQ(seen.size, 5000);
    CHECK_EQ(seen.n_allocs, 3);
    free(p);
    CHECK_EQ(seen.n_frees, 3);
}

static const struct case_row rows[] = {
    ROW(test_hooks_hear_of_every_block, HOST, ESP32),
    ROW(test_hooks_do_not_hear_of_nothing, HOST, ESP32),
    ROW(test_hooks_hear_of_malloc, HOST, ESP32, "profile=esp32,malloc=host"),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
