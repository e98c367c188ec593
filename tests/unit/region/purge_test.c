/* SPDX-License-Identifier: MIT */
/*
 * purge_test.c - idle memory goes back by age and by amount.
 */
#include "region/region.h"

#include "unit/region/_region.h"

#define DELAY 500u /* ms */

static struct ch_region region;

static void
begin(size_t dirty_max, uint64_t delay)
{
    const struct ch_region_options options = {
        .first_reserve = 64 * CH_MIB,
        .dirty_max = dirty_max,
        .purge_delay_ms = delay,
        .thp = CH_REGION_THP_NEVER,
    };

    ch_region_init(&region, &fake_backing, &options);
}

/* Takes, fills and gives back n slices; they are the region's first. */
static char *
make_dirty(size_t n)
{
    char *p = take_and_fill(&region, n);

    ch_region_give(&region, p, n);
    return p;
}

/* ---- all of it, or all but some ------------------------------------------ */

static void
test_purge_to_0_makes_everything_clean_and_zero(void)
{
    char *p;

    begin(SIZE_MAX, UINT64_MAX);
    p = make_dirty(10);
    CHECK_EQ(region.n_dirty, 10);
    CHECK_EQ(ch_budget_used(), 10 * CH_SLICE);
    CHECK_EQ(ch_region_purge_to(&region, 0), 10 * CH_SLICE);
    CHECK_EQ(region.n_dirty, 0);
    CHECK_EQ(ch_budget_used(), 0);
    CHECK_EQ(region.purged_bytes, 10 * CH_SLICE);
    CHECK_EQ(region.purge_calls, 1);
    CHECK_EQ(fake.purged_bytes, 10 * CH_SLICE);
    CHECK(unit_is_filled(p, 10 * CH_SLICE, 0));
    region_check(&region);
    CHECK_EQ(ch_region_purge_to(&region, 0), 0);
    CHECK_EQ(fake.n_purges, 1);
}

static void
test_purge_to_keep_leaves_the_lowest_slices(void)
{
    char *p;

    begin(SIZE_MAX, UINT64_MAX);
    p = make_dirty(10);
    CHECK_EQ(ch_region_purge_to(&region, 4), 6 * CH_SLICE);
    CHECK_EQ(region.n_dirty, 4);
    CHECK(unit_is_filled(p, 4 * CH_SLICE, 1));
    CHECK(unit_is_filled(p + 4 * CH_SLICE, 6 * CH_SLICE, 0));
    region_check(&region);
    CHECK_EQ(ch_region_purge_to(&region, 4), 0);
    CHECK_EQ(ch_region_purge_to(&region, SIZE_MAX), 0);
}

static void
test_purge_leaves_live_memory_alone(void)
{
    char *p;

    begin(SIZE_MAX, UINT64_MAX);
    p = take_and_fill(&region, 9);
    ch_region_give(&region, p + 3 * CH_SLICE, 3);
    CHECK_EQ(ch_region_purge_to(&region, 0), 3 * CH_SLICE);
    CHECK(unit_is_filled(p, 3 * CH_SLICE, 1));
    CHECK(unit_is_filled(p + 6 * CH_SLICE, 3 * CH_SLICE, 1));
    region_check(&region);
}

/* More scattered ranges than one hold of the lock marks. */
static void
test_purge_of_many_ranges_finds_them_all(void)
{
    char *p;

    begin(SIZE_MAX, UINT64_MAX);
    p = take_and_fill(&region, 400);
    for (size_t i = 0; i < 400; i += 2) {
        ch_region_give(&region, p + i * CH_SLICE, 1);
    }
    CHECK_EQ(ch_region_purge_to(&region, 50), 150 * CH_SLICE);
    CHECK_EQ(region.n_dirty, 50);
    CHECK_EQ(fake.n_purges, 150);
    region_check(&region);
    CHECK_EQ(ch_region_purge_to(&region, 0), 50 * CH_SLICE);
    region_check(&region);
    for (size_t i = 0; i < 400; i++) {
        CHECK(unit_is_filled(p + i * CH_SLICE, CH_SLICE, i % 2 == 1));
    }
}

static void
test_purge_that_keeps_a_part_of_a_range_purges_all_later_ones(void)
{
    char *p;

    begin(SIZE_MAX, UINT64_MAX);
    p = take_and_fill(&region, 400);
    for (size_t i = 0; i < 400; i += 4) {
        ch_region_give(&region, p + i * CH_SLICE, 3);
    }
    CHECK_EQ(ch_region_purge_to(&region, 50), 250 * CH_SLICE);
    CHECK_EQ(region.n_dirty, 50);
    region_check(&region);
}

static void
test_purge_keeps_across_several_chunks(void)
{
    char *p[3];

    begin(SIZE_MAX, UINT64_MAX);
    region.next_reserve = CH_MIB;
    for (int i = 0; i < 3; i++) {
        p[i] = take_and_fill(&region, CH_MIB / CH_SLICE);
    }
    CHECK(region.chunks->next != NULL);
    for (int i = 0; i < 3; i++) {
        ch_region_give(&region, p[i], CH_MIB / CH_SLICE);
    }
    CHECK_EQ(ch_region_purge_to(&region, CH_MIB / CH_SLICE + 5),
        2 * CH_MIB - 5 * CH_SLICE);
    CHECK(unit_is_filled(p[0], CH_MIB, 1));
    CHECK_EQ(region.n_dirty, CH_MIB / CH_SLICE + 5);
    region_check(&region);
}

static void
test_purge_that_fails_leaves_the_memory_dirty(void)
{
    uint64_t dirty[1] = {0};
    char *p;

    begin(SIZE_MAX, UINT64_MAX);
    p = make_dirty(10);
    fake.fails_purge = true;
    CHECK_EQ(ch_region_purge_to(&region, 0), 0);
    CHECK_EQ(region.n_dirty, 10);
    CHECK_EQ(region.purged_bytes, 0);
    CHECK_EQ(ch_budget_used(), 10 * CH_SLICE);
    region_check(&region);
    CHECK(ch_region_take(&region, 10, CH_SLICE, dirty) == p);
    CHECK_EQ(dirty[0], 0x3ff);
    ch_region_give(&region, p, 10);
    fake.fails_purge = false;
    CHECK_EQ(ch_region_purge_to(&region, 0), 10 * CH_SLICE);
    region_check(&region);
}

static void
test_purge_of_memory_that_never_goes_back_does_nothing(void)
{
    struct ch_backing stays = fake_backing;

    begin(0, 0);
    stays.purge = NULL;
    region.backing = &stays;
    (void)make_dirty(10);
    CHECK_EQ(ch_region_purge_to(&region, 0), 0);
    ch_region_tick(&region, region.last_give_ms + 10 * DELAY);
    CHECK_EQ(region.n_dirty, 10);
    region_check(&region);
}

/* Slices that are being purged can be neither taken nor extended into. */
static void
take_while_purging(void)
{
    char *p = ch_region_take(&region, 1, CH_SLICE, NULL);

    CHECK(p == region.chunks->start + 10 * CH_SLICE);
    CHECK(!ch_lock_is_held(&region.lock));
    ch_region_give(&region, p, 1);
    fake.in_purge = NULL;
}

static void
test_purge_under_way_hides_its_slices(void)
{
    begin(SIZE_MAX, UINT64_MAX);
    (void)make_dirty(10);
    fake.in_purge = take_while_purging;
    CHECK_EQ(ch_region_purge_to(&region, 0), 10 * CH_SLICE);
    CHECK_EQ(region.n_dirty, 1);
    region_check(&region);
}

/* ---- by age -------------------------------------------------------------- */

static void
test_tick_with_nothing_dirty_does_nothing(void)
{
    begin(SIZE_MAX, DELAY);
    (void)take_and_fill(&region, 4);
    CHECK(!ch_region_is_waiting(&region));
    ch_region_tick(&region, UINT64_MAX / 2);
    CHECK_EQ(fake.n_purges, 0);
}

static void
test_tick_before_the_delay_purges_nothing(void)
{
    begin(SIZE_MAX, DELAY);
    (void)make_dirty(4);
    CHECK(ch_region_is_waiting(&region));
    ch_region_tick(&region, region.last_give_ms);
    ch_region_tick(&region, region.last_give_ms + DELAY - 1);
    CHECK_EQ(fake.n_purges, 0);
    CHECK_EQ(region.n_dirty, 4);
}

static void
test_tick_after_an_idle_delay_purges_everything(void)
{
    begin(SIZE_MAX, DELAY);
    (void)make_dirty(4);
    ch_region_tick(&region, region.last_give_ms + DELAY);
    CHECK_EQ(region.n_dirty, 0);
    CHECK_EQ(region.purged_bytes, 4 * CH_SLICE);
    CHECK(!ch_region_is_waiting(&region));
    region_check(&region);
}

static void
test_tick_without_a_delay_option_never_purges(void)
{
    begin(SIZE_MAX, UINT64_MAX);
    (void)make_dirty(4);
    CHECK(!ch_region_is_waiting(&region));
    ch_region_tick(&region, region.last_give_ms + 1000000);
    CHECK_EQ(region.n_dirty, 4);
}

/* The first memory is idle for a delay, though the region is not. */
static void
test_tick_of_busy_region_purges_only_what_is_old(void)
{
    uint64_t start;
    char *p;

    begin(SIZE_MAX, DELAY);
    p = take_and_fill(&region, 8);
    ch_region_give(&region, p, 4);
    start = region.last_tick_ms;
    region.last_give_ms = start + DELAY / 2;
    ch_region_tick(&region, start + DELAY);
    CHECK_EQ(region.n_dirty, 4);
    CHECK_EQ(region.n_old, 4);
    region_check(&region);
    ch_region_give(&region, p + 4 * CH_SLICE, 4);
    region.last_give_ms = start + DELAY + DELAY / 2;
    ch_region_tick(&region, start + 2 * DELAY - 1);
    CHECK_EQ(region.n_dirty, 8);
    ch_region_tick(&region, start + 2 * DELAY);
    CHECK_EQ(region.n_dirty, 4);
    CHECK_EQ(region.n_old, 4);
    CHECK(unit_is_filled(p, 4 * CH_SLICE, 0));
    CHECK(unit_is_filled(p + 4 * CH_SLICE, 4 * CH_SLICE, 1));
    region_check(&region);
}

static void
test_tick_does_not_take_reused_memory_for_old(void)
{
    uint64_t start;
    char *p;

    begin(SIZE_MAX, DELAY);
    p = make_dirty(4);
    start = region.last_tick_ms;
    region.last_give_ms = start + DELAY / 2;
    ch_region_tick(&region, start + DELAY);
    CHECK_EQ(region.n_old, 4);
    CHECK(take_and_fill(&region, 2) == p);
    CHECK_EQ(region.n_old, 2);
    ch_region_give(&region, p, 2);
    CHECK_EQ(region.n_old, 2);
    region.last_give_ms = start + DELAY + DELAY / 2;
    ch_region_tick(&region, start + 2 * DELAY);
    CHECK_EQ(region.n_dirty, 2);
    CHECK(unit_is_filled(p, 2 * CH_SLICE, 1));
    CHECK(unit_is_filled(p + 2 * CH_SLICE, 2 * CH_SLICE, 0));
    region_check(&region);
}

/* Another thread may give memory after the caller of a tick took the time. */
static void
test_tick_with_a_moment_before_the_last_give_purges_nothing(void)
{
    begin(SIZE_MAX, DELAY);
    (void)make_dirty(4);
    ch_region_tick(&region, region.last_give_ms - 1);
    CHECK_EQ(fake.n_purges, 0);
    CHECK_EQ(region.n_dirty, 4);
}

static void
test_tick_when_purge_fails_keeps_trying(void)
{
    uint64_t start;

    begin(SIZE_MAX, DELAY);
    (void)make_dirty(4);
    start = region.last_give_ms;
    fake.fails_purge = true;
    ch_region_tick(&region, start + DELAY);
    CHECK_EQ(region.n_dirty, 4);
    CHECK(ch_region_is_waiting(&region));
    fake.fails_purge = false;
    ch_region_tick(&region, start + 2 * DELAY);
    CHECK_EQ(region.n_dirty, 0);
    region_check(&region);
}

/* ---- by amount ----------------------------------------------------------- */

static void
test_give_beyond_dirty_max_purges_at_once(void)
{
    char *p;

    begin(16 * CH_SLICE, UINT64_MAX);
    p = take_and_fill(&region, 40);
    ch_region_give(&region, p, 16);
    CHECK_EQ(region.n_dirty, 16);
    CHECK_EQ(fake.n_purges, 0);
    ch_region_give(&region, p + 20 * CH_SLICE, 1);
    CHECK(region.n_dirty <= 16 && region.n_dirty > 0);
    CHECK(fake.n_purges > 0);
    region_check(&region);
}

static void
test_give_stays_below_dirty_max_always(void)
{
    uint64_t random = unit_seed(0xd127);

    begin(16 * CH_SLICE, UINT64_MAX);
    for (int i = 0; i < 2000; i++) {
        (void)make_dirty(unit_below(&random, 40) + 1);
        CHECK(region.n_dirty <= 16);
    }
    region_check(&region);
}

static void
test_give_with_dirty_max_0_keeps_nothing(void)
{
    begin(0, UINT64_MAX);
    (void)make_dirty(5);
    CHECK_EQ(region.n_dirty, 0);
    CHECK_EQ(ch_budget_used(), 0);
}

static void
test_give_with_delay_0_keeps_nothing(void)
{
    begin(SIZE_MAX, 0);
    (void)make_dirty(5);
    CHECK_EQ(region.n_dirty, 0);
    CHECK_EQ(ch_budget_used(), 0);
    region_check(&region);
}

static void
test_set_dirty_max_holds_from_the_next_give_on(void)
{
    begin(SIZE_MAX, UINT64_MAX);
    (void)make_dirty(50);
    ch_region_set_dirty_max(&region, 8 * CH_SLICE);
    CHECK_EQ(region.n_dirty, 50);
    (void)make_dirty(1);
    CHECK(region.n_dirty <= 8);
    ch_region_set_dirty_max(&region, SIZE_MAX);
    (void)make_dirty(50);
    CHECK_EQ(region.n_dirty, 50);
}

static void
test_dirty_cap_left_to_the_library_grows_with_use(void)
{
    size_t idle;

    begin(SIZE_MAX, DELAY);
    idle = ch_region_dirty_cap(&region);
    CHECK(idle >= CH_MIB / CH_SLICE);
    region.n_live = 100 * idle;
    CHECK(ch_region_dirty_cap(&region) > idle);
    region.is_short = true;
    CHECK(ch_region_dirty_cap(&region) < idle);
    region.options.dirty_max = 3 * CH_SLICE;
    CHECK_EQ(ch_region_dirty_cap(&region), 3);
    region.options.purge_delay_ms = 0;
    CHECK_EQ(ch_region_dirty_cap(&region), 0);
}

static void
test_give_beyond_the_cap_of_short_region_gives_addresses_back(void)
{
    begin(0, UINT64_MAX);
    (void)make_dirty(5);
    (void)ch_region_give_back(&region);
    CHECK_EQ(region.n_reserved, 0);
    (void)make_dirty(5);
    CHECK_EQ(region.n_reserved, 0);
    region_check(&region);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_purge_to_0_makes_everything_clean_and_zero),
        forked_test(test_purge_to_keep_leaves_the_lowest_slices),
        forked_test(test_purge_leaves_live_memory_alone),
        forked_test(test_purge_of_many_ranges_finds_them_all),
        forked_test(
            test_purge_that_keeps_a_part_of_a_range_purges_all_later_ones),
        forked_test(test_purge_keeps_across_several_chunks),
        forked_test(test_purge_that_fails_leaves_the_memory_dirty),
        forked_test(test_purge_of_memory_that_never_goes_back_does_nothing),
        forked_test(test_purge_under_way_hides_its_slices),
        forked_test(test_tick_with_nothing_dirty_does_nothing),
        forked_test(test_tick_before_the_delay_purges_nothing),
        forked_test(test_tick_after_an_idle_delay_purges_everything),
        forked_test(test_tick_without_a_delay_option_never_purges),
        forked_test(test_tick_of_busy_region_purges_only_what_is_old),
        forked_test(test_tick_does_not_take_reused_memory_for_old),
        forked_test(
            test_tick_with_a_moment_before_the_last_give_purges_nothing),
        forked_test(test_tick_when_purge_fails_keeps_trying),
        forked_test(test_give_beyond_dirty_max_purges_at_once),
        forked_test(test_give_stays_below_dirty_max_always),
        forked_test(test_give_with_dirty_max_0_keeps_nothing),
        forked_test(test_give_with_delay_0_keeps_nothing),
        forked_test(test_set_dirty_max_holds_from_the_next_give_on),
        forked_test(test_dirty_cap_left_to_the_library_grows_with_use),
        forked_test(
            test_give_beyond_the_cap_of_short_region_gives_addresses_back),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
