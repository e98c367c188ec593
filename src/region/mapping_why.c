/* SPDX-License-Identifier: MIT */
/*
 * mapping_why.c - what an error of the system means for one kind of memory.
 */
#include <errno.h>

#include "region/mapping_internal.h"

struct reason {
    int err; /* 0: the rest of them */
    const char *text;
};

static const char wx_refused[] =
    "the system refuses memory that is both writable and executable; "
    "wx=split maps it twice instead";
static const char exec_refused[] = "the system refuses to execute memory";
static const char secret_refused[] = "the system refuses memfd_secret";
static const char secret_locked[] =
    "it counts as locked memory, of which the limit (ulimit -l) is reached";
static const char file_refused[] =
    "the file may not be opened for reading and writing";
static const char disk_full[] = "the disk is full";

static const struct reason wx_reasons[] = {
    {-EACCES, wx_refused},
    {-EPERM, wx_refused},
    {0, NULL},
};

static const struct reason split_reasons[] = {
    {-EACCES, exec_refused},
    {-EPERM, exec_refused},
    {0, NULL},
};

static const struct reason secret_reasons[] = {
    {-ENOSYS, "the system has no memfd_secret, or has it switched off"},
    {-EACCES, secret_refused},
    {-EPERM, secret_refused},
    {-EAGAIN, secret_locked},
    {0, NULL},
};

static const struct reason file_reasons[] = {
    {-EACCES, file_refused},
    {-EPERM, file_refused},
    {-EROFS, file_refused},
    {-EISDIR, "it is a folder, not a file"},
    {-EINVAL, "it is not a regular file"},
    {-ENXIO, "it is not a regular file"},
    {-ELOOP, "it is a symbolic link, which is not followed"},
    {-ENOENT, "its folder does not exist"},
    {-ENOTDIR, "its folder does not exist"},
    {-EBUSY, "another heap has the file"},
    {-ENOSPC, disk_full},
    {-EDQUOT, disk_full},
    {0, NULL},
};

static const struct reason any_reasons[] = {
    {-EEXIST, "the address that was asked for is not free"},
    {-ENOMEM, "there is no memory or no address space for it"},
    {-EMFILE, "too many descriptors are open (ulimit -n)"},
    {-EFBIG, "it is larger than a file may be (ulimit -f)"},
    {-EBADF, "the program has closed the descriptor of it"},
    {-EINVAL, "this kind of memory cannot be had like that"},
    {0, "the system refuses it"},
};

/* The text of err, or of the last row. */
static const char *
find_text(const struct reason *reason, int err)
{
    while (reason->err != 0 && reason->err != err) {
        reason++;
    }
    return reason->text;
}

static const struct reason *
special_reasons(const struct ch_mapping *mapping)
{
    if (mapping->kind == CH_MAPPING_SECRET) {
        return secret_reasons;
    }
    if (mapping->kind == CH_MAPPING_FILE) {
        return file_reasons;
    }
    if (!mapping->view_exec) {
        return any_reasons;
    }
    return mapping->is_split ? split_reasons : wx_reasons;
}

const char *
ch_mapping_why(const struct ch_mapping *mapping, int err)
{
    const char *text = find_text(special_reasons(mapping), err);

    return text != NULL ? text : find_text(any_reasons, err);
}
