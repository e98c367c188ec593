/* SPDX-License-Identifier: MIT */
/*
 * start_test.c - the library starts once, at the first call, as it was told.
 */
#include "front/start.h"

#include "base/arith.h"
#include "front/other_malloc.h"
#include "front/route.h"
#include "heap/slab/arena.h"
#include "heap/slab/cache.h"
#include "map/map.h"
#include "map/meta.h"
#include "region/budget.h"
#include "unit/_unit.h"

static struct ch_region *
region(void)
{
    return &ch_arena_get(0)->region;
}

static void
begin(const char *conf)
{
    if (conf != NULL) {
        setenv("CAPHEAP_CONF", conf, 1);
    } else {
        unsetenv("CAPHEAP_CONF");
    }
}

static void
test_start_options_before_start_are_the_defaults(void)
{
    begin("limit=123m");
    CHECK(ch_start_options() == &ch_options_default);
    CHECK(ch_start());
    CHECK(ch_start_options() != &ch_options_default);
    CHECK_EQ(ch_start_options()->limit, 123 * CH_MIB);
}

static void
test_start_makes_a_heap_with_a_window(void)
{
    struct ch_map_stats map;

    begin(NULL);
    CHECK(ch_start());
    CHECK_EQ(ch_arena_count(), ch_start_options()->arenas);
    CHECK(region()->chunks != NULL);
    ch_map_get_stats(&map);
    CHECK(map.reserved > 0);
    CHECK(ch_map_find_fast(ch_route_alloc(100, NULL)) != NULL);
}

static void
test_start_again_changes_nothing(void)
{
    void *p;

    begin("limit=100m");
    CHECK(ch_start());
    p = ch_route_alloc(100, NULL);
    setenv("CAPHEAP_CONF", "limit=200m", 1);
    CHECK(ch_start());
    CHECK_EQ(ch_start_options()->limit, 100 * CH_MIB);
    CHECK(ch_route_has(p));
}

static void
test_start_costs_little_memory(void)
{
    begin(NULL);
    CHECK(ch_start());
    CHECK(ch_budget_used() <= CH_MIB);
    CHECK_EQ(region()->n_live, 0);
}

static void
test_start_pushes_options_down(void)
{
    begin("limit=64m,arenas=2,purge_delay=77,dirty_max=3m,thp=never");
    CHECK(ch_start());
    CHECK_EQ(ch_budget_limit(), 64 * CH_MIB);
    CHECK_EQ(ch_arena_count(), 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct ch_region_options *o = &ch_arena_get(i)->region.options;

        CHECK_EQ(o->purge_delay_ms, 77);
        CHECK_EQ(o->dirty_max, 3 * CH_MIB);
        CHECK_EQ(o->thp, CH_REGION_THP_NEVER);
    }
}

static void
test_start_counts_own_memory_in_the_limit(void)
{
    struct ch_meta_stats meta;

    begin("limit=64m");
    CHECK(ch_start());
    (void)!ch_route_alloc(1, NULL);
    ch_meta_get_stats(&meta);
    CHECK(meta.committed > 0);
    CHECK(ch_budget_used() >= meta.committed + region()->n_live * CH_SLICE);
}

static enum ch_region_thp
thp_of(const char *conf)
{
    begin(conf);
    CHECK(ch_start());
    return region()->options.thp;
}

static void
test_start_under_small_limit_takes_no_huge_pages(void)
{
    CHECK_EQ(thp_of("limit=100m"), CH_REGION_THP_NEVER);
}

static void
test_start_under_large_limit_leaves_huge_pages_to_the_region(void)
{
    CHECK_EQ(thp_of("limit=100g"), CH_REGION_THP_AUTO);
}

static void
test_start_with_thp_always_says_so_to_the_region(void)
{
    CHECK_EQ(thp_of("thp=always"), CH_REGION_THP_ALWAYS);
}

static void
test_start_with_little_address_space_still_works(void)
{
    struct rlimit limit;
    FILE *f = fopen("/proc/self/statm", "r");
    size_t n_pages = 0;

    CHECK(f != NULL && fscanf(f, "%zu", &n_pages) == 1);
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = n_pages * (size_t)sysconf(_SC_PAGESIZE) + 64 * CH_MIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    begin(NULL);
    for (int i = 0; i < 16; i++) {
        char *p = ch_route_alloc(CH_MIB, NULL);

        CHECK(p != NULL);
        memset(p, 1, CH_MIB);
    }
}

/* ---- many first calls at once -------------------------------------------- */

#define N_THREADS 8u

static struct unit_step go;

static void *
first_call(void *arg)
{
    unit_step_reach(&go);
    while (__atomic_load_n(&go.reached, __ATOMIC_ACQUIRE) < N_THREADS) {
    }
    *(void **)arg = ch_route_alloc(100, NULL);
    return NULL;
}

static void
test_start_by_many_threads_at_once_happens_once(void)
{
    pthread_t threads[N_THREADS];
    void *blocks[N_THREADS];
    size_t n_threads;
    size_t n_caches;

    begin(NULL);
    for (size_t i = 0; i < N_THREADS; i++) {
        threads[i] = unit_thread_start(first_call, &blocks[i]);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(blocks[i] != NULL && ch_route_has(blocks[i]));
    }
    ch_cache_count(&n_threads, &n_caches);
    CHECK_EQ(n_threads, 0);
    CHECK(n_caches >= 1 && n_caches <= N_THREADS);
    CHECK(region()->chunks->next == NULL);
}

/* ---- fork ---------------------------------------------------------------- */

static struct unit_step stop;

static void *
be_busy(void *arg)
{
    uint64_t random = (size_t)arg;

    while (__atomic_load_n(&stop.reached, __ATOMIC_ACQUIRE) == 0) {
        ch_route_free(
            ch_route_alloc(unit_below(&random, 200000), NULL), "free");
    }
    return NULL;
}

static void
use_heap(void)
{
    for (size_t i = 0; i < 200; i++) {
        void *p = ch_route_alloc(i * 1000, NULL);

        CHECK(p != NULL);
        ch_route_free(p, "free");
    }
    unit_step_reach(&stop);
    unit_on_thread(be_busy, NULL);
    CHECK(ch_region_is_valid(region()));
}

static void
test_start_registers_so_that_fork_leaves_a_sound_child(void)
{
    pthread_t threads[2];

    begin("purge_delay=0");
    CHECK(ch_start());
    for (size_t i = 0; i < 2; i++) {
        threads[i] = unit_thread_start(be_busy, (void *)(i + 1));
    }
    for (int i = 0; i < 30; i++) {
        usleep(500);
        CHECK_EQ(unit_child_status(use_heap), 0);
    }
    unit_step_reach(&stop);
    for (size_t i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static void
start_with_bad_option(void)
{
    begin("limitt=5");
    CHECK(ch_start());
    (void)!ch_route_alloc(1, NULL);
}

static void
test_start_with_wrong_option_says_so_once_and_goes_on(void)
{
    char text[2048];

    CHECK_EQ(unit_child_says(start_with_bad_option, text, sizeof text), 0);
    CHECK(strncmp(text, "capheap: ", 9) == 0);
    CHECK(strstr(text, "limitt") != NULL && strstr(text, "limit") != NULL);
    CHECK(strchr(text, '\n') == text + strlen(text) - 1);
}

static void
start_in_silence(void)
{
    begin(NULL);
    CHECK(ch_start());
    (void)!ch_route_alloc(1, NULL);
}

static void
test_start_says_nothing_by_itself(void)
{
    char text[2048];

    CHECK_EQ(unit_child_says(start_in_silence, text, sizeof text), 0);
    CHECK_STR(text, "");
}

static void
test_start_without_sanitizer_has_no_other_malloc(void)
{
    begin(NULL);
    CHECK(ch_other_malloc() == NULL);
    CHECK(ch_start());
    (void)!ch_route_alloc(1, NULL);
    CHECK(ch_cache_active == ch_cache_self);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_start_options_before_start_are_the_defaults),
        forked_test(test_start_makes_a_heap_with_a_window),
        forked_test(test_start_again_changes_nothing),
        forked_test(test_start_costs_little_memory),
        forked_test(test_start_pushes_options_down),
        forked_test(test_start_counts_own_memory_in_the_limit),
        forked_test(test_start_under_small_limit_takes_no_huge_pages),
        forked_test(
            test_start_under_large_limit_leaves_huge_pages_to_the_region),
        forked_test(test_start_with_thp_always_says_so_to_the_region),
        forked_test(test_start_with_little_address_space_still_works),
        forked_test(test_start_by_many_threads_at_once_happens_once),
        forked_test(test_start_registers_so_that_fork_leaves_a_sound_child),
        forked_test(test_start_with_wrong_option_says_so_once_and_goes_on),
        forked_test(test_start_says_nothing_by_itself),
        forked_test(test_start_without_sanitizer_has_no_other_malloc),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
