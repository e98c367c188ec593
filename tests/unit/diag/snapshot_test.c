/* SPDX-License-Identifier: MIT */
/*
 * snapshot_test.c - what is counted is what is there.
 */
#include "diag/snapshot.h"

#include "base/arith.h"
#include "front/route.h"
#include "front/start.h"
#include "heap/slab/arena.h"
#include "heap/slab/cache.h"
#include "heap/slab/large.h"
#include "region/budget.h"
#include "unit/_unit.h"

static struct ch_snapshot s;

/* A snapshot that agrees with the regions' own counters. */
static void
take(void)
{
    size_t held = 0;
    size_t dirty = 0;
    size_t reserved = 0;

    ch_snapshot_take(&s);
    for (unsigned i = 0; i < ch_arena_count(); i++) {
        const struct ch_region *r = &ch_arena_get(i)->region;

        held += r->n_live * CH_SLICE;
        dirty += r->n_dirty * CH_SLICE;
        reserved += r->n_reserved * CH_SLICE;
        CHECK(ch_region_is_valid(r));
    }
    CHECK_EQ(s.n_arenas, ch_arena_count());
    CHECK_EQ(s.sum.held, held);
    CHECK_EQ(s.sum.dirty, dirty);
    CHECK_EQ(s.sum.reserved, reserved);
    CHECK(s.sum.open <= s.sum.reserved);
    CHECK(s.sum.held + s.sum.dirty <= s.sum.open);
    CHECK(s.sum.live <= s.sum.held);
    CHECK(s.sum.peak_held >= s.sum.held);
    CHECK_EQ(s.used, ch_budget_used());
    CHECK(s.peak >= s.used);
    CHECK(s.used >= s.sum.held + s.sum.dirty + s.huge);
}

static void
begin(const char *conf)
{
    setenv("CAPHEAP_CONF", conf, 1);
    CHECK(ch_start());
}

static void *
must_alloc(size_t size)
{
    void *p = ch_route_alloc(size, NULL);

    CHECK(p != NULL);
    return p;
}

static size_t
sum_of_classes(void)
{
    size_t bytes = 0;

    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        bytes += s.sum.classes[c].n_live * ch_class_size(c);
    }
    return bytes;
}

static void
test_snapshot_of_new_heap_has_nothing_live(void)
{
    begin("purge_delay=never");
    take();
    CHECK_EQ(s.sum.live, 0);
    CHECK_EQ(s.sum.n_live, 0);
    CHECK_EQ(s.sum.held, 0);
    CHECK_EQ(s.n_huge, 0);
    CHECK_EQ(s.n_threads, 0);
    CHECK_EQ(s.limit, SIZE_MAX);
    CHECK(s.sum.reserved > 0);
}

static void
test_snapshot_of_known_blocks_is_exact(void)
{
    size_t n_live = 0;
    size_t live = 0;

    begin("purge_delay=never");
    for (size_t c = 1; c < CH_N_CLASSES; c++) {
        for (size_t i = 0; i < c % 7 + 1; i++) {
            (void)must_alloc(ch_class_size(c));
            live += ch_class_size(c);
            n_live++;
        }
    }
    take();
    for (size_t c = 1; c < CH_N_CLASSES; c++) {
        CHECK_EQ(s.sum.classes[c].n_live, c % 7 + 1);
    }
    CHECK_EQ(s.sum.live, live);
    CHECK_EQ(s.sum.n_live, n_live);
    CHECK_EQ(sum_of_classes(), live);
    CHECK_EQ(s.n_threads, 1);
    CHECK_EQ(s.n_caches, 1);
}

static void
test_snapshot_of_runs_and_huge_blocks_is_exact(void)
{
    void *p;
    void *q;

    begin("purge_delay=never");
    p = must_alloc(CH_MIB - 100);
    (void)must_alloc(2 * CH_MIB);
    q = must_alloc(CH_RUN_MAX + CH_MIB);
    take();
    CHECK_EQ(s.sum.n_runs, 2);
    CHECK_EQ(s.sum.runs, 3 * CH_MIB);
    CHECK_EQ(s.sum.live, 3 * CH_MIB);
    CHECK_EQ(s.sum.n_live, 2);
    CHECK_EQ(s.sum.held, 3 * CH_MIB);
    CHECK_EQ(s.n_huge, 1);
    CHECK_EQ(s.huge, CH_RUN_MAX + CH_MIB);
    ch_route_free(p, "free");
    ch_route_free(q, "free");
    take();
    CHECK_EQ(s.sum.n_runs, 1);
    CHECK_EQ(s.sum.runs, 2 * CH_MIB);
    CHECK_EQ(s.sum.dirty, CH_MIB);
    CHECK_EQ(s.n_huge, 0);
    CHECK_EQ(s.huge, 0);
    CHECK_EQ(s.huge_peak, CH_RUN_MAX + CH_MIB);
}

/* ---- random use ---------------------------------------------------------- */

#define N_SLOTS 2000u

static void *slots[N_SLOTS];
static struct ch_class_count model[CH_N_CLASSES];

/* Allocates or frees; keeps the model of what is live. */
static void
change_slot(size_t i, uint64_t *random)
{
    size_t size = 1 + unit_below(random, 1u << (6 + unit_below(random, 10)));

    if (slots[i] == NULL) {
        slots[i] = must_alloc(size);
        model[ch_class_of(ch_route_usable(slots[i], "usable"))].n_live++;
        return;
    }
    model[ch_class_of(ch_route_usable(slots[i], "usable"))].n_live--;
    ch_route_free(slots[i], "free");
    slots[i] = NULL;
}

static void
check_model(void)
{
    take();
    CHECK_EQ(s.sum.classes[0].n_live, 0);
    for (size_t c = 1; c < CH_N_CLASSES; c++) {
        CHECK_EQ(s.sum.classes[c].n_live, model[c].n_live);
    }
    CHECK_EQ(s.sum.live, sum_of_classes());
}

static void
test_snapshot_of_random_use_is_exact(void)
{
    uint64_t random = unit_seed(0x54a9);

    begin("purge_delay=never");
    for (size_t round = 0; round < 60; round++) {
        for (int i = 0; i < 1000; i++) {
            change_slot(unit_below(&random, N_SLOTS), &random);
        }
        check_model();
    }
    for (size_t i = 0; i < N_SLOTS; i++) {
        if (slots[i] != NULL) {
            change_slot(i, &random);
        }
    }
    check_model();
    CHECK_EQ(s.sum.live, 0);
    ch_cache_trim();
    take();
    CHECK_EQ(s.sum.held, 0);
}

/* ---- other threads ------------------------------------------------------- */

static void *
free_every_other(void *arg)
{
    for (size_t i = 0; i < N_SLOTS; i += 2) {
        ch_route_free(slots[i], "free");
    }
    return NULL;
}

static void
test_snapshot_counts_what_others_freed_as_free(void)
{
    begin("purge_delay=never");
    for (size_t i = 0; i < N_SLOTS; i++) {
        slots[i] = must_alloc(512);
    }
    unit_on_thread(free_every_other, NULL);
    take();
    CHECK_EQ(s.sum.classes[ch_class_of(512)].n_live, N_SLOTS / 2);
    CHECK_EQ(s.sum.live, N_SLOTS / 2 * 512);
}

static void *
leave_blocks(void *arg)
{
    for (size_t i = 0; i < N_SLOTS; i++) {
        slots[i] = must_alloc(512);
    }
    for (size_t i = 0; i < N_SLOTS; i += 4) {
        ch_route_free(slots[i], "free");
    }
    return NULL;
}

static void
test_snapshot_of_ended_threads_blocks_is_exact(void)
{
    begin("purge_delay=never");
    unit_on_thread(leave_blocks, NULL);
    take();
    CHECK_EQ(s.sum.classes[ch_class_of(512)].n_live, N_SLOTS / 4 * 3);
    CHECK_EQ(s.n_threads, 0);
    CHECK_EQ(s.n_caches, 1);
}

static struct unit_step stop;

static void *
be_busy(void *arg)
{
    uint64_t random = (size_t)arg;

    while (__atomic_load_n(&stop.reached, __ATOMIC_ACQUIRE) == 0) {
        ch_route_free(must_alloc(unit_below(&random, 150000)), "free");
    }
    return NULL;
}

static void
test_snapshot_while_threads_are_busy_keeps_its_bounds(void)
{
    pthread_t threads[2];

    begin("purge_delay=1");
    for (size_t i = 0; i < 2; i++) {
        threads[i] = unit_thread_start(be_busy, (void *)i);
    }
    for (int i = 0; i < 300; i++) {
        ch_snapshot_take(&s);
        CHECK(s.sum.held + s.sum.dirty <= s.sum.open);
        CHECK(s.sum.runs <= s.sum.live);
        for (size_t c = 0; c < CH_N_CLASSES; c++) {
            CHECK(s.sum.classes[c].n_free < 1u << 20);
            CHECK(s.sum.classes[c].n_live < 1u << 20);
        }
    }
    unit_step_reach(&stop);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    ch_snapshot_take(&s);
    CHECK_EQ(s.sum.live, 0);
}

/* ---- arenas, purging, limit ---------------------------------------------- */

static void
test_snapshot_of_each_arena_adds_up(void)
{
    struct ch_arena_count one;
    size_t live = 0;
    size_t held = 0;

    begin("purge_delay=never,arenas=3");
    (void)must_alloc(1000);
    unit_on_thread(leave_blocks, NULL);
    take();
    for (unsigned i = 0; i < 3; i++) {
        ch_snapshot_arena(i, &one);
        CHECK_EQ(one.held, ch_arena_get(i)->region.n_live * CH_SLICE);
        live += one.live;
        held += one.held;
    }
    CHECK_EQ(live, s.sum.live);
    CHECK_EQ(held, s.sum.held);
    CHECK(live > 0);
}

static void
test_snapshot_counts_what_was_purged(void)
{
    begin("purge_delay=never");
    ch_route_free(must_alloc(CH_MIB), "free");
    take();
    CHECK_EQ(s.sum.dirty, CH_MIB);
    CHECK_EQ(s.sum.purged, 0);
    CHECK_EQ(s.sum.peak_held, CH_MIB);
    CHECK_EQ(ch_arena_purge_all(), CH_MIB);
    take();
    CHECK_EQ(s.sum.dirty, 0);
    CHECK_EQ(s.sum.purged, CH_MIB);
    CHECK_EQ(s.sum.peak_held, CH_MIB);
    CHECK(s.peak >= CH_MIB);
}

static void
test_snapshot_has_the_limit_and_the_librarys_own_memory(void)
{
    begin("limit=100m");
    (void)must_alloc(1);
    take();
    CHECK_EQ(s.limit, 100 * CH_MIB);
    CHECK(s.meta > 0 && s.meta < CH_MIB);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_snapshot_of_new_heap_has_nothing_live),
        forked_test(test_snapshot_of_known_blocks_is_exact),
        forked_test(test_snapshot_of_runs_and_huge_blocks_is_exact),
        forked_test(test_snapshot_of_random_use_is_exact),
        forked_test(test_snapshot_counts_what_others_freed_as_free),
        forked_test(test_snapshot_of_ended_threads_blocks_is_exact),
        forked_test(test_snapshot_while_threads_are_busy_keeps_its_bounds),
        forked_test(test_snapshot_of_each_arena_adds_up),
        forked_test(test_snapshot_counts_what_was_purged),
        forked_test(test_snapshot_has_the_limit_and_the_librarys_own_memory),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
