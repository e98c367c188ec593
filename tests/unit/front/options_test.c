/* SPDX-License-Identifier: MIT */
/*
 * options_test.c - sources, order, syntax, ranges and messages of options.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "front/options.h"
#include "os/env.h"

/* The program's own wishes, which options.c finds by name. */
extern const char *capheap_conf;
const char *capheap_conf;

static struct ch_options_reader reader;
static char said[16384];
static char folder[] = "/tmp/capheap-options-XXXXXX";

static void
keep_line(void *ctx, struct ch_text *line)
{
    (void)ctx;
    strncat(said, line->buf, sizeof said - strlen(said) - 2);
    strcat(said, "\n");
}

static void
begin(void)
{
    said[0] = '\0';
    ch_options_begin(&reader, keep_line, NULL);
    reader.system_file = "/nonexistent/capheap.conf";
}

/* Reads one text as CAPHEAP_CONF would be. */
static const struct ch_options *
parse(const char *text)
{
    begin();
    ch_options_parse(&reader, "CAPHEAP_CONF", text);
    return &reader.options;
}

/* A new file in the folder of the test; the path is static. */
static const char *
write_file(const char *name, const char *text)
{
    static char path[4][256];
    static unsigned turn;
    char *p = path[turn++ % 4];
    FILE *f;

    snprintf(p, 256, "%s/%s", folder, name);
    unlink(p);
    f = fopen(p, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(p, 0644), 0);
    return p;
}

/* Everything that `format` with the path gives, as CAPHEAP_CONF. */
static const struct ch_options *
parse_with_path(const char *format, const char *path)
{
    char text[512];

    snprintf(text, sizeof text, format, path);
    return parse(text);
}

static void
assert_origin(enum ch_option option, const char *expected)
{
    char buf[512];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_option_print_origin(&t, &reader.origins[option]);
    assert_string_equal(buf, expected);
}

static void
assert_value(enum ch_option option, const char *expected)
{
    char buf[600];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_option_print(&t, &reader.options, &ch_option_rows[option]);
    assert_string_equal(buf, expected);
}

/* ---- the table ---------------------------------------------------------- */

static void
test_options_table_every_row_is_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CH_OPTION_COUNT; i++) {
        const struct ch_option_row *row = &ch_option_rows[i];

        assert_non_null(row->name);
        assert_non_null(row->help);
        assert_non_null(row->syntax);
        assert_true(row->min <= row->max);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(row->name, ch_option_rows[j].name);
        }
    }
}

static void
test_options_table_defaults_read_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CH_OPTION_COUNT; i++) {
        const struct ch_option_row *row = &ch_option_rows[i];
        char buf[64];
        struct ch_text t;
        struct ch_options options = ch_options_default;

        ch_text_init(&t, buf, sizeof buf);
        ch_option_print(&t, &ch_options_default, row);
        assert_false(t.cut);
        assert_true(ch_option_set(&options, row, t.buf, t.len));
        assert_memory_equal(&options, &ch_options_default, sizeof options);
    }
}

static void
test_options_defaults_are_documented_ones(void **state)
{
    const struct ch_options *o = parse("");

    (void)state;
    assert_int_equal(o->limit, 0);
    assert_int_equal(o->purge_delay_ms, 500);
    assert_true(o->dirty_max == SIZE_MAX);
    assert_int_equal(o->thp, CH_OPTION_THP_AUTO);
    assert_int_equal(o->arenas, 1);
    assert_false(o->stats_at_exit);
    assert_int_equal(o->verbose, 0);
    assert_false(o->foreign_ignore);
    assert_string_equal(o->profile, "host");
    assert_int_equal(o->accounting, CH_OPTION_ACCOUNTING_AUTO);
    assert_int_equal(o->min_align, 4);
    assert_int_equal(o->poisoning, CH_OPTION_POISONING_NONE);
    assert_false(o->exact);
    assert_int_equal(o->malloc_from, CH_OPTION_MALLOC_AUTO);
    assert_false(o->explain);
    assert_int_equal(o->esp_idf, 4);
    assert_false(o->startup_early);
    assert_false(o->memprot_off);
    assert_false(o->abort_on_fail);
    assert_false(o->task_tracking);
    assert_false(o->wx_split);
    assert_true(o->psram == CH_OPTION_AUTO);
    assert_string_equal(o->regions[0].name, "");
    assert_string_equal(o->programs, "");
    assert_string_equal(said, "");
}

/* ---- values ------------------------------------------------------------- */

struct value_case {
    const char *item;
    enum ch_option option;
    const char *expected; /* as it prints; NULL: refused */
};

static const struct value_case value_cases[] = {
    {"limit=1m", CH_OPTION_LIMIT, "1MiB"},
    {"limit=64M", CH_OPTION_LIMIT, "64MiB"},
    {"limit=1048577", CH_OPTION_LIMIT, "1048577"},
    {"limit=1536KiB", CH_OPTION_LIMIT, "1536KiB"},
    {"limit=128T", CH_OPTION_LIMIT, "128TiB"},
    {"limit=0", CH_OPTION_LIMIT, "none"},
    {"limit=none", CH_OPTION_LIMIT, "none"},
    {"limit=1048575", CH_OPTION_LIMIT, NULL},
    {"limit=129T", CH_OPTION_LIMIT, NULL},
    {"limit=-1", CH_OPTION_LIMIT, NULL},
    {"limit=", CH_OPTION_LIMIT, NULL},
    {"limit=99999999999999999999999", CH_OPTION_LIMIT, NULL},
    {"limit=0x100000", CH_OPTION_LIMIT, NULL},
    {"limit=auto", CH_OPTION_LIMIT, NULL},
    {"purge_delay=0", CH_OPTION_PURGE_DELAY, "0"},
    {"purge_delay=3600000", CH_OPTION_PURGE_DELAY, "3600000"},
    {"purge_delay=never", CH_OPTION_PURGE_DELAY, "never"},
    {"purge_delay=3600001", CH_OPTION_PURGE_DELAY, NULL},
    {"purge_delay=18446744073709551615", CH_OPTION_PURGE_DELAY, NULL},
    {"purge_delay=1.5", CH_OPTION_PURGE_DELAY, NULL},
    {"dirty_max=0", CH_OPTION_DIRTY_MAX, "0"},
    {"dirty_max=8M", CH_OPTION_DIRTY_MAX, "8MiB"},
    {"dirty_max=auto", CH_OPTION_DIRTY_MAX, "auto"},
    {"dirty_max=none", CH_OPTION_DIRTY_MAX, NULL},
    {"thp=never", CH_OPTION_THP, "never"},
    {"thp=always", CH_OPTION_THP, "always"},
    {"thp=Never", CH_OPTION_THP, NULL},
    {"thp=nev", CH_OPTION_THP, NULL},
    {"arenas=1", CH_OPTION_ARENAS, "1"},
    {"arenas=16", CH_OPTION_ARENAS, "16"},
    {"arenas=0", CH_OPTION_ARENAS, NULL},
    {"arenas=17", CH_OPTION_ARENAS, NULL},
    {"arenas=4294967297", CH_OPTION_ARENAS, NULL},
    {"stats=exit", CH_OPTION_STATS, "exit"},
    {"stats=exit:/tmp/x", CH_OPTION_STATS, "exit:/tmp/x"},
    {"stats=off", CH_OPTION_STATS, "off"},
    {"stats=exit:", CH_OPTION_STATS, NULL},
    {"stats=exist", CH_OPTION_STATS, NULL},
    {"stats=exit:a\nb", CH_OPTION_STATS, NULL},
    {"verbose=2", CH_OPTION_VERBOSE, "2"},
    {"verbose=3", CH_OPTION_VERBOSE, NULL},
    {"foreign=ignore", CH_OPTION_FOREIGN, "ignore"},
    {"foreign=abort", CH_OPTION_FOREIGN, "abort"},
    {"foreign=1", CH_OPTION_FOREIGN, NULL},
    {"profile=host", CH_OPTION_PROFILE, "host"},
    {"profile=esp32s3-psram", CH_OPTION_PROFILE, "esp32s3-psram"},
    {"profile=./my.ini", CH_OPTION_PROFILE, "./my.ini"},
    {"profile=/", CH_OPTION_PROFILE, "/"},
    {"profile=esp33", CH_OPTION_PROFILE, NULL},
    {"profile=my.ini", CH_OPTION_PROFILE, NULL},
    {"profile=", CH_OPTION_PROFILE, NULL},
    {"profile=./a\nb", CH_OPTION_PROFILE, NULL},
    {"psram=0", CH_OPTION_PSRAM, "0"},
    {"psram=2M", CH_OPTION_PSRAM, "2MiB"},
    {"psram=64M", CH_OPTION_PSRAM, "64MiB"},
    {"psram=auto", CH_OPTION_PSRAM, "auto"},
    {"psram=65M", CH_OPTION_PSRAM, NULL},
    {"psram=none", CH_OPTION_PSRAM, NULL},
    {"malloc=device", CH_OPTION_MALLOC, "device"},
    {"malloc=host", CH_OPTION_MALLOC, "host"},
    {"malloc=libc", CH_OPTION_MALLOC, NULL},
    {"accounting=host", CH_OPTION_ACCOUNTING, "host"},
    {"accounting=device", CH_OPTION_ACCOUNTING, "device"},
    {"accounting=none", CH_OPTION_ACCOUNTING, NULL},
    {"min_align=4", CH_OPTION_MIN_ALIGN, "4"},
    {"min_align=8", CH_OPTION_MIN_ALIGN, "8"},
    {"min_align=16", CH_OPTION_MIN_ALIGN, "16"},
    {"min_align=12", CH_OPTION_MIN_ALIGN, NULL},
    {"min_align=04", CH_OPTION_MIN_ALIGN, NULL},
    {"min_align=32", CH_OPTION_MIN_ALIGN, NULL},
    {"startup=early", CH_OPTION_STARTUP, "early"},
    {"startup=late", CH_OPTION_STARTUP, "late"},
    {"startup=1", CH_OPTION_STARTUP, NULL},
    {"memprot=off", CH_OPTION_MEMPROT, "off"},
    {"memprot=on", CH_OPTION_MEMPROT, "on"},
    {"memprot=0", CH_OPTION_MEMPROT, NULL},
    {"esp_idf=4", CH_OPTION_ESP_IDF, "4"},
    {"esp_idf=5", CH_OPTION_ESP_IDF, "5"},
    {"esp_idf=6", CH_OPTION_ESP_IDF, "6"},
    {"esp_idf=3", CH_OPTION_ESP_IDF, NULL},
    {"esp_idf=v5", CH_OPTION_ESP_IDF, NULL},
    {"poisoning=light", CH_OPTION_POISONING, "light"},
    {"poisoning=comprehensive", CH_OPTION_POISONING, "comprehensive"},
    {"poisoning=full", CH_OPTION_POISONING, NULL},
    {"exact=1", CH_OPTION_EXACT, "1"},
    {"exact=2", CH_OPTION_EXACT, NULL},
    {"explain=1", CH_OPTION_EXPLAIN, "1"},
    {"explain=yes", CH_OPTION_EXPLAIN, NULL},
    {"abort_on_fail=1", CH_OPTION_ABORT_ON_FAIL, "1"},
    {"abort_on_fail=on", CH_OPTION_ABORT_ON_FAIL, NULL},
    {"task_tracking=1", CH_OPTION_TASK_TRACKING, "1"},
    {"task_tracking=2", CH_OPTION_TASK_TRACKING, NULL},
    {"wx=split", CH_OPTION_WX, "split"},
    {"wx=both", CH_OPTION_WX, "both"},
    {"wx=off", CH_OPTION_WX, NULL},
    {"programs=a:b", CH_OPTION_PROGRAMS, "a:b"},
};

static void
test_options_values_are_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof value_cases / sizeof *value_cases; i++) {
        const struct value_case *c = &value_cases[i];

        parse(c->item);
        if (c->expected != NULL) {
            assert_string_equal(said, "");
            assert_value(c->option, c->expected);
            assert_origin(c->option, "CAPHEAP_CONF");
        } else {
            assert_int_equal(reader.n_problems, 1);
            assert_memory_equal(&reader.options, &ch_options_default,
                sizeof ch_options_default);
            assert_origin(c->option, "default");
        }
    }
}

static void
test_options_text_too_long_is_refused(void **state)
{
    char text[700] = "stats=exit:/";

    (void)state;
    memset(text + strlen(text), 'x', 254);
    assert_true(parse(text)->stats_at_exit);
    assert_int_equal(strlen(reader.options.stats_file), 255);
    strcat(text, "x");
    assert_false(parse(text)->stats_at_exit);
    assert_non_null(strstr(said, "shorter than 256 bytes"));

    strcpy(text, "programs=");
    memset(text + 9, 'x', 511);
    text[9 + 511] = '\0';
    assert_int_equal(strlen(parse(text)->programs), 511);
    strcat(text, "x");
    assert_int_equal(strlen(parse(text)->programs), 0);
}

/* ---- the syntax of CAPHEAP_CONF ----------------------------------------- */

static void
test_options_items_are_split_and_trimmed(void **state)
{
    const struct ch_options *o =
        parse(" ,limit = 2M ,, \tverbose=1,thp=never , ");

    (void)state;
    assert_string_equal(said, "");
    assert_int_equal(o->limit, 2 << 20);
    assert_int_equal(o->verbose, 1);
    assert_int_equal(o->thp, CH_OPTION_THP_NEVER);
}

static void
test_options_escapes_give_comma_and_backslash(void **state)
{
    (void)state;
    assert_string_equal(
        parse("stats=exit:/a\\,b\\\\c,verbose=2")->stats_file, "/a,b\\c");
    assert_int_equal(reader.options.verbose, 2);
    assert_string_equal(parse("stats=exit:/a\\nb")->stats_file, "/a\\nb");
    assert_string_equal(parse("stats=exit:/a\\")->stats_file, "/a\\");
    assert_string_equal(parse("stats=exit:/a=b")->stats_file, "/a=b");
    /* The second backslash is escaped, so the comma is not. */
    assert_string_equal(
        parse("stats=exit:/a\\\\,verbose=1")->stats_file, "/a\\");
    assert_int_equal(reader.options.verbose, 1);
}

static void
test_options_twice_in_a_source_the_first_counts(void **state)
{
    (void)state;
    assert_int_equal(parse("limit=2M,limit=3M")->limit, 2 << 20);
    assert_string_equal(said,
        "capheap: CAPHEAP_CONF: 'limit' is there twice; the first counts\n");
    /* Also when the first is wrong: what happens hangs on nothing else. */
    assert_int_equal(parse("limit=x,limit=3M")->limit, 0);
    assert_int_equal(reader.n_problems, 2);
}

static void
test_options_unknown_name_says_nearest(void **state)
{
    (void)state;
    parse("limt=1M");
    assert_string_equal(said,
        "capheap: CAPHEAP_CONF: unknown option 'limt'; did you mean "
        "'limit'?\n");
    parse("purge-delay=1");
    assert_non_null(strstr(said, "did you mean 'purge_delay'?"));
    parse("Arena=1");
    assert_non_null(strstr(said, "did you mean 'arenas'?"));
    parse("wombat=1");
    assert_string_equal(said,
        "capheap: CAPHEAP_CONF: unknown option 'wombat'; 'capheap conf -v' "
        "lists them\n");
    parse("xyz=1");
    assert_null(strstr(said, "did you mean"));
    parse("=1");
    assert_int_equal(reader.n_problems, 1);
}

static void
test_options_name_without_value_is_said(void **state)
{
    (void)state;
    parse("limit");
    assert_string_equal(said,
        "capheap: CAPHEAP_CONF: 'limit' has no value; write NAME=VALUE\n");
}

static void
test_options_bad_value_says_range_and_default(void **state)
{
    (void)state;
    parse("purge_delay=abc");
    assert_string_equal(said,
        "capheap: CAPHEAP_CONF: purge_delay=abc: wants milliseconds from 0 to "
        "3600000, or never; using 500\n");
    parse("limit=5");
    assert_non_null(strstr(said, "from 1 MiB to "));
    assert_non_null(strstr(said, ", or none; using none\n"));
    parse("arenas=99");
    assert_non_null(strstr(said, "wants a number from 1 to 16; using 1\n"));
    parse("thp=x");
    assert_non_null(strstr(said, "wants auto, never or always; using auto\n"));
    parse("profile=esp23");
    assert_string_equal(said,
        "capheap: CAPHEAP_CONF: profile=esp23: wants a name that 'capheap "
        "profiles' lists, or a file with a / in its path (did you mean "
        "'esp32'?); using host\n");
    parse("profile=wombat");
    assert_null(strstr(said, "did you mean"));
    parse("min_align=3");
    assert_non_null(strstr(said, "wants 4, 8 or 16; using 4\n"));
    parse("psram=1T");
    assert_non_null(
        strstr(said, "wants a size from 0 B to 64 MiB, or auto; using auto\n"));
}

static void
test_options_strict_says_no_replacement(void **state)
{
    (void)state;
    begin();
    reader.is_strict = true;
    ch_options_parse(&reader, "command line", "verbose=9");
    assert_string_equal(
        said, "capheap: command line: verbose=9: wants a number from 0 to 2\n");
}

static void
test_options_messages_are_escaped_and_cut(void **state)
{
    char text[2000] = "limit=";

    (void)state;
    parse("a\033[2Jb\n=1");
    assert_non_null(strstr(said, "'a\\x1b[2Jb\\x0a'"));
    memset(text + 6, '\377', 1500);
    parse(text);
    assert_true(strlen(said) < CH_LINE_MAX);
    assert_non_null(strstr(said, "...: wants a size"));
    assert_int_equal(strcspn(said, "\n"), strlen(said) - 1);
}

static void
test_options_many_problems_are_not_all_said(void **state)
{
    unsigned n_lines = 0;

    (void)state;
    parse("a1=,a2=,a3=,a4=,a5=,a6=,a7=,a8=,a9=,b1=,b2=,b3=,b4=,b5=,b6=,b7=,"
          "b8=,b9=,verbose=2");
    for (const char *p = said; *p != '\0'; p++) {
        n_lines += *p == '\n';
    }
    assert_int_equal(reader.n_problems, 18);
    assert_int_equal(n_lines, CH_OPTION_SAY_MAX + 1);
    assert_non_null(strstr(said, "further problems"));
    assert_int_equal(reader.options.verbose, 2);
}

static void
test_options_too_much_text_is_ignored(void **state)
{
    static char text[CH_OPTION_ENV_MAX + 2];

    (void)state;
    memset(text, ' ', CH_OPTION_ENV_MAX);
    memcpy(text, "verbose=2", 9);
    assert_int_equal(parse(text)->verbose, 2);
    text[CH_OPTION_ENV_MAX] = ' ';
    assert_int_equal(parse(text)->verbose, 0);
    assert_non_null(strstr(said, "longer than 4096 bytes"));
}

static void
test_options_too_many_items_are_left(void **state)
{
    char text[1024] = "";

    (void)state;
    for (unsigned i = 0; i < CH_OPTION_ITEMS_MAX; i++) {
        strcat(text, "zzzzzz=1,");
    }
    strcat(text, "verbose=2,limit=2M");
    assert_int_equal(parse(text)->verbose, 0);
    assert_int_equal(reader.n_problems, CH_OPTION_ITEMS_MAX + 1);
    assert_int_equal(reader.options.limit, 0);
}

/* ---- files -------------------------------------------------------------- */

static void
test_options_file_has_lines_comments_and_spaces(void **state)
{
    const char *path = write_file("a.conf",
        "# head\n\n  limit = 2M  # why\r\n\tverbose=1\n#thp=never\n"
        "stats=exit:/a,b#c\\,");

    (void)state;
    parse_with_path("@%s", path);
    assert_string_equal(said, "");
    assert_int_equal(reader.options.limit, 2 << 20);
    assert_int_equal(reader.options.verbose, 1);
    assert_int_equal(reader.options.thp, CH_OPTION_THP_AUTO);
    assert_string_equal(reader.options.stats_file, "/a,b#c\\,");
}

static void
test_options_file_problems_name_file_and_line(void **state)
{
    const char *path =
        write_file("b.conf", "verbose=1\n\npurge_delay=abc\nlimt=1\nverbose=2");
    char expected[1024];

    (void)state;
    parse_with_path("@%s", path);
    snprintf(expected, sizeof expected,
        "capheap: %s:3: purge_delay=abc: wants milliseconds from 0 to "
        "3600000, or never; using 500\n"
        "capheap: %s:4: unknown option 'limt'; did you mean 'limit'?\n"
        "capheap: %s:5: 'verbose' is there twice; the first counts\n",
        path, path, path);
    assert_string_equal(said, expected);
    snprintf(expected, sizeof expected, "%s:1", path);
    assert_origin(CH_OPTION_VERBOSE, expected);
}

static void
test_options_file_lines_without_options_are_not_shown(void **state)
{
    const char *path = write_file("c.conf", "root:secret:1\n");

    (void)state;
    parse_with_path("@%s", path);
    assert_non_null(strstr(said, "c.conf:1: not of the form NAME=VALUE\n"));
    assert_null(strstr(said, "secret"));
}

static void
test_options_file_others_may_write_is_refused(void **state)
{
    const char *path = write_file("d.conf", "verbose=2\n");

    (void)state;
    assert_int_equal(chmod(path, 0664), 0);
    assert_int_equal(parse_with_path("@%s", path)->verbose, 0);
    assert_non_null(strstr(said, "d.conf: not read: wants a regular file"));
    assert_int_equal(chmod(path, 0646), 0);
    assert_int_equal(parse_with_path("@%s", path)->verbose, 0);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(parse_with_path("@%s", path)->verbose, 2);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_int_equal(parse_with_path("@%s", path)->verbose, 0);
    }
}

static void
test_options_file_not_regular_is_refused(void **state)
{
    char path[256];

    (void)state;
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    parse_with_path("@%s", path);
    assert_int_equal(reader.n_problems, 1);
    parse_with_path("@%s", folder);
    assert_int_equal(reader.n_problems, 1);
    parse("@/dev/zero");
    assert_int_equal(reader.n_problems, 1);
    parse("@/nonexistent");
    assert_string_equal(
        said, "capheap: /nonexistent: not read: no such file\n");
}

static void
test_options_file_too_long_is_refused(void **state)
{
    static char text[CH_OPTION_FILE_MAX + 2];

    (void)state;
    memset(text, '\n', CH_OPTION_FILE_MAX);
    memcpy(text, "verbose=2", 9);
    assert_int_equal(
        parse_with_path("@%s", write_file("e.conf", text))->verbose, 2);
    text[CH_OPTION_FILE_MAX] = '\n';
    assert_int_equal(
        parse_with_path("@%s", write_file("e.conf", text))->verbose, 0);
    assert_non_null(strstr(said, "longer than 16 KiB"));
}

static void
test_options_file_path_must_be_absolute_and_short(void **state)
{
    char text[400] = "@/";

    (void)state;
    parse("@a.conf");
    assert_string_equal(said,
        "capheap: CAPHEAP_CONF: @a.conf: wants a path that begins with /\n");
    parse("@");
    assert_int_equal(reader.n_problems, 1);
    memset(text + 2, 'x', 300);
    parse(text);
    assert_non_null(strstr(said, "the path is too long"));
    parse("@/n1,@/n2,@/n3,@/n4,@/n5");
    assert_non_null(strstr(said, "@/n5: too many files"));
}

static void
test_options_file_names_no_file(void **state)
{
    const char *inner = write_file("inner.conf", "verbose=2\n");
    char text[300];

    (void)state;
    snprintf(text, sizeof text, "@%s\n", inner);
    parse_with_path("@%s", write_file("outer.conf", text));
    assert_int_equal(reader.options.verbose, 0);
    assert_int_equal(reader.n_problems, 1);
}

/* ---- precedence --------------------------------------------------------- */

static void
test_options_first_source_wins(void **state)
{
    const char *file = write_file("f.conf", "verbose=2\nthp=never\narenas=2\n");
    const char *system = write_file(
        "system.conf", "verbose=2\nthp=always\narenas=3\nlimit=3M\n");
    char text[300];

    (void)state;
    snprintf(text, sizeof text, "@%s,verbose=1", file);
    setenv("CAPHEAP_CONF", text, 1);
    capheap_conf = "verbose=0,limit=4M,foreign=ignore";
    begin();
    reader.system_file = system;
    ch_options_parse_all(&reader);
    assert_string_equal(said, "");
    assert_int_equal(reader.options.verbose, 1);
    assert_origin(CH_OPTION_VERBOSE, "CAPHEAP_CONF");
    assert_int_equal(reader.options.thp, CH_OPTION_THP_NEVER);
    snprintf(text, sizeof text, "%s:2", file);
    assert_origin(CH_OPTION_THP, text);
    assert_int_equal(reader.options.arenas, 2);
    assert_int_equal(reader.options.limit, 3 << 20);
    snprintf(text, sizeof text, "%s:4", system);
    assert_origin(CH_OPTION_LIMIT, text);
    assert_true(reader.options.foreign_ignore);
    assert_origin(CH_OPTION_FOREIGN, "program");
    assert_origin(CH_OPTION_STATS, "default");
}

static void
test_options_wrong_value_counts_as_named(void **state)
{
    (void)state;
    setenv("CAPHEAP_CONF", "verbose=9", 1);
    capheap_conf = "verbose=2";
    begin();
    ch_options_parse_all(&reader);
    assert_int_equal(reader.options.verbose, 0);
    assert_origin(CH_OPTION_VERBOSE, "default");
    assert_non_null(strstr(said, "using 0"));
}

static void
test_options_missing_system_file_is_silent(void **state)
{
    (void)state;
    unsetenv("CAPHEAP_CONF");
    capheap_conf = NULL;
    begin();
    ch_options_parse_all(&reader);
    assert_int_equal(reader.n_problems, 0);
    assert_memory_equal(
        &reader.options, &ch_options_default, sizeof ch_options_default);
}

/* ---- programs ----------------------------------------------------------- */

static void
test_options_programs_keep_scoped_options_from_others(void **state)
{
    const char *text = "programs=app:tool,limit=2M,stats=exit:/x,verbose=2,"
                       "thp=never,purge_delay=1";

    (void)state;
    parse(text);
    ch_options_finish(&reader, "tool");
    assert_int_equal(reader.options.limit, 2 << 20);
    parse(text);
    ch_options_finish(&reader, "other");
    assert_int_equal(reader.options.limit, 0);
    assert_origin(CH_OPTION_LIMIT, "default");
    assert_false(reader.options.stats_at_exit);
    assert_string_equal(reader.options.stats_file, "");
    assert_int_equal(reader.options.verbose, 0);
    assert_int_equal(reader.options.thp, CH_OPTION_THP_NEVER);
    assert_int_equal(reader.options.purge_delay_ms, 1);
}

static void
test_options_programs_keep_profiles_from_others(void **state)
{
    const char *text = "programs=app,profile=esp32,psram=1M,malloc=device,"
                       "accounting=host,min_align=8,startup=early,memprot=off,"
                       "esp_idf=6,poisoning=light,exact=1,explain=1,"
                       "abort_on_fail=1,wx=split,dram0.limit=4K";
    struct ch_options expected = ch_options_default;

    (void)state;
    parse(text);
    assert_string_equal(said, "");
    ch_options_finish(&reader, "app");
    assert_string_equal(reader.options.profile, "esp32");
    assert_int_equal(reader.options.regions[0].limit, 4096);
    ch_options_finish(&reader, "other");
    strcpy(expected.programs, "app");
    expected.wx_split = true;
    /* Not by bytes: a text keeps what stood behind its end. */
    assert_string_equal(reader.options.profile, expected.profile);
    assert_true(reader.options.psram == expected.psram);
    assert_int_equal(reader.options.malloc_from, expected.malloc_from);
    assert_int_equal(reader.options.accounting, expected.accounting);
    assert_int_equal(reader.options.min_align, expected.min_align);
    assert_int_equal(reader.options.startup_early, expected.startup_early);
    assert_int_equal(reader.options.memprot_off, expected.memprot_off);
    assert_int_equal(reader.options.esp_idf, expected.esp_idf);
    assert_int_equal(reader.options.poisoning, expected.poisoning);
    assert_int_equal(reader.options.exact, expected.exact);
    assert_int_equal(reader.options.explain, expected.explain);
    assert_int_equal(reader.options.abort_on_fail, expected.abort_on_fail);
    assert_int_equal(reader.options.wx_split, expected.wx_split);
    assert_string_equal(reader.options.regions[0].name, "");
    assert_false(reader.options.regions[0].has_limit);
}

static void
test_options_programs_compare_whole_names(void **state)
{
    struct ch_options o = ch_options_default;

    (void)state;
    assert_true(ch_options_apply_to(&o, "any"));
    strcpy(o.programs, "app::tool:");
    assert_true(ch_options_apply_to(&o, "app"));
    assert_true(ch_options_apply_to(&o, "tool"));
    assert_false(ch_options_apply_to(&o, "ap"));
    assert_false(ch_options_apply_to(&o, "apps"));
    assert_false(ch_options_apply_to(&o, "app:"));
    assert_false(ch_options_apply_to(&o, ""));
}

/* ---- ch_options_load() -------------------------------------------------- */

/* What ch_options_load() writes to stderr, in `said`. */
static void
load(struct ch_options *options)
{
    int pipe_fds[2];
    int saved = dup(STDERR_FILENO);
    ssize_t n;

    assert_int_equal(pipe2(pipe_fds, O_NONBLOCK), 0);
    dup2(pipe_fds[1], STDERR_FILENO);
    ch_options_load(options);
    dup2(saved, STDERR_FILENO);
    n = read(pipe_fds[0], said, sizeof said - 1);
    said[n > 0 ? n : 0] = '\0';
    close(saved);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void
test_options_load_says_problems_once(void **state)
{
    struct ch_options options;

    (void)state;
    setenv("CAPHEAP_CONF", "limt=1,thp=never", 1);
    load(&options);
    assert_int_equal(options.thp, CH_OPTION_THP_NEVER);
    assert_string_equal(said,
        "capheap: CAPHEAP_CONF: unknown option 'limt'; did you mean "
        "'limit'?\n");
}

static void
test_options_load_under_capheap_run_is_silent(void **state)
{
    struct ch_options options;

    (void)state;
    setenv("CAPHEAP_CONF", "limt=1,thp=never", 1);
    setenv("CAPHEAP_RUN", "1", 1);
    load(&options);
    unsetenv("CAPHEAP_RUN");
    assert_int_equal(options.thp, CH_OPTION_THP_NEVER);
    assert_string_equal(said, "");
}

static void
test_options_load_in_program_left_out_is_silent(void **state)
{
    struct ch_options options;

    (void)state;
    setenv("CAPHEAP_CONF", "limt=1,thp=never,limit=2M,programs=nobody", 1);
    load(&options);
    assert_int_equal(options.thp, CH_OPTION_THP_NEVER);
    assert_int_equal(options.limit, 0);
    assert_string_equal(said, "");
}

static void
test_options_load_in_program_named_is_heard(void **state)
{
    struct ch_options options;
    char text[300];

    (void)state;
    snprintf(text, sizeof text, "limt=1,limit=2M,programs=nobody:%s",
        ch_env_program());
    setenv("CAPHEAP_CONF", text, 1);
    load(&options);
    assert_int_equal(options.limit, 2 << 20);
    assert_non_null(strstr(said, "unknown option 'limt'"));
}

/* ---- hostile text ------------------------------------------------------- */

static void
test_options_random_text_stays_in_ranges(void **state)
{
    static const char *const pieces[] = {"limit", "=", ",", "\\", "@", "64M",
        "programs", ":", "stats", "exit", "-1", "9999999999", " ", "\n", "\377",
        "arenas", "purge_delay", "never", "\t", "#", "verbose", "3", "thp",
        "psram", ".limit", ".backing", "huge", "file:/", "min_align", "8",
        "profile", "esp32"};
    const unsigned n_pieces = sizeof pieces / sizeof pieces[0];
    unsigned seed = 12345;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        char text[600] = "";
        const struct ch_options *o;

        for (unsigned j = 0; j < 40; j++) {
            seed = seed * 1103515245u + 12345u;
            strcat(text, pieces[(seed >> 16) % n_pieces]);
        }
        o = parse(text);
        assert_true(o->arenas >= 1 && o->arenas <= 16);
        assert_true(o->verbose <= 2);
        assert_true(
            o->min_align == 4 || o->min_align == 8 || o->min_align == 16);
        assert_true(o->regions[0].limit == 0 || o->regions[0].limit >= 4096);
        assert_true(o->limit == 0 || o->limit >= (size_t)1 << 20);
        assert_true(o->purge_delay_ms <= 3600000
                    || o->purge_delay_ms == CH_OPTION_NEVER);
    }
}

static int
setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_table_every_row_is_whole),
        cmocka_unit_test(test_options_table_defaults_read_back),
        cmocka_unit_test(test_options_defaults_are_documented_ones),
        cmocka_unit_test(test_options_values_are_taken_or_refused),
        cmocka_unit_test(test_options_text_too_long_is_refused),
        cmocka_unit_test(test_options_items_are_split_and_trimmed),
        cmocka_unit_test(test_options_escapes_give_comma_and_backslash),
        cmocka_unit_test(test_options_twice_in_a_source_the_first_counts),
        cmocka_unit_test(test_options_unknown_name_says_nearest),
        cmocka_unit_test(test_options_name_without_value_is_said),
        cmocka_unit_test(test_options_bad_value_says_range_and_default),
        cmocka_unit_test(test_options_strict_says_no_replacement),
        cmocka_unit_test(test_options_messages_are_escaped_and_cut),
        cmocka_unit_test(test_options_many_problems_are_not_all_said),
        cmocka_unit_test(test_options_too_much_text_is_ignored),
        cmocka_unit_test(test_options_too_many_items_are_left),
        cmocka_unit_test(test_options_file_has_lines_comments_and_spaces),
        cmocka_unit_test(test_options_file_problems_name_file_and_line),
        cmocka_unit_test(test_options_file_lines_without_options_are_not_shown),
        cmocka_unit_test(test_options_file_others_may_write_is_refused),
        cmocka_unit_test(test_options_file_not_regular_is_refused),
        cmocka_unit_test(test_options_file_too_long_is_refused),
        cmocka_unit_test(test_options_file_path_must_be_absolute_and_short),
        cmocka_unit_test(test_options_file_names_no_file),
        cmocka_unit_test(test_options_first_source_wins),
        cmocka_unit_test(test_options_wrong_value_counts_as_named),
        cmocka_unit_test(test_options_missing_system_file_is_silent),
        cmocka_unit_test(test_options_programs_keep_scoped_options_from_others),
        cmocka_unit_test(test_options_programs_keep_profiles_from_others),
        cmocka_unit_test(test_options_programs_compare_whole_names),
        cmocka_unit_test(test_options_load_says_problems_once),
        cmocka_unit_test(test_options_load_under_capheap_run_is_silent),
        cmocka_unit_test(test_options_load_in_program_left_out_is_silent),
        cmocka_unit_test(test_options_load_in_program_named_is_heard),
        cmocka_unit_test(test_options_random_text_stays_in_ranges),
    };

    unsetenv("CAPHEAP_RUN");
    unsetenv("CAPHEAP_CONF");
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
