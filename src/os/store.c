/* SPDX-License-Identifier: MIT */
/*
 * store.c - memfd_create, memfd_secret, files, and room in them.
 */
#include "os/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/arith.h"
#include "os/file.h"
#include "os/syscall.h"

/* Younger than the headers that this must build with. */
#ifndef __NR_memfd_secret
# define __NR_memfd_secret 447
#endif
#ifndef MFD_CLOEXEC
# define MFD_CLOEXEC 1u
#endif
#ifndef MFD_NOEXEC_SEAL
# define MFD_NOEXEC_SEAL 8u
#endif

/* Descriptors below are those that programs use by their number. */
#define FD_LEAST 10
/* Bytes that one system call gives storage.  A signal begins such a call anew,
   so it must be over before the next tick of a profiler. */
#define STEP CH_MIB

static int
get_status(int fd, struct stat *st)
{
    int saved = errno;
    int err = fstat(fd, st) == 0 ? 0 : -errno;

    errno = saved;
    return err;
}

/* The descriptor under a number that nobody expects to be free; closes the
   other, also on an error. */
static int
move_up(int fd)
{
    int moved;

    if (fd < 0 || fd >= FD_LEAST) {
        return fd;
    }
    moved = ch_file_dup(fd, FD_LEAST);
    ch_file_close(fd);
    return moved;
}

/* Closes fd on an error. */
static int
remember(struct ch_store *store, int fd)
{
    struct stat st;
    int err = get_status(fd, &st);

    if (err != 0) {
        ch_file_close(fd);
        return err;
    }
    *store = (struct ch_store){fd, st.st_dev, st.st_ino};
    return 0;
}

/* 0 and the status of the store's file, -EBADF if the number has another. */
static int
get_own_status(const struct ch_store *store, struct stat *st)
{
    if (store->fd < 0 || get_status(store->fd, st) != 0
        || st->st_dev != store->device || st->st_ino != store->inode) {
        return -EBADF;
    }
    return 0;
}

/* To grow beyond the limit raises SIGXFSZ, which must not end a program for
   what it never asked for: so the limit is asked first. */
static int
check_file_limit(size_t size)
{
    struct rlimit limit;
    int saved = errno;
    int err = getrlimit(RLIMIT_FSIZE, &limit);

    errno = saved;
    if (err == 0 && limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur) {
        return -EFBIG;
    }
    return 0;
}

/* Gives new memory its size and its place in *store; closes fd on an
   error. */
static int
finish_memory(struct ch_store *store, int fd, size_t size)
{
    int err;

    fd = move_up(fd);
    if (fd < 0) {
        return fd;
    }
    err = check_file_limit(size);
    if (err == 0) {
        err = ch_syscall_error(
            ch_syscall(__NR_ftruncate, fd, (long)size, 0, 0, 0, 0));
    }
    if (err != 0) {
        ch_file_close(fd);
        return err;
    }
    return remember(store, fd);
}

/* Linux 6.3 and later want to know whether the file may be run as a program;
   with vm.memfd_noexec=2 only "no" goes.  Mapping it executable is another
   matter and stays possible. */
int
ch_store_open_memory(struct ch_store *store, size_t size)
{
    static const char name[] = "capheap";
    long fd = ch_syscall(__NR_memfd_create, (long)name,
        MFD_CLOEXEC | MFD_NOEXEC_SEAL, 0, 0, 0, 0);

    if (fd == -EINVAL) {
        fd = ch_syscall(__NR_memfd_create, (long)name, MFD_CLOEXEC, 0, 0, 0, 0);
    }
    return finish_memory(store, (int)fd, size);
}

int
ch_store_open_secret(struct ch_store *store, size_t size)
{
    long fd = ch_syscall(__NR_memfd_secret, O_CLOEXEC, 0, 0, 0, 0, 0);

    return finish_memory(store, (int)fd, size);
}

/* Two heaps in one file would hand out the same bytes twice. */
static int
take_file(int fd)
{
    struct stat st;
    int err = get_status(fd, &st);

    if (err == 0 && !S_ISREG(st.st_mode)) {
        return -EINVAL;
    }
    if (err == 0) {
        err = ch_syscall_error(
            ch_syscall(__NR_flock, fd, LOCK_EX | LOCK_NB, 0, 0, 0, 0));
    }
    return err == -EWOULDBLOCK ? -EBUSY : err;
}

int
ch_store_open_file(struct ch_store *store, const char *path)
{
    int flags =
        O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = move_up(
        (int)ch_syscall(__NR_openat, AT_FDCWD, (long)path, flags, 0600, 0, 0));
    int err;

    if (fd < 0) {
        return fd;
    }
    err = take_file(fd);
    if (err != 0) {
        ch_file_close(fd);
        return err;
    }
    return remember(store, fd);
}

bool
ch_store_is_open(const struct ch_store *store)
{
    struct stat st;

    return get_own_status(store, &st) == 0;
}

void
ch_store_close(struct ch_store *store)
{
    if (ch_store_is_open(store)) {
        ch_file_close(store->fd);
    }
    *store = CH_STORE_NONE;
}

/* ---- room ---------------------------------------------------------------- */

static int
write_at(int fd, size_t offset, const char *p, size_t size)
{
    while (size > 0) {
        long n = ch_syscall(
            __NR_pwrite64, fd, (long)p, (long)size, (long)offset, 0, 0);

        if (n == -EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? -ENOSPC : (int)n;
        }
        p += n;
        offset += (size_t)n;
        size -= (size_t)n;
    }
    return 0;
}

static int
write_zeros(int fd, size_t offset, size_t end)
{
    static const char zeros[4096];

    while (offset < end) {
        size_t n = ch_min_size(end - offset, sizeof zeros);
        int err = write_at(fd, offset, zeros, n);

        if (err != 0) {
            return err;
        }
        offset += n;
    }
    return 0;
}

static int
reserve_step(int fd, size_t offset, size_t size)
{
    long ret;

    do {
        ret = ch_syscall(__NR_fallocate, fd, 0, (long)offset, (long)size, 0, 0);
    } while (ret == -EINTR);
    return ch_syscall_error(ret);
}

/* Some file systems have no fallocate.  There what is behind the file's end is
   written; holes before it are somebody's own making. */
int
ch_store_reserve(const struct ch_store *store, size_t offset, size_t size)
{
    struct stat st;
    size_t end = offset + size;
    int err = get_own_status(store, &st);

    if (err == 0 && end > (size_t)st.st_size) {
        err = check_file_limit(end);
    }
    while (err == 0 && offset < end) {
        size_t n = ch_min_size(end - offset, STEP);

        err = reserve_step(store->fd, offset, n);
        if (err == -EOPNOTSUPP) {
            offset = ch_max_size(offset, (size_t)st.st_size);
            return write_zeros(store->fd, offset, end);
        }
        offset += n;
    }
    return err;
}

int
ch_store_write(
    const struct ch_store *store, size_t offset, const void *p, size_t size)
{
    struct stat st;
    int err = get_own_status(store, &st);

    return err != 0 ? err : write_at(store->fd, offset, p, size);
}

/* The next data or hole; or -errno, -ENXIO when there is none. */
static long
seek(const struct ch_store *store, size_t offset, int whence)
{
    struct stat st;
    int err = get_own_status(store, &st);

    return err != 0 ? err
                    : ch_syscall(
                        __NR_lseek, store->fd, (long)offset, whence, 0, 0, 0);
}

size_t
ch_store_next_data(const struct ch_store *store, size_t offset, size_t end)
{
    long at = seek(store, offset, SEEK_DATA);

    if (at == -ENXIO) {
        return end;
    }
    return at < 0 ? offset : ch_min_size((size_t)at, end);
}

size_t
ch_store_next_hole(const struct ch_store *store, size_t offset, size_t end)
{
    long at = seek(store, offset, SEEK_HOLE);

    return at < 0 ? end : ch_min_size((size_t)at, end);
}
