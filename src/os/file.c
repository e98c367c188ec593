/* SPDX-License-Identifier: MIT */
/*
 * file.c - open, check, read, write, close; no memory, no errno.
 */
#include "os/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "os/syscall.h"

static int
open_at(const char *path, int flags, int mode)
{
    long fd = ch_syscall(
        __NR_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, mode, 0, 0);

    return (int)fd;
}

/* Whether nobody but root and we could have written the open file. */
static bool
is_trusted(int fd)
{
    struct stat st;
    int saved = errno;
    int err = fstat(fd, &st);

    errno = saved;
    return err == 0 && S_ISREG(st.st_mode)
           && (st.st_uid == 0 || st.st_uid == geteuid())
           && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Reads until the end or until the buffer is full. */
static long
read_all(int fd, char *buf, size_t size)
{
    size_t done = 0;

    while (done < size) {
        long n = ch_syscall(
            __NR_read, fd, (long)(buf + done), (long)(size - done), 0, 0, 0);

        if (n == -EINTR) {
            continue;
        }
        if (n < 0) {
            return n;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    return (long)done;
}

long
ch_file_read(const char *path, char *buf, size_t size, enum ch_file_trust trust)
{
    int fd = open_at(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    char more;
    long n;

    if (fd < 0) {
        return fd;
    }
    if (trust == CH_FILE_TRUSTED && !is_trusted(fd)) {
        ch_file_close(fd);
        return -EPERM;
    }
    n = read_all(fd, buf, size);
    if (n >= 0) {
        buf[n] = '\0';
    }
    if (trust == CH_FILE_TRUSTED && n == (long)size
        && read_all(fd, &more, 1) == 1) {
        n = -EFBIG;
    }
    ch_file_close(fd);
    return n;
}

int
ch_file_create(const char *path)
{
    return open_at(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
}

void
ch_file_close(int fd)
{
    ch_syscall(__NR_close, fd, 0, 0, 0, 0, 0);
}

int
ch_file_dup(int fd, int least)
{
    return (int)ch_syscall(__NR_fcntl, fd, F_DUPFD_CLOEXEC, least, 0, 0, 0);
}

bool
ch_file_is_open(int fd)
{
    return ch_syscall(__NR_fcntl, fd, F_GETFD, 0, 0, 0, 0) >= 0;
}

void
ch_file_write(int fd, const char *text, size_t n)
{
    while (n > 0) {
        long done = ch_syscall(__NR_write, fd, (long)text, (long)n, 0, 0, 0);

        if (done == -EINTR) {
            continue;
        }
        if (done <= 0) {
            return;
        }
        text += done;
        n -= (size_t)done;
    }
}
