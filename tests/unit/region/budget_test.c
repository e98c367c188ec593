/* SPDX-License-Identifier: MIT */
/*
 * budget_test.c - what is counted, and the limit on it.
 */
#include "region/budget.h"

#include "unit/_unit.h"

static void
test_budget_at_first_has_no_limit_and_nothing_used(void)
{
    CHECK_EQ(ch_budget_limit(), SIZE_MAX);
    CHECK_EQ(ch_budget_used(), 0);
    CHECK_EQ(ch_budget_peak(), 0);
}

static void
test_budget_limit_of_0_is_none(void)
{
    ch_budget_set_limit(1000);
    CHECK_EQ(ch_budget_limit(), 1000);
    ch_budget_set_limit(0);
    CHECK_EQ(ch_budget_limit(), SIZE_MAX);
    ch_budget_set_limit(SIZE_MAX);
    CHECK_EQ(ch_budget_limit(), SIZE_MAX);
}

static void
test_budget_take_up_to_the_limit_and_no_further(void)
{
    ch_budget_set_limit(1000);
    CHECK(ch_budget_take(600));
    CHECK(!ch_budget_take(401));
    CHECK_EQ(ch_budget_used(), 600);
    CHECK(ch_budget_take(400));
    CHECK(ch_budget_take(0));
    CHECK(!ch_budget_take(1));
    CHECK_EQ(ch_budget_used(), 1000);
}

static void
test_budget_give_makes_room_again(void)
{
    ch_budget_set_limit(1000);
    CHECK(ch_budget_take(1000));
    ch_budget_give(300);
    CHECK_EQ(ch_budget_used(), 700);
    CHECK(!ch_budget_take(301));
    CHECK(ch_budget_take(300));
}

static void
test_budget_take_of_huge_sizes_never_wraps(void)
{
    CHECK(ch_budget_take(100));
    CHECK(!ch_budget_take(SIZE_MAX));
    CHECK(!ch_budget_take(SIZE_MAX - 99));
    ch_budget_set_limit(1000);
    CHECK(!ch_budget_take(SIZE_MAX));
    CHECK(!ch_budget_take(SIZE_MAX - 50));
    CHECK_EQ(ch_budget_used(), 100);
}

static void
test_budget_take_when_more_is_used_than_the_limit_is_refused(void)
{
    CHECK(ch_budget_take(2000));
    ch_budget_set_limit(1000);
    CHECK(!ch_budget_take(1));
    CHECK(!ch_budget_take(SIZE_MAX));
    ch_budget_give(1500);
    CHECK(ch_budget_take(500));
}

static void
test_budget_peak_is_the_most_ever_used(void)
{
    CHECK(ch_budget_take(500));
    ch_budget_give(500);
    CHECK(ch_budget_take(300));
    CHECK_EQ(ch_budget_peak(), 500);
    CHECK(ch_budget_take(300));
    CHECK_EQ(ch_budget_peak(), 600);
    ch_budget_set_limit(600);
    CHECK(!ch_budget_take(1));
    CHECK_EQ(ch_budget_peak(), 600);
}

#define N_THREADS 4u
#define LIMIT     1000u

static void *
take_and_give(void *arg)
{
    uint64_t random = unit_seed(0xb0d6) + (size_t)arg;

    for (int i = 0; i < 50000; i++) {
        size_t bytes = unit_below(&random, 600);

        if (ch_budget_take(bytes)) {
            CHECK(ch_budget_used() <= LIMIT);
            ch_budget_give(bytes);
        }
    }
    return NULL;
}

static void
test_budget_of_many_threads_never_passes_the_limit(void)
{
    pthread_t threads[N_THREADS];

    ch_budget_set_limit(LIMIT);
    for (size_t i = 0; i < N_THREADS; i++) {
        threads[i] = unit_thread_start(take_and_give, (void *)i);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_EQ(ch_budget_used(), 0);
    CHECK(ch_budget_peak() <= LIMIT && ch_budget_peak() >= 590);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_budget_at_first_has_no_limit_and_nothing_used),
        forked_test(test_budget_limit_of_0_is_none),
        forked_test(test_budget_take_up_to_the_limit_and_no_further),
        forked_test(test_budget_give_makes_room_again),
        forked_test(test_budget_take_of_huge_sizes_never_wraps),
        forked_test(
            test_budget_take_when_more_is_used_than_the_limit_is_refused),
        forked_test(test_budget_peak_is_the_most_ever_used),
        forked_test(test_budget_of_many_threads_never_passes_the_limit),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
