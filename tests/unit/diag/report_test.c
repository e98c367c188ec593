/* SPDX-License-Identifier: MIT */
/*
 * report_test.c - snapshots as text, on request and at exit.
 */
#include "diag/report.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/arith.h"
#include "base/text.h"
#include "diag/snapshot.h"
#include "front/route.h"
#include "front/start.h"
#include "unit/_unit.h"

static char text[CH_REPORT_MAX];

static const char *
report(void)
{
    struct ch_text t;

    ch_text_init(&t, text, sizeof text);
    ch_report_write(&t);
    CHECK(!t.cut);
    CHECK(t.len > 0 && text[t.len - 1] == '\n');
    return text;
}

static void
begin(const char *conf)
{
    setenv("CAPHEAP_CONF", conf, 1);
    CHECK(ch_start());
}

/* The rest of the line that begins with a name, or NULL. */
static const char *
line_of(const char *name)
{
    static char line[256];
    char begin_of_line[64];
    const char *at;

    snprintf(begin_of_line, sizeof begin_of_line, "\n  %s ", name);
    at = strstr(text, begin_of_line);
    CHECK(at != NULL);
    at += strlen(begin_of_line);
    at += strspn(at, " ");
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    return line;
}

static bool
begins_with(const char *line, const char *begin_of_line)
{
    return strncmp(line, begin_of_line, strlen(begin_of_line)) == 0;
}

static void
test_report_begins_with_the_program_and_its_profile(void)
{
    char want[128];

    begin("limit=64m");
    snprintf(want, sizeof want,
        "capheap: heap of report_test (pid %d), profile host, limit 64 MiB\n",
        (int)getpid());
    CHECK(begins_with(report(), want));
}

static void
test_report_without_limit_names_none(void)
{
    begin("");
    CHECK(strstr(report(), "limit") == NULL);
}

static void
test_report_of_known_blocks_has_their_figures(void)
{
    begin("purge_delay=never");
    ch_route_free(ch_route_alloc(2 * CH_MIB, NULL), "free");
    (void)!ch_route_alloc(CH_MIB, NULL);
    (void)!ch_route_alloc(64 * CH_MIB, NULL);
    report();
    CHECK(begins_with(line_of("live"), "65 MiB "));
    CHECK(begins_with(line_of("dirty"), "1 MiB "));
    CHECK(begins_with(line_of("returned"), "0 B "));
    CHECK(begins_with(line_of("blocks"), "2 live: 1 large, 1 huge"));
    CHECK(begins_with(line_of("arenas"), "1"));
    CHECK(begins_with(line_of("threads"), "1 now, at most 1 at once"));
}

static void
test_report_lines_stand_in_columns(void)
{
    const char *at;

    begin("");
    (void)!ch_route_alloc(12345, NULL);
    report();
    for (at = strchr(text, '\n') + 1; *at != '\0'; at = strchr(at, '\n') + 1) {
        CHECK(strncmp(at, "  ", 2) == 0);
        CHECK(at[11] == ' ' && at[12] != ' ' && at[12] != '\n');
        CHECK(strcspn(at, "\n") < 80);
    }
}

static void
test_report_into_small_buffer_is_cut(void)
{
    char small[100];
    struct ch_text t;

    begin("");
    ch_text_init(&t, small, sizeof small);
    ch_report_write(&t);
    CHECK(t.cut);
    CHECK_EQ(strlen(small), sizeof small - 1);
}

static void
test_report_with_many_threads_and_arenas_fits(void)
{
    begin("arenas=16,limit=1023m");
    for (size_t i = 0; i < 100; i++) {
        (void)!ch_route_alloc(i * 9999, NULL);
    }
    CHECK(strlen(report()) < CH_REPORT_MAX / 2);
}

/* ---- at exit ------------------------------------------------------------- */

static const char *conf;

static void
start_and_exit(void)
{
    begin(conf);
    (void)!ch_route_alloc(100, NULL);
    exit(0);
}

static void
test_report_at_exit_goes_to_stderr_when_asked_for(void)
{
    conf = "stats=exit";
    CHECK_EQ(unit_child_says(start_and_exit, text, sizeof text), 0);
    CHECK(begins_with(text, "capheap: heap of report_test (pid "));
    CHECK(begins_with(line_of("blocks"), "1 live: 0 large, 0 huge"));
}

static void
test_report_at_exit_without_being_asked_says_nothing(void)
{
    conf = "";
    CHECK_EQ(unit_child_says(start_and_exit, text, sizeof text), 0);
    CHECK_STR(text, "");
}

static void
test_report_at_exit_goes_to_a_file_when_asked_for(void)
{
    char path[64];
    char option[128];
    char said[256];
    int fd;

    snprintf(path, sizeof path, "/tmp/capheap-report-%d", (int)getpid());
    snprintf(option, sizeof option, "stats=exit:%s", path);
    conf = option;
    CHECK_EQ(unit_child_says(start_and_exit, said, sizeof said), 0);
    CHECK_STR(said, "");
    fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    unit_read_all(fd, text, sizeof text);
    unlink(path);
    CHECK(begins_with(text, "capheap: heap of report_test (pid "));
}

static void
test_report_at_exit_to_file_that_cannot_be_written_uses_stderr(void)
{
    conf = "stats=exit:/nonexistent/report";
    CHECK_EQ(unit_child_says(start_and_exit, text, sizeof text), 0);
    CHECK(begins_with(text, "capheap: stats=exit: "));
    CHECK(strstr(text, "\ncapheap: heap of report_test (pid ") != NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_report_begins_with_the_program_and_its_profile),
        forked_test(test_report_without_limit_names_none),
        forked_test(test_report_of_known_blocks_has_their_figures),
        forked_test(test_report_lines_stand_in_columns),
        forked_test(test_report_into_small_buffer_is_cut),
        forked_test(test_report_with_many_threads_and_arenas_fits),
        forked_test(test_report_at_exit_goes_to_stderr_when_asked_for),
        forked_test(test_report_at_exit_without_being_asked_says_nothing),
        forked_test(test_report_at_exit_goes_to_a_file_when_asked_for),
        forked_test(
            test_report_at_exit_to_file_that_cannot_be_written_uses_stderr),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
