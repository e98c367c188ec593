/* SPDX-License-Identifier: MIT */
/*
 * backing.c - the backings that are built in.
 */
#include "region/backing.h"

#include <errno.h>

#include "os/vm.h"

static void *
anon_reserve(void *hint, size_t size, size_t align)
{
    return ch_vm_map_aligned(hint, size, align, CH_VM_NONE);
}

/* Whether a purge zeroes: 0 not tried, 1 it does, -1 it only says so; atomic,
   relaxed. */
static int purge_works;

/* The first purge of the process finds out. */
static int
try_purge(void *p, size_t size)
{
    volatile long *word = p;
    int err;

    *word = 1;
    err = ch_vm_purge(p, size);
    if (err == 0) {
        __atomic_store_n(&purge_works, *word == 0 ? 1 : -1, __ATOMIC_RELAXED);
    }
    return err == 0 && *word != 0 ? -ENOSYS : err;
}

static int
anon_purge(void *p, size_t size)
{
    int works = __atomic_load_n(&purge_works, __ATOMIC_RELAXED);

    if (works == 0) {
        return try_purge(p, size);
    }
    return works > 0 ? ch_vm_purge(p, size) : -ENOSYS;
}

const struct ch_backing ch_backing_anon = {
    .name = "anon",
    .reserve = anon_reserve,
    .unreserve = ch_vm_unmap,
    .commit = ch_vm_commit,
    .purge = anon_purge,
    .may_thp = true,
};
