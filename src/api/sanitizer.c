/* SPDX-License-Identifier: MIT */
/*
 * sanitizer.c - lets a program with the address sanitizer start under a
 * preload.
 *
 * The sanitizer's runtime insists on being the first library, which a preload
 * always is before it.  Its reason, that malloc would not reach it, does not
 * hold here: capheap hands the calls on (front/other_malloc.h).
 *
 * Source: the sanitizer's documented hook for options; a program's own
 * definition of the function comes before this one.
 */
#include "base/attrs.h"

CH_API const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
    return "verify_asan_link_order=0";
}
