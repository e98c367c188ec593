/* SPDX-License-Identifier: MIT */
/*
 * memory.h - how much memory the system would still give.
 */
#ifndef CH_OS_MEMORY_H
#define CH_OS_MEMORY_H

#include <stddef.h>

/* Bytes that the process could still take: the least of what the limits on its
   address space and data leave, and of what the system has available. */
size_t ch_memory_available(void);
/* Bytes of memory of the system; SIZE_MAX when it does not say. */
size_t ch_memory_physical(void);

#endif
