/* SPDX-License-Identifier: MIT */
/*
 * clock_test.c - time that never goes back.
 */
#include "os/clock.h"

#include <time.h>

#include "unit/_unit.h"

/* The coarse clock may be a few ticks of the kernel behind. */
#define BEHIND_MS 100u

static uint64_t
fine_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
test_clock_ms_read_often_never_goes_back(void)
{
    uint64_t last = 0;

    for (int i = 0; i < 100000; i++) {
        uint64_t now = ch_clock_ms();

        CHECK(now >= last);
        last = now;
    }
}

static void
test_clock_ms_counts_milliseconds(void)
{
    uint64_t start = ch_clock_ms();
    uint64_t fine = fine_ms();

    CHECK(start <= fine && fine - start < BEHIND_MS);
    usleep(30000);
    CHECK(ch_clock_ms() > start);
    CHECK(ch_clock_ms() - start <= fine_ms() - fine + BEHIND_MS);
}

static void
test_clock_ms_keeps_errno(void)
{
    errno = 12345;
    (void)ch_clock_ms();
    CHECK_EQ(errno, 12345);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_clock_ms_read_often_never_goes_back),
        forked_test(test_clock_ms_counts_milliseconds),
        forked_test(test_clock_ms_keeps_errno),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
