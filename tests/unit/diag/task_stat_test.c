/* SPDX-License-Identifier: MIT */
/*
 * task_stat_test.c - threads and what they hold, against known blocks.
 */
#include "diag/task_stat.h"

#include "front/place.h"
#include "front/route.h"
#include "front/start.h"
#include "sync/hook.h"
#include "unit/_unit.h"

static void
begin(const char *conf)
{
    setenv("CAPHEAP_CONF", conf, 1);
    CHECK(ch_start());
    CHECK_EQ(ch_task_stat_begin(), 0);
}

static struct ch_task
self_of(const void *handle)
{
    const struct ch_task *found;
    struct ch_task task = {.next = NULL};

    ch_task_stat_lock();
    found = ch_task_find(handle);
    if (found != NULL) {
        task = *found;
    }
    ch_task_stat_unlock();
    return task;
}

static size_t
count_tasks(void)
{
    const struct ch_task *t = NULL;
    size_t n = 0;

    ch_task_stat_lock();
    while ((t = ch_task_next(t)) != NULL) {
        n++;
    }
    ch_task_stat_unlock();
    return n;
}

/* The handle of who has p: 1 for nobody's, 0 when it is not known. */
static uintptr_t
holder_of(const void *p)
{
    const struct ch_block_entry *e = NULL;
    uintptr_t handle = 0;

    ch_task_stat_lock();
    while ((e = ch_task_block_next(e)) != NULL) {
        if (e->p == p) {
            handle = (uintptr_t)ch_task_block_part(e)->task->handle;
            handle += handle == 0;
        }
    }
    ch_task_stat_unlock();
    return handle;
}

static void
test_task_of_this_thread_is_there_before_it_allocates(void)
{
    struct ch_task me;

    begin("");
    me = self_of(NULL);
    CHECK(me.handle == (void *)pthread_self());
    CHECK(me.is_alive && me.n_blocks == 0 && me.current == 0);
    CHECK_EQ(me.id, getpid());
    CHECK_STR(me.name, "task_stat_test");
    CHECK(ch_task_stat_is_valid());
}

static void
test_task_stat_begun_again_does_nothing(void)
{
    void *p;

    begin("");
    p = ch_route_alloc(100, NULL);
    CHECK_EQ(ch_task_stat_begin(), 0);
    CHECK(holder_of(p) == (uintptr_t)pthread_self());
    CHECK_EQ(self_of(NULL).n_blocks, 1);
}

static void
test_task_holds_what_it_allocated_until_it_is_freed(void)
{
    struct ch_task me;
    void *p;

    begin("");
    p = ch_route_alloc(1000, NULL);
    me = self_of(NULL);
    CHECK(me.current >= 1000 && me.peak == me.current);
    CHECK(me.n_blocks == 1 && me.n_parts == 1);
    ch_route_free(p, "free");
    me = self_of(NULL);
    CHECK(me.current == 0 && me.peak >= 1000 && me.n_blocks == 0);
    CHECK_EQ(holder_of(p), 0);
    CHECK(ch_task_stat_is_valid());
}

static void
test_blocks_from_before_are_of_task_0(void)
{
    void *p;
    void *q;

    setenv("CAPHEAP_CONF", "profile=esp32,poisoning=light", 1);
    CHECK(ch_start());
    p = ch_place_alloc(100, CH_CAP_DMA);
    q = ch_place_alloc(200, CH_CAP_EXEC);
    begin("profile=esp32,poisoning=light");
    CHECK_EQ(holder_of(p), 1);
    CHECK_EQ(holder_of(ch_place_unalias(q)), 1);
    ch_route_free(q, "free");
    CHECK_EQ(holder_of(ch_place_unalias(q)), 0);
    CHECK_EQ(holder_of(p), 1);
    CHECK(ch_task_stat_is_valid());
}

static void
test_block_at_a_known_address_replaces_the_other_one(void)
{
    struct ch_task me;
    void *p;

    begin("");
    p = ch_route_alloc(64, NULL);
    me = self_of(NULL);
    ch_hook_alloc(p, 64, 0);
    CHECK_EQ(self_of(NULL).current, me.current);
    CHECK_EQ(self_of(NULL).n_blocks, 1);
    CHECK(ch_task_stat_is_valid());
}

static void
test_parts_are_by_place(void)
{
    struct ch_task me;

    begin("profile=esp32");
    CHECK(ch_place_alloc(64, CH_CAP_DMA | CH_CAP_8BIT) != NULL);
    CHECK(ch_place_alloc(64, CH_CAP_DMA | CH_CAP_8BIT) != NULL);
    CHECK(ch_place_alloc(64, CH_CAP_EXEC) != NULL);
    me = self_of(NULL);
    CHECK_EQ(me.n_blocks, 3);
    CHECK_EQ(me.n_parts, 2);
    CHECK(me.parts->n_blocks == 2 && me.parts->next->n_blocks == 1);
    CHECK(ch_place_has_caps(me.parts->place, CH_CAP_DMA));
    CHECK(ch_place_has_caps(me.parts->next->place, CH_CAP_EXEC));
}

/* ---- threads ------------------------------------------------------------- */

static void *held[2000];

static void *
hold_one(void *arg)
{
    void **p = arg;

    *p = ch_route_alloc(32, NULL);
    return NULL;
}

static void *
hold_none(void *arg)
{
    ch_route_free(ch_route_alloc(32, NULL), "free");
    return arg;
}

static void
test_task_that_ended_is_kept_for_its_block(void)
{
    begin("");
    unit_on_thread(hold_one, &held[0]);
    for (int i = 0; i < 1000; i++) {
        unit_on_thread(hold_none, NULL);
    }
    CHECK(count_tasks() < 200);
    CHECK(holder_of(held[0]) > 1);
    CHECK(ch_task_stat_is_valid());
}

static void
test_tasks_that_ended_with_blocks_are_all_kept(void)
{
    begin("");
    for (size_t i = 0; i < 300; i++) {
        unit_on_thread(hold_one, &held[i]);
    }
    CHECK(count_tasks() >= 300);
    CHECK(ch_task_stat_is_valid());
    for (size_t i = 0; i < 300; i++) {
        ch_route_free(held[i], "free");
    }
    for (size_t i = 0; i < 1000; i++) {
        unit_on_thread(hold_none, NULL);
    }
    CHECK(count_tasks() < 200);
    CHECK(ch_task_stat_is_valid());
}

static bool over; /* atomic */

#define N_CHURN 800u

/* Holds up to N_CHURN blocks, more and fewer in turns, so that what is freed
   is not soon allocated again. */
static void *
churn(void *arg)
{
    uint64_t seed = (uintptr_t)arg;
    void *p[N_CHURN] = {NULL};

    while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
        for (size_t i = 0; i < N_CHURN; i++) {
            p[i] = ch_route_alloc(unit_below(&seed, 100), NULL);
        }
        for (size_t i = 0; i < N_CHURN; i++) {
            ch_route_free(p[i], "free");
        }
    }
    return NULL;
}

static size_t
blocks_of_nobody(void)
{
    const struct ch_task *t = NULL;
    size_t n = 0;

    ch_task_stat_lock();
    while ((t = ch_task_next(t)) != NULL) {
        n += t->handle == NULL ? t->n_blocks : 0;
    }
    ch_task_stat_unlock();
    return n;
}

static bool
count_used(const struct ch_tlsf_block *block, void *ctx)
{
    *(size_t *)ctx += block->is_used;
    return true;
}

/* The heap itself has some, for its list of regions. */
static size_t
blocks_of_heap(void)
{
    struct ch_place *place = NULL;
    size_t n = 0;

    while ((place = ch_place_next(place)) != NULL) {
        ch_place_walk(place, count_used, &n);
    }
    return n;
}

/* Whatever is freed while tracking begins must not be entered. */
static void
test_tracking_that_begins_amid_threads_ends_with_nothing(void)
{
    pthread_t threads[3];

    setenv("CAPHEAP_CONF", "profile=esp32,malloc=device", 1);
    for (uintptr_t i = 0; i < 3; i++) {
        threads[i] = unit_thread_start(churn, (void *)(i + 1));
    }
    usleep(20000);
    begin("profile=esp32,malloc=device");
    for (int i = 0; i < 50; i++) {
        CHECK(ch_task_stat_is_valid());
    }
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(ch_task_stat_is_valid());
    CHECK_EQ(ch_task_stat_missed(), 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(self_of((void *)threads[i]).n_blocks, 0);
    }
    CHECK_EQ(blocks_of_nobody(), blocks_of_heap());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_task_of_this_thread_is_there_before_it_allocates),
        forked_test(test_task_stat_begun_again_does_nothing),
        forked_test(test_task_holds_what_it_allocated_until_it_is_freed),
        forked_test(test_blocks_from_before_are_of_task_0),
        forked_test(test_block_at_a_known_address_replaces_the_other_one),
        forked_test(test_parts_are_by_place),
        forked_test(test_task_that_ended_is_kept_for_its_block),
        forked_test(test_tasks_that_ended_with_blocks_are_all_kept),
        forked_test(test_tracking_that_begins_amid_threads_ends_with_nothing),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
