/* SPDX-License-Identifier: MIT */
/*
 * vm.c - mmap and its kin.
 *
 * Ranges are mapped MAP_NORESERVE with PROT_NONE and opened by mprotect: that
 * holds under strict overcommit and under RLIMIT_DATA, both of which count
 * private writable pages when they become writable.
 */
#include "os/vm.h"

#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/arith.h"
#include "os/syscall.h"

#ifndef __NR_mmap
# define __NR_mmap __NR_mmap2
#endif

static struct {
    size_t page_size; /* bytes; 0 until asked for the first time */
} vm;

size_t
ch_vm_page_size(void)
{
    size_t size = __atomic_load_n(&vm.page_size, __ATOMIC_RELAXED);

    if (CH_UNLIKELY(size == 0)) {
        size = getauxval(AT_PAGESZ);
        size = size != 0 ? size : 4096;
        __atomic_store_n(&vm.page_size, size, __ATOMIC_RELAXED);
    }
    return size;
}

static int
access_prot(enum ch_vm_access access)
{
    switch (access) {
    case CH_VM_READ:
        return PROT_READ;
    case CH_VM_READ_WRITE:
        return PROT_READ | PROT_WRITE;
    default:
        return PROT_NONE;
    }
}

/* What is only reserved must not count as promised; what is for use must, so
   that the system can refuse more than it has. */
static int
access_flags(enum ch_vm_access access)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;

    return access == CH_VM_READ_WRITE ? flags : flags | MAP_NORESERVE;
}

void *
ch_vm_map(void *hint, size_t size, enum ch_vm_access access)
{
    long ret = ch_syscall(__NR_mmap, (long)hint, (long)size,
        access_prot(access), access_flags(access), -1, 0);

    return ch_syscall_error(ret) != 0 ? NULL : (void *)ret;
}

void *
ch_vm_map_aligned(
    void *hint, size_t size, size_t align, enum ch_vm_access access)
{
    char *p = ch_vm_map(hint, size, access);
    size_t spare = align - ch_vm_page_size();
    size_t head;

    if (p == NULL || ch_is_aligned(p, align)) {
        return p;
    }
    ch_vm_unmap(p, size);
    if (!ch_add_size(size, spare, &size)) {
        return NULL;
    }
    p = ch_vm_map(NULL, size, access);
    if (p == NULL) {
        return NULL;
    }
    head = (0 - (uintptr_t)p) & (align - 1);
    if (head > 0) {
        ch_vm_unmap(p, head);
    }
    if (spare > head) {
        ch_vm_unmap(p + size - (spare - head), spare - head);
    }
    return p + head;
}

int
ch_vm_unmap(void *p, size_t size)
{
    return ch_syscall_error(
        ch_syscall(__NR_munmap, (long)p, (long)size, 0, 0, 0, 0));
}

int
ch_vm_commit(void *p, size_t size)
{
    return ch_syscall_error(ch_syscall(
        __NR_mprotect, (long)p, (long)size, PROT_READ | PROT_WRITE, 0, 0, 0));
}

int
ch_vm_purge(void *p, size_t size)
{
    return ch_syscall_error(
        ch_syscall(__NR_madvise, (long)p, (long)size, MADV_DONTNEED, 0, 0, 0));
}

static void *
remap(void *p, size_t old_size, size_t new_size, long flags, void *to)
{
    long ret = ch_syscall(__NR_mremap, (long)p, (long)old_size, (long)new_size,
        flags, (long)to, 0);

    return ch_syscall_error(ret) != 0 ? NULL : (void *)ret;
}

void *
ch_vm_remap(void *p, size_t old_size, size_t new_size)
{
    return remap(p, old_size, new_size, 0, NULL);
}

void *
ch_vm_remap_to(void *p, size_t old_size, size_t new_size, void *to)
{
    return remap(p, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
}

void
ch_vm_advise_thp(void *p, size_t size, enum ch_vm_thp thp)
{
    int advice = thp == CH_VM_THP_ALWAYS ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;

    ch_syscall(__NR_madvise, (long)p, (long)size, advice, 0, 0, 0);
}

/* Pages that one question to the system is about. */
#define RESIDENT_PAGES 256

size_t
ch_vm_resident(void *p, size_t size)
{
    unsigned char in_memory[RESIDENT_PAGES];
    size_t page = ch_vm_page_size();
    size_t n_resident = 0;
    size_t n;

    for (size_t at = 0; at < size; at += n * page) {
        n = ch_min_size((size - at) / page, RESIDENT_PAGES);
        if (n == 0
            || ch_syscall(__NR_mincore, (long)((char *)p + at),
                   (long)(n * page), (long)in_memory, 0, 0, 0)
                   < 0) {
            break;
        }
        for (size_t i = 0; i < n; i++) {
            n_resident += in_memory[i] & 1;
        }
    }
    return n_resident * page;
}

size_t
ch_vm_address_limit(void)
{
    struct rlimit limit;
    int saved = errno;
    int err = getrlimit(RLIMIT_AS, &limit);

    errno = saved;
    return err != 0 || limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX
                                                       : (size_t)limit.rlim_cur;
}
