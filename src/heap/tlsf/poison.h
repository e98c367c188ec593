/* SPDX-License-Identifier: MIT */
/*
 * poison.h - canaries around a block and fill bytes where nobody may write.
 *
 *          asked for               slack
 *   head | content ............. | tail | ... |     one block's payload
 *        ^ what the caller gets
 *
 *   head   u32 canary, u32 size asked for
 *   tail   u32 canary right behind the last byte that was asked for, at any
 *          address
 *
 * These are the only words that the library reads from a heap's memory.  It
 * believes none of them: whatever they hold, no byte outside of the block is
 * read.  No state, no lock.
 */
#ifndef CH_HEAP_TLSF_POISON_H
#define CH_HEAP_TLSF_POISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

struct ch_text;

enum ch_poison {
    CH_POISON_NONE,
    CH_POISON_LIGHT,         /* canaries */
    CH_POISON_COMPREHENSIVE, /* and all fresh and freed memory is filled */
};

#define CH_POISON_HEAD_CANARY 0xabba1234u
#define CH_POISON_TAIL_CANARY 0xbaad5678u
#define CH_POISON_FRESH       0xceu /* bytes of a block that was just taken */
#define CH_POISON_FREE        0xfeu /* bytes of free memory */

/* Bytes. */
#define CH_POISON_HEAD 8u
#define CH_POISON_TAIL 4u

enum ch_corruption_kind {
    CH_CORRUPTION_NONE,
    CH_CORRUPTION_HEAD,
    CH_CORRUPTION_TAIL,
    CH_CORRUPTION_SIZE,
    CH_CORRUPTION_WORD, /* of filled memory */
    CH_CORRUPTION_BYTE, /* the same, where no whole word is left */
};

/* What is broken, and where. */
struct ch_corruption {
    enum ch_corruption_kind kind;
    const void *at;
    uint32_t expected;
    uint32_t got;
};

/* Below, p is what the caller gets, and `room` the number of bytes from there
   to the end of the block, the tail's at least. */

/* Writes the head before p and the tail behind p + asked. */
void ch_poison_arm(void *p, size_t asked);
/* Lets the head tell that the block is free. */
void ch_poison_disarm(void *p);
/* The size asked for, of a block that ch_poison_verify() finds whole.  The
   word has 32 bits; what it lacks follows from `room`. */
size_t ch_poison_asked(const void *p, size_t room);
/* False: *bad tells what is broken first. */
CH_NODISCARD bool ch_poison_verify(
    const void *p, size_t room, struct ch_corruption *bad);
/* Compares the canary before p alone. */
CH_NODISCARD bool ch_poison_verify_head(
    const void *p, struct ch_corruption *bad);

/* Tells whether n bytes still are CH_POISON_FREE. */
CH_NODISCARD bool ch_poison_verify_free(
    const void *p, size_t n, struct ch_corruption *bad);

/* Appends the line that ESP-IDF prints for it, without its end. */
void ch_corruption_line(const struct ch_corruption *bad, struct ch_text *t);
/* Writes that line to stderr; nothing if nothing is broken. */
CH_SLOW void ch_corruption_say(const struct ch_corruption *bad);

#endif
