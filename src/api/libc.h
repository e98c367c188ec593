/* SPDX-License-Identifier: MIT */
/*
 * libc.h - the interposed names that <stdlib.h> and <malloc.h> may not have.
 */
#ifndef CH_API_LIBC_H
#define CH_API_LIBC_H

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/attrs.h"

CH_API int reallocarr(void *pp, size_t n, size_t size);
CH_API size_t malloc_size(const void *p);
CH_API size_t malloc_good_size(size_t size);
CH_API void free_sized(void *p, size_t size);
CH_API void free_aligned_sized(void *p, size_t align, size_t size);
CH_API void cfree(void *p);

CH_API void *__libc_malloc(size_t size);
CH_API void *__libc_calloc(size_t n, size_t size);
CH_API void *__libc_realloc(void *p, size_t size);
CH_API void __libc_free(void *p);
CH_API void __libc_cfree(void *p);
CH_API void *__libc_memalign(size_t align, size_t size);
CH_API void *__libc_valloc(size_t size);
CH_API void *__libc_pvalloc(size_t size);
CH_API int __posix_memalign(void **out, size_t align, size_t size);

#endif
