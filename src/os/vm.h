/* SPDX-License-Identifier: MIT */
/*
 * vm.h - address space and what backs it.
 *
 * Lengths and addresses are multiples of the page size.  A reserved range
 * costs address space only; a committed one may be read and written.  No
 * function here touches errno, and all may be called in the child of a fork.
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
    CH_VM_READ_EXEC,
    CH_VM_READ_WRITE_EXEC,
};

/*
 * A private anonymous range at `hint` where that is free, else anywhere.
 * NULL: no memory.
 */
CH_NODISCARD void *ch_vm_map(void *hint, size_t size, enum ch_vm_access access);
/* As ch_vm_map(), at a multiple of `align`, a power of two. */
CH_NODISCARD void *ch_vm_map_aligned(
    void *hint, size_t size, size_t align, enum ch_vm_access access);
/* A reserved range whose address has the low bits of `like`: all below `align`,
   a power of two.  NULL: no memory. */
CH_NODISCARD void *ch_vm_reserve_like(
    const void *like, size_t size, size_t align);
/* Reserves the range at `at` and nowhere else.  0, -EEXIST when something is
   there, or another -errno. */
CH_NODISCARD int ch_vm_reserve_at(void *at, size_t size);
/* 0 or -errno.  On an error the range is as before. */
int ch_vm_unmap(void *p, size_t size);
/* Makes reserved pages readable and writable.  0 or -errno. */
CH_NODISCARD int ch_vm_commit(void *p, size_t size);
/* Changes what may be done with pages.  0, or -errno: -EACCES or -EPERM when
   the system forbids it. */
CH_NODISCARD int ch_vm_protect(void *p, size_t size, enum ch_vm_access access);

/*
 * What a descriptor has from `offset` on, shared, somewhere.  0 or -errno.  To
 * have it at a place, reserve that and use ch_vm_remap_to(): mapping right
 * over a reserved range may lose the range when it fails.
 */
CH_NODISCARD int ch_vm_map_shared(
    int fd, size_t offset, size_t size, enum ch_vm_access access, void **p);
/* Memory of the system's pool of pages of CH_VM_HUGE bytes, of which `size` is
   a multiple, set aside.  NULL: the pool has not enough. */
CH_NODISCARD void *ch_vm_map_huge(size_t size);
/* Makes a range of the caller's own a reserved one again, whatever it is.  0 or
   -errno. */
int ch_vm_reserve_again(void *p, size_t size);

#define CH_VM_HUGE_SHIFT 21
#define CH_VM_HUGE       ((size_t)1 << CH_VM_HUGE_SHIFT)

/* Gives the pages back; the addresses stay.  The next read of anonymous
   memory gives zeros, unless an emulator only says that it did it. */
int ch_vm_purge(void *p, size_t size);
/* The same for pages of a memfd, at all addresses that show them, and for
   locked ones, which stay locked. */
int ch_vm_purge_shared(void *p, size_t size);
int ch_vm_purge_locked(void *p, size_t size);
/* Keeps pages in memory once they are there, or, on old systems, brings them
   there.  0, or -errno when there is a limit. */
CH_NODISCARD int ch_vm_lock(void *p, size_t size);
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
/* True when the system says that the page at p is not in memory. */
bool ch_vm_is_absent(void *p);

/* The limit on address space in bytes, SIZE_MAX when there is none. */
size_t ch_vm_address_limit(void);
/* True when the system gives no more memory than it has
   (vm.overcommit_memory=2): then pages that were not counted before may be
   missing when they are touched. */
bool ch_vm_is_strict(void);

#endif
