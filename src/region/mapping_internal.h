/* SPDX-License-Identifier: MIT */
/*
 * mapping_internal.h - what the files of mapping_*.c share.
 *
 *   mapping.c          addresses, opening, committing, purging, closing
 *   mapping_private.c  memory that fork copies by itself
 *   mapping_shared.c   memory of a descriptor
 *   mapping_fork.c     the list of those that fork deals with
 *   mapping_why.c      sentences for errors
 */
#ifndef CH_REGION_MAPPING_INTERNAL_H
#define CH_REGION_MAPPING_INTERNAL_H

#include "region/mapping.h"

/* One kind of memory.  The functions return 0 or -errno. */
struct ch_mapping_ops {
    size_t align; /* bytes; base is a multiple where it is free to choose */
    /* Turns the reserved ranges at base and view into what they shall be; NULL:
       there is nothing to do. */
    int (*open)(struct ch_mapping *mapping, const struct ch_mapping_want *want,
        const char **why);
    /* Makes `size` bytes from base + `from` on usable. */
    int (*commit)(
        struct ch_mapping *mapping, size_t from, size_t size, const char **why);
    int (*purge)(struct ch_mapping *mapping, void *p, size_t size);
    /* Makes a copy of what is usable, mapping->copy; NULL: fork does it. */
    int (*copy)(struct ch_mapping *mapping);
    /* In the child of a fork: shows mapping->store, now the copy, where the
       mapping is.  NULL: fork has nothing to do with this kind. */
    int (*adopt)(struct ch_mapping *mapping);
};

extern const struct ch_mapping_ops ch_mapping_anon;
extern const struct ch_mapping_ops ch_mapping_huge;
extern const struct ch_mapping_ops ch_mapping_lock;
extern const struct ch_mapping_ops ch_mapping_exec;
extern const struct ch_mapping_ops ch_mapping_twice;
extern const struct ch_mapping_ops ch_mapping_secret;
extern const struct ch_mapping_ops ch_mapping_file;

/* Of what fell short several times, the first is said. */
static inline void
ch_mapping_note(const char **why, const char *text)
{
    if (*why == NULL) {
        *why = text;
    }
}

/* What an error means for such a mapping; its kind and how it may be accessed
   are set. */
const char *ch_mapping_why(const struct ch_mapping *mapping, int err);

void ch_mapping_list_add(struct ch_mapping *mapping);
void ch_mapping_list_remove(struct ch_mapping *mapping);

#endif
