/* SPDX-License-Identifier: MIT */
/*
 * size_class_test.c - the promises of the classes, for every size.
 */
#include "heap/slab/size_class.h"

#include "map/page.h"
#include "unit/_unit.h"

static void
test_class_of_every_size_holds_it(void)
{
    for (size_t size = 0; size <= CH_CLASS_MAX; size++) {
        size_t c = ch_class_of(size);

        CHECK(c < CH_N_CLASSES);
        CHECK(ch_class_size(c) >= size);
    }
}

static void
test_class_of_every_size_is_the_smallest_that_holds_it(void)
{
    for (size_t size = 1; size <= CH_CLASS_MAX; size++) {
        size_t c = ch_class_of(size);

        CHECK(c == 1 || ch_class_size(c - 1) < size);
    }
}

static void
test_class_of_growing_sizes_never_falls_and_leaves_none_out(void)
{
    size_t last = ch_class_of(0);

    CHECK_EQ(last, 0);
    for (size_t size = 1; size <= CH_CLASS_MAX; size++) {
        size_t c = ch_class_of(size);

        CHECK(c == last || c == last + 1);
        last = c;
    }
    CHECK_EQ(last, CH_N_CLASSES - 1);
}

static void
test_class_of_every_size_wastes_within_its_bound(void)
{
    for (size_t size = 1; size <= CH_CLASS_MAX; size++) {
        size_t waste = ch_class_size(ch_class_of(size)) - size;

        CHECK(waste <= 15 || (size > CH_SMALL_MAX && waste <= size / 8));
    }
}

static void
test_class_of_its_own_size_is_itself(void)
{
    for (size_t c = 1; c < CH_N_CLASSES; c++) {
        CHECK_EQ(ch_class_of(ch_class_size(c)), c);
        CHECK(c == 1 || ch_class_size(c) > ch_class_size(c - 1));
    }
    CHECK_EQ(ch_class_size(0), ch_class_size(1));
    CHECK_EQ(ch_class_size(CH_N_CLASSES - 1), CH_CLASS_MAX);
}

static void
test_class_sizes_are_multiples_of_the_least_alignment(void)
{
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        CHECK_EQ(ch_class_size(c) % CH_MIN_ALIGN, 0);
    }
}

static void
test_class_of_small_agrees_with_class_of(void)
{
    for (size_t size = 0; size <= CH_SMALL_MAX; size++) {
        CHECK_EQ(ch_class_of_small(size), ch_class_of(size));
    }
    CHECK_EQ(ch_class_of(CH_SMALL_MAX), CH_N_SMALL_CLASSES - 1);
    CHECK_EQ(ch_class_of(CH_SMALL_MAX + 1), CH_N_SMALL_CLASSES);
}

/* Slices begin at multiples of CH_SLICE, and so do pages; so a block of a
   class is aligned if the class's size is a multiple of the alignment. */
static void
test_class_of_rounded_size_is_a_multiple_of_the_alignment(void)
{
    for (size_t align = 1; align <= CH_SLICE; align *= 2) {
        size_t least = ch_max_size(align, CH_MIN_ALIGN);

        for (size_t size = 0; size <= CH_CLASS_MAX; size++) {
            size_t rounded = ch_align_up(ch_max_size(size, 1), least);

            if (rounded <= CH_CLASS_MAX) {
                CHECK_EQ(ch_class_size(ch_class_of(rounded)) % align, 0);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_class_of_every_size_holds_it),
        forked_test(test_class_of_every_size_is_the_smallest_that_holds_it),
        forked_test(
            test_class_of_growing_sizes_never_falls_and_leaves_none_out),
        forked_test(test_class_of_every_size_wastes_within_its_bound),
        forked_test(test_class_of_its_own_size_is_itself),
        forked_test(test_class_sizes_are_multiples_of_the_least_alignment),
        forked_test(test_class_of_small_agrees_with_class_of),
        forked_test(test_class_of_rounded_size_is_a_multiple_of_the_alignment),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
