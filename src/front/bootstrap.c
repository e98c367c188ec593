/* SPDX-License-Identifier: MIT */
/*
 * bootstrap.c - a few mappings, each filled from its start.
 *
 * Nothing here may use a thread-local variable, a function of libc, or data
 * that holds a pointer.  A block has its size in the word before it.
 */
#include "front/bootstrap.h"

#include <stdint.h>
#include <sys/mman.h>

#include "base/arith.h"
#include "os/syscall.h"

#ifndef __NR_mmap
# define __NR_mmap __NR_mmap2
#endif

#define MAPPINGS      32u
#define MAPPING_LEAST (64 * CH_KIB)
/* The largest page size there is: mappings are multiples of it. */
#define PAGE_MOST (64 * CH_KIB)

struct mapping {
    uintptr_t start;
    uintptr_t next; /* first byte not handed out */
    uintptr_t end;
};

static struct {
    struct mapping mapping[MAPPINGS];
    size_t n;
} bootstrap;

/* The dynamic linker makes it point to itself. */
static const void *const volatile relocated = (const void *)&relocated;

bool
ch_bootstrap_is_over(void)
{
    return relocated == (const void *)&relocated;
}

/* Room for a block in the newest mapping, or 0. */
static uintptr_t
place(size_t align, size_t size)
{
    struct mapping *m;
    uintptr_t at;

    if (bootstrap.n == 0) {
        return 0;
    }
    m = &bootstrap.mapping[bootstrap.n - 1];
    at = ch_align_up(m->next + sizeof(size_t), align);
    if (at > m->end || m->end - at < size) {
        return 0;
    }
    m->next = at + size;
    *(size_t *)(at - sizeof(size_t)) = size;
    return at;
}

static bool
add_mapping(size_t least)
{
    size_t size = ch_align_up(ch_max_size(least, MAPPING_LEAST), PAGE_MOST);
    long ret;

    if (bootstrap.n == MAPPINGS) {
        return false;
    }
    ret = ch_syscall(__NR_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ch_syscall_error(ret) != 0) {
        return false;
    }
    bootstrap.mapping[bootstrap.n++] =
        (struct mapping){(uintptr_t)ret, (uintptr_t)ret, (uintptr_t)ret + size};
    return true;
}

void *
ch_bootstrap_alloc(size_t align, size_t size)
{
    uintptr_t at;

    align = ch_max_size(align, CH_MIN_ALIGN);
    if (size > PTRDIFF_MAX / 2 || align > PTRDIFF_MAX / 4) {
        return NULL;
    }
    at = place(align, size);
    if (at == 0 && add_mapping(size + align + sizeof(size_t))) {
        at = place(align, size);
    }
    return (void *)at;
}

bool
ch_bootstrap_has(const void *p)
{
    for (size_t i = 0; i < bootstrap.n; i++) {
        if ((uintptr_t)p >= bootstrap.mapping[i].start
            && (uintptr_t)p < bootstrap.mapping[i].end) {
            return true;
        }
    }
    return false;
}

size_t
ch_bootstrap_usable(const void *p)
{
    return ((const size_t *)p)[-1];
}
