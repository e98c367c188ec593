/* SPDX-License-Identifier: MIT */
/*
 * arith_test.c - checked arithmetic, rounding and logarithms.
 */
#include "base/arith.h"

#include "unit/_unit.h"

#define TOP_BIT ((size_t)1 << 63)

static void
test_add_size_at_the_edge_is_checked(void)
{
    size_t sum = 0;

    CHECK(ch_add_size(1, 2, &sum) && sum == 3);
    CHECK(ch_add_size(SIZE_MAX - 1, 1, &sum) && sum == SIZE_MAX);
    CHECK(ch_add_size(SIZE_MAX, 0, &sum) && sum == SIZE_MAX);
    CHECK(!ch_add_size(SIZE_MAX, 1, &sum));
    CHECK(!ch_add_size(TOP_BIT, TOP_BIT, &sum));
}

static void
test_mul_size_at_the_edge_is_checked(void)
{
    size_t product = 1;

    CHECK(ch_mul_size(0, SIZE_MAX, &product) && product == 0);
    CHECK(ch_mul_size(SIZE_MAX, 1, &product) && product == SIZE_MAX);
    CHECK(ch_mul_size(TOP_BIT / 2, 2, &product) && product == TOP_BIT);
    CHECK(!ch_mul_size(TOP_BIT, 2, &product));
    CHECK(!ch_mul_size((size_t)1 << 32, (size_t)1 << 32, &product));
}

static void
test_is_pow2_of_every_single_bit_is_true(void)
{
    CHECK(!ch_is_pow2(0));
    CHECK(!ch_is_pow2(SIZE_MAX));
    for (unsigned bit = 0; bit < 64; bit++) {
        size_t n = (size_t)1 << bit;

        CHECK(ch_is_pow2(n));
        CHECK(bit == 0 || !ch_is_pow2(n | 1));
    }
}

static void
test_align_of_small_numbers_is_as_counted(void)
{
    for (size_t align = 1; align <= 64; align *= 2) {
        for (size_t n = 0; n < 300; n++) {
            CHECK_EQ(ch_align_down(n, align), n / align * align);
            CHECK_EQ(ch_align_up(n, align), (n + align - 1) / align * align);
        }
    }
}

static void
test_align_up_beyond_the_end_wraps_to_zero(void)
{
    CHECK_EQ(ch_align_up(SIZE_MAX, 4096), 0);
    CHECK_EQ(ch_align_down(SIZE_MAX, 4096), SIZE_MAX - 4095);
    CHECK_EQ(ch_align_up(TOP_BIT, TOP_BIT), TOP_BIT);
}

static void
test_is_aligned_of_odd_pointer_is_false(void)
{
    CHECK(ch_is_aligned((void *)0x1000, 0x1000));
    CHECK(!ch_is_aligned((void *)0x1800, 0x1000));
    CHECK(ch_is_aligned((void *)0x1001, 1));
    CHECK(!ch_is_aligned((void *)0x1001, 2));
}

static void
test_min_and_max_at_the_edges_are_right(void)
{
    CHECK_EQ(ch_min_size(0, SIZE_MAX), 0);
    CHECK_EQ(ch_min_size(SIZE_MAX, 0), 0);
    CHECK_EQ(ch_max_size(0, SIZE_MAX), SIZE_MAX);
    CHECK_EQ(ch_max_size(7, 7), 7);
}

static void
test_log2_of_every_bit_is_its_index(void)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        size_t n = (size_t)1 << bit;

        CHECK_EQ(ch_log2(n), bit);
        CHECK_EQ(ch_log2(n | (n - 1)), bit);
    }
}

static void
test_pow2_up_is_the_least_that_holds(void)
{
    CHECK_EQ(ch_pow2_up(0), 1);
    CHECK_EQ(ch_pow2_up(1), 1);
    for (size_t n = 2; n < 5000; n++) {
        size_t up = ch_pow2_up(n);

        CHECK(ch_is_pow2(up) && up >= n && up / 2 < n);
    }
    CHECK_EQ(ch_pow2_up(TOP_BIT), TOP_BIT);
    CHECK_EQ(ch_pow2_up(TOP_BIT - 1), TOP_BIT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_add_size_at_the_edge_is_checked),
        forked_test(test_mul_size_at_the_edge_is_checked),
        forked_test(test_is_pow2_of_every_single_bit_is_true),
        forked_test(test_align_of_small_numbers_is_as_counted),
        forked_test(test_align_up_beyond_the_end_wraps_to_zero),
        forked_test(test_is_aligned_of_odd_pointer_is_false),
        forked_test(test_min_and_max_at_the_edges_are_right),
        forked_test(test_log2_of_every_bit_is_its_index),
        forked_test(test_pow2_up_is_the_least_that_holds),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
