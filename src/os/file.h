/* SPDX-License-Identifier: MIT */
/*
 * file.h - small files, whole, and text to a descriptor.
 */
#ifndef CH_OS_FILE_H
#define CH_OS_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum ch_file_trust {
    CH_FILE_ANY_OWNER,
    /* Regular, owned by root or by us, writable by nobody else. */
    CH_FILE_TRUSTED,
};

/*
 * Reads at most `size` bytes and ends them with a NUL, for which there must be
 * room.  Returns how many, or -errno: EPERM when the file is not to be
 * trusted.  A longer file is cut, or, if it is to be trusted, -EFBIG.
 */
long ch_file_read(
    const char *path, char *buf, size_t size, enum ch_file_trust trust);

/* A new or emptied file of ours, or -errno; symbolic links are not followed. */
int ch_file_create(const char *path);
void ch_file_close(int fd);
/* A second descriptor, closed on exec, of at least `least`; or -errno. */
int ch_file_dup(int fd, int least);
bool ch_file_is_open(int fd);

/* Writes all of it, or as much as goes.  Nobody is told of an error. */
void ch_file_write(int fd, const char *text, size_t n);

#endif
