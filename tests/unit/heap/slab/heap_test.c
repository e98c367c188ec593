/* SPDX-License-Identifier: MIT */
/*
 * heap_test.c - where blocks come from, and what events a free has.
 */
#include "heap/slab/heap.h"

#include "unit/heap/slab/_slab.h"

#define C ch_class_of(SIZE)

static struct batch batches[8];
static struct ch_page *pages[8];

static void
test_heap_take_of_every_class_gives_aligned_blocks_apart(void)
{
    heap_begin();
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        size_t size = ch_class_size(c);
        char *p = ch_heap_take(ch_cache_enter(), c);
        char *q = ch_heap_take(ch_cache_enter(), c);

        CHECK(p != NULL && q != NULL && ch_is_aligned(p, CH_MIN_ALIGN));
        CHECK(p + size <= q || q + size <= p);
        memset(p, 1, size);
        memset(q, 2, size);
        CHECK(unit_is_filled(p, size, 1));
        CHECK_EQ(ch_map_find(p)->block_size, size);
        CHECK(ch_map_find(p + size - 1) == ch_map_find(p));
    }
}

static void
test_heap_take_after_free_gives_the_block_again(void)
{
    void *p;

    heap_begin();
    (void)heap_alloc(SIZE);
    p = heap_alloc(SIZE);
    heap_free(p);
    CHECK(heap_alloc(SIZE) == p);
}

static void
test_heap_take_prefers_what_others_freed_in_the_current_page(void)
{
    struct ch_page *page;
    void *p;

    heap_begin();
    page = take_whole_page(&batches[0], SIZE);
    p = batches[0].p[2];
    free_remotely(p);
    CHECK_EQ(remote_count(page), 1);
    CHECK(heap_alloc(SIZE) == p);
    CHECK(page == ch_cache_self->current[C]);
    CHECK_EQ(remote_count(page), 0);
}

static void
test_heap_take_prefers_waiting_pages_to_fresh_blocks(void)
{
    void *p;

    heap_begin();
    p = take_pages(batches, pages, 1, SIZE);
    CHECK(ch_map_find(p)->carved < ch_map_find(p)->capacity);
    heap_free(batches[0].p[0]);
    while (ch_cache_self->lists[C] != NULL) {
        (void)heap_alloc(SIZE);
    }
    CHECK(heap_alloc(SIZE) == batches[0].p[0]);
}

static void
test_heap_take_looks_at_the_wake_list_before_it_grows(void)
{
    size_t live;
    void *p;

    heap_begin();
    p = take_pages(batches, pages, 2, SIZE);
    batch_free_remotely(&batches[0]);
    CHECK(has_wake(pages[0]));
    live = heap_live();
    for (uint32_t i = 0; i < pages[0]->capacity; i++) {
        p = heap_alloc(SIZE);
    }
    CHECK_EQ(heap_live(), live);
    CHECK(!has_wake(pages[0]));
    CHECK(p != NULL && ch_cache_self->wake == NULL);
}

static void
test_heap_take_without_memory_returns_null_and_then_recovers(void)
{
    heap_begin();
    ch_budget_set_limit(64 * CH_SLICE);
    while (ch_heap_take(ch_cache_enter(), C) != NULL) {
    }
    CHECK(ch_heap_take(ch_cache_enter(), C) == NULL);
    CHECK(ch_budget_used() <= 64 * CH_SLICE);
    ch_budget_set_limit(0);
    CHECK(ch_heap_take(ch_cache_enter(), C) != NULL);
}

static void
test_heap_free_of_whole_page_in_any_order_empties_it(void)
{
    uint64_t random = unit_seed(0x4ea9);

    heap_begin();
    for (int round = 0; round < 20; round++) {
        struct batch *b = &batches[0];
        void *other = take_pages(b, pages, 1, SIZE);

        for (size_t i = b->n - 1; i > 0; i--) {
            size_t j = unit_below(&random, i + 1);
            void *p = b->p[i];

            b->p[i] = b->p[j];
            b->p[j] = p;
        }
        batch_free(b);
        CHECK_EQ(pages[0]->state, CH_PAGE_EMPTY);
        heap_free(other);
        ch_cache_trim();
        CHECK_EQ(heap_live(), 0);
    }
}

static void
test_heap_free_in_parked_page_joins_what_others_freed(void)
{
    struct ch_page *page;

    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    page = pages[0];
    free_remotely(batches[0].p[0]);
    free_remotely(batches[0].p[1]);
    CHECK_EQ(page->state, CH_PAGE_PARKED);
    heap_free(batches[0].p[2]);
    CHECK_EQ(page->state, CH_PAGE_AVAIL);
    CHECK_EQ(page->countdown, page->capacity - 3);
    CHECK_EQ(remote_count(page), 0);
    CHECK(page->lfree == batches[0].p[2]);
    CHECK(*(void **)page->lfree == batches[0].p[1]);
}

static void
test_heap_last_free_in_parked_page_releases_it(void)
{
    struct batch *b = &batches[0];
    struct ch_page *page;

    heap_begin();
    (void)take_pages(b, pages, 1, SIZE);
    page = pages[0];
    /* All but one elsewhere; the page is on the wake list then. */
    b->n--;
    batch_free_remotely(b);
    CHECK(has_wake(page));
    heap_free(b->p[page->capacity - 1]);
    CHECK_EQ(page->state, CH_PAGE_EMPTY);
    CHECK_EQ(ch_cache_self->n_empty, 0);
    ch_lock(&ch_cache_self->lock);
    ch_remote_drain(ch_cache_self);
    ch_unlock(&ch_cache_self->lock);
    CHECK_EQ(ch_cache_self->n_empty, 1);
    CHECK_EQ(page->remote, 0);
}

static void
test_heap_event_of_current_page_looks_round(void)
{
    struct ch_page *page;
    void *p;

    heap_begin();
    p = take_pages(batches, pages, 1, SIZE);
    batch_free_remotely(&batches[0]);
    page = ch_map_find(p);
    for (uint32_t i = 0; i < CH_TICK - 1; i++) {
        heap_free(p);
        p = heap_alloc(SIZE);
    }
    CHECK_EQ(page->countdown, 1);
    CHECK(has_wake(pages[0]));
    heap_free(p);
    CHECK_EQ(page->countdown, CH_TICK);
    CHECK(!has_wake(pages[0]));
    CHECK_EQ(pages[0]->state, CH_PAGE_EMPTY);
}

static void
event_of_empty_page(void)
{
    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    batch_free(&batches[0]);
    ch_heap_event(pages[0]);
}

static void
test_heap_event_of_empty_page_is_a_fault(void)
{
    unit_check_aborts(event_of_empty_page, "capheap: free list is broken: 0x");
}

/* ---- against a model ----------------------------------------------------- */

#define N_SLOTS 3000u

static struct {
    unsigned char *p;
    size_t size;
    unsigned char mark;
} slots[N_SLOTS];

/* Sizes that meet small pages, medium pages and each other's empty ones. */
static size_t
random_size(uint64_t *random)
{
    static const size_t limits[] = {64, 1024, 8192, CH_CLASS_MAX};

    return unit_below(random, limits[unit_below(random, 4)] + 1);
}

static void
test_heap_random_use_never_mixes_blocks(void)
{
    uint64_t random = unit_seed(0x4ea7);

    heap_begin();
    for (unsigned i = 0; i < 150000; i++) {
        size_t s = unit_below(&random, N_SLOTS);

        if (slots[s].p != NULL) {
            CHECK(unit_is_filled(slots[s].p, slots[s].size, slots[s].mark));
            heap_free(slots[s].p);
            slots[s].p = NULL;
            continue;
        }
        slots[s].size = random_size(&random);
        slots[s].p = heap_alloc(slots[s].size);
        slots[s].mark = (unsigned char)i;
        memset(slots[s].p, slots[s].mark, slots[s].size);
    }
    for (size_t s = 0; s < N_SLOTS; s++) {
        if (slots[s].p != NULL) {
            CHECK(unit_is_filled(slots[s].p, slots[s].size, slots[s].mark));
            heap_free(slots[s].p);
        }
    }
    ch_cache_trim();
    CHECK_EQ(heap_live(), 0);
    CHECK(ch_region_is_valid(heap_region()));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_heap_take_of_every_class_gives_aligned_blocks_apart),
        forked_test(test_heap_take_after_free_gives_the_block_again),
        forked_test(
            test_heap_take_prefers_what_others_freed_in_the_current_page),
        forked_test(test_heap_take_prefers_waiting_pages_to_fresh_blocks),
        forked_test(test_heap_take_looks_at_the_wake_list_before_it_grows),
        forked_test(
            test_heap_take_without_memory_returns_null_and_then_recovers),
        forked_test(test_heap_free_of_whole_page_in_any_order_empties_it),
        forked_test(test_heap_free_in_parked_page_joins_what_others_freed),
        forked_test(test_heap_last_free_in_parked_page_releases_it),
        forked_test(test_heap_event_of_current_page_looks_round),
        forked_test(test_heap_event_of_empty_page_is_a_fault),
        forked_test(test_heap_random_use_never_mixes_blocks),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
