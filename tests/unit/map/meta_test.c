/* SPDX-License-Identifier: MIT */
/*
 * meta_test.c - the library's own memory, and page records.
 */
#include "map/meta.h"

#include "base/arith.h"
#include "map/page.h"
#include "unit/_unit.h"

#define ALIGN 128u

static struct {
    size_t charged; /* bytes */
    size_t limit;   /* bytes that charge() grants */
} budget = {0, SIZE_MAX};

static int
charge(size_t bytes)
{
    if (bytes > budget.limit - budget.charged) {
        return -ENOMEM;
    }
    budget.charged += bytes;
    return 0;
}

static struct ch_meta_stats
stats(void)
{
    struct ch_meta_stats s;

    ch_meta_get_stats(&s);
    return s;
}

static void
test_meta_alloc_of_many_sizes_is_zeroed_aligned_and_apart(void)
{
    uint64_t random = unit_seed(0x3e7a);
    unsigned char *blocks[200];
    size_t sizes[200];

    for (size_t i = 0; i < 200; i++) {
        sizes[i] = unit_below(&random, i % 10 == 0 ? 300000 : 3000) + 1;
        blocks[i] = ch_meta_alloc(sizes[i]);
        CHECK(blocks[i] != NULL && ch_is_aligned(blocks[i], ALIGN));
        CHECK(unit_is_filled(blocks[i], sizes[i], 0));
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < 200; i++) {
        CHECK(unit_is_filled(blocks[i], sizes[i], (unsigned char)(i + 1)));
    }
}

static void
test_meta_alloc_beyond_the_reserve_takes_another_piece(void)
{
    char *p;
    char *big;

    ch_meta_init(CH_MIB, NULL);
    p = ch_meta_alloc(1000);
    big = ch_meta_alloc(5 * CH_MIB);
    CHECK(p != NULL && big != NULL);
    CHECK(unit_is_filled(big, 5 * CH_MIB, 0));
    memset(big, 1, 5 * CH_MIB);
    CHECK(unit_is_filled(p, 1000, 0));
    CHECK(ch_meta_alloc(1000) != NULL);
    CHECK(stats().reserved >= 6 * CH_MIB);
}

static void
test_meta_alloc_in_small_reserve_crosses_all_steps(void)
{
    ch_meta_init(1, NULL);
    for (int i = 0; i < 3000; i++) {
        char *p = ch_meta_alloc(1000);

        CHECK(p != NULL && unit_is_filled(p, 1000, 0));
        memset(p, 1, 1000);
    }
}

static void
test_meta_stats_of_small_use_stay_small(void)
{
    struct ch_meta_stats s = stats();

    CHECK_EQ(s.reserved + s.committed + s.used, 0);
    ch_meta_init(16 * CH_MIB, NULL);
    CHECK(ch_meta_alloc(1) != NULL);
    s = stats();
    CHECK_EQ(s.used, ALIGN);
    CHECK_EQ(s.reserved, 16 * CH_MIB);
    CHECK(s.committed >= s.used && s.committed <= 64 * CH_KIB);
    CHECK(ch_meta_alloc(ALIGN + 1) != NULL);
    CHECK_EQ(stats().used, 3 * ALIGN);
    CHECK_EQ(stats().committed, s.committed);
}

static void
test_meta_charge_is_asked_for_all_that_is_committed(void)
{
    ch_meta_init(CH_MIB, charge);
    for (int i = 0; i < 500; i++) {
        CHECK(ch_meta_alloc(3000) != NULL);
        CHECK_EQ(budget.charged, stats().committed);
        CHECK(stats().used <= stats().committed);
        CHECK(stats().committed <= stats().reserved);
    }
}

static void
test_meta_charge_that_refuses_gives_null_until_it_grants(void)
{
    struct ch_meta_stats before;

    ch_meta_init(CH_MIB, charge);
    while (ch_meta_alloc(4096) != NULL && budget.charged < 200 * CH_KIB) {
    }
    budget.limit = budget.charged;
    while (ch_meta_alloc(4096) != NULL) {
    }
    before = stats();
    CHECK(ch_meta_alloc(4096) == NULL);
    CHECK_EQ(stats().used, before.used);
    CHECK_EQ(stats().committed, before.committed);
    budget.limit = SIZE_MAX;
    CHECK(ch_meta_alloc(4096) != NULL);
}

static void
test_meta_alloc_without_address_space_gives_null_for_now(void)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = CH_MIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    ch_meta_init(16 * CH_MIB, NULL);
    CHECK(ch_meta_alloc(1000) == NULL);
    CHECK(ch_page_new() == NULL);
    CHECK_EQ(stats().used, 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    CHECK(ch_meta_alloc(1000) != NULL);
}

static void
test_meta_alloc_with_little_address_space_takes_less_at_a_time(void)
{
    struct rlimit limit;
    FILE *f = fopen("/proc/self/statm", "r");
    size_t n_pages = 0;

    CHECK(f != NULL && fscanf(f, "%zu", &n_pages) == 1);
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = n_pages * (size_t)sysconf(_SC_PAGESIZE) + CH_MIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    ch_meta_init(16 * CH_MIB, NULL);
    CHECK(ch_meta_alloc(1000) != NULL);
    CHECK(stats().reserved <= CH_MIB);
}

/* ---- page records -------------------------------------------------------- */

static void
test_page_new_is_zeroed_and_aligned(void)
{
    for (int i = 0; i < 1000; i++) {
        struct ch_page *page = ch_page_new();

        CHECK(page != NULL && ch_is_aligned(page, ALIGN));
        CHECK(unit_is_filled(page, sizeof *page, 0));
        memset(page, 0xff, sizeof *page);
    }
}

static void
test_page_delete_gives_the_record_to_the_next(void)
{
    struct ch_page *a = ch_page_new();
    struct ch_page *b = ch_page_new();
    size_t used = stats().used;

    ch_page_delete(a);
    ch_page_delete(b);
    CHECK(ch_page_new() == b);
    CHECK(ch_page_new() == a);
    CHECK_EQ(stats().used, used);
    CHECK(ch_page_new() != NULL);
    CHECK(stats().used > used);
}

/* Fills all that a page in use may have left behind. */
static void
use_record(struct ch_page *page)
{
    page->owner = (struct ch_cache *)0x10;
    page->list = &page->lfree;
    page->countdown = 7;
    page->lfree = page;
    page->carved = 5;
    page->kind = CH_PAGE_SMALL;
    page->remote = 77;
    page->next = page;
    page->prev = page;
}

static void
test_page_reused_is_nobodys_and_empty(void)
{
    struct ch_page *other = ch_page_new();
    struct ch_page *page = ch_page_new();

    use_record(page);
    ch_page_delete(other);
    ch_page_delete(page);
    CHECK(ch_page_new() == page);
    CHECK(page->owner == NULL && page->list == NULL && page->lfree == NULL);
    CHECK(page->next == NULL && page->prev == NULL);
    CHECK_EQ(page->kind, CH_PAGE_NONE);
    CHECK_EQ(page->remote, 0);
    CHECK_EQ(page->countdown, 0);
    CHECK_EQ(page->carved, 0);
}

static void
test_page_deleted_reads_as_nobodys(void)
{
    struct ch_page *page = ch_page_new();

    use_record(page);
    ch_page_delete(page);
    CHECK(page->owner == NULL);
    CHECK_EQ(page->kind, CH_PAGE_NONE);
    CHECK_EQ(page->remote, 0);
}

static void
test_page_deleted_takes_its_mark_along(void)
{
    struct ch_page *page = ch_page_new();
    struct ch_page *mark = ch_page_new();

    mark->kind = CH_PAGE_FIXED;
    mark->under = page;
    page->mark = mark;
    ch_page_delete(page);
    CHECK(ch_page_new() == mark);
    CHECK_EQ(mark->kind, CH_PAGE_NONE);
    CHECK(mark->under == NULL);
    CHECK(ch_page_new() == page);
    CHECK(page->mark == NULL);
}

/* ---- giving back --------------------------------------------------------- */

static void
test_meta_give_back_returns_what_was_never_open(void)
{
    struct ch_meta_stats before;
    size_t bytes;

    ch_meta_init(16 * CH_MIB, NULL);
    CHECK(ch_meta_alloc(1000) != NULL);
    before = stats();
    bytes = ch_meta_give_back();
    CHECK_EQ(bytes, before.reserved - before.committed);
    CHECK_EQ(stats().reserved, before.committed);
    CHECK_EQ(stats().committed, before.committed);
    CHECK_EQ(ch_meta_give_back(), 0);
}

static void
test_meta_alloc_after_give_back_takes_small_pieces(void)
{
    unsigned char *p;

    ch_meta_init(16 * CH_MIB, NULL);
    p = ch_meta_alloc(1000);
    memset(p, 1, 1000);
    CHECK(ch_meta_give_back() > 0);
    for (int i = 0; i < 1000; i++) {
        char *q = ch_meta_alloc(1000);

        CHECK(q != NULL && unit_is_filled(q, 1000, 0));
        memset(q, 2, 1000);
    }
    CHECK(unit_is_filled(p, 1000, 1));
    CHECK(stats().reserved < 4 * CH_MIB);
}

/* ---- threads ------------------------------------------------------------- */

#define N_THREADS 4u
#define N_EACH    500u

static void *
alloc_and_stamp(void *arg)
{
    struct ch_page *pages[N_EACH];
    size_t *blocks[N_EACH];

    for (size_t i = 0; i < N_EACH; i++) {
        blocks[i] = ch_meta_alloc(64 + i);
        pages[i] = ch_page_new();
        CHECK(*blocks[i] == 0 && pages[i]->owner == NULL);
        *blocks[i] = (size_t)arg + i;
        pages[i]->owner = (struct ch_cache *)arg;
    }
    for (size_t i = 0; i < N_EACH; i++) {
        CHECK_EQ(*blocks[i], (size_t)arg + i);
        CHECK(pages[i]->owner == (struct ch_cache *)arg);
        ch_page_delete(pages[i]);
    }
    return NULL;
}

static void
test_meta_alloc_by_many_threads_never_gives_memory_twice(void)
{
    pthread_t threads[N_THREADS];

    for (size_t i = 0; i < N_THREADS; i++) {
        threads[i] =
            unit_thread_start(alloc_and_stamp, (void *)((i + 1) << 32));
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static void
test_meta_lock_reset_lets_the_child_go_on(void)
{
    ch_meta_lock();
    ch_meta_reset_lock();
    CHECK(ch_meta_alloc(1) != NULL);
    ch_meta_lock();
    ch_meta_unlock();
    CHECK(ch_meta_alloc(1) != NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_meta_alloc_of_many_sizes_is_zeroed_aligned_and_apart),
        forked_test(test_meta_alloc_beyond_the_reserve_takes_another_piece),
        forked_test(test_meta_alloc_in_small_reserve_crosses_all_steps),
        forked_test(test_meta_stats_of_small_use_stay_small),
        forked_test(test_meta_charge_is_asked_for_all_that_is_committed),
        forked_test(test_meta_charge_that_refuses_gives_null_until_it_grants),
        forked_test(test_meta_alloc_without_address_space_gives_null_for_now),
        forked_test(
            test_meta_alloc_with_little_address_space_takes_less_at_a_time),
        forked_test(test_page_new_is_zeroed_and_aligned),
        forked_test(test_page_delete_gives_the_record_to_the_next),
        forked_test(test_page_reused_is_nobodys_and_empty),
        forked_test(test_page_deleted_reads_as_nobodys),
        forked_test(test_page_deleted_takes_its_mark_along),
        forked_test(test_meta_give_back_returns_what_was_never_open),
        forked_test(test_meta_alloc_after_give_back_takes_small_pieces),
        forked_test(test_meta_alloc_by_many_threads_never_gives_memory_twice),
        forked_test(test_meta_lock_reset_lets_the_child_go_on),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
