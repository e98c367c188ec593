/* SPDX-License-Identifier: MIT */
/*
 * backing.h - where the pages of a region come from.
 *
 * A table of functions, which a region gets when it is made.  Free memory is
 * never written to by the floors above, so a backing may be executable,
 * locked or shared.
 */
#ifndef CH_REGION_BACKING_H
#define CH_REGION_BACKING_H

#include <stdbool.h>
#include <stddef.h>

struct ch_backing {
    const char *name;
    /* Address space at a multiple of `align`, near `hint` if that is free;
       NULL: there is none. */
    void *(*reserve)(void *hint, size_t size, size_t align);
    /* Returns address space that was reserved.  0 or -errno. */
    int (*unreserve)(void *p, size_t size);
    /* Makes reserved memory usable and zero.  0 or -errno. */
    int (*commit)(void *p, size_t size);
    /* Gives the pages back; the addresses stay usable and read as zeros.  0,
       or -errno, and then nothing is known of the content.  NULL when this
       memory never goes back. */
    int (*purge)(void *p, size_t size);
    /* Transparent huge pages may serve it. */
    bool may_thp;
};

/* Private anonymous memory. */
extern const struct ch_backing ch_backing_anon;

#endif
