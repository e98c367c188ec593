/* SPDX-License-Identifier: MIT */
/*
 * tables.h - memory for what heaps know of their blocks.
 *
 * Small tables come from the library's own memory, which is never given back,
 * in sizes that are powers of two, so that heaps which come and go share them.
 * Large ones are mapped, of which only what is written to costs memory, and go
 * back to the system.
 *
 * Locks: the caller holds registry.lock.
 */
#ifndef CH_HEAP_TLSF_TABLES_H
#define CH_HEAP_TLSF_TABLES_H

#include <stddef.h>

#include "base/attrs.h"

/* Zeroed, at a multiple of 64 at least; NULL: no memory. */
CH_NODISCARD void *ch_tables_take(size_t size);
/* `size` as it was taken. */
void ch_tables_give(void *tables, size_t size);

#endif
