/* SPDX-License-Identifier: MIT */
/*
 * store.h - descriptors whose bytes are mapped: memory and files.
 *
 * A program may close descriptors that it did not open, and get the same
 * number for something of its own.  So a store knows what it opened, and all
 * functions here but the first three do nothing to another file: they return
 * -EBADF.  Numbers are 10 and above, and closed on exec.
 *
 * No memory, no errno, no lock; safe in the child of a fork.
 */
#ifndef CH_OS_STORE_H
#define CH_OS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

struct ch_store {
    int fd; /* -1: none */
    uint64_t device;
    uint64_t inode;
};

#define CH_STORE_NONE ((struct ch_store){-1, 0, 0})

/*
 * Memory of `size` bytes, which is taken as it is touched.  Secret memory is
 * mapped by nobody else, the system itself included (memfd_secret(2)), is
 * never swapped out, counts as locked where it is mapped, and cannot be
 * written other than through a mapping.  0 or -errno; *store only on success.
 */
CH_NODISCARD int ch_store_open_memory(struct ch_store *store, size_t size);
CH_NODISCARD int ch_store_open_secret(struct ch_store *store, size_t size);
/*
 * A regular file for reading and writing, made with mode 0600 if there is
 * none; a symbolic link is not followed.  It belongs to this process and its
 * children as long as one of them has it open: -EBUSY for others.  -EINVAL
 * when it is not a regular file.
 */
CH_NODISCARD int ch_store_open_file(struct ch_store *store, const char *path);

bool ch_store_is_open(const struct ch_store *store);
/* Closes it, if it still is what was opened; then there is none. */
void ch_store_close(struct ch_store *store);

/*
 * Sees to it that [offset, offset + size) has storage, so that touching it
 * cannot fail; a file grows.  0 or -errno: -ENOSPC, -EDQUOT, -ENOMEM, or
 * -EFBIG beyond RLIMIT_FSIZE, without the signal.
 */
CH_NODISCARD int ch_store_reserve(
    const struct ch_store *store, size_t offset, size_t size);
/* Writes all of it.  Not for secret memory. */
CH_NODISCARD int ch_store_write(
    const struct ch_store *store, size_t offset, const void *p, size_t size);
/*
 * The first byte from `offset` on that may have been written, and the first
 * one after it that was not: `end` when there is none before.  Where the
 * system does not tell, all has been written.
 */
size_t ch_store_next_data(
    const struct ch_store *store, size_t offset, size_t end);
size_t ch_store_next_hole(
    const struct ch_store *store, size_t offset, size_t end);

#endif
