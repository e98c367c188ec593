/* SPDX-License-Identifier: MIT */
/*
 * ranges_test.c - the innermost range of an address, while writers write.
 *
 * Owners are numbers; the addresses are never looked at.
 */
#include "heap/tlsf/ranges.h"

#include "unit/_unit.h"

static struct ch_ranges ranges;

static char *
at(size_t address)
{
    return (char *)address;
}

static void *
owner(size_t n)
{
    return (void *)n;
}

static void
add(size_t start, size_t end, size_t n)
{
    CHECK(ch_ranges_add(&ranges, at(start), at(end), owner(n)));
}

static size_t
find(size_t address)
{
    return (size_t)ch_ranges_find(&ranges, at(address));
}

static size_t
outer(size_t address, size_t n)
{
    return (size_t)ch_ranges_outer(&ranges, at(address), owner(n));
}

static void
test_ranges_empty_has_nothing(void)
{
    CHECK_EQ(find(0), 0);
    CHECK_EQ(find(SIZE_MAX), 0);
    CHECK_EQ(outer(100, 1), 0);
    CHECK(!ch_ranges_touch(&ranges, at(0), at(SIZE_MAX)));
    CHECK(ch_ranges_get(&ranges, 0) == NULL);
}

static void
test_ranges_find_knows_both_ends(void)
{
    add(100, 200, 1);
    CHECK_EQ(find(99), 0);
    CHECK_EQ(find(100), 1);
    CHECK_EQ(find(199), 1);
    CHECK_EQ(find(200), 0);
}

static void
test_ranges_innermost_wins_whatever_the_order(void)
{
    add(120, 130, 3);
    add(100, 200, 1);
    add(110, 150, 2);
    add(130, 140, 4);
    add(150, 160, 5);
    CHECK_EQ(find(105), 1);
    CHECK_EQ(find(115), 2);
    CHECK_EQ(find(120), 3);
    CHECK_EQ(find(130), 4);
    CHECK_EQ(find(140), 2);
    CHECK_EQ(find(150), 5);
    CHECK_EQ(find(160), 1);
    CHECK_EQ(outer(120, 3), 2);
    CHECK_EQ(outer(110, 2), 1);
    CHECK_EQ(outer(150, 5), 1);
    CHECK_EQ(outer(100, 1), 0);
    ch_ranges_remove(&ranges, owner(2));
    CHECK_EQ(find(115), 1);
    CHECK_EQ(find(125), 3);
    CHECK_EQ(outer(120, 3), 1);
    CHECK_EQ(outer(110, 2), 0);
}

static void
test_ranges_of_one_start_or_end_nest(void)
{
    add(100, 200, 1);
    add(100, 110, 3);
    add(100, 150, 2);
    add(190, 200, 4);
    CHECK_EQ(find(100), 3);
    CHECK_EQ(find(110), 2);
    CHECK_EQ(find(150), 1);
    CHECK_EQ(find(199), 4);
    CHECK_EQ(outer(100, 3), 2);
    CHECK_EQ(outer(100, 2), 1);
    CHECK((size_t)ch_ranges_get(&ranges, 0) == 1);
    CHECK((size_t)ch_ranges_get(&ranges, 2) == 3);
    CHECK((size_t)ch_ranges_get(&ranges, 3) == 4);
    CHECK(ch_ranges_get(&ranges, 4) == NULL);
}

static void
test_ranges_touch_knows_both_ends(void)
{
    add(100, 200, 1);
    add(300, 310, 2);
    CHECK(!ch_ranges_touch(&ranges, at(0), at(100)));
    CHECK(ch_ranges_touch(&ranges, at(0), at(101)));
    CHECK(ch_ranges_touch(&ranges, at(120), at(130)));
    CHECK(ch_ranges_touch(&ranges, at(199), at(250)));
    CHECK(!ch_ranges_touch(&ranges, at(200), at(300)));
    CHECK(ch_ranges_touch(&ranges, at(250), at(1000)));
    CHECK(!ch_ranges_touch(&ranges, at(310), at(1000)));
}

/* ---- against a model ----------------------------------------------------- */

#define SPAN     4096u
#define N_OWNERS 600u

static struct {
    size_t start;
    size_t end; /* 0: not there */
} model[N_OWNERS];

static size_t
model_find(size_t address, size_t inside_of)
{
    size_t best = 0;

    for (size_t i = 1; i < N_OWNERS; i++) {
        bool has = model[i].start <= address && address < model[i].end;
        bool is_around =
            inside_of == 0
            || (i != inside_of && model[i].start <= model[inside_of].start
                && model[i].end >= model[inside_of].end);

        if (has && is_around
            && (best == 0
                || model[i].end - model[i].start
                       < model[best].end - model[best].start)) {
            best = i;
        }
    }
    return best;
}

/* True when the range nests with all others. */
static bool
model_takes(size_t start, size_t end)
{
    for (size_t i = 1; i < N_OWNERS; i++) {
        bool is_apart = model[i].end <= start || model[i].start >= end;
        bool is_around = model[i].start <= start && model[i].end >= end;
        bool is_within = model[i].start >= start && model[i].end <= end;

        if (model[i].end != 0 && !is_apart && is_around == is_within) {
            return false;
        }
    }
    return true;
}

static void
test_ranges_random_changes_match_model(void)
{
    uint64_t seed = unit_seed(11);

    for (size_t round = 0; round < 20000; round++) {
        size_t n = 1 + unit_below(&seed, N_OWNERS - 1);
        size_t start = 1 + unit_below(&seed, SPAN);
        size_t end = start + 1 + unit_below(&seed, SPAN >> (n % 10));
        size_t address = unit_below(&seed, SPAN);
        size_t found;

        if (model[n].end != 0) {
            ch_ranges_remove(&ranges, owner(n));
            model[n].end = 0;
        } else if (model_takes(start, end)) {
            add(start, end, n);
            model[n].start = start;
            model[n].end = end;
        }
        found = model_find(address, 0);
        CHECK_EQ(find(address), found);
        if (found != 0) {
            CHECK_EQ(outer(address, found), model_find(address, found));
        }
    }
}

/* ---- readers beside a writer --------------------------------------------- */

static bool stop; /* atomic */

/* Owners 1 and 2 are always there, around and within what comes and goes. */
static void *
read_all(void *arg)
{
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        size_t n = find(1000);

        CHECK_EQ(find(500), 1);
        CHECK_EQ(find(5005), 2);
        CHECK(n == 1 || n == 3);
        n = outer(5000, 2);
        CHECK(n == 1 || n == 4);
        CHECK(ch_ranges_touch(&ranges, at(5001), at(5002)));
        n = find(20000);
        CHECK(n == 0 || n >= 100);
    }
    return arg;
}

static void
test_ranges_readers_see_whole_states_only(void)
{
    pthread_t readers[2];

    add(100, 10000, 1);
    add(5000, 5010, 2);
    for (size_t i = 0; i < 2; i++) {
        readers[i] = unit_thread_start(read_all, NULL);
    }
    for (size_t round = 0; round < 3000; round++) {
        add(900, 1100, 3);
        add(4000, 6000, 4);
        add(20000, 20010, 100 + round);
        ch_ranges_remove(&ranges, owner(4));
        add(600 + round % 200, 801, 5);
        ch_ranges_remove(&ranges, owner(3));
        ch_ranges_remove(&ranges, owner(100 + round));
        ch_ranges_remove(&ranges, owner(5));
        if (round % 30 == 0) {
            add(30000 + round * 10, 30005 + round * 10, 4000 + round);
        }
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (size_t i = 0; i < 2; i++) {
        CHECK(pthread_join(readers[i], NULL) == 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_ranges_empty_has_nothing),
        forked_test(test_ranges_find_knows_both_ends),
        forked_test(test_ranges_innermost_wins_whatever_the_order),
        forked_test(test_ranges_of_one_start_or_end_nest),
        forked_test(test_ranges_touch_knows_both_ends),
        forked_test(test_ranges_random_changes_match_model),
        forked_test(test_ranges_readers_see_whole_states_only),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
