/* SPDX-License-Identifier: MIT */
/*
 * age_list.h - a fixed number of slots, those in use in order of age.
 *
 * Slots in use are on a list from the oldest to the youngest, the others on a
 * list of free ones.  Taking, dropping and the step to the next one take a
 * constant time, and so does the slot at an index near the last one asked for.
 *
 * Nothing is locked here.
 */
#ifndef CH_DIAG_AGE_LIST_H
#define CH_DIAG_AGE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

#define CH_NO_SLOT UINT32_MAX

struct ch_age_slot {
    const void *p;   /* the owner's */
    uint64_t serial; /* age: less is older; 0: free */
    uint32_t next;   /* the younger one, or the next free one; or CH_NO_SLOT */
    uint32_t prev;   /* the older one, or CH_NO_SLOT */
};

struct ch_age_list {
    struct ch_age_slot *slots; /* NULL: no memory */
    uint32_t n;
    uint32_t oldest;
    uint32_t youngest;
    uint32_t first_free;
    size_t count;    /* in use */
    uint64_t serial; /* of the youngest ever */
    size_t near_index;
    uint32_t near_slot; /* the one at near_index; CH_NO_SLOT: none */
};

/* A list of n slots, all free; n is below CH_NO_SLOT.  0 or -ENOMEM. */
CH_NODISCARD int ch_age_list_init(struct ch_age_list *list, uint32_t n);
/* Gives the memory back. */
void ch_age_list_fini(struct ch_age_list *list);
/* Frees all slots; ages go on. */
void ch_age_list_clear(struct ch_age_list *list);

/* A free slot, now the youngest in use; CH_NO_SLOT: there is none. */
uint32_t ch_age_list_take(struct ch_age_list *list, const void *p);
/* Frees a slot in use. */
void ch_age_list_drop(struct ch_age_list *list, uint32_t i);

/* The slot of this index, which is below the count; 0 is the oldest. */
uint32_t ch_age_list_at(struct ch_age_list *list, size_t index);
/* The oldest slot that is younger than one of this serial, which was at slot
   `hint` and may be gone; serial 0 is older than all.  CH_NO_SLOT: none. */
uint32_t ch_age_list_after(
    const struct ch_age_list *list, uint64_t serial, uint32_t hint);

bool ch_age_list_is_valid(const struct ch_age_list *list);

#endif
