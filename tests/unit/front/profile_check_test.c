/* SPDX-License-Identifier: MIT */
/*
 * profile_check_test.c - what must hold of a region, and of two.
 */
#include "front/profile_table.h"
#include "unit/_unit.h"

static struct ch_profile profile;

static struct ch_profile_region *
add(const char *name, uint64_t start, uint64_t size, uint64_t alias)
{
    struct ch_profile_region *region = &profile.regions[profile.n_regions++];

    *region = (struct ch_profile_region){
        .caps = {CH_CAP_8BIT},
        .start = start,
        .size = size,
        .alias = alias,
    };
    strcpy(region->name, name);
    return region;
}

static void
begin(void)
{
    ch_profile_clear(&profile);
}

/* Each of the two is what the other one meets, or nobody. */
static void
check_meet(const struct ch_profile_region *a, const struct ch_profile_region *b,
    bool do_meet)
{
    CHECK(ch_profile_find_overlap(&profile, a) == (do_meet ? b : NULL));
    CHECK(ch_profile_find_overlap(&profile, b) == (do_meet ? a : NULL));
}

static void
test_check_regions_beside_each_other_do_not_meet(void **state)
{
    (void)state;
    begin();
    check_meet(add("a", 0x1000, 0x1000, 0), add("b", 0x2000, 0x1000, 0), false);
    begin();
    check_meet(add("a", 0x1000, 0x1000, 0), add("b", 0x1ffc, 0x1000, 0), true);
    begin();
    check_meet(add("a", 0x1000, 0x1000, 0), add("b", 0x1400, 0x100, 0), true);
}

static void
test_check_aliases_are_addresses_too(void **state)
{
    (void)state;
    begin();
    check_meet(add("a", 0x1000, 0x1000, 0x9000),
        add("b", 0x9ffc, 0x1000, 0x20000), true);
    begin();
    check_meet(add("a", 0x1000, 0x1000, 0x9000),
        add("b", 0x4000, 0x1000, 0x9800), true);
    begin();
    check_meet(add("a", 0x1000, 0x1000, 0x9000),
        add("b", 0x4000, 0x1000, 0xa000), false);
}

static void
test_check_regions_without_a_place_meet_nobody(void **state)
{
    (void)state;
    begin();
    check_meet(add("a", 0, 0x100000, 0), add("b", 0x1000, 0x1000, 0), false);
    begin();
    check_meet(add("a", 0, 0, 0), add("b", 0, 0, 0), false);
}

static void
test_check_a_whole_region_has_no_problem(void **state)
{
    struct ch_profile_region *region;

    (void)state;
    begin();
    region = add("a", 0x1000, 0x1000, 0);
    CHECK(ch_profile_region_problem(region) == NULL);
    region->caps[0] = CH_CAP_EXEC;
    CHECK(ch_profile_region_problem(region) != NULL);
    region->backing = CH_MAPPING_EXEC;
    CHECK(ch_profile_region_problem(region) == NULL);
    region->backing = CH_MAPPING_SECRET;
    region->alias = 0x10000;
    CHECK(ch_profile_region_problem(region) == NULL);
    region->size = 0;
    CHECK(ch_profile_region_problem(region) != NULL);
}

static void
test_check_bounds_are_exact(void **state)
{
    struct ch_profile_region *region;

    (void)state;
    begin();
    region = add("a", 0x1000, 256, 0);
    CHECK(ch_profile_region_problem(region) == NULL);
    region->size = 252;
    CHECK(ch_profile_region_problem(region) != NULL);
    region->size = 256;
    region->start = ((uint64_t)1 << 47) - 256;
    CHECK(ch_profile_region_problem(region) == NULL);
    region->start += 4;
    CHECK(ch_profile_region_problem(region) != NULL);
    region = add("b", 0, 0, 0);
    region->limit = 4096;
    CHECK(ch_profile_region_problem(region) == NULL);
    region->limit = 4095;
    CHECK(ch_profile_region_problem(region) != NULL);
    region->limit = (uint64_t)1 << 47;
    CHECK(ch_profile_region_problem(region) != NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_regions_beside_each_other_do_not_meet),
        cmocka_unit_test(test_check_aliases_are_addresses_too),
        cmocka_unit_test(test_check_regions_without_a_place_meet_nobody),
        cmocka_unit_test(test_check_a_whole_region_has_no_problem),
        cmocka_unit_test(test_check_bounds_are_exact),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
