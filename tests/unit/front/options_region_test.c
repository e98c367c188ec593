/* SPDX-License-Identifier: MIT */
/*
 * options_region_test.c - NAME.limit= and NAME.backing=.
 */
#include "base/text.h"
#include "front/options.h"
#include "unit/_unit.h"

static struct ch_options_reader reader;
static char said[4096];

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
}

static const struct ch_option_region *
parse(const char *text)
{
    begin();
    ch_options_parse(&reader, "CAPHEAP_CONF", text);
    return reader.options.regions;
}

static const char *
print(const struct ch_option_region *region, enum ch_option_region_key key)
{
    static char buf[300];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_option_region_print(&t, region, key);
    return buf;
}

static const char *
origin(const struct ch_option_region *region, enum ch_option_region_key key)
{
    static char buf[300];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_option_print_origin(&t, ch_option_region_origin(&reader, region, key));
    return buf;
}

static void
test_region_options_are_kept_by_name(void **state)
{
    const struct ch_option_region *r =
        parse("psram.limit=2M,dma.backing=lock,psram.backing=huge,"
              "rtc.limit=none");

    (void)state;
    CHECK_STR(said, "");
    CHECK_STR(r[0].name, "psram");
    CHECK(r[0].has_limit);
    CHECK_EQ(r[0].limit, 2 << 20);
    CHECK_STR(r[0].backing, "huge");
    CHECK_STR(r[1].name, "dma");
    CHECK(!ch_option_region_has(&r[1], CH_OPTION_REGION_LIMIT));
    CHECK(ch_option_region_has(&r[1], CH_OPTION_REGION_BACKING));
    CHECK_STR(r[2].name, "rtc");
    CHECK(r[2].has_limit);
    CHECK_EQ(r[2].limit, CH_OPTION_NO_LIMIT);
    CHECK_STR(r[3].name, "");
    CHECK_STR(print(&r[0], CH_OPTION_REGION_LIMIT), "2MiB");
    CHECK_STR(print(&r[2], CH_OPTION_REGION_LIMIT), "none");
    CHECK_STR(print(&r[0], CH_OPTION_REGION_BACKING), "huge");
    CHECK_STR(origin(&r[0], CH_OPTION_REGION_LIMIT), "CAPHEAP_CONF");
    CHECK_STR(origin(&r[1], CH_OPTION_REGION_LIMIT), "default");
}

static void
test_region_backing_takes_a_whole_path(void **state)
{
    char text[400] = "a.backing=file:/";

    (void)state;
    memset(text + strlen(text), 'x', 254);
    CHECK_EQ(strlen(parse(text)[0].backing), 5 + 255);
    CHECK_STR(said, "");
    strcat(text, "x");
    CHECK_STR(parse(text)[0].backing, "");
    CHECK_STR(reader.options.regions[0].name, "");
    CHECK(strstr(said, "shorter than 256 bytes") != NULL);
}

static void
test_region_wrong_values_are_said_and_left_out(void **state)
{
    const struct ch_option_region *r = parse("a.limit=100,a.backing=disk");

    (void)state;
    CHECK_STR(said,
        "capheap: CAPHEAP_CONF: a.limit=100: wants a size from 4 KiB to 64 "
        "TiB, or none; left out\n"
        "capheap: CAPHEAP_CONF: a.backing=disk: wants anon, huge, lock, exec, "
        "secret, or file:PATH with a path that begins with / and is shorter "
        "than 256 bytes; left out\n");
    CHECK_STR(r[0].name, "");
    CHECK(memcmp(&reader.options, &ch_options_default, sizeof reader.options)
          == 0);
    begin();
    reader.is_strict = true;
    ch_options_parse(&reader, "command line", "a.limit=");
    CHECK(strstr(said, "left out") == NULL);
}

static void
test_region_names_that_cannot_be_are_unknown(void **state)
{
    (void)state;
    parse("psram.lmit=1M");
    CHECK_STR(said,
        "capheap: CAPHEAP_CONF: unknown option 'psram.lmit'; of a region "
        "there are NAME.limit and NAME.backing\n");
    parse("abcdefghijklmnopqrstuvwx.limit=1M");
    CHECK_EQ(reader.n_problems, 1);
    parse("psram.limit");
    CHECK_STR(said, "capheap: CAPHEAP_CONF: 'psram.limit' has no value; write "
                    "NAME=VALUE\n");
    parse(".limit=1M,psram.=1M,a b.limit=1M");
    CHECK_EQ(reader.n_problems, 3);
    CHECK_STR(reader.options.regions[0].name, "");
}

static void
test_region_first_source_decides_by_key(void **state)
{
    (void)state;
    begin();
    ch_options_parse(&reader, "first", "a.limit=1M,b.limit=x");
    ch_options_parse(&reader, "second", "a.limit=2M,a.backing=huge,b.limit=2M");
    CHECK_EQ(reader.n_problems, 1);
    CHECK_EQ(reader.options.regions[0].limit, 1 << 20);
    CHECK_STR(reader.options.regions[0].backing, "huge");
    CHECK_STR(
        origin(&reader.options.regions[0], CH_OPTION_REGION_LIMIT), "first");
    CHECK_STR(
        origin(&reader.options.regions[0], CH_OPTION_REGION_BACKING), "second");
    /* A wrong value counts as named. */
    CHECK(!reader.options.regions[1].has_limit);
    CHECK(ch_options_is_named(&reader, "b.limit", 7));
}

static void
test_region_twice_in_a_source_the_first_counts(void **state)
{
    (void)state;
    CHECK_EQ(parse("a.limit=1M,a.limit=2M")[0].limit, 1 << 20);
    CHECK_STR(said,
        "capheap: CAPHEAP_CONF: 'a.limit' is there twice; the first counts\n");
}

static void
test_region_more_than_eight_are_said(void **state)
{
    char text[400] = "";

    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        snprintf(text + strlen(text), 40, "r%u.limit=1M,", i);
    }
    strcat(text, "r0.backing=lock");
    parse(text);
    CHECK_STR(said,
        "capheap: CAPHEAP_CONF: 'r8.limit': options name 8 regions at most\n");
    CHECK_STR(reader.options.regions[7].name, "r7");
    CHECK_STR(reader.options.regions[0].backing, "lock");
}

static void
test_region_named_options_are_known(void **state)
{
    (void)state;
    parse("limit=2M,a.limit=1M");
    CHECK(ch_options_is_named(&reader, "limit", 5));
    CHECK(ch_options_is_named(&reader, "a.limit", 7));
    CHECK(!ch_options_is_named(&reader, "a.backing", 9));
    CHECK(!ch_options_is_named(&reader, "b.limit", 7));
    CHECK(!ch_options_is_named(&reader, "stats", 5));
    CHECK(!ch_options_is_named(&reader, "wombat", 6));
    CHECK(!ch_options_is_named(&reader, "", 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_region_options_are_kept_by_name),
        cmocka_unit_test(test_region_backing_takes_a_whole_path),
        cmocka_unit_test(test_region_wrong_values_are_said_and_left_out),
        cmocka_unit_test(test_region_names_that_cannot_be_are_unknown),
        cmocka_unit_test(test_region_first_source_decides_by_key),
        cmocka_unit_test(test_region_twice_in_a_source_the_first_counts),
        cmocka_unit_test(test_region_more_than_eight_are_said),
        cmocka_unit_test(test_region_named_options_are_known),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
