/* SPDX-License-Identifier: MIT */
/*
 * request_test.c - small requests are what the sums for all of them say.
 */
#include "heap/tlsf/request.h"

#include "unit/heap/tlsf/_tlsf.h"

static void
check_small(size_t size, const struct ch_tlsf_rules *rules)
{
    enum ch_accounting acc = rules->accounting;
    struct box box;

    box_open(&box, DEVICE_START, size, rules);
    for (size_t n = 1; n <= CH_TLSF_SMALL; n++) {
        struct ch_request kept = ch_request_small(&box.tlsf, acc, n);
        struct ch_request sum = ch_request_for(&box.tlsf, acc,
            ch_request_block(&box.tlsf, acc, ch_request_granules(acc, n)));

        CHECK(ch_request_is_small(n));
        CHECK_EQ(kept.c, sum.c);
        CHECK_EQ(kept.size, sum.size);
    }
    box_close(&box);
}

static void
test_request_small_is_what_the_sums_say(void)
{
    static const size_t sizes[] = {8192, 100000, 400000};
    struct ch_tlsf_rules rules = device_rules;

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        check_small(sizes[i], &host_rules);
        for (rules.min_align = 4; rules.min_align <= 16; rules.min_align *= 2) {
            check_small(sizes[i], &rules);
        }
    }
}

static void
test_request_of_nothing_or_more_is_not_small(void)
{
    CHECK(!ch_request_is_small(0));
    CHECK(ch_request_is_small(CH_TLSF_SMALL));
    CHECK(!ch_request_is_small(CH_TLSF_SMALL + 1));
    CHECK(!ch_request_is_small(SIZE_MAX));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_request_small_is_what_the_sums_say),
        forked_test(test_request_of_nothing_or_more_is_not_small),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
