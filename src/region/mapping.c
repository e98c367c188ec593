/* SPDX-License-Identifier: MIT */
/*
 * mapping.c - addresses for a mapping, and its life.
 *
 * All address space is reserved first, as private memory that nothing can
 * touch; what the kind of memory wants is then put in its place.  So a mapping
 * never replaces anything but a reservation of its own.
 */
#include "region/mapping.h"

#include <errno.h>

#include "base/arith.h"
#include "os/vm.h"
#include "region/mapping_internal.h"

/* NULL: there is no such memory at two addresses. */
static const struct ch_mapping_ops *
find_ops(const struct ch_mapping_want *want)
{
    static const struct ch_mapping_ops *const kinds[] = {
        [CH_MAPPING_ANON] = &ch_mapping_anon,
        [CH_MAPPING_HUGE] = &ch_mapping_huge,
        [CH_MAPPING_LOCK] = &ch_mapping_lock,
        [CH_MAPPING_EXEC] = &ch_mapping_exec,
        [CH_MAPPING_SECRET] = &ch_mapping_secret,
        [CH_MAPPING_FILE] = &ch_mapping_file,
    };
    bool is_exec = want->kind == CH_MAPPING_EXEC;

    if (!want->has_view && !(is_exec && want->is_split)) {
        return kinds[want->kind];
    }
    return is_exec || want->kind == CH_MAPPING_ANON ? &ch_mapping_twice : NULL;
}

/* ---- addresses ----------------------------------------------------------- */

static int
reserve(const struct ch_mapping *mapping, const struct ch_mapping_want *want,
    void *at, char **place, const char **why)
{
    size_t congruent = ch_max_size(want->congruent, mapping->ops->align);
    int err = at != NULL ? ch_vm_reserve_at(at, mapping->size) : -EEXIST;

    if (err == 0) {
        *place = at;
        return 0;
    }
    if (at != NULL && want->is_exact) {
        return err;
    }
    *place = ch_vm_reserve_like(at, mapping->size, congruent);
    if (*place == NULL) {
        return -ENOMEM;
    }
    if (at != NULL) {
        ch_mapping_note(why, "the address that was asked for is not free");
    }
    return 0;
}

static int
reserve_all(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    int err = reserve(mapping, want, want->at, &mapping->base, why);

    mapping->view = mapping->base;
    if (err != 0 || mapping->ops != &ch_mapping_twice) {
        return err;
    }
    err = reserve(mapping, want, want->view_at, &mapping->view, why);
    if (err != 0) {
        ch_vm_unmap(mapping->base, mapping->size);
    }
    return err;
}

static void
unmap_all(struct ch_mapping *mapping)
{
    ch_vm_unmap(mapping->base, mapping->size);
    if (mapping->view != mapping->base) {
        ch_vm_unmap(mapping->view, mapping->size);
    }
}

/* ---- life ---------------------------------------------------------------- */

static int
check_want(const struct ch_mapping_want *want)
{
    size_t page = ch_vm_page_size();

    if (find_ops(want) == NULL || want->size == 0
        || !ch_is_aligned(want->at, page) || !ch_is_aligned(want->view_at, page)
        || (want->congruent != 0 && !ch_is_pow2(want->congruent))
        || (want->kind == CH_MAPPING_FILE && want->path == NULL)) {
        return -EINVAL;
    }
    return want->size > PTRDIFF_MAX - page ? -ENOMEM : 0;
}

static void
describe(struct ch_mapping *mapping, const struct ch_mapping_want *want)
{
    *mapping = (struct ch_mapping){
        .size = ch_align_up(want->size, ch_vm_page_size()),
        .granule = ch_vm_page_size(),
        .kind = want->kind,
        .is_split = want->is_split,
        .view_exec = want->view_exec || want->kind == CH_MAPPING_EXEC,
        .ops = find_ops(want),
        .store = CH_STORE_NONE,
        .copy = CH_STORE_NONE,
    };
}

static int
open_mapping(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    int err = check_want(want);

    if (err != 0) {
        return err;
    }
    err = reserve_all(mapping, want, why);
    if (err != 0 || mapping->ops->open == NULL) {
        return err;
    }
    err = mapping->ops->open(mapping, want, why);
    if (err != 0) {
        unmap_all(mapping);
        ch_store_close(&mapping->store);
    }
    return err;
}

int
ch_mapping_open(struct ch_mapping *mapping, const struct ch_mapping_want *want,
    const char **why)
{
    struct ch_mapping opened;
    int err;

    *why = NULL;
    describe(&opened, want);
    err = open_mapping(&opened, want, why);
    if (err != 0) {
        *why = ch_mapping_why(&opened, err);
        return err;
    }
    *mapping = opened;
    if (mapping->ops->adopt != NULL) {
        ch_mapping_list_add(mapping);
    }
    return 0;
}

int
ch_mapping_commit(struct ch_mapping *mapping, size_t bytes, const char **why)
{
    size_t from = mapping->committed;
    int err;

    *why = NULL;
    if (bytes <= from) {
        return 0;
    }
    if (bytes > mapping->size || mapping->is_lost) {
        *why = mapping->is_lost ? "a fork could not copy this memory"
                                : "this memory is at its largest";
        return -ENOMEM;
    }
    bytes = ch_min_size(ch_align_up(bytes, mapping->granule), mapping->size);
    err = mapping->ops->commit(mapping, from, bytes - from, why);
    if (err != 0) {
        *why = ch_mapping_why(mapping, err);
        return err;
    }
    mapping->committed = bytes;
    return 0;
}

void
ch_mapping_purge(struct ch_mapping *mapping, void *p, size_t size)
{
    size_t from = (size_t)((char *)p - mapping->base);
    size_t end = ch_align_down(from + size, mapping->granule);

    from = ch_align_up(from, mapping->granule);
    if (from < end && !mapping->is_lost) {
        (void)mapping->ops->purge(mapping, mapping->base + from, end - from);
    }
}

void
ch_mapping_close(struct ch_mapping *mapping)
{
    if (mapping->ops->adopt != NULL) {
        ch_mapping_list_remove(mapping);
    }
    unmap_all(mapping);
    ch_store_close(&mapping->store);
}
