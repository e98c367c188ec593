/* SPDX-License-Identifier: MIT */
/*
 * large_test.c - runs and huge blocks.
 */
#include "heap/slab/large.h"

#include "os/vm.h"
#include "unit/heap/slab/_slab.h"

#define RUN  (4 * CH_MIB)
#define HUGE (CH_RUN_MAX + CH_MIB)

static char *
large_alloc(size_t size, size_t align, bool zero)
{
    const struct ch_large_want want = {size, align, zero};
    char *p = ch_large_alloc(ch_arena_get(0), &want);

    CHECK(p != NULL && ch_is_aligned(p, align));
    return p;
}

static struct ch_page *
page_of(const void *p)
{
    return ch_map_find(p);
}

static void
large_free(char *p)
{
    CHECK(ch_large_free(page_of(p), p));
}

static struct ch_large_stats
stats(void)
{
    struct ch_large_stats s;

    ch_large_get_stats(&s);
    return s;
}

static void
check_stats(size_t n, size_t bytes, size_t peak)
{
    struct ch_large_stats s = stats();

    CHECK_EQ(s.n_huge, n);
    CHECK_EQ(s.huge_bytes, bytes);
    CHECK_EQ(s.huge_peak_bytes, peak);
}

/* Marks each page of a block, which is less to do than to fill it. */
static void
mark(char *p, size_t size)
{
    for (size_t at = 0; at < size; at += 4096) {
        *(size_t *)(void *)(p + at) = at + 1;
    }
}

static bool
is_marked(const char *p, size_t size)
{
    for (size_t at = 0; at < size; at += 4096) {
        if (*(const size_t *)(const void *)(p + at) != at + 1) {
            return false;
        }
    }
    return true;
}

/* ---- runs ---------------------------------------------------------------- */

static void
test_large_run_is_whole_slices_with_one_record(void)
{
    char *p;

    heap_begin();
    p = large_alloc(RUN - 100, CH_SLICE, false);
    CHECK_EQ(page_of(p)->kind, CH_PAGE_RUN);
    CHECK_EQ(page_of(p)->bytes, RUN);
    CHECK(page_of(p)->start == p);
    CHECK_EQ(page_of(p)->n_slices, RUN / CH_SLICE);
    CHECK_EQ(page_of(p + CH_SLICE)->kind, CH_PAGE_NONE);
    CHECK_EQ(ch_arena_get(0)->region.n_live * CH_SLICE, RUN);
    CHECK_EQ(ch_arena_get(0)->region.touched, RUN);
    CHECK_EQ(heap_live(), RUN / CH_SLICE);
    memset(p, 1, RUN);
    check_stats(0, 0, 0);
}

static void
test_large_run_of_greatest_size_is_not_huge(void)
{
    heap_begin();
    CHECK_EQ(
        page_of(large_alloc(CH_RUN_MAX, CH_SLICE, false))->kind, CH_PAGE_RUN);
    CHECK_EQ(page_of(large_alloc(CH_RUN_MAX + 1, CH_SLICE, false))->kind,
        CH_PAGE_HUGE);
}

static void
test_large_run_freed_goes_back_and_is_known_as_freed(void)
{
    char *p;

    heap_begin();
    p = large_alloc(RUN, CH_SLICE, false);
    large_free(p);
    CHECK_EQ(page_of(p)->kind, CH_PAGE_FREED);
    CHECK_EQ(heap_live(), 0);
    CHECK_EQ(heap_region()->n_dirty, RUN / CH_SLICE);
    CHECK_EQ(ch_arena_get(0)->region.n_live, 0);
    CHECK_EQ(ch_arena_get(0)->region.touched, 0);
    CHECK(ch_cache_active == &ch_cache_empty);
    CHECK(large_alloc(RUN, CH_SLICE, false) == p);
    CHECK_EQ(page_of(p)->kind, CH_PAGE_RUN);
}

static void
test_large_free_twice_is_false(void)
{
    static const size_t sizes[] = {RUN, HUGE};

    heap_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *p = large_alloc(sizes[i], CH_SLICE, false);
        struct ch_page *page = page_of(p);

        CHECK(ch_large_free(page, p));
        CHECK(!ch_large_free(page_of(p), p));
        CHECK(!ch_large_free(page, p));
    }
    CHECK_EQ(stats().n_huge, 0);
}

static void
test_large_free_of_pointer_into_the_block_is_false(void)
{
    static const size_t sizes[] = {RUN, HUGE};

    heap_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *p = large_alloc(sizes[i], CH_SLICE, false);

        CHECK(!ch_large_free(page_of(p), p + 16));
        CHECK(!ch_large_free(page_of(p), p + CH_SLICE));
        mark(p, sizes[i]);
        large_free(p);
    }
}

static void
test_large_zeroed_run_of_recycled_memory_is_zero(void)
{
    char *p;
    char *q;

    heap_begin();
    p = large_alloc(RUN, CH_SLICE, false);
    memset(p, 0xee, RUN);
    large_free(p);
    /* Some of it purged, some dirty, some never used. */
    (void)ch_region_purge_to(heap_region(), RUN / CH_SLICE / 2);
    q = large_alloc(2 * RUN - 7, CH_SLICE, true);
    CHECK(q == p);
    CHECK(unit_is_filled(q, 2 * RUN, 0));
}

static void
test_large_zeroed_block_of_every_kind_is_zero(void)
{
    heap_begin();
    for (size_t size = CH_SLICE; size < 2 * HUGE; size = size * 3 + 5) {
        char *p = large_alloc(size, CH_SLICE, true);

        CHECK(unit_is_filled(p, size, 0));
        memset(p, 0x77, size);
        large_free(p);
    }
}

static void
test_large_alloc_at_every_alignment_is_aligned(void)
{
    heap_begin();
    for (size_t align = CH_SLICE; align <= CH_GIB; align *= 2) {
        char *p = large_alloc(3 * CH_SLICE, align, false);

        memset(p, 1, 3 * CH_SLICE);
        large_free(p);
        p = large_alloc(HUGE, align, false);
        mark(p, HUGE);
        large_free(p);
    }
    CHECK_EQ(heap_live(), 0);
    CHECK_EQ(stats().n_huge, 0);
}

static void
test_large_run_shrunk_much_gives_its_end_back(void)
{
    char *p;

    heap_begin();
    p = large_alloc(RUN, CH_SLICE, false);
    mark(p, RUN);
    CHECK(ch_large_resize(page_of(p), p, RUN / 2) == p);
    CHECK_EQ(page_of(p)->bytes, RUN / 2);
    CHECK_EQ(heap_live(), RUN / 2 / CH_SLICE);
    CHECK_EQ(ch_arena_get(0)->region.touched, RUN / 2);
    CHECK(is_marked(p, RUN / 2));
    large_free(p);
    CHECK_EQ(heap_live(), 0);
}

static void
test_large_run_shrunk_little_keeps_its_slices(void)
{
    size_t size = 32 * CH_SLICE;
    char *p;

    heap_begin();
    p = large_alloc(size, CH_SLICE, false);
    CHECK(ch_large_resize(page_of(p), p, size - CH_SLICE) == p);
    CHECK_EQ(page_of(p)->bytes, size);
    CHECK_EQ(heap_live(), 32);
}

static void
test_large_run_grows_in_place_where_there_is_room(void)
{
    char *p;

    heap_begin();
    p = large_alloc(RUN, CH_SLICE, false);
    mark(p, RUN);
    CHECK(ch_large_resize(page_of(p), p, 2 * RUN) == p);
    CHECK_EQ(page_of(p)->bytes, 2 * RUN);
    CHECK_EQ(ch_arena_get(0)->region.touched, 2 * RUN);
    CHECK(is_marked(p, RUN));
    memset(p + RUN, 1, RUN);
    large_free(p);
    CHECK_EQ(heap_live(), 0);
}

static void
test_large_run_without_room_behind_stays_as_it_was(void)
{
    char *p;

    heap_begin();
    p = large_alloc(RUN, CH_SLICE, false);
    (void)large_alloc(RUN, CH_SLICE, false);
    CHECK(ch_large_resize(page_of(p), p, RUN + 1) == NULL);
    CHECK(ch_large_resize(page_of(p), p, CH_RUN_MAX + 1) == NULL);
    CHECK(ch_large_resize(page_of(p), p, CH_CLASS_MAX) == NULL);
    CHECK(ch_large_resize(page_of(p), p + 16, RUN) == NULL);
    CHECK_EQ(page_of(p)->bytes, RUN);
    CHECK_EQ(heap_live(), 2 * RUN / CH_SLICE);
    CHECK(ch_large_resize(page_of(p), p, RUN) == p);
}

/* ---- huge blocks --------------------------------------------------------- */

static void
test_large_huge_has_a_mapping_of_its_own(void)
{
    size_t used;
    char *p;

    heap_begin();
    used = ch_budget_used();
    p = large_alloc(HUGE - 10, CH_SLICE, false);
    CHECK_EQ(page_of(p)->kind, CH_PAGE_HUGE);
    CHECK_EQ(page_of(p)->bytes, HUGE);
    CHECK_EQ(page_of(p + CH_SLICE)->kind, CH_PAGE_NONE);
    CHECK_EQ(heap_live(), 0);
    CHECK_EQ(ch_budget_used(), used + HUGE);
    check_stats(1, HUGE, HUGE);
    mark(p, HUGE);
    large_free(p);
    CHECK_EQ(ch_budget_used(), used);
    check_stats(0, 0, HUGE);
    CHECK_EQ(page_of(p)->kind, CH_PAGE_FREED);
}

static void
test_large_huge_keeps_its_content_at_every_size(void)
{
    static const size_t steps[] = {2, 3, 9, 8, 20, 2, 2, 1};
    size_t size = HUGE;
    size_t used;
    char *p;

    heap_begin();
    used = ch_budget_used();
    p = large_alloc(size, CH_SLICE, false);
    mark(p, size);
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        size_t more = steps[i] * HUGE - 3;
        char *q = ch_large_resize(page_of(p), p, more);

        CHECK(q != NULL);
        more = ch_align_up(more, ch_vm_page_size());
        CHECK(is_marked(q, ch_min_size(size, more)));
        CHECK(q == p || page_of(p)->kind == CH_PAGE_FREED);
        CHECK(page_of(q)->start == q);
        CHECK_EQ(page_of(q)->bytes, more);
        CHECK_EQ(ch_budget_used(), used + more);
        CHECK_EQ(stats().huge_bytes, more);
        mark(q, more);
        p = q;
        size = more;
    }
    CHECK_EQ(stats().huge_peak_bytes, 20 * HUGE);
    large_free(p);
    CHECK_EQ(ch_budget_used(), used);
}

static void
test_large_huge_grown_against_a_wall_moves(void)
{
    char *p;
    char *q;

    heap_begin();
    p = large_alloc(HUGE, CH_SLICE, false);
    (void)ch_vm_map(p + HUGE, ch_vm_page_size(), CH_VM_NONE);
    mark(p, HUGE);
    q = ch_large_resize(page_of(p), p, 2 * HUGE);
    CHECK(q != NULL && q != p);
    CHECK(is_marked(q, HUGE));
    CHECK_EQ(page_of(p)->kind, CH_PAGE_FREED);
    CHECK(!ch_large_free(page_of(p), p));
    large_free(q);
}

static void
test_large_huge_beyond_the_limit_is_refused(void)
{
    char *p;
    size_t used;

    heap_begin();
    ch_budget_set_limit(ch_budget_used() + 3 * HUGE);
    p = large_alloc(HUGE, CH_SLICE, false);
    mark(p, HUGE);
    used = ch_budget_used();
    CHECK(ch_large_resize(page_of(p), p, 4 * HUGE) == NULL);
    CHECK(ch_large_alloc(ch_arena_get(0),
              &(const struct ch_large_want){3 * HUGE, CH_SLICE, false})
          == NULL);
    CHECK_EQ(ch_budget_used(), used);
    CHECK_EQ(page_of(p)->bytes, HUGE);
    CHECK(is_marked(p, HUGE));
    CHECK(ch_large_resize(page_of(p), p, 3 * HUGE) != NULL);
}

static void
test_large_huge_of_absurd_size_is_refused(void)
{
    const struct ch_large_want want = {(size_t)1 << 60, CH_SLICE, false};
    size_t used;
    char *p;

    heap_begin();
    used = ch_budget_used();
    CHECK(ch_large_alloc(ch_arena_get(0), &want) == NULL);
    CHECK_EQ(ch_budget_used(), used);
    p = large_alloc(HUGE, CH_SLICE, false);
    mark(p, HUGE);
    CHECK(ch_large_resize(page_of(p), p, want.size) == NULL);
    CHECK(is_marked(p, HUGE));
    check_stats(1, HUGE, HUGE);
    large_free(p);
    CHECK_EQ(ch_budget_used(), used);
}

static void
test_large_huge_shrunk_to_a_run_has_to_be_moved(void)
{
    char *p;

    heap_begin();
    p = large_alloc(HUGE, CH_SLICE, false);
    CHECK(ch_large_resize(page_of(p), p, CH_RUN_MAX / 4) == NULL);
    CHECK(ch_large_resize(page_of(p), p + 16, HUGE) == NULL);
    CHECK_EQ(page_of(p)->bytes, HUGE);
    CHECK(ch_large_resize(page_of(p), p, HUGE) == p);
}

/* ---- threads ------------------------------------------------------------- */

#define N_RACES 300u

static struct {
    struct unit_step go[N_RACES];
    char *p;
    struct ch_page *page;
    uint32_t n_freed; /* atomic */
} race;

static void *
free_as_well(void *arg)
{
    for (size_t i = 0; i < N_RACES; i++) {
        unit_step_reach(&race.go[i]);
        while (__atomic_load_n(&race.go[i].reached, __ATOMIC_ACQUIRE) < 3) {
        }
        if (ch_large_free(race.page, race.p)) {
            __atomic_add_fetch(&race.n_freed, 1, __ATOMIC_RELAXED);
        }
        unit_step_reach(&race.go[i]);
    }
    return NULL;
}

static void
test_large_freed_by_two_threads_at_once_is_freed_once(void)
{
    pthread_t threads[2];

    heap_begin();
    threads[0] = unit_thread_start(free_as_well, NULL);
    threads[1] = unit_thread_start(free_as_well, NULL);
    for (size_t i = 0; i < N_RACES; i++) {
        unit_step_wait(&race.go[i], 2);
        race.p = large_alloc(CH_MIB, CH_SLICE, false);
        race.page = page_of(race.p);
        unit_step_reach(&race.go[i]);
        unit_step_wait(&race.go[i], 5);
        CHECK_EQ(race.n_freed, i + 1);
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    CHECK_EQ(heap_live(), 0);
    CHECK(ch_region_is_valid(heap_region()));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_large_run_is_whole_slices_with_one_record),
        forked_test(test_large_run_of_greatest_size_is_not_huge),
        forked_test(test_large_run_freed_goes_back_and_is_known_as_freed),
        forked_test(test_large_free_twice_is_false),
        forked_test(test_large_free_of_pointer_into_the_block_is_false),
        forked_test(test_large_zeroed_run_of_recycled_memory_is_zero),
        forked_test(test_large_zeroed_block_of_every_kind_is_zero),
        forked_test(test_large_alloc_at_every_alignment_is_aligned),
        forked_test(test_large_run_shrunk_much_gives_its_end_back),
        forked_test(test_large_run_shrunk_little_keeps_its_slices),
        forked_test(test_large_run_grows_in_place_where_there_is_room),
        forked_test(test_large_run_without_room_behind_stays_as_it_was),
        forked_test(test_large_huge_has_a_mapping_of_its_own),
        forked_test(test_large_huge_keeps_its_content_at_every_size),
        forked_test(test_large_huge_grown_against_a_wall_moves),
        forked_test(test_large_huge_beyond_the_limit_is_refused),
        forked_test(test_large_huge_of_absurd_size_is_refused),
        forked_test(test_large_huge_shrunk_to_a_run_has_to_be_moved),
        forked_test(test_large_freed_by_two_threads_at_once_is_freed_once),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
