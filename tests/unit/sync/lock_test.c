/* SPDX-License-Identifier: MIT */
/*
 * lock_test.c - one holder at a time, and nobody sleeps for ever.
 */
#include "sync/lock.h"

#include "unit/_unit.h"

#define N_THREADS 4u
#define N_ROUNDS  50000u

static struct {
    struct ch_lock lock;
    uint64_t count; /* lock */
    uint64_t twin;  /* lock; always the same as count */
    uint32_t held;  /* atomic: times a thread got the lock */
} shared = {.lock = {0}};

static void
test_lock_taken_and_given_is_free_again(void)
{
    struct ch_lock lock = {0};

    CHECK(!ch_lock_is_held(&lock));
    ch_lock(&lock);
    CHECK(ch_lock_is_held(&lock));
    ch_unlock(&lock);
    CHECK(!ch_lock_is_held(&lock));
    CHECK_EQ(lock.word, 0);
}

static void
test_try_lock_of_held_lock_is_false(void)
{
    struct ch_lock lock = {0};

    CHECK(ch_try_lock(&lock));
    CHECK(ch_lock_is_held(&lock));
    CHECK(!ch_try_lock(&lock));
    CHECK(ch_lock_is_held(&lock));
    ch_unlock(&lock);
    CHECK(ch_try_lock(&lock));
}

static void *
count_up(void *arg)
{
    for (unsigned i = 0; i < N_ROUNDS; i++) {
        if (i % 3 != 0 || !ch_try_lock(&shared.lock)) {
            ch_lock(&shared.lock);
        }
        CHECK_EQ(shared.count, shared.twin);
        shared.count++;
        if (i % 1024 == 0) {
            sched_yield();
        }
        shared.twin++;
        ch_unlock(&shared.lock);
    }
    return NULL;
}

static void
test_lock_of_many_threads_has_one_holder(void)
{
    pthread_t threads[N_THREADS];

    for (size_t i = 0; i < N_THREADS; i++) {
        threads[i] = unit_thread_start(count_up, NULL);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_EQ(shared.count, N_THREADS * N_ROUNDS);
    CHECK(!ch_lock_is_held(&shared.lock));
}

static void *
take_once(void *arg)
{
    ch_lock(&shared.lock);
    __atomic_add_fetch(&shared.held, 1, __ATOMIC_RELEASE);
    ch_unlock(&shared.lock);
    return NULL;
}

static void
test_unlock_with_sleepers_wakes_them_all_in_turn(void)
{
    pthread_t threads[N_THREADS];

    ch_lock(&shared.lock);
    for (size_t i = 0; i < N_THREADS; i++) {
        threads[i] = unit_thread_start(take_once, NULL);
    }
    usleep(50000);
    CHECK_EQ(__atomic_load_n(&shared.held, __ATOMIC_ACQUIRE), 0);
    CHECK_EQ(__atomic_load_n(&shared.lock.word, __ATOMIC_ACQUIRE), 2);
    ch_unlock(&shared.lock);
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_EQ(shared.held, N_THREADS);
    CHECK_EQ(shared.lock.word, 0);
}

static void
test_lock_wait_keeps_errno(void)
{
    pthread_t thread;

    ch_lock(&shared.lock);
    thread = unit_thread_start(take_once, NULL);
    usleep(20000);
    errno = 12345;
    ch_unlock(&shared.lock);
    CHECK_EQ(errno, 12345);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void
test_lock_reset_in_child_frees_it(void)
{
    int status = 0;
    pid_t pid;

    shared.lock.word = 2;
    pid = fork();
    if (pid == 0) {
        alarm(10);
        ch_lock_reset(&shared.lock);
        CHECK(!ch_lock_is_held(&shared.lock));
        ch_lock(&shared.lock);
        ch_unlock(&shared.lock);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    CHECK(ch_lock_is_held(&shared.lock));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_lock_taken_and_given_is_free_again),
        forked_test(test_try_lock_of_held_lock_is_false),
        forked_test(test_lock_of_many_threads_has_one_holder),
        forked_test(test_unlock_with_sleepers_wakes_them_all_in_turn),
        forked_test(test_lock_wait_keeps_errno),
        forked_test(test_lock_reset_in_child_frees_it),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
