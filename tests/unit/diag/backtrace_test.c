/* SPDX-License-Identifier: MIT */
/*
 * backtrace_test.c - return addresses, checked against the compiler's own.
 */
#include "diag/backtrace.h"

#include "unit/_unit.h"

#define N 32u

static void *frames[N];
static unsigned n;
static void *want[3];

static const struct ch_code no_code = {NULL, NULL};
static struct ch_code skipped;

__attribute__((noinline)) static void
inner(void)
{
    want[0] = __builtin_return_address(0);
    n = ch_backtrace_beyond(&skipped, frames, N);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void
middle(void)
{
    want[1] = __builtin_return_address(0);
    inner();
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void
outer(void)
{
    want[2] = __builtin_return_address(0);
    middle();
    __asm__ volatile("" ::: "memory");
}

/* The place of the first frame that is p; n: there is none. */
static unsigned
place_of(const void *p)
{
    unsigned i = 0;

    while (i < n && frames[i] != p) {
        i++;
    }
    return i;
}

static void
test_backtrace_has_every_call_innermost_first(void)
{
    unsigned at;

    skipped = no_code;
    outer();
    at = place_of(want[0]);
    CHECK(at + 2 < n);
    CHECK(frames[at + 1] == want[1]);
    CHECK(frames[at + 2] == want[2]);
}

/* Code of one byte that has the last byte of a call which returns to p. */
static struct ch_code
code_before(void *p)
{
    return (struct ch_code){(char *)p - 1, p};
}

static void
test_backtrace_beyond_code_begins_at_its_caller(void)
{
    void *before[N];

    skipped = no_code;
    outer();
    memcpy(before, frames, sizeof before);
    skipped = code_before(before[0]);
    outer();
    /* The frames beyond want[1] are the way here, which differs. */
    CHECK(place_of(want[1]) + 1 < n);
    CHECK(memcmp(frames, before + 1, (place_of(want[1]) + 1) * sizeof before[0])
          == 0);
}

static void
test_backtrace_beyond_code_further_out_leaves_it_in(void)
{
    void *before[N];
    unsigned n_before;

    skipped = no_code;
    outer();
    n_before = n;
    memcpy(before, frames, sizeof before);
    skipped = code_before(want[1]);
    outer();
    CHECK_EQ(n, n_before);
    CHECK(place_of(want[1]) + 1 < n);
    CHECK(memcmp(frames, before, (place_of(want[1]) + 1) * sizeof before[0])
          == 0);
}

static void
test_backtrace_of_no_frames_stores_none(void)
{
    void *frame = NULL;

    CHECK_EQ(ch_backtrace_beyond(&no_code, &frame, 0), 0);
    CHECK(frame == NULL);
}

static void
test_backtrace_stores_no_more_than_asked_for(void)
{
    void *few[3] = {NULL, NULL, want};

    CHECK_EQ(ch_backtrace_beyond(&no_code, few, 2), 2);
    CHECK(few[0] != NULL && few[1] != NULL);
    CHECK(few[2] == want);
}

/* This program is the library's code as well. */
static void
test_backtrace_leaves_the_library_out(void)
{
    void *few[N];
    unsigned got = ch_backtrace(few, N);
    const char *here =
        (const char *)(uintptr_t)test_backtrace_leaves_the_library_out;

    CHECK(got > 0);
    CHECK((const char *)few[0] < here - 0x10000000
          || (const char *)few[0] > here + 0x10000000);
}

/* ---- in a signal handler, and in a thread -------------------------------- */

static void
on_signal(int number)
{
    skipped = no_code;
    outer();
}

static void
test_backtrace_in_a_signal_handler_goes_on_below_it(void)
{
    unsigned at;

    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    at = place_of(want[2]);
    CHECK(at < n);
    /* The handler's frame, raise(), this function, main() and its caller. */
    CHECK(n >= at + 4);
}

static void *
trace_on_thread(void *arg)
{
    skipped = no_code;
    outer();
    return arg;
}

static void
test_backtrace_in_a_thread_ends_at_its_start(void)
{
    unit_on_thread(trace_on_thread, NULL);
    CHECK(place_of(want[2]) < n);
    CHECK(n < N);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_backtrace_has_every_call_innermost_first),
        forked_test(test_backtrace_beyond_code_begins_at_its_caller),
        forked_test(test_backtrace_beyond_code_further_out_leaves_it_in),
        forked_test(test_backtrace_of_no_frames_stores_none),
        forked_test(test_backtrace_stores_no_more_than_asked_for),
        forked_test(test_backtrace_leaves_the_library_out),
        forked_test(test_backtrace_in_a_signal_handler_goes_on_below_it),
        forked_test(test_backtrace_in_a_thread_ends_at_its_start),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
