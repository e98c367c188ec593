/* SPDX-License-Identifier: MIT */
/*
 * libc_usable_test.c - malloc_usable_size tells the truth.
 *
 * At least what was asked for; every byte of it may be written without harm
 * to a neighbour; the same until the block is freed.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "testutil.h"

#define N_BLOCKS 2000

struct block {
    unsigned char *p;
    size_t usable;
};

static size_t
pick_alignment(uint64_t *rng)
{
    return (size_t)16 << rng_below(rng, 9);
}

static void *
alloc_any(size_t size, uint64_t *rng)
{
    void *p = NULL;

    switch (rng_below(rng, 5)) {
    case 0:
        return calloc(1, size);
    case 1:
        return realloc(malloc(1), size);
    case 2:
        return memalign(pick_alignment(rng), size);
    case 3:
        return posix_memalign(&p, pick_alignment(rng), size) == 0 ? p : NULL;
    default:
        return malloc(size);
    }
}

/* Fills n blocks wholly, then looks whether any was written by another. */
static void
check_neighbours(size_t n, unsigned bits, uint64_t *rng)
{
    static struct block blocks[N_BLOCKS];

    for (size_t i = 0; i < n; i++) {
        size_t size = rng_log_size(rng, bits) + 1;

        blocks[i].p = alloc_any(size, rng);
        assert_non_null(blocks[i].p);
        blocks[i].usable = malloc_usable_size(blocks[i].p);
        assert_true(blocks[i].usable >= size);
        memset(blocks[i].p, (int)(i % 251), blocks[i].usable);
    }
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(malloc_usable_size(blocks[i].p), blocks[i].usable);
        assert_true(
            is_filled(blocks[i].p, blocks[i].usable, (unsigned char)(i % 251)));
        free(blocks[i].p);
    }
}

static void
test_usable_small_blocks_do_not_overlap(void **state)
{
    uint64_t seed = test_seed(0x5eed0006);
    uint64_t rng = seed;

    (void)state;
    print_message("seed %#llx\n", (unsigned long long)seed);
    for (int round = 0; round < 50; round++) {
        check_neighbours(N_BLOCKS, 12, &rng);
    }
}

static void
test_usable_large_blocks_do_not_overlap(void **state)
{
    uint64_t seed = test_seed(0x5eed0007);
    uint64_t rng = seed;

    (void)state;
    print_message("seed %#llx\n", (unsigned long long)seed);
    for (int round = 0; round < 20; round++) {
        check_neighbours(200, 20, &rng);
    }
}

static void
check_one_size(size_t size)
{
    unsigned char *p = malloc(size);
    size_t usable;

    assert_non_null(p);
    usable = malloc_usable_size(p);
    assert_true(usable >= size);
    memset(p, 0xee, usable);
    assert_int_equal(malloc_usable_size(p), usable);
    free(p);
}

static void
test_usable_every_small_size_is_enough(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 20000; size++) {
        check_one_size(size);
    }
}

static void
test_usable_sizes_to_128_mib_are_enough(void **state)
{
    (void)state;
    for (size_t size = 20000; size <= 128 * MIB; size += size / 4) {
        check_one_size(size);
    }
}

/* Classes that waste a third of memory would still pass the tests above. */
static void
test_usable_slack_is_bounded(void **state)
{
    (void)state;
    for (size_t size = 128; size <= 64 * MIB; size += 1 + size / 50) {
        void *p = malloc(size);
        size_t usable = malloc_usable_size(p);

        free(p);
        if (usable > size + size / 4 + 64 && usable > size + 16 * KIB) {
            fail_msg("%zu bytes usable for %zu", usable, size);
        }
    }
}

static void
test_usable_null_is_zero(void **state)
{
    (void)state;
    assert_int_equal(malloc_usable_size(NULL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usable_null_is_zero),
        cmocka_unit_test(test_usable_every_small_size_is_enough),
        cmocka_unit_test(test_usable_sizes_to_128_mib_are_enough),
        cmocka_unit_test(test_usable_small_blocks_do_not_overlap),
        cmocka_unit_test(test_usable_large_blocks_do_not_overlap),
        cmocka_unit_test(test_usable_slack_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
