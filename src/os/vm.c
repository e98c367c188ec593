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
#include "os/file.h"
#include "os/syscall.h"

/* The unit of mmap's offset: a byte, or 4 KiB of mmap2. */
#ifdef __NR_mmap
# define OFFSET_SHIFT 0
#else
# define __NR_mmap    __NR_mmap2
# define OFFSET_SHIFT 12
#endif

/* Younger than the headers that this must build with. */
#ifndef MAP_FIXED_NOREPLACE
# define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MAP_HUGE_SHIFT
# define MAP_HUGE_SHIFT 26
#endif
#ifndef MADV_DONTNEED_LOCKED
# define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MLOCK_ONFAULT
# define MLOCK_ONFAULT 1
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
    case CH_VM_READ_EXEC:
        return PROT_READ | PROT_EXEC;
    case CH_VM_READ_WRITE_EXEC:
        return PROT_READ | PROT_WRITE | PROT_EXEC;
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

/* As ch_vm_map_aligned(), at a multiple of `align` and `rest` more. */
static void *
map_with_rest(void *hint, size_t size, size_t align, size_t rest,
    enum ch_vm_access access)
{
    char *p = ch_vm_map(hint, size, access);
    size_t spare = align - ch_vm_page_size();
    size_t head;

    if (p == NULL || ((uintptr_t)p & (align - 1)) == rest) {
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
    head = (rest - (uintptr_t)p) & (align - 1);
    if (head > 0) {
        ch_vm_unmap(p, head);
    }
    if (spare > head) {
        ch_vm_unmap(p + size - (spare - head), spare - head);
    }
    return p + head;
}

void *
ch_vm_map_aligned(
    void *hint, size_t size, size_t align, enum ch_vm_access access)
{
    /* Below a page every address is aligned. */
    align = ch_max_size(align, ch_vm_page_size());
    return map_with_rest(hint, size, align, 0, access);
}

void *
ch_vm_reserve_like(const void *like, size_t size, size_t align)
{
    align = ch_max_size(align, ch_vm_page_size());
    return map_with_rest(
        NULL, size, align, (uintptr_t)like & (align - 1), CH_VM_NONE);
}

/* Systems before Linux 4.17, and Valgrind, take MAP_FIXED_NOREPLACE for a wish,
   so the address that comes back is compared. */
int
ch_vm_reserve_at(void *at, size_t size)
{
    long ret = ch_syscall(__NR_mmap, (long)at, (long)size, PROT_NONE,
        access_flags(CH_VM_NONE) | MAP_FIXED_NOREPLACE, -1, 0);
    int err = ch_syscall_error(ret);

    if (err == 0 && (void *)ret != at) {
        ch_vm_unmap((void *)ret, size);
        return -EEXIST;
    }
    return err;
}

int
ch_vm_unmap(void *p, size_t size)
{
    return ch_syscall_error(
        ch_syscall(__NR_munmap, (long)p, (long)size, 0, 0, 0, 0));
}

int
ch_vm_protect(void *p, size_t size, enum ch_vm_access access)
{
    return ch_syscall_error(ch_syscall(
        __NR_mprotect, (long)p, (long)size, access_prot(access), 0, 0, 0));
}

int
ch_vm_commit(void *p, size_t size)
{
    return ch_vm_protect(p, size, CH_VM_READ_WRITE);
}

int
ch_vm_map_shared(
    int fd, size_t offset, size_t size, enum ch_vm_access access, void **p)
{
    long ret = ch_syscall(__NR_mmap, 0, (long)size, access_prot(access),
        MAP_SHARED, fd, (long)(offset >> OFFSET_SHIFT));
    int err = ch_syscall_error(ret);

    if (err == 0) {
        *p = (void *)ret;
    }
    return err;
}

/* Without MAP_NORESERVE: the pages are set aside now, so that none is missing
   when it is touched. */
void *
ch_vm_map_huge(size_t size)
{
    long ret = ch_syscall(__NR_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB
            | CH_VM_HUGE_SHIFT << MAP_HUGE_SHIFT,
        -1, 0);

    return ch_syscall_error(ret) != 0 ? NULL : (void *)ret;
}

int
ch_vm_reserve_again(void *p, size_t size)
{
    return ch_syscall_error(ch_syscall(__NR_mmap, (long)p, (long)size,
        PROT_NONE, access_flags(CH_VM_NONE) | MAP_FIXED, -1, 0));
}

static int
advise(void *p, size_t size, int advice)
{
    return ch_syscall_error(
        ch_syscall(__NR_madvise, (long)p, (long)size, advice, 0, 0, 0));
}

int
ch_vm_purge(void *p, size_t size)
{
    return advise(p, size, MADV_DONTNEED);
}

int
ch_vm_purge_shared(void *p, size_t size)
{
    return advise(p, size, MADV_REMOVE);
}

int
ch_vm_purge_locked(void *p, size_t size)
{
    return advise(p, size, MADV_DONTNEED_LOCKED);
}

int
ch_vm_lock(void *p, size_t size)
{
    int err = -ENOSYS;

#ifdef __NR_mlock2
    err = ch_syscall_error(
        ch_syscall(__NR_mlock2, (long)p, (long)size, MLOCK_ONFAULT, 0, 0, 0));
#endif
    if (err != -ENOSYS) {
        return err;
    }
    return ch_syscall_error(
        ch_syscall(__NR_mlock, (long)p, (long)size, 0, 0, 0, 0));
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

    (void)advise(p, size, advice);
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

bool
ch_vm_is_absent(void *p)
{
    unsigned char in_memory;
    long ret = ch_syscall(__NR_mincore, (long)p, (long)ch_vm_page_size(),
        (long)&in_memory, 0, 0, 0);

    return ret == 0 && (in_memory & 1) == 0;
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

bool
ch_vm_is_strict(void)
{
    char mode[4];

    return ch_file_read("/proc/sys/vm/overcommit_memory", mode, sizeof mode - 1,
               CH_FILE_ANY_OWNER)
               > 0
           && mode[0] == '2';
}
