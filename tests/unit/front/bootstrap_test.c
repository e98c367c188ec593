/* SPDX-License-Identifier: MIT */
/*
 * bootstrap_test.c - memory for callers that come before the relocation.
 *
 * This program has long been relocated; what is handed out is the same.
 */
#include "front/bootstrap.h"

#include "base/arith.h"
#include "front/route.h"
#include "unit/_unit.h"

static void
test_bootstrap_of_relocated_program_is_over(void)
{
    CHECK(ch_bootstrap_is_over());
}

static void
test_bootstrap_alloc_gives_zeroed_blocks_apart(void)
{
    uint64_t random = unit_seed(0xb007);
    unsigned char *blocks[200];
    size_t sizes[200];

    for (size_t i = 0; i < 200; i++) {
        sizes[i] = unit_below(&random, i % 50 == 0 ? 100000 : 500);
        blocks[i] = ch_bootstrap_alloc(1, sizes[i]);
        CHECK(blocks[i] != NULL && ch_is_aligned(blocks[i], CH_MIN_ALIGN));
        CHECK(unit_is_filled(blocks[i], sizes[i], 0));
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < 200; i++) {
        CHECK_EQ(ch_bootstrap_usable(blocks[i]), sizes[i]);
        CHECK(unit_is_filled(blocks[i], sizes[i], (unsigned char)(i + 1)));
        CHECK(sizes[i] == 0 || ch_bootstrap_has(blocks[i]));
    }
}

static void
test_bootstrap_alloc_of_every_alignment_is_aligned(void)
{
    for (size_t align = 1; align <= CH_MIB; align *= 2) {
        char *p = ch_bootstrap_alloc(align, 100);

        CHECK(p != NULL && ch_is_aligned(p, align));
        CHECK(unit_is_filled(p, 100, 0));
        CHECK_EQ(ch_bootstrap_usable(p), 100);
    }
}

static void
test_bootstrap_alloc_of_absurd_size_returns_null(void)
{
    CHECK(ch_bootstrap_alloc(16, SIZE_MAX) == NULL);
    CHECK(ch_bootstrap_alloc(16, (size_t)PTRDIFF_MAX + 1) == NULL);
    CHECK(ch_bootstrap_alloc(16, PTRDIFF_MAX) == NULL);
    CHECK(ch_bootstrap_alloc((size_t)1 << 62, PTRDIFF_MAX) == NULL);
    CHECK(ch_bootstrap_alloc(16, 1) != NULL);
}

static void
test_bootstrap_alloc_ends_before_its_table_does(void)
{
    size_t n = 0;

    while (n < 1000 && ch_bootstrap_alloc(16, 100000) != NULL) {
        n++;
    }
    CHECK(n >= 16 && n < 1000);
}

static void
test_bootstrap_has_of_other_pointers_is_false(void)
{
    int local = 0;

    CHECK(!ch_bootstrap_has(&local));
    CHECK(ch_bootstrap_alloc(16, 100) != NULL);
    CHECK(!ch_bootstrap_has(&local));
    CHECK(!ch_bootstrap_has(NULL));
    CHECK(!ch_bootstrap_has(ch_route_alloc(100, NULL)));
}

static void
test_route_of_bootstrap_block_lets_it_be_or_moves_it(void)
{
    unsigned char *p = ch_bootstrap_alloc(16, 100);
    unsigned char *q;

    memset(p, 7, 100);
    CHECK(ch_route_has(p));
    CHECK_EQ(ch_route_usable(p, "usable"), 100);
    ch_route_free(p, "free");
    CHECK(unit_is_filled(p, 100, 7));
    q = ch_route_realloc(p, 1000, "realloc", NULL);
    CHECK(q != NULL && !ch_bootstrap_has(q) && ch_route_has(q));
    CHECK(unit_is_filled(q, 100, 7));
    q = ch_route_realloc(p, 10, "realloc", NULL);
    CHECK(q != NULL && unit_is_filled(q, 10, 7));
    CHECK(ch_route_realloc(p, 0, "realloc", NULL) == NULL);
    CHECK(ch_route_realloc(p, SIZE_MAX, "realloc", NULL) == NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_bootstrap_of_relocated_program_is_over),
        forked_test(test_bootstrap_alloc_gives_zeroed_blocks_apart),
        forked_test(test_bootstrap_alloc_of_every_alignment_is_aligned),
        forked_test(test_bootstrap_alloc_of_absurd_size_returns_null),
        forked_test(test_bootstrap_alloc_ends_before_its_table_does),
        forked_test(test_bootstrap_has_of_other_pointers_is_false),
        forked_test(test_route_of_bootstrap_block_lets_it_be_or_moves_it),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
