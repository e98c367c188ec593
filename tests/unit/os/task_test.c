/* SPDX-License-Identifier: MIT */
/*
 * task_test.c - threads as the system numbers and names them.
 */
#include "os/task.h"

#include "unit/_unit.h"

struct other {
    int id;
    struct unit_step begun;
    struct unit_step over;
};

static void *
be_other(void *arg)
{
    struct other *other = arg;

    other->id = ch_task_id();
    pthread_setname_np(pthread_self(), "fifteen letters");
    unit_step_reach(&other->begun);
    unit_step_wait(&other->over, 1);
    return NULL;
}

static void
test_task_of_main_thread_has_the_number_of_the_process(void)
{
    CHECK_EQ(ch_task_id(), getpid());
    CHECK(ch_task_is_alive(getpid()));
}

static void
test_task_of_thread_lives_until_it_ends(void)
{
    struct other other = {0};
    pthread_t thread = unit_thread_start(be_other, &other);

    unit_step_wait(&other.begun, 1);
    CHECK(other.id != getpid());
    CHECK(ch_task_is_alive(other.id));
    unit_step_reach(&other.over);
    pthread_join(thread, NULL);
    /* join() returns before the kernel has let go of the number */
    for (int i = 0; i < 1000 && ch_task_is_alive(other.id); i++) {
        usleep(1000);
    }
    CHECK(!ch_task_is_alive(other.id));
}

static void
test_task_name_is_that_of_the_thread(void)
{
    char name[CH_TASK_NAME_MAX] = "";
    struct other other = {0};
    pthread_t thread = unit_thread_start(be_other, &other);

    unit_step_wait(&other.begun, 1);
    CHECK(ch_task_get_name(other.id, name));
    CHECK_STR(name, "fifteen letters");
    unit_step_reach(&other.over);
    pthread_join(thread, NULL);
}

static void
test_task_name_of_nobody_is_left_as_it_was(void)
{
    char name[CH_TASK_NAME_MAX] = "as it was";

    CHECK(!ch_task_get_name(0x7ffffff0, name));
    CHECK_STR(name, "as it was");
}

static void
test_task_own_name_is_short_and_whole(void)
{
    char name[CH_TASK_NAME_MAX];

    pthread_setname_np(pthread_self(), "me");
    memset(name, 'x', sizeof name);
    ch_task_get_own_name(name);
    CHECK_STR(name, "me");
    CHECK(ch_task_get_name(ch_task_id(), name));
    CHECK_STR(name, "me");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_task_of_main_thread_has_the_number_of_the_process),
        forked_test(test_task_of_thread_lives_until_it_ends),
        forked_test(test_task_name_is_that_of_the_thread),
        forked_test(test_task_name_of_nobody_is_left_as_it_was),
        forked_test(test_task_own_name_is_short_and_whole),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
