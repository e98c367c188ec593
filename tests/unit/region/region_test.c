/* SPDX-License-Identifier: MIT */
/*
 * region_test.c - slices taken and given, against a model.
 */
#include "region/region.h"

#include "map/map.h"
#include "map/meta.h"
#include "unit/region/_region.h"

/* As many slices as are taken best fit. */
#define BEST_FIT (CH_MIB / CH_SLICE)

static struct ch_region region;

static void
begin_with(
    const struct ch_backing *backing, const struct ch_region_options *options)
{
    ch_region_init(&region, backing, options);
}

static void
begin(void)
{
    begin_with(&fake_backing, &patient);
}

static size_t
count_chunks(void)
{
    size_t n = 0;

    for (const struct ch_chunk *c = region.chunks; c != NULL; c = c->next) {
        n += c->n_slices != 0;
    }
    return n;
}

/* ---- a model of a region ------------------------------------------------- */

#define MODEL_CHUNKS 200u
#define MODEL_SLICES (64 * CH_MIB / CH_SLICE)
#define MODEL_RUNS   300u

/* What one chunk should hold; the same order as in the region. */
struct model_chunk {
    const struct ch_chunk *chunk;
    const char *start;
    bool live[MODEL_SLICES];
    bool dirty[MODEL_SLICES];
};

struct model_run {
    char *p;
    size_t n;
};

static struct {
    struct model_chunk chunks[MODEL_CHUNKS];
    size_t n_chunks;
    struct model_run runs[MODEL_RUNS];
    size_t n_runs;
    uint64_t random;
} model;

/* Sees chunks that are new, and records that were used again. */
static void
model_sync(void)
{
    size_t i = 0;

    for (const struct ch_chunk *c = region.chunks; c != NULL; c = c->next) {
        struct model_chunk *m = &model.chunks[i++];

        CHECK(i <= MODEL_CHUNKS && c->n_slices <= MODEL_SLICES);
        if (m->chunk != c || m->start != c->start) {
            memset(m, 0, sizeof *m);
            m->chunk = c;
            m->start = c->start;
        }
    }
    model.n_chunks = i;
}

static struct model_chunk *
model_chunk_of(const char *p, size_t *at)
{
    for (size_t i = 0; i < model.n_chunks; i++) {
        struct model_chunk *m = &model.chunks[i];
        size_t length = m->chunk->n_slices * CH_SLICE;

        if ((size_t)(p - m->chunk->start) < length) {
            *at = (size_t)(p - m->chunk->start) / CH_SLICE;
            return m;
        }
    }
    CHECK(!"in a chunk");
    return NULL;
}

static void
model_check(void)
{
    for (size_t i = 0; i < model.n_chunks; i++) {
        const struct model_chunk *m = &model.chunks[i];

        for (size_t s = 0; s < m->chunk->n_slices; s++) {
            CHECK_EQ(ch_bitmap_get(m->chunk->free, s), !m->live[s]);
            CHECK_EQ(ch_bitmap_get(m->chunk->dirty, s), m->dirty[s]);
        }
        CHECK_EQ(bits_set(m->chunk->purging, m->chunk->room), 0);
    }
    region_check(&region);
}

/* The end of the free run from `at` on, in slices. */
static size_t
model_run_end(const struct model_chunk *m, size_t at)
{
    while (at < m->chunk->n_slices && !m->live[at]) {
        at++;
    }
    return at;
}

/* Where the chunk should serve n slices; NULL: nowhere. */
static char *
model_fit(const struct model_chunk *m, size_t n, size_t align)
{
    size_t best_length = SIZE_MAX;
    char *best = NULL;

    for (size_t at = 0; at < m->chunk->n_slices; at++) {
        size_t end = model_run_end(m, at);
        uintptr_t p = (uintptr_t)m->chunk->start + at * CH_SLICE;
        size_t skip = (ch_align_up(p, align) - p) / CH_SLICE;

        if (skip + n <= end - at && end - at < best_length) {
            best = m->chunk->start + (at + skip) * CH_SLICE;
            best_length = end - at;
            if (n < BEST_FIT) {
                return best;
            }
        }
        at = end;
    }
    return best;
}

static char *
model_predict(size_t n, size_t align)
{
    for (size_t i = 0; i < model.n_chunks; i++) {
        char *p = model_fit(&model.chunks[i], n, align);

        if (p != NULL) {
            return p;
        }
    }
    return NULL;
}

/* Marks slices as live; they were free. */
static void
model_claim(char *p, size_t n)
{
    size_t at;
    struct model_chunk *m = model_chunk_of(p, &at);

    for (size_t s = at; s < at + n; s++) {
        CHECK(!m->live[s]);
        m->live[s] = true;
        m->dirty[s] = false;
    }
}

static void
model_release(char *p, size_t n)
{
    size_t at;
    struct model_chunk *m = model_chunk_of(p, &at);

    for (size_t s = at; s < at + n; s++) {
        CHECK(m->live[s]);
        m->live[s] = false;
        m->dirty[s] = true;
    }
}

/* Marks each slice with its address, which a later check finds again. */
static void
stamp(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uintptr_t *word = (uintptr_t *)(void *)(p + i * CH_SLICE);

        word[0] = (uintptr_t)word;
        word[CH_SLICE / sizeof *word - 1] = ~(uintptr_t)word;
    }
}

static void
check_stamp(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uintptr_t *word = (const void *)(p + i * CH_SLICE);

        CHECK_EQ(word[0], word);
        CHECK_EQ(word[CH_SLICE / sizeof *word - 1], ~(uintptr_t)word);
    }
}

/* The dirty words are those of the model, and clean slices are zero. */
static void
check_dirty_words(
    const struct model_chunk *m, size_t at, size_t n, const uint64_t *dirty)
{
    for (size_t i = 0; i < n; i++) {
        const char *p = m->chunk->start + (at + i) * CH_SLICE;

        CHECK_EQ(ch_bitmap_get(dirty, i), m->dirty[at + i]);
        CHECK(m->dirty[at + i] || unit_is_filled(p, CH_SLICE, 0));
    }
    CHECK_EQ(ch_bitmap_count_range(dirty, 0, n),
        bits_set(dirty, CH_BITMAP_WORDS(n) * 64));
}

static void
model_take(size_t n, size_t align)
{
    uint64_t dirty[CH_BITMAP_WORDS(4 * BEST_FIT)];
    char *want = model_predict(n, align);
    size_t reserved = region.n_reserved;
    const struct model_chunk *m;
    size_t at = 0;
    char *p;

    memset(dirty, 0xff, sizeof dirty);
    p = ch_region_take(&region, n, align, dirty);
    CHECK(p != NULL && ch_is_aligned(p, align));
    if (want != NULL) {
        CHECK(p == want);
        CHECK_EQ(region.n_reserved, reserved);
    } else {
        CHECK(region.n_reserved > reserved);
    }
    model_sync();
    m = model_chunk_of(p, &at);
    check_dirty_words(m, at, n, dirty);
    model_claim(p, n);
    stamp(p, n);
    model.runs[model.n_runs++] = (struct model_run){p, n};
}

static void
model_take_random(void)
{
    size_t n = unit_below(&model.random, 10) + 1;
    size_t align = CH_SLICE;

    if (unit_below(&model.random, 8) == 0) {
        n = unit_below(&model.random, 3 * BEST_FIT) + 1;
    }
    if (unit_below(&model.random, 3) == 0) {
        align = CH_SLICE << unit_below(&model.random, 7);
    }
    if (model.n_runs < MODEL_RUNS) {
        model_take(n, align);
    }
}

/* Gives a run back, or only its end. */
static void
model_give_random(void)
{
    struct model_run *run =
        &model.runs[unit_below(&model.random, model.n_runs)];
    size_t n = run->n;
    char *end;

    check_stamp(run->p, run->n);
    if (unit_below(&model.random, 3) == 0) {
        n = unit_below(&model.random, run->n) + 1;
    }
    end = run->p + (run->n - n) * CH_SLICE;
    ch_region_give(&region, end, n);
    model_release(end, n);
    run->n -= n;
    if (run->n == 0) {
        *run = model.runs[--model.n_runs];
    }
}

static void
model_extend_random(void)
{
    struct model_run *run =
        &model.runs[unit_below(&model.random, model.n_runs)];
    size_t more = unit_below(&model.random, 8) + 1;
    size_t at;
    const struct model_chunk *m = model_chunk_of(run->p, &at);
    bool fits = model_run_end(m, at + run->n) >= at + run->n + more;

    CHECK_EQ(ch_region_extend(&region, run->p, run->n, more), fits);
    check_stamp(run->p, run->n);
    if (fits) {
        model_claim(run->p + run->n * CH_SLICE, more);
        run->n += more;
        stamp(run->p, run->n);
    }
}

/* Purges all dirty slices but the first `keep`. */
static void
model_purge(size_t keep)
{
    size_t n_before = region.n_dirty;
    size_t purged = 0;

    for (size_t i = 0; i < model.n_chunks; i++) {
        struct model_chunk *m = &model.chunks[i];

        for (size_t s = 0; s < m->chunk->n_slices; s++) {
            if (m->dirty[s] && keep > 0) {
                keep--;
            } else if (m->dirty[s]) {
                m->dirty[s] = false;
                purged++;
            }
        }
    }
    CHECK_EQ(ch_region_purge_to(&region, n_before - purged), purged * CH_SLICE);
}

/* Nothing that is free and clean stays at the end of any chunk. */
static void
model_give_back(void)
{
    size_t reserved = region.n_reserved;
    size_t bytes = ch_region_give_back(&region);

    CHECK_EQ(region.n_reserved, reserved - bytes / CH_SLICE);
    for (size_t i = 0; i < model.n_chunks; i++) {
        const struct model_chunk *m = &model.chunks[i];
        size_t n = m->chunk->n_slices;

        CHECK(n == 0 || m->live[n - 1] || m->dirty[n - 1]);
        for (size_t s = n; s < MODEL_SLICES; s++) {
            CHECK(!m->live[s] && !m->dirty[s]);
        }
    }
}

static void
model_step(bool may_give_back)
{
    size_t what = unit_below(&model.random, 100);

    if (what < 45 || model.n_runs == 0) {
        model_take_random();
    } else if (what < 85) {
        model_give_random();
    } else if (what < 95) {
        model_extend_random();
    } else if (what < 98 || !may_give_back) {
        model_purge(unit_below(&model.random, region.n_dirty + 2));
    } else {
        model_give_back();
    }
}

static void
run_model(uint64_t seed, int steps, bool may_give_back)
{
    model.random = unit_seed(seed);
    begin();
    for (int i = 0; i < steps; i++) {
        model_step(may_give_back);
        model_check();
    }
    for (size_t i = 0; i < model.n_runs; i++) {
        check_stamp(model.runs[i].p, model.runs[i].n);
        ch_region_give(&region, model.runs[i].p, model.runs[i].n);
    }
    region_check(&region);
    CHECK_EQ(region.n_live, 0);
    (void)ch_region_purge_to(&region, 0);
    CHECK_EQ(ch_budget_used(), 0);
}

static void
test_region_random_use_matches_model(void)
{
    run_model(0x4e91, 2000, false);
}

static void
test_region_random_use_and_give_back_matches_model(void)
{
    run_model(0x4e92, 2000, true);
}

/* ---- taking -------------------------------------------------------------- */

static void
test_region_take_first_is_zeroed_and_counted(void)
{
    uint64_t dirty[1] = {UINT64_MAX};
    char *p;

    begin();
    p = ch_region_take(&region, 3, CH_SLICE, dirty);
    CHECK(p != NULL && ch_is_aligned(p, CH_SLICE));
    CHECK_EQ(dirty[0] & 7, 0);
    CHECK(unit_is_filled(p, 3 * CH_SLICE, 0));
    CHECK_EQ(region.n_live, 3);
    CHECK_EQ(ch_budget_used(), 3 * CH_SLICE);
    region_check(&region);
}

static void
test_region_take_again_tells_what_is_dirty(void)
{
    uint64_t dirty[1] = {UINT64_MAX};
    char *p;

    begin();
    p = take_and_fill(&region, 4);
    ch_region_give(&region, p + CH_SLICE, 2);
    ch_region_give(&region, p + 3 * CH_SLICE, 1);
    CHECK(ch_region_take(&region, 5, CH_SLICE, dirty) == p + CH_SLICE);
    CHECK_EQ(dirty[0], 7);
    CHECK(unit_is_filled(p + 4 * CH_SLICE, 2 * CH_SLICE, 0));
    region_check(&region);
}

static void
test_region_take_short_is_first_fit_in_the_oldest_chunk(void)
{
    char *a;
    char *b;

    begin();
    a = take_and_fill(&region, 6);
    b = take_and_fill(&region, 1);
    CHECK(b == a + 6 * CH_SLICE);
    (void)take_and_fill(&region, BEST_FIT);
    CHECK_EQ(count_chunks(), 2);
    ch_region_give(&region, a, 6);
    CHECK(ch_region_take(&region, 2, CH_SLICE, NULL) == a);
    CHECK(ch_region_take(&region, 1, CH_SLICE, NULL) == a + 2 * CH_SLICE);
    region_check(&region);
}

static void
test_region_take_long_is_best_fit(void)
{
    struct ch_region_options options = patient;
    char *hole;
    char *hole2;

    options.first_reserve = 64 * CH_MIB;
    begin_with(&fake_backing, &options);
    hole = take_and_fill(&region, 3 * BEST_FIT);
    (void)take_and_fill(&region, 1);
    hole2 = take_and_fill(&region, BEST_FIT + 1);
    (void)take_and_fill(&region, 1);
    ch_region_give(&region, hole, 3 * BEST_FIT);
    ch_region_give(&region, hole2, BEST_FIT + 1);
    CHECK(ch_region_take(&region, BEST_FIT, CH_SLICE, NULL) == hole2);
    CHECK(ch_region_take(&region, BEST_FIT - 1, CH_SLICE, NULL) == hole);
    region_check(&region);
}

static void
test_region_take_at_every_alignment_is_aligned(void)
{
    begin();
    for (size_t align = CH_SLICE; align <= 64 * CH_MIB; align *= 2) {
        char *p = ch_region_take(&region, 3, align, NULL);

        CHECK(p != NULL && ch_is_aligned(p, align));
        memset(p, 1, 3 * CH_SLICE);
        region_check(&region);
    }
}

static void
test_region_take_of_absurd_sizes_returns_null(void)
{
    begin();
    CHECK(ch_region_take(&region, SIZE_MAX, CH_SLICE, NULL) == NULL);
    CHECK(ch_region_take(&region, SIZE_MAX / CH_SLICE, CH_SLICE, NULL) == NULL);
    region_check(&region);
    CHECK_EQ(region.n_live, 0);
}

static void
take_with_small_align_and_nothing_to_reserve(void)
{
    alarm(1);
    fake.fails_reserve = true;
    CHECK(ch_region_take(&region, 1, 16, NULL) == NULL);
}

static void
test_region_take_below_slice_alignment_without_memory_returns_null(void)
{
    begin();
    CHECK_EQ(
        unit_child_status(take_with_small_align_and_nothing_to_reserve), 0);
}

/* ---- what fails ---------------------------------------------------------- */

static void
test_region_take_without_address_space_returns_null(void)
{
    begin();
    fake.fails_reserve = true;
    CHECK(ch_region_take(&region, 1, CH_SLICE, NULL) == NULL);
    CHECK(ch_region_take(&region, 1, CH_MIB, NULL) == NULL);
    region_check(&region);
    fake.fails_reserve = false;
    (void)take_and_fill(&region, 1);
    CHECK_EQ(count_chunks(), 1);
    region_check(&region);
}

static void
test_region_take_when_commit_fails_returns_null_and_counts_nothing(void)
{
    size_t reserved;

    begin();
    fake.fails_commit = true;
    CHECK(ch_region_take(&region, 1, CH_SLICE, NULL) == NULL);
    CHECK_EQ(ch_budget_used(), 0);
    region_check(&region);
    /* There is room: no more address space is taken for want of pages. */
    reserved = region.n_reserved;
    for (int i = 0; i < 10; i++) {
        CHECK(ch_region_take(&region, 1, CH_SLICE, NULL) == NULL);
    }
    CHECK_EQ(region.n_reserved, reserved);
    fake.fails_commit = false;
    (void)take_and_fill(&region, 1);
    region_check(&region);
}

static void
test_region_take_when_little_can_be_committed_takes_just_that(void)
{
    begin();
    fake.commit_most = CH_SLICE;
    (void)take_and_fill(&region, 1);
    (void)take_and_fill(&region, 1);
    CHECK_EQ(region.n_open, 2);
    region_check(&region);
}

static void
test_region_take_without_records_returns_null(void)
{
    const struct rlimit none = {CH_MIB, CH_MIB};

    begin();
    ch_meta_init(CH_MIB, NULL);
    CHECK(setrlimit(RLIMIT_AS, &none) == 0);
    CHECK(ch_region_take(&region, 1, CH_SLICE, NULL) == NULL);
}

static void
test_region_take_up_to_the_limit_and_no_further(void)
{
    char *p;

    begin();
    ch_budget_set_limit(10 * CH_SLICE);
    p = take_and_fill(&region, 6);
    CHECK(ch_region_take(&region, 5, CH_SLICE, NULL) == NULL);
    CHECK_EQ(region.n_live, 6);
    (void)take_and_fill(&region, 4);
    CHECK(ch_region_take(&region, 1, CH_SLICE, NULL) == NULL);
    CHECK(!ch_region_extend(&region, p, 6, 1));
    region_check(&region);
    /* What is dirty is counted already. */
    ch_region_give(&region, p, 6);
    CHECK(ch_region_take(&region, 6, CH_SLICE, NULL) == p);
    region_check(&region);
}

static void
test_region_take_beyond_the_limit_reserves_nothing(void)
{
    size_t n_reserves;

    begin();
    ch_budget_set_limit(10 * CH_SLICE);
    (void)take_and_fill(&region, 1);
    n_reserves = fake.n_reserves;
    CHECK(ch_region_take(&region, 100000, CH_SLICE, NULL) == NULL);
    CHECK_EQ(fake.n_reserves, n_reserves);
}

/* ---- extending ----------------------------------------------------------- */

static void
test_region_extend_into_free_slices_takes_them(void)
{
    char *p;

    begin();
    p = take_and_fill(&region, 2);
    CHECK(ch_region_extend(&region, p, 2, 3));
    memset(p, 1, 5 * CH_SLICE);
    CHECK_EQ(region.n_live, 5);
    CHECK(take_and_fill(&region, 1) == p + 5 * CH_SLICE);
    CHECK(!ch_region_extend(&region, p, 5, 1));
    CHECK_EQ(region.n_live, 6);
    region_check(&region);
}

static void
test_region_extend_beyond_the_chunk_is_false(void)
{
    char *p;
    size_t n;

    begin();
    p = take_and_fill(&region, 1);
    n = region.chunks->n_slices;
    CHECK(!ch_region_extend(&region, p, 1, n));
    CHECK(ch_region_extend(&region, p, 1, n - 1));
    CHECK(!ch_region_extend(&region, p, n, 1));
    region_check(&region);
}

static void
test_region_extend_when_commit_fails_changes_nothing(void)
{
    char *p;
    size_t n;

    begin();
    p = take_and_fill(&region, 1);
    n = region.n_open;
    fake.fails_commit = true;
    CHECK(!ch_region_extend(&region, p, 1, n));
    CHECK(ch_region_extend(&region, p, 1, n - 1));
    region_check(&region);
}

/* ---- address space ------------------------------------------------------- */

static void
test_region_give_back_of_idle_region_returns_all(void)
{
    size_t reserved;
    char *p;

    begin();
    p = take_and_fill(&region, 10);
    reserved = region.n_reserved;
    ch_region_give(&region, p, 10);
    (void)ch_region_purge_to(&region, 0);
    CHECK_EQ(ch_region_give_back(&region), reserved * CH_SLICE);
    CHECK_EQ(region.n_reserved, 0);
    CHECK_EQ(region.n_open, 0);
    region_check(&region);
    (void)take_and_fill(&region, 10);
    region_check(&region);
}

static void
test_region_give_back_keeps_what_is_live_or_dirty(void)
{
    char *p;
    char *q;

    begin();
    p = take_and_fill(&region, 10);
    q = take_and_fill(&region, 10);
    ch_region_give(&region, q, 5);
    (void)ch_region_give_back(&region);
    CHECK_EQ(region.n_reserved, 20);
    CHECK(unit_is_filled(p, 20 * CH_SLICE, 1));
    (void)ch_region_purge_to(&region, 0);
    ch_region_give(&region, q + 5 * CH_SLICE, 5);
    (void)ch_region_give_back(&region);
    CHECK_EQ(region.n_reserved, 20);
    (void)ch_region_purge_to(&region, 0);
    CHECK_EQ(ch_region_give_back(&region), 10 * CH_SLICE);
    CHECK_EQ(region.n_reserved, 10);
    region_check(&region);
}

static void
test_region_give_back_that_the_system_refuses_changes_nothing(void)
{
    size_t reserved;

    begin();
    (void)take_and_fill(&region, 1);
    reserved = region.n_reserved;
    fake.fails_unreserve = true;
    CHECK_EQ(ch_region_give_back(&region), 0);
    CHECK_EQ(region.n_reserved, reserved);
    (void)take_and_fill(&region, 1);
    region_check(&region);
}

static void
test_region_give_back_if_short_waits_for_the_first_shortage(void)
{
    size_t reserved;

    begin();
    (void)take_and_fill(&region, 1);
    reserved = region.n_reserved;
    ch_region_give_back_if_short(&region);
    CHECK_EQ(region.n_reserved, reserved);
    CHECK(ch_region_give_back(&region) > 0);
    (void)take_and_fill(&region, 1);
    CHECK(region.n_reserved > 2);
    ch_region_give_back_if_short(&region);
    CHECK_EQ(region.n_reserved, 2);
    region_check(&region);
}

static void
test_region_reserves_more_at_a_time_as_it_grows(void)
{
    begin();
    for (int i = 0; i < 40; i++) {
        (void)take_and_fill(&region, CH_MIB / CH_SLICE);
    }
    CHECK(fake.n_reserves < 12);
    CHECK(region.n_reserved * CH_SLICE >= 40 * CH_MIB);
    region_check(&region);
}

/* ---- the window ---------------------------------------------------------- */

static void
test_region_open_window_loses_its_top_for_ever(void)
{
    size_t lost = CH_MAP_UNUSED_TOP / CH_SLICE;
    char *end;
    char *p;

    begin();
    CHECK_EQ(ch_region_open_window(&region, CH_GIB), 0);
    end = region.chunks->start + region.n_reserved * CH_SLICE;
    CHECK_EQ(region.chunks->n_slices, region.n_reserved - lost);
    while ((p = ch_region_take(&region, 1, CH_SLICE, NULL)) != NULL
           && count_chunks() == 1) {
        CHECK(p < end - CH_MAP_UNUSED_TOP);
        CHECK(ch_map_find_fast(p) != NULL);
    }
    CHECK_EQ(ch_map_find(end - 16)->kind, CH_PAGE_NONE);
    region_check(&region);
}

static void
test_region_open_window_without_address_space_fails(void)
{
    begin();
    fake.fails_reserve = true;
    CHECK_EQ(ch_region_open_window(&region, CH_GIB), -ENOMEM);
    fake.fails_reserve = false;
    (void)take_and_fill(&region, 1);
    region_check(&region);
}

/* ---- threads ------------------------------------------------------------- */

static void *
take_stamp_give(void *arg)
{
    uint64_t random = unit_seed(0x7423) + (size_t)arg;

    for (int i = 0; i < 1500; i++) {
        size_t n = unit_below(&random, 20) + 1;
        char *p = ch_region_take(&region, n, CH_SLICE, NULL);

        CHECK(p != NULL);
        stamp(p, n);
        if (ch_region_extend(&region, p, n, 2)) {
            n += 2;
            stamp(p, n);
        }
        if (i % 64 == 0) {
            (void)ch_region_purge_to(&region, unit_below(&random, 8));
        }
        check_stamp(p, n);
        ch_region_give(&region, p, n);
    }
    return NULL;
}

static void
test_region_used_by_many_threads_stays_valid(void)
{
    pthread_t threads[4];

    begin_with(&ch_backing_anon, &patient);
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        threads[i] = unit_thread_start(take_stamp_give, (void *)i);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_EQ(region.n_live, 0);
    region_check(&region);
}

/* ---- fork ---------------------------------------------------------------- */

static size_t n_dirty_before;

/* A fork while slices are being purged. */
static void
check_child_of_fork(void)
{
    CHECK_EQ(region.n_dirty, n_dirty_before - 6);
    ch_region_after_fork(&region);
    CHECK_EQ(region.n_dirty, n_dirty_before);
    region_check(&region);
    (void)take_and_fill(&region, 6);
    region_check(&region);
}

static void
fork_in_purge(void)
{
    CHECK_EQ(unit_child_status(check_child_of_fork), 0);
}

static void
test_region_after_fork_has_what_was_being_purged(void)
{
    char *p;

    begin();
    p = take_and_fill(&region, 8);
    ch_region_give(&region, p, 6);
    n_dirty_before = region.n_dirty;
    fake.in_purge = fork_in_purge;
    CHECK_EQ(ch_region_purge_to(&region, 0), 6 * CH_SLICE);
    CHECK_EQ(fake.n_purges, 1);
    region_check(&region);
}

static void
test_region_after_fork_has_no_holder_of_its_lock(void)
{
    begin();
    ch_lock(&region.lock);
    ch_region_after_fork(&region);
    (void)take_and_fill(&region, 1);
}

/* ---- the checker itself -------------------------------------------------- */

static void
test_region_is_valid_of_broken_bitmaps_is_false(void)
{
    struct ch_chunk *c;
    char *p;

    begin();
    p = take_and_fill(&region, 4);
    ch_region_give(&region, p, 2);
    c = region.chunks;
    CHECK(ch_region_is_valid(&region));
    c->dirty[0] ^= 4;
    CHECK(!ch_region_is_valid(&region));
    c->dirty[0] ^= 4;
    c->old[0] ^= 8;
    CHECK(!ch_region_is_valid(&region));
    c->old[0] ^= 8;
    c->purging[0] ^= 1;
    CHECK(!ch_region_is_valid(&region));
    c->purging[0] ^= 1;
    region.n_dirty++;
    CHECK(!ch_region_is_valid(&region));
    region.n_dirty--;
    region.n_old++;
    CHECK(!ch_region_is_valid(&region));
    region.n_old--;
    CHECK(ch_region_is_valid(&region));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_region_random_use_matches_model),
        forked_test(test_region_random_use_and_give_back_matches_model),
        forked_test(test_region_take_first_is_zeroed_and_counted),
        forked_test(test_region_take_again_tells_what_is_dirty),
        forked_test(test_region_take_short_is_first_fit_in_the_oldest_chunk),
        forked_test(test_region_take_long_is_best_fit),
        forked_test(test_region_take_at_every_alignment_is_aligned),
        forked_test(test_region_take_of_absurd_sizes_returns_null),
        forked_test(
            test_region_take_below_slice_alignment_without_memory_returns_null),
        forked_test(test_region_take_without_address_space_returns_null),
        forked_test(
            test_region_take_when_commit_fails_returns_null_and_counts_nothing),
        forked_test(
            test_region_take_when_little_can_be_committed_takes_just_that),
        forked_test(test_region_take_without_records_returns_null),
        forked_test(test_region_take_up_to_the_limit_and_no_further),
        forked_test(test_region_take_beyond_the_limit_reserves_nothing),
        forked_test(test_region_extend_into_free_slices_takes_them),
        forked_test(test_region_extend_beyond_the_chunk_is_false),
        forked_test(test_region_extend_when_commit_fails_changes_nothing),
        forked_test(test_region_give_back_of_idle_region_returns_all),
        forked_test(test_region_give_back_keeps_what_is_live_or_dirty),
        forked_test(
            test_region_give_back_that_the_system_refuses_changes_nothing),
        forked_test(
            test_region_give_back_if_short_waits_for_the_first_shortage),
        forked_test(test_region_reserves_more_at_a_time_as_it_grows),
        forked_test(test_region_open_window_loses_its_top_for_ever),
        forked_test(test_region_open_window_without_address_space_fails),
        forked_test(test_region_used_by_many_threads_stays_valid),
        forked_test(test_region_after_fork_has_what_was_being_purged),
        forked_test(test_region_after_fork_has_no_holder_of_its_lock),
        forked_test(test_region_is_valid_of_broken_bitmaps_is_false),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
