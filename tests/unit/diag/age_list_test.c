/* SPDX-License-Identifier: MIT */
/*
 * age_list_test.c - slots in order of age, against a plain array.
 */
#include "diag/age_list.h"

#include "unit/_unit.h"

#define N 40u

static uint32_t model[N]; /* slots in use, the oldest first */
static size_t n_model;

static void
model_drop(size_t at)
{
    n_model--;
    memmove(&model[at], &model[at + 1], (n_model - at) * sizeof model[0]);
}

static void
test_list_begins_with_all_slots_free(void)
{
    struct ch_age_list list;
    bool seen[N] = {false};

    CHECK_EQ(ch_age_list_init(&list, N), 0);
    CHECK(ch_age_list_is_valid(&list) && list.count == 0);
    CHECK_EQ(ch_age_list_after(&list, 0, 0), CH_NO_SLOT);
    for (uint32_t k = 0; k < N; k++) {
        uint32_t i = ch_age_list_take(&list, &seen[k]);

        CHECK(i < N && !seen[i]);
        seen[i] = true;
        CHECK(list.slots[i].p == &seen[k]);
    }
    CHECK_EQ(ch_age_list_take(&list, NULL), CH_NO_SLOT);
    ch_age_list_clear(&list);
    CHECK(ch_age_list_is_valid(&list) && list.count == 0);
    CHECK(ch_age_list_take(&list, NULL) != CH_NO_SLOT);
    ch_age_list_fini(&list);
    CHECK(list.slots == NULL);
}

static void
test_list_of_one_slot_works(void)
{
    struct ch_age_list list;

    CHECK_EQ(ch_age_list_init(&list, 1), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(ch_age_list_take(&list, NULL), 0);
        CHECK_EQ(ch_age_list_at(&list, 0), 0);
        ch_age_list_drop(&list, 0);
        CHECK(ch_age_list_is_valid(&list) && list.count == 0);
    }
    ch_age_list_fini(&list);
}

static void
test_list_after_a_slot_that_is_gone_goes_on(void)
{
    struct ch_age_list list;
    uint32_t i[4];
    uint64_t serial;

    CHECK_EQ(ch_age_list_init(&list, N), 0);
    for (int k = 0; k < 4; k++) {
        i[k] = ch_age_list_take(&list, NULL);
    }
    serial = list.slots[i[1]].serial;
    CHECK_EQ(ch_age_list_after(&list, 0, i[3]), i[0]);
    CHECK_EQ(ch_age_list_after(&list, serial, i[1]), i[2]);
    ch_age_list_drop(&list, i[1]);
    CHECK_EQ(ch_age_list_after(&list, serial, i[1]), i[2]);
    /* The slot is in use again, by a younger one. */
    CHECK_EQ(ch_age_list_take(&list, NULL), i[1]);
    CHECK_EQ(ch_age_list_after(&list, serial, i[1]), i[2]);
    CHECK_EQ(ch_age_list_after(&list, list.serial, i[1]), CH_NO_SLOT);
    CHECK_EQ(ch_age_list_after(&list, serial, UINT32_MAX), i[2]);
    ch_age_list_fini(&list);
}

static void
test_list_under_random_use_agrees_with_an_array(void)
{
    uint64_t seed = unit_seed(7);
    struct ch_age_list list;

    CHECK_EQ(ch_age_list_init(&list, N), 0);
    for (int step = 0; step < 100000; step++) {
        if (n_model < N && unit_below(&seed, 2) == 0) {
            model[n_model++] = ch_age_list_take(&list, NULL);
        } else if (n_model != 0) {
            size_t at = unit_below(&seed, n_model);

            ch_age_list_drop(&list, model[at]);
            model_drop(at);
        }
        CHECK_EQ(list.count, n_model);
        if (n_model != 0) {
            size_t at = unit_below(&seed, n_model);

            CHECK_EQ(ch_age_list_at(&list, at), model[at]);
        }
        CHECK(ch_age_list_is_valid(&list));
    }
    ch_age_list_fini(&list);
}

static void
test_list_that_is_broken_is_not_valid(void)
{
    struct ch_age_list list;

    CHECK_EQ(ch_age_list_init(&list, 4), 0);
    for (int k = 0; k < 3; k++) {
        CHECK(ch_age_list_take(&list, NULL) != CH_NO_SLOT);
    }
    CHECK(ch_age_list_is_valid(&list));
    list.slots[1].serial = 9;
    CHECK(!ch_age_list_is_valid(&list));
    list.slots[1].serial = 2;
    list.slots[2].prev = 0;
    CHECK(!ch_age_list_is_valid(&list));
    list.slots[2].prev = 1;
    list.count = 2;
    CHECK(!ch_age_list_is_valid(&list));
    list.count = 3;
    list.slots[2].next = 0;
    CHECK(!ch_age_list_is_valid(&list));
    ch_age_list_fini(&list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_list_begins_with_all_slots_free),
        forked_test(test_list_of_one_slot_works),
        forked_test(test_list_after_a_slot_that_is_gone_goes_on),
        forked_test(test_list_under_random_use_agrees_with_an_array),
        forked_test(test_list_that_is_broken_is_not_valid),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
