/* SPDX-License-Identifier: MIT */
/*
 * fixed.h - a heap of the fixed engine: one range of memory, exact figures.
 *
 * Adds to tlsf.h what a heap in use needs: a lock, poisoning, faults that name
 * what is wrong, and the tables' memory.  Heaps come from registry.h.
 *
 * With poisoning (poison.h) each block has a head before what the caller gets
 * and a tail behind it.  Figures count as on the chip: free, largest and lowest
 * free size are less by one head and tail, so that the largest can be had, and
 * the allocated bytes are without them.  Head and tail have 12 bytes there, and 16
 * with host accounting.
 *
 * A heap that was retired (registry.h) is an empty one: its range has no bytes,
 * every allocation fails, every pointer is foreign to it.
 *
 * Locks: fixed->lock, rank HEAP, held within each call, never while a callback
 * runs or a fault is said.  All functions are safe from any thread.
 */
#ifndef CH_HEAP_TLSF_FIXED_H
#define CH_HEAP_TLSF_FIXED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "heap/tlsf/poison.h"
#include "heap/tlsf/tlsf.h"

struct ch_fixed;

struct ch_fixed_options {
    enum ch_accounting accounting;
    unsigned min_align; /* as in struct ch_tlsf_rules */
    enum ch_poison poison;
    /* Nothing may be written into the memory, as into executable one: treated
       as POISON_NONE.  Only a block that moves is read, and the new one
       written. */
    bool is_untouchable;
};

/* Address of the first byte and one past the last one of the range. */
char *ch_fixed_start(const struct ch_fixed *heap);
char *ch_fixed_end(const struct ch_fixed *heap);
enum ch_accounting ch_fixed_accounting(const struct ch_fixed *heap);

/* NULL: no room, or the size is 0. */
CH_NODISCARD void *ch_fixed_alloc(struct ch_fixed *heap, size_t size);
/* `p + offset` is a multiple of `align`.  NULL also when align is no power of
   two. */
CH_NODISCARD void *ch_fixed_alloc_aligned(
    struct ch_fixed *heap, size_t align, size_t offset, size_t size);

/*
 * What follows takes a block of this heap.  For another pointer it says what
 * is wrong, "OP ...", and aborts, `op` being the name of the caller's function;
 * so it does for a block whose canaries are broken, in the documented words.
 */
void ch_fixed_free(struct ch_fixed *heap, void *p, const char *op);
/* In this heap: in place where the accounting does so, else moved.  NULL: no
   room, the block is as it was.  `size` is not 0. */
CH_NODISCARD void *ch_fixed_realloc(
    struct ch_fixed *heap, void *p, size_t size, const char *op);
/* The same, but never moves.  False: it would have to. */
CH_NODISCARD bool ch_fixed_resize(
    struct ch_fixed *heap, void *p, size_t size, const char *op);
/* What ESP-IDF calls the allocated size: with poisoning it may be more than
   what can be written without breaking the tail. */
size_t ch_fixed_usable(struct ch_fixed *heap, const void *p, const char *op);
/* Bytes that the caller may write: with poisoning those that he asked for. */
size_t ch_fixed_asked(struct ch_fixed *heap, const void *p, const char *op);
/* Bytes of the whole block, poisoning included. */
size_t ch_fixed_full_size(struct ch_fixed *heap, const void *p, const char *op);

/* True when p is a live block, as the caller got it. */
bool ch_fixed_is_block(struct ch_fixed *heap, const void *p);
/* The live block that has p in it, as its caller got it; NULL: there is
   none. */
void *ch_fixed_find(struct ch_fixed *heap, const void *p);

/* A number of the owner's choice that goes along with a live block: who
   allocated it, say.  0 at first; kept by a realloc in place.  Without effect,
   and 0, where p is no live block. */
void ch_fixed_set_tag(struct ch_fixed *heap, const void *p, uint64_t tag);
uint64_t ch_fixed_tag(struct ch_fixed *heap, const void *p);

void ch_fixed_get_info(struct ch_fixed *heap, struct ch_tlsf_info *info);
size_t ch_fixed_free_size(struct ch_fixed *heap);
size_t ch_fixed_minimum_free(struct ch_fixed *heap);
/* Lets the low-water mark begin anew; its old value. */
size_t ch_fixed_reset_minimum(struct ch_fixed *heap);
/* Lowers the mark; a higher value than the present one does nothing. */
void ch_fixed_restore_minimum(struct ch_fixed *heap, size_t bytes);

/*
 * All blocks in the order of addresses; `visit` returns false to end the walk
 * and may call anything.  What changes during the walk may be seen or not.  A
 * block is described with its poisoning: p is the canary's address then.
 */
void ch_fixed_walk(struct ch_fixed *heap,
    bool (*visit)(const struct ch_tlsf_block *block, void *ctx), void *ctx);

/*
 * Tells whether the tables agree and no canary or fill is broken.  Each
 * problem is one line, in the documented words, given to `say` without its end
 * and followed by a line that names the block; NULL: nobody is told.  Goes on
 * after each, and reads nothing outside of the heap whatever it finds.
 */
bool ch_fixed_check(
    struct ch_fixed *heap, void (*say)(void *ctx, const char *line), void *ctx);

/* Lets the heap end later; `end` is above the present end.  Host accounting
   only.  False: the tables have no room, or the map has no memory. */
CH_NODISCARD bool ch_fixed_grow(struct ch_fixed *heap, char *end);
/* The largest allocation, if the heap ended `more` bytes later. */
size_t ch_fixed_largest_with(struct ch_fixed *heap, size_t more);
/* Lets it end earlier, where all is free: `slack` free bytes are kept, and the
   size stays a multiple of `step`, a power of two.  Its end then.  Host
   accounting only. */
char *ch_fixed_shrink(struct ch_fixed *heap, size_t slack, size_t step);

/* A pointer of the facade's that goes along with the heap: the lock that its
   caller has added.  NULL at first; a heap that is made anew keeps it.
   ch_fixed_user_lock() of fixed_state.h has it. */
void ch_fixed_set_user_lock(struct ch_fixed *heap, void *lock);

#endif
