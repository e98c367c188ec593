/* SPDX-License-Identifier: MIT */
/*
 * fault_test.c - lines on stderr, and the faults that end in abort().
 */
#include "os/fault.h"

#include <fcntl.h>
#include <signal.h>

#include "base/text.h"
#include "unit/_unit.h"

static void
check_says(void (*body)(void), const char *want)
{
    char text[2048];
    int status = unit_child_says(body, text, sizeof text);

    CHECK_STR(text, want);
    CHECK_EQ(status, 0);
}

static void
say_hello(void)
{
    ch_say("hello");
}

static void
test_say_writes_one_line(void)
{
    check_says(say_hello, "capheap: hello\n");
}

static void
say_parts(void)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_line_begin(&t, buf);
    ch_text_str(&t, "n=");
    ch_text_u64(&t, 42);
    ch_line_say(&t);
}

static void
test_line_of_parts_is_said_as_one(void)
{
    check_says(say_parts, "capheap: n=42\n");
}

static char long_text[2 * CH_LINE_MAX];

static void
say_long(void)
{
    memset(long_text, 'x', sizeof long_text - 1);
    ch_say(long_text);
}

static void
test_say_of_long_text_cuts_it_and_ends_the_line(void)
{
    char text[4 * CH_LINE_MAX];

    CHECK_EQ(unit_child_says(say_long, text, sizeof text), 0);
    CHECK(strlen(text) < CH_LINE_MAX);
    CHECK(strlen(text) > CH_LINE_MAX - 8);
    CHECK(strncmp(text, "capheap: xxxx", 13) == 0);
    CHECK(strchr(text, '\n') == text + strlen(text) - 1);
}

/* In packet mode each write(2) to a pipe is one read(2) from it. */
static void
test_line_goes_out_in_one_write(void)
{
    char text[4 * CH_LINE_MAX];
    int ends[2];

    CHECK(pipe2(ends, O_DIRECT) == 0);
    dup2(ends[1], STDERR_FILENO);
    say_long();
    CHECK(read(ends[0], text, sizeof text) > (ssize_t)CH_LINE_MAX - 8);
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    CHECK(read(ends[0], text, sizeof text) == -1 && errno == EAGAIN);
}

static void
test_say_keeps_errno(void)
{
    close(STDERR_FILENO);
    errno = 12345;
    ch_say("nobody hears this");
    if (errno != 12345) {
        _exit(1);
    }
}

static void
fault_here(void)
{
    ch_fault("free list is broken", (void *)0x7f00);
}

static void
test_fault_says_what_and_where_and_aborts(void)
{
    char text[256];
    int status = unit_child_says(fault_here, text, sizeof text);

    CHECK_STR(text, "capheap: free list is broken: 0x7f00\n");
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGABRT);
}

static void
fault_long(void)
{
    memset(long_text, 'y', sizeof long_text - 1);
    ch_fault(long_text, (void *)0x7f00);
}

static void
test_fault_with_long_text_still_ends_the_line(void)
{
    unit_check_aborts(fault_long, "capheap: yyyyyyyyyyyyyyyy");
}

static void
ensure_false(void)
{
    CH_ENSURE(1 + 1 == 3, "sum", (void *)0x10);
}

static void
test_ensure_of_false_aborts_in_every_build(void)
{
    unit_check_aborts(ensure_false, "capheap: sum: 0x10\n");
    CH_ENSURE(1 + 1 == 2, "sum", NULL);
}

static unsigned n_asserted;

static bool
count_and_fail(void)
{
    n_asserted++;
    return false;
}

static void
assert_what_fails(void)
{
    CH_ASSERT(count_and_fail());
}

static void
test_assert_of_false_aborts_in_debug_builds_only(void)
{
    CH_ASSERT(true);
    if (CH_CONFIG_DEBUG) {
        unit_check_aborts(assert_what_fails, "capheap: assertion failed: ");
        return;
    }
    assert_what_fails();
    CHECK_EQ(n_asserted, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_say_writes_one_line),
        forked_test(test_line_of_parts_is_said_as_one),
        forked_test(test_say_of_long_text_cuts_it_and_ends_the_line),
        forked_test(test_line_goes_out_in_one_write),
        forked_test(test_say_keeps_errno),
        forked_test(test_fault_says_what_and_where_and_aborts),
        forked_test(test_fault_with_long_text_still_ends_the_line),
        forked_test(test_ensure_of_false_aborts_in_every_build),
        forked_test(test_assert_of_false_aborts_in_debug_builds_only),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
