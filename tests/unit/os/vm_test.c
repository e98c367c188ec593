/* SPDX-License-Identifier: MIT */
/*
 * vm_test.c - mapping, committing, purging and moving of address space.
 */
#include "os/vm.h"

#include <signal.h>
#include <sys/mman.h>

#include "base/arith.h"
#include "unit/_unit.h"

#define ABSURD ((size_t)1 << 62)

static size_t
page(void)
{
    return ch_vm_page_size();
}

static char *
map_rw(size_t n_pages)
{
    char *p = ch_vm_map(NULL, n_pages * page(), CH_VM_READ_WRITE);

    CHECK(p != NULL);
    return p;
}

/* Pages of address space that the process has. */
static size_t
total_pages(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    size_t n = 0;

    CHECK(f != NULL);
    CHECK(fscanf(f, "%zu", &n) == 1);
    fclose(f);
    return n;
}

static bool
is_mapped(void *p)
{
    return msync(p, page(), MS_ASYNC) == 0;
}

/* ---- accesses that must end the process ---------------------------------- */

static volatile char *touched;

static void
touch_read(void)
{
    (void)*touched;
}

static void
touch_write(void)
{
    *touched = 1;
}

static void
check_faults(void (*touch)(void), void *p)
{
    char text[64];
    int status;

    touched = p;
    status = unit_child_says(touch, text, sizeof text);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGSEGV);
}

/* ---- tests --------------------------------------------------------------- */

static void
test_vm_page_size_is_that_of_the_system(void)
{
    CHECK_EQ(ch_vm_page_size(), sysconf(_SC_PAGESIZE));
    CHECK_EQ(ch_vm_page_size(), sysconf(_SC_PAGESIZE));
}

static void
test_vm_map_read_write_is_zero_and_writable(void)
{
    char *p = map_rw(4);

    CHECK(ch_is_aligned(p, page()));
    CHECK(unit_is_filled(p, 4 * page(), 0));
    memset(p, 7, 4 * page());
    CHECK(unit_is_filled(p, 4 * page(), 7));
}

static void
test_vm_map_read_reads_zeros_and_refuses_writes(void)
{
    char *p = ch_vm_map(NULL, page(), CH_VM_READ);

    CHECK(unit_is_filled(p, page(), 0));
    check_faults(touch_write, p);
}

static void
test_vm_map_none_refuses_all_access(void)
{
    char *p = ch_vm_map(NULL, page(), CH_VM_NONE);

    check_faults(touch_read, p);
    check_faults(touch_write, p);
}

static void
test_vm_map_at_free_hint_takes_it(void)
{
    char *p = map_rw(2);

    CHECK_EQ(ch_vm_unmap(p, 2 * page()), 0);
    CHECK(ch_vm_map(p, 2 * page(), CH_VM_NONE) == p);
}

static void
test_vm_map_at_taken_hint_goes_elsewhere(void)
{
    char *p = map_rw(2);
    char *q;

    memset(p, 5, 2 * page());
    q = ch_vm_map(p, 2 * page(), CH_VM_READ_WRITE);
    CHECK(q != NULL && q != p);
    CHECK(unit_is_filled(p, 2 * page(), 5));
}

static void
test_vm_map_of_absurd_size_returns_null(void)
{
    errno = 12345;
    CHECK(ch_vm_map(NULL, ABSURD, CH_VM_NONE) == NULL);
    CHECK(ch_vm_map_aligned(NULL, ABSURD, CH_GIB, CH_VM_NONE) == NULL);
    CHECK(ch_vm_map_aligned(NULL, page(), ABSURD, CH_VM_NONE) == NULL);
    CHECK_EQ(errno, 12345);
}

static void
test_vm_map_aligned_gives_each_alignment_and_nothing_beside(void)
{
    for (size_t align = 16; align <= CH_GIB; align *= 2) {
        size_t before = total_pages();
        char *p = ch_vm_map_aligned(NULL, 3 * page(), align, CH_VM_READ_WRITE);

        CHECK(p != NULL && ch_is_aligned(p, align));
        CHECK_EQ(total_pages(), before + 3);
        memset(p, 1, 3 * page());
    }
}

static void
test_vm_map_aligned_at_fitting_hint_takes_it(void)
{
    char *p = ch_vm_map_aligned(NULL, CH_MIB, CH_MIB, CH_VM_NONE);

    CHECK_EQ(ch_vm_unmap(p, CH_MIB), 0);
    CHECK(ch_vm_map_aligned(p, CH_MIB, CH_MIB, CH_VM_NONE) == p);
    CHECK_EQ(ch_vm_unmap(p, CH_MIB), 0);
    p += CH_MIB / 2;
    CHECK(ch_is_aligned(
        ch_vm_map_aligned(p, CH_MIB / 2, CH_MIB, CH_VM_NONE), CH_MIB));
}

static void
test_vm_unmap_of_a_part_leaves_the_rest(void)
{
    char *p = map_rw(3);

    CHECK_EQ(ch_vm_unmap(p + page(), page()), 0);
    CHECK(is_mapped(p));
    CHECK(!is_mapped(p + page()));
    CHECK(is_mapped(p + 2 * page()));
}

static void
test_vm_unmap_of_misaligned_range_returns_the_error(void)
{
    char *p = map_rw(1);

    errno = 12345;
    CHECK_EQ(ch_vm_unmap(p + 1, page()), -EINVAL);
    CHECK_EQ(errno, 12345);
    CHECK(is_mapped(p));
}

static void
test_vm_commit_of_reserved_range_makes_it_usable(void)
{
    char *p = ch_vm_map(NULL, 4 * page(), CH_VM_NONE);

    CHECK_EQ(ch_vm_commit(p, 2 * page()), 0);
    CHECK(unit_is_filled(p, 2 * page(), 0));
    memset(p, 1, 2 * page());
    check_faults(touch_read, p + 2 * page());
}

static void
test_vm_commit_of_unmapped_range_returns_the_error(void)
{
    char *p = map_rw(1);

    CHECK_EQ(ch_vm_unmap(p, page()), 0);
    CHECK_EQ(ch_vm_commit(p, page()), -ENOMEM);
}

static void
test_vm_purge_zeroes_and_keeps_the_addresses(void)
{
    char *p = map_rw(3);

    memset(p, 9, 3 * page());
    CHECK_EQ(ch_vm_purge(p + page(), page()), 0);
    CHECK(unit_is_filled(p, page(), 9));
    CHECK(unit_is_filled(p + page(), page(), 0));
    CHECK(unit_is_filled(p + 2 * page(), page(), 9));
    memset(p + page(), 8, page());
    CHECK(unit_is_filled(p + page(), page(), 8));
}

static void
test_vm_purge_of_unmapped_range_returns_the_error(void)
{
    char *p = map_rw(1);

    CHECK_EQ(ch_vm_unmap(p, page()), 0);
    CHECK_EQ(ch_vm_purge(p, page()), -ENOMEM);
}

static void
test_vm_remap_to_fewer_pages_stays(void)
{
    char *p = map_rw(4);

    memset(p, 3, 4 * page());
    CHECK(ch_vm_remap(p, 4 * page(), 2 * page()) == p);
    CHECK(unit_is_filled(p, 2 * page(), 3));
    CHECK(!is_mapped(p + 2 * page()));
}

static void
test_vm_remap_with_room_behind_grows_in_place(void)
{
    char *p = map_rw(4);

    CHECK_EQ(ch_vm_unmap(p + 2 * page(), 2 * page()), 0);
    memset(p, 3, 2 * page());
    CHECK(ch_vm_remap(p, 2 * page(), 4 * page()) == p);
    CHECK(unit_is_filled(p, 2 * page(), 3));
    CHECK(unit_is_filled(p + 2 * page(), 2 * page(), 0));
}

static void
test_vm_remap_without_room_behind_returns_null(void)
{
    char *p = map_rw(4);
    void *wall;

    CHECK_EQ(ch_vm_unmap(p + 2 * page(), 2 * page()), 0);
    wall = ch_vm_map(p + 2 * page(), page(), CH_VM_NONE);
    CHECK(wall == p + 2 * page());
    memset(p, 3, 2 * page());
    CHECK(ch_vm_remap(p, 2 * page(), 4 * page()) == NULL);
    CHECK(unit_is_filled(p, 2 * page(), 3));
}

static void
test_vm_remap_to_moves_the_content(void)
{
    char *p = map_rw(2);
    char *to = ch_vm_map(NULL, 5 * page(), CH_VM_NONE);

    memset(p, 3, 2 * page());
    CHECK(ch_vm_remap_to(p, 2 * page(), 5 * page(), to) == to);
    CHECK(unit_is_filled(to, 2 * page(), 3));
    CHECK(unit_is_filled(to + 2 * page(), 3 * page(), 0));
    memset(to, 4, 5 * page());
    CHECK(!is_mapped(p));
}

static void
test_vm_remap_to_of_unmapped_range_returns_null(void)
{
    char *p = map_rw(1);
    char *to = ch_vm_map(NULL, 2 * page(), CH_VM_NONE);

    CHECK_EQ(ch_vm_unmap(p, page()), 0);
    CHECK(ch_vm_remap_to(p, page(), 2 * page(), to) == NULL);
}

static void
test_vm_advice_keeps_content_and_errno(void)
{
    char *p = map_rw(2);

    memset(p, 6, 2 * page());
    errno = 12345;
    ch_vm_advise_thp(p, 2 * page(), CH_VM_THP_ALWAYS);
    ch_vm_advise_thp(p, 2 * page(), CH_VM_THP_NEVER);
    CHECK_EQ(errno, 12345);
    CHECK(unit_is_filled(p, 2 * page(), 6));
}

static void
test_vm_address_limit_is_that_of_the_process(void)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    if (limit.rlim_cur == RLIM_INFINITY) {
        CHECK_EQ(ch_vm_address_limit(), SIZE_MAX);
    }
    limit.rlim_cur = CH_GIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    errno = 12345;
    CHECK_EQ(ch_vm_address_limit(), CH_GIB);
    CHECK_EQ(errno, 12345);
    CHECK(ch_vm_map(NULL, 2 * CH_GIB, CH_VM_NONE) == NULL);
}

/* ---- ranges at a place --------------------------------------------------- */

static void
test_vm_reserve_at_free_address_is_there(void)
{
    char *p = (char *)0x3ffb0000;

    errno = 12345;
    CHECK_EQ(ch_vm_reserve_at(p, 4 * page()), 0);
    CHECK_EQ(errno, 12345);
    CHECK(is_mapped(p) && is_mapped(p + 3 * page()));
    check_faults(touch_read, p);
    CHECK_EQ(ch_vm_commit(p, 4 * page()), 0);
    memset(p, 1, 4 * page());
}

static void
test_vm_reserve_at_taken_address_changes_nothing(void)
{
    char *p = map_rw(4);
    size_t before;

    memset(p, 5, 4 * page());
    CHECK_EQ(ch_vm_unmap(p, page()), 0);
    before = total_pages();
    CHECK_EQ(ch_vm_reserve_at(p, 2 * page()), -EEXIST);
    CHECK_EQ(ch_vm_reserve_at(p + page(), page()), -EEXIST);
    CHECK_EQ(total_pages(), before);
    CHECK(unit_is_filled(p + page(), 3 * page(), 5));
    CHECK_EQ(ch_vm_reserve_at(p, page()), 0);
}

static void
test_vm_reserve_at_impossible_address_returns_the_error(void)
{
    CHECK(ch_vm_reserve_at((void *)(UINTPTR_MAX - page() + 1), page()) < 0);
    CHECK_EQ(ch_vm_reserve_at((char *)0x3ffb0000 + 1, page()), -EINVAL);
}

static void
test_vm_reserve_like_has_the_low_bits(void)
{
    for (size_t align = 16; align <= CH_GIB; align *= 2) {
        char *like = (char *)0x3ffae000 + page();
        size_t before = total_pages();
        char *p = ch_vm_reserve_like(like, 3 * page(), align);
        size_t mask = ch_max_size(align, page()) - 1;

        CHECK_EQ((uintptr_t)p & mask, (uintptr_t)like & mask);
        CHECK_EQ(total_pages(), before + 3);
        check_faults(touch_read, p);
    }
    CHECK(ch_vm_reserve_like(NULL, ABSURD, CH_GIB) == NULL);
    CHECK(ch_vm_reserve_like(NULL, page(), ABSURD) == NULL);
}

static void
test_vm_reserve_again_takes_all_away(void)
{
    char *p = map_rw(3);

    memset(p, 5, 3 * page());
    CHECK_EQ(ch_vm_reserve_again(p + page(), page()), 0);
    check_faults(touch_read, p + page());
    CHECK_EQ(ch_vm_commit(p + page(), page()), 0);
    CHECK(unit_is_filled(p + page(), page(), 0));
    CHECK(unit_is_filled(p, page(), 5));
}

static void
test_vm_protect_gives_and_takes_access(void)
{
    char *p = map_rw(2);

    memset(p, 5, 2 * page());
    CHECK_EQ(ch_vm_protect(p, page(), CH_VM_READ), 0);
    CHECK(unit_is_filled(p, page(), 5));
    check_faults(touch_write, p);
    CHECK_EQ(ch_vm_protect(p, page(), CH_VM_READ_EXEC), 0);
    CHECK(unit_is_filled(p, page(), 5));
    check_faults(touch_write, p);
    CHECK_EQ(ch_vm_protect(p, page(), CH_VM_NONE), 0);
    check_faults(touch_read, p);
    CHECK_EQ(ch_vm_protect(p, page(), CH_VM_READ_WRITE), 0);
    memset(p, 6, 2 * page());
}

/* ---- memory of other kinds ----------------------------------------------- */

static int
new_memfd(size_t n_pages)
{
    int fd = memfd_create("vm_test", MFD_CLOEXEC);

    CHECK(fd >= 0 && ftruncate(fd, (off_t)(n_pages * page())) == 0);
    return fd;
}

static void
test_vm_map_shared_shows_the_descriptor(void)
{
    int fd = new_memfd(4);
    char *to = ch_vm_map(NULL, page(), CH_VM_NONE);
    void *p = NULL;
    void *q = NULL;

    CHECK(pwrite(fd, "hello", 6, (off_t)(2 * page())) == 6);
    CHECK_EQ(ch_vm_map_shared(fd, 2 * page(), page(), CH_VM_READ_WRITE, &p), 0);
    CHECK_STR(p, "hello");
    CHECK_EQ(ch_vm_map_shared(fd, 0, 4 * page(), CH_VM_READ, &q), 0);
    strcpy(p, "again");
    CHECK_STR((char *)q + 2 * page(), "again");
    CHECK(ch_vm_remap_to(p, page(), page(), to) == to);
    CHECK_STR(to, "again");
    check_faults(touch_write, q);
    CHECK_EQ(ch_vm_map_shared(-1, 0, page(), CH_VM_READ, &q), -EBADF);
}

static void
test_vm_purge_shared_empties_all_views(void)
{
    int fd = new_memfd(2);
    void *p;
    void *q;

    CHECK_EQ(ch_vm_map_shared(fd, 0, 2 * page(), CH_VM_READ_WRITE, &p), 0);
    CHECK_EQ(ch_vm_map_shared(fd, 0, 2 * page(), CH_VM_READ_WRITE, &q), 0);
    memset(p, 5, 2 * page());
    CHECK_EQ(ch_vm_purge_shared(p, page()), 0);
    CHECK(unit_is_filled(q, page(), 0));
    CHECK(unit_is_filled((char *)q + page(), page(), 5));
}

static void
test_vm_lock_keeps_pages_that_come(void)
{
    char *p = map_rw(8);

    if (ch_vm_lock(p, 8 * page()) != 0) {
        _exit(UNIT_SKIP);
    }
    CHECK_EQ(ch_vm_purge(p, page()), -EINVAL);
    memset(p, 5, 8 * page());
    if (ch_vm_purge_locked(p, page()) == 0) {
        CHECK(unit_is_filled(p, page(), 0));
    }
    CHECK(unit_is_filled(p + page(), 7 * page(), 5));
}

static void
test_vm_absent_pages_are_told(void)
{
    char *p = map_rw(2);

    memset(p + page(), 1, page());
    CHECK(ch_vm_is_absent(p));
    CHECK(!ch_vm_is_absent(p + page()));
    CHECK_EQ(ch_vm_unmap(p, page()), 0);
    CHECK(!ch_vm_is_absent(p));
}

static void
test_vm_map_huge_gives_huge_pages_or_null(void)
{
    char *p = ch_vm_map_huge(CH_VM_HUGE);

    if (p == NULL) {
        _exit(UNIT_SKIP);
    }
    CHECK(ch_is_aligned(p, CH_VM_HUGE));
    memset(p, 1, CH_VM_HUGE);
    CHECK_EQ(ch_vm_unmap(p, CH_VM_HUGE), 0);
}

static void
test_vm_strict_is_what_the_system_says(void)
{
    FILE *f = fopen("/proc/sys/vm/overcommit_memory", "r");
    int mode = 0;

    if (f == NULL || fscanf(f, "%d", &mode) != 1) {
        _exit(UNIT_SKIP);
    }
    CHECK(ch_vm_is_strict() == (mode == 2));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_vm_page_size_is_that_of_the_system),
        forked_test(test_vm_map_read_write_is_zero_and_writable),
        forked_test(test_vm_map_read_reads_zeros_and_refuses_writes),
        forked_test(test_vm_map_none_refuses_all_access),
        forked_test(test_vm_map_at_free_hint_takes_it),
        forked_test(test_vm_map_at_taken_hint_goes_elsewhere),
        forked_test(test_vm_map_of_absurd_size_returns_null),
        forked_test(
            test_vm_map_aligned_gives_each_alignment_and_nothing_beside),
        forked_test(test_vm_map_aligned_at_fitting_hint_takes_it),
        forked_test(test_vm_unmap_of_a_part_leaves_the_rest),
        forked_test(test_vm_unmap_of_misaligned_range_returns_the_error),
        forked_test(test_vm_commit_of_reserved_range_makes_it_usable),
        forked_test(test_vm_commit_of_unmapped_range_returns_the_error),
        forked_test(test_vm_purge_zeroes_and_keeps_the_addresses),
        forked_test(test_vm_purge_of_unmapped_range_returns_the_error),
        forked_test(test_vm_remap_to_fewer_pages_stays),
        forked_test(test_vm_remap_with_room_behind_grows_in_place),
        forked_test(test_vm_remap_without_room_behind_returns_null),
        forked_test(test_vm_remap_to_moves_the_content),
        forked_test(test_vm_remap_to_of_unmapped_range_returns_null),
        forked_test(test_vm_advice_keeps_content_and_errno),
        forked_test(test_vm_address_limit_is_that_of_the_process),
        forked_test(test_vm_reserve_at_free_address_is_there),
        forked_test(test_vm_reserve_at_taken_address_changes_nothing),
        forked_test(test_vm_reserve_at_impossible_address_returns_the_error),
        forked_test(test_vm_reserve_like_has_the_low_bits),
        forked_test(test_vm_reserve_again_takes_all_away),
        forked_test(test_vm_protect_gives_and_takes_access),
        forked_test(test_vm_map_shared_shows_the_descriptor),
        forked_test(test_vm_purge_shared_empties_all_views),
        forked_test(test_vm_lock_keeps_pages_that_come),
        forked_test(test_vm_absent_pages_are_told),
        forked_test(test_vm_map_huge_gives_huge_pages_or_null),
        forked_test(test_vm_strict_is_what_the_system_says),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
