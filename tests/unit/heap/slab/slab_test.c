/* SPDX-License-Identifier: MIT */
/*
 * slab_test.c - blocks of any size, and which part of the engine has them.
 */
#include "heap/slab/slab.h"

#include "unit/heap/slab/_slab.h"

/* Sizes of every kind of block and at the edges between the kinds. */
static const size_t sizes[] = {0, 1, 15, 16, 17, 64, 1000, CH_SMALL_MAX,
    CH_SMALL_MAX + 1, CH_SMALL_PAGE_MAX, CH_SMALL_PAGE_MAX + 1, 50000,
    CH_CLASS_MAX, CH_CLASS_MAX + 1, 100000, CH_MIB, CH_RUN_MAX, CH_RUN_MAX + 1,
    CH_RUN_MAX + 3 * CH_MIB};

static struct ch_page *
page_of(const void *p)
{
    return ch_map_find(p);
}

static enum ch_page_kind
kind_of_size(size_t size)
{
    if (size <= CH_CLASS_MAX) {
        return size <= CH_SMALL_PAGE_MAX ? CH_PAGE_SMALL : CH_PAGE_MEDIUM;
    }
    return size <= CH_RUN_MAX ? CH_PAGE_RUN : CH_PAGE_HUGE;
}

static void
test_slab_alloc_of_every_kind_is_as_large_as_said(void)
{
    heap_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *p = heap_alloc(sizes[i]);
        size_t usable = ch_slab_usable(page_of(p));

        CHECK_EQ(page_of(p)->kind, kind_of_size(sizes[i]));
        CHECK(ch_slab_has(page_of(p)));
        CHECK(usable >= sizes[i] && usable > 0);
        CHECK_EQ(usable, ch_slab_good_size(sizes[i]));
        memset(p, 1, usable);
        heap_free(p);
    }
}

static void
test_slab_good_size_is_its_own_good_size(void)
{
    for (size_t size = 0; size < 3 * CH_CLASS_MAX; size++) {
        size_t good = ch_slab_good_size(size);

        CHECK(good >= size);
        CHECK_EQ(ch_slab_good_size(good), good);
    }
}

static void
test_slab_alloc_zeroed_of_recycled_memory_is_zero(void)
{
    heap_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        for (int round = 0; round < 3; round++) {
            char *p = ch_slab_alloc_zeroed(sizes[i]);

            CHECK(p != NULL && unit_is_filled(p, sizes[i], 0));
            memset(p, 0xaa, ch_slab_usable(page_of(p)));
            heap_free(p);
        }
    }
}

static void
test_slab_alloc_aligned_of_every_size_is_aligned(void)
{
    heap_begin();
    for (size_t align = 1; align <= 64 * CH_MIB; align *= 2) {
        for (size_t i = 0; i < ARRAY_LENGTH(sizes) - 3; i++) {
            char *p = ch_slab_alloc_aligned(align, sizes[i]);
            char *q = ch_slab_alloc_aligned(align, sizes[i]);

            CHECK(p != NULL && ch_is_aligned(p, align));
            CHECK(q != NULL && ch_is_aligned(q, align) && p != q);
            CHECK(ch_slab_usable(page_of(p)) >= sizes[i]);
            memset(p, 1, sizes[i]);
            heap_free(p);
            heap_free(q);
        }
    }
    ch_cache_trim();
    CHECK_EQ(heap_live(), 0);
}

static void
test_slab_alloc_aligned_to_little_costs_no_more(void)
{
    heap_begin();
    for (size_t align = 1; align <= CH_MIN_ALIGN; align *= 2) {
        void *p = ch_slab_alloc_aligned(align, 100);

        CHECK_EQ(ch_slab_usable(page_of(p)), ch_slab_good_size(100));
    }
}

static void
test_slab_resize_within_the_class_stays(void)
{
    char *p;

    heap_begin();
    p = heap_alloc(1000);
    CHECK(ch_slab_resize(page_of(p), p, 1008) == p);
    CHECK(ch_slab_resize(page_of(p), p, 600) == p);
    CHECK(ch_slab_resize(page_of(p), p, 1009) == NULL);
    CHECK(ch_slab_resize(page_of(p), p, 100) == NULL);
    p = heap_alloc(1);
    CHECK(ch_slab_resize(page_of(p), p, 16) == p);
    CHECK(ch_slab_resize(page_of(p), p, 1) == p);
    CHECK(ch_slab_resize(page_of(p), p, 17) == NULL);
}

static void
test_slab_resize_of_large_block_is_that_of_large(void)
{
    char *p;

    heap_begin();
    p = heap_alloc(CH_MIB);
    CHECK(ch_slab_resize(page_of(p), p, 2 * CH_MIB) == p);
    CHECK_EQ(ch_slab_usable(page_of(p)), 2 * CH_MIB);
    CHECK(ch_slab_resize(page_of(p), p, 100) == NULL);
}

static void
test_slab_free_of_large_block_twice_is_false(void)
{
    char *p;

    heap_begin();
    p = heap_alloc(CH_MIB);
    CHECK(ch_slab_free(page_of(p), p));
    CHECK(!ch_slab_free(page_of(p), p));
    CHECK(!ch_slab_has(page_of(p)));
}

static void
test_slab_free_by_owner_and_by_others_both_count(void)
{
    struct ch_page *page;
    void *p;
    void *q;

    heap_begin();
    p = heap_alloc(100);
    q = heap_alloc(100);
    page = page_of(p);
    CHECK(page_of(q) == page);
    heap_free(p);
    CHECK_EQ(remote_count(page), 0);
    free_remotely(q);
    CHECK_EQ(remote_count(page), 1);
}

static void
test_slab_has_of_foreign_and_freed_pages_is_false(void)
{
    int local = 0;

    heap_begin();
    CHECK(!ch_slab_has(page_of(&local)));
    CHECK(!ch_slab_has(&ch_page_freed));
    CHECK(ch_slab_has(page_of(heap_alloc(1))));
}

static void
test_slab_alloc_of_medium_block_without_room_for_a_page_is_a_run(void)
{
    void *p;

    heap_begin();
    (void)ch_cache_enter();
    ch_budget_set_limit(ch_budget_used() + CH_CLASS_MAX);
    p = heap_alloc(CH_CLASS_MAX);
    CHECK_EQ(page_of(p)->kind, CH_PAGE_RUN);
    CHECK_EQ(ch_slab_usable(page_of(p)), CH_CLASS_MAX);
    CHECK(ch_slab_alloc(CH_CLASS_MAX) == NULL);
    heap_free(p);
    ch_budget_set_limit(0);
    CHECK_EQ(page_of(heap_alloc(CH_CLASS_MAX))->kind, CH_PAGE_MEDIUM);
}

static void
test_slab_alloc_without_memory_returns_null(void)
{
    heap_begin();
    ch_budget_set_limit(1);
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        CHECK(ch_slab_alloc(sizes[i]) == NULL);
        CHECK(ch_slab_alloc_zeroed(sizes[i]) == NULL);
        CHECK(ch_slab_alloc_aligned(4096, sizes[i]) == NULL);
    }
    ch_budget_set_limit(0);
    CHECK(ch_slab_alloc(1) != NULL);
    CHECK(ch_slab_alloc(PTRDIFF_MAX) == NULL);
}

static void
test_slab_fast_paths_hit_after_the_first_call(void)
{
    void *p;

    CHECK(!ch_slab_is_fast(0));
    heap_begin();
    CHECK(ch_slab_is_fast(0) && ch_slab_is_fast(CH_SMALL_MAX));
    CHECK(!ch_slab_is_fast(CH_SMALL_MAX + 1) && !ch_slab_is_fast(SIZE_MAX));
    (void)heap_alloc(100);
    p = ch_slab_alloc_fast(100);
    CHECK(p != NULL);
    CHECK(ch_slab_own_page_fast(p) == page_of(p));
    CHECK(!ch_slab_give_fast(page_of(p), p));
    CHECK(ch_slab_alloc_fast(100) == p);
    CHECK(ch_slab_own_page_fast((char *)p + 8) == NULL);
    CHECK(ch_slab_own_page_fast(&p) == NULL);
    CHECK(ch_slab_own_page_fast(NULL) == NULL);
}

static void *
look_at_foreign_block(void *p)
{
    CHECK(ch_slab_own_page_fast(p) == NULL);
    (void)heap_alloc(100);
    CHECK(ch_slab_own_page_fast(p) == NULL);
    return NULL;
}

static void
test_slab_own_page_fast_of_block_of_another_thread_is_null(void)
{
    heap_begin();
    unit_on_thread(look_at_foreign_block, heap_alloc(100));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_slab_alloc_of_every_kind_is_as_large_as_said),
        forked_test(test_slab_good_size_is_its_own_good_size),
        forked_test(test_slab_alloc_zeroed_of_recycled_memory_is_zero),
        forked_test(test_slab_alloc_aligned_of_every_size_is_aligned),
        forked_test(test_slab_alloc_aligned_to_little_costs_no_more),
        forked_test(test_slab_resize_within_the_class_stays),
        forked_test(test_slab_resize_of_large_block_is_that_of_large),
        forked_test(test_slab_free_of_large_block_twice_is_false),
        forked_test(test_slab_free_by_owner_and_by_others_both_count),
        forked_test(test_slab_has_of_foreign_and_freed_pages_is_false),
        forked_test(
            test_slab_alloc_of_medium_block_without_room_for_a_page_is_a_run),
        forked_test(test_slab_alloc_without_memory_returns_null),
        forked_test(test_slab_fast_paths_hit_after_the_first_call),
        forked_test(test_slab_own_page_fast_of_block_of_another_thread_is_null),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
