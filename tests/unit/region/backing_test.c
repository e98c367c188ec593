/* SPDX-License-Identifier: MIT */
/*
 * backing_test.c - the promises of the backings that are built in.
 */
#include "region/backing.h"

#include <sys/mman.h>

#include "base/arith.h"
#include "os/vm.h"
#include "unit/_unit.h"

#define SIZE (4 * CH_MIB)

static const struct ch_backing *const backing = &ch_backing_anon;

static char *
reserve_and_commit(void)
{
    char *p = backing->reserve(NULL, SIZE, CH_MIB);

    CHECK(p != NULL);
    CHECK_EQ(backing->commit(p, SIZE), 0);
    return p;
}

static void
test_anon_is_complete_and_takes_huge_pages(void)
{
    CHECK_STR(backing->name, "anon");
    CHECK(backing->may_thp);
    CHECK(backing->purge != NULL);
}

static void
test_anon_reserve_gives_each_alignment(void)
{
    for (size_t align = ch_vm_page_size(); align <= 64 * CH_MIB; align *= 2) {
        CHECK(ch_is_aligned(backing->reserve(NULL, SIZE, align), align));
    }
}

static void
test_anon_reserve_at_free_hint_takes_it(void)
{
    char *p = backing->reserve(NULL, SIZE, CH_MIB);

    CHECK_EQ(backing->unreserve(p, SIZE), 0);
    CHECK(msync(p, ch_vm_page_size(), MS_ASYNC) != 0);
    CHECK(backing->reserve(p, SIZE, CH_MIB) == p);
}

static void
test_anon_reserve_of_absurd_size_returns_null(void)
{
    CHECK(backing->reserve(NULL, (size_t)1 << 60, CH_MIB) == NULL);
}

static void
test_anon_commit_makes_zeroed_usable_memory(void)
{
    char *p = reserve_and_commit();

    CHECK(unit_is_filled(p, SIZE, 0));
    memset(p, 1, SIZE);
    CHECK(unit_is_filled(p, SIZE, 1));
}

static void
test_anon_purge_zeroes_each_time(void)
{
    char *p = reserve_and_commit();

    for (int i = 1; i < 4; i++) {
        memset(p, i, SIZE);
        CHECK_EQ(backing->purge(p + CH_MIB, CH_MIB), 0);
        CHECK(unit_is_filled(p, CH_MIB, (unsigned char)i));
        CHECK(unit_is_filled(p + CH_MIB, CH_MIB, 0));
        CHECK(unit_is_filled(p + 2 * CH_MIB, 2 * CH_MIB, (unsigned char)i));
    }
}

static void
test_anon_purge_of_unmapped_memory_returns_the_error(void)
{
    char *p = reserve_and_commit();
    char *q = reserve_and_commit();

    CHECK_EQ(backing->purge(p, SIZE), 0);
    CHECK_EQ(backing->unreserve(p, SIZE), 0);
    CHECK_EQ(backing->purge(p, SIZE), -ENOMEM);
    memset(q, 1, SIZE);
    CHECK_EQ(backing->purge(q, SIZE), 0);
    CHECK(unit_is_filled(q, SIZE, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_anon_is_complete_and_takes_huge_pages),
        forked_test(test_anon_reserve_gives_each_alignment),
        forked_test(test_anon_reserve_at_free_hint_takes_it),
        forked_test(test_anon_reserve_of_absurd_size_returns_null),
        forked_test(test_anon_commit_makes_zeroed_usable_memory),
        forked_test(test_anon_purge_zeroes_each_time),
        forked_test(test_anon_purge_of_unmapped_memory_returns_the_error),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
