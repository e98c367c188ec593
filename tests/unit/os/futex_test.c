/* SPDX-License-Identifier: MIT */
/*
 * futex_test.c - sleeping until a word changes.
 */
#include "os/futex.h"

#include <time.h>

#include "unit/_unit.h"

static struct {
    uint32_t word;  /* atomic */
    uint32_t awake; /* atomic: sleepers that saw the word changed */
} shared;

static void *
sleep_while_0(void *arg)
{
    while (__atomic_load_n(&shared.word, __ATOMIC_ACQUIRE) == 0) {
        ch_futex_wait(&shared.word, 0);
    }
    __atomic_add_fetch(&shared.awake, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void
test_futex_wait_with_another_value_returns_at_once(void)
{
    uint32_t word = 1;

    alarm(10);
    errno = 12345;
    ch_futex_wait(&word, 0);
    CHECK_EQ(errno, 12345);
    CHECK_EQ(word, 1);
}

static void
test_futex_wake_without_sleepers_does_nothing(void)
{
    uint32_t word = 1;

    errno = 12345;
    ch_futex_wake(&word);
    CHECK_EQ(errno, 12345);
    CHECK_EQ(word, 1);
}

static void
test_futex_wait_keeps_asleep_until_the_word_changes(void)
{
    pthread_t thread = unit_thread_start(sleep_while_0, NULL);

    usleep(20000);
    ch_futex_wake(&shared.word);
    usleep(20000);
    CHECK_EQ(__atomic_load_n(&shared.awake, __ATOMIC_ACQUIRE), 0);
    __atomic_store_n(&shared.word, 1, __ATOMIC_RELEASE);
    ch_futex_wake(&shared.word);
    CHECK(pthread_join(thread, NULL) == 0);
}

/* Processor time that this process has used, in milliseconds. */
static uint64_t
cpu_ms(void)
{
    return (uint64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

static void
test_futex_wait_costs_no_processor_time(void)
{
    pthread_t thread = unit_thread_start(sleep_while_0, NULL);
    uint64_t before = cpu_ms();

    usleep(200000);
    CHECK(cpu_ms() - before < 100);
    __atomic_store_n(&shared.word, 1, __ATOMIC_RELEASE);
    ch_futex_wake(&shared.word);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void
test_futex_wake_of_two_sleepers_wakes_one(void)
{
    pthread_t a = unit_thread_start(sleep_while_0, NULL);
    pthread_t b = unit_thread_start(sleep_while_0, NULL);

    usleep(100000);
    __atomic_store_n(&shared.word, 1, __ATOMIC_RELEASE);
    ch_futex_wake(&shared.word);
    usleep(50000);
    CHECK_EQ(__atomic_load_n(&shared.awake, __ATOMIC_ACQUIRE), 1);
    ch_futex_wake(&shared.word);
    CHECK(pthread_join(a, NULL) == 0 && pthread_join(b, NULL) == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_futex_wait_with_another_value_returns_at_once),
        forked_test(test_futex_wake_without_sleepers_does_nothing),
        forked_test(test_futex_wait_keeps_asleep_until_the_word_changes),
        forked_test(test_futex_wait_costs_no_processor_time),
        forked_test(test_futex_wake_of_two_sleepers_wakes_one),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
