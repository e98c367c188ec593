/* SPDX-License-Identifier: MIT */
/*
 * mapping_test.c - addresses, sizes and the life of mappings of all kinds.
 */
#include "unit/region/_mapping.h"

/* ---- what all kinds do --------------------------------------------------- */

static void
check_use(struct ch_mapping *mapping)
{
    check_commits(mapping, 1);
    memset(mapping->base, 1, mapping->committed);
    check_commits(mapping, mapping->size);
    CHECK_EQ(mapping->committed, mapping->size);
    CHECK_EQ((unsigned char)mapping->base[0], 1);
    memset(mapping->base, 2, mapping->size);
    CHECK(unit_is_filled(mapping->base, mapping->size, 2));
    ch_mapping_purge(mapping, mapping->base, mapping->size);
    memset(mapping->base, 3, mapping->size);
    CHECK(unit_is_filled(mapping->base, mapping->size, 3));
}

static void
check_life(const struct ch_mapping_want *want)
{
    size_t pages_before;
    unsigned files_before = n_open_files();
    struct ch_mapping mapping;

    (void)total_pages();
    pages_before = total_pages();
    errno = 12345;
    check_opens(&mapping, want);
    CHECK_EQ(mapping.size, ch_align_up(want->size, page()));
    CHECK(ch_is_aligned(mapping.base, page()));
    check_use(&mapping);
    CHECK_EQ(errno, 12345);
    ch_mapping_close(&mapping);
    CHECK_EQ(total_pages(), pages_before);
    CHECK_EQ(n_open_files(), files_before);
}

static void
test_mapping_anon_lives(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 20);

    check_life(&want);
    want.size = 3 * page() + 1;
    check_life(&want);
}

static void
test_mapping_huge_lives(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_HUGE, 1);

    want.size = 2 * CH_VM_HUGE + 5 * page();
    check_life(&want);
}

static void
test_mapping_lock_lives(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_LOCK, 20);

    check_life(&want);
}

static void
test_mapping_exec_lives(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_EXEC, 20);

    check_life(&want);
    want.is_split = true;
    check_life(&want);
}

static void
test_mapping_seen_twice_lives(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 20);

    want.has_view = true;
    check_life(&want);
    want.view_exec = true;
    check_life(&want);
    want.is_split = true;
    check_life(&want);
}

static void
test_mapping_secret_lives(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_SECRET, 20);
    struct ch_mapping mapping;
    const char *why;

    if (ch_mapping_open(&mapping, &want, &why) == -ENOSYS) {
        _exit(UNIT_SKIP);
    }
    ch_mapping_close(&mapping);
    check_life(&want);
}

static void
test_mapping_file_lives(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 20);

    want.path = new_path();
    check_life(&want);
    check_life(&want);
    remove_path(want.path);
}

static void
test_mapping_beyond_committed_faults(void)
{
    static const enum ch_mapping_kind kinds[] = {
        CH_MAPPING_ANON, CH_MAPPING_LOCK, CH_MAPPING_EXEC, CH_MAPPING_FILE};

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct ch_mapping_want want = want_pages(kinds[i], 4);
        struct ch_mapping mapping;

        want.path = kinds[i] == CH_MAPPING_FILE ? new_path() : NULL;
        check_opens(&mapping, &want);
        CHECK_EQ(signal_of(touch_read, mapping.base), SIGSEGV);
        check_commits(&mapping, page());
        CHECK_EQ(mapping.committed, page());
        CHECK_EQ(signal_of(touch_write, mapping.base + page() - 1), 0);
        CHECK_EQ(signal_of(touch_read, mapping.base + page()), SIGSEGV);
        if (want.path != NULL) {
            remove_path(want.path);
        }
    }
}

static void
test_mapping_commit_of_less_does_nothing(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 4);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    check_commits(&mapping, 2 * page());
    memset(mapping.base, 1, 2 * page());
    check_commits(&mapping, page());
    CHECK_EQ(mapping.committed, 2 * page());
    CHECK(unit_is_filled(mapping.base, 2 * page(), 1));
}

static void
test_mapping_commit_beyond_the_size_fails(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 4);
    struct ch_mapping mapping;
    const char *why;

    check_opens(&mapping, &want);
    CHECK_EQ(ch_mapping_commit(&mapping, 4 * page() + 1, &why), -ENOMEM);
    CHECK(why != NULL);
    CHECK_EQ(ch_mapping_commit(&mapping, SIZE_MAX, &why), -ENOMEM);
    CHECK_EQ(mapping.committed, 0);
}

static void
test_mapping_purge_keeps_what_is_beside(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 4);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    check_commits(&mapping, 4 * page());
    memset(mapping.base, 7, 4 * page());
    ch_mapping_purge(&mapping, mapping.base + 1, 3 * page() - 2);
    CHECK(unit_is_filled(mapping.base, page(), 7));
    CHECK(unit_is_filled(mapping.base + 2 * page(), 2 * page(), 7));
    CHECK_EQ(ch_vm_resident(mapping.base, 4 * page()), 3 * page());
    ch_mapping_purge(&mapping, mapping.base + 1, page());
    CHECK(unit_is_filled(mapping.base, page(), 7));
}

/* ---- addresses ----------------------------------------------------------- */

static void
test_mapping_at_device_address_is_there(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 8);
    struct ch_mapping mapping;
    const char *why;

    want.at = DEVICE_ADDRESS;
    want.is_exact = true;
    CHECK_EQ(ch_mapping_open(&mapping, &want, &why), 0);
    CHECK(why == NULL);
    CHECK(mapping.base == want.at && mapping.view == want.at);
    check_use(&mapping);
}

static void
test_mapping_of_each_kind_at_device_address_is_there(void)
{
    for (int kind = CH_MAPPING_ANON; kind <= CH_MAPPING_FILE; kind++) {
        struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 8);
        struct ch_mapping mapping;
        const char *why;
        int err;

        want.kind = (enum ch_mapping_kind)kind;
        want.path = kind == CH_MAPPING_FILE ? new_path() : NULL;
        want.at = DEVICE_ADDRESS;
        want.is_exact = true;
        err = ch_mapping_open(&mapping, &want, &why);
        CHECK(err == 0 || (kind == CH_MAPPING_SECRET && err == -ENOSYS));
        if (err == 0) {
            CHECK(mapping.base == want.at);
            check_use(&mapping);
            ch_mapping_close(&mapping);
        }
        if (want.path != NULL) {
            remove_path(want.path);
        }
    }
}

static void
test_mapping_at_taken_address_is_refused_if_exact(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 8);
    struct ch_mapping first;
    size_t pages;

    want.at = DEVICE_ADDRESS;
    want.is_exact = true;
    check_opens(&first, &want);
    check_commits(&first, first.size);
    memset(first.base, 5, first.size);
    pages = total_pages();
    check_refuses(&want, -EEXIST, "not free");
    /* One page of many is in the way. */
    want.at = (char *)DEVICE_ADDRESS - 7 * page();
    check_refuses(&want, -EEXIST, "not free");
    CHECK(unit_is_filled(first.base, first.size, 5));
    CHECK_EQ(total_pages(), pages);
}

static void
test_mapping_at_taken_address_goes_elsewhere_and_is_congruent(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 3);
    struct ch_mapping first;

    want.at = (char *)DEVICE_ADDRESS + 5 * page();
    check_opens(&first, &want);
    CHECK(first.base == want.at);
    for (want.congruent = page(); want.congruent <= CH_GIB;
         want.congruent *= 2) {
        struct ch_mapping mapping;
        const char *why;

        CHECK_EQ(ch_mapping_open(&mapping, &want, &why), 0);
        CHECK(strstr(why, "not free") != NULL);
        CHECK(mapping.base != want.at);
        CHECK_EQ((uintptr_t)mapping.base & (want.congruent - 1),
            (uintptr_t)want.at & (want.congruent - 1));
        check_use(&mapping);
        ch_mapping_close(&mapping);
    }
}

static void
test_mapping_without_address_is_aligned_as_asked(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 3);
    struct ch_mapping mapping;

    want.congruent = 64 * CH_MIB;
    check_opens(&mapping, &want);
    CHECK(ch_is_aligned(mapping.base, 64 * CH_MIB));
}

static void
test_mapping_view_has_its_address_too(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 8);
    struct ch_mapping mapping;

    want.at = (void *)0x3fc80000;
    want.view_at = (void *)0x40380000;
    want.has_view = true;
    want.view_exec = true;
    want.is_exact = true;
    check_opens(&mapping, &want);
    CHECK(mapping.base == want.at && mapping.view == want.view_at);
}

static void
test_mapping_whose_view_is_taken_leaves_nothing(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 8);
    struct ch_mapping first;
    size_t pages;

    want.at = (void *)0x40380000;
    check_opens(&first, &want);
    pages = total_pages();
    want.at = (void *)0x3fc80000;
    want.view_at = (char *)first.base + page();
    want.has_view = true;
    want.is_exact = true;
    check_refuses(&want, -EEXIST, "not free");
    CHECK_EQ(total_pages(), pages);
    want.is_exact = false;
    check_opens(&first, &want);
    CHECK(first.base == want.at && first.view != want.view_at);
}

static void
test_mapping_of_nonsense_is_refused(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 0);

    check_refuses(&want, -EINVAL, "");
    want = want_pages(CH_MAPPING_ANON, 1);
    want.at = (char *)DEVICE_ADDRESS + 16;
    check_refuses(&want, -EINVAL, "");
    want = want_pages(CH_MAPPING_ANON, 1);
    want.congruent = 3 * page();
    check_refuses(&want, -EINVAL, "");
    want = want_pages(CH_MAPPING_FILE, 1);
    check_refuses(&want, -EINVAL, "");
    want = want_pages(CH_MAPPING_LOCK, 1);
    want.has_view = true;
    check_refuses(&want, -EINVAL, "cannot be had");
}

static void
test_mapping_of_absurd_size_is_refused(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 1);

    want.size = SIZE_MAX;
    check_refuses(&want, -ENOMEM, "address space");
    want.size = (size_t)1 << 60;
    check_refuses(&want, -ENOMEM, "address space");
    want.at = DEVICE_ADDRESS;
    check_refuses(&want, -ENOMEM, "address space");
    want.has_view = true;
    check_refuses(&want, -ENOMEM, "address space");
}

/* As an elastic region does that starts with a large wish. */
static void
test_mapping_under_address_limit_is_had_smaller(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 1);
    size_t before = total_pages();
    struct ch_mapping mapping;
    const char *why;
    int err;

    set_limit(RLIMIT_AS, before * page() + 40 * CH_MIB);
    want.size = CH_GIB;
    while ((err = ch_mapping_open(&mapping, &want, &why)) == -ENOMEM) {
        CHECK(why != NULL);
        CHECK_EQ(total_pages(), before);
        want.size /= 2;
    }
    CHECK_EQ(err, 0);
    CHECK_EQ(want.size, 32 * CH_MIB);
    check_use(&mapping);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_mapping_anon_lives),
        forked_test(test_mapping_huge_lives),
        forked_test(test_mapping_lock_lives),
        forked_test(test_mapping_exec_lives),
        forked_test(test_mapping_seen_twice_lives),
        forked_test(test_mapping_secret_lives),
        forked_test(test_mapping_file_lives),
        forked_test(test_mapping_beyond_committed_faults),
        forked_test(test_mapping_commit_of_less_does_nothing),
        forked_test(test_mapping_commit_beyond_the_size_fails),
        forked_test(test_mapping_purge_keeps_what_is_beside),
        forked_test(test_mapping_at_device_address_is_there),
        forked_test(test_mapping_of_each_kind_at_device_address_is_there),
        forked_test(test_mapping_at_taken_address_is_refused_if_exact),
        forked_test(
            test_mapping_at_taken_address_goes_elsewhere_and_is_congruent),
        forked_test(test_mapping_without_address_is_aligned_as_asked),
        forked_test(test_mapping_view_has_its_address_too),
        forked_test(test_mapping_whose_view_is_taken_leaves_nothing),
        forked_test(test_mapping_of_nonsense_is_refused),
        forked_test(test_mapping_of_absurd_size_is_refused),
        forked_test(test_mapping_under_address_limit_is_had_smaller),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
