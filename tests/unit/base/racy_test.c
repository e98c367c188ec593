/* SPDX-License-Identifier: MIT */
/*
 * racy_test.c - words that others may read at any time.
 */
#include "base/racy.h"

#include "unit/_unit.h"

static void
test_racy_load_after_store_gives_the_value(void)
{
    uintptr_t word = 0;

    CH_RACY_STORE(word, 0x1234);
    CHECK_EQ(CH_RACY_LOAD(word), 0x1234);
}

static void
test_racy_countdown_tells_what_is_left(void)
{
    uint32_t word = 3;

    CHECK_EQ(ch_racy_countdown(&word), 2);
    CHECK_EQ(word, 2);
    CHECK_EQ(ch_racy_countdown(&word), 1);
    CHECK_EQ(ch_racy_countdown(&word), 0);
    CHECK_EQ(ch_racy_countdown(&word), UINT32_MAX);
}

struct pair {
    uint64_t data; /* atomic */
    uint32_t word; /* atomic */
};

#define ROUNDS 200000u

/* The data is written before each count. */
static void *
count_down(void *arg)
{
    struct pair *pair = arg;

    for (uint64_t i = 1; i <= ROUNDS; i++) {
        __atomic_store_n(&pair->data, i, __ATOMIC_RELAXED);
        ch_racy_countdown(&pair->word);
    }
    return NULL;
}

static void
test_racy_countdown_seen_elsewhere_comes_after_earlier_stores(void)
{
    struct pair pair = {0, ROUNDS};
    pthread_t thread = unit_thread_start(count_down, &pair);
    uint32_t left;

    do {
        left = __atomic_load_n(&pair.word, __ATOMIC_ACQUIRE);
        CHECK(__atomic_load_n(&pair.data, __ATOMIC_RELAXED) >= ROUNDS - left);
    } while (left != 0);
    pthread_join(thread, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_racy_load_after_store_gives_the_value),
        forked_test(test_racy_countdown_tells_what_is_left),
        forked_test(
            test_racy_countdown_seen_elsewhere_comes_after_earlier_stores),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
