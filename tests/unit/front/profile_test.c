/* SPDX-License-Identifier: MIT */
/*
 * profile_test.c - a profile by name, and what options make of it.
 */
#include "unit/front/_profile.h"

static void
test_profile_load_by_name(void **state)
{
    (void)state;
    CHECK_EQ(load(""), 0);
    CHECK_STR(profile.name, "host");
    CHECK_EQ(load("profile=esp32c3"), 0);
    CHECK_STR(profile.name, "esp32c3");
    CHECK_STR(profile.soc->name, "esp32c3");
    CHECK_STR(said, "");
}

static void
test_profile_load_of_unknown_name_is_host(void **state)
{
    static struct ch_options options;

    (void)state;
    options = ch_options_default;
    said[0] = '\0';
    strcpy(options.profile, "esp23");
    strcpy(options.regions[0].name, "nothing");
    options.regions[0].has_limit = true;
    CHECK_EQ(ch_profile_load(&profile, &options, work, keep_line, NULL),
        (uint64_t)-ENOENT);
    CHECK_STR(profile.name, "host");
    CHECK_STR(
        said, "capheap: profile: no profile 'esp23'; did you mean 'esp32'?\n");
    /* Nobody has to listen. */
    CHECK_EQ(ch_profile_load(&profile, &options, work, NULL, NULL),
        (uint64_t)-ENOENT);
}

static void
test_profile_memprot_off_brings_exec(void **state)
{
    (void)state;
    CHECK_EQ(load("profile=esp32c6"), 0);
    CHECK((region_named("ram0")->caps[0] & CH_CAP_EXEC) == 0);
    CHECK_EQ(region_named("ram0")->backing, CH_MAPPING_ANON);
    CHECK_EQ(load("profile=esp32c6,memprot=off"), 0);
    CHECK((region_named("ram0")->caps[0] & CH_CAP_EXEC) != 0);
    CHECK_EQ(region_named("ram0")->backing, CH_MAPPING_EXEC);
}

/* ---- psram --------------------------------------------------------------- */

static void
test_profile_psram_sets_adds_and_removes(void **state)
{
    (void)state;
    CHECK_EQ(load("profile=esp32-psram,psram=2M"), 0);
    CHECK_EQ(region_named("psram")->size, 2 << 20);
    CHECK_EQ(profile.n_regions, 6);
    CHECK_EQ(load("profile=esp32,psram=1M"), 0);
    CHECK_EQ(region_named("psram")->size, 1 << 20);
    CHECK_EQ(region_named("psram")->start, 0x3f800000);
    CHECK(region_named("psram")->is_added);
    CHECK_EQ(load("profile=esp32-psram,psram=0"), 0);
    CHECK(region_named("psram") == NULL);
    CHECK_EQ(profile.n_regions, 5);
    CHECK_EQ(load("profile=esp32,psram=0"), 0);
    CHECK_EQ(profile.n_regions, 5);
    CHECK_EQ(load("profile=esp32s3,psram=32M"), 0);
    CHECK_EQ(region_named("psram")->size, 32 << 20);
    CHECK_STR(said, "");
}

static void
test_profile_psram_beyond_the_chip_is_left_out(void **state)
{
    (void)state;
    CHECK_EQ(load("profile=esp32-psram,psram=8M"), 0);
    CHECK_STR(said,
        "capheap: psram=8MiB: profile 'esp32-psram' sees no more than its "
        "window; wants a multiple of 4 KiB up to 4 MiB\n");
    CHECK_EQ(region_named("psram")->size, 4 << 20);
    CHECK_EQ(load("profile=esp32-psram,psram=5000"), 0);
    CHECK_STR(said,
        "capheap: psram=5000: profile 'esp32-psram' has whole pages of it; "
        "wants a multiple of 4 KiB up to 4 MiB\n");
    CHECK_EQ(load("profile=esp32h2,psram=1M"), 0);
    CHECK_STR(said,
        "capheap: psram=1MiB: profile 'esp32h2' has no room for such "
        "memory\n");
    CHECK_EQ(load("psram=1M"), 0);
    CHECK_STR(said,
        "capheap: psram=1MiB: profile 'host' is no chip's; psram.limit= "
        "bounds a region of that name\n");
}

/* ---- limits -------------------------------------------------------------- */

static void
test_profile_limit_bounds_elastic_regions(void **state)
{
    (void)state;
    CHECK_EQ(load("psram.limit=2M,dram.limit=64M,rtc.limit=none"), 0);
    CHECK_STR(said, "");
    CHECK_EQ(region_named("psram")->limit, 2 << 20);
    CHECK_EQ(region_named("psram")->size, 0);
    CHECK_EQ(region_named("dram")->limit, 64 << 20);
    CHECK_EQ(region_named("rtc")->limit, 0);
    CHECK_EQ(region_named("dma")->limit, 0);
}

static void
test_profile_limit_cuts_fixed_regions(void **state)
{
    struct ch_profile_region *region;

    (void)state;
    CHECK_EQ(load("profile=esp32-psram,psram.limit=2M,dram1.limit=65539,"
                  "iram.limit=none"),
        0);
    CHECK_STR(said, "");
    CHECK_EQ(region_named("psram")->size, 2 << 20);
    CHECK_EQ(region_named("psram")->start, 0x3f800000);
    CHECK_EQ(region_named("dram1")->size, 65536);
    CHECK_EQ(region_named("iram")->size, 93108);
    /* The words stay where they were seen. */
    CHECK_EQ(load("profile=esp32,diram1.limit=64K"), 0);
    region = region_named("diram1");
    CHECK_EQ(region->start, 0x3ffe4350);
    CHECK_EQ(region->size, 65536);
    CHECK_EQ(region->alias, 0x400a0000 + (0x40000000 - 0x3ffe4350 - 65536));
    CHECK_EQ(load("profile=esp32s2,ram0.limit=64K"), 0);
    CHECK_EQ(region_named("ram0")->alias, 0x4002f898);
}

static void
test_profile_limit_above_the_size_is_left_out(void **state)
{
    (void)state;
    CHECK_EQ(load("profile=esp32,dram0.limit=8K"), 0);
    CHECK_STR(
        said, "capheap: dram0.limit=8KiB: the region has only 6432 bytes\n");
    CHECK_EQ(region_named("dram0")->size, 6432);
}

static void
test_profile_unknown_regions_are_said(void **state)
{
    (void)state;
    CHECK_EQ(load("profile=esp32,dram.limit=8K,psram.backing=lock"), 0);
    CHECK_STR(said,
        "capheap: dram.limit: profile 'esp32' has no region 'dram'; did you "
        "mean 'dram0'?\n"
        "capheap: psram.backing: profile 'esp32' has no region 'psram'; there "
        "are dram0, dram1, diram0, diram1, iram\n");
    CHECK_EQ(load("wombat.limit=8K"), 0);
    CHECK_STR(said,
        "capheap: wombat.limit: profile 'host' has no region 'wombat'; there "
        "are dram, exec, dma, psram, rtc\n");
}

/* ---- backings ------------------------------------------------------------ */

static void
test_profile_backing_is_taken(void **state)
{
    (void)state;
    CHECK_EQ(load("rtc.backing=file:/tmp/a\\,b,psram.backing=huge,"
                  "dma.backing=anon"),
        0);
    CHECK_STR(said, "");
    CHECK_EQ(region_named("rtc")->backing, CH_MAPPING_FILE);
    CHECK_STR(region_named("rtc")->path, "/tmp/a,b");
    CHECK_EQ(region_named("psram")->backing, CH_MAPPING_HUGE);
    CHECK_EQ(region_named("dma")->backing, CH_MAPPING_ANON);
}

static void
test_profile_backing_that_cannot_be_is_left_out(void **state)
{
    (void)state;
    CHECK_EQ(load("exec.backing=anon,dram.backing=lock"), 0);
    CHECK_STR(said,
        "capheap: exec.backing=anon: a region with EXEC and no alias is exec\n"
        "capheap: dram.backing=lock: the region behind plain malloc is anon\n");
    CHECK_EQ(region_named("exec")->backing, CH_MAPPING_EXEC);
    CHECK_EQ(region_named("dram")->backing, CH_MAPPING_ANON);
}

static void
test_profile_backing_reads_what_it_prints(void **state)
{
    static const char *const texts[] = {
        "anon", "huge", "lock", "exec", "secret", "file:/a/b c"};
    static const char *const wrong[] = {"", "file", "file:", "file:a", "Anon",
        "anonymous", "file:/a\nb", "file:/\177"};
    struct ch_profile_region region = {.name = ""};
    char buf[300];
    struct ch_text t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        CHECK(ch_profile_backing_set(&region, texts[i], strlen(texts[i])));
        ch_text_init(&t, buf, sizeof buf);
        ch_profile_backing_print(&t, &region);
        CHECK_STR(buf, texts[i]);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        CHECK(!ch_profile_backing_set(&region, wrong[i], strlen(wrong[i])));
    }
    CHECK_STR(region.path, "/a/b c");
}

static void
test_profile_backing_path_too_long_is_refused(void **state)
{
    struct ch_profile_region region = {.name = ""};
    char text[300] = "file:/";

    (void)state;
    memset(text + 6, 'x', CH_OPTION_PATH_MAX - 2);
    CHECK(ch_profile_backing_set(&region, text, strlen(text)));
    CHECK_EQ(strlen(region.path), CH_OPTION_PATH_MAX - 1);
    strcat(text, "x");
    CHECK(!ch_profile_backing_set(&region, text, strlen(text)));
}

/* ---- what is said -------------------------------------------------------- */

static void
test_profile_problems_beyond_sixteen_are_counted(void **state)
{
    char text[4096] = "[region a]\nsize = elastic\ncaps = 8BIT\n";
    unsigned n_lines = 0;

    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        snprintf(text + strlen(text), 100, "[region %u]\n", i);
    }
    CHECK_EQ(load_text(text), (uint64_t)-EINVAL);
    for (const char *p = said; *p != '\0'; p++) {
        n_lines += *p == '\n';
    }
    CHECK_EQ(n_lines, 17);
    CHECK(strstr(said, "capheap: 14 further problems with the profile are not "
                       "shown\n")
          != NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile_load_by_name),
        cmocka_unit_test(test_profile_load_of_unknown_name_is_host),
        cmocka_unit_test(test_profile_memprot_off_brings_exec),
        cmocka_unit_test(test_profile_psram_sets_adds_and_removes),
        cmocka_unit_test(test_profile_psram_beyond_the_chip_is_left_out),
        cmocka_unit_test(test_profile_limit_bounds_elastic_regions),
        cmocka_unit_test(test_profile_limit_cuts_fixed_regions),
        cmocka_unit_test(test_profile_limit_above_the_size_is_left_out),
        cmocka_unit_test(test_profile_unknown_regions_are_said),
        cmocka_unit_test(test_profile_backing_is_taken),
        cmocka_unit_test(test_profile_backing_that_cannot_be_is_left_out),
        cmocka_unit_test(test_profile_backing_reads_what_it_prints),
        cmocka_unit_test(test_profile_backing_path_too_long_is_refused),
        cmocka_unit_test(test_profile_problems_beyond_sixteen_are_counted),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
