/* SPDX-License-Identifier: MIT */
/*
 * verbose_test.c - what is told when nothing is wrong, and when not.
 */
#include "front/verbose.h"

#include "base/arith.h"
#include "front/options.h"
#include "region/budget.h"
#include "unit/_unit.h"

static struct ch_options options;

static void
begin(unsigned verbose)
{
    unsetenv("CAPHEAP_RUN");
    options = ch_options_default;
    options.verbose = verbose;
}

static void
say_active(void)
{
    ch_verbose_active(&options);
}

static void
say_refused_twice(void)
{
    ch_verbose_refused(&options, 3 * CH_MIB);
    ch_verbose_refused(&options, 5 * CH_MIB);
}

/* What `body` says, without the line's end; it is one line or none. */
static const char *
said(void (*body)(void))
{
    static char text[2048];
    char *end;

    CHECK_EQ(unit_child_says(body, text, sizeof text), 0);
    end = strchr(text, '\n');
    CHECK(end == NULL ? text[0] == '\0' : end[1] == '\0');
    if (end != NULL) {
        *end = '\0';
    }
    return text;
}

static void
test_verbose_0_says_nothing(void)
{
    begin(0);
    CHECK_STR(said(say_active), "");
    CHECK_STR(said(say_refused_twice), "");
}

static void
test_verbose_1_says_that_it_is_active(void)
{
    begin(1);
    CHECK_STR(said(say_active),
        "capheap: active in verbose_test (profile host, no limit)");
    CHECK_STR(said(say_refused_twice), "");
    ch_budget_set_limit(64 * CH_MIB);
    CHECK(strstr(said(say_active), "limit 64 MiB)") != NULL);
}

static void
test_verbose_1_under_run_leaves_it_to_run(void)
{
    begin(1);
    setenv("CAPHEAP_RUN", "1", 1);
    CHECK_STR(said(say_active), "");
}

static void
test_verbose_2_says_the_first_refusal_only(void)
{
    begin(2);
    ch_budget_set_limit(64 * CH_MIB);
    CHECK(ch_budget_take(62 * CH_MIB));
    CHECK_STR(said(say_refused_twice),
        "capheap: verbose_test: refused 3 MiB; held 62 MiB, limit 64 MiB");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_verbose_0_says_nothing),
        forked_test(test_verbose_1_says_that_it_is_active),
        forked_test(test_verbose_1_under_run_leaves_it_to_run),
        forked_test(test_verbose_2_says_the_first_refusal_only),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
