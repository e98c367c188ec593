/* SPDX-License-Identifier: MIT */
/*
 * tlsf.h - two-level segregated fit over a range of memory that is never
 * touched.
 *
 * What the engine knows stands in tables of its own: one record of 16 bytes
 * for each block, at the same distance from the start of the table as the
 * block has from the start of the range, and one bit a granule that tells
 * where blocks begin.  So nobody's overrun can reach it, and the memory may be
 * executable, locked, or not there at all.
 *
 * No call but ch_tlsf_is_valid() takes a number of steps that depends on the
 * number of blocks; the exceptions of the host accounting are told where they
 * are declared.  ch_tlsf_find() and ch_tlsf_next_block() go through the bits of
 * one block, 64 at a time.
 *
 * Source: M. Masmano, I. Ripoll, A. Crespo, J. Real: TLSF: a new dynamic
 * memory allocator for real-time systems, ECRTS 2004.
 *
 * Nothing is locked here: fixed.h does that.
 */
#ifndef CH_HEAP_TLSF_TLSF_H
#define CH_HEAP_TLSF_TLSF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

/* How blocks are laid out and counted; see ARCHITECTURE.md. */
enum ch_accounting {
    CH_ACCOUNTING_HOST,   /* every byte is the user's, multiples of 16 */
    CH_ACCOUNTING_DEVICE, /* as the 32-bit engine on the chip does it */
};

struct ch_tlsf_rules {
    enum ch_accounting accounting;
    unsigned min_align; /* device: 4, 8 or 16; host: 16 */
    unsigned head;      /* bytes of the owner's own that each payload begins
                           with, a multiple of 4 below 16: what follows them
                           is at multiples of min_align */
};

/* Figures as ESP-IDF defines them; bytes. */
struct ch_tlsf_info {
    size_t free;
    size_t allocated;
    size_t largest;      /* what one allocation can still get */
    size_t minimum_free; /* the least that `free` ever was */
    size_t used_blocks;
    size_t free_blocks;
};

struct ch_tlsf_block {
    void *p;         /* the payload */
    size_t size;     /* bytes of it */
    size_t overhead; /* bytes that the accounting takes for it besides */
    bool is_used;
    void *next_free; /* of a free block: the next one of its list, or NULL */
};

/* Classes there can be, in words of 64; see class.h. */
#define CH_TLSF_WORDS   14u
#define CH_TLSF_CLASSES (CH_TLSF_WORDS * 64)
/* Bytes of the largest request that is in a table; see request.h. */
#define CH_TLSF_SMALL 1024u

/*
 * Here so that owners can embed it; the fields are the engine's own.  A
 * granule is the unit of sizes, 4 bytes with device accounting, 16 with host
 * accounting.  An index is the distance in granules from 16 bytes before the
 * first block, so that 0 is nobody's: it ends lists and stands before the first
 * block.
 */
struct ch_tlsf {
    enum ch_accounting accounting; /* const */
    uint8_t step;                  /* granules that blocks are a multiple of;
                                      const */
    uint8_t sl_log;                /* of the classes, see class.h; const */
    uint8_t head;                  /* of the rules; const */
    uintptr_t payloads;            /* address of the payload of index 0, if it
                                      had one; const */
    char *records;                 /* that of index 0; see block.h; const */
    uint64_t *begins;              /* bit i: a block begins at index i; const */
    size_t size_max;               /* bytes of the largest request; const */
    size_t minimum_free;           /* bytes, as the accounting has them */
    ptrdiff_t above;               /* bytes that are free beyond those; below 0
                                      where the mark has yet to follow */
    size_t n_used;                 /* live blocks */
    size_t n_blocks;               /* free ones too */
    size_t total;                  /* bytes that were free at first */
    uintptr_t range_end;           /* not rounded */
    uint32_t end;                  /* the index behind the last block */
    uint32_t room_end;             /* what `end` may grow to; const */
    uint32_t words;                /* bit w: class_map[w] is not 0 */
    uint64_t class_map[CH_TLSF_WORDS];     /* bit c: class c has a block */
    uint32_t heads[CH_TLSF_CLASSES];       /* index of its first one, or 0 */
    uint32_t small[CH_TLSF_SMALL / 4 + 1]; /* device: by granules; const */
};

/* Bytes of tables for a range of up to `room` bytes. */
size_t ch_tlsf_tables_size(size_t room, const struct ch_tlsf_rules *rules);

/*
 * One free block over [start, start + size).  `tables`, zeroed, of
 * ch_tlsf_tables_size(room) bytes at a multiple of 16, belongs to the heap from
 * now on; only what blocks need of it is written to.  False: the range is too
 * small for one block, or `room` too large for the indices: with host
 * accounting 32 GiB, with that of devices, whose sizes are words, 4 GiB.
 */
CH_NODISCARD bool ch_tlsf_init(struct ch_tlsf *tlsf, void *start, size_t size,
    size_t room, const struct ch_tlsf_rules *rules, void *tables);
/* Host accounting: `more` bytes are added at the end. */
CH_NODISCARD bool ch_tlsf_grow(struct ch_tlsf *tlsf, size_t more);
/* Where the free block at the end of the range begins; NULL: a live one is
   there. */
const void *ch_tlsf_free_end(const struct ch_tlsf *tlsf);
/* Host accounting: the range ends at `range_end` from now on.  False, and
   nothing is done: a live block lies above, or none would be left. */
CH_NODISCARD bool ch_tlsf_shrink(struct ch_tlsf *tlsf, const void *range_end);

/* NULL: no room, or the size is 0.  Host accounting, when no larger class has
   a block: looks through the class of `size`, one step a block. */
CH_NODISCARD void *ch_tlsf_alloc(struct ch_tlsf *tlsf, size_t size);
/*
 * `align` is a power of two; `p + offset` is a multiple of it.  The offset is
 * rounded up to a multiple of 4, as on the chip, and is at most `size`.  NULL
 * also when no payload can lie so: rules.head and `offset` have to agree up to
 * a multiple of align or of min_align, whichever is less.  Host accounting:
 * where no block has room for the size and the alignment wherever it lies, each
 * free block that is large enough for the size is looked at.
 */
CH_NODISCARD void *ch_tlsf_alloc_aligned(
    struct ch_tlsf *tlsf, size_t align, size_t offset, size_t size);
/* p is a live block's. */
void ch_tlsf_free(struct ch_tlsf *tlsf, void *p);
/* The same for any p.  False: it is no live block's, nothing is done. */
CH_NODISCARD bool ch_tlsf_try_free(struct ch_tlsf *tlsf, void *p);
/* In place; false: it has to be moved.  p is a live block's, `size` not 0. */
CH_NODISCARD bool ch_tlsf_resize(struct ch_tlsf *tlsf, void *p, size_t size);
/* Lets the low-water mark follow `free`: after a resize, or the end of a
   move: the chip looks at it only then. */
void ch_tlsf_note_minimum(struct ch_tlsf *tlsf);

/* True when p is a live block's payload; for any p. */
bool ch_tlsf_is_block(const struct ch_tlsf *tlsf, const void *p);
/* The live block that p points into, its accounting's header not counted;
   NULL: none.  For any p. */
void *ch_tlsf_find(const struct ch_tlsf *tlsf, const void *p);
/* Bytes of a live block's payload. */
size_t ch_tlsf_payload(const struct ch_tlsf *tlsf, const void *p);
/* Two numbers that go along with a live block, 0 at first. */
uint32_t *ch_tlsf_tags(struct ch_tlsf *tlsf, const void *p);

size_t ch_tlsf_free_size(const struct ch_tlsf *tlsf);
size_t ch_tlsf_minimum_free(const struct ch_tlsf *tlsf);
void ch_tlsf_set_minimum_free(struct ch_tlsf *tlsf, size_t bytes);
/* `largest`, with host accounting: looks through the highest class that has a
   block. */
void ch_tlsf_get_info(const struct ch_tlsf *tlsf, struct ch_tlsf_info *info);

/* Describes the first block at or above p in the order of addresses; false:
   there is none.  Begin with the start, go on with block->p + block->size. */
CH_NODISCARD bool ch_tlsf_next_block(
    const struct ch_tlsf *tlsf, const void *p, struct ch_tlsf_block *block);

/* Tells whether blocks, lists, bitmaps and counters agree; never faults,
   whatever the tables hold. */
bool ch_tlsf_is_valid(const struct ch_tlsf *tlsf);

#endif
