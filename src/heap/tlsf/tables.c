/* SPDX-License-Identifier: MIT */
/*
 * tables.c - see tables.h.
 */
#include "heap/tlsf/tables.h"

#include <stdbool.h>
#include <string.h>

#include "base/arith.h"
#include "map/meta.h"
#include "os/vm.h"

/* Bytes: log2 of the smallest tables, and of the largest that are reused. */
#define LEAST_LOG 8u
#define MOST_LOG  16u

/* Tables that wait for a heap of their size, the first word of each leading to
   the next. */
static void *idle[MOST_LOG - LEAST_LOG + 1];

static bool
is_mapped(size_t size)
{
    return size > (size_t)1 << MOST_LOG;
}

/* The power of two that these tables get. */
static unsigned
log_of(size_t size)
{
    return ch_log2(ch_pow2_up(ch_max_size(size, (size_t)1 << LEAST_LOG)));
}

static void *
map(size_t size)
{
    void *p;

    size = ch_align_up(size, ch_vm_page_size());
    p = ch_vm_map(NULL, size, CH_VM_NONE);
    if (p != NULL && ch_vm_commit(p, size) != 0) {
        ch_vm_unmap(p, size);
        p = NULL;
    }
    if (p != NULL) {
        /* Most of it may never be written to. */
        ch_vm_advise_thp(p, size, CH_VM_THP_NEVER);
    }
    return p;
}

void *
ch_tables_take(size_t size)
{
    unsigned log;
    void *p;

    if (is_mapped(size)) {
        return map(size);
    }
    log = log_of(size);
    p = idle[log - LEAST_LOG];
    if (p == NULL) {
        return ch_meta_alloc((size_t)1 << log);
    }
    idle[log - LEAST_LOG] = *(void **)p;
    return memset(p, 0, size);
}

void
ch_tables_give(void *tables, size_t size)
{
    void **list;

    if (is_mapped(size)) {
        ch_vm_unmap(tables, ch_align_up(size, ch_vm_page_size()));
        return;
    }
    list = &idle[log_of(size) - LEAST_LOG];
    *(void **)tables = *list;
    *list = tables;
}
