/* SPDX-License-Identifier: MIT */
/*
 * block_table_test.c - a table against a model, full and under collisions.
 */
#include "map/block_table.h"

#include "unit/_unit.h"

static const void *
key(size_t i)
{
    return (const void *)(0x10000 + i * 16);
}

static void
test_table_without_entries_finds_nothing(void)
{
    struct ch_block_table t = {NULL, 0, 0};

    CHECK(ch_block_table_find(&t, key(1)) == NULL);
    CHECK(ch_block_table_next(&t, NULL) == NULL);
    ch_block_table_clear(&t);
    ch_block_table_fini(&t);
}

static void
test_table_put_finds_what_was_put(void)
{
    struct ch_block_table t = {NULL, 0, 0};
    struct ch_block_entry *e = ch_block_table_put(&t, key(7));

    CHECK(e != NULL && e->p == key(7) && e->size == 0 && e->value == 0);
    e->size = 12;
    e->value = 34;
    CHECK(ch_block_table_put(&t, key(7)) == e);
    CHECK(ch_block_table_find(&t, key(7)) == e);
    CHECK(ch_block_table_find(&t, key(8)) == NULL);
    CHECK_EQ(t.count, 1);
    ch_block_table_remove(&t, e);
    CHECK(ch_block_table_find(&t, key(7)) == NULL);
    CHECK_EQ(t.count, 0);
    ch_block_table_fini(&t);
}

static void
test_table_reserved_for_a_few_takes_them_without_growing(void)
{
    for (size_t n = 1; n < 40; n++) {
        struct ch_block_table t = {NULL, 0, 0};
        size_t places;

        CHECK_EQ(ch_block_table_reserve(&t, n), 0);
        places = t.n_places;
        for (size_t i = 0; i < n; i++) {
            CHECK(ch_block_table_put(&t, key(i)) != NULL);
        }
        CHECK_EQ(t.n_places, places);
        CHECK(t.count < t.n_places);
        CHECK(ch_block_table_find(&t, key(n)) == NULL);
        ch_block_table_fini(&t);
    }
}

static void
test_table_cleared_is_empty_and_keeps_its_memory(void)
{
    struct ch_block_table t = {NULL, 0, 0};
    struct ch_block_entry *entries;

    CHECK(ch_block_table_put(&t, key(1)) != NULL);
    entries = t.entries;
    ch_block_table_clear(&t);
    CHECK(t.entries == entries && t.count == 0);
    CHECK(ch_block_table_find(&t, key(1)) == NULL);
    ch_block_table_fini(&t);
}

static void
test_table_too_large_is_refused_and_stays(void)
{
    struct ch_block_table t = {NULL, 0, 0};

    CHECK(ch_block_table_put(&t, key(1)) != NULL);
    CHECK(ch_block_table_reserve(&t, SIZE_MAX / 4) == -ENOMEM);
    CHECK(ch_block_table_reserve(&t, (size_t)1 << 50) == -ENOMEM);
    CHECK(ch_block_table_find(&t, key(1)) != NULL);
    ch_block_table_fini(&t);
}

static void
test_table_next_gives_each_entry_once(void)
{
    struct ch_block_table t = {NULL, 0, 0};
    struct ch_block_entry *e = NULL;
    static unsigned char seen[3000];

    for (size_t i = 0; i < sizeof seen; i++) {
        CHECK((e = ch_block_table_put(&t, key(i))) != NULL);
        e->value = i;
    }
    for (e = NULL; (e = ch_block_table_next(&t, e)) != NULL;) {
        CHECK(e->p == key(e->value));
        seen[e->value]++;
    }
    CHECK(unit_is_filled(seen, sizeof seen, 1));
    ch_block_table_fini(&t);
}

/* ---- a model ------------------------------------------------------------- */

#define N_KEYS 300u

static size_t model[N_KEYS]; /* value, 0: absent */

static void
check_against_model(const struct ch_block_table *t)
{
    size_t count = 0;

    for (size_t i = 0; i < N_KEYS; i++) {
        const struct ch_block_entry *e = ch_block_table_find(t, key(i));

        CHECK_EQ(e != NULL ? e->value : 0, model[i]);
        count += model[i] != 0;
    }
    CHECK_EQ(t->count, count);
}

/* A table that is kept three quarters full has long runs of entries. */
static void
test_table_under_random_use_agrees_with_a_model(void)
{
    uint64_t seed = unit_seed(11);
    struct ch_block_table t = {NULL, 0, 0};

    CHECK_EQ(ch_block_table_reserve(&t, 24), 0);
    for (size_t step = 1; step < 200000; step++) {
        size_t limit = step < 100000 ? 24 : N_KEYS;
        size_t i = unit_below(&seed, limit);
        struct ch_block_entry *e = ch_block_table_find(&t, key(i));

        if (e != NULL && unit_below(&seed, 3) == 0) {
            ch_block_table_remove(&t, e);
            model[i] = 0;
        } else {
            CHECK((e = ch_block_table_put(&t, key(i))) != NULL);
            e->value = step;
            model[i] = step;
        }
        if (step % 97 == 0) {
            check_against_model(&t);
        }
    }
    ch_block_table_fini(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_table_without_entries_finds_nothing),
        forked_test(test_table_put_finds_what_was_put),
        forked_test(test_table_reserved_for_a_few_takes_them_without_growing),
        forked_test(test_table_cleared_is_empty_and_keeps_its_memory),
        forked_test(test_table_too_large_is_refused_and_stays),
        forked_test(test_table_next_gives_each_entry_once),
        forked_test(test_table_under_random_use_agrees_with_a_model),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
