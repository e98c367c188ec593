/* SPDX-License-Identifier: MIT */
/*
 * home_test.c - the region of blocks of both engines, and of none.
 */
#include "diag/home.h"

#include "front/place.h"
#include "front/route.h"
#include "front/start.h"
#include "unit/_unit.h"

static void
begin(const char *conf)
{
    setenv("CAPHEAP_CONF", conf, 1);
    CHECK(ch_start());
}

static void
test_home_of_plain_block_is_the_region_behind_malloc(void)
{
    const struct ch_place *home;

    begin("profile=host");
    home = ch_home_of(ch_route_alloc(100, NULL));
    CHECK(home != NULL);
    CHECK(ch_place_has_caps(home, CH_CAP_DEFAULT | CH_CAP_8BIT));
    CHECK(ch_home_of(ch_route_alloc((size_t)1 << 26, NULL)) == home);
}

static void
test_home_of_plain_block_beside_a_device_is_none(void)
{
    begin("profile=esp32,malloc=host");
    CHECK(ch_home_of(ch_route_alloc(100, NULL)) == NULL);
}

static void
test_home_of_device_block_is_its_place(void)
{
    void *p;

    begin("profile=esp32,malloc=host");
    p = ch_place_alloc(100, CH_CAP_DMA);
    CHECK(ch_home_of(p) != NULL && ch_home_of(p) == ch_place_at(p));
}

static void
test_home_of_a_foreign_pointer_is_none(void)
{
    int here;

    begin("profile=host");
    CHECK(ch_home_of(&here) == NULL);
    CHECK(ch_home_of(NULL) == NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_home_of_plain_block_is_the_region_behind_malloc),
        forked_test(test_home_of_plain_block_beside_a_device_is_none),
        forked_test(test_home_of_device_block_is_its_place),
        forked_test(test_home_of_a_foreign_pointer_is_none),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
