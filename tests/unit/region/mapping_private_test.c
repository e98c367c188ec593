/* SPDX-License-Identifier: MIT */
/*
 * mapping_private_test.c - huge, locked and executable memory.
 */
#include "unit/region/_mapping.h"

#include "region/mapping_internal.h"

/* ---- huge ---------------------------------------------------------------- */

static size_t
pool_free(void)
{
    return proc_kib("/proc/meminfo", "HugePages_Free:");
}

/* The pool's pages, if there are any; else transparent ones. */
static void
test_mapping_huge_has_huge_pages(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_HUGE, 1);
    size_t pool = pool_free();
    struct ch_mapping mapping;
    const char *why;

    want.size = 2 * CH_VM_HUGE;
    CHECK_EQ(ch_mapping_open(&mapping, &want, &why), 0);
    CHECK(ch_is_aligned(mapping.base, CH_VM_HUGE));
    CHECK(mapping.is_huge || strstr(why, "transparent") != NULL);
    CHECK(mapping.is_huge == (pool > 0));
    check_commits(&mapping, 1);
    CHECK_EQ(mapping.committed, CH_VM_HUGE);
    memset(mapping.base, 1, CH_VM_HUGE);
    if (mapping.is_huge) {
        CHECK(pool_free() < pool);
        return;
    }
    if (access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) == 0) {
        CHECK(proc_kib("/proc/self/smaps", "AnonHugePages:")
              >= CH_VM_HUGE / CH_KIB);
        return;
    }
    _exit(UNIT_SKIP);
}

static void
test_mapping_huge_purges_whole_huge_pages(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_HUGE, 1);
    struct ch_mapping mapping;

    want.size = 3 * CH_VM_HUGE;
    check_opens(&mapping, &want);
    check_commits(&mapping, want.size);
    memset(mapping.base, 1, want.size);
    ch_mapping_purge(&mapping, mapping.base + page(), 2 * CH_VM_HUGE);
    CHECK(unit_is_filled(mapping.base, CH_VM_HUGE, 1));
    CHECK(unit_is_filled(mapping.base + 2 * CH_VM_HUGE, CH_VM_HUGE, 1));
    memset(mapping.base, 2, want.size);
}

static void
test_mapping_huge_with_odd_end_is_whole(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_HUGE, 3);
    struct ch_mapping mapping;

    want.size += CH_VM_HUGE;
    check_opens(&mapping, &want);
    check_commits(&mapping, CH_VM_HUGE + 1);
    CHECK_EQ(mapping.committed, want.size);
    memset(mapping.base, 1, want.size);
}

/* ---- locked -------------------------------------------------------------- */

static size_t
locked_bytes(void)
{
    return proc_kib("/proc/self/status", "VmLck:") * CH_KIB;
}

static void
test_mapping_lock_locks_what_is_committed(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_LOCK, 100);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    CHECK_EQ(locked_bytes(), 0);
    check_commits(&mapping, 10 * page());
    if (!mapping.is_locked) {
        _exit(UNIT_SKIP);
    }
    CHECK_EQ(locked_bytes(), 10 * page());
    check_commits(&mapping, 12 * page());
    CHECK_EQ(locked_bytes(), 12 * page());
    memset(mapping.base, 1, 12 * page());
    ch_mapping_purge(&mapping, mapping.base, 4 * page());
    CHECK_EQ(locked_bytes(), 12 * page());
    CHECK(unit_is_filled(mapping.base + 4 * page(), 8 * page(), 1));
    memset(mapping.base, 2, 12 * page());
}

static void
test_mapping_lock_purged_gives_pages_back(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_LOCK, 8);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    check_commits(&mapping, 8 * page());
    memset(mapping.base, 1, 8 * page());
    /* Before Linux 5.18 locked pages stay. */
    if (!mapping.is_locked
        || ch_vm_purge_locked(mapping.base + 7 * page(), page()) != 0) {
        _exit(UNIT_SKIP);
    }
    ch_mapping_purge(&mapping, mapping.base, 4 * page());
    CHECK_EQ(ch_vm_resident(mapping.base, 8 * page()), 3 * page());
}

static void
test_mapping_lock_beyond_the_limit_goes_on_unlocked(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_LOCK, 100);
    struct ch_mapping mapping;
    const char *why;

    set_limit(RLIMIT_MEMLOCK, 16 * page());
    become_nobody();
    check_opens(&mapping, &want);
    check_commits(&mapping, 10 * page());
    CHECK(mapping.is_locked);
    CHECK_EQ(ch_mapping_commit(&mapping, 20 * page(), &why), 0);
    CHECK(strstr(why, "ulimit -l") != NULL);
    CHECK(!mapping.is_locked);
    CHECK_EQ(locked_bytes(), 10 * page());
    memset(mapping.base, 1, 20 * page());
    ch_mapping_purge(&mapping, mapping.base, mapping.committed);
    memset(mapping.base, 2, 20 * page());
}

static void
test_mapping_lock_without_mlock2_locks(void)
{
#ifdef __NR_mlock2
    struct ch_mapping_want want = want_pages(CH_MAPPING_LOCK, 100);
    struct ch_mapping mapping;

    refuse_call(__NR_mlock2, ENOSYS);
    check_opens(&mapping, &want);
    check_commits(&mapping, 10 * page());
    CHECK(!mapping.is_locked || locked_bytes() == 10 * page());
    memset(mapping.base, 1, 10 * page());
#else
    _exit(UNIT_SKIP);
#endif
}

/* ---- executable ---------------------------------------------------------- */

static void
test_mapping_exec_runs_code(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_EXEC, 4);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    CHECK(mapping.view == mapping.base);
    CHECK_EQ(signal_of(touch_read, mapping.base), SIGSEGV);
    check_commits(&mapping, 4 * page());
    if (!has_code()) {
        _exit(UNIT_SKIP);
    }
    CHECK_EQ(run_code(mapping.base, mapping.base), 42);
    CHECK_EQ(
        run_code(mapping.base + 3 * page(), mapping.base + 3 * page()), 42);
}

static void
test_mapping_exec_where_wx_is_refused_names_split(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_EXEC, 4);
    size_t pages = total_pages();

    refuse_wx(EPERM);
    pages = total_pages();
    check_refuses(&want, -EPERM, "wx=split");
    CHECK_EQ(total_pages(), pages);
}

static void
test_mapping_exec_where_wx_is_refused_later_fails_at_commit(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_EXEC, 4);
    struct ch_mapping mapping;
    const char *why;

    check_opens(&mapping, &want);
    check_commits(&mapping, page());
    refuse_wx(EACCES);
    CHECK_EQ(ch_mapping_commit(&mapping, 2 * page(), &why), -EACCES);
    CHECK(strstr(why, "wx=split") != NULL);
    CHECK_EQ(mapping.committed, page());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_mapping_huge_has_huge_pages),
        forked_test(test_mapping_huge_purges_whole_huge_pages),
        forked_test(test_mapping_huge_with_odd_end_is_whole),
        forked_test(test_mapping_lock_locks_what_is_committed),
        forked_test(test_mapping_lock_purged_gives_pages_back),
        forked_test(test_mapping_lock_beyond_the_limit_goes_on_unlocked),
        forked_test(test_mapping_lock_without_mlock2_locks),
        forked_test(test_mapping_exec_runs_code),
        forked_test(test_mapping_exec_where_wx_is_refused_names_split),
        forked_test(
            test_mapping_exec_where_wx_is_refused_later_fails_at_commit),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
