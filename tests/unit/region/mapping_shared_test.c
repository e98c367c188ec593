/* SPDX-License-Identifier: MIT */
/*
 * mapping_shared_test.c - memory at two addresses, secret memory and files.
 */
#include "unit/region/_mapping.h"

#include <sched.h>
#include <sys/mount.h>

#ifndef PR_SET_MDWE
# define PR_SET_MDWE              65
# define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

static struct ch_mapping_want
want_twice(size_t n_pages, bool view_exec, bool is_split)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, n_pages);

    want.has_view = true;
    want.view_exec = view_exec;
    want.is_split = is_split;
    return want;
}

/* ---- at two addresses ---------------------------------------------------- */

static void
test_mapping_twice_shows_the_same_bytes(void)
{
    struct ch_mapping_want want = want_twice(8, false, false);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    CHECK(mapping.view != mapping.base);
    CHECK_EQ(signal_of(touch_read, mapping.view), SIGSEGV);
    check_commits(&mapping, 4 * page());
    for (size_t i = 0; i < 4 * page(); i++) {
        mapping.base[i] = (char)(i * 7);
    }
    CHECK(memcmp(mapping.base, mapping.view, 4 * page()) == 0);
    memset(mapping.view, 9, 4 * page());
    CHECK(unit_is_filled(mapping.base, 4 * page(), 9));
    CHECK_EQ(signal_of(touch_read, mapping.base + 4 * page()), SIGSEGV);
    CHECK_EQ(signal_of(touch_read, mapping.view + 4 * page()), SIGSEGV);
}

static void
test_mapping_twice_with_exec_runs_code_written_at_either(void)
{
    struct ch_mapping_want want = want_twice(8, true, false);
    struct ch_mapping mapping;

    want.at = (void *)0x3fc80000;
    want.view_at = (void *)0x40380000;
    want.is_exact = true;
    check_opens(&mapping, &want);
    check_commits(&mapping, 8 * page());
    if (!has_code()) {
        _exit(UNIT_SKIP);
    }
    CHECK_EQ(run_code(mapping.base, mapping.view), 42);
    CHECK_EQ(run_code(mapping.view + page(), mapping.view + page()), 42);
    CHECK(memcmp(mapping.base + page(), code_42, sizeof code_42) == 0);
}

static void
check_split(const struct ch_mapping_want *want)
{
    struct ch_mapping mapping;

    check_opens(&mapping, want);
    CHECK(mapping.view != mapping.base);
    check_commits(&mapping, page());
    check_commits(&mapping, 3 * page());
    CHECK_EQ(signal_of(touch_write, mapping.view), SIGSEGV);
    CHECK_EQ(signal_of(touch_write, mapping.base + 3 * page()), SIGSEGV);
    memset(mapping.base, 1, 3 * page());
    CHECK(unit_is_filled(mapping.view, 3 * page(), 1));
    if (has_code()) {
        size_t off = 2 * page() + 64;

        CHECK_EQ(run_code(mapping.base + off, mapping.view + off), 42);
    }
}

static void
test_mapping_split_runs_what_was_written_beside(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_EXEC, 8);

    want.is_split = true;
    check_split(&want);
    want = want_twice(8, true, true);
    check_split(&want);
}

static void
test_mapping_split_works_where_wx_is_refused(void)
{
    struct ch_mapping_want want = want_twice(8, true, false);

    refuse_wx(EPERM);
    check_refuses(&want, -EPERM, "wx=split");
    want.is_split = true;
    check_split(&want);
    want = want_pages(CH_MAPPING_EXEC, 8);
    check_refuses(&want, -EPERM, "wx=split");
    want.is_split = true;
    check_split(&want);
}

/* The system's own switch refuses also to make memory executable later. */
static void
test_mapping_split_works_where_gaining_exec_is_refused(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_EXEC, 8);

    if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0) {
        _exit(UNIT_SKIP);
    }
    check_refuses(&want, -EACCES, "wx=split");
    want.is_split = true;
    check_split(&want);
}

static void
test_mapping_twice_without_memfd_is_refused(void)
{
    struct ch_mapping_want want = want_twice(8, false, false);
    size_t pages = total_pages();

    refuse_call(__NR_memfd_create, EPERM);
    pages = total_pages();
    check_refuses(&want, -EPERM, "refuses");
    CHECK_EQ(total_pages(), pages);
}

static void
test_mapping_twice_purged_gives_storage_back(void)
{
    struct ch_mapping_want want = want_twice(64, false, false);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    check_commits(&mapping, mapping.size);
    if (mapping.is_strict) {
        _exit(UNIT_SKIP);
    }
    CHECK_EQ(storage(&mapping), 0);
    memset(mapping.base, 1, mapping.size);
    CHECK_EQ(storage(&mapping), mapping.size);
    ch_mapping_purge(&mapping, mapping.base + 1, mapping.size - 2);
    CHECK_EQ(storage(&mapping), 2 * page());
    CHECK_EQ(mapping.base[0], 1);
    CHECK_EQ(mapping.view[mapping.size - 1], 1);
    memset(mapping.base, 2, mapping.size);
    CHECK(unit_is_filled(mapping.view, mapping.size, 2));
}

/* Where the system promises no more than it has. */
static void
test_mapping_twice_when_strict_keeps_its_storage(void)
{
    struct ch_mapping_want want = want_twice(64, false, false);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    mapping.is_strict = true;
    check_commits(&mapping, 10 * page());
    CHECK_EQ(storage(&mapping), 10 * page());
    ch_mapping_purge(&mapping, mapping.base, 10 * page());
    CHECK_EQ(storage(&mapping), 10 * page());
    memset(mapping.base, 1, 10 * page());
}

static void
test_mapping_twice_larger_than_files_may_be_is_refused(void)
{
    struct ch_mapping_want want = want_twice(64, false, false);
    struct ch_mapping mapping;

    set_limit(RLIMIT_FSIZE, 32 * page());
    check_refuses(&want, -EFBIG, "ulimit -f");
    want.size /= 2;
    check_opens(&mapping, &want);
    check_commits(&mapping, mapping.size);
    memset(mapping.base, 1, mapping.size);
}

static void
test_mapping_descriptor_is_high_and_closed_on_exec(void)
{
    struct ch_mapping_want want = want_twice(8, true, false);
    struct ch_mapping mapping;

    check_opens(&mapping, &want);
    CHECK(mapping.store.fd >= 10);
    CHECK_EQ(fcntl(mapping.store.fd, F_GETFD), FD_CLOEXEC);
    for (int fd = 3; fd < 10; fd++) {
        CHECK(fcntl(fd, F_GETFD) < 0);
    }
}

/* A program that closes what it does not know, and then opens files. */
static void
take_descriptor(const struct ch_mapping *mapping)
{
    int fd = memfd_create("the program's own", 0);

    CHECK(fd >= 0);
    CHECK(dup2(fd, mapping->store.fd) == mapping->store.fd);
    close(fd);
}

static void
test_mapping_twice_whose_descriptor_is_taken_works(void)
{
    struct ch_mapping_want want = want_twice(8, false, false);
    struct ch_mapping mapping;
    struct stat st;
    int fd;

    check_opens(&mapping, &want);
    fd = mapping.store.fd;
    take_descriptor(&mapping);
    check_commits(&mapping, mapping.size);
    memset(mapping.base, 1, mapping.size);
    CHECK(unit_is_filled(mapping.view, mapping.size, 1));
    ch_mapping_purge(&mapping, mapping.base, mapping.size);
    ch_mapping_close(&mapping);
    CHECK(fstat(fd, &st) == 0);
    CHECK_EQ(st.st_size, 0);
}

/* ---- secret -------------------------------------------------------------- */

static struct ch_mapping_want
want_secret(size_t n_pages)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_SECRET, n_pages);
    struct ch_mapping mapping;
    const char *why;

    if (ch_mapping_open(&mapping, &want, &why) == -ENOSYS) {
        CHECK(strstr(why, "memfd_secret") != NULL);
        _exit(UNIT_SKIP);
    }
    ch_mapping_close(&mapping);
    return want;
}

/* Bytes that the system reads at p, as a debugger would. */
static ssize_t
system_reads(const void *p, void *buf, size_t n)
{
    int fd = open("/proc/self/mem", O_RDONLY);
    ssize_t got;

    CHECK(fd >= 0);
    got = pread(fd, buf, n, (off_t)(uintptr_t)p);
    close(fd);
    return got;
}

static void
test_mapping_secret_is_not_readable_by_the_system(void)
{
    struct ch_mapping_want want = want_secret(4);
    struct ch_mapping mapping;
    char buf[8] = "public";

    check_opens(&mapping, &want);
    CHECK(mapping.is_locked);
    check_commits(&mapping, mapping.size);
    strcpy(mapping.base, "secret");
    CHECK_EQ(system_reads(buf, buf, 7), 7);
    CHECK(system_reads(mapping.base, buf, 7) < 0);
    CHECK_STR(buf, "public");
    CHECK_STR(mapping.base, "secret");
}

static void
test_mapping_secret_takes_of_the_limit_as_it_grows(void)
{
    struct ch_mapping_want want = want_secret(64);
    struct ch_mapping mapping;
    const char *why;

    set_limit(RLIMIT_MEMLOCK, 16 * page());
    become_nobody();
    check_opens(&mapping, &want);
    check_commits(&mapping, 10 * page());
    memset(mapping.base, 1, 10 * page());
    CHECK_EQ(ch_mapping_commit(&mapping, 20 * page(), &why), -EAGAIN);
    CHECK(strstr(why, "ulimit -l") != NULL);
    CHECK_EQ(mapping.committed, 10 * page());
    CHECK_EQ(signal_of(touch_read, mapping.base + 10 * page()), SIGSEGV);
    check_commits(&mapping, 16 * page());
    CHECK(unit_is_filled(mapping.base, 10 * page(), 1));
    memset(mapping.base, 2, 16 * page());
}

static void
test_mapping_secret_where_it_is_off_says_so(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_SECRET, 4);
    unsigned files = n_open_files();

    refuse_call(447, ENOSYS);
    check_refuses(&want, -ENOSYS, "memfd_secret");
    CHECK_EQ(n_open_files(), files);
}

static void
test_mapping_secret_whose_descriptor_is_taken_stays_as_it_is(void)
{
    struct ch_mapping_want want = want_secret(8);
    struct ch_mapping mapping;
    const char *why;

    check_opens(&mapping, &want);
    check_commits(&mapping, 2 * page());
    take_descriptor(&mapping);
    CHECK_EQ(ch_mapping_commit(&mapping, 4 * page(), &why), -EBADF);
    CHECK(strstr(why, "descriptor") != NULL);
    memset(mapping.base, 1, 2 * page());
}

/* ---- files --------------------------------------------------------------- */

static void
test_mapping_file_has_what_was_written(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 64);
    struct ch_mapping mapping;
    struct stat st;
    char text[6] = "";
    int fd;

    want.path = new_path();
    umask(0);
    check_opens(&mapping, &want);
    CHECK(stat(want.path, &st) == 0);
    CHECK_EQ(st.st_mode, S_IFREG | 0600);
    CHECK_EQ(st.st_size, 0);
    check_commits(&mapping, 3 * page());
    CHECK(stat(want.path, &st) == 0);
    CHECK_EQ(st.st_size, 3 * page());
    CHECK(storage(&mapping) >= 3 * page());
    strcpy(mapping.base + 2 * page(), "hello");
    fd = open(want.path, O_RDONLY);
    CHECK(pread(fd, text, 6, (off_t)(2 * page())) == 6);
    CHECK_STR(text, "hello");
    ch_mapping_close(&mapping);
    check_opens(&mapping, &want);
    check_commits(&mapping, 3 * page());
    CHECK_STR(mapping.base + 2 * page(), "hello");
    remove_path(want.path);
}

static void
test_mapping_file_purged_keeps_its_blocks(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 64);
    struct ch_mapping mapping;

    want.path = new_path();
    check_opens(&mapping, &want);
    check_commits(&mapping, mapping.size);
    memset(mapping.base, 1, mapping.size);
    ch_mapping_purge(&mapping, mapping.base, mapping.size);
    CHECK(storage(&mapping) >= mapping.size);
    memset(mapping.base, 2, mapping.size);
    remove_path(want.path);
}

static void
test_mapping_file_beyond_the_limit_fails_without_a_signal(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 64);
    struct ch_mapping mapping;
    const char *why;

    want.path = new_path();
    check_opens(&mapping, &want);
    set_limit(RLIMIT_FSIZE, 10 * page());
    check_commits(&mapping, 10 * page());
    CHECK_EQ(ch_mapping_commit(&mapping, 11 * page(), &why), -EFBIG);
    CHECK(strstr(why, "ulimit -f") != NULL);
    CHECK_EQ(mapping.committed, 10 * page());
    memset(mapping.base, 1, 10 * page());
    remove_path(want.path);
}

/* A disk of 1 MiB, if we may make one. */
static const char *
small_disk(void)
{
    static char path[160];

    snprintf(path, sizeof path, "%s", new_path());
    *strrchr(path, '/') = '\0';
    if (unshare(CLONE_NEWNS) != 0
        || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
        || mount("none", path, "tmpfs", 0, "size=1m") != 0) {
        rmdir(path);
        _exit(UNIT_SKIP);
    }
    return path;
}

static void
test_mapping_file_on_a_full_disk_fails_at_commit(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 1);
    const char *folder = small_disk();
    struct ch_mapping mapping;
    char path[200];
    const char *why;
    size_t done = 0;
    int err;

    snprintf(path, sizeof path, "%s/heap", folder);
    want.path = path;
    want.size = 64 * CH_MIB;
    check_opens(&mapping, &want);
    while ((err = ch_mapping_commit(&mapping, done + 64 * CH_KIB, &why)) == 0) {
        done += 64 * CH_KIB;
        memset(mapping.base, 1, done);
    }
    CHECK_EQ(err, -ENOSPC);
    CHECK_STR(why, "the disk is full");
    CHECK_EQ(done, CH_MIB);
    CHECK_EQ(mapping.committed, done);
    ch_mapping_purge(&mapping, mapping.base, done);
    memset(mapping.base, 2, done);
    CHECK_EQ(signal_of(touch_read, mapping.base + done), SIGSEGV);
    umount2(folder, MNT_DETACH);
    rmdir(folder);
}

static void
test_mapping_file_without_fallocate_is_written(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 64);
    struct ch_mapping mapping;

    want.path = new_path();
    refuse_call(__NR_fallocate, EOPNOTSUPP);
    check_opens(&mapping, &want);
    check_commits(&mapping, 3 * page());
    memset(mapping.base, 1, 3 * page());
    check_commits(&mapping, 64 * page());
    CHECK(storage(&mapping) >= 64 * page());
    CHECK(unit_is_filled(mapping.base, 3 * page(), 1));
    CHECK(unit_is_filled(mapping.base + 3 * page(), 61 * page(), 0));
    remove_path(want.path);
}

static void
test_mapping_file_without_fallocate_keeps_what_is_there(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 64);
    struct ch_mapping mapping;

    want.path = new_path();
    check_opens(&mapping, &want);
    check_commits(&mapping, 3 * page());
    memset(mapping.base, 1, 3 * page());
    ch_mapping_close(&mapping);
    refuse_call(__NR_fallocate, EOPNOTSUPP);
    check_opens(&mapping, &want);
    check_commits(&mapping, 5 * page());
    CHECK(unit_is_filled(mapping.base, 3 * page(), 1));
    CHECK(unit_is_filled(mapping.base + 3 * page(), 2 * page(), 0));
    remove_path(want.path);
}

static void
test_mapping_file_that_is_none_is_refused(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 4);
    unsigned files = n_open_files();
    char target[128];

    want.path = new_path();
    CHECK(mkdir(want.path, 0700) == 0);
    check_refuses(&want, -EISDIR, "folder");
    CHECK(rmdir(want.path) == 0);
    CHECK(mkfifo(want.path, 0600) == 0);
    check_refuses(&want, -EINVAL, "not a regular file");
    CHECK(unlink(want.path) == 0);
    snprintf(target, sizeof target, "%s-target", want.path);
    CHECK(symlink(target, want.path) == 0);
    check_refuses(&want, -ELOOP, "symbolic link");
    CHECK(access(target, F_OK) != 0);
    remove_path(want.path);
    check_refuses(&want, -ENOENT, "does not exist");
    want.path = "/dev/null";
    check_refuses(&want, -EINVAL, "not a regular file");
    CHECK_EQ(n_open_files(), files);
}

static const char *shared_path;

static void
open_shared_path(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 4);

    want.path = shared_path;
    check_refuses(&want, -EBUSY, "another heap");
}

static void
test_mapping_file_of_another_heap_is_refused(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 4);
    struct ch_mapping mapping;

    want.path = shared_path = new_path();
    check_opens(&mapping, &want);
    CHECK_EQ(unit_child_status(open_shared_path), 0);
    open_shared_path();
    ch_mapping_close(&mapping);
    check_opens(&mapping, &want);
    remove_path(want.path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_mapping_twice_shows_the_same_bytes),
        forked_test(test_mapping_twice_with_exec_runs_code_written_at_either),
        forked_test(test_mapping_split_runs_what_was_written_beside),
        forked_test(test_mapping_split_works_where_wx_is_refused),
        forked_test(test_mapping_split_works_where_gaining_exec_is_refused),
        forked_test(test_mapping_twice_without_memfd_is_refused),
        forked_test(test_mapping_twice_purged_gives_storage_back),
        forked_test(test_mapping_twice_when_strict_keeps_its_storage),
        forked_test(test_mapping_twice_larger_than_files_may_be_is_refused),
        forked_test(test_mapping_descriptor_is_high_and_closed_on_exec),
        forked_test(test_mapping_twice_whose_descriptor_is_taken_works),
        forked_test(test_mapping_secret_is_not_readable_by_the_system),
        forked_test(test_mapping_secret_takes_of_the_limit_as_it_grows),
        forked_test(test_mapping_secret_where_it_is_off_says_so),
        forked_test(
            test_mapping_secret_whose_descriptor_is_taken_stays_as_it_is),
        forked_test(test_mapping_file_has_what_was_written),
        forked_test(test_mapping_file_purged_keeps_its_blocks),
        forked_test(test_mapping_file_beyond_the_limit_fails_without_a_signal),
        forked_test(test_mapping_file_on_a_full_disk_fails_at_commit),
        forked_test(test_mapping_file_without_fallocate_is_written),
        forked_test(test_mapping_file_without_fallocate_keeps_what_is_there),
        forked_test(test_mapping_file_that_is_none_is_refused),
        forked_test(test_mapping_file_of_another_heap_is_refused),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
