/* SPDX-License-Identifier: MIT */
/*
 * place_internal.h - what the files of place_*.c share.
 *
 *   place.c         the list, and which place serves a request
 *   place_block.c   blocks of a place: taken, given back, seen elsewhere
 *   place_open.c    places of the profile
 *   place_add.c     those that a program adds
 *   place_grow.c    elastic places
 *   place_map.c     the memory under the places of a device
 *   place_info.c    figures
 *   place_explain.c why a request was refused, and who is told when room is
 *                   low
 */
#ifndef CH_FRONT_PLACE_INTERNAL_H
#define CH_FRONT_PLACE_INTERNAL_H

#include "front/place.h"
#include "sync/lock.h"

struct ch_place_low {
    size_t bytes; /* 0: nobody is told; atomic */
    void (*fn)(const char *name, size_t free, void *ctx); /* lock */
    void *ctx;                                            /* lock */
    bool is_low; /* has been told; atomic, relaxed */
};

/* Fields are const once the place is in the list, unless they say else. */
struct ch_place {
    struct ch_place *next; /* atomic */
    const char *name;
    const char *label;
    uint32_t caps[CH_CAPS_PRIOS];
    uint32_t caps_all; /* of the three together */
    enum ch_region_engine engine;
    char *start; /* of an elastic place: NULL until it is opened; atomic */
    char *end;   /* of an elastic place as far as it may grow */
    /* Where instructions see [start, end); NULL: at the same addresses. */
    char *alias;
    bool is_alias_inverted;
    bool is_elastic;
    bool is_startup_stack;
    bool is_late;        /* was added after the start-up */
    bool is_unmovable;   /* libc's realloc() must not move blocks elsewhere */
    bool is_apart;       /* written at other addresses, if the system lets */
    ptrdiff_t write_off; /* from an address here to where it can be written */
    ptrdiff_t alias_write_off; /* the same for an address of the alias */
    /* Its heap; NULL: not opened, or not released yet; atomic */
    struct ch_fixed *heap;
    /* The rest is for elastic places. */
    const struct ch_profile_region *region;
    struct ch_mapping mapping; /* lock */
    size_t room;               /* bytes reserved, 0: none yet; atomic */
    size_t charged;            /* bytes that count as used; written under the
                                  lock, atomic, relaxed */
    uint32_t n_frees;          /* atomic, relaxed */
    size_t limit;              /* bytes; atomic */
    bool is_refused;           /* the system does not give it; written under
                                  the lock, atomic */
    bool is_stuck;             /* that it cannot grow has been said; lock */
    bool is_other;             /* that it is of another kind has been; lock */
    struct ch_lock lock;       /* rank PLACE */
    struct ch_place_low low;
};

#define CH_PLACES_MAX 64u

/* What a place can be asked for. */
struct ch_place_want {
    size_t size;
    size_t align; /* a power of two, or 0: see ch_place_take() */
    uint32_t caps;
};

/* Puts a place in front of the list. */
void ch_place_push(struct ch_place *place);
/* Appends one. */
void ch_place_append(struct ch_place *place);
/* A record for a place; NULL: there are CH_PLACES_MAX. */
struct ch_place *ch_place_new(void);
/* Gives back the one that was made last and is in no list. */
void ch_place_return(struct ch_place *place);
/* As ch_place_next(), with the places that do not serve yet. */
struct ch_place *ch_place_next_any(const struct ch_place *place);

void ch_place_set_caps(
    struct ch_place *place, const uint32_t caps[CH_CAPS_PRIOS]);
/* The heap over [start, end) of a place. */
struct ch_fixed *ch_place_make_heap(const struct ch_place *place);
/* A block of this place; NULL: no room.  want->align 0 is what the place gives
   by itself. */
void *ch_place_take(struct ch_place *place, const struct ch_place_want *want);
/* Where the byte that p, maybe an address of an alias, stands for lies among
   the data; of an inverted alias the word that has it. */
const void *ch_place_data_address(const void *p);
/* Gives what is free at the end of an elastic place back to the system. */
size_t ch_place_shrink(struct ch_place *place);
/* Opens an elastic place, or lets it grow so that a block of `size` bytes at
   a multiple of `align` has room.  False: it cannot. */
CH_NODISCARD bool ch_place_grow(
    struct ch_place *place, size_t size, size_t align);

/* Makes the places, if that has been put off until somebody asks. */
void ch_place_ready(void);
/* Held meanwhile, and while a place is added, so that no two threads find the
   same range free.  Rank PLACE: first the second, then the first, then those
   of the list and of places. */
extern struct ch_lock ch_place_making;
extern struct ch_lock ch_place_adding;
/* How many bytes an elastic place may have usable. */
size_t ch_place_most(const struct ch_place *place);

/* The options in force; const after ch_place_init(). */
const struct ch_options *ch_place_options(void);
/* "region NAME WHAT: WHY" on stderr; `why` may be NULL. */
void ch_place_say(const char *name, const char *what, const char *why);

/* Maps the memory of all fixed regions of the profile.  Caller: start-up,
   before anything else reserves memory. */
void ch_place_map_fixed(const struct ch_profile *profile);
/* Where a fixed region of the profile was mapped; NULL: nowhere. */
char *ch_place_mapped(const struct ch_profile_region *region);
/* Where its alias was mapped; NULL: nowhere. */
char *ch_place_mapped_alias(const struct ch_profile_region *region);
/* From an address of the region, or of the storage of an inverted alias, to
   where it can be written. */
ptrdiff_t ch_place_write_offset(
    const struct ch_profile_region *region, bool is_alias);

/* Tells who asked for it that a place is low; no lock is held. */
void ch_place_tell_low(struct ch_place *place);

static inline struct ch_fixed *
ch_place_heap(const struct ch_place *place)
{
    /* acquire: pairs with the release when the heap was made */
    return __atomic_load_n(&place->heap, __ATOMIC_ACQUIRE);
}

#endif
