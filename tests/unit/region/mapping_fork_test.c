/* SPDX-License-Identifier: MIT */
/*
 * mapping_fork_test.c - what parent and child of a fork have.
 */
#include "unit/region/_mapping.h"

static struct ch_mapping mapping;

/* Forks as the library's own handlers do; in the child 0. */
static pid_t
do_fork(void)
{
    pid_t pid;

    ch_mapping_before_fork();
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        unit_child_begin();
        ch_mapping_after_fork_child();
    } else {
        ch_mapping_after_fork_parent();
    }
    return pid;
}

static void
check_child(pid_t pid)
{
    int status;

    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
}

static void
open_twice(size_t n_pages, bool view_exec, bool is_split)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, n_pages);

    want.has_view = true;
    want.view_exec = view_exec;
    want.is_split = is_split;
    check_opens(&mapping, &want);
}

static void
open_secret(size_t n_pages)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_SECRET, n_pages);
    const char *why;

    if (ch_mapping_open(&mapping, &want, &why) == -ENOSYS) {
        _exit(UNIT_SKIP);
    }
}

/* ---- each has its own ---------------------------------------------------- */

static struct ends {
    int to_child[2];
    int to_parent[2];
} ends;

static void
step_reach(int fd)
{
    CHECK(write(fd, "x", 1) == 1);
}

static void
step_wait(int fd)
{
    char c;

    CHECK(read(fd, &c, 1) == 1);
}

/* The parent writes before the child reads, and the other way round. */
static void
check_is_copied(size_t n)
{
    size_t size = mapping.committed;
    pid_t pid;

    memset(mapping.base, 1, n);
    CHECK(pipe(ends.to_child) == 0 && pipe(ends.to_parent) == 0);
    pid = do_fork();
    if (pid == 0) {
        step_wait(ends.to_child[0]);
        CHECK(unit_is_filled(mapping.base, n, 1));
        CHECK(unit_is_filled(mapping.view, n, 1));
        memset(mapping.base, 3, size);
        CHECK(unit_is_filled(mapping.view, size, 3));
        step_reach(ends.to_parent[1]);
        step_wait(ends.to_child[0]);
        CHECK(unit_is_filled(mapping.base, size, 3));
        _exit(0);
    }
    memset(mapping.base, 2, size);
    step_reach(ends.to_child[1]);
    step_wait(ends.to_parent[0]);
    CHECK(unit_is_filled(mapping.base, size, 2));
    CHECK(unit_is_filled(mapping.view, size, 2));
    memset(mapping.base, 4, size);
    step_reach(ends.to_child[1]);
    check_child(pid);
    CHECK(unit_is_filled(mapping.base, size, 4));
}

static void
test_fork_copies_memory_seen_twice(void)
{
    open_twice(100, false, false);
    check_commits(&mapping, 50 * page());
    check_is_copied(50 * page());
    check_is_copied(20 * page());
}

static void
test_fork_copies_memory_seen_twice_with_exec(void)
{
    open_twice(100, true, false);
    check_commits(&mapping, 50 * page());
    check_is_copied(50 * page());
}

static void
test_fork_copies_split_memory(void)
{
    open_twice(100, true, true);
    check_commits(&mapping, 50 * page());
    check_is_copied(50 * page());
}

static void
test_fork_copies_secret_memory(void)
{
    open_secret(100);
    check_commits(&mapping, 50 * page());
    check_is_copied(50 * page());
    check_is_copied(7 * page());
}

static void
test_fork_copies_at_device_addresses(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 64);

    want.at = (void *)0x3fc80000;
    want.view_at = (void *)0x40380000;
    want.has_view = true;
    want.view_exec = true;
    want.is_exact = true;
    check_opens(&mapping, &want);
    check_commits(&mapping, mapping.size);
    check_is_copied(mapping.size);
    CHECK(mapping.base == want.at && mapping.view == want.view_at);
}

static void
test_fork_copies_with_each_generation(void)
{
    pid_t pid;

    open_twice(10, false, false);
    check_commits(&mapping, 10 * page());
    memset(mapping.base, 1, 10 * page());
    pid = do_fork();
    if (pid == 0) {
        memset(mapping.base, 2, 10 * page());
        check_is_copied(10 * page());
        _exit(0);
    }
    check_child(pid);
    CHECK(unit_is_filled(mapping.base, 10 * page(), 1));
}

static void
test_fork_child_runs_code_of_both(void)
{
    pid_t pid;

    if (!has_code()) {
        _exit(UNIT_SKIP);
    }
    open_twice(10, true, true);
    check_commits(&mapping, 10 * page());
    CHECK_EQ(run_code(mapping.base, mapping.view), 42);
    pid = do_fork();
    if (pid == 0) {
        CHECK_EQ(((int (*)(void))(void *)mapping.view)(), 42);
        CHECK_EQ(run_code(mapping.base + page(), mapping.view + page()), 42);
        _exit(0);
    }
    memset(mapping.base, 0, 10 * page());
    check_child(pid);
}

static void
test_fork_child_keeps_what_is_reserved(void)
{
    pid_t pid;

    open_twice(10, false, false);
    check_commits(&mapping, 2 * page());
    pid = do_fork();
    if (pid == 0) {
        CHECK_EQ(signal_of(touch_read, mapping.base + 2 * page()), SIGSEGV);
        CHECK_EQ(signal_of(touch_read, mapping.view + 2 * page()), SIGSEGV);
        check_commits(&mapping, 10 * page());
        memset(mapping.base, 3, 10 * page());
        CHECK(unit_is_filled(mapping.view, 10 * page(), 3));
        _exit(0);
    }
    check_child(pid);
    CHECK_EQ(mapping.committed, 2 * page());
    CHECK_EQ(signal_of(touch_read, mapping.base + 2 * page()), SIGSEGV);
}

static void
test_fork_child_of_secret_grows_by_itself(void)
{
    pid_t pid;

    open_secret(10);
    check_commits(&mapping, 2 * page());
    memset(mapping.base, 1, 2 * page());
    pid = do_fork();
    if (pid == 0) {
        check_commits(&mapping, 10 * page());
        CHECK(unit_is_filled(mapping.base, 2 * page(), 1));
        memset(mapping.base, 3, 10 * page());
        _exit(0);
    }
    check_child(pid);
    check_commits(&mapping, 10 * page());
    CHECK(unit_is_filled(mapping.base, 2 * page(), 1));
    CHECK(unit_is_filled(mapping.base + 2 * page(), 8 * page(), 0));
}

/* ---- what it costs ------------------------------------------------------- */

static void
test_fork_copies_only_what_was_written(void)
{
    pid_t pid;

    open_twice(4096, false, false);
    check_commits(&mapping, mapping.size);
    if (mapping.is_strict) {
        _exit(UNIT_SKIP);
    }
    memset(mapping.base + 5 * page(), 1, 2 * page());
    memset(mapping.base + 1000 * page(), 2, page());
    memset(mapping.base + 2000 * page(), 3, 100 * page());
    ch_mapping_purge(&mapping, mapping.base + 2000 * page(), 99 * page());
    pid = do_fork();
    if (pid == 0) {
        CHECK_EQ(storage(&mapping), 4 * page());
        CHECK(unit_is_filled(mapping.base + 5 * page(), 2 * page(), 1));
        CHECK(unit_is_filled(mapping.base + 1000 * page(), page(), 2));
        CHECK(unit_is_filled(mapping.base + 2099 * page(), page(), 3));
        _exit(0);
    }
    check_child(pid);
    CHECK_EQ(storage(&mapping), 4 * page());
}

static void
test_fork_copies_only_secrets_that_were_written(void)
{
    pid_t pid;

    open_secret(100);
    check_commits(&mapping, mapping.size);
    if (!ch_vm_is_absent(mapping.base)) {
        _exit(UNIT_SKIP);
    }
    memset(mapping.base + 20 * page(), 1, 2 * page());
    pid = do_fork();
    if (pid == 0) {
        CHECK_EQ(ch_vm_resident(mapping.base, mapping.size), 2 * page());
        CHECK(unit_is_filled(mapping.base + 20 * page(), 2 * page(), 1));
        _exit(0);
    }
    check_child(pid);
    CHECK_EQ(ch_vm_resident(mapping.base, mapping.size), 2 * page());
}

static void
test_fork_when_strict_takes_storage_for_all(void)
{
    pid_t pid;

    open_twice(64, false, false);
    mapping.is_strict = true;
    check_commits(&mapping, 10 * page());
    pid = do_fork();
    if (pid == 0) {
        CHECK_EQ(storage(&mapping), 10 * page());
        _exit(0);
    }
    check_child(pid);
}

/* Secret memory is locked, and the copy is so as well while it is made. */
static void
test_fork_copies_secret_memory_near_the_limit(void)
{
    open_secret(200);
    set_limit(RLIMIT_MEMLOCK, 120 * page());
    become_nobody();
    check_commits(&mapping, 100 * page());
    check_is_copied(100 * page());
}

static void
test_fork_leaves_no_descriptors(void)
{
    unsigned files;
    pid_t pid;

    open_twice(10, false, false);
    check_commits(&mapping, 10 * page());
    files = n_open_files();
    pid = do_fork();
    if (pid == 0) {
        CHECK_EQ(n_open_files(), files);
        CHECK(mapping.store.fd >= 10);
        CHECK_EQ(fcntl(mapping.store.fd, F_GETFD), FD_CLOEXEC);
        _exit(0);
    }
    CHECK_EQ(n_open_files(), files);
    check_child(pid);
}

static void
test_fork_without_mappings_makes_no_system_call(void)
{
    struct sock_filter none[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 4);

    check_opens(&mapping, &want);
    check_commits(&mapping, 4 * page());
    filter_calls(none, ARRAY_LENGTH(none));
    ch_mapping_before_fork();
    ch_mapping_after_fork_parent();
    ch_mapping_before_fork();
    ch_mapping_after_fork_child();
    _exit(0);
}

/* ---- other kinds --------------------------------------------------------- */

static void
test_fork_shares_a_file(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_FILE, 10);
    pid_t pid;

    want.path = new_path();
    check_opens(&mapping, &want);
    check_commits(&mapping, 10 * page());
    memset(mapping.base, 1, 10 * page());
    pid = do_fork();
    if (pid == 0) {
        memset(mapping.base, 2, 10 * page());
        _exit(0);
    }
    check_child(pid);
    CHECK(unit_is_filled(mapping.base, 10 * page(), 2));
    remove_path(want.path);
}

static void
test_fork_child_locks_again(void)
{
    struct ch_mapping_want want = want_pages(CH_MAPPING_LOCK, 10);
    pid_t pid;

    check_opens(&mapping, &want);
    check_commits(&mapping, 10 * page());
    if (!mapping.is_locked) {
        _exit(UNIT_SKIP);
    }
    memset(mapping.base, 1, 10 * page());
    pid = do_fork();
    if (pid == 0) {
        CHECK_EQ(proc_kib("/proc/self/status", "VmLck:") * CH_KIB, 10 * page());
        CHECK(mapping.is_locked);
        memset(mapping.base, 2, 10 * page());
        _exit(0);
    }
    check_child(pid);
    CHECK(unit_is_filled(mapping.base, 10 * page(), 1));
}

static void
test_fork_after_close_forgets_it(void)
{
    struct ch_mapping others[3];
    struct ch_mapping_want want = want_pages(CH_MAPPING_ANON, 4);

    want.has_view = true;
    for (size_t i = 0; i < 3; i++) {
        check_opens(&others[i], &want);
    }
    open_twice(10, false, false);
    check_commits(&mapping, 10 * page());
    ch_mapping_close(&others[1]);
    ch_mapping_close(&others[2]);
    memset(&others[1], 0xff, 2 * sizeof others[1]);
    check_is_copied(10 * page());
    ch_mapping_close(&others[0]);
    memset(&others[0], 0xff, sizeof others[0]);
    check_is_copied(10 * page());
}

/* ---- what goes wrong ----------------------------------------------------- */

/* The program closed our descriptor and has its own under the number. */
static void
test_fork_with_a_taken_descriptor_copies_all(void)
{
    struct stat st;
    int fd;

    open_twice(10, false, false);
    check_commits(&mapping, 10 * page());
    fd = memfd_create("the program's own", 0);
    CHECK(dup2(fd, mapping.store.fd) >= 0);
    CHECK(pwrite(fd, "mine", 4, 0) == 4);
    fd = mapping.store.fd;
    check_is_copied(10 * page());
    CHECK(fstat(fd, &st) == 0);
    CHECK_EQ(st.st_size, 4);
}

static void
fork_twice_without_descriptors(void)
{
    set_limit(RLIMIT_NOFILE, 10);
    for (int i = 0; i < 2; i++) {
        pid_t pid = do_fork();

        if (pid == 0) {
            const char *why;

            CHECK(mapping.is_lost);
            CHECK_EQ(signal_of(touch_read, mapping.base), SIGSEGV);
            CHECK_EQ(signal_of(touch_write, mapping.view), SIGSEGV);
            CHECK_EQ(ch_mapping_commit(&mapping, 10 * page(), &why), -ENOMEM);
            CHECK(strstr(why, "fork") != NULL);
            ch_mapping_purge(&mapping, mapping.base, mapping.size);
            _exit(0);
        }
        check_child(pid);
    }
    CHECK(unit_is_filled(mapping.base, 5 * page(), 1));
    memset(mapping.base, 2, 5 * page());
}

static void
test_fork_that_cannot_copy_says_so_once_and_shares_nothing(void)
{
    char text[1024];

    open_twice(10, false, false);
    check_commits(&mapping, 5 * page());
    memset(mapping.base, 1, 5 * page());
    CHECK_EQ(
        unit_child_says(fork_twice_without_descriptors, text, sizeof text), 0);
    CHECK_STR(text, "capheap: fork: memory that is mapped from a descriptor "
                    "cannot be copied; the child has no access to it\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_fork_copies_memory_seen_twice),
        forked_test(test_fork_copies_memory_seen_twice_with_exec),
        forked_test(test_fork_copies_split_memory),
        forked_test(test_fork_copies_secret_memory),
        forked_test(test_fork_copies_at_device_addresses),
        forked_test(test_fork_copies_with_each_generation),
        forked_test(test_fork_child_runs_code_of_both),
        forked_test(test_fork_child_keeps_what_is_reserved),
        forked_test(test_fork_child_of_secret_grows_by_itself),
        forked_test(test_fork_copies_only_what_was_written),
        forked_test(test_fork_copies_only_secrets_that_were_written),
        forked_test(test_fork_when_strict_takes_storage_for_all),
        forked_test(test_fork_copies_secret_memory_near_the_limit),
        forked_test(test_fork_leaves_no_descriptors),
        forked_test(test_fork_without_mappings_makes_no_system_call),
        forked_test(test_fork_shares_a_file),
        forked_test(test_fork_child_locks_again),
        forked_test(test_fork_after_close_forgets_it),
        forked_test(test_fork_with_a_taken_descriptor_copies_all),
        forked_test(test_fork_that_cannot_copy_says_so_once_and_shares_nothing),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
