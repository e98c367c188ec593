/* SPDX-License-Identifier: MIT */
/*
 * remote_test.c - frees by other threads, and what the owner makes of them.
 */
#include "heap/slab/remote.h"

#include "unit/heap/slab/_slab.h"

#define C       ch_class_of(SIZE)
#define N_PAGES 64u

static struct batch batches[N_PAGES];
static struct ch_page *pages[N_PAGES];

static void
drain(void)
{
    ch_lock(&ch_cache_self->lock);
    ch_remote_drain(ch_cache_self);
    ch_unlock(&ch_cache_self->lock);
}

static void
test_remote_word_has_room_for_every_block(void)
{
    uint64_t word = CH_REMOTE_WAKE | UINT64_C(0xffffff) << 32 | 5;
    struct ch_page page = {.start = (char *)0x10000};

    CHECK_EQ(ch_remote_count(word), 0xffffff);
    CHECK_EQ(ch_remote_count(CH_REMOTE_WAKE), 0);
    CHECK(ch_remote_head(&page, word) == (void *)0x10040);
    CHECK(ch_remote_head(&page, CH_REMOTE_WAKE) == NULL);
}

static void
test_remote_free_counts_and_lists_last_in_first_out(void)
{
    struct ch_page *page;
    uint32_t count;
    void **p;

    heap_begin();
    page = take_whole_page(&batches[0], SIZE);
    for (uint32_t i = 0; i < 3; i++) {
        free_remotely(batches[0].p[i]);
        CHECK_EQ(remote_count(page), i + 1);
        CHECK(ch_remote_head(page, page->remote) == batches[0].p[i]);
    }
    p = ch_remote_take(page, &count);
    CHECK_EQ(count, 3);
    CHECK_EQ(remote_count(page), 0);
    for (uint32_t i = 3; i > 0; i--) {
        CHECK(p == batches[0].p[i - 1]);
        p = *p;
    }
    CHECK(p == NULL);
}

static void
test_remote_take_of_nothing_is_null_and_leaves_wake(void)
{
    struct ch_page page = {.remote = CH_REMOTE_WAKE};
    uint32_t count = 7;

    CHECK(ch_remote_take(&page, &count) == NULL);
    CHECK_EQ(count, 0);
    CHECK_EQ(page.remote, CH_REMOTE_WAKE);
}

static void
test_remote_take_leaves_wake_as_it_is(void)
{
    uint32_t count;

    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    batch_free_remotely(&batches[0]);
    CHECK(has_wake(pages[0]));
    CHECK(ch_remote_take(pages[0], &count) != NULL);
    CHECK_EQ(count, pages[0]->capacity);
    CHECK_EQ(pages[0]->remote, CH_REMOTE_WAKE);
}

static void
test_remote_free_in_parked_page_wakes_when_it_is_worth_it(void)
{
    struct ch_page *page;
    uint32_t n = 0;

    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    page = pages[0];
    CHECK(page->capacity >= 32);
    do {
        CHECK(ch_cache_self->wake == NULL);
        free_remotely(batches[0].p[n++]);
    } while (!has_wake(page));
    CHECK(n > 1 && n <= page->capacity / 2);
    CHECK(ch_cache_self->wake == page);
    CHECK(page->wake_next == NULL);
    CHECK_EQ(remote_count(page), n);
    /* Once is enough. */
    free_remotely(batches[0].p[n]);
    CHECK(ch_cache_self->wake == page && page->wake_next == NULL);
}

static void
test_remote_free_in_waiting_page_wakes_at_once(void)
{
    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    heap_free(batches[0].p[0]);
    CHECK_EQ(pages[0]->state, CH_PAGE_AVAIL);
    free_remotely(batches[0].p[1]);
    CHECK(has_wake(pages[0]));
    CHECK(ch_cache_self->wake == pages[0]);
}

static void
test_remote_drain_offers_parked_page(void)
{
    struct ch_page *page;
    uint32_t n = 0;

    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    page = pages[0];
    while (!has_wake(page)) {
        free_remotely(batches[0].p[n++]);
    }
    drain();
    CHECK(ch_cache_self->wake == NULL);
    CHECK_EQ(page->remote, 0);
    check_avail(pages, 1, SIZE);
    CHECK_EQ(page->countdown, page->capacity - n);
    CHECK(page->lfree == batches[0].p[n - 1]);
}

static uint32_t
list_length(void *list)
{
    uint32_t n = 0;

    for (; list != NULL; list = *(void **)list) {
        n++;
    }
    return n;
}

static void
test_remote_drain_of_waiting_page_counts_the_rest(void)
{
    struct ch_page *page;

    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    page = pages[0];
    heap_free(batches[0].p[0]);
    free_remotely(batches[0].p[1]);
    drain();
    CHECK(!has_wake(page));
    /* Moved to lfree or left on the remote list, but counted as it should. */
    CHECK_EQ(page->countdown, page->carved - list_length(page->lfree));
    CHECK_EQ(list_length(page->lfree) + remote_count(page), 2);
    check_avail(pages, 1, SIZE);
}

static void
test_remote_drain_of_emptied_page_releases_it(void)
{
    heap_begin();
    (void)take_pages(batches, pages, 2, SIZE);
    batch_free_remotely(&batches[0]);
    heap_free(batches[1].p[--batches[1].n]);
    batch_free_remotely(&batches[1]);
    CHECK_EQ(pages[0]->state, CH_PAGE_PARKED);
    CHECK_EQ(pages[1]->state, CH_PAGE_AVAIL);
    drain();
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ(pages[i]->state, CH_PAGE_EMPTY);
        CHECK_EQ(pages[i]->remote, 0);
    }
    CHECK_EQ(ch_cache_self->n_empty, 2);
    check_avail(NULL, 0, SIZE);
}

static void
test_remote_drain_of_current_page_leaves_its_blocks(void)
{
    struct ch_page *page;

    heap_begin();
    page = take_whole_page(&batches[0], SIZE);
    batches[0].n--;
    batch_free_remotely(&batches[0]);
    CHECK(has_wake(page));
    drain();
    CHECK(!has_wake(page));
    CHECK_EQ(remote_count(page), page->capacity - 1);
    CHECK_EQ(page->state, CH_PAGE_CURRENT);
}

static void
test_remote_drain_of_page_of_another_cache_hands_it_on(void)
{
    static struct ch_cache other;
    struct ch_page *page;

    heap_begin();
    (void)take_pages(batches, pages, 1, SIZE);
    page = pages[0];
    batch_free_remotely(&batches[0]);
    page->owner = &other;
    drain();
    CHECK(other.wake == page);
    CHECK(has_wake(page));
    CHECK(ch_cache_self->wake == NULL);
}

/* ---- an owner that sleeps ------------------------------------------------ */

static void
test_remote_frees_release_pages_of_sleeping_owner(void)
{
    size_t live;

    heap_begin();
    (void)take_pages(batches, pages, N_PAGES, CH_SMALL_PAGE_MAX);
    live = heap_live();
    for (size_t i = 0; i < N_PAGES; i++) {
        batch_free_remotely(&batches[i]);
    }
    CHECK(heap_live() <= live / 2);
    drain();
    CHECK(heap_live() <= live / 4);
    CHECK(ch_region_is_valid(heap_region()));
}

static void
test_remote_frees_of_busy_owner_leave_it_alone(void)
{
    size_t live;

    heap_begin();
    (void)take_pages(batches, pages, N_PAGES, CH_SMALL_PAGE_MAX);
    live = heap_live();
    ch_lock(&ch_cache_self->lock);
    for (size_t i = 0; i < N_PAGES; i++) {
        batch_free_remotely(&batches[i]);
    }
    CHECK_EQ(heap_live(), live);
    ch_unlock(&ch_cache_self->lock);
    drain();
    CHECK(heap_live() < live);
}

static void
test_remote_frees_of_some_blocks_release_no_page(void)
{
    size_t live;

    heap_begin();
    (void)take_pages(batches, pages, N_PAGES, CH_SMALL_PAGE_MAX);
    live = heap_live();
    for (size_t i = 0; i < N_PAGES; i++) {
        batches[i].n--;
        batch_free_remotely(&batches[i]);
    }
    CHECK_EQ(heap_live(), live);
    for (size_t i = 0; i < N_PAGES; i++) {
        CHECK_EQ(remote_count(pages[i]), pages[i]->capacity - 1);
    }
}

/* ---- double free --------------------------------------------------------- */

/* More frees than the page has blocks. */
static void *
free_too_often(void *p)
{
    struct ch_page *page = ch_map_find(p);

    for (uint32_t i = 0; i <= page->capacity; i++) {
        ch_remote_free(page, p);
    }
    return NULL;
}

static void
free_twice_remotely(void)
{
    void *p = heap_alloc(SIZE);

    unit_on_thread(free_too_often, p);
}

static void
test_remote_free_of_more_blocks_than_there_are_is_a_double_free(void)
{
    heap_begin();
    unit_check_aborts(free_twice_remotely, "capheap: double free: 0x");
}

/* ---- many threads -------------------------------------------------------- */

#define N_THREADS 3u
#define N_SLOTS   4096u

static void *slots[N_SLOTS]; /* atomic: blocks on their way */

/* Swaps blocks of its own into slots and frees what was there. */
static void *
swap_blocks(void *arg)
{
    uint64_t random = unit_seed(0x4e40) + (size_t)arg;

    for (int i = 0; i < 100000; i++) {
        size_t size = unit_below(&random, i % 8 == 0 ? 20000 : 600) + 16;
        size_t *p = heap_alloc(size);

        p[0] = size;
        p[1] = ~size;
        p = __atomic_exchange_n(
            &slots[unit_below(&random, N_SLOTS)], p, __ATOMIC_ACQ_REL);
        if (p != NULL) {
            CHECK_EQ(p[0], ~p[1]);
            CHECK(ch_map_find(p)->block_size >= p[0]);
            heap_free(p);
        }
    }
    return NULL;
}

static void
test_remote_frees_of_many_threads_lose_no_block(void)
{
    pthread_t threads[N_THREADS];

    heap_begin();
    for (size_t i = 0; i < N_THREADS; i++) {
        threads[i] = unit_thread_start(swap_blocks, (void *)i);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    for (size_t i = 0; i < N_SLOTS; i++) {
        if (slots[i] != NULL) {
            heap_free(slots[i]);
        }
    }
    CHECK(ch_region_is_valid(heap_region()));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_remote_word_has_room_for_every_block),
        forked_test(test_remote_free_counts_and_lists_last_in_first_out),
        forked_test(test_remote_take_of_nothing_is_null_and_leaves_wake),
        forked_test(test_remote_take_leaves_wake_as_it_is),
        forked_test(test_remote_free_in_parked_page_wakes_when_it_is_worth_it),
        forked_test(test_remote_free_in_waiting_page_wakes_at_once),
        forked_test(test_remote_drain_offers_parked_page),
        forked_test(test_remote_drain_of_waiting_page_counts_the_rest),
        forked_test(test_remote_drain_of_emptied_page_releases_it),
        forked_test(test_remote_drain_of_current_page_leaves_its_blocks),
        forked_test(test_remote_drain_of_page_of_another_cache_hands_it_on),
        forked_test(test_remote_frees_release_pages_of_sleeping_owner),
        forked_test(test_remote_frees_of_busy_owner_leave_it_alone),
        forked_test(test_remote_frees_of_some_blocks_release_no_page),
        forked_test(
            test_remote_free_of_more_blocks_than_there_are_is_a_double_free),
        forked_test(test_remote_frees_of_many_threads_lose_no_block),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
