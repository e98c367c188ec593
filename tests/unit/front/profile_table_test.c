/* SPDX-License-Identifier: MIT */
/*
 * profile_table_test.c - the built-in profiles, one by one and all of them.
 */
#include "front/profile_table.h"

#include "unit/_unit.h"

static struct ch_profile profile;

static void
fill(const char *name, bool memprot_off)
{
    const struct ch_profile_row *row = ch_profile_row_find(name, strlen(name));

    CHECK(row != NULL);
    ch_profile_fill(&profile, row, memprot_off);
    CHECK_STR(profile.name, name);
    CHECK_STR(profile.base, name);
}

static const struct ch_profile_region *
region_named(const char *name)
{
    const struct ch_profile_region *region =
        ch_profile_region_find(&profile, name, strlen(name));

    if (region == NULL) {
        unit_fail(name, __FILE__, __LINE__);
    }
    return region;
}

/* ---- single profiles ----------------------------------------------------- */

struct expected {
    const char *name;
    const char *label;
    uint32_t start;
    uint32_t size;
    uint32_t alias;
    bool is_startup_stack;
};

static void
check_regions(const struct expected *expected, unsigned n)
{
    CHECK_EQ(profile.n_regions, n);
    for (unsigned i = 0; i < n; i++) {
        const struct ch_profile_region *region = &profile.regions[i];

        CHECK_STR(region->name, expected[i].name);
        CHECK_STR(region->label, expected[i].label);
        CHECK_EQ(region->start, expected[i].start);
        CHECK_EQ(region->size, expected[i].size);
        CHECK_EQ(region->alias, expected[i].alias);
        CHECK_EQ(region->is_startup_stack, expected[i].is_startup_stack);
    }
}

static void
test_profile_esp32_has_the_five_regions_of_the_manual(void **state)
{
    static const struct expected expected[] = {
        {"dram0", "DRAM", 0x3ffae6e0, 6432, 0, false},
        {"dram1", "DRAM", 0x3ffb2ec8, 184632, 0, false},
        {"diram0", "D/IRAM", 0x3ffe0440, 15072, 0x400bc0e0, true},
        {"diram1", "D/IRAM", 0x3ffe4350, 113840, 0x400a0000, true},
        {"iram", "IRAM", 0x4008944c, 93108, 0, false},
    };

    (void)state;
    for (unsigned memprot_off = 0; memprot_off < 2; memprot_off++) {
        fill("esp32", memprot_off != 0);
        check_regions(expected, ARRAY_LENGTH(expected));
        CHECK(profile.is_device);
        CHECK_EQ(profile.size_max, 4 << 20);
        CHECK_EQ(profile.bookkeeping * profile.n_regions, 160);
        CHECK(region_named("diram0")->is_alias_inverted);
        CHECK(!region_named("iram")->is_alias_inverted);
        CHECK_EQ(region_named("iram")->caps[0], 0x803);
        CHECK_EQ(region_named("iram")->backing, CH_MAPPING_EXEC);
        CHECK_EQ(region_named("diram0")->caps[1], 0x180c);
        CHECK_EQ(region_named("diram0")->caps[2], 3);
        CHECK_EQ(region_named("diram0")->backing, CH_MAPPING_ANON);
        CHECK_EQ(region_named("dram0")->caps[0], 0x1004);
        CHECK_EQ(region_named("dram0")->caps[1], 0x80a);
    }
}

static void
test_profile_esp32_psram_is_added_at_the_window(void **state)
{
    const struct ch_profile_region *region;

    (void)state;
    fill("esp32-psram", false);
    CHECK_EQ(profile.n_regions, 6);
    region = &profile.regions[5];
    CHECK_STR(region->name, "psram");
    CHECK_EQ(region->start, 0x3f800000);
    CHECK_EQ(region->size, 4 << 20);
    CHECK(region->is_added);
    CHECK_EQ(region->caps[0], CH_CAP_SPIRAM | CH_CAP_DEFAULT);
    CHECK_EQ(region->caps[1], 0);
    CHECK_EQ(region->caps[2], CH_CAP_8BIT | CH_CAP_32BIT);
    fill("esp32s3-psram", false);
    CHECK_EQ(region_named("psram")->caps[2],
        CH_CAP_8BIT | CH_CAP_32BIT | CH_CAP_SIMD);
}

static void
test_profile_s3_has_linear_aliases(void **state)
{
    static const struct expected expected[] = {
        {"ram0", "RAM", 0x3fca14a0, 0x48270, 0x403914a0, false},
        {"ram1", "RAM", 0x3fce9710, 0x5724, 0x403d9710, true},
        {"dram", "DRAM", 0x3fcf0000, 0x8000, 0, false},
        {"rtc", "RTCRAM", 0x600fe11c, 0x1ecc, 0, false},
    };

    (void)state;
    fill("esp32s3", false);
    check_regions(expected, ARRAY_LENGTH(expected));
    CHECK(!region_named("ram0")->is_alias_inverted);
    CHECK_EQ(region_named("ram0")->caps[0], 0x10580e);
    fill("esp32s3", true);
    check_regions(expected, ARRAY_LENGTH(expected));
    CHECK_EQ(region_named("ram0")->caps[0], 0x10580f);
    CHECK_EQ(region_named("ram0")->backing, CH_MAPPING_ANON);
    CHECK_EQ(region_named("rtc")->backing, CH_MAPPING_EXEC);
}

static void
test_profile_other_chips_have_the_pieces_of_their_logs(void **state)
{
    static const struct expected s2[] = {
        {"rtc", "RTCRAM", 0x3ff9e000, 0x2000, 0x40070000, false},
        {"ram0", "RAM", 0x3ffbf898, 0x3c768, 0x4002f898, false},
        {"ram1", "RAM", 0x3fffc000, 0x3a10, 0x4006c000, true},
    };
    static const struct expected c2[] = {
        {"ram0", "RAM", 0x3fcabcb0, 0x30ec0, 0x4038bcb0, false},
        {"ram1", "RAM", 0x3fcdcb70, 0x28bc, 0x403bcb70, true},
    };
    static const struct expected c3[] = {
        {"ram", "RAM", 0x3fc8be70, 0x34190, 0x4038be70, false},
        {"retention0", "Retention RAM", 0x3fcc0000, 0x1c710, 0x403c0000, false},
        {"retention1", "Retention RAM", 0x3fcdc710, 0x294c, 0x403dc710, true},
        {"rtc", "RTCRAM", 0x50000024, 0x1fc4, 0, false},
    };
    static const struct expected c61[] = {
        {"ram0", "RAM", 0x40809890, 0x42de0, 0, false},
        {"ram1", "RAM", 0x4084c670, 0x2f60, 0, true},
    };
    static const struct expected p4_rev1[] = {
        {"spm", "SPM", 0x30100044, 0x1fbc, 0, false},
        {"retention", "RETENT_RAM", 0x4ff0ecd0, 0x2c2f0, 0, false},
        {"ram0", "RAM", 0x4ff3afc0, 0x4be4, 0, true},
        {"ram1", "RAM", 0x4ff40000, 0x60000, 0, true},
        {"rtc", "RTCRAM", 0x50108000, 0x7fe8, 0, false},
    };

    (void)state;
    fill("esp32s2", false);
    check_regions(s2, ARRAY_LENGTH(s2));
    fill("esp32c2", false);
    check_regions(c2, ARRAY_LENGTH(c2));
    fill("esp32c3", false);
    check_regions(c3, ARRAY_LENGTH(c3));
    fill("esp32c61", false);
    check_regions(c61, ARRAY_LENGTH(c61));
    fill("esp32p4-rev1", false);
    check_regions(p4_rev1, ARRAY_LENGTH(p4_rev1));
}

/* Above the heap stands what the chip's ROM keeps. */
static void
test_profile_internal_memory_ends_where_the_rom_begins(void **state)
{
    static const struct {
        const char *profile;
        const char *region;
        uint32_t end;
    } ends[] = {
        {"esp32s2", "ram1", 0x3ffffa10},
        {"esp32s3", "ram1", 0x3fceee34},
        {"esp32c2", "ram1", 0x3fcdf42c},
        {"esp32c3", "retention1", 0x3fcdf05c},
        {"esp32c5", "ram1", 0x4085f4f8},
        {"esp32c6", "ram1", 0x4087f564},
        {"esp32c61", "ram1", 0x4084f5d0},
        {"esp32h2", "ram1", 0x4084fee0},
        {"esp32h21", "ram1", 0x4084fee0},
        {"esp32h4", "ram1", 0x4085fea8},
        {"esp32p4", "ram", 0x4ffbfbb0},
        {"esp32s31", "ram1", 0x2f07f170},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        const struct ch_profile_region *region;

        fill(ends[i].profile, false);
        region = region_named(ends[i].region);
        CHECK_EQ(region->start + region->size, ends[i].end);
    }
}

/* ---- the host ------------------------------------------------------------ */

/* The region that a request for the mask is given to. */
static const char *
server_of(uint32_t caps)
{
    for (unsigned prio = 0; prio < CH_CAPS_PRIOS; prio++) {
        for (unsigned i = 0; i < profile.n_regions; i++) {
            const struct ch_profile_region *region = &profile.regions[i];

            if ((region->caps[prio] & caps) != 0
                && (ch_profile_region_caps(region) & caps) == caps) {
                return region->name;
            }
        }
    }
    return "";
}

static void
test_profile_host_serves_every_sensible_mask(void **state)
{
    static const uint32_t internal = CH_CAP_INTERNAL;
    static const struct {
        uint32_t caps;
        const char *region;
    } cases[] = {
        {CH_CAP_DEFAULT, "dram"},
        {CH_CAP_8BIT, "dram"},
        {CH_CAP_32BIT, "dram"},
        {CH_CAP_INTERNAL, "dram"},
        {CH_CAP_DEFAULT | internal | CH_CAP_8BIT | CH_CAP_32BIT, "dram"},
        {CH_CAP_SIMD, "dram"},
        {CH_CAP_CACHE_ALIGNED | CH_CAP_8BIT, "dram"},
        {CH_CAP_RETENTION, "dram"},
        {CH_CAP_RETENTION | internal | CH_CAP_8BIT, "dram"},
        {CH_CAP_SPM, "dram"},
        {CH_CAP_IRAM_8BIT, "dram"},
        {CH_CAP_PID2 | internal, "dram"},
        {CH_CAP_PID7, "dram"},
        {CH_CAP_DMA, "dma"},
        {CH_CAP_DMA | CH_CAP_8BIT | internal | CH_CAP_DEFAULT, "dma"},
        {CH_CAP_DMA | CH_CAP_32BIT | CH_CAP_SIMD, "dma"},
        {CH_CAP_DMA | CH_CAP_CACHE_ALIGNED, "dma"},
        {CH_CAP_DMA_DESC_AHB, "dma"},
        {CH_CAP_DMA_DESC_AXI | CH_CAP_DMA, "dma"},
        {CH_CAP_EXEC, "exec"},
        {CH_CAP_EXEC | CH_CAP_32BIT, "exec"},
        {CH_CAP_EXEC | internal | CH_CAP_32BIT, "exec"},
        {CH_CAP_EXEC | CH_CAP_IRAM_8BIT, "exec"},
        {CH_CAP_SPIRAM, "psram"},
        {CH_CAP_SPIRAM | CH_CAP_8BIT, "psram"},
        {CH_CAP_SPIRAM | CH_CAP_32BIT, "psram"},
        {CH_CAP_SPIRAM | CH_CAP_DEFAULT, "psram"},
        {CH_CAP_SPIRAM | CH_CAP_SIMD | CH_CAP_CACHE_ALIGNED, "psram"},
        {CH_CAP_SPIRAM_NO_ENC, "psram"},
        {CH_CAP_RTCRAM, "rtc"},
        {CH_CAP_RTCRAM | CH_CAP_8BIT | internal, "rtc"},
        /* There is no such memory. */
        {CH_CAP_SPIRAM | internal, ""},
        {CH_CAP_SPIRAM | CH_CAP_DMA, ""},
        {CH_CAP_EXEC | CH_CAP_SPIRAM, ""},
        {CH_CAP_INVALID, ""},
        {0, ""},
    };

    (void)state;
    fill("host", false);
    CHECK(!profile.is_device && profile.soc == NULL);
    CHECK_EQ(profile.size_max, SIZE_MAX);
    CHECK_EQ(profile.bookkeeping, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CHECK_STR(server_of(cases[i].caps), cases[i].region);
    }
    CHECK_EQ(region_named("dram")->engine, CH_ENGINE_SLAB);
    CHECK_EQ(region_named("exec")->backing, CH_MAPPING_EXEC);
    CHECK_EQ(region_named("dma")->backing, CH_MAPPING_LOCK);
    for (unsigned i = 0; i < profile.n_regions; i++) {
        CHECK_EQ(profile.regions[i].size | profile.regions[i].start, 0);
    }
}

/* ---- all of them --------------------------------------------------------- */

static bool
is_in_order(
    const struct ch_profile_region *a, const struct ch_profile_region *b)
{
    return a->is_added == b->is_added ? a->start <= b->start : b->is_added;
}

static void
check_profile(void)
{
    CHECK(profile.n_regions > 0);
    CHECK(profile.n_regions < CH_PROFILE_REGIONS_MAX);
    for (unsigned i = 0; i < profile.n_regions; i++) {
        const struct ch_profile_region *region = &profile.regions[i];

        CHECK(ch_profile_region_problem(region) == NULL);
        CHECK(ch_profile_find_overlap(&profile, region) == NULL);
        CHECK(region == region_named(region->name));
        CHECK(i == 0 || is_in_order(region - 1, region));
        CHECK(region->label[0] != '\0');
        /* What a request may be at most fits the largest region at least. */
        CHECK(region->size <= profile.size_max);
    }
}

static void
test_profile_every_row_is_a_whole_profile(void **state)
{
    (void)state;
    CHECK_STR(ch_profile_rows[0].name, "host");
    CHECK_EQ(ch_profile_row_count, 24);
    for (unsigned i = 0; i < ch_profile_row_count; i++) {
        const struct ch_profile_row *row = &ch_profile_rows[i];

        CHECK(strlen(row->name) < CH_PROFILE_NAME_MAX);
        CHECK(strlen(row->help) > 0);
        CHECK(ch_profile_row_find(row->name, strlen(row->name)) == row);
        for (unsigned memprot_off = 0; memprot_off < 2; memprot_off++) {
            fill(row->name, memprot_off != 0);
            check_profile();
        }
    }
}

static void
test_profile_pieces_are_of_the_type_of_their_region(void **state)
{
    (void)state;
    for (unsigned i = 1; i < ch_profile_row_count; i++) {
        fill(ch_profile_rows[i].name, false);
        CHECK(profile.soc != NULL);
        CHECK_EQ(profile.size_max, profile.soc->size_max);
        for (unsigned j = 0; j < profile.n_regions; j++) {
            const struct ch_profile_region *region = &profile.regions[j];
            uint32_t all = ch_profile_region_caps(region);

            if (region->is_added) {
                CHECK(profile.psram.start == region->start);
                CHECK(region->size <= profile.psram.end - profile.psram.start);
            } else {
                CHECK((all & CH_CAP_SPIRAM) == 0);
            }
            CHECK((all & CH_CAP_EXEC) == 0
                  || strcmp(profile.soc->name, "esp32") == 0);
        }
    }
}

static void
test_profile_without_protection_has_exec_on_every_chip(void **state)
{
    (void)state;
    for (unsigned i = 1; i < ch_profile_row_count; i++) {
        uint32_t all = 0;

        fill(ch_profile_rows[i].name, true);
        for (unsigned j = 0; j < profile.n_regions; j++) {
            all |= ch_profile_region_caps(&profile.regions[j]);
        }
        CHECK((all & CH_CAP_EXEC) != 0);
    }
}

static void
test_profile_nearest_name_is_found_for_slips(void **state)
{
    (void)state;
    CHECK_STR(ch_profile_nearest("esp32-psrm", 10), "esp32-psram");
    CHECK_STR(ch_profile_nearest("hots", 4), "host");
    CHECK_STR(ch_profile_nearest("ESP32s3", 7), "esp32s3");
    CHECK(ch_profile_nearest("stm32f4", 7) == NULL);
    CHECK(ch_profile_nearest("", 0) == NULL);
    CHECK(ch_profile_is_built_in("esp32c6", 7));
    CHECK(!ch_profile_is_built_in("esp32c6", 6));
    CHECK(!ch_profile_is_built_in("", 0));
    CHECK(ch_profile_is_path("./a", 3));
    CHECK(!ch_profile_is_path("a/", 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile_esp32_has_the_five_regions_of_the_manual),
        cmocka_unit_test(test_profile_esp32_psram_is_added_at_the_window),
        cmocka_unit_test(test_profile_s3_has_linear_aliases),
        cmocka_unit_test(
            test_profile_other_chips_have_the_pieces_of_their_logs),
        cmocka_unit_test(
            test_profile_internal_memory_ends_where_the_rom_begins),
        cmocka_unit_test(test_profile_host_serves_every_sensible_mask),
        cmocka_unit_test(test_profile_every_row_is_a_whole_profile),
        cmocka_unit_test(test_profile_pieces_are_of_the_type_of_their_region),
        cmocka_unit_test(
            test_profile_without_protection_has_exec_on_every_chip),
        cmocka_unit_test(test_profile_nearest_name_is_found_for_slips),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
