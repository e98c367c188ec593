/* SPDX-License-Identifier: MIT */
/*
 * hook_test.c - reports reach who listens, and nobody else.
 */
#include "sync/hook.h"

#include "unit/_unit.h"

static struct {
    void *p;
    size_t size;
    uint32_t caps;
    unsigned n_allocs;
    unsigned n_frees;
} heard;

static char block[16];

static void
on_alloc(void *p, size_t size, uint32_t caps)
{
    heard.p = p;
    heard.size = size;
    heard.caps = caps;
    heard.n_allocs++;
    ch_hook_alloc(block, 1, 0);
    ch_hook_free(block);
}

static void
on_free(void *p)
{
    heard.p = p;
    heard.n_frees++;
}

static const struct ch_hooks listener = {on_alloc, on_free};
static const struct ch_hooks deaf = {NULL, NULL};

static void
test_hook_without_listener_reports_nothing(void)
{
    CHECK(!ch_hooks_are_on());
    ch_hook_alloc(block, 1, 0);
    ch_hook_free(block);
    CHECK_EQ(heard.n_allocs + heard.n_frees, 0);
}

static void
test_hook_reports_to_the_listener_until_it_is_removed(void)
{
    CHECK_EQ(ch_hooks_add(&listener), 0);
    CHECK(ch_hooks_are_on());
    ch_hook_alloc(block, 12, 4);
    CHECK(heard.p == block && heard.size == 12 && heard.caps == 4);
    heard.p = NULL;
    ch_hook_free(block);
    CHECK(heard.p == block);
    ch_hooks_remove(&listener);
    CHECK(!ch_hooks_are_on());
    ch_hook_alloc(block, 12, 4);
    ch_hook_free(block);
    CHECK_EQ(heard.n_allocs, 1);
    CHECK_EQ(heard.n_frees, 1);
}

static void
test_hook_of_null_is_not_reported(void)
{
    CHECK_EQ(ch_hooks_add(&listener), 0);
    ch_hook_alloc(NULL, 12, 4);
    ch_hook_free(NULL);
    CHECK_EQ(heard.n_allocs + heard.n_frees, 0);
}

/* on_alloc() itself allocates and frees. */
static void
test_hook_within_a_listener_is_not_reported(void)
{
    CHECK_EQ(ch_hooks_add(&listener), 0);
    ch_hook_alloc(block + 1, 1, 0);
    CHECK_EQ(heard.n_allocs, 1);
    CHECK_EQ(heard.n_frees, 0);
    CHECK(heard.p == block + 1);
    ch_hook_alloc(block + 2, 1, 0);
    CHECK_EQ(heard.n_allocs, 2);
}

static void *
report_two(void *arg)
{
    ch_hook_alloc(block, 1, 0);
    ch_hook_free(block);
    return arg;
}

static void
test_hook_muted_is_silent_in_this_thread_only(void)
{
    CHECK_EQ(ch_hooks_add(&listener), 0);
    ch_hooks_mute();
    ch_hooks_mute();
    report_two(NULL);
    ch_hooks_unmute();
    report_two(NULL);
    CHECK_EQ(heard.n_allocs + heard.n_frees, 0);
    unit_on_thread(report_two, NULL);
    CHECK_EQ(heard.n_allocs, 1);
    CHECK_EQ(heard.n_frees, 1);
    ch_hooks_unmute();
    report_two(NULL);
    CHECK_EQ(heard.n_allocs, 2);
}

static void
test_hooks_added_twice_report_once(void)
{
    CHECK_EQ(ch_hooks_add(&listener), 0);
    CHECK_EQ(ch_hooks_add(&listener), 0);
    ch_hook_free(block);
    CHECK_EQ(heard.n_frees, 1);
    ch_hooks_remove(&listener);
    CHECK(!ch_hooks_are_on());
    ch_hooks_remove(&listener);
    CHECK(!ch_hooks_are_on());
}

static void
test_hooks_beyond_the_slots_are_refused(void)
{
    static const struct ch_hooks more[CH_HOOKS_MAX];

    for (unsigned i = 1; i < CH_HOOKS_MAX; i++) {
        CHECK_EQ(ch_hooks_add(&more[i]), 0);
    }
    CHECK_EQ(ch_hooks_add(&deaf), 0);
    CHECK(ch_hooks_add(&listener) == -ENOSPC);
    ch_hook_free(block);
    CHECK_EQ(heard.n_frees, 0);
    ch_hooks_remove(&more[2]);
    CHECK_EQ(ch_hooks_add(&listener), 0);
    ch_hook_free(block);
    ch_hook_alloc(block, 1, 0);
    CHECK_EQ(heard.n_frees, 1);
    CHECK_EQ(heard.n_allocs, 1);
}

/* ---- the watcher --------------------------------------------------------- */

static char seen[16];

static void
watch(bool is_on)
{
    strcat(seen, is_on ? "1" : "0");
}

static void
test_watcher_hears_of_the_first_and_of_the_last_one(void)
{
    ch_hooks_watch(watch);
    CHECK_STR(seen, "");
    CHECK_EQ(ch_hooks_add(&listener), 0);
    CHECK_STR(seen, "1");
    CHECK_EQ(ch_hooks_add(&deaf), 0);
    ch_hooks_remove(&listener);
    CHECK_STR(seen, "1");
    ch_hooks_remove(&deaf);
    CHECK_STR(seen, "10");
}

static void
test_watcher_that_comes_late_hears_at_once(void)
{
    CHECK_EQ(ch_hooks_add(&listener), 0);
    ch_hooks_watch(watch);
    CHECK_STR(seen, "1");
}

/* ---- threads ------------------------------------------------------------- */

static uint32_t counted;

static void
count(void *p)
{
    __atomic_add_fetch(&counted, 1, __ATOMIC_RELAXED);
}

static const struct ch_hooks counter = {NULL, count};

static void *
report_many(void *arg)
{
    for (unsigned i = 0; i < 20000; i++) {
        ch_hook_free(block);
    }
    return arg;
}

static void
test_hooks_added_while_others_report_lose_nothing_in_between(void)
{
    pthread_t threads[2];

    CHECK_EQ(ch_hooks_add(&counter), 0);
    threads[0] = unit_thread_start(report_many, NULL);
    threads[1] = unit_thread_start(report_many, NULL);
    for (unsigned i = 0; i < 2000; i++) {
        CHECK_EQ(ch_hooks_add(&deaf), 0);
        ch_hooks_remove(&deaf);
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    CHECK_EQ(counted, 40000);
}

static void
add_in_child(void)
{
    CHECK_EQ(ch_hooks_add(&listener), 0);
}

static void
test_hooks_in_a_child_of_fork_can_be_added(void)
{
    ch_hooks_before_fork();
    if (fork() == 0) {
        ch_hooks_after_fork_child();
        add_in_child();
        _exit(0);
    }
    ch_hooks_after_fork_parent();
    CHECK_EQ(ch_hooks_add(&listener), 0);
    int status;
    CHECK(wait(&status) > 0 && status == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_hook_without_listener_reports_nothing),
        forked_test(test_hook_reports_to_the_listener_until_it_is_removed),
        forked_test(test_hook_of_null_is_not_reported),
        forked_test(test_hook_within_a_listener_is_not_reported),
        forked_test(test_hook_muted_is_silent_in_this_thread_only),
        forked_test(test_hooks_added_twice_report_once),
        forked_test(test_hooks_beyond_the_slots_are_refused),
        forked_test(test_watcher_hears_of_the_first_and_of_the_last_one),
        forked_test(test_watcher_that_comes_late_hears_at_once),
        forked_test(
            test_hooks_added_while_others_report_lose_nothing_in_between),
        forked_test(test_hooks_in_a_child_of_fork_can_be_added),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
