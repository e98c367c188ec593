/* SPDX-License-Identifier: MIT */
/*
 * stamp_test.c - time goes on, and the processor is the one that we are on.
 */
#include "os/stamp.h"

#include "unit/_unit.h"

static void
test_stamp_goes_on_with_the_clock(void)
{
    uint32_t before = ch_stamp() & CH_STAMP_TIME;
    uint32_t passed;

    usleep(20000);
    passed = (ch_stamp() & CH_STAMP_TIME) - before;
    CHECK(passed >= 20000000);
    CHECK(passed < 2000000000);
}

static void
test_stamp_has_the_processor_in_its_lowest_bit(void)
{
    cpu_set_t set;

    for (int cpu = 0; cpu < 2; cpu++) {
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof set, &set) != 0) {
            exit(UNIT_SKIP);
        }
        CHECK_EQ(ch_stamp() & ~CH_STAMP_TIME, cpu);
    }
}

static void
test_stamp_leaves_errno_alone(void)
{
    errno = 77;
    (void)ch_stamp();
    CHECK_EQ(errno, 77);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_stamp_goes_on_with_the_clock),
        forked_test(test_stamp_has_the_processor_in_its_lowest_bit),
        forked_test(test_stamp_leaves_errno_alone),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
