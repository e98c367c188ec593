/* SPDX-License-Identifier: MIT */
/*
 * registry_test.c - heaps made, found, made again, and forgotten.
 */
#include "heap/tlsf/registry.h"

#include "heap/tlsf/fixed_state.h"
#include "map/map.h"
#include "map/meta.h"
#include "os/vm.h"
#include "unit/heap/tlsf/_fixed.h"

/* Slices of its own, and room for heaps of all sizes. */
static CH_ALIGNED(8192) char memory[64 * CH_SLICE];

static size_t
meta_used(void)
{
    struct ch_meta_stats stats;

    ch_meta_get_stats(&stats);
    return stats.used;
}

static struct ch_fixed *
make(size_t start, size_t size)
{
    return heap_on(memory + start, size, DEVICE);
}

static bool
is_retired(const struct ch_fixed *heap)
{
    return ch_fixed_start(heap) == ch_fixed_end(heap);
}

/* ---- one range ----------------------------------------------------------- */

static void
test_registry_heap_is_found_in_its_range_only(void)
{
    struct ch_fixed *heap = make(1000, 3000);

    CHECK(ch_fixed_start(heap) == memory + 1000);
    CHECK(ch_fixed_end(heap) == memory + 4000);
    CHECK_EQ(ch_fixed_accounting(heap), CH_ACCOUNTING_DEVICE);
    CHECK(ch_fixed_at(memory + 999) == NULL);
    CHECK(ch_fixed_at(memory + 1000) == heap);
    CHECK(ch_fixed_at(memory + 3999) == heap);
    CHECK(ch_fixed_at(memory + 4000) == NULL);
    CHECK(ch_fixed_at(NULL) == NULL);
    CHECK(ch_fixed_outer(heap) == NULL);
}

static void
test_registry_same_range_is_the_same_heap_anew(void)
{
    int lock;

    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_on(memory, 4096, &kinds[k]);
        size_t fresh = ch_fixed_free_size(heap);
        void *p = take(heap, 100);

        CHECK(ch_fixed_user_lock(heap) == (k == 0 ? NULL : &lock));
        ch_fixed_set_user_lock(heap, &lock);
        ch_fixed_set_tag(heap, p, 5);
        CHECK(heap_on(memory, 4096, &kinds[k]) == heap);
        CHECK(ch_fixed_user_lock(heap) == &lock);
        CHECK(!ch_fixed_is_block(heap, p));
        CHECK_EQ(ch_fixed_free_size(heap), fresh);
        CHECK_EQ(ch_fixed_minimum_free(heap), fresh);
        CHECK(take(heap, 100) == p);
        CHECK_EQ(ch_fixed_tag(heap, p), 0);
        CHECK(is_sound(heap));
    }
}

static void
test_registry_range_that_became_too_small_is_retired(void)
{
    struct ch_fixed *heap = heap_on(memory, 200, HOST);

    CHECK(ch_fixed_register(memory, 200, 200, DEVICE) == NULL);
    CHECK(is_retired(heap));
    CHECK(ch_fixed_at(memory) == NULL);
}

static void
test_registry_refused_range_leaves_others_alone(void)
{
    struct ch_fixed *heap = make(0, 4096);
    void *p = take(heap, 100);

    CHECK(ch_fixed_register(memory, 100, 100, DEVICE) == NULL);
    CHECK(ch_fixed_register(memory + 4090, 100, 100, DEVICE) == NULL);
    CHECK(ch_fixed_at(memory) == heap);
    CHECK(ch_fixed_at(memory + 4090) == heap);
    CHECK(ch_fixed_is_block(heap, p));
}

/* ---- ranges beside and within each other --------------------------------- */

static void
test_registry_innermost_heap_wins(void)
{
    struct ch_fixed *outer = make(0, 16384);
    char *buffer = take(outer, 4096);
    struct ch_fixed *inner = heap_on(buffer, 4096, HOST);
    struct ch_fixed *core = heap_on(take(inner, 1024), 1024, LIGHT);

    CHECK(ch_fixed_at(buffer - 1) == outer);
    CHECK(ch_fixed_at(ch_fixed_start(core)) == core);
    CHECK(ch_fixed_at(buffer + 4095) == inner);
    CHECK(ch_fixed_at(buffer + 4096) == outer);
    CHECK(ch_fixed_outer(core) == inner);
    CHECK(ch_fixed_outer(inner) == outer);
    CHECK(ch_fixed_outer(outer) == NULL);
    CHECK(ch_fixed_is_block(outer, buffer));
    ch_fixed_retire(inner);
    CHECK(ch_fixed_outer(core) == outer);
    CHECK(ch_fixed_outer(inner) == NULL);
}

static void
test_registry_heaps_within_a_new_one_are_retired(void)
{
    struct ch_fixed *a = make(1000, 1000);
    struct ch_fixed *b = make(2000, 1000);
    struct ch_fixed *apart = make(5000, 1000);
    struct ch_fixed *all = make(1000, 4000);

    CHECK(is_retired(a) && is_retired(b) && !is_retired(apart));
    CHECK(ch_fixed_at(memory + 1500) == all);
    CHECK(ch_fixed_at(memory + 5000) == apart);
    CHECK(ch_fixed_alloc(a, 1) == NULL);
    /* Made anew, the larger one has nobody in it any more. */
    a = make(1500, 500);
    CHECK(ch_fixed_at(memory + 1500) == a);
    CHECK(make(1000, 4000) == all);
    CHECK(is_retired(a));
    CHECK(ch_fixed_at(memory + 1500) == all);
}

static void
test_registry_partial_overlap_retires_the_older(void)
{
    struct ch_fixed *a = make(1000, 1000);
    struct ch_fixed *b = make(3000, 1000);
    struct ch_fixed *c = make(1999, 1002);

    CHECK(is_retired(a) && is_retired(b));
    CHECK(ch_fixed_at(memory + 1500) == NULL);
    CHECK(ch_fixed_at(memory + 1999) == c);
    CHECK(ch_fixed_at(memory + 3000) == c);
    CHECK(ch_fixed_at(memory + 3500) == NULL);
}

static void
test_registry_neighbours_do_not_overlap(void)
{
    struct ch_fixed *a = make(1000, 1000);
    struct ch_fixed *b = make(2000, 1000);
    struct ch_fixed *c = make(0, 1000);

    CHECK(ch_fixed_at(memory + 1000) == a);
    CHECK(ch_fixed_at(memory + 2000) == b);
    CHECK(ch_fixed_at(memory + 999) == c);
}

static void
test_registry_room_counts_as_range(void)
{
    struct ch_fixed *heap = ch_fixed_register(memory, 4096, 32768, HOST);
    struct ch_fixed *inner;

    CHECK(heap != NULL);
    CHECK(ch_fixed_end(heap) == memory + 4096);
    inner = make(8192, 1000);
    CHECK(ch_fixed_outer(inner) == heap);
    CHECK(!is_retired(heap));
    CHECK(ch_fixed_grow(heap, memory + 32768));
    CHECK(ch_fixed_at(memory + 32767) == heap);
    (void)make(32767, 1000);
    CHECK(is_retired(heap));
}

/* ---- blocks that have heaps in them -------------------------------------- */

static void
test_registry_freed_block_takes_its_heaps_along(void)
{
    struct ch_fixed *outer = make(0, 32768);
    char *buffer = take(outer, 8192);
    char *other = take(outer, 1000);
    struct ch_fixed *a = heap_on(buffer, 1000, DEVICE);
    struct ch_fixed *b = heap_on(buffer + 4000, 1000, DEVICE);
    struct ch_fixed *c = heap_on(other, 1000, DEVICE);

    give(outer, take(outer, 50));
    CHECK(!is_retired(a) && !is_retired(b));
    give(outer, buffer);
    CHECK(is_retired(a) && is_retired(b) && !is_retired(c));
    CHECK(!is_retired(outer));
    CHECK(ch_fixed_at(buffer) == outer);
}

static void
test_registry_free_of_all_of_a_heap_keeps_the_heap(void)
{
    struct ch_fixed *outer = heap_on(memory, 32768, HOST);
    char *all = take(outer, 32768);
    struct ch_fixed *inner = heap_on(memory + 100, 4096, HOST);

    give(outer, all);
    CHECK(!is_retired(outer));
    CHECK(is_retired(inner));
}

static void
test_registry_retire_within_a_range(void)
{
    struct ch_fixed *a = make(1000, 1000);
    struct ch_fixed *b = make(2000, 1000);

    ch_fixed_retire_within(NULL, memory, 1000);
    ch_fixed_retire_within(NULL, memory + 3000, 1000);
    ch_fixed_retire_within(NULL, memory + 1500, 0);
    ch_fixed_retire_within(NULL, memory + 1500, 10);
    CHECK(!is_retired(a) && !is_retired(b));
    ch_fixed_retire_within(NULL, memory + 1000, 1000);
    CHECK(is_retired(a) && !is_retired(b));
    ch_fixed_retire_within(NULL, memory + 2500, 1000);
    CHECK(is_retired(b));
}

/* ---- marks --------------------------------------------------------------- */

static struct ch_page *
cut_page(size_t slice, size_t n)
{
    struct ch_page *page = ch_page_new();

    page->kind = CH_PAGE_SMALL;
    CHECK_EQ(ch_map_prepare(memory + slice * CH_SLICE, n * CH_SLICE), 0);
    ch_map_set(memory + slice * CH_SLICE, n, page);
    return page;
}

static struct ch_page *
page_at(size_t slice)
{
    return ch_map_find(memory + slice * CH_SLICE + 4000);
}

static void
test_registry_marks_the_slices_of_a_heap(void)
{
    struct ch_page *page = cut_page(2, 8);
    struct ch_fixed *heap = make(CH_SLICE + 100, 2 * CH_SLICE);

    CHECK_EQ(page_at(0)->kind, CH_PAGE_NONE);
    CHECK_EQ(page_at(1)->kind, CH_PAGE_FIXED);
    CHECK(ch_page_under(page_at(1)) == NULL);
    CHECK_EQ(page_at(2)->kind, CH_PAGE_FIXED);
    CHECK(ch_page_under(page_at(2)) == page);
    CHECK(ch_page_under(page_at(3)) == page);
    CHECK(page_at(4) == page);
    ch_fixed_retire(heap);
    CHECK_EQ(page_at(1)->kind, CH_PAGE_NONE);
    CHECK(page_at(2) == page);
    CHECK(page_at(3) == page);
}

static void
test_registry_marks_go_with_the_last_heap_of_a_slice(void)
{
    struct ch_page *page = cut_page(0, 8);
    struct ch_fixed *a = make(0, 1000);
    struct ch_fixed *b = make(2000, 1000);
    struct ch_fixed *c = make(7000, 4000);

    ch_fixed_retire(b);
    CHECK_EQ(page_at(0)->kind, CH_PAGE_FIXED);
    ch_fixed_retire(a);
    CHECK_EQ(page_at(0)->kind, CH_PAGE_FIXED);
    ch_fixed_retire(c);
    CHECK(page_at(0) == page);
    CHECK(page_at(1) == page);
}

static void
test_registry_growth_marks_new_slices(void)
{
    struct ch_page *page = cut_page(0, 8);
    struct ch_fixed *heap = ch_fixed_register(memory, 4096, 8 * CH_SLICE, HOST);

    CHECK(page_at(1) == page);
    CHECK(ch_fixed_grow(heap, memory + 3 * CH_SLICE));
    CHECK_EQ(page_at(2)->kind, CH_PAGE_FIXED);
    CHECK(page_at(3) == page);
    ch_fixed_retire(heap);
    CHECK(page_at(0) == page);
    CHECK(page_at(2) == page);
}

/* The slab engine took the slices back and cuts them anew. */
static void
test_registry_heap_without_its_mark_claims_nothing(void)
{
    struct ch_fixed *heap;
    struct ch_page *page = cut_page(0, 8);

    heap = make(100, 1000);
    CHECK(ch_fixed_at(memory + 100) == heap);
    ch_map_set(memory, 8, NULL);
    ch_page_delete(page);
    CHECK(ch_fixed_at(memory + 100) == NULL);
    page = cut_page(0, 8);
    CHECK(ch_fixed_at(memory + 100) == NULL);
    CHECK(make(100, 1000) == heap);
    CHECK(ch_fixed_at(memory + 100) == heap);
    CHECK(ch_page_under(page_at(0)) == page);
    ch_fixed_retire(heap);
    CHECK(page_at(0) == page);
}

/* ---- nothing grows ------------------------------------------------------- */

static size_t
address_space(void)
{
    size_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    CHECK(f != NULL && fscanf(f, "%zu", &pages) == 1);
    fclose(f);
    return pages * ch_vm_page_size();
}

static void
test_registry_million_registrations_of_one_buffer_grow_nothing(void)
{
    struct ch_fixed *heap = make(0, 4096);
    size_t used;

    CHECK(make(0, 4096) == heap);
    used = meta_used();
    for (size_t i = 0; i < 1000000; i++) {
        CHECK(make(0, 4096) == heap);
    }
    CHECK_EQ(meta_used(), used);
}

static void
test_registry_registrations_of_a_large_buffer_grow_nothing(void)
{
    size_t size = 16 * CH_MIB;
    char *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct ch_fixed *heap = heap_on(buffer, size, DEVICE);
    size_t before = 0;
    size_t used = 0;

    for (size_t i = 0; i < 5000; i++) {
        CHECK(heap_on(buffer, size, DEVICE) == heap);
        (void)take(heap, 100);
        if (i == 2) {
            before = address_space();
            used = meta_used();
        }
    }
    /* One set of tables is as large as the buffer. */
    CHECK(address_space() < before + CH_MIB);
    CHECK_EQ(meta_used(), used);
}

static void
check_steady(struct ch_fixed *(*step)(size_t i), size_t n)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        CHECK(take(step(i), 10) != NULL);
        if (i == n / 2) {
            used = meta_used();
        }
    }
    CHECK_EQ(meta_used(), used);
}

static struct ch_fixed *
alternate(size_t i)
{
    return make(0, 512 + i % 50 * 1000);
}

static struct ch_fixed *
slide(size_t i)
{
    return make(i % 5000 * 16, 4096);
}

static struct ch_fixed *
scatter(size_t i)
{
    static uint64_t seed = 31;
    size_t size = 300 + unit_below(&seed, 6) * 9000;

    (void)i;
    return make(unit_below(&seed, 20) * 5000, size);
}

static void
test_registry_alternating_sizes_grow_nothing(void)
{
    check_steady(alternate, 20000);
}

static void
test_registry_sliding_window_grows_nothing(void)
{
    check_steady(slide, 50000);
}

static void
test_registry_random_ranges_take_what_most_at_once_took(void)
{
    size_t used = meta_used();

    for (size_t i = 0; i < 50000; i++) {
        CHECK(take(scatter(i), 10) != NULL);
    }
    CHECK(meta_used() - used < CH_MIB);
}

/* malloc, register, free of a buffer in a page that comes and goes. */
static void
test_registry_pages_that_come_and_go_grow_nothing(void)
{
    size_t used = 0;

    for (size_t i = 0; i < 20000; i++) {
        struct ch_page *page = cut_page(0, 8);

        (void)take(make(4096, 4096), 10);
        if (i % 2 != 0) {
            ch_fixed_retire_within(NULL, memory + 4096, 4096);
        }
        ch_map_set(memory, 8, NULL);
        ch_page_delete(page);
        used = i == 1000 ? meta_used() : used;
    }
    CHECK_EQ(meta_used(), used);
}

static void
test_registry_retired_handle_stays_so_for_a_while(void)
{
    struct ch_fixed *old = make(0, 1000);

    for (size_t i = 0; i < CH_FIXED_RETIRED_KEPT; i++) {
        ch_fixed_retire(make(2000 + 16 * i, 1000));
        CHECK(make(500 + 16 * i, 1000) != old);
        CHECK(is_retired(old));
        CHECK(ch_fixed_alloc(old, 1) == NULL);
    }
}

/* ---- many ---------------------------------------------------------------- */

static void
test_registry_thousands_of_heaps_are_found(void)
{
    static struct ch_fixed *heaps[4000];
    size_t apart = 512;
    char *base = mmap(NULL, ARRAY_LENGTH(heaps) * apart, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (size_t i = 0; i < ARRAY_LENGTH(heaps); i++) {
        size_t n = i * 1237 % ARRAY_LENGTH(heaps);

        heaps[n] = heap_on(base + n * apart, apart - 16, HOST);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(heaps); i++) {
        CHECK(ch_fixed_at(base + i * apart) == heaps[i]);
        CHECK(ch_fixed_at(base + i * apart + apart - 17) == heaps[i]);
        CHECK(ch_fixed_at(base + i * apart + apart - 16) == NULL);
    }
    ch_fixed_before_fork();
    ch_fixed_after_fork_parent();
    (void)heap_on(base, ARRAY_LENGTH(heaps) * apart, HOST);
    for (size_t i = 0; i < ARRAY_LENGTH(heaps); i++) {
        CHECK(is_retired(heaps[i]));
    }
}

/* ---- against a model ----------------------------------------------------- */

#define N_MODEL 40u

static struct {
    struct ch_fixed *heap;
    size_t start;
    size_t end; /* 0: none */
} model[N_MODEL];

/* What registering a range does to the others; where it is written. */
static size_t
model_register(size_t start, size_t end)
{
    size_t at = N_MODEL;

    for (size_t i = 0; i < N_MODEL; i++) {
        bool is_apart = model[i].end <= start || model[i].start >= end;
        bool is_same = model[i].start == start && model[i].end == end;
        bool is_around = model[i].start <= start && model[i].end >= end;

        if (is_same) {
            at = i;
        } else if (model[i].end != 0 && !is_apart && !is_around) {
            CHECK(is_retired(model[i].heap));
            model[i].end = 0;
        }
    }
    for (size_t i = 0; i < N_MODEL && at == N_MODEL; i++) {
        at = model[i].end == 0 ? i : at;
    }
    return at;
}

static struct ch_fixed *
model_find(size_t address)
{
    size_t best = N_MODEL;

    for (size_t i = 0; i < N_MODEL; i++) {
        if (model[i].start <= address && address < model[i].end
            && (best == N_MODEL
                || model[i].end - model[i].start
                       < model[best].end - model[best].start)) {
            best = i;
        }
    }
    return best == N_MODEL ? NULL : model[best].heap;
}

static void
test_registry_random_ranges_match_model(void)
{
    uint64_t seed = unit_seed(41);

    for (size_t round = 0; round < 20000; round++) {
        size_t size = 256 << unit_below(&seed, 9);
        size_t start = unit_below(&seed, (sizeof memory - size) / 64) * 64;
        struct ch_fixed *heap = make(start, size);
        size_t at = model_register(start, start + size);

        if (at == N_MODEL) {
            ch_fixed_retire(heap);
        } else {
            CHECK(model[at].end == 0 || model[at].heap == heap);
            model[at].heap = heap;
            model[at].start = start;
            model[at].end = start + size;
        }
        for (size_t i = 0; i < 10; i++) {
            size_t address = unit_below(&seed, sizeof memory);

            CHECK(ch_fixed_at(memory + address) == model_find(address));
        }
        if (round % 7 == 0 && at != N_MODEL) {
            ch_fixed_retire(heap);
            model[at].end = 0;
        }
    }
}

/* ---- without memory ------------------------------------------------------ */

static bool is_refusing;

static int
charge(size_t bytes)
{
    (void)bytes;
    return is_refusing ? -1 : 0;
}

static void
test_registry_without_memory_is_null_and_harmless(void)
{
    struct ch_fixed *heap;
    size_t n = 0;

    ch_meta_init(CH_MIB, charge);
    heap = make(0, 4096);
    is_refusing = true;
    while (
        ch_fixed_register(memory + 8192 + n * 512, 512, 512, DEVICE) != NULL) {
        n++;
        CHECK(n < 1000);
    }
    CHECK(ch_fixed_at(memory) == heap);
    CHECK(is_sound(heap));
    is_refusing = false;
    CHECK(ch_fixed_register(memory + 8192 + n * 512, 512, 512, DEVICE) != NULL);
}

/* ---- threads and fork ---------------------------------------------------- */

static bool stop; /* atomic */

/* Two heaps stay; between them others come and go. */
static void *
look(void *arg)
{
    struct ch_fixed **stay = arg;
    char *p = take(stay[1], 100);

    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        CHECK(ch_fixed_at(memory + 100) == stay[0]);
        CHECK(ch_fixed_at(p) == stay[1]);
        CHECK(ch_fixed_outer(stay[1]) == stay[0]);
        give(stay[1], p);
        p = take(stay[1], 100);
        memset(p, 1, 100);
        (void)ch_fixed_at(memory + 20 * CH_SLICE + 4096);
    }
    return NULL;
}

static void
test_registry_readers_beside_registrations(void)
{
    struct ch_fixed *stay[2] = {make(0, 16 * CH_SLICE), make(9000, 5000)};
    pthread_t threads[3];

    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        threads[i] = unit_thread_start(look, stay);
    }
    for (size_t i = 0; i < 3000; i++) {
        struct ch_fixed *heap = make(20 * CH_SLICE + i % 50 * 100, 4096);

        (void)take(heap, 100);
        heap = make(8 * CH_SLICE + i % 10 * 100, 1000);
        if (i % 3 == 0) {
            ch_fixed_retire(heap);
        }
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(is_sound(stay[0]) && is_sound(stay[1]));
}

static void *
hammer(void *arg)
{
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        struct ch_fixed *heap = arg;
        void *p = take(heap, 100);

        (void)make(20 * CH_SLICE, 4096);
        give(heap, p);
    }
    return NULL;
}

static void
test_registry_child_of_a_fork_has_whole_heaps(void)
{
    struct ch_fixed *heap = make(0, 16384);
    pthread_t thread = unit_thread_start(hammer, heap);

    for (size_t i = 0; i < 200; i++) {
        int status = -1;
        pid_t pid;

        ch_fixed_before_fork();
        ch_map_lock();
        ch_meta_lock();
        pid = fork();
        if (pid == 0) {
            ch_meta_reset_lock();
            ch_map_reset_lock();
            ch_fixed_after_fork_child();
            unit_child_begin();
            CHECK(is_sound(heap));
            give(heap, take(heap, 200));
            (void)take(make(20 * CH_SLICE, 4096), 100);
            (void)make(30 * CH_SLICE, 4096);
            _exit(0);
        }
        ch_meta_unlock();
        ch_map_unlock();
        ch_fixed_after_fork_parent();
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
        CHECK_EQ(status, 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    CHECK(pthread_join(thread, NULL) == 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_registry_heap_is_found_in_its_range_only),
        forked_test(test_registry_same_range_is_the_same_heap_anew),
        forked_test(test_registry_range_that_became_too_small_is_retired),
        forked_test(test_registry_refused_range_leaves_others_alone),
        forked_test(test_registry_innermost_heap_wins),
        forked_test(test_registry_heaps_within_a_new_one_are_retired),
        forked_test(test_registry_partial_overlap_retires_the_older),
        forked_test(test_registry_neighbours_do_not_overlap),
        forked_test(test_registry_room_counts_as_range),
        forked_test(test_registry_freed_block_takes_its_heaps_along),
        forked_test(test_registry_free_of_all_of_a_heap_keeps_the_heap),
        forked_test(test_registry_retire_within_a_range),
        forked_test(test_registry_marks_the_slices_of_a_heap),
        forked_test(test_registry_marks_go_with_the_last_heap_of_a_slice),
        forked_test(test_registry_growth_marks_new_slices),
        forked_test(test_registry_heap_without_its_mark_claims_nothing),
        forked_test(
            test_registry_million_registrations_of_one_buffer_grow_nothing),
        forked_test(test_registry_registrations_of_a_large_buffer_grow_nothing),
        forked_test(test_registry_alternating_sizes_grow_nothing),
        forked_test(test_registry_sliding_window_grows_nothing),
        forked_test(test_registry_random_ranges_take_what_most_at_once_took),
        forked_test(test_registry_pages_that_come_and_go_grow_nothing),
        forked_test(test_registry_retired_handle_stays_so_for_a_while),
        forked_test(test_registry_thousands_of_heaps_are_found),
        forked_test(test_registry_random_ranges_match_model),
        forked_test(test_registry_without_memory_is_null_and_harmless),
        forked_test(test_registry_readers_beside_registrations),
        forked_test(test_registry_child_of_a_fork_has_whole_heaps),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
