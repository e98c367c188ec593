/* SPDX-License-Identifier: MIT */
/*
 * map_test.c - from addresses to records, in the window and outside.
 *
 * The map never looks at the memory whose addresses it holds, so most of
 * these are addresses where nothing is mapped.
 */
#include "map/map.h"

#include "base/arith.h"
#include "map/meta.h"
#include "os/vm.h"
#include "unit/_unit.h"

/* A region at addresses that leave room for any window below and above. */
#define START  ((char *)((uintptr_t)1 << 45))
#define LENGTH (64 * CH_MIB)
#define END    (START + LENGTH)
/* The first byte that must not be used. */
#define TOP (END - CH_MAP_UNUSED_TOP)
/* A window that is a whole number of steps of the table, whatever they are. */
#define WINDOW CH_GIB
/* Beyond what a window ever covers. */
#define FAR ((uintptr_t)1 << 42)

static struct ch_page pages[4];

static void
begin(size_t window)
{
    CHECK_EQ(ch_map_init(START, LENGTH, window), 0);
}

static void
set(char *start, size_t n, struct ch_page *page)
{
    CHECK_EQ(ch_map_prepare(start, n * CH_SLICE), 0);
    ch_map_set(start, n, page);
}

static bool
is_nobodys(const void *p)
{
    const struct ch_page *page = ch_map_find(p);

    return page->kind == CH_PAGE_NONE && page->owner == NULL
           && page->remote == 0 && (page < pages || page >= pages + 4);
}

/* All ways to ask for the page of each end of n slices from `start`. */
static void
check_found(const char *start, size_t n, const struct ch_page *page)
{
    for (size_t i = 0; i < n; i++) {
        const char *p = start + i * CH_SLICE;

        CHECK(ch_map_find(p) == page);
        CHECK(ch_map_find(p + 1) == page);
        CHECK(ch_map_find(p + CH_SLICE / 2) == page);
        CHECK(ch_map_find(p + CH_SLICE - 16) == page);
        CHECK(ch_map_find(p + CH_SLICE - 1) == page);
    }
}

static void
check_nobodys(const char *start, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CHECK(is_nobodys(start + i * CH_SLICE));
        CHECK(is_nobodys(start + i * CH_SLICE + CH_SLICE - 16));
    }
}

/* ---- before anything is known -------------------------------------------- */

static void
test_map_find_before_init_is_nobodys(void)
{
    static const uintptr_t bits[] = {0, 1, 16, 0x1000, UINTPTR_MAX,
        UINTPTR_MAX - 15, (uintptr_t)1 << 47, (uintptr_t)1 << 63};

    CHECK(is_nobodys(pages));
    for (size_t i = 0; i < ARRAY_LENGTH(bits); i++) {
        CHECK(is_nobodys((void *)bits[i]));
        CHECK(ch_map_find_fast((void *)bits[i]) == NULL);
    }
}

static void
test_map_set_without_a_window_goes_through_the_tree(void)
{
    set(START, 3, &pages[0]);
    check_found(START, 3, &pages[0]);
    CHECK(ch_map_find_fast(START) == NULL);
    CHECK(is_nobodys(START - 16));
    CHECK(is_nobodys(START + 3 * CH_SLICE));
}

/* ---- the window ---------------------------------------------------------- */

static void
test_map_find_in_untouched_window_is_nobodys(void)
{
    begin(WINDOW);
    for (size_t at = 0; at < WINDOW; at += 37 * CH_SLICE) {
        CHECK(ch_map_find_fast(END - 16 - at) != NULL);
        CHECK(is_nobodys(END - 16 - at));
    }
}

static void
test_map_find_of_set_slices_is_their_page(void)
{
    begin(WINDOW);
    set(START + 5 * CH_SLICE, 3, &pages[0]);
    set(START + 8 * CH_SLICE, 1, &pages[1]);
    check_found(START + 5 * CH_SLICE, 3, &pages[0]);
    check_found(START + 8 * CH_SLICE, 1, &pages[1]);
    check_nobodys(START, 5);
    check_nobodys(START + 9 * CH_SLICE, 5);
}

static void
test_map_find_fast_of_set_slices_is_their_page(void)
{
    char *p = START + 5 * CH_SLICE;

    begin(WINDOW);
    set(p, 1, &pages[0]);
    for (size_t at = 0; at < CH_SLICE; at += 16) {
        CHECK(ch_map_find_fast(p + at) == &pages[0]);
    }
    CHECK(ch_map_find_fast(p - 16) != &pages[0]);
    CHECK(ch_map_find_fast(p + CH_SLICE) != &pages[0]);
}

static void
test_map_find_fast_of_misaligned_pointer_is_never_in_the_window(void)
{
    char *p = START + 5 * CH_SLICE;

    begin(WINDOW);
    set(p, 1, &pages[0]);
    for (size_t at = 0; at < CH_SLICE; at++) {
        CHECK((ch_map_find_fast(p + at) == NULL) == (at % 16 != 0));
        CHECK(ch_map_find(p + at) == &pages[0]);
    }
}

static void
test_map_set_of_null_makes_slices_nobodys(void)
{
    begin(WINDOW);
    set(START, 8, &pages[0]);
    ch_map_set(START + 2 * CH_SLICE, 3, NULL);
    check_found(START, 2, &pages[0]);
    check_nobodys(START + 2 * CH_SLICE, 3);
    check_found(START + 5 * CH_SLICE, 3, &pages[0]);
}

static void
test_map_set_of_freed_page_is_told_apart(void)
{
    begin(WINDOW);
    set(START, 1, &pages[0]);
    ch_map_set(START, 1, &ch_page_freed);
    CHECK(ch_map_find(START) == &ch_page_freed);
    CHECK_EQ(ch_page_freed.kind, CH_PAGE_FREED);
    CHECK(ch_page_freed.owner == NULL);
}

static void
test_map_first_and_last_usable_slice_are_found(void)
{
    begin(WINDOW);
    set(START, 1, &pages[0]);
    set(TOP - CH_SLICE, 1, &pages[1]);
    check_found(START, 1, &pages[0]);
    check_found(TOP - CH_SLICE, 1, &pages[1]);
}

static void
test_map_unused_top_stays_nobodys_when_all_else_is_set(void)
{
    size_t n = (LENGTH - CH_MAP_UNUSED_TOP) / CH_SLICE;

    begin(WINDOW);
    set(START, n, &pages[0]);
    for (const char *p = TOP; p < END; p += 16) {
        CHECK(is_nobodys(p));
        CHECK(ch_map_find_fast(p) != NULL);
    }
    CHECK(is_nobodys(END));
}

static void
test_map_kernel_and_noncanonical_pointers_are_never_in_the_window(void)
{
    static const uintptr_t bits[] = {0, 16, 0x10000, (uintptr_t)1 << 47,
        (uintptr_t)1 << 57, (uintptr_t)1 << 60, (uintptr_t)1 << 63,
        (uintptr_t)0xffff800000000000, UINTPTR_MAX, UINTPTR_MAX - 15,
        UINTPTR_MAX << 4};

    begin(WINDOW);
    set(START, 1, &pages[0]);
    for (size_t i = 0; i < ARRAY_LENGTH(bits); i++) {
        CHECK(ch_map_find_fast((void *)bits[i]) == NULL);
        CHECK(is_nobodys((void *)bits[i]));
    }
    for (unsigned bit = 46; bit < 64; bit++) {
        void *alias = (void *)((uintptr_t)START | (uintptr_t)1 << bit);

        CHECK(ch_map_find_fast(alias) == NULL);
        CHECK(is_nobodys(alias));
    }
}

static void
test_map_init_costs_address_space_only(void)
{
    struct ch_map_stats stats;

    begin(WINDOW);
    ch_map_get_stats(&stats);
    CHECK_EQ(stats.reserved, WINDOW / CH_SLICE * sizeof(void *));
    CHECK_EQ(stats.committed, 0);
    set(START, 1, &pages[0]);
    ch_map_get_stats(&stats);
    CHECK(stats.committed > 0 && stats.committed < stats.reserved);
}

static void
test_map_init_without_address_space_returns_enomem(void)
{
    const struct rlimit little = {CH_MIB, CH_MIB};

    CHECK(setrlimit(RLIMIT_AS, &little) == 0);
    CHECK_EQ(ch_map_init(START, LENGTH, 64 * CH_GIB), -ENOMEM);
    CHECK(is_nobodys(START));
    CHECK(ch_map_find_fast(START) == NULL);
}

/* ---- the tree ------------------------------------------------------------ */

/* Addresses that no window reaches. */
static const uintptr_t outside[] = {
    0x10000,
    0x7f0000000000,
    ((uintptr_t)1 << 45) + ((uintptr_t)1 << 40),
    ((uintptr_t)1 << 45) - FAR,
    (uintptr_t)1 << 47,
    (uintptr_t)1 << 52,
    (uintptr_t)1 << 56,
    ((uintptr_t)1 << 57) - 2 * CH_SLICE,
};

static void
test_map_tree_holds_addresses_of_up_to_57_bits(void)
{
    begin(WINDOW);
    for (size_t i = 0; i < ARRAY_LENGTH(outside); i++) {
        char *p = (char *)outside[i];

        CHECK(is_nobodys(p));
        set(p, 2, &pages[i % 4]);
        CHECK(ch_map_find_fast(p) == NULL);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(outside); i++) {
        char *p = (char *)outside[i];

        check_found(p, 2, &pages[i % 4]);
        CHECK(is_nobodys(p - 16));
        CHECK(is_nobodys(p + 2 * CH_SLICE));
    }
}

static void
test_map_tree_of_cleared_slices_is_nobodys(void)
{
    begin(WINDOW);
    for (size_t i = 0; i < ARRAY_LENGTH(outside); i++) {
        char *p = (char *)outside[i];

        set(p, 2, &pages[0]);
        ch_map_set(p + CH_SLICE, 1, NULL);
        check_found(p, 1, &pages[0]);
        CHECK(is_nobodys(p + CH_SLICE));
        ch_map_set(p, 1, &ch_page_freed);
        CHECK(ch_map_find(p) == &ch_page_freed);
    }
}

static void
test_map_tree_does_not_confuse_addresses_above_57_bits(void)
{
    begin(WINDOW);
    for (size_t i = 0; i < ARRAY_LENGTH(outside); i++) {
        set((char *)outside[i], 1, &pages[0]);
        for (unsigned bit = 57; bit < 64; bit++) {
            CHECK(is_nobodys((void *)(outside[i] | (uintptr_t)1 << bit)));
        }
    }
}

static void
test_map_right_above_the_window_uses_the_tree(void)
{
    begin(WINDOW);
    set(END, 2, &pages[0]);
    check_found(END, 2, &pages[0]);
    CHECK(ch_map_find_fast(END) == NULL);
    CHECK(is_nobodys(END - 16));
}

static int
refuse(size_t bytes)
{
    return -ENOMEM;
}

static void
test_map_prepare_in_tree_without_memory_returns_enomem(void)
{
    begin(WINDOW);
    ch_meta_init(0, refuse);
    CHECK_EQ(ch_map_prepare((char *)outside[0], CH_SLICE), -ENOMEM);
    CHECK(is_nobodys((char *)outside[0]));
    ch_meta_init(0, NULL);
    set((char *)outside[0], 1, &pages[0]);
    check_found((char *)outside[0], 1, &pages[0]);
}

/* ---- growth -------------------------------------------------------------- */

static void
test_map_prepare_far_below_grows_the_window(void)
{
    char *far = START - 20 * CH_GIB;

    begin(WINDOW);
    set(START, 4, &pages[0]);
    set(TOP - CH_SLICE, 1, &pages[1]);
    CHECK(ch_map_find_fast(far) == NULL);
    set(far, 4, &pages[2]);
    CHECK(ch_map_find_fast(far) == &pages[2]);
    check_found(far, 4, &pages[2]);
    check_found(START, 4, &pages[0]);
    check_found(TOP - CH_SLICE, 1, &pages[1]);
    CHECK(ch_map_find_fast(START) == &pages[0]);
    CHECK(is_nobodys(far - 16));
    CHECK(is_nobodys(far + 4 * CH_SLICE));
    CHECK(is_nobodys(TOP));
    CHECK(is_nobodys(END - 16));
}

static void
test_map_grown_window_can_be_set_and_cleared(void)
{
    char *far = START - 20 * CH_GIB;

    begin(WINDOW);
    set(START, 4, &pages[0]);
    set(far, 4, &pages[2]);
    ch_map_set(START, 2, NULL);
    ch_map_set(far + CH_SLICE, 1, &pages[3]);
    check_nobodys(START, 2);
    check_found(START + 2 * CH_SLICE, 2, &pages[0]);
    check_found(far, 1, &pages[2]);
    check_found(far + CH_SLICE, 1, &pages[3]);
}

static void
test_map_grown_table_counts_all_that_is_committed(void)
{
    struct ch_map_stats before;
    struct ch_map_stats after;

    begin(WINDOW);
    set(START, 1, &pages[0]);
    ch_map_get_stats(&before);
    set(START - 2 * CH_GIB, 1, &pages[1]);
    ch_map_get_stats(&after);
    CHECK(after.reserved > before.reserved);
    /* The old table stays, the new one has a copy of it and one step more. */
    CHECK_EQ(after.committed, 3 * before.committed);
}

static void
test_map_window_that_cannot_grow_leaves_it_to_the_tree(void)
{
    char *below = START - 20 * CH_GIB;

    /* Less than a step of the table. */
    begin(CH_MIB);
    set(TOP - CH_SLICE, 1, &pages[0]);
    set(below, 2, &pages[1]);
    CHECK(ch_map_find_fast(below) == NULL);
    check_found(below, 2, &pages[1]);
    check_found(TOP - CH_SLICE, 1, &pages[0]);
    /* What the tree has must not be hidden by a longer window. */
    set(below - 100 * CH_GIB, 1, &pages[2]);
    check_found(below, 2, &pages[1]);
    check_found(below - 100 * CH_GIB, 1, &pages[2]);
}

static void
limit_address_space(size_t more)
{
    FILE *f = fopen("/proc/self/statm", "r");
    struct rlimit limit;
    size_t n_pages = 0;

    CHECK(f != NULL && fscanf(f, "%zu", &n_pages) == 1);
    fclose(f);
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur =
        more == 0 ? limit.rlim_max : n_pages * ch_vm_page_size() + more;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

static void
test_map_growth_after_a_failed_one_hides_nothing(void)
{
    char *below = START - 20 * CH_GIB;

    begin(WINDOW);
    CHECK(ch_meta_alloc(1) != NULL);
    limit_address_space(64 * CH_KIB);
    set(below, 2, &pages[1]);
    CHECK(ch_map_find_fast(below) == NULL);
    check_found(below, 2, &pages[1]);
    limit_address_space(0);
    set(below - CH_GIB, 2, &pages[2]);
    check_found(below, 2, &pages[1]);
    check_found(below - CH_GIB, 2, &pages[2]);
}

static void
test_map_range_across_the_window_edge_is_found_on_both_sides(void)
{
    char *edge;

    begin(CH_MIB);
    edge = END - CH_MIB;
    set(edge - 4 * CH_SLICE, 8, &pages[0]);
    check_found(edge - 4 * CH_SLICE, 8, &pages[0]);
    ch_map_set(edge - 2 * CH_SLICE, 4, NULL);
    check_nobodys(edge - 2 * CH_SLICE, 4);
    check_found(edge - 4 * CH_SLICE, 2, &pages[0]);
    check_found(edge + 2 * CH_SLICE, 2, &pages[0]);
}

/* ---- giving back --------------------------------------------------------- */

static void
test_map_give_back_returns_what_was_never_used(void)
{
    struct ch_map_stats before;
    struct ch_map_stats after;
    size_t bytes;

    begin(WINDOW);
    set(START, 4, &pages[0]);
    ch_map_get_stats(&before);
    bytes = ch_map_give_back();
    ch_map_get_stats(&after);
    CHECK(bytes > 0);
    CHECK_EQ(after.reserved, before.reserved - bytes);
    CHECK(after.committed <= after.reserved);
    CHECK_EQ(ch_map_give_back(), 0);
}

static void
test_map_find_after_give_back_is_as_before(void)
{
    begin(WINDOW);
    set(START, 4, &pages[0]);
    set(TOP - CH_SLICE, 1, &pages[1]);
    CHECK(ch_map_give_back() > 0);
    check_found(START, 4, &pages[0]);
    check_found(TOP - CH_SLICE, 1, &pages[1]);
    CHECK(ch_map_find_fast(START) == &pages[0]);
    for (size_t at = CH_SLICE; at < 2 * WINDOW; at += 37 * CH_SLICE) {
        CHECK(is_nobodys(START - at));
    }
}

static void
test_map_prepare_after_give_back_reaches_below_again(void)
{
    char *below = START - WINDOW / 2;
    char *far = START - 20 * CH_GIB;

    begin(WINDOW);
    set(START, 4, &pages[0]);
    CHECK(ch_map_give_back() > 0);
    set(below, 2, &pages[1]);
    check_found(below, 2, &pages[1]);
    set(far, 2, &pages[2]);
    check_found(far, 2, &pages[2]);
    check_found(below, 2, &pages[1]);
    check_found(START, 4, &pages[0]);
}

static void
test_map_give_back_of_untouched_table_keeps_it(void)
{
    begin(WINDOW);
    (void)ch_map_give_back();
    set(START, 1, &pages[0]);
    check_found(START, 1, &pages[0]);
}

/* ---- against a model ----------------------------------------------------- */

#define AREA   128u /* slices */
#define N_AREA 5u

struct model {
    char *area[N_AREA];
    struct ch_page *page[N_AREA][AREA]; /* NULL: nobody's */
    uint64_t random;
};

static void
model_check(const struct model *m)
{
    for (size_t a = 0; a < N_AREA; a++) {
        for (size_t i = 0; i < AREA; i++) {
            const char *p = m->area[a] + i * CH_SLICE;

            if (m->page[a][i] == NULL) {
                CHECK(is_nobodys(p));
            } else {
                CHECK(ch_map_find(p + CH_SLICE - 1) == m->page[a][i]);
            }
        }
    }
}

static void
model_step(struct model *m)
{
    size_t a = unit_below(&m->random, N_AREA);
    size_t start = unit_below(&m->random, AREA);
    size_t n = unit_below(&m->random, AREA - start) + 1;
    size_t which = unit_below(&m->random, 8);
    struct ch_page *page = which < 4 ? &pages[which] : NULL;

    set(m->area[a] + start * CH_SLICE, n, page);
    for (size_t i = start; i < start + n; i++) {
        m->page[a][i] = page;
    }
    if (unit_below(&m->random, 50) == 0) {
        (void)ch_map_give_back();
    }
}

static void
test_map_random_sets_match_model(void)
{
    static struct model m = {
        .area = {TOP - AREA * CH_SLICE, START, START - 3 * CH_GIB, END + CH_GIB,
            START - FAR},
    };

    m.random = unit_seed(0x3a9);
    begin(WINDOW);
    for (int i = 0; i < 400; i++) {
        model_step(&m);
        model_check(&m);
    }
}

/* ---- readers ------------------------------------------------------------- */

static uint32_t stop; /* atomic */

static void *
look_up(void *arg)
{
    while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0) {
        CHECK(ch_map_find(START) == &pages[0]);
        CHECK(ch_map_find_fast(TOP - CH_SLICE) == &pages[1]);
        CHECK(is_nobodys(TOP));
    }
    return NULL;
}

static void
test_map_reader_during_growth_finds_what_was_set(void)
{
    pthread_t reader;

    begin(64 * CH_MIB + LENGTH);
    set(START, 1, &pages[0]);
    set(TOP - CH_SLICE, 1, &pages[1]);
    reader = unit_thread_start(look_up, NULL);
    for (size_t below = CH_GIB; below <= 300 * CH_GIB; below *= 2) {
        usleep(2000);
        set(START - below, 1, &pages[2]);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK(pthread_join(reader, NULL) == 0);
}

static void
test_map_lock_held_keeps_writers_out(void)
{
    ch_map_lock();
    ch_map_unlock();
    ch_map_lock();
    ch_map_reset_lock();
    begin(WINDOW);
    set(START, 1, &pages[0]);
    check_found(START, 1, &pages[0]);
}

/* ---- marks ---------------------------------------------------------------- */

/* A page of the slab engine that the n slices from `start` lead to. */
static struct ch_page *
cut_page(char *start, size_t n)
{
    struct ch_page *page = ch_page_new();

    CHECK(page != NULL);
    page->kind = CH_PAGE_SMALL;
    page->owner = (struct ch_cache *)0x40;
    set(start, n, page);
    return page;
}

static void
mark(const void *start, size_t size)
{
    CHECK_EQ(ch_map_mark(start, size), 0);
}

/* The record at p, which stands before `under` and is nobody's. */
static struct ch_page *
check_mark(const void *p, const struct ch_page *under)
{
    struct ch_page *page = ch_map_find(p);

    CHECK_EQ(page->kind, CH_PAGE_FIXED);
    CHECK(page->owner == NULL);
    CHECK(ch_page_under(page) == under);
    return page;
}

static void
test_map_mark_of_nobodys_slices_and_back(void)
{
    begin(WINDOW);
    mark(START + CH_SLICE + 100, 2 * CH_SLICE);
    check_nobodys(START, 1);
    for (size_t i = 1; i < 4; i++) {
        check_mark(START + i * CH_SLICE, NULL);
    }
    check_nobodys(START + 4 * CH_SLICE, 1);
    ch_map_unmark(START + CH_SLICE + 100, 2 * CH_SLICE);
    check_nobodys(START, 5);
}

static void
test_map_mark_of_one_byte_is_its_slice(void)
{
    begin(WINDOW);
    mark(START + CH_SLICE - 1, 1);
    check_mark(START, NULL);
    check_nobodys(START + CH_SLICE, 1);
    mark(START + CH_SLICE - 1, 2);
    check_mark(START + CH_SLICE, NULL);
    check_nobodys(START + 2 * CH_SLICE, 1);
}

static void
test_map_mark_stands_before_a_page_and_goes(void)
{
    struct ch_page *page;
    struct ch_page *first;

    begin(WINDOW);
    page = cut_page(START, 8);
    mark(START + 2 * CH_SLICE, CH_SLICE);
    first = check_mark(START + 2 * CH_SLICE, page);
    check_found(START, 2, page);
    check_found(START + 3 * CH_SLICE, 5, page);
    /* One record does for all slices of the page. */
    mark(START + 2 * CH_SLICE, 3 * CH_SLICE);
    CHECK(check_mark(START + 4 * CH_SLICE, page) == first);
    CHECK(check_mark(START + 2 * CH_SLICE, page) == first);
    ch_map_unmark(START + 2 * CH_SLICE, 3 * CH_SLICE);
    check_found(START, 8, page);
    ch_map_unmark(START, 8 * CH_SLICE);
    check_found(START, 8, page);
}

static void
test_map_mark_outside_of_the_window(void)
{
    char *far = START - FAR;
    struct ch_page *page;

    begin(WINDOW);
    mark(far, CH_SLICE);
    check_mark(far, NULL);
    ch_map_unmark(far, CH_SLICE);
    check_nobodys(far, 1);
    page = cut_page(far, 1);
    mark(far, 1);
    check_mark(far, page);
    ch_map_unmark(far, 1);
    check_found(far, 1, page);
}

static void
test_map_mark_where_a_run_was_freed_still_tells(void)
{
    begin(WINDOW);
    set(START, 1, &ch_page_freed);
    mark(START, 1);
    check_mark(START, &ch_page_freed);
    ch_map_unmark(START, 1);
    check_found(START, 1, &ch_page_freed);
}

static void
test_map_set_over_a_mark_wins(void)
{
    struct ch_page *page;

    begin(WINDOW);
    mark(START, CH_SLICE);
    page = cut_page(START, 1);
    check_found(START, 1, page);
    ch_map_unmark(START, CH_SLICE);
    check_found(START, 1, page);
}

/* As the slab engine does it with a page that a program made a heap in. */
static void
test_map_mark_of_pages_that_come_and_go_costs_nothing(void)
{
    struct ch_meta_stats before;
    struct ch_meta_stats after;

    begin(WINDOW);
    for (size_t i = 0; i < 10000; i++) {
        struct ch_page *page = cut_page(START, 8);

        mark(START, 3 * CH_SLICE);
        check_mark(START, page);
        ch_map_set(START, 8, NULL);
        ch_page_delete(page);
        if (i == 0) {
            ch_meta_get_stats(&before);
        }
    }
    ch_meta_get_stats(&after);
    CHECK_EQ(after.used, before.used);
}

static void
test_map_mark_without_memory_returns_enomem(void)
{
    ch_meta_init(CH_MIB, refuse);
    CHECK_EQ(ch_map_mark(START, CH_SLICE), -ENOMEM);
    CHECK(is_nobodys(START));
}

static void
test_page_under_of_other_kinds_is_the_page(void)
{
    struct ch_page page = {.kind = CH_PAGE_RUN, .under = &pages[0]};

    CHECK(ch_page_under(&page) == &page);
    page.kind = CH_PAGE_FIXED;
    CHECK(ch_page_under(&page) == &pages[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_map_find_before_init_is_nobodys),
        forked_test(test_map_set_without_a_window_goes_through_the_tree),
        forked_test(test_map_find_in_untouched_window_is_nobodys),
        forked_test(test_map_find_of_set_slices_is_their_page),
        forked_test(test_map_find_fast_of_set_slices_is_their_page),
        forked_test(
            test_map_find_fast_of_misaligned_pointer_is_never_in_the_window),
        forked_test(test_map_set_of_null_makes_slices_nobodys),
        forked_test(test_map_set_of_freed_page_is_told_apart),
        forked_test(test_map_first_and_last_usable_slice_are_found),
        forked_test(test_map_unused_top_stays_nobodys_when_all_else_is_set),
        forked_test(
            test_map_kernel_and_noncanonical_pointers_are_never_in_the_window),
        forked_test(test_map_init_costs_address_space_only),
        forked_test(test_map_init_without_address_space_returns_enomem),
        forked_test(test_map_tree_holds_addresses_of_up_to_57_bits),
        forked_test(test_map_tree_of_cleared_slices_is_nobodys),
        forked_test(test_map_tree_does_not_confuse_addresses_above_57_bits),
        forked_test(test_map_right_above_the_window_uses_the_tree),
        forked_test(test_map_prepare_in_tree_without_memory_returns_enomem),
        forked_test(test_map_prepare_far_below_grows_the_window),
        forked_test(test_map_grown_window_can_be_set_and_cleared),
        forked_test(test_map_grown_table_counts_all_that_is_committed),
        forked_test(test_map_window_that_cannot_grow_leaves_it_to_the_tree),
        forked_test(test_map_growth_after_a_failed_one_hides_nothing),
        forked_test(
            test_map_range_across_the_window_edge_is_found_on_both_sides),
        forked_test(test_map_give_back_returns_what_was_never_used),
        forked_test(test_map_find_after_give_back_is_as_before),
        forked_test(test_map_prepare_after_give_back_reaches_below_again),
        forked_test(test_map_give_back_of_untouched_table_keeps_it),
        forked_test(test_map_random_sets_match_model),
        forked_test(test_map_reader_during_growth_finds_what_was_set),
        forked_test(test_map_lock_held_keeps_writers_out),
        forked_test(test_map_mark_of_nobodys_slices_and_back),
        forked_test(test_map_mark_of_one_byte_is_its_slice),
        forked_test(test_map_mark_stands_before_a_page_and_goes),
        forked_test(test_map_mark_outside_of_the_window),
        forked_test(test_map_mark_where_a_run_was_freed_still_tells),
        forked_test(test_map_set_over_a_mark_wins),
        forked_test(test_map_mark_of_pages_that_come_and_go_costs_nothing),
        forked_test(test_map_mark_without_memory_returns_enomem),
        forked_test(test_page_under_of_other_kinds_is_the_page),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
