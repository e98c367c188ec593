/* SPDX-License-Identifier: MIT */
/*
 * libc_calloc_test.c - calloc gives zeroes, whatever lay there before.
 *
 * Memory is made dirty with 0xff in every way that a heap recycles it: per
 * size, coalesced, after malloc_trim, from another thread, behind a realloc
 * that shrank and in front of an aligned block.
 */
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "testutil.h"

#define MAX_BLOCKS 256
#define MAX_SIZE   (64 * MIB)
#define ROUND      (8 * MIB) /* bytes live in one round of small sizes */

struct batch {
    size_t size;
    size_t n;
    unsigned char *p[MAX_BLOCKS];
};

static size_t
batch_count(size_t size)
{
    size_t n = ROUND / size;

    return n < 1 ? 1 : n > MAX_BLOCKS ? MAX_BLOCKS : n;
}

static void
shuffle(struct batch *b, uint64_t *rng)
{
    for (size_t i = b->n; i > 1; i--) {
        size_t j = rng_below(rng, i);
        unsigned char *p = b->p[i - 1];

        b->p[i - 1] = b->p[j];
        b->p[j] = p;
    }
}

static void
batch_dirty(struct batch *b, size_t size)
{
    b->size = size;
    b->n = batch_count(size);
    for (size_t i = 0; i < b->n; i++) {
        b->p[i] = malloc(size);
        assert_non_null(b->p[i]);
        memset(b->p[i], 0xff, malloc_usable_size(b->p[i]));
    }
}

static void
batch_free(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        free(b->p[i]);
    }
}

static void
batch_calloc_is_zero(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        b->p[i] = calloc(1, b->size);
        assert_non_null(b->p[i]);
        if (!is_filled(b->p[i], b->size, 0)) {
            fail_msg("dirty calloc of %zu bytes", b->size);
        }
        memset(b->p[i], 0xff, b->size);
    }
}

/* The sizes of a sweep: all small ones, then a step of a few per cent. */
static size_t
next_size(size_t size)
{
    return size + 1 + (size < 1024 ? size / 200 : size / 9);
}

static void
test_calloc_on_recycled_sizes_is_zero(void **state)
{
    static struct batch b;
    uint64_t rng = test_seed(0x5eed0003);

    (void)state;
    for (size_t size = 1; size <= MAX_SIZE; size = next_size(size)) {
        batch_dirty(&b, size);
        shuffle(&b, &rng);
        batch_free(&b);
        batch_calloc_is_zero(&b);
        shuffle(&b, &rng);
        batch_free(&b);
    }
}

static void
test_calloc_after_trim_is_zero(void **state)
{
    static struct batch b;

    (void)state;
    for (size_t size = 1; size <= MAX_SIZE; size += 1 + size / 2) {
        batch_dirty(&b, size);
        batch_free(&b);
        malloc_trim(0);
        batch_calloc_is_zero(&b);
        batch_free(&b);
    }
}

/* Sizes differ before and after, so that blocks straddle dirty and clean. */
static void
mixed_round(uint64_t *rng, bool trim)
{
    enum {
        N = 400
    };
    static unsigned char *p[N];
    static size_t size[N];

    for (size_t i = 0; i < N; i++) {
        size[i] = rng_log_size(rng, 20) + 1;
        p[i] = malloc(size[i]);
        assert_non_null(p[i]);
        memset(p[i], 0xff, size[i]);
    }
    for (size_t i = 0; i < N; i += 2) {
        free(p[i]);
    }
    if (trim) {
        malloc_trim(0);
    }
    for (size_t i = 0; i < N; i += 2) {
        size[i] = rng_log_size(rng, 21) + 1;
        p[i] = calloc(size[i], 1);
        assert_non_null(p[i]);
        if (!is_filled(p[i], size[i], 0)) {
            fail_msg("dirty calloc of %zu bytes among others", size[i]);
        }
        memset(p[i], 0xff, size[i]);
    }
    for (size_t i = 0; i < N; i++) {
        free(p[i]);
    }
}

static void
test_calloc_among_mixed_sizes_is_zero(void **state)
{
    uint64_t seed = test_seed(0x5eed0004);
    uint64_t rng = seed;

    (void)state;
    print_message("seed %#llx\n", (unsigned long long)seed);
    for (int round = 0; round < 60; round++) {
        mixed_round(&rng, round % 3 == 2);
    }
}

static void *
dirty_in_thread(void *arg)
{
    struct batch *b = arg;

    batch_dirty(b, b->size);
    return NULL;
}

static void
test_calloc_after_remote_free_is_zero(void **state)
{
    static struct batch b;

    (void)state;
    for (size_t size = 1; size <= 8 * MIB; size += 1 + size / 2) {
        pthread_t thread;

        b.size = size;
        assert_int_equal(pthread_create(&thread, NULL, dirty_in_thread, &b), 0);
        pthread_join(thread, NULL);
        batch_free(&b);
        batch_calloc_is_zero(&b);
        batch_free(&b);
    }
}

static void
test_calloc_behind_shrunk_block_is_zero(void **state)
{
    (void)state;
    for (size_t size = 64; size <= MAX_SIZE; size *= 2) {
        unsigned char *p = malloc(size);
        unsigned char *q;

        memset(p, 0xff, size);
        p = realloc(p, size / 4);
        q = calloc(1, size / 2);
        assert_true(is_filled(p, size / 4, 0xff));
        assert_true(is_filled(q, size / 2, 0));
        free(p);
        free(q);
    }
}

static void
test_calloc_beside_aligned_block_is_zero(void **state)
{
    (void)state;
    for (size_t alignment = 32; alignment <= 4 * MIB; alignment *= 2) {
        size_t size = alignment * 3;
        unsigned char *dirty = malloc(size);
        unsigned char *aligned;
        unsigned char *zero;

        memset(dirty, 0xff, size);
        free(dirty);
        aligned = memalign(alignment, alignment / 2);
        memset(aligned, 0xff, alignment / 2);
        zero = calloc(1, alignment);
        assert_true(is_filled(zero, alignment, 0));
        free(aligned);
        free(zero);
        zero = calloc(1, size);
        assert_true(is_filled(zero, size, 0));
        free(zero);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calloc_on_recycled_sizes_is_zero),
        cmocka_unit_test(test_calloc_after_trim_is_zero),
        cmocka_unit_test(test_calloc_among_mixed_sizes_is_zero),
        cmocka_unit_test(test_calloc_after_remote_free_is_zero),
        cmocka_unit_test(test_calloc_behind_shrunk_block_is_zero),
        cmocka_unit_test(test_calloc_beside_aligned_block_is_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
