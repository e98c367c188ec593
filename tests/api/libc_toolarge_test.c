/* SPDX-License-Identifier: MIT */
/*
 * libc_toolarge_test.c - sizes that no machine has.
 *
 * Every size within 2^14 of SIZE_MAX and PTRDIFF_MAX, and a share of those
 * around 2^47, 2^48 and 2^57, by every function that takes a size: always
 * NULL with ENOMEM, and realloc's old block as it was.
 */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "testutil.h"

#define NEAR ((size_t)1 << 14)

static unsigned char *block; /* what realloc must not lose */

#define BLOCK_SIZE ((size_t)200)

static void *
by_malloc(size_t size)
{
    return malloc(size);
}

static void *
by_calloc_one(size_t size)
{
    return calloc(1, size);
}

static void *
by_calloc_many(size_t size)
{
    return calloc(size, 1);
}

static void *
by_realloc_null(size_t size)
{
    return realloc(NULL, size);
}

static void *
by_realloc(size_t size)
{
    return realloc(block, size);
}

static void *
by_reallocarray(size_t size)
{
    return reallocarray(block, size, 1);
}

static void *
by_memalign(size_t size)
{
    return memalign(256, size);
}

static void *
by_aligned_alloc(size_t size)
{
    return aligned_alloc(4096, size);
}

static void *
by_valloc(size_t size)
{
    return valloc(size);
}

static void *
by_pvalloc(size_t size)
{
    return pvalloc(size);
}

static void *
by_posix_memalign(size_t size)
{
    void *p = NULL;

    errno = posix_memalign(&p, 64, size);
    return p;
}

static const struct way {
    const char *name;
    void *(*alloc)(size_t size);
} ways[] = {
    {"malloc", by_malloc},
    {"calloc(1,n)", by_calloc_one},
    {"calloc(n,1)", by_calloc_many},
    {"realloc(NULL,n)", by_realloc_null},
    {"realloc(p,n)", by_realloc},
    {"reallocarray(p,n,1)", by_reallocarray},
    {"memalign", by_memalign},
    {"aligned_alloc", by_aligned_alloc},
    {"valloc", by_valloc},
    {"pvalloc", by_pvalloc},
    {"posix_memalign", by_posix_memalign},
};

static void
try_all_ways(size_t size)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        void *p;

        errno = 0;
        p = ways[i].alloc(size);
        if (p != NULL || errno != ENOMEM) {
            fail_msg("%s of %#zx: %p, errno %d", ways[i].name, size, p, errno);
        }
    }
}

static void
try_around(size_t from, size_t to, size_t step)
{
    for (size_t size = from; size < to; size += step) {
        try_all_ways(size);
    }
    assert_true(is_filled(block, BLOCK_SIZE, 0x77));
}

static void
test_size_near_size_max_fails(void **state)
{
    (void)state;
    try_around(SIZE_MAX - NEAR, SIZE_MAX, 1);
    try_all_ways(SIZE_MAX);
}

static void
test_size_near_ptrdiff_max_fails(void **state)
{
    size_t middle = PTRDIFF_MAX;

    (void)state;
    try_around(middle - NEAR, middle + NEAR, 1);
}

static void
test_size_near_address_space_fails(void **state)
{
    static const unsigned bits[] = {47, 48, 57, 62};

    (void)state;
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        size_t middle = (size_t)1 << bits[i];

        try_around(middle - NEAR, middle + NEAR, 37);
        try_around(middle - 64, middle + 64, 1);
    }
}

static void
test_product_that_overflows_fails(void **state)
{
    uint64_t seed = test_seed(0x5eed0002);
    uint64_t rng = seed;

    (void)state;
    for (size_t i = 0; i < 200000; i++) {
        size_t each = rng_log_size(&rng, 63) + 2;
        size_t n = SIZE_MAX / each + 1 + rng_log_size(&rng, 20);
        void *p;

        if (n <= SIZE_MAX / each) {
            continue; /* the addition itself wrapped */
        }
        errno = 0;
        p = calloc(n, each);
        if (p != NULL || errno != ENOMEM) {
            fail_msg("seed %#llx: calloc(%#zx,%#zx): %p, errno %d",
                (unsigned long long)seed, n, each, p, errno);
        }
        errno = 0;
        p = reallocarray(block, n, each);
        if (p != NULL || errno != ENOMEM) {
            fail_msg("seed %#llx: reallocarray(%#zx,%#zx): %p, errno %d",
                (unsigned long long)seed, n, each, p, errno);
        }
    }
    assert_true(is_filled(block, BLOCK_SIZE, 0x77));
}

static int
make_block(void **state)
{
    (void)state;
    block = malloc(BLOCK_SIZE);
    if (block != NULL) {
        memset(block, 0x77, BLOCK_SIZE);
    }
    return block == NULL;
}

static int
free_block(void **state)
{
    (void)state;
    free(block);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_near_size_max_fails),
        cmocka_unit_test(test_size_near_ptrdiff_max_fails),
        cmocka_unit_test(test_size_near_address_space_fails),
        cmocka_unit_test(test_product_that_overflows_fails),
    };

    return cmocka_run_group_tests(tests, make_block, free_block);
}
