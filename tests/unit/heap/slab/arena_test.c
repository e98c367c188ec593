/* SPDX-License-Identifier: MIT */
/*
 * arena_test.c - pages and runs out of slices.
 */
#include "heap/slab/arena.h"

#include <sys/resource.h>

#include "base/bitmap.h"
#include "unit/heap/slab/_slab.h"

static struct ch_page *
page_new(enum ch_page_kind kind, size_t n)
{
    struct ch_page *page =
        ch_arena_page_new(ch_arena_get(0), kind, n, CH_SLICE, NULL);

    CHECK(page != NULL);
    return page;
}

static void
test_arena_init_makes_as_many_as_asked_for(void)
{
    heap_begin_with(CH_N_ARENAS_MAX, &patient);
    CHECK_EQ(ch_arena_count(), CH_N_ARENAS_MAX);
    for (unsigned i = 0; i < CH_N_ARENAS_MAX; i++) {
        CHECK_EQ(ch_arena_get(i)->id, i);
        CHECK_EQ(ch_arena_get(i)->region.n_live, 0);
        CHECK_EQ(ch_arena_get(i)->region.n_reserved != 0, i == 0);
    }
}

static void
test_arena_page_is_known_to_the_map_in_all_its_slices(void)
{
    struct ch_page *page;

    heap_begin();
    page = page_new(CH_PAGE_SMALL, 8);
    CHECK_EQ(page->kind, CH_PAGE_SMALL);
    CHECK_EQ(page->n_slices, 8);
    CHECK(page->arena == ch_arena_get(0));
    CHECK_EQ(page->bytes, 8 * CH_SLICE);
    for (size_t i = 0; i < 8; i++) {
        CHECK(ch_map_find(page->start + i * CH_SLICE) == page);
    }
    CHECK_EQ(ch_map_find(page->start + 8 * CH_SLICE)->kind, CH_PAGE_NONE);
}

static void
test_arena_run_is_known_to_the_map_in_its_first_slice(void)
{
    struct ch_page *page;

    heap_begin();
    page = page_new(CH_PAGE_RUN, 8);
    CHECK(ch_map_find(page->start) == page);
    for (size_t i = 1; i < 8; i++) {
        CHECK_EQ(ch_map_find(page->start + i * CH_SLICE)->kind, CH_PAGE_NONE);
    }
}

static void
test_arena_page_delete_leaves_nobodys_slices(void)
{
    struct ch_page *page;
    char *start;

    heap_begin();
    page = page_new(CH_PAGE_MEDIUM, 8);
    start = page->start;
    ch_arena_page_delete(page);
    for (size_t i = 0; i < 8; i++) {
        CHECK_EQ(ch_map_find(start + i * CH_SLICE)->kind, CH_PAGE_NONE);
    }
    CHECK_EQ(heap_live(), 0);
    CHECK(page_new(CH_PAGE_SMALL, 4) == page);
    CHECK(page->start == start);
}

static void
test_arena_run_delete_leaves_a_freed_first_slice(void)
{
    struct ch_page *page;
    char *start;

    heap_begin();
    page = page_new(CH_PAGE_RUN, 8);
    start = page->start;
    ch_arena_page_delete(page);
    CHECK(ch_map_find(start) == &ch_page_freed);
    CHECK_EQ(heap_live(), 0);
}

static void
test_arena_page_new_tells_what_is_dirty(void)
{
    uint64_t dirty[1] = {0};
    struct ch_page *page;

    heap_begin();
    page = page_new(CH_PAGE_RUN, 4);
    memset(page->start, 1, 4 * CH_SLICE);
    ch_arena_page_delete(page);
    page =
        ch_arena_page_new(ch_arena_get(0), CH_PAGE_RUN, 6, 4 * CH_SLICE, dirty);
    CHECK(page != NULL && ch_is_aligned(page->start, 4 * CH_SLICE));
    for (size_t i = 0; i < 6; i++) {
        CHECK(ch_bitmap_get(dirty, i)
              || unit_is_filled(page->start + i * CH_SLICE, CH_SLICE, 0));
    }
}

static void
test_arena_page_new_at_the_limit_purges_and_then_returns_null(void)
{
    struct ch_page *page;

    heap_begin();
    ch_budget_set_limit(32 * CH_SLICE);
    page = page_new(CH_PAGE_RUN, 30);
    /* A dirty hole that is too short: its budget is needed elsewhere. */
    ch_region_give(heap_region(), page->start, 16);
    page->n_slices = 0;
    CHECK(page_new(CH_PAGE_RUN, 18) != NULL);
    CHECK(heap_region()->purged_bytes > 0);
    CHECK(ch_arena_page_new(ch_arena_get(0), CH_PAGE_RUN, 18, CH_SLICE, NULL)
          == NULL);
    CHECK(ch_budget_used() <= 32 * CH_SLICE);
}

static void
test_arena_page_new_that_fails_gives_its_record_back(void)
{
    struct ch_meta_stats before;
    struct ch_meta_stats after;

    heap_begin();
    ch_budget_set_limit(1);
    for (int i = 0; i < 100; i++) {
        CHECK(
            ch_arena_page_new(ch_arena_get(0), CH_PAGE_RUN, 18, CH_SLICE, NULL)
            == NULL);
        ch_meta_get_stats(i == 0 ? &before : &after);
    }
    CHECK_EQ(after.used, before.used);
}

/* Address space is finite, and there is enough of it. */
static void
limit_addresses(void)
{
    const struct rlimit limit = {CH_GIB * 1024, RLIM_INFINITY};

    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

static void
test_arena_reclaim_ends(void)
{
    unsigned step = 0;

    heap_begin();
    limit_addresses();
    while (ch_arena_reclaim(CH_MIB, step)) {
        CHECK(++step < 10);
    }
    CHECK(step >= 1);
    CHECK(!ch_arena_reclaim(CH_MIB, step + 1));
}

static void
test_arena_reclaim_gives_address_space_back(void)
{
    size_t reserved;

    heap_begin();
    (void)page_new(CH_PAGE_SMALL, 8);
    reserved = heap_region()->n_reserved;
    limit_addresses();
    CHECK(ch_arena_reclaim(CH_MIB, 0));
    CHECK(ch_arena_reclaim(CH_MIB, 1));
    CHECK(heap_region()->n_reserved < reserved);
    CHECK(ch_region_is_valid(heap_region()));
    (void)page_new(CH_PAGE_SMALL, 8);
}

static void
test_arena_reclaim_at_the_limit_keeps_address_space(void)
{
    size_t reserved;

    heap_begin();
    (void)page_new(CH_PAGE_SMALL, 8);
    ch_budget_set_limit(ch_budget_used());
    reserved = heap_region()->n_reserved;
    CHECK(ch_arena_reclaim(CH_SLICE, 0));
    CHECK(!ch_arena_reclaim(CH_SLICE, 1));
    CHECK_EQ(heap_region()->n_reserved, reserved);
}

static void
test_arena_reclaim_that_cannot_help_leaves_all_alone(void)
{
    heap_begin();
    (void)page_new(CH_PAGE_SMALL, 8);
    /* Nothing is limited. */
    CHECK(!ch_arena_reclaim(CH_MIB, 0));
    /* More than any limit. */
    limit_addresses();
    CHECK(!ch_arena_reclaim(CH_GIB * 2048, 0));
    ch_budget_set_limit(CH_MIB);
    CHECK(!ch_arena_reclaim(2 * CH_MIB, 0));
    CHECK(!heap_region()->is_short);
}

/* Some dirty memory in each of two arenas. */
static void
make_dirty(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct ch_page *page =
            ch_arena_page_new(ch_arena_get(i), CH_PAGE_RUN, 10, CH_SLICE, NULL);

        CHECK(page != NULL && page->arena == ch_arena_get(i));
        memset(page->start, 1, 10 * CH_SLICE);
        ch_arena_page_delete(page);
        CHECK_EQ(ch_arena_get(i)->region.n_dirty, 10);
    }
}

static void
test_arena_purge_all_purges_every_arena(void)
{
    heap_begin_with(2, &patient);
    make_dirty();
    CHECK_EQ(ch_arena_purge_all(), 20 * CH_SLICE);
    CHECK_EQ(ch_arena_get(0)->region.n_dirty, 0);
    CHECK_EQ(ch_arena_get(1)->region.n_dirty, 0);
    CHECK_EQ(ch_arena_purge_all(), 0);
}

static void
test_arena_tick_all_tells_whether_something_waits(void)
{
    struct ch_region_options options = patient;
    uint64_t now;

    options.purge_delay_ms = 500;
    heap_begin_with(2, &options);
    CHECK(!ch_arena_tick_all(1000));
    make_dirty();
    now = ch_arena_get(1)->region.last_give_ms;
    CHECK(ch_arena_tick_all(now));
    CHECK_EQ(ch_arena_get(0)->region.n_dirty, 10);
    CHECK(!ch_arena_tick_all(now + 1000));
    CHECK_EQ(ch_arena_get(0)->region.n_dirty, 0);
    CHECK_EQ(ch_arena_get(1)->region.n_dirty, 0);
}

static void
check_child(void)
{
    ch_arena_after_fork_child();
    (void)page_new(CH_PAGE_SMALL, 8);
}

static void
test_arena_locks_round_fork_are_free_after_it(void)
{
    int status;

    heap_begin_with(2, &patient);
    ch_arena_before_fork();
    CHECK(ch_lock_is_held(&ch_arena_get(0)->region.lock));
    CHECK(ch_lock_is_held(&ch_arena_get(1)->region.lock));
    status = unit_child_status(check_child);
    ch_arena_after_fork_parent();
    CHECK_EQ(status, 0);
    CHECK(!ch_lock_is_held(&ch_arena_get(0)->region.lock));
    CHECK(!ch_lock_is_held(&ch_arena_get(1)->region.lock));
    (void)page_new(CH_PAGE_SMALL, 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_arena_init_makes_as_many_as_asked_for),
        forked_test(test_arena_page_is_known_to_the_map_in_all_its_slices),
        forked_test(test_arena_run_is_known_to_the_map_in_its_first_slice),
        forked_test(test_arena_page_delete_leaves_nobodys_slices),
        forked_test(test_arena_run_delete_leaves_a_freed_first_slice),
        forked_test(test_arena_page_new_tells_what_is_dirty),
        forked_test(
            test_arena_page_new_at_the_limit_purges_and_then_returns_null),
        forked_test(test_arena_page_new_that_fails_gives_its_record_back),
        forked_test(test_arena_reclaim_ends),
        forked_test(test_arena_reclaim_gives_address_space_back),
        forked_test(test_arena_reclaim_at_the_limit_keeps_address_space),
        forked_test(test_arena_reclaim_that_cannot_help_leaves_all_alone),
        forked_test(test_arena_purge_all_purges_every_arena),
        forked_test(test_arena_tick_all_tells_whether_something_waits),
        forked_test(test_arena_locks_round_fork_are_free_after_it),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
