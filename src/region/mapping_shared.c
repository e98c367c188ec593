/* SPDX-License-Identifier: MIT */
/*
 * mapping_shared.c - memory at two addresses, secret memory, and files.
 *
 * Memory at two addresses is a memfd, whole from the beginning; committing it
 * is a change of access.  Secret memory counts as locked where it is mapped,
 * and a file's blocks are taken on the disk: of these each commit maps what it
 * is about.
 */
#include <errno.h>

#include "base/arith.h"
#include "os/vm.h"
#include "region/mapping_internal.h"

/* Shows [offset, offset + size) of the store at p, a range of the mapping. */
static int
show(const struct ch_mapping *mapping, char *p, size_t offset, size_t size,
    enum ch_vm_access access)
{
    void *elsewhere;
    int err;

    if (!ch_store_is_open(&mapping->store)) {
        return -EBADF;
    }
    err = ch_vm_map_shared(mapping->store.fd, offset, size, access, &elsewhere);
    if (err == 0 && ch_vm_remap_to(elsewhere, size, size, p) == NULL) {
        ch_vm_unmap(elsewhere, size);
        err = -ENOMEM;
    }
    return err;
}

/* ---- at two addresses ---------------------------------------------------- */

static enum ch_vm_access
base_access(const struct ch_mapping *mapping)
{
    return mapping->kind == CH_MAPPING_EXEC && !mapping->is_split
               ? CH_VM_READ_WRITE_EXEC
               : CH_VM_READ_WRITE;
}

static enum ch_vm_access
view_access(const struct ch_mapping *mapping)
{
    if (!mapping->view_exec) {
        return CH_VM_READ_WRITE;
    }
    return mapping->is_split ? CH_VM_READ_EXEC : CH_VM_READ_WRITE_EXEC;
}

/* Systems that refuse memory which is writable and executable may also refuse
   to make memory executable later on.  So such a view is so from the start, as
   a whole; until the other one can be written, it is zero. */
static bool
is_view_ready(const struct ch_mapping *mapping)
{
    return view_access(mapping) == CH_VM_READ_EXEC;
}

static int
show_both(const struct ch_mapping *mapping)
{
    int err = show(mapping, mapping->base, 0, mapping->size, CH_VM_NONE);

    if (err != 0) {
        return err;
    }
    return show(mapping, mapping->view, 0, mapping->size,
        is_view_ready(mapping) ? CH_VM_READ_EXEC : CH_VM_NONE);
}

static int
give_access(const struct ch_mapping *mapping, size_t from, size_t size)
{
    int err = ch_vm_protect(mapping->base + from, size, base_access(mapping));

    if (err != 0 || is_view_ready(mapping)) {
        return err;
    }
    return ch_vm_protect(mapping->view + from, size, view_access(mapping));
}

static int
take_access(const struct ch_mapping *mapping, size_t from, size_t size)
{
    int err = ch_vm_protect(mapping->base + from, size, CH_VM_NONE);

    if (err != 0 || is_view_ready(mapping)) {
        return err;
    }
    return ch_vm_protect(mapping->view + from, size, CH_VM_NONE);
}

static int
twice_open(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    int err = ch_store_open_memory(&mapping->store, mapping->size);

    (void)want;
    (void)why;
    if (err != 0) {
        return err;
    }
    mapping->is_shared = true;
    mapping->is_strict = ch_vm_is_strict();
    err = show_both(mapping);
    /* What the system refuses is to come out now. */
    if (err == 0) {
        err = give_access(mapping, 0, mapping->granule);
    }
    return err != 0 ? err : take_access(mapping, 0, mapping->granule);
}

static int
twice_commit(
    struct ch_mapping *mapping, size_t from, size_t size, const char **why)
{
    int err = 0;

    (void)why;
    if (mapping->is_strict) {
        err = ch_store_reserve(&mapping->store, from, size);
    }
    if (err == 0) {
        err = give_access(mapping, from, size);
    }
    if (err != 0) {
        (void)take_access(mapping, from, size);
    }
    return err;
}

static int
twice_purge(struct ch_mapping *mapping, void *p, size_t size)
{
    return mapping->is_strict ? 0 : ch_vm_purge_shared(p, size);
}

/* Copies only what was ever written. */
static int
twice_copy(struct ch_mapping *mapping)
{
    size_t end = mapping->committed;
    size_t at = 0;
    int err = ch_store_open_memory(&mapping->copy, mapping->size);

    if (err == 0 && mapping->is_strict) {
        err = ch_store_reserve(&mapping->copy, 0, end);
    }
    while (err == 0 && at < end) {
        size_t from = ch_store_next_data(&mapping->store, at, end);

        at = ch_store_next_hole(&mapping->store, from, end);
        err = ch_store_write(
            &mapping->copy, from, mapping->base + from, at - from);
    }
    return err;
}

static int
twice_adopt(struct ch_mapping *mapping)
{
    int err = show_both(mapping);

    return err != 0 ? err : give_access(mapping, 0, mapping->committed);
}

const struct ch_mapping_ops ch_mapping_twice = {
    .open = twice_open,
    .commit = twice_commit,
    .purge = twice_purge,
    .copy = twice_copy,
    .adopt = twice_adopt,
};

/* ---- secret -------------------------------------------------------------- */

static int
secret_open(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    int err = ch_store_open_secret(&mapping->store, mapping->size);

    (void)want;
    (void)why;
    mapping->is_shared = true;
    mapping->is_locked = true;
    return err;
}

static int
shared_commit(
    struct ch_mapping *mapping, size_t from, size_t size, const char **why)
{
    (void)why;
    return show(mapping, mapping->base + from, from, size, CH_VM_READ_WRITE);
}

/* Linux gives no page of it back before all of it goes. */
static int
secret_purge(struct ch_mapping *mapping, void *p, size_t size)
{
    (void)mapping;
    (void)p;
    (void)size;
    return -EOPNOTSUPP;
}

/* Bytes of the copy that are mapped at a time: they count as locked, next to
   the secret itself. */
#define WINDOW (64 * CH_KIB)

/* Reading a page that was never written would make one. */
static void
copy_present(char *to, char *from, size_t size)
{
    size_t page = ch_vm_page_size();

    for (size_t at = 0; at < size; at += page) {
        if (!ch_vm_is_absent(from + at)) {
            __builtin_memcpy(to + at, from + at, page);
        }
    }
}

static int
secret_copy(struct ch_mapping *mapping)
{
    int err = ch_store_open_secret(&mapping->copy, mapping->size);
    size_t n;

    for (size_t at = 0; err == 0 && at < mapping->committed; at += n) {
        void *window;

        n = ch_min_size(mapping->committed - at, WINDOW);
        err = ch_vm_map_shared(
            mapping->copy.fd, at, n, CH_VM_READ_WRITE, &window);
        if (err == 0) {
            copy_present(window, mapping->base + at, n);
            ch_vm_unmap(window, n);
        }
    }
    return err;
}

static int
secret_adopt(struct ch_mapping *mapping)
{
    return mapping->committed == 0 ? 0
                                   : show(mapping, mapping->base, 0,
                                       mapping->committed, CH_VM_READ_WRITE);
}

const struct ch_mapping_ops ch_mapping_secret = {
    .open = secret_open,
    .commit = shared_commit,
    .purge = secret_purge,
    .copy = secret_copy,
    .adopt = secret_adopt,
};

/* ---- files --------------------------------------------------------------- */

static int
file_open(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    (void)why;
    mapping->is_shared = true;
    return ch_store_open_file(&mapping->store, want->path);
}

static int
file_commit(
    struct ch_mapping *mapping, size_t from, size_t size, const char **why)
{
    int err = ch_store_reserve(&mapping->store, from, size);

    return err != 0 ? err : shared_commit(mapping, from, size, why);
}

/* The memory goes, the blocks on the disk stay: a later write might find the
   disk full, and that would be a signal. */
static int
file_purge(struct ch_mapping *mapping, void *p, size_t size)
{
    (void)mapping;
    return ch_vm_purge(p, size);
}

const struct ch_mapping_ops ch_mapping_file = {
    .open = file_open,
    .commit = file_commit,
    .purge = file_purge,
};
