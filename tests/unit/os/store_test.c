/* SPDX-License-Identifier: MIT */
/*
 * store_test.c - memory and files behind descriptors.
 */
/* link: -lrt */
#include "os/store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "base/arith.h"
#include "os/vm.h"
#include "unit/_unit.h"

static size_t
page(void)
{
    return ch_vm_page_size();
}

static struct stat
status(int fd)
{
    struct stat st;

    CHECK(fstat(fd, &st) == 0);
    return st;
}

static void
open_memory(struct ch_store *store, size_t size)
{
    errno = 12345;
    CHECK_EQ(ch_store_open_memory(store, size), 0);
    CHECK_EQ(errno, 12345);
}

/* A file that nobody else has, without a name. */
static void
open_file(struct ch_store *store)
{
    char folder[] = "/tmp/capheap-XXXXXX";
    char path[64];

    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/store", folder);
    CHECK_EQ(ch_store_open_file(store, path), 0);
    unlink(path);
    rmdir(folder);
}

/* Puts something else under the store's number. */
static void
take_number(const struct ch_store *store)
{
    int fd = memfd_create("other", 0);

    CHECK(fd >= 0 && ftruncate(fd, 100) == 0);
    CHECK(dup2(fd, store->fd) == store->fd);
    close(fd);
}

static void
check_number_untouched(int fd)
{
    CHECK_EQ(status(fd).st_size, 100);
    CHECK_EQ(status(fd).st_blocks, 0);
}

/* ---- tests --------------------------------------------------------------- */

static void
test_store_memory_has_its_size_and_no_storage(void)
{
    struct ch_store store;

    open_memory(&store, 10 * page());
    CHECK(ch_store_is_open(&store));
    CHECK_EQ(status(store.fd).st_size, 10 * page());
    CHECK_EQ(status(store.fd).st_blocks, 0);
}

static void
test_store_memory_numbers_are_high_and_closed_on_exec(void)
{
    struct ch_store stores[20];

    for (size_t i = 0; i < ARRAY_LENGTH(stores); i++) {
        open_memory(&stores[i], page());
        CHECK(stores[i].fd >= 10);
        CHECK_EQ(fcntl(stores[i].fd, F_GETFD), FD_CLOEXEC);
    }
    CHECK(fcntl(3, F_GETFD) < 0);
    while (dup(STDERR_FILENO) < 40) {
    }
    open_memory(&stores[0], page());
    CHECK(stores[0].fd > 40);
    CHECK_EQ(fcntl(stores[0].fd, F_GETFD), FD_CLOEXEC);
}

static void
test_store_memory_without_numbers_is_refused(void)
{
    const struct rlimit limit = {10, 10};
    struct ch_store store;

    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(ch_store_open_memory(&store, page()) < 0);
    CHECK(fcntl(3, F_GETFD) < 0);
}

static void
test_store_closed_is_none(void)
{
    struct ch_store store;
    int fd;

    open_memory(&store, page());
    fd = store.fd;
    ch_store_close(&store);
    CHECK_EQ(store.fd, -1);
    CHECK(fcntl(fd, F_GETFD) < 0);
    CHECK(!ch_store_is_open(&store));
    ch_store_close(&store);
    CHECK_EQ(ch_store_reserve(&store, 0, page()), -EBADF);
}

static void
test_store_whose_number_was_taken_leaves_it_alone(void)
{
    struct ch_store store;
    int fd;

    open_memory(&store, 4 * page());
    fd = store.fd;
    take_number(&store);
    CHECK(!ch_store_is_open(&store));
    CHECK_EQ(ch_store_reserve(&store, 0, page()), -EBADF);
    CHECK_EQ(ch_store_write(&store, 0, "x", 1), -EBADF);
    CHECK_EQ(ch_store_next_data(&store, page(), 4 * page()), page());
    CHECK_EQ(ch_store_next_hole(&store, page(), 4 * page()), 4 * page());
    ch_store_close(&store);
    check_number_untouched(fd);
}

static void
test_store_secrets_are_told_apart(void)
{
    struct ch_store one;
    struct ch_store two;
    int fd;

    if (ch_store_open_secret(&one, page()) == -ENOSYS) {
        _exit(UNIT_SKIP);
    }
    CHECK_EQ(ch_store_open_secret(&two, page()), 0);
    CHECK(one.fd >= 10 && two.fd >= 10);
    CHECK_EQ(fcntl(one.fd, F_GETFD), FD_CLOEXEC);
    fd = one.fd;
    CHECK(dup2(two.fd, fd) == fd);
    CHECK(!ch_store_is_open(&one));
    CHECK(ch_store_is_open(&two));
}

static void
test_store_reserve_gives_memory_storage(void)
{
    struct ch_store store;

    open_memory(&store, 1024 * page());
    CHECK_EQ(ch_store_reserve(&store, 10 * page(), 600 * page()), 0);
    CHECK_EQ(status(store.fd).st_blocks * 512, 600 * page());
    CHECK_EQ(status(store.fd).st_size, 1024 * page());
}

static void
test_store_reserve_lets_a_file_grow(void)
{
    struct ch_store store;

    open_file(&store);
    CHECK(store.fd >= 10);
    CHECK_EQ(fcntl(store.fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(ch_store_reserve(&store, 0, 3 * CH_MIB + page()), 0);
    CHECK_EQ(status(store.fd).st_size, 3 * CH_MIB + page());
    CHECK((size_t)status(store.fd).st_blocks * 512 >= 3 * CH_MIB + page());
    CHECK_EQ(ch_store_reserve(&store, 0, page()), 0);
    CHECK_EQ(status(store.fd).st_size, 3 * CH_MIB + page());
}

static void
test_store_reserve_beyond_the_limit_raises_no_signal(void)
{
    const struct rlimit limit = {10 * page(), 10 * page()};
    struct ch_store store;
    struct ch_store memory;

    open_file(&store);
    CHECK(ftruncate(store.fd, (off_t)(20 * page())) == 0);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_EQ(ch_store_reserve(&store, 20 * page(), page()), -EFBIG);
    CHECK_EQ(ch_store_open_memory(&memory, 11 * page()), -EFBIG);
    CHECK_EQ(ch_store_open_memory(&memory, 10 * page()), 0);
}

static volatile sig_atomic_t n_ticks;

static void
count_tick(int sig)
{
    (void)sig;
    n_ticks++;
}

/* A profiler's signals break system calls off. */
static void
test_store_reserve_comes_to_an_end_among_signals(void)
{
    const struct itimerspec often = {{0, 1000000}, {0, 1000000}};
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct sigaction action = {.sa_handler = count_tick};
    struct ch_store store;
    timer_t timer;

    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    open_memory(&store, 64 * CH_MIB);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    CHECK(timer_settime(timer, 0, &often, NULL) == 0);
    CHECK_EQ(ch_store_reserve(&store, 0, 64 * CH_MIB), 0);
    CHECK(n_ticks > 0);
    CHECK_EQ(status(store.fd).st_blocks * 512, 64 * CH_MIB);
}

static void
test_store_write_puts_bytes_where_they_belong(void)
{
    struct ch_store store;
    char text[8] = "";

    open_memory(&store, 4 * page());
    CHECK_EQ(ch_store_write(&store, page() + 3, "hello", 6), 0);
    CHECK(pread(store.fd, text, 6, (off_t)page() + 3) == 6);
    CHECK_STR(text, "hello");
    CHECK_EQ(ch_store_write(&store, 0, (void *)16, 5), -EFAULT);
}

static void
test_store_data_and_holes_are_found(void)
{
    struct ch_store store;
    size_t end = 100 * page();

    open_memory(&store, end);
    CHECK_EQ(ch_store_next_data(&store, 0, end), end);
    CHECK_EQ(ch_store_write(&store, 10 * page(), "x", 1), 0);
    CHECK_EQ(ch_store_write(&store, 11 * page(), "x", 1), 0);
    CHECK_EQ(ch_store_write(&store, 99 * page(), "x", 1), 0);
    CHECK_EQ(ch_store_next_data(&store, 0, end), 10 * page());
    CHECK_EQ(ch_store_next_data(&store, 0, 5 * page()), 5 * page());
    CHECK_EQ(ch_store_next_hole(&store, 10 * page(), end), 12 * page());
    CHECK_EQ(ch_store_next_hole(&store, 10 * page(), 11 * page()), 11 * page());
    CHECK_EQ(ch_store_next_data(&store, 12 * page(), end), 99 * page());
    CHECK_EQ(ch_store_next_hole(&store, 99 * page(), end), end);
    CHECK_EQ(ch_store_next_data(&store, end, end), end);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_store_memory_has_its_size_and_no_storage),
        forked_test(test_store_memory_numbers_are_high_and_closed_on_exec),
        forked_test(test_store_memory_without_numbers_is_refused),
        forked_test(test_store_closed_is_none),
        forked_test(test_store_whose_number_was_taken_leaves_it_alone),
        forked_test(test_store_secrets_are_told_apart),
        forked_test(test_store_reserve_gives_memory_storage),
        forked_test(test_store_reserve_lets_a_file_grow),
        forked_test(test_store_reserve_beyond_the_limit_raises_no_signal),
        forked_test(test_store_reserve_comes_to_an_end_among_signals),
        forked_test(test_store_write_puts_bytes_where_they_belong),
        forked_test(test_store_data_and_holes_are_found),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
