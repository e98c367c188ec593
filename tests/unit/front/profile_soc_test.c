/* SPDX-License-Identifier: MIT */
/*
 * profile_soc_test.c - the tables of the chips are ESP-IDF's, to the last bit.
 *
 * tests/data/esp-idf-regions.tsv has what ESP-IDF's own sources give for each
 * chip with memory protection off.
 */
#include "base/text.h"
#include "front/profile_table.h"
#include "unit/_unit.h"

#define TABLE "tests/data/esp-idf-regions.tsv"

/* The titles of the file, in the order of enum ch_chip; NULL: not in it. */
static const char *const titles[CH_CHIP_COUNT] = {
    [CH_CHIP_ESP32] = "esp32",
    [CH_CHIP_S2] = "esp32s2",
    [CH_CHIP_S3] = "esp32s3",
    [CH_CHIP_C2] = "esp32c2",
    [CH_CHIP_C3] = "esp32c3",
    [CH_CHIP_C5] = "esp32c5",
    [CH_CHIP_C6] = "esp32c6",
    [CH_CHIP_C61] = "esp32c61",
    [CH_CHIP_H2] = "esp32h2",
    [CH_CHIP_H21] = "esp32h21",
    [CH_CHIP_H4] = "esp32h4",
    [CH_CHIP_P4] = "esp32p4 rev3",
    [CH_CHIP_S31] = "esp32s31",
};

static const struct ch_soc *
soc_titled(const char *title)
{
    for (unsigned i = 0; i < CH_CHIP_COUNT; i++) {
        if (titles[i] != NULL && strcmp(titles[i], title) == 0) {
            return &ch_socs[i][1];
        }
    }
    unit_fail(title, __FILE__, __LINE__);
}

static const struct ch_soc_type *
type_named(const struct ch_soc *soc, const char *name)
{
    for (unsigned i = 0; i < soc->n_types; i++) {
        if (strcmp(soc->types[i].name, name) == 0) {
            return &soc->types[i];
        }
    }
    unit_fail(name, __FILE__, __LINE__);
}

static const struct ch_soc_region *
region_at(const struct ch_soc *soc, uint64_t start)
{
    for (unsigned i = 0; i < soc->n_regions; i++) {
        if (soc->regions[i].start == start) {
            return &soc->regions[i];
        }
    }
    unit_fail("no region of this start", __FILE__, __LINE__);
}

static void
check_type(const struct ch_soc *soc, const char *line)
{
    unsigned caps[CH_CAPS_PRIOS];
    const struct ch_soc_type *type;
    char name[40];

    CHECK_EQ(sscanf(line, "T\t%39[^\t]\t%x:%*[^\t]\t%x:%*[^\t]\t%x", name,
                 &caps[0], &caps[1], &caps[2]),
        4);
    type = type_named(soc, name);
    for (unsigned i = 0; i < CH_CAPS_PRIOS; i++) {
        CHECK_EQ(type->caps[i], caps[i]);
    }
}

static void
check_region(const struct ch_soc *soc, const char *line)
{
    unsigned start;
    unsigned size;
    unsigned iram;
    unsigned is_startup_stack;
    const struct ch_soc_region *region;
    char name[40];

    CHECK_EQ(sscanf(line, "R\t%x\t%x\t%*u\t%39[^\t]\t%x\t%u", &start, &size,
                 name, &iram, &is_startup_stack),
        5);
    region = region_at(soc, start);
    CHECK_EQ(region->size, size);
    CHECK_STR(soc->types[region->type].name, name);
    CHECK_EQ(region->iram, iram);
    CHECK_EQ(region->is_startup_stack, is_startup_stack);
}

static void
test_soc_tables_are_those_of_the_file(void **state)
{
    FILE *f = fopen(TABLE, "r");
    const struct ch_soc *soc = NULL;
    unsigned n_types = 0;
    unsigned n_regions = 0;
    unsigned n_chips = 0;
    char line[256];

    (void)state;
    CHECK(f != NULL);
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "== ", 3) == 0) {
            CHECK(soc == NULL
                  || (n_types == soc->n_types && n_regions == soc->n_regions));
            soc = soc_titled(line + 3);
            n_types = 0;
            n_regions = 0;
            n_chips++;
        } else if (line[0] == 'T') {
            check_type(soc, line);
            n_types++;
        } else if (line[0] == 'R') {
            check_region(soc, line);
            n_regions++;
        }
    }
    fclose(f);
    CHECK(soc != NULL && n_types == soc->n_types);
    CHECK_EQ(n_regions, soc->n_regions);
    CHECK_EQ(n_chips, CH_CHIP_COUNT - 1);
}

static void
test_soc_protected_types_lack_exec_and_nothing_else(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CH_CHIP_COUNT; i++) {
        const struct ch_soc *on = &ch_socs[i][0];
        const struct ch_soc *off = &ch_socs[i][1];
        uint32_t exec = i == CH_CHIP_ESP32 ? CH_CAP_EXEC : 0;

        CHECK(on->n_types <= off->n_types && on->n_regions <= off->n_regions);
        for (unsigned j = 0; j < on->n_types; j++) {
            CHECK_STR(on->types[j].name, off->types[j].name);
            for (unsigned k = 0; k < CH_CAPS_PRIOS; k++) {
                CHECK_EQ(on->types[j].caps[k],
                    off->types[j].caps[k] & (~CH_CAP_EXEC | exec));
            }
        }
        for (unsigned j = 0; j < on->n_regions; j++) {
            CHECK(on->regions[j].type < on->n_types);
        }
    }
    /* Memory for instructions alone is a heap only without protection. */
    CHECK_EQ(ch_socs[CH_CHIP_S3][0].n_types, 4);
    CHECK_STR(ch_socs[CH_CHIP_S3][1].types[4].name, "IRAM");
    CHECK_EQ(
        ch_socs[CH_CHIP_S3][1].n_regions, ch_socs[CH_CHIP_S3][0].n_regions + 1);
}

static void
test_soc_sizes_of_requests_are_the_chips(void **state)
{
    static const size_t most[CH_CHIP_COUNT] = {
        [CH_CHIP_ESP32] = 0x400000,
        [CH_CHIP_S2] = 0xa80000,
        [CH_CHIP_S3] = 0x2000000,
        [CH_CHIP_C2] = 0x44000,
        [CH_CHIP_C3] = 0x64000,
        [CH_CHIP_C5] = 0x2000000,
        [CH_CHIP_C6] = 0x80000,
        [CH_CHIP_C61] = 0x2000000,
        [CH_CHIP_H2] = 0x50000,
        [CH_CHIP_H21] = 0x50000,
        [CH_CHIP_H4] = 0x2000000,
        [CH_CHIP_P4] = 0x4000000,
        [CH_CHIP_P4_REV1] = 0x4000000,
        [CH_CHIP_S31] = 0x4000000,
    };

    (void)state;
    for (unsigned i = 0; i < CH_CHIP_COUNT; i++) {
        CHECK_EQ(ch_socs[i][0].size_max, most[i]);
        CHECK_EQ(ch_socs[i][1].size_max, most[i]);
    }
}

static bool
is_inside(struct ch_soc_range range, uint64_t start, uint64_t size)
{
    return start >= range.start && start + size <= range.end;
}

/* Every region of the tables lies where an address of its kind may lie. */
static void
check_ranges(const struct ch_soc *soc, const struct ch_soc_region *region)
{
    const struct ch_soc_ranges *r = soc->ranges;
    const char *type = soc->types[region->type].name;

    if (strcmp(type, "SPIRAM") == 0) {
        CHECK(is_inside(r->extram, region->start, region->size));
    } else if (strcmp(type, "RTCRAM") == 0) {
        CHECK(is_inside(r->rtc_dram, region->start, region->size));
    } else if (strcmp(type, "SPM") == 0) {
        CHECK(is_inside(r->tcm, region->start, region->size));
    } else if (strcmp(type, "IRAM") == 0) {
        CHECK(is_inside(r->iram, region->start, region->size)
              || region->start < r->iram.start);
    } else {
        CHECK(is_inside(r->dram, region->start, region->size));
        CHECK(region->iram == 0
              || is_inside(r->diram_iram, region->iram, region->size));
        CHECK(region->iram == 0
              || is_inside(r->diram_dram, region->start, region->size));
    }
}

static void
test_soc_ranges_have_the_regions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CH_CHIP_COUNT; i++) {
        const struct ch_soc *soc = &ch_socs[i][1];

        for (unsigned j = 0; j < soc->n_regions; j++) {
            check_ranges(soc, &soc->regions[j]);
        }
    }
}

/* The two views of memory that both buses see are of one size, so that an
   address of the one gives the other by a difference or from the end. */
static void
test_soc_views_of_both_buses_have_one_offset(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CH_CHIP_COUNT; i++) {
        const struct ch_soc *soc = &ch_socs[i][1];
        const struct ch_soc_ranges *r = soc->ranges;

        CHECK_EQ(r->diram_iram.end - r->diram_iram.start,
            r->diram_dram.end - r->diram_dram.start);
        for (unsigned j = 0; j < soc->n_regions; j++) {
            const struct ch_soc_region *region = &soc->regions[j];
            bool is_diram = is_inside(r->diram_dram, region->start, 1);

            if (region->iram == 0 || !is_diram) {
                continue;
            }
            if (r->is_diram_inverted) {
                CHECK_EQ(region->iram - r->diram_iram.start,
                    r->diram_dram.end - region->start - region->size);
            } else {
                CHECK_EQ(region->iram - r->diram_iram.start,
                    region->start - r->diram_dram.start);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_soc_tables_are_those_of_the_file),
        cmocka_unit_test(test_soc_protected_types_lack_exec_and_nothing_else),
        cmocka_unit_test(test_soc_sizes_of_requests_are_the_chips),
        cmocka_unit_test(test_soc_ranges_have_the_regions),
        cmocka_unit_test(test_soc_views_of_both_buses_have_one_offset),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
