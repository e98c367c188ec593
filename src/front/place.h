/* SPDX-License-Identifier: MIT */
/*
 * place.h - the regions of the process, and which of them serves a mask.
 *
 * A place is a region of the profile, or one added at run time, together with
 * the heap over it.  Places are in a list that only grows, newest additions
 * first; readers take no lock.
 *
 * Nothing here sets errno or calls a user's callback.
 */
#ifndef CH_FRONT_PLACE_H
#define CH_FRONT_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "front/caps.h"
#include "front/profile.h"
#include "heap/tlsf/fixed.h"

struct ch_place;

/*
 * A block of a region that has all of `caps`, by the rules of heap_caps:
 * caps 0, EXEC with 8BIT or DMA, a size of 0 or beyond the chip's largest give
 * NULL.  An executable block of memory that instructions see elsewhere is
 * given by that other address.
 */
CH_NODISCARD void *ch_place_alloc(size_t size, uint32_t caps);
/* The same, not told to the hooks: for who moves a block. */
CH_NODISCARD void *ch_place_take_caps(size_t size, uint32_t caps);
/* `align` is a power of two. */
CH_NODISCARD void *ch_place_alloc_aligned(
    size_t align, size_t size, uint32_t caps);
/* Zeroed, wherever it can be written. */
CH_NODISCARD void *ch_place_alloc_zeroed(
    size_t align, size_t size, uint32_t caps);

/* A request for nothing but these may be served as plain malloc() serves it,
   fast paths included; 0 where that is not so. */
extern uint32_t ch_place_fast_caps __attribute__((visibility("hidden")));

/* True when p lies in a place, or in an alias of one. */
bool ch_place_has(const void *p);

/*
 * The place that has a live block at p; an alias counts, and of heaps within
 * blocks of others the innermost that has one.  NULL: none has.
 */
struct ch_place *ch_place_of_block(const void *p);
/* The same of a heap that is no place's: a caller's, say. */
struct ch_fixed *ch_place_stray_heap(const void *p);

/* For blocks that ch_place_of_block() found. */
void ch_place_free(struct ch_place *place, void *p, const char *op);
/* Bytes that the caller may use: with poisoning no more than were asked
   for. */
size_t ch_place_usable(struct ch_place *place, const void *p, const char *op);
/* What ESP-IDF calls the allocated size. */
size_t ch_place_allocated(
    struct ch_place *place, const void *p, const char *op);
/* Resizes by the rules of its heap, within its region.  NULL: no room there,
   or the block is seen elsewhere; then it is as it was. */
CH_NODISCARD void *ch_place_realloc_within(
    struct ch_place *place, void *p, size_t size, const char *op);
/* Resizes without moving the content.  False: it has to be moved. */
CH_NODISCARD bool ch_place_resize(
    struct ch_place *place, void *p, size_t size, const char *op);
/* A block of this place; NULL: no room.  `align` 0: what it gives by itself. */
CH_NODISCARD void *ch_place_alloc_in(
    struct ch_place *place, size_t align, size_t size);
/* Its blocks are of a kind that the caller would miss elsewhere: locked,
   secret, executable. */
bool ch_place_is_unmovable(const struct ch_place *place);
/* True when instructions see its blocks at other addresses than data. */
bool ch_place_has_alias(const struct ch_place *place);
/* True when p is an address of the alias. */
bool ch_place_is_alias(const void *p);
/* Says what is wrong with p, which lies in a place but is no live block, and
   aborts; returns if p lies in no place. */
void ch_place_fault(const void *p, const char *op);

/* Where the block at p can be written: p itself but for executable memory that
   is mapped twice. */
void *ch_place_writable(const void *p);

/* The rules of malloc() where it is bounded by the device: internal memory,
   with the limit of heap_caps_malloc_extmem_enable() external one. */
CH_NODISCARD void *ch_place_alloc_default(size_t align, size_t size);
/* What it asks for first. */
uint32_t ch_place_default_caps(size_t size);
/* True when it may get external memory. */
bool ch_place_has_extmem(void);
void ch_place_set_extmem_limit(size_t bytes);

/* Reads the profile and maps its fixed regions.  Caller: start-up, once,
   before other memory is reserved; `options` stay. */
void ch_place_load(const struct ch_options *options);
/* Bytes that the profile lets plain malloc have; SIZE_MAX: any number. */
size_t ch_place_plain_limit(void);
/* Makes the places.  Caller: start-up, once, after the heap was made. */
void ch_place_init(void);

void ch_place_before_fork(void);
void ch_place_after_fork_parent(void);
void ch_place_after_fork_child(void);

/* The list.  ch_place_next(NULL) is the first place that is in use. */
struct ch_place *ch_place_next(const struct ch_place *place);
/* True when the masks of the place together have all of `caps`. */
bool ch_place_has_caps(const struct ch_place *place, uint32_t caps);
/* The place that has p; an alias counts.  NULL: none. */
struct ch_place *ch_place_at(const void *p);
struct ch_place *ch_place_named(const char *name);

const char *ch_place_name(const struct ch_place *place);
const char *ch_place_label(const struct ch_place *place);
const uint32_t *ch_place_caps(const struct ch_place *place);
char *ch_place_start(const struct ch_place *place);
char *ch_place_end(const struct ch_place *place);

bool ch_place_is_elastic(const struct ch_place *place);
/* How large an elastic place may become; SIZE_MAX: as the system lets it.
   False: its size is fixed. */
CH_NODISCARD bool ch_place_set_limit(struct ch_place *place, size_t bytes);

/* Gives the system back what no region needs now, where it counts against a
   limit.  False: there was nothing. */
bool ch_place_reclaim(void);

/* Bytes that the region has in all: of an elastic one its limit. */
size_t ch_place_total(const struct ch_place *place);
void ch_place_get_info(const struct ch_place *place, struct ch_tlsf_info *info);
size_t ch_place_free_size(const struct ch_place *place);
size_t ch_place_minimum_free(const struct ch_place *place);
size_t ch_place_reset_minimum(struct ch_place *place);
void ch_place_restore_minimum(struct ch_place *place, size_t bytes);
/* As ch_fixed_walk() and ch_fixed_check(). */
void ch_place_walk(const struct ch_place *place,
    bool (*visit)(const struct ch_tlsf_block *block, void *ctx), void *ctx);
bool ch_place_check(const struct ch_place *place,
    void (*say)(void *ctx, const char *line), void *ctx);
/* Bytes of the live block that has p in it; 0: there is none. */
size_t ch_place_containing_size(const void *p);
/* The block that p, maybe an alias, stands for in its heap. */
void *ch_place_unalias(const void *p);

enum ch_place_result {
    CH_PLACE_OK,
    CH_PLACE_INVALID, /* NULL masks, a bound of 0, end not above start */
    CH_PLACE_OVERLAP,
    CH_PLACE_TOO_SMALL,
    CH_PLACE_NO_MEMORY,
    CH_PLACE_UNKNOWN, /* no region of the chip has this address */
};

/* Adds memory of the caller's.  Without masks those of the chip's region that
   has `start` hold. */
CH_NODISCARD enum ch_place_result ch_place_add(
    const uint32_t caps[CH_CAPS_PRIOS], intptr_t start, intptr_t end);
CH_NODISCARD enum ch_place_result ch_place_add_known(
    intptr_t start, intptr_t end);
/* Whether a range may be added beside a heap at [heap_start, heap_end). */
bool ch_place_is_add_allowed(
    intptr_t heap_start, intptr_t heap_end, intptr_t start, intptr_t end);
/* Lets the regions of the startup stacks serve, if they do not yet. */
void ch_place_end_startup(void);
/* Writes the boot log to stderr. */
void ch_place_say_boot(void);

/* `fn` is called after an allocation left less than `bytes` in the region,
   once until it has had more again.  NULL ends it.  False: no such region. */
CH_NODISCARD bool ch_place_on_low(const char *name, size_t bytes,
    void (*fn)(const char *name, size_t free, void *ctx), void *ctx);

/* Calls it for the region behind plain malloc(), if that is low by now. */
void ch_place_tell_plain_low(void);

/* One line on stderr: what was asked for, and why no region gave it. */
void ch_place_explain(size_t size, uint32_t caps, const char *op);

/* The options of heaps over a caller's memory, in this process. */
void ch_place_heap_options(struct ch_fixed_options *options);
const struct ch_profile *ch_place_profile(void);
/* True when it is a device's. */
bool ch_place_is_device(void);

#endif
