/* SPDX-License-Identifier: MIT */
/*
 * file_test.c - small files, whole, and whom they are taken from.
 */
#include "os/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "unit/_unit.h"

static char folder[] = "/tmp/capheap-file-XXXXXX";

/* The path of a name in the folder of the tests. */
static const char *
path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *
write_file(const char *name, const char *text, mode_t mode)
{
    const char *path = path_of(name);
    FILE *f = fopen(path, "w");

    CHECK(f != NULL);
    fputs(text, f);
    fclose(f);
    CHECK(chmod(path, mode) == 0);
    return path;
}

static void
test_file_read_of_whole_file_ends_in_nul(void)
{
    const char *path = write_file("whole", "some text\n", 0644);
    char buf[64];

    memset(buf, 'X', sizeof buf);
    CHECK_EQ(ch_file_read(path, buf, sizeof buf - 1, CH_FILE_ANY_OWNER), 10);
    CHECK_STR(buf, "some text\n");
    CHECK_EQ(buf[11], 'X');
    CHECK_EQ(ch_file_read(path, buf, sizeof buf - 1, CH_FILE_TRUSTED), 10);
}

static void
test_file_read_of_exactly_full_buffer_is_whole(void)
{
    const char *path = write_file("full", "0123456789", 0644);
    char buf[16];

    memset(buf, 'X', sizeof buf);
    CHECK_EQ(ch_file_read(path, buf, 10, CH_FILE_TRUSTED), 10);
    CHECK_STR(buf, "0123456789");
    CHECK_EQ(buf[11], 'X');
}

static void
test_file_read_of_longer_trusted_file_returns_efbig(void)
{
    const char *path = write_file("longer", "0123456789", 0644);
    char buf[16];

    CHECK_EQ(ch_file_read(path, buf, 9, CH_FILE_TRUSTED), -EFBIG);
}

static void
test_file_read_of_longer_file_never_passes_the_size(void)
{
    const char *path = write_file("longer", "0123456789", 0644);
    char buf[16];

    memset(buf, 'X', sizeof buf);
    (void)ch_file_read(path, buf, 4, CH_FILE_ANY_OWNER);
    CHECK(unit_is_filled(buf + 5, sizeof buf - 5, 'X'));
    CHECK(memcmp(buf, "0123", 5) == 0);
}

static void
test_file_read_of_empty_file_returns_0(void)
{
    const char *path = write_file("empty", "", 0644);
    char buf[4] = "XXX";

    CHECK_EQ(ch_file_read(path, buf, 3, CH_FILE_TRUSTED), 0);
    CHECK_STR(buf, "");
}

static void
test_file_read_of_missing_file_returns_enoent(void)
{
    char buf[4];

    errno = 12345;
    CHECK_EQ(ch_file_read(path_of("none"), buf, 3, CH_FILE_ANY_OWNER), -ENOENT);
    CHECK_EQ(errno, 12345);
}

static void
test_file_read_of_folder_returns_an_error(void)
{
    char buf[4];

    CHECK_EQ(ch_file_read(folder, buf, 3, CH_FILE_ANY_OWNER), -EISDIR);
    CHECK_EQ(ch_file_read(folder, buf, 3, CH_FILE_TRUSTED), -EPERM);
}

static void
test_file_read_of_file_others_may_write_returns_eperm(void)
{
    static const mode_t modes[] = {0664, 0646, 0666, 0620};
    char buf[16];

    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        const char *path = write_file("writable", "text", modes[i]);

        CHECK_EQ(ch_file_read(path, buf, 15, CH_FILE_TRUSTED), -EPERM);
        CHECK_EQ(ch_file_read(path, buf, 15, CH_FILE_ANY_OWNER), 4);
    }
}

static void
test_file_read_of_file_of_another_user_returns_eperm(void)
{
    const char *path = write_file("theirs", "text", 0644);
    char buf[16];

    if (geteuid() != 0 || chown(path, 65534, 65534) != 0) {
        _exit(UNIT_SKIP);
    }
    CHECK_EQ(ch_file_read(path, buf, 15, CH_FILE_TRUSTED), -EPERM);
    CHECK_EQ(ch_file_read(path, buf, 15, CH_FILE_ANY_OWNER), 4);
}

static void
test_file_read_of_root_file_by_another_user_is_trusted(void)
{
    const char *path = write_file("root", "text", 0644);
    char buf[16];

    if (geteuid() != 0 || chmod(folder, 0755) != 0 || seteuid(65534) != 0) {
        _exit(UNIT_SKIP);
    }
    CHECK_EQ(ch_file_read(path, buf, 15, CH_FILE_TRUSTED), 4);
}

static void
test_file_read_of_pipe_returns_eperm_without_waiting(void)
{
    const char *path = path_of("pipe");
    char buf[4];

    CHECK(mkfifo(path, 0600) == 0);
    alarm(5);
    CHECK_EQ(ch_file_read(path, buf, 3, CH_FILE_TRUSTED), -EPERM);
}

static void
test_file_read_leaves_no_descriptor_open(void)
{
    const char *path = write_file("fd", "text", 0666);
    int before = dup(0);
    char buf[16];

    close(before);
    (void)ch_file_read(path, buf, 15, CH_FILE_TRUSTED);
    (void)ch_file_read(path, buf, 2, CH_FILE_ANY_OWNER);
    CHECK(chmod(path, 0600) == 0);
    (void)ch_file_read(path, buf, 2, CH_FILE_TRUSTED);
    CHECK_EQ(dup(0), before);
}

static void
test_file_create_of_new_file_is_ours_alone(void)
{
    const char *path = path_of("new");
    struct stat st;
    int fd;

    umask(0);
    fd = ch_file_create(path);
    CHECK(fd >= 0);
    CHECK(fstat(fd, &st) == 0);
    CHECK_EQ(st.st_mode & 07777, 0600);
    CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ch_file_close(fd);
    CHECK(fcntl(fd, F_GETFD) == -1);
}

static void
test_file_create_of_old_file_empties_it(void)
{
    const char *path = write_file("old", "old text", 0600);
    struct stat st;
    int fd = ch_file_create(path);

    CHECK(fd >= 0);
    CHECK(stat(path, &st) == 0);
    CHECK_EQ(st.st_size, 0);
    ch_file_close(fd);
}

static void
test_file_create_through_link_returns_eloop(void)
{
    char target[128];

    strcpy(target, write_file("target", "keep me", 0600));
    CHECK(symlink(target, path_of("link")) == 0);
    CHECK_EQ(ch_file_create(path_of("link")), -ELOOP);
    CHECK_EQ(ch_file_read(target, target + 64, 60, CH_FILE_ANY_OWNER), 7);
}

static void
test_file_create_in_missing_folder_returns_enoent(void)
{
    errno = 12345;
    CHECK_EQ(ch_file_create(path_of("none/file")), -ENOENT);
    CHECK_EQ(errno, 12345);
}

#define LONG_TEXT (1u << 20)

static void *
write_long(void *arg)
{
    char *text = malloc(LONG_TEXT);

    memset(text, 'x', LONG_TEXT);
    ch_file_write(*(int *)arg, text, LONG_TEXT);
    ch_file_close(*(int *)arg);
    free(text);
    return NULL;
}

static void
test_file_write_to_slow_reader_writes_all(void)
{
    size_t n = 0;
    int ends[2];
    char buf[1000];
    pthread_t thread;
    ssize_t got;

    CHECK(pipe(ends) == 0);
    thread = unit_thread_start(write_long, &ends[1]);
    while ((got = read(ends[0], buf, sizeof buf)) > 0) {
        n += (size_t)got;
    }
    pthread_join(thread, NULL);
    CHECK_EQ(n, LONG_TEXT);
}

static void
test_file_write_that_fails_is_silent(void)
{
    int ends[2];

    CHECK(pipe(ends) == 0);
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    errno = 12345;
    ch_file_write(ends[1], "text", 4);
    ch_file_write(-1, "text", 4);
    ch_file_write(ends[1], "", 0);
    CHECK_EQ(errno, 12345);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_file_read_of_whole_file_ends_in_nul),
        forked_test(test_file_read_of_exactly_full_buffer_is_whole),
        forked_test(test_file_read_of_longer_trusted_file_returns_efbig),
        forked_test(test_file_read_of_longer_file_never_passes_the_size),
        forked_test(test_file_read_of_empty_file_returns_0),
        forked_test(test_file_read_of_missing_file_returns_enoent),
        forked_test(test_file_read_of_folder_returns_an_error),
        forked_test(test_file_read_of_file_others_may_write_returns_eperm),
        forked_test(test_file_read_of_file_of_another_user_returns_eperm),
        forked_test(test_file_read_of_root_file_by_another_user_is_trusted),
        forked_test(test_file_read_of_pipe_returns_eperm_without_waiting),
        forked_test(test_file_read_leaves_no_descriptor_open),
        forked_test(test_file_create_of_new_file_is_ours_alone),
        forked_test(test_file_create_of_old_file_empties_it),
        forked_test(test_file_create_through_link_returns_eloop),
        forked_test(test_file_create_in_missing_folder_returns_enoent),
        forked_test(test_file_write_to_slow_reader_writes_all),
        forked_test(test_file_write_that_fails_is_silent),
    };
    char command[64];
    int failed;

    unit_begin();
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 ? 1 : failed;
}
