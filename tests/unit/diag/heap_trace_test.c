/* SPDX-License-Identifier: MIT */
/*
 * heap_trace_test.c - records of reported blocks, in buffers of three depths.
 */
#include "diag/heap_trace.h"

#include "sync/hook.h"
#include "unit/_unit.h"

#define N_RECORDS 8u
#define DEPTH     2u

/* As an application would have it, with something of its own at the end. */
struct record {
    uint32_t ccount;
    void *address;
    size_t size;
    bool freed;
    void *alloced_by[DEPTH];
    void *freed_by[DEPTH];
    char tail[8];
};

static struct record records[N_RECORDS];
static char memory[4096];

static const struct ch_trace_buffer buffer = {
    records, N_RECORDS, sizeof(struct record), DEPTH};

static void *
block(size_t i)
{
    return memory + 16 * i;
}

static void
begin(enum ch_trace_mode mode)
{
    CHECK_EQ(ch_trace_init(&buffer), 0);
    CHECK_EQ(ch_trace_start(mode), 0);
}

static void
allocate(size_t i)
{
    ch_hook_alloc(block(i), 100 + i, 0);
}

static void
release(size_t i)
{
    ch_hook_free(block(i));
}

static struct record
get(size_t index)
{
    struct record record;
    const struct ch_trace_buffer to = {&record, 1, sizeof record, DEPTH};

    CHECK_EQ(ch_trace_get(index, &to), 0);
    return record;
}

static void
check_blocks(const char *numbers)
{
    CHECK(ch_trace_is_valid());
    CHECK_EQ(ch_trace_count(), strlen(numbers));
    for (size_t i = 0; numbers[i] != '\0'; i++) {
        CHECK(get(i).address == block((size_t)(numbers[i] - '0')));
        CHECK_EQ(get(i).size, 100 + (size_t)(numbers[i] - '0'));
    }
}

static struct ch_trace_summary
summary(void)
{
    struct ch_trace_summary sum;

    ch_trace_get_summary(&sum);
    return sum;
}

/* ---- states -------------------------------------------------------------- */

static void
test_trace_init_refuses_what_cannot_be(void)
{
    struct ch_trace_buffer b = buffer;

    b.records = NULL;
    CHECK(ch_trace_init(&b) == -EINVAL);
    b = buffer;
    b.n = 0;
    CHECK(ch_trace_init(&b) == -EINVAL);
    b = buffer;
    b.n = SIZE_MAX / 2;
    CHECK(ch_trace_init(&b) == -EINVAL);
    b = buffer;
    b.depth = 33;
    CHECK(ch_trace_init(&b) == -EINVAL);
    b = buffer;
    b.stride = ch_trace_record_size(DEPTH) - 8;
    CHECK(ch_trace_init(&b) == -EINVAL);
    b.stride = sizeof(struct record) + 1;
    CHECK(ch_trace_init(&b) == -EINVAL);
    b = buffer;
    b.records = (char *)records + 4;
    CHECK(ch_trace_init(&b) == -EINVAL);
}

static void
test_trace_without_buffer_does_not_start(void)
{
    CHECK(ch_trace_start(CH_TRACE_ALL) == -ESRCH);
    CHECK(ch_trace_resume() == -ESRCH);
    CHECK(ch_trace_pause() == -ESRCH);
    ch_trace_stop();
    CHECK(!ch_hooks_are_on());
    CHECK_EQ(ch_trace_count(), 0);
    CHECK(ch_trace_is_valid());
}

static void
test_trace_listens_only_while_it_runs(void)
{
    CHECK_EQ(ch_trace_init(&buffer), 0);
    CHECK(!ch_hooks_are_on());
    CHECK_EQ(ch_trace_start(CH_TRACE_ALL), 0);
    CHECK(ch_hooks_are_on());
    CHECK_EQ(ch_trace_pause(), 0);
    CHECK(ch_hooks_are_on());
    ch_trace_stop();
    CHECK(!ch_hooks_are_on());
}

static void
test_trace_that_runs_keeps_its_buffer(void)
{
    begin(CH_TRACE_ALL);
    CHECK(ch_trace_init(&buffer) == -EBUSY);
    CHECK_EQ(ch_trace_pause(), 0);
    CHECK(ch_trace_init(&buffer) == -EBUSY);
    ch_trace_stop();
    CHECK_EQ(ch_trace_init(&buffer), 0);
}

static void
test_trace_started_again_begins_anew(void)
{
    begin(CH_TRACE_ALL);
    allocate(1);
    release(1);
    CHECK_EQ(ch_trace_start(CH_TRACE_LEAKS), 0);
    check_blocks("");
    CHECK_EQ(summary().n_allocs + summary().n_frees, 0);
    CHECK_EQ(summary().mode, CH_TRACE_LEAKS);
    CHECK_EQ(summary().count_max, 0);
    allocate(2);
    check_blocks("2");
}

static void
test_trace_stopped_sees_nothing_and_keeps_its_records(void)
{
    begin(CH_TRACE_LEAKS);
    allocate(1);
    ch_trace_stop();
    allocate(2);
    release(1);
    check_blocks("1");
    CHECK_EQ(ch_trace_resume(), 0);
    CHECK(ch_trace_resume() == -EALREADY);
    allocate(3);
    check_blocks("13");
}

static void
test_trace_paused_sees_frees_only(void)
{
    begin(CH_TRACE_LEAKS);
    allocate(1);
    allocate(2);
    CHECK_EQ(ch_trace_pause(), 0);
    CHECK(ch_trace_pause() == -ESRCH);
    allocate(3);
    release(1);
    check_blocks("2");
    CHECK_EQ(summary().n_allocs, 2);
    CHECK_EQ(ch_trace_resume(), 0);
    allocate(4);
    check_blocks("24");
}

/* ---- records ------------------------------------------------------------- */

static void
test_trace_all_marks_what_was_freed(void)
{
    begin(CH_TRACE_ALL);
    allocate(1);
    allocate(2);
    CHECK(!get(0).freed && get(0).freed_by[0] == NULL);
    release(1);
    check_blocks("12");
    CHECK(get(0).freed);
    CHECK(!get(1).freed);
    CHECK_EQ(summary().n_allocs, 2);
    CHECK_EQ(summary().n_frees, 1);
}

static void
test_trace_all_has_a_record_for_each_life_of_an_address(void)
{
    begin(CH_TRACE_ALL);
    for (int i = 0; i < 3; i++) {
        allocate(1);
        release(1);
    }
    allocate(1);
    check_blocks("1111");
    CHECK(get(0).freed && get(1).freed && get(2).freed && !get(3).freed);
}

static void
test_trace_leaks_forgets_what_was_freed(void)
{
    begin(CH_TRACE_LEAKS);
    for (size_t i = 0; i < 5; i++) {
        allocate(i);
    }
    release(0);
    check_blocks("1234");
    release(2);
    check_blocks("134");
    release(4);
    check_blocks("13");
    allocate(5);
    check_blocks("135");
    CHECK_EQ(summary().count_max, 5);
    CHECK_EQ(summary().n_frees, 3);
}

static void
test_trace_free_of_unknown_block_counts_nothing(void)
{
    begin(CH_TRACE_LEAKS);
    release(3);
    CHECK_EQ(summary().n_frees, 0);
    check_blocks("");
}

static void
test_trace_overflow_drops_the_oldest(void)
{
    begin(CH_TRACE_ALL);
    for (size_t i = 0; i < N_RECORDS; i++) {
        allocate(i);
    }
    CHECK(!summary().has_overflowed);
    allocate(8);
    check_blocks("12345678");
    CHECK(summary().has_overflowed);
    release(0);
    CHECK_EQ(summary().n_frees, 0);
    release(1);
    CHECK(get(0).freed);
    allocate(9);
    check_blocks("23456789");
    CHECK_EQ(summary().n_allocs, 10);
    CHECK_EQ(summary().capacity, N_RECORDS);
    CHECK_EQ(summary().count_max, N_RECORDS);
}

static void
test_trace_block_at_a_live_address_ends_the_other_one(void)
{
    begin(CH_TRACE_ALL);
    allocate(1);
    ch_trace_stop();
    release(1);
    CHECK_EQ(ch_trace_resume(), 0);
    allocate(1);
    check_blocks("11");
    CHECK(get(0).freed && !get(1).freed);
    CHECK_EQ(ch_trace_start(CH_TRACE_LEAKS), 0);
    allocate(1);
    allocate(1);
    check_blocks("1");
}

static void
test_trace_does_not_touch_what_follows_a_record(void)
{
    CHECK_EQ(ch_trace_init(&buffer), 0);
    CHECK_EQ(ch_trace_start(CH_TRACE_ALL), 0);
    for (size_t i = 0; i < N_RECORDS; i++) {
        memset(records[i].tail, 'x', sizeof records[i].tail);
    }
    for (size_t i = 0; i < 20; i++) {
        allocate(i);
        release(i / 2);
    }
    for (size_t i = 0; i < N_RECORDS; i++) {
        CHECK(unit_is_filled(records[i].tail, sizeof records[i].tail, 'x'));
    }
}

/* A caller who writes to the buffer spoils records, not the trace. */
static void
test_trace_survives_a_spoiled_buffer(void)
{
    uint64_t seed = unit_seed(3);

    begin(CH_TRACE_LEAKS);
    for (int step = 0; step < 20000; step++) {
        size_t i = unit_below(&seed, 12);

        if (unit_below(&seed, 2) == 0) {
            allocate(i);
        } else {
            release(i);
        }
        if (step % 5 == 0) {
            memset(records, (int)unit_below(&seed, 256), sizeof records);
        }
        CHECK(ch_trace_is_valid());
    }
}

/* ---- callers ------------------------------------------------------------- */

static void
test_trace_has_the_callers_beyond_the_library(void)
{
    begin(CH_TRACE_ALL);
    allocate(1);
    release(1);
    /* This program is the library's code, so what is left is libc's or
       CMocka's. */
    CHECK(get(0).alloced_by[0] != NULL);
    CHECK(get(0).freed_by[0] != NULL);
    CHECK(get(0).alloced_by[0] == get(0).freed_by[0]);
}

static void
test_trace_get_into_other_depth_cuts_or_fills(void)
{
    void *room[4 + 2 * 5];
    struct ch_trace_record *record = (void *)room;
    struct ch_trace_buffer to = {room, 1, sizeof room, 5};

    begin(CH_TRACE_ALL);
    allocate(1);
    release(1);
    memset(room, 0xff, sizeof room);
    CHECK_EQ(ch_trace_get(0, &to), 0);
    CHECK(record->address == block(1) && record->freed);
    CHECK(record->callers[0] == get(0).alloced_by[0]);
    CHECK(record->callers[2] == NULL && record->callers[4] == NULL);
    CHECK(record->callers[5] == get(0).freed_by[0]);
    CHECK(record->callers[7] == NULL && record->callers[9] == NULL);
    memset(room, 0xff, sizeof room);
    to = (struct ch_trace_buffer){room, 1, ch_trace_record_size(0), 0};
    CHECK_EQ(ch_trace_get(0, &to), 0);
    CHECK(record->address == block(1) && record->freed);
    CHECK(room[4] == (void *)UINTPTR_MAX);
}

static void
test_trace_get_of_no_record_is_refused(void)
{
    struct record record;
    struct ch_trace_buffer to = {&record, 1, sizeof record, DEPTH};

    CHECK(ch_trace_get(0, &to) == -EINVAL);
    begin(CH_TRACE_ALL);
    CHECK(ch_trace_get(0, &to) == -EINVAL);
    allocate(1);
    CHECK_EQ(ch_trace_get(0, &to), 0);
    CHECK(ch_trace_get(1, &to) == -EINVAL);
    to.stride = 8;
    CHECK(ch_trace_get(0, &to) == -EINVAL);
}

/* ---- the order under a model --------------------------------------------- */

#define N_MANY 500u

static struct record many[N_MANY];
static size_t order[N_MANY]; /* blocks with a record, the oldest first */
static size_t n_order;

static void
model_drop(size_t at)
{
    n_order--;
    memmove(&order[at], &order[at + 1], (n_order - at) * sizeof order[0]);
}

static size_t
model_find(size_t i)
{
    size_t at = 0;

    while (at < n_order && order[at] != i) {
        at++;
    }
    return at;
}

static void
model_free(size_t i)
{
    size_t at = model_find(i);

    if (at < n_order) {
        model_drop(at);
    }
}

static void
model_alloc(size_t i)
{
    model_free(i);
    if (n_order == N_MANY) {
        model_drop(0);
    }
    order[n_order++] = i;
}

/* get() looks from where it looked last, so reads come in all orders. */
static void
test_trace_under_random_use_keeps_the_order_of_a_model(void)
{
    const struct ch_trace_buffer b = {many, N_MANY, sizeof many[0], DEPTH};
    uint64_t seed = unit_seed(5);

    CHECK_EQ(ch_trace_init(&b), 0);
    CHECK_EQ(ch_trace_start(CH_TRACE_LEAKS), 0);
    for (size_t step = 0; step < 60000; step++) {
        size_t i = unit_below(&seed, step / 50 + 2);

        if (unit_below(&seed, 3) != 0) {
            ch_trace_on_alloc((void *)(i * 16 + 16), 100 + i, 0);
            model_alloc(i);
        } else {
            ch_trace_on_free((void *)(i * 16 + 16));
            model_free(i);
        }
        CHECK_EQ(ch_trace_count(), n_order);
        if (n_order != 0) {
            size_t at =
                step % 3 != 0 ? step % n_order : unit_below(&seed, n_order);

            CHECK_EQ(get(at).size, 100 + order[at]);
        }
    }
    CHECK(ch_trace_is_valid());
    CHECK(summary().has_overflowed);
}

static void
test_trace_cursor_sees_survivors_once_while_others_go(void)
{
    struct record record;
    const struct ch_trace_buffer to = {&record, 1, sizeof record, DEPTH};
    struct ch_trace_cursor cursor = {0, 0};
    size_t want = 0;

    begin(CH_TRACE_LEAKS);
    CHECK(!ch_trace_next(&cursor, &to));
    for (size_t i = 0; i < 6; i++) {
        allocate(i);
    }
    for (; want < 6 && ch_trace_next(&cursor, &to); want++) {
        CHECK(record.address == block(want));
        release(want);
        if (want == 2) {
            release(3);
            allocate(7);
            want++;
        }
    }
    CHECK_EQ(want, 6);
    CHECK(ch_trace_next(&cursor, &to) && record.address == block(7));
    CHECK(!ch_trace_next(&cursor, &to));
    check_blocks("7");
}

/* ---- threads and fork ---------------------------------------------------- */

static struct record shared[64];

static void *
churn(void *arg)
{
    uintptr_t base = (uintptr_t)arg * 0x100000;

    for (uintptr_t i = 0; i < 20000; i++) {
        ch_hook_alloc((void *)(base + i % 50 * 16), i, 0);
        if (i % 50 == 49) {
            for (uintptr_t k = 0; k < 50; k++) {
                ch_hook_free((void *)(base + k * 16));
            }
        }
    }
    return NULL;
}

static void
test_trace_from_many_threads_stays_whole(void)
{
    const struct ch_trace_buffer b = {shared, 64, sizeof shared[0], DEPTH};
    pthread_t threads[4];

    CHECK_EQ(ch_trace_init(&b), 0);
    CHECK_EQ(ch_trace_start(CH_TRACE_LEAKS), 0);
    for (uintptr_t i = 0; i < 4; i++) {
        threads[i] = unit_thread_start(churn, (void *)(i + 1));
    }
    for (unsigned i = 0; i < 50; i++) {
        CHECK(ch_trace_is_valid());
        (void)summary();
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_EQ(summary().n_allocs, 80000);
    CHECK_EQ(ch_trace_count(), 0);
    CHECK(ch_trace_is_valid());
}

static bool fork_over; /* atomic */

static void *
churn_on(void *arg)
{
    while (!__atomic_load_n(&fork_over, __ATOMIC_RELAXED)) {
        churn(arg);
    }
    return NULL;
}

static void
test_trace_in_a_child_of_fork_goes_on(void)
{
    pthread_t thread;

    begin(CH_TRACE_LEAKS);
    thread = unit_thread_start(churn_on, (void *)1);
    for (unsigned i = 0; i < 50; i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
            alarm(10);
            allocate(1);
            CHECK(ch_trace_is_valid());
            CHECK_EQ(ch_trace_start(CH_TRACE_ALL), 0);
            allocate(2);
            check_blocks("2");
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    }
    __atomic_store_n(&fork_over, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_trace_init_refuses_what_cannot_be),
        forked_test(test_trace_without_buffer_does_not_start),
        forked_test(test_trace_listens_only_while_it_runs),
        forked_test(test_trace_that_runs_keeps_its_buffer),
        forked_test(test_trace_started_again_begins_anew),
        forked_test(test_trace_stopped_sees_nothing_and_keeps_its_records),
        forked_test(test_trace_paused_sees_frees_only),
        forked_test(test_trace_all_marks_what_was_freed),
        forked_test(test_trace_all_has_a_record_for_each_life_of_an_address),
        forked_test(test_trace_leaks_forgets_what_was_freed),
        forked_test(test_trace_free_of_unknown_block_counts_nothing),
        forked_test(test_trace_overflow_drops_the_oldest),
        forked_test(test_trace_block_at_a_live_address_ends_the_other_one),
        forked_test(test_trace_does_not_touch_what_follows_a_record),
        forked_test(test_trace_survives_a_spoiled_buffer),
        forked_test(test_trace_has_the_callers_beyond_the_library),
        forked_test(test_trace_get_into_other_depth_cuts_or_fills),
        forked_test(test_trace_get_of_no_record_is_refused),
        forked_test(test_trace_under_random_use_keeps_the_order_of_a_model),
        forked_test(test_trace_cursor_sees_survivors_once_while_others_go),
        forked_test(test_trace_from_many_threads_stays_whole),
        forked_test(test_trace_in_a_child_of_fork_goes_on),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
