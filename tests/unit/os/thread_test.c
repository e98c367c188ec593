/* SPDX-License-Identifier: MIT */
/*
 * thread_test.c - callbacks at the end of threads and round fork().
 */
#include "os/thread.h"

#include <limits.h>
#include <sched.h>

#include "unit/_unit.h"

static struct {
    unsigned calls;
    void *arg;
    pthread_t thread;
    unsigned again; /* how often on_exit watches again */
} seen;

static void
on_exit_of_thread(void *arg)
{
    seen.calls++;
    seen.arg = arg;
    seen.thread = pthread_self();
    if (seen.again > 0) {
        seen.again--;
        ch_thread_watch(arg);
    }
}

static void
on_exit_never(void *arg)
{
    CHECK(arg != arg);
}

static void *
watch_and_end(void *arg)
{
    ch_thread_watch(arg);
    CHECK_EQ(seen.calls, 0);
    return NULL;
}

static void *
only_end(void *arg)
{
    return arg;
}

static void
test_thread_watched_calls_back_once_at_its_end(void)
{
    int object;
    pthread_t thread;

    CHECK_EQ(ch_thread_init(on_exit_of_thread), 0);
    thread = unit_thread_start(watch_and_end, &object);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_EQ(seen.calls, 1);
    CHECK(seen.arg == &object);
    CHECK(pthread_equal(seen.thread, thread));
}

static void
test_thread_not_watched_does_not_call_back(void)
{
    CHECK_EQ(ch_thread_init(on_exit_of_thread), 0);
    unit_on_thread(only_end, NULL);
    CHECK_EQ(seen.calls, 0);
}

static void
test_thread_watched_again_from_within_calls_back_again(void)
{
    int object;

    CHECK_EQ(ch_thread_init(on_exit_of_thread), 0);
    seen.again = 2;
    unit_on_thread(watch_and_end, &object);
    CHECK_EQ(seen.calls, 3);
    CHECK(seen.arg == &object);
}

static void
test_thread_watched_again_for_ever_still_ends(void)
{
    int object;

    CHECK_EQ(ch_thread_init(on_exit_of_thread), 0);
    seen.again = UINT_MAX;
    unit_on_thread(watch_and_end, &object);
    CHECK(seen.calls >= 1 && seen.calls <= PTHREAD_DESTRUCTOR_ITERATIONS);
}

static void
test_thread_init_again_keeps_the_first_callback(void)
{
    int object;

    CHECK_EQ(ch_thread_init(on_exit_of_thread), 0);
    CHECK_EQ(ch_thread_init(on_exit_never), 0);
    unit_on_thread(watch_and_end, &object);
    CHECK_EQ(seen.calls, 1);
}

static void
test_thread_watch_before_init_does_nothing(void)
{
    int object;

    unit_on_thread(watch_and_end, &object);
    CHECK_EQ(seen.calls, 0);
}

static void
test_thread_init_without_keys_returns_the_error(void)
{
    pthread_key_t last = 0;
    pthread_key_t key;

    while (pthread_key_create(&key, NULL) == 0) {
        last = key;
    }
    CHECK_EQ(ch_thread_init(on_exit_of_thread), -EAGAIN);
    CHECK(pthread_key_delete(last) == 0);
    CHECK_EQ(ch_thread_init(on_exit_of_thread), 0);
}

/* ---- fork ---------------------------------------------------------------- */

static char trail[8];

static void
at_prepare(void)
{
    strcat(trail, "p");
}

static void
at_parent(void)
{
    strcat(trail, "P");
}

static void
at_child(void)
{
    strcat(trail, "C");
}

static void
test_thread_at_fork_calls_before_and_on_both_sides(void)
{
    int status = 0;
    pid_t pid;

    CHECK_EQ(ch_thread_at_fork(at_prepare, at_parent, at_child), 0);
    CHECK_STR(trail, "");
    pid = fork();
    if (pid == 0) {
        CHECK_STR(trail, "pC");
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    CHECK_STR(trail, "pP");
}

/* ---- processors ---------------------------------------------------------- */

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_thread_watched_calls_back_once_at_its_end),
        forked_test(test_thread_not_watched_does_not_call_back),
        forked_test(test_thread_watched_again_from_within_calls_back_again),
        forked_test(test_thread_watched_again_for_ever_still_ends),
        forked_test(test_thread_init_again_keeps_the_first_callback),
        forked_test(test_thread_watch_before_init_does_nothing),
        forked_test(test_thread_init_without_keys_returns_the_error),
        forked_test(test_thread_at_fork_calls_before_and_on_both_sides),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
