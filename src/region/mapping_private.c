/* SPDX-License-Identifier: MIT */
/*
 * mapping_private.c - plain, huge, locked and executable memory.
 */
#include <errno.h>

#include "base/arith.h"
#include "os/vm.h"
#include "region/mapping_internal.h"

static int
private_purge(struct ch_mapping *mapping, void *p, size_t size)
{
    (void)mapping;
    return ch_vm_purge(p, size);
}

/* ---- plain --------------------------------------------------------------- */

static int
anon_commit(
    struct ch_mapping *mapping, size_t from, size_t size, const char **why)
{
    (void)why;
    return ch_vm_commit(mapping->base + from, size);
}

const struct ch_mapping_ops ch_mapping_anon = {
    .commit = anon_commit,
    .purge = private_purge,
};

/* ---- huge ---------------------------------------------------------------- */

static void
go_transparent(struct ch_mapping *mapping, const char **why)
{
    mapping->is_huge = false;
    ch_vm_advise_thp(mapping->base + mapping->committed,
        mapping->size - mapping->committed, CH_VM_THP_ALWAYS);
    ch_mapping_note(why, "the system has no huge pages set aside "
                         "(vm.nr_hugepages); transparent ones have to do");
}

static bool
is_pool_there(void)
{
    void *p = ch_vm_map_huge(CH_VM_HUGE);

    return p != NULL && ch_vm_unmap(p, CH_VM_HUGE) == 0;
}

static int
huge_open(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    (void)want;
    if (ch_is_aligned(mapping->base, CH_VM_HUGE)) {
        mapping->granule = CH_VM_HUGE;
        mapping->is_huge = is_pool_there();
    }
    if (!mapping->is_huge) {
        go_transparent(mapping, why);
    }
    return 0;
}

/* Takes pages of the pool, all or none. */
static bool
take_huge(struct ch_mapping *mapping, size_t from, size_t size)
{
    void *p = ch_vm_map_huge(size);

    if (p == NULL) {
        return false;
    }
    /* Before Linux 5.16 such memory does not move. */
    if (ch_vm_remap_to(p, size, size, mapping->base + from) == NULL) {
        ch_vm_unmap(p, size);
        return false;
    }
    return true;
}

/* What is left at the end of a mapping that is no multiple is too little for a
   huge page. */
static int
huge_commit(
    struct ch_mapping *mapping, size_t from, size_t size, const char **why)
{
    size_t n = mapping->is_huge ? ch_align_down(size, CH_VM_HUGE) : 0;

    if (n > 0 && !take_huge(mapping, from, n)) {
        go_transparent(mapping, why);
        n = 0;
    }
    return n == size ? 0 : ch_vm_commit(mapping->base + from + n, size - n);
}

const struct ch_mapping_ops ch_mapping_huge = {
    .align = CH_VM_HUGE,
    .open = huge_open,
    .commit = huge_commit,
    .purge = private_purge,
};

/* ---- locked -------------------------------------------------------------- */

static int
lock_open(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    (void)want;
    (void)why;
    mapping->is_locked = true;
    return 0;
}

static int
lock_commit(
    struct ch_mapping *mapping, size_t from, size_t size, const char **why)
{
    int err = ch_vm_commit(mapping->base + from, size);

    if (err == 0 && ch_vm_lock(mapping->base + from, size) != 0) {
        mapping->is_locked = false;
        ch_mapping_note(why, "the limit on locked memory (ulimit -l) is "
                             "reached; what is beyond is not locked");
    }
    return err;
}

/* Linux 5.18 and later drop locked pages; before, those stay. */
static int
lock_purge(struct ch_mapping *mapping, void *p, size_t size)
{
    int err = ch_vm_purge_locked(p, size);

    return err == -EINVAL && !mapping->is_locked ? ch_vm_purge(p, size) : err;
}

/* A child does not inherit locks; a daemon that goes into the background by
   fork wants to keep them. */
static int
lock_adopt(struct ch_mapping *mapping)
{
    if (mapping->is_locked && mapping->committed > 0) {
        mapping->is_locked = ch_vm_lock(mapping->base, mapping->committed) == 0;
    }
    return 0;
}

const struct ch_mapping_ops ch_mapping_lock = {
    .open = lock_open,
    .commit = lock_commit,
    .purge = lock_purge,
    .adopt = lock_adopt,
};

/* ---- executable ---------------------------------------------------------- */

/* Whether the system allows it is found out now, while the caller can still
   decide for something else. */
static int
exec_open(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    int err =
        ch_vm_protect(mapping->base, mapping->granule, CH_VM_READ_WRITE_EXEC);

    (void)want;
    (void)why;
    return err != 0
               ? err
               : ch_vm_protect(mapping->base, mapping->granule, CH_VM_NONE);
}

static int
exec_commit(
    struct ch_mapping *mapping, size_t from, size_t size, const char **why)
{
    (void)why;
    return ch_vm_protect(mapping->base + from, size, CH_VM_READ_WRITE_EXEC);
}

const struct ch_mapping_ops ch_mapping_exec = {
    .open = exec_open,
    .commit = exec_commit,
    .purge = private_purge,
};
