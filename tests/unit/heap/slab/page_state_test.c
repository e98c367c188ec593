/* SPDX-License-Identifier: MIT */
/*
 * page_state_test.c - the life of a page that is cut into blocks.
 */
#include "heap/slab/page_state.h"

#include "unit/heap/slab/_slab.h"

#define C ch_class_of(SIZE)

static struct batch batches[16];
static struct ch_page *pages[16];

static void
test_page_get_of_every_class_is_cut_and_known_to_the_map(void)
{
    struct ch_cache *cache;

    heap_begin();
    cache = ch_cache_enter();
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        size_t size = ch_class_size(c);
        struct ch_page *page = ch_page_get(cache, c);

        CHECK(page != NULL && page->owner == cache);
        CHECK_EQ(page->kind,
            size <= CH_SMALL_PAGE_MAX ? CH_PAGE_SMALL : CH_PAGE_MEDIUM);
        CHECK_EQ(page->block_size, size);
        CHECK_EQ(page->size_class, c);
        CHECK_EQ(page->carved, 0);
        CHECK_EQ(page->capacity, page->n_slices * CH_SLICE / size);
        CHECK(page->capacity >= 1 && page->lfree == NULL);
        CHECK(ch_is_aligned(page->start, CH_SLICE));
        for (uint32_t i = 0; i < page->n_slices; i++) {
            CHECK(ch_map_find(page->start + i * CH_SLICE) == page);
        }
    }
}

static void
test_page_carve_of_whole_page_gives_each_block_once(void)
{
    static bool seen[BLOCKS_MAX];
    struct ch_cache *cache;
    struct ch_page *page;
    size_t n = 0;

    heap_begin();
    cache = ch_cache_enter();
    page = ch_page_get(cache, C);
    ch_page_make_current(cache, page);
    while (page->carved < page->capacity) {
        uint32_t before = page->carved;

        ch_page_carve(cache, page);
        CHECK(page->carved > before && page->carved <= page->capacity);
        for (char *p; (p = ch_slab_take_fast(&cache->lists[C])) != NULL; n++) {
            size_t i = (size_t)(p - page->start) / SIZE;

            CHECK(p == page->start + i * SIZE && i < page->carved && !seen[i]);
            seen[i] = true;
        }
    }
    CHECK_EQ(n, page->capacity);
}

static void
test_page_make_current_takes_its_free_blocks(void)
{
    struct ch_cache *cache;
    struct ch_page *page;
    void *p;

    heap_begin();
    p = heap_alloc(SIZE);
    cache = ch_cache_self;
    page = ch_map_find(p);
    CHECK(page == cache->current[C]);
    CHECK_EQ(page->state, CH_PAGE_CURRENT);
    CHECK_EQ(page->countdown, CH_TICK);
    CHECK(page->list == &cache->lists[C]);
    heap_free(p);
    CHECK(cache->lists[C] == p);
    CHECK_EQ(page->countdown, CH_TICK - 1);
}

static void
test_page_with_all_blocks_out_is_parked(void)
{
    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    CHECK_EQ(pages[0]->state, CH_PAGE_PARKED);
    CHECK_EQ(pages[0]->countdown, 1);
    CHECK(pages[0]->list == &pages[0]->lfree);
    CHECK(ch_cache_self->current[C] != pages[0]);
    check_avail(NULL, 0, SIZE);
}

static void
test_page_parked_and_freed_into_becomes_avail(void)
{
    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    heap_free(batches[0].p[3]);
    check_avail(pages, 1, SIZE);
    CHECK(pages[0]->lfree == batches[0].p[3]);
    CHECK_EQ(pages[0]->countdown, pages[0]->capacity - 1);
    heap_free(batches[0].p[4]);
    CHECK_EQ(pages[0]->countdown, pages[0]->capacity - 2);
}

static void
test_page_avail_queue_is_first_in_first_out(void)
{
    struct ch_page *order[3];
    struct ch_page *current;
    void *p;

    heap_begin();
    p = take_pages(batches, pages, 3, SIZE);
    heap_free(batches[1].p[0]);
    heap_free(batches[0].p[0]);
    heap_free(batches[2].p[0]);
    order[0] = pages[1];
    order[1] = pages[0];
    order[2] = pages[2];
    check_avail(order, 3, SIZE);
    current = ch_map_find(p);
    while (ch_map_find(p) == current) {
        p = heap_alloc(SIZE);
    }
    CHECK(p == batches[1].p[0]);
    CHECK_EQ(pages[1]->state, CH_PAGE_CURRENT);
    /* The page that it replaced had blocks left to carve: it waits last. */
    order[0] = pages[0];
    order[1] = pages[2];
    if (current->state == CH_PAGE_AVAIL) {
        order[2] = current;
        check_avail(order, 3, SIZE);
    } else {
        check_avail(order, 2, SIZE);
    }
}

static void
test_page_unlink_from_any_place_keeps_the_queue_whole(void)
{
    struct ch_page *left[2];

    for (size_t drop = 0; drop < 3; drop++) {
        struct ch_cache cache;
        struct ch_page three[3];

        memset(&cache, 0, sizeof cache);
        memset(three, 0, sizeof three);
        for (size_t i = 0; i < 3; i++) {
            three[i].size_class = C;
            ch_page_offer(&cache, &three[i], 1);
        }
        ch_page_unlink(&cache, &three[drop]);
        left[0] = &three[drop == 0 ? 1 : 0];
        left[1] = &three[drop == 2 ? 1 : 2];
        CHECK(ch_page_pop_avail(&cache, C) == left[0]);
        CHECK(ch_page_pop_avail(&cache, C) == left[1]);
        CHECK(ch_page_pop_avail(&cache, C) == NULL);
        CHECK(cache.avail[C].last == NULL);
        CHECK(three[drop].next == NULL && three[drop].prev == NULL);
    }
}

static void
test_page_with_all_blocks_freed_is_kept_empty(void)
{
    size_t live;

    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    live = heap_live();
    batch_free(&batches[0]);
    CHECK_EQ(pages[0]->state, CH_PAGE_EMPTY);
    CHECK(ch_cache_self->empty == pages[0]);
    CHECK_EQ(ch_cache_self->n_empty, 1);
    CHECK_EQ(heap_live(), live);
    check_avail(NULL, 0, SIZE);
}

static void
test_page_kept_empty_serves_any_class(void)
{
    void *p;

    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    batch_free(&batches[0]);
    p = heap_alloc(SIZE / 4);
    CHECK(ch_map_find(p) == pages[0]);
    CHECK_EQ(pages[0]->block_size, SIZE / 4);
    CHECK_EQ(ch_cache_self->n_empty, 0);
    CHECK(ch_cache_self->empty == NULL);
}

static void
test_page_emptied_beyond_what_is_kept_goes_to_the_arena(void)
{
    size_t n = CH_N_EMPTY_MAX + 2;
    size_t live;

    heap_begin();
    (void)take_pages(batches, pages, n, SIZE);
    live = heap_live();
    for (size_t i = 0; i < n; i++) {
        batch_free(&batches[i]);
    }
    CHECK_EQ(ch_cache_self->n_empty, CH_N_EMPTY_MAX);
    CHECK_EQ(live - heap_live(), 2 * pages[0]->n_slices);
    CHECK_EQ(heap_region()->n_dirty, live - heap_live());
    CHECK(ch_cache_active == &ch_cache_empty);
}

static void
test_page_release_kept_gives_all_to_the_arena(void)
{
    size_t live;

    heap_begin();
    (void)take_pages(batches, pages, 3, SIZE);
    live = heap_live();
    for (size_t i = 0; i < 3; i++) {
        batch_free(&batches[i]);
    }
    ch_page_release_kept(ch_cache_self);
    CHECK_EQ(ch_cache_self->n_empty, 0);
    CHECK_EQ(live - heap_live(), 3 * pages[0]->n_slices);
}

static void
test_page_medium_is_never_kept(void)
{
    size_t size = CH_SMALL_PAGE_MAX + 1;
    size_t live;

    heap_begin();
    (void)take_pages(batches, pages, 1, size);
    CHECK_EQ(pages[0]->kind, CH_PAGE_MEDIUM);
    live = heap_live();
    batch_free(&batches[0]);
    CHECK_EQ(ch_cache_self->n_empty, 0);
    CHECK(heap_live() < live);
}

static void
test_page_release_with_wake_is_left_for_the_drain(void)
{
    struct ch_page *page;
    size_t live;

    heap_begin();
    page = ch_page_get(ch_cache_enter(), C);
    live = heap_live();
    page->remote = CH_REMOTE_WAKE;
    ch_page_release(ch_cache_self, page, false);
    CHECK_EQ(page->state, CH_PAGE_EMPTY);
    CHECK_EQ(heap_live(), live);
    CHECK_EQ(ch_cache_self->n_empty, 0);
    page->remote = 0;
    ch_page_release(ch_cache_self, page, false);
    CHECK(heap_live() < live);
}

static void
test_page_retire_with_blocks_to_carve_is_avail(void)
{
    struct ch_cache *cache;
    struct ch_page *page;

    heap_begin();
    cache = ch_cache_enter();
    page = ch_page_get(cache, C);
    ch_page_make_current(cache, page);
    ch_page_carve(cache, page);
    while (ch_slab_take_fast(&cache->lists[C]) != NULL) {
    }
    CHECK(page->carved < page->capacity);
    ch_page_retire(cache, page);
    check_avail(&page, 1, SIZE);
    CHECK_EQ(page->countdown, page->carved);
    CHECK(cache->current[C] == NULL);
}

static void
test_page_is_emptied_only_when_others_freed_all_that_is_out(void)
{
    struct ch_page page = {.carved = 10, .countdown = 4};

    ch_page_set_state(&page, CH_PAGE_PARKED);
    CHECK(ch_page_is_emptied(&page, 10));
    CHECK(!ch_page_is_emptied(&page, 9));
    CHECK(!ch_page_is_emptied(&page, 4));
    ch_page_set_state(&page, CH_PAGE_AVAIL);
    CHECK(ch_page_is_emptied(&page, 4));
    CHECK(!ch_page_is_emptied(&page, 3));
    CHECK(!ch_page_is_emptied(&page, 10));
    page.countdown = 0;
    CHECK(!ch_page_is_emptied(&page, 0));
    ch_page_set_state(&page, CH_PAGE_CURRENT);
    CHECK(!ch_page_is_emptied(&page, 10));
    ch_page_set_state(&page, CH_PAGE_EMPTY);
    CHECK(!ch_page_is_emptied(&page, 10));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_page_get_of_every_class_is_cut_and_known_to_the_map),
        forked_test(test_page_carve_of_whole_page_gives_each_block_once),
        forked_test(test_page_make_current_takes_its_free_blocks),
        forked_test(test_page_with_all_blocks_out_is_parked),
        forked_test(test_page_parked_and_freed_into_becomes_avail),
        forked_test(test_page_avail_queue_is_first_in_first_out),
        forked_test(test_page_unlink_from_any_place_keeps_the_queue_whole),
        forked_test(test_page_with_all_blocks_freed_is_kept_empty),
        forked_test(test_page_kept_empty_serves_any_class),
        forked_test(test_page_emptied_beyond_what_is_kept_goes_to_the_arena),
        forked_test(test_page_release_kept_gives_all_to_the_arena),
        forked_test(test_page_medium_is_never_kept),
        forked_test(test_page_release_with_wake_is_left_for_the_drain),
        forked_test(test_page_retire_with_blocks_to_carve_is_avail),
        forked_test(
            test_page_is_emptied_only_when_others_freed_all_that_is_out),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
