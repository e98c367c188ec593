/* SPDX-License-Identifier: MIT */
/*
 * bitmap_test.c - every function against an array of bools.
 */
#include "base/bitmap.h"

#include "unit/_unit.h"

/* Not a multiple of 64, and more than two words. */
#define N_BITS 331u

/* A bitmap and what it should hold, with a word after it that nobody owns. */
struct model {
    uint64_t map[CH_BITMAP_WORDS(N_BITS) + 1];
    bool bits[N_BITS];
    uint64_t random;
};

#define GUARD UINT64_C(0x5a5a5a5a5a5a5a5a)

static void
model_init(struct model *m, uint64_t seed)
{
    memset(m, 0, sizeof *m);
    m->map[CH_BITMAP_WORDS(N_BITS)] = GUARD;
    m->random = unit_seed(seed);
}

/* Fills with runs of set and clear bits of up to `longest` each. */
static void
model_fill(struct model *m, size_t longest)
{
    bool value = unit_below(&m->random, 2) != 0;

    memset(m->map, 0, CH_BITMAP_WORDS(N_BITS) * sizeof m->map[0]);
    for (size_t at = 0; at < N_BITS; value = !value) {
        size_t n = unit_below(&m->random, longest) + 1;

        for (; n > 0 && at < N_BITS; n--, at++) {
            m->bits[at] = value;
            m->map[at / 64] |= (uint64_t)value << (at % 64);
        }
    }
}

static void
model_check(const struct model *m)
{
    for (size_t i = 0; i < N_BITS; i++) {
        CHECK_EQ(ch_bitmap_get(m->map, i), m->bits[i]);
    }
    CHECK_EQ(m->map[N_BITS / 64] >> (N_BITS % 64), 0);
    CHECK_EQ(m->map[CH_BITMAP_WORDS(N_BITS)], GUARD);
}

/* A range within the map, sometimes empty, often at the edge of a word. */
static void
random_range(struct model *m, size_t *start, size_t *n)
{
    *start = unit_below(&m->random, N_BITS + 1);
    if (unit_below(&m->random, 3) == 0) {
        *start = *start / 64 * 64;
    }
    *n = unit_below(&m->random, N_BITS - *start + 1);
    if (unit_below(&m->random, 3) == 0) {
        *n = *n / 64 * 64;
    }
}

static void
test_bitmap_words_of_any_length_hold_it(void)
{
    CHECK_EQ(CH_BITMAP_WORDS(0), 0);
    CHECK_EQ(CH_BITMAP_WORDS(1), 1);
    CHECK_EQ(CH_BITMAP_WORDS(64), 1);
    CHECK_EQ(CH_BITMAP_WORDS(65), 2);
}

static void
test_bitmap_set_and_clear_range_of_random_ranges_match_model(void)
{
    struct model m;

    model_init(&m, 0xb1);
    for (int round = 0; round < 3000; round++) {
        bool value = unit_below(&m.random, 2) != 0;
        size_t start;
        size_t n;

        random_range(&m, &start, &n);
        memset(m.bits + start, value, n);
        if (value) {
            ch_bitmap_set_range(m.map, start, n);
        } else {
            ch_bitmap_clear_range(m.map, start, n);
        }
        model_check(&m);
    }
}

static void
test_bitmap_count_range_of_random_ranges_matches_model(void)
{
    struct model m;

    model_init(&m, 0xb2);
    for (int round = 0; round < 3000; round++) {
        size_t count = 0;
        size_t start;
        size_t n;

        model_fill(&m, 1 + unit_below(&m.random, 70));
        random_range(&m, &start, &n);
        for (size_t i = start; i < start + n; i++) {
            count += m.bits[i];
        }
        CHECK_EQ(ch_bitmap_count_range(m.map, start, n), count);
    }
}

static size_t
naive_next(const struct model *m, size_t start, size_t end, bool value)
{
    while (start < end && m->bits[start] != value) {
        start++;
    }
    return start < end ? start : end;
}

static void
test_bitmap_next_from_random_bits_matches_model(void)
{
    struct model m;

    model_init(&m, 0xb3);
    for (int round = 0; round < 3000; round++) {
        size_t start;
        size_t n;

        model_fill(&m, 1 + unit_below(&m.random, 200));
        random_range(&m, &start, &n);
        CHECK_EQ(ch_bitmap_next_set(m.map, start, start + n),
            naive_next(&m, start, start + n, true));
        CHECK_EQ(ch_bitmap_next_clear(m.map, start, start + n),
            naive_next(&m, start, start + n, false));
    }
}

static void
test_bitmap_next_in_empty_range_returns_the_end(void)
{
    const uint64_t ones[1] = {UINT64_MAX};

    CHECK_EQ(ch_bitmap_next_set(ones, 5, 5), 5);
    CHECK_EQ(ch_bitmap_next_clear(ones, 5, 5), 5);
    CHECK_EQ(ch_bitmap_next_set(ones, 9, 5), 5);
    CHECK_EQ(ch_bitmap_next_clear(ones, 64, 64), 64);
}

/* What a search of the model finds. */
struct found {
    size_t first;
    size_t best;
    size_t longest;
};

/* The first bit of a run from which the want fits, bit by bit. */
static size_t
naive_fit(size_t start, size_t end, const struct ch_bitmap_want *want)
{
    for (size_t at = start; at < end && end - at >= want->n; at++) {
        if ((at + want->phase) % want->align == 0) {
            return at;
        }
    }
    return CH_BITMAP_NONE;
}

static struct found
naive_find(const struct model *m, size_t start, size_t end,
    const struct ch_bitmap_want *want)
{
    struct found found = {CH_BITMAP_NONE, CH_BITMAP_NONE, 0};
    size_t shortest = SIZE_MAX;
    size_t run = naive_next(m, start, end, true);

    while (run < end) {
        size_t stop = naive_next(m, run, end, false);
        size_t at = naive_fit(run, stop, want);

        found.longest = stop - run > found.longest ? stop - run : found.longest;
        if (at != CH_BITMAP_NONE) {
            found.first = found.first == CH_BITMAP_NONE ? at : found.first;
            if (stop - run < shortest) {
                shortest = stop - run;
                found.best = at;
            }
        }
        run = naive_next(m, stop, end, true);
    }
    return found;
}

static struct ch_bitmap_want
random_want(uint64_t *random)
{
    struct ch_bitmap_want want;

    want.n = unit_below(random, unit_below(random, 4) == 0 ? 100 : 12) + 1;
    want.align = (size_t)1 << unit_below(random, 8);
    want.phase =
        unit_below(random, 4) == 0 ? 0 : (size_t)(unit_random(random) >> 20);
    return want;
}

static void
check_fits(struct model *m)
{
    struct ch_bitmap_want want = random_want(&m->random);
    struct found found;
    size_t longest;
    size_t start;
    size_t n;
    size_t at;

    random_range(m, &start, &n);
    found = naive_find(m, start, start + n, &want);
    at = ch_bitmap_best_fit(m->map, start, start + n, &want, &longest);
    CHECK_EQ(at, found.best);
    CHECK_EQ(longest, found.longest);
    at = ch_bitmap_first_fit(m->map, start, start + n, &want, &longest);
    CHECK_EQ(at, found.first);
    if (at == CH_BITMAP_NONE) {
        CHECK_EQ(longest, found.longest);
    } else {
        CHECK(longest >= want.n && longest <= found.longest);
    }
}

static void
test_bitmap_fits_of_random_wants_match_model(void)
{
    struct model m;

    model_init(&m, 0xb4);
    for (int round = 0; round < 1500; round++) {
        model_fill(&m, 1 + unit_below(&m.random, 120));
        for (int i = 0; i < 20; i++) {
            check_fits(&m);
        }
    }
}

/* Runs of 5, 3 and 3 bits. */
static const uint64_t three_runs[] = {UINT64_C(0x1c000381f0)};

static void
test_bitmap_best_fit_among_equals_takes_the_lowest(void)
{
    const struct ch_bitmap_want want = {.n = 3, .align = 1, .phase = 0};
    size_t longest;

    CHECK_EQ(ch_bitmap_first_fit(three_runs, 0, 64, &want, &longest), 4);
    CHECK_EQ(ch_bitmap_best_fit(three_runs, 0, 64, &want, &longest), 15);
    CHECK_EQ(longest, 5);
}

static void
test_bitmap_fit_with_nothing_set_finds_none(void)
{
    const struct ch_bitmap_want want = {.n = 1, .align = 1, .phase = 0};
    const uint64_t zeros[3] = {0};
    size_t longest = 9;

    CHECK_EQ(
        ch_bitmap_first_fit(zeros, 0, 192, &want, &longest), CH_BITMAP_NONE);
    CHECK_EQ(longest, 0);
    longest = 9;
    CHECK_EQ(
        ch_bitmap_best_fit(zeros, 0, 192, &want, &longest), CH_BITMAP_NONE);
    CHECK_EQ(longest, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_bitmap_words_of_any_length_hold_it),
        forked_test(
            test_bitmap_set_and_clear_range_of_random_ranges_match_model),
        forked_test(test_bitmap_count_range_of_random_ranges_matches_model),
        forked_test(test_bitmap_next_from_random_bits_matches_model),
        forked_test(test_bitmap_next_in_empty_range_returns_the_end),
        forked_test(test_bitmap_fits_of_random_wants_match_model),
        forked_test(test_bitmap_best_fit_among_equals_takes_the_lowest),
        forked_test(test_bitmap_fit_with_nothing_set_finds_none),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
