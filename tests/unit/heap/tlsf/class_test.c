/* SPDX-License-Identifier: MIT */
/*
 * class_test.c - the numbers of classes.
 */
#include "heap/tlsf/class.h"

#include "unit/_unit.h"

#define SL_LOG_MIN 3u

static void
test_class_of_sizes_goes_up_without_a_gap(void)
{
    for (unsigned log = SL_LOG_MIN; log <= CH_CLASS_SL_LOG_MAX; log++) {
        size_t before = 0;

        for (size_t n = 1; n < 100000; n++) {
            size_t c = ch_class_of(n, log);

            CHECK(c == before || c == before + 1);
            before = c;
        }
    }
}

/* Two levels, as the published algorithm numbers them. */
static void
test_class_of_sizes_is_that_of_two_levels(void)
{
    for (unsigned log = SL_LOG_MIN; log <= CH_CLASS_SL_LOG_MAX; log++) {
        size_t sl = (size_t)1 << log;

        for (size_t n = sl; n < 100000; n++) {
            unsigned first = 63 - (unsigned)__builtin_clzl(n);
            size_t second = (n >> (first - log)) - sl;

            CHECK_EQ(ch_class_of(n, log), (first - log + 1) * sl + second);
        }
    }
}

static void
test_class_first_is_the_smallest_of_its_class(void)
{
    for (unsigned log = SL_LOG_MIN; log <= CH_CLASS_SL_LOG_MAX; log++) {
        size_t last = ch_class_of(UINT32_C(1) << 31, log);

        for (size_t c = 1; c <= last; c++) {
            CHECK_EQ(ch_class_of(ch_class_first(c, log), log), c);
            CHECK_EQ(ch_class_of(ch_class_first(c, log) - 1, log), c - 1);
        }
    }
}

static void
test_class_above_has_room_and_the_one_below_may_not(void)
{
    for (unsigned log = SL_LOG_MIN; log <= CH_CLASS_SL_LOG_MAX; log++) {
        for (size_t n = 1; n < 100000; n++) {
            size_t rounded;
            size_t c = ch_class_above(n, log, &rounded);

            CHECK_EQ(rounded, ch_class_first(c, log));
            CHECK(rounded >= n);
            CHECK(ch_class_first(c - 1, log) < n);
        }
    }
}

/* The bitmap of a heap has so many bits. */
static void
test_class_of_the_largest_size_is_below_the_limit(void)
{
    size_t rounded;

    CHECK_EQ(
        ch_class_above((UINT32_C(1) << 31) - 1, CH_CLASS_SL_LOG_MAX, &rounded),
        864);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_class_of_sizes_goes_up_without_a_gap),
        forked_test(test_class_of_sizes_is_that_of_two_levels),
        forked_test(test_class_first_is_the_smallest_of_its_class),
        forked_test(test_class_above_has_room_and_the_one_below_may_not),
        forked_test(test_class_of_the_largest_size_is_below_the_limit),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
