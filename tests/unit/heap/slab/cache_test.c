/* SPDX-License-Identifier: MIT */
/*
 * cache_test.c - threads come, get a cache, and leave it to the next.
 */
#include "heap/slab/cache.h"

#include <limits.h>

#include "unit/heap/slab/_slab.h"

#define C ch_class_of(SIZE)

static size_t
count_threads(void)
{
    size_t n_threads;
    size_t n_caches;

    ch_cache_count(&n_threads, &n_caches);
    return n_threads;
}

static size_t
count_caches(void)
{
    size_t n_threads;
    size_t n_caches;

    ch_cache_count(&n_threads, &n_caches);
    return n_caches;
}

/* ---- a thread that does what it is told ---------------------------------- */

struct worker {
    pthread_t thread;
    struct unit_step ready; /* has allocated */
    struct unit_step end;   /* shall end */
    struct ch_cache *cache;
    size_t size;
    size_t n; /* blocks to take */
    struct batch *batch;
};

static void *
worker_body(void *arg)
{
    struct worker *w = arg;

    for (size_t i = 0; i < w->n; i++) {
        w->batch->p[w->batch->n++] = heap_alloc(w->size);
    }
    w->cache = ch_cache_self;
    unit_step_reach(&w->ready);
    unit_step_wait(&w->end, 1);
    return NULL;
}

static struct batch worker_batches[8];

/* Starts a thread that takes n blocks and then waits. */
static void
worker_start(struct worker *w, size_t n, size_t size)
{
    static size_t turn;

    memset(w, 0, sizeof *w);
    w->n = n;
    w->size = size;
    w->batch = &worker_batches[turn++ % ARRAY_LENGTH(worker_batches)];
    w->batch->n = 0;
    w->thread = unit_thread_start(worker_body, w);
    unit_step_wait(&w->ready, 1);
}

static void
worker_end(struct worker *w)
{
    unit_step_reach(&w->end);
    CHECK(pthread_join(w->thread, NULL) == 0);
}

/* ---- coming and going ---------------------------------------------------- */

static void
test_cache_before_first_call_is_the_empty_one(void)
{
    heap_begin();
    CHECK(ch_cache_active == &ch_cache_empty);
    CHECK(ch_cache_self == NULL);
    CHECK(ch_cache_first() == NULL);
    CHECK(ch_slab_alloc_fast(SIZE) == NULL);
    CHECK_EQ(count_threads(), 0);
    CHECK_EQ(count_caches(), 0);
}

static void
test_cache_enter_first_makes_a_cache_and_then_finds_it(void)
{
    struct ch_cache *cache;

    heap_begin();
    cache = ch_cache_enter();
    ch_cache_leave(cache);
    CHECK(cache != NULL && cache == ch_cache_self && cache == ch_cache_active);
    CHECK(cache->in_use && cache->arena == ch_arena_get(0));
    CHECK(ch_is_aligned(cache, 128));
    CHECK(ch_cache_enter() == cache);
    CHECK(ch_cache_first() == cache && cache->next_all == NULL);
    CHECK_EQ(count_threads(), 1);
    CHECK_EQ(count_caches(), 1);
}

static void
test_cache_of_ended_thread_goes_to_the_next(void)
{
    struct worker a;
    struct worker b;

    heap_begin();
    worker_start(&a, 1, SIZE);
    CHECK_EQ(count_threads(), 1);
    worker_end(&a);
    CHECK_EQ(count_threads(), 0);
    CHECK_EQ(count_caches(), 1);
    worker_start(&b, 1, SIZE);
    CHECK(b.cache == a.cache);
    CHECK_EQ(count_threads(), 1);
    CHECK_EQ(count_caches(), 1);
    worker_end(&b);
}

static void
test_cache_left_last_is_taken_first(void)
{
    struct worker w[3];
    struct worker next[3];

    heap_begin();
    for (size_t i = 0; i < 3; i++) {
        worker_start(&w[i], 1, SIZE);
    }
    CHECK_EQ(count_threads(), 3);
    for (size_t i = 0; i < 3; i++) {
        worker_end(&w[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        worker_start(&next[i], 1, SIZE);
        CHECK(next[i].cache == w[2 - i].cache);
    }
    CHECK_EQ(count_caches(), 3);
    for (size_t i = 0; i < 3; i++) {
        worker_end(&next[i]);
    }
}

static void
test_caches_of_many_threads_share_the_arenas_in_turn(void)
{
    struct worker w[4];

    heap_begin_with(2, &patient);
    for (size_t i = 0; i < 4; i++) {
        worker_start(&w[i], 1, SIZE);
        CHECK(w[i].cache->arena == ch_arena_get((unsigned)i % 2));
        CHECK(ch_map_find(w[i].batch->p[0])->arena == w[i].cache->arena);
    }
    for (size_t i = 0; i < 4; i++) {
        worker_end(&w[i]);
    }
}

static void
test_cache_first_walks_every_cache_ever_made(void)
{
    struct worker w[3];
    size_t n = 0;

    heap_begin();
    for (size_t i = 0; i < 3; i++) {
        worker_start(&w[i], 1, SIZE);
    }
    for (size_t i = 0; i < 3; i++) {
        worker_end(&w[i]);
    }
    for (struct ch_cache *c = ch_cache_first(); c != NULL; c = c->next_all) {
        n++;
    }
    CHECK_EQ(n, 3);
}

static void
test_cache_of_ended_thread_keeps_its_live_blocks(void)
{
    struct worker w;
    struct ch_page *page;

    heap_begin();
    worker_start(&w, 100, SIZE);
    for (size_t i = 0; i < w.batch->n; i++) {
        memset(w.batch->p[i], (int)i, SIZE);
    }
    page = ch_map_find(w.batch->p[0]);
    worker_end(&w);
    CHECK(page->owner == w.cache);
    for (size_t i = 0; i < w.batch->n; i++) {
        CHECK(unit_is_filled(w.batch->p[i], SIZE, (unsigned char)i));
    }
    batch_free(w.batch);
}

static void
test_cache_of_ended_thread_without_live_blocks_holds_no_memory(void)
{
    struct worker w;

    heap_begin();
    worker_start(&w, 0, SIZE);
    CHECK(w.cache == NULL);
    worker_end(&w);
    worker_start(&w, 1, SIZE);
    CHECK(heap_live() > 0);
    free_remotely(w.batch->p[0]);
    worker_end(&w);
    /* The block that was freed elsewhere may hold its page, no other does. */
    CHECK(heap_live() <= ch_map_find(w.batch->p[0])->n_slices);
}

static void *
use_and_free_all(void *arg)
{
    struct batch *b = arg;

    for (size_t i = 0; i < 500; i++) {
        b->p[b->n++] = heap_alloc(i * 40);
    }
    batch_free(b);
    CHECK(heap_live() > 0);
    return NULL;
}

static void
test_cache_at_thread_exit_gives_what_is_free_to_the_arena(void)
{
    heap_begin();
    unit_on_thread(use_and_free_all, &worker_batches[0]);
    CHECK_EQ(heap_live(), 0);
    CHECK(ch_region_is_valid(heap_region()));
}

/* ---- after the end ------------------------------------------------------- */

static struct {
    pthread_key_t key;
    unsigned rounds;
    unsigned late_round; /* the first one with the late cache */
    void *late_block;
} last;

/* Allocates in every round of a thread's end, the last one included. */
static void
allocate_in_the_end(void *arg)
{
    void *p = heap_alloc(SIZE);

    last.rounds++;
    if (ch_cache_self == &ch_cache_late) {
        CHECK(ch_cache_active == &ch_cache_empty);
        CHECK(ch_map_find(p)->owner == &ch_cache_late);
        if (last.late_block == NULL) {
            last.late_round = last.rounds;
            last.late_block = p;
        }
    } else {
        heap_free(p);
    }
    pthread_setspecific(last.key, arg);
}

static void *
end_slowly(void *arg)
{
    CHECK(heap_alloc(SIZE) != NULL);
    pthread_setspecific(last.key, arg);
    return NULL;
}

static void
test_cache_after_its_threads_end_is_the_late_one(void)
{
    unsigned late_round = 0;

    heap_begin();
    CHECK(pthread_key_create(&last.key, allocate_in_the_end) == 0);
    /* The second thread has the cache of the first, and as much time. */
    for (int i = 0; i < 2; i++) {
        last.rounds = 0;
        last.late_block = NULL;
        unit_on_thread(end_slowly, &last);
        CHECK_EQ(last.rounds, PTHREAD_DESTRUCTOR_ITERATIONS);
        CHECK(last.late_block != NULL);
        CHECK_EQ(count_threads(), 0);
        CHECK_EQ(count_caches(), 1);
        CHECK(last.late_round > 1);
        CHECK(i == 0 || last.late_round == late_round);
        late_round = last.late_round;
        heap_free(last.late_block);
    }
}

/* What the library's own memory may still take; bytes. */
static size_t meta_left = SIZE_MAX;

static int
charge_what_is_left(size_t bytes)
{
    if (bytes > meta_left) {
        return -ENOMEM;
    }
    meta_left -= bytes;
    return 0;
}

/* Uses up what is open of the library's own memory, but for some records. */
static void
use_up_meta(size_t n_records)
{
    struct ch_page *records[16];

    for (size_t i = 0; i < n_records; i++) {
        records[i] = ch_page_new();
    }
    meta_left = 0;
    while (ch_meta_alloc(1) != NULL) {
    }
    for (size_t i = 0; i < n_records; i++) {
        ch_page_delete(records[i]);
    }
}

static void
test_cache_without_memory_for_one_is_the_late_one(void)
{
    struct ch_region *region;
    void *p;

    heap_begin();
    /* The map's table is charged as well: it is open before that ends. */
    region = &ch_arena_get(0)->region;
    ch_region_give(region, ch_region_take(region, 1, CH_SLICE, NULL), 1);
    ch_meta_init(CH_MIB, charge_what_is_left);
    use_up_meta(4);
    p = heap_alloc(SIZE);
    CHECK(ch_map_find(p)->owner == &ch_cache_late);
    CHECK(ch_cache_self == NULL);
    CHECK(ch_cache_active == &ch_cache_empty);
    heap_free(p);
    /* It is not for ever. */
    meta_left = SIZE_MAX;
    p = heap_alloc(SIZE);
    CHECK(ch_cache_self != NULL && ch_cache_active == ch_cache_self);
    CHECK(ch_map_find(p)->owner == ch_cache_self);
}

/* ---- arming -------------------------------------------------------------- */

static void
test_cache_armed_with_nothing_waiting_is_disarmed_by_a_call(void)
{
    heap_begin();
    (void)heap_alloc(SIZE);
    ch_cache_arm();
    CHECK(ch_cache_active == &ch_cache_empty);
    CHECK(ch_slab_alloc_fast(SIZE) == NULL);
    (void)heap_alloc(SIZE);
    CHECK(ch_cache_active == ch_cache_self);
}

static const struct ch_region_options waits_long = {
    .first_reserve = 64 * CH_MIB,
    .dirty_max = SIZE_MAX / 2,
    .purge_delay_ms = 1000000,
    .thp = CH_REGION_THP_NEVER,
};

static void
test_cache_armed_of_busy_thread_is_disarmed_after_a_few_calls(void)
{
    heap_begin_with(1, &waits_long);
    heap_free(heap_alloc(CH_MIB));
    CHECK(ch_cache_active == &ch_cache_empty);
    (void)heap_alloc(SIZE);
    CHECK(ch_cache_active == &ch_cache_empty);
    for (int i = 0; i < 1000 && ch_cache_active == &ch_cache_empty; i++) {
        (void)heap_alloc(SIZE);
    }
    CHECK(ch_cache_active == ch_cache_self);
}

static void
test_cache_armed_of_slow_thread_stays_armed(void)
{
    heap_begin_with(1, &waits_long);
    heap_free(heap_alloc(CH_MIB));
    for (int i = 0; i < 40; i++) {
        usleep(5000);
        (void)heap_alloc(SIZE);
        CHECK(ch_cache_active == &ch_cache_empty);
    }
}

static void
test_cache_armed_purges_when_the_time_has_come(void)
{
    struct ch_region_options options = waits_long;

    options.purge_delay_ms = 30;
    heap_begin_with(1, &options);
    heap_free(heap_alloc(CH_MIB));
    CHECK(heap_region()->n_dirty >= CH_MIB / CH_SLICE);
    usleep(80000);
    (void)heap_alloc(16);
    CHECK_EQ(heap_region()->n_dirty, 0);
    CHECK(heap_region()->purged_bytes > CH_MIB / 2);
    CHECK(ch_cache_active == ch_cache_self);
}

static void
test_cache_disabled_is_never_active(void)
{
    heap_begin();
    CHECK_EQ(ch_cache_init(false), 0);
    CHECK(!ch_slab_is_fast(0));
    for (int i = 0; i < 1000; i++) {
        heap_free(heap_alloc(SIZE));
        CHECK(ch_cache_active == &ch_cache_empty);
    }
    CHECK(ch_cache_self != NULL);
}

/* ---- stealing ------------------------------------------------------------ */

static void
test_cache_steal_takes_pages_of_ended_threads(void)
{
    struct ch_page *page;
    struct worker w;
    void *other;
    void *p;

    heap_begin();
    other = heap_alloc(16);
    worker_start(&w, 2, SIZE);
    page = ch_map_find(w.batch->p[0]);
    worker_end(&w);
    p = heap_alloc(SIZE);
    CHECK(ch_map_find(p) == page);
    CHECK(page->owner == ch_cache_self);
    CHECK_EQ(page->state, CH_PAGE_CURRENT);
    CHECK(p != w.batch->p[0] && p != w.batch->p[1]);
    CHECK(w.cache->avail[C].first == NULL);
    batch_free(w.batch);
    heap_free(p);
    heap_free(other);
    ch_cache_trim();
    CHECK_EQ(heap_live(), 0);
}

static void
test_cache_steal_from_nobody_gives_nothing(void)
{
    struct worker w;

    heap_begin();
    (void)heap_alloc(16);
    CHECK(ch_cache_steal(ch_cache_self, C) == NULL);
    worker_start(&w, 2, SIZE);
    CHECK(ch_cache_steal(ch_cache_self, C) == NULL);
    worker_end(&w);
    CHECK(ch_cache_steal(ch_cache_self, C + 1) == NULL);
    CHECK(ch_cache_steal(ch_cache_self, C) != NULL);
    CHECK(ch_cache_steal(ch_cache_self, C) == NULL);
}

static void
test_cache_steal_finds_pages_that_others_freed_into(void)
{
    struct batch *b;
    struct ch_page *page;
    struct worker w;

    heap_begin();
    (void)heap_alloc(16);
    /* As many as fill one page and begin another. */
    worker_start(&w, CH_SLICE * 8 / SIZE + 1, SIZE);
    b = w.batch;
    page = ch_map_find(b->p[0]);
    worker_end(&w);
    while (b->n > 1) {
        if (ch_map_find(b->p[--b->n]) == page) {
            heap_free(b->p[b->n]);
        }
    }
    CHECK(has_wake(page));
    for (int i = 0; i < 2; i++) {
        struct ch_page *stolen = ch_cache_steal(ch_cache_self, C);

        CHECK(stolen != NULL && stolen->owner == ch_cache_self);
        CHECK(w.cache->wake == NULL);
    }
}

/* ---- trim ---------------------------------------------------------------- */

static void
test_cache_trim_gives_all_that_is_free_to_the_arena(void)
{
    struct batch *b = &worker_batches[0];

    heap_begin();
    for (size_t i = 0; i < 2000; i++) {
        b->p[b->n++] = heap_alloc(i * 20);
    }
    batch_free(b);
    CHECK(heap_live() > 0);
    ch_cache_trim();
    CHECK_EQ(heap_live(), 0);
    CHECK_EQ(ch_cache_self->n_empty, 0);
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        CHECK(ch_cache_self->current[c] == NULL);
        CHECK(ch_cache_self->lists[c] == NULL);
        CHECK(ch_cache_self->avail[c].first == NULL);
    }
    (void)heap_alloc(SIZE);
}

static void
test_cache_trim_keeps_live_blocks_usable(void)
{
    struct batch *b = &worker_batches[0];

    heap_begin();
    for (size_t i = 0; i < 200; i++) {
        b->p[b->n++] = heap_alloc(SIZE);
        memset(b->p[i], (int)i, SIZE);
    }
    ch_cache_trim();
    for (size_t i = 0; i < 200; i++) {
        CHECK(unit_is_filled(b->p[i], SIZE, (unsigned char)i));
    }
    CHECK(ch_map_find(heap_alloc(SIZE)) == ch_map_find(b->p[199]));
    batch_free(b);
}

static void
test_cache_trim_of_ended_threads_gives_what_others_freed(void)
{
    struct worker w;

    heap_begin();
    (void)heap_alloc(16);
    ch_cache_trim();
    CHECK(heap_live() > 0);
    worker_start(&w, CH_SLICE * 8 / SIZE * 10, SIZE);
    worker_end(&w);
    batch_free(w.batch);
    ch_cache_trim();
    CHECK(heap_live() <= 3 * ch_map_find(heap_alloc(16))->n_slices);
}

/* Few enough frees that the current page's owner is not told. */
static void
test_cache_trim_gives_page_of_which_others_freed_all(void)
{
    struct batch *b = &worker_batches[0];

    heap_begin();
    b->p[b->n++] = heap_alloc(SIZE);
    while (ch_cache_self->lists[C] != NULL) {
        b->p[b->n++] = heap_alloc(SIZE);
    }
    batch_free_remotely(b);
    ch_cache_trim();
    CHECK_EQ(heap_live(), 0);
}

static void
test_cache_trim_of_thread_without_a_cache_is_harmless(void)
{
    heap_begin();
    ch_cache_trim();
    CHECK(ch_cache_self == NULL);
}

/* ---- fork ---------------------------------------------------------------- */

static void
heap_before_fork(void)
{
    ch_cache_before_fork();
    ch_arena_before_fork();
}

static void
heap_after_fork_parent(void)
{
    ch_arena_after_fork_parent();
    ch_cache_after_fork_parent();
}

static struct worker forked_worker;

/* Runs in the child of a fork: the worker's thread is not here. */
static void
check_child(void)
{
    struct ch_cache *self = ch_cache_self;
    struct worker w;

    ch_arena_after_fork_child();
    ch_cache_after_fork_child();
    CHECK(ch_cache_self == self && self->in_use);
    CHECK_EQ(count_threads(), 1);
    CHECK_EQ(count_caches(), 2);
    heap_free(heap_alloc(SIZE));
    batch_free(forked_worker.batch);
    worker_start(&w, 100, SIZE);
    CHECK(w.cache == forked_worker.cache);
    CHECK_EQ(count_threads(), 2);
    worker_end(&w);
    batch_free(w.batch);
}

static void
test_cache_of_threads_that_fork_lost_goes_to_new_ones(void)
{
    int status;

    heap_begin();
    (void)heap_alloc(SIZE);
    worker_start(&forked_worker, 50, SIZE);
    heap_before_fork();
    status = unit_child_status(check_child);
    heap_after_fork_parent();
    CHECK_EQ(status, 0);
    CHECK_EQ(count_threads(), 2);
    worker_end(&forked_worker);
    batch_free(forked_worker.batch);
    CHECK_EQ(count_threads(), 1);
}

static void
check_child_without_cache(void)
{
    ch_arena_after_fork_child();
    ch_cache_after_fork_child();
    CHECK_EQ(count_threads(), 0);
    (void)heap_alloc(SIZE);
    CHECK(ch_cache_self == forked_worker.cache);
}

static void
test_cache_of_forking_thread_without_one_is_a_lost_ones(void)
{
    int status;

    heap_begin();
    worker_start(&forked_worker, 50, SIZE);
    heap_before_fork();
    status = unit_child_status(check_child_without_cache);
    heap_after_fork_parent();
    CHECK_EQ(status, 0);
    worker_end(&forked_worker);
}

static struct unit_step stop_busy;

static void *
be_busy(void *arg)
{
    uint64_t random = (size_t)arg;
    void *p = NULL;

    while (__atomic_load_n(&stop_busy.reached, __ATOMIC_ACQUIRE) == 0) {
        if (p != NULL) {
            heap_free(p);
        }
        p = heap_alloc(unit_below(&random, 3 * CH_CLASS_MAX));
    }
    return NULL;
}

static void
check_child_of_busy_threads(void)
{
    struct batch *b = &worker_batches[0];

    ch_arena_after_fork_child();
    ch_cache_after_fork_child();
    for (size_t i = 0; i < 500; i++) {
        b->p[b->n++] = heap_alloc(i * 100);
    }
    batch_free(b);
    unit_on_thread(use_and_free_all, &worker_batches[1]);
    ch_cache_trim();
    CHECK(ch_region_is_valid(heap_region()));
}

static void
test_cache_fork_while_threads_are_busy_leaves_a_sound_heap(void)
{
    pthread_t threads[2];

    heap_begin();
    for (size_t i = 0; i < 2; i++) {
        threads[i] = unit_thread_start(be_busy, (void *)i);
    }
    for (int i = 0; i < 30; i++) {
        int status;

        usleep(500);
        heap_before_fork();
        status = unit_child_status(check_child_of_busy_threads);
        heap_after_fork_parent();
        CHECK_EQ(status, 0);
    }
    unit_step_reach(&stop_busy);
    for (size_t i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_cache_before_first_call_is_the_empty_one),
        forked_test(test_cache_enter_first_makes_a_cache_and_then_finds_it),
        forked_test(test_cache_of_ended_thread_goes_to_the_next),
        forked_test(test_cache_left_last_is_taken_first),
        forked_test(test_caches_of_many_threads_share_the_arenas_in_turn),
        forked_test(test_cache_first_walks_every_cache_ever_made),
        forked_test(test_cache_of_ended_thread_keeps_its_live_blocks),
        forked_test(
            test_cache_of_ended_thread_without_live_blocks_holds_no_memory),
        forked_test(test_cache_at_thread_exit_gives_what_is_free_to_the_arena),
        forked_test(test_cache_after_its_threads_end_is_the_late_one),
        forked_test(test_cache_without_memory_for_one_is_the_late_one),
        forked_test(
            test_cache_armed_with_nothing_waiting_is_disarmed_by_a_call),
        forked_test(
            test_cache_armed_of_busy_thread_is_disarmed_after_a_few_calls),
        forked_test(test_cache_armed_of_slow_thread_stays_armed),
        forked_test(test_cache_armed_purges_when_the_time_has_come),
        forked_test(test_cache_disabled_is_never_active),
        forked_test(test_cache_steal_takes_pages_of_ended_threads),
        forked_test(test_cache_steal_from_nobody_gives_nothing),
        forked_test(test_cache_steal_finds_pages_that_others_freed_into),
        forked_test(test_cache_trim_gives_all_that_is_free_to_the_arena),
        forked_test(test_cache_trim_keeps_live_blocks_usable),
        forked_test(test_cache_trim_of_ended_threads_gives_what_others_freed),
        forked_test(test_cache_trim_gives_page_of_which_others_freed_all),
        forked_test(test_cache_trim_of_thread_without_a_cache_is_harmless),
        forked_test(test_cache_of_threads_that_fork_lost_goes_to_new_ones),
        forked_test(test_cache_of_forking_thread_without_one_is_a_lost_ones),
        forked_test(test_cache_fork_while_threads_are_busy_leaves_a_sound_heap),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
