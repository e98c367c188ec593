/* SPDX-License-Identifier: MIT */
/*
 * bootstrap.h - memory for callers that come before the library is relocated.
 *
 * An IFUNC resolver of another library may call malloc() while the dynamic
 * linker has not yet relocated this one: then thread-local variables, libc
 * and pointers in constant data are out of reach.  What is handed out here is
 * never given back; free() lets it be, realloc() moves it to the heap.
 */
#ifndef CH_FRONT_BOOTSTRAP_H
#define CH_FRONT_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* True once the dynamic linker has been here. */
bool ch_bootstrap_is_over(void);

/* A zeroed block at a multiple of `align`, a power of two; NULL: no memory.
   Only one thread exists. */
CH_NODISCARD void *ch_bootstrap_alloc(size_t align, size_t size);
bool ch_bootstrap_has(const void *p);
/* Bytes of a block of this kind. */
size_t ch_bootstrap_usable(const void *p);

#endif
