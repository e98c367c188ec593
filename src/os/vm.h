/* SPDX-License-Identifier: MIT */
/*
 * vm.h - address space and what backs it.
 *
 * Lengths and addresses are multiples of the page size.  A reserved range
 * costs address space only; a committed one may be read and written.
 */
#ifndef CH_OS_VM_H
#define CH_OS_VM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* Bytes of a page of the system; known from the first call on. */
size_t ch_vm_page_size(void);

enum ch_vm_access {
    CH_VM_NONE,
    CH_VM_READ,
    CH_VM_READ_WRITE,
};

/*
 * A private anonymous range at `hint` where that is free, else anywhere.
 * NULL: no memory.
 */
CH_NODISCARD void *ch_vm_map(void *hint, size_t size, enum ch_vm_access access);
/* As ch_vm_map(), at a multiple of `align`, a power of two. */
CH_NODISCARD void *ch_vm_map_aligned(
    void *hint, size_t size, size_t align, enum ch_vm_access access);
/* 0 or -errno.  On an error the range is as before. */
int ch_vm_unmap(void *p, size_t size);
/* Makes reserved pages readable and writable.  0 or -errno. */
CH_NODISCARD int ch_vm_commit(void *p, size_t size);
/* Gives the pages back; the addresses stay.  The next read of anonymous
   memory gives zeros, unless an emulator only says that it did it. */
int ch_vm_purge(void *p, size_t size);
/*
 * Changes the length of a whole mapping where it stands, or moves it to `to`,
 * a range of the new length that is reserved and is replaced.  NULL when the
 * system refuses; then all is as before.
 */
CH_NODISCARD void *ch_vm_remap(void *p, size_t old_size, size_t new_size);
CH_NODISCARD void *ch_vm_remap_to(
    void *p, size_t old_size, size_t new_size, void *to);

enum ch_vm_thp {
    CH_VM_THP_NEVER,
    CH_VM_THP_ALWAYS,
};

/* Advice about transparent huge pages; a system that knows none is fine. */
void ch_vm_advise_thp(void *p, size_t size, enum ch_vm_thp thp);
/* Bytes of the range that are in memory now; 0 when the system does not say. */
size_t ch_vm_resident(void *p, size_t size);

/* The limit on address space in bytes, SIZE_MAX when there is none. */
size_t ch_vm_address_limit(void);

#endif
