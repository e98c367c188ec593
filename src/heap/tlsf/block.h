/* SPDX-License-Identifier: MIT */
/*
 * block.h - the records of blocks, and the bits that tell where they begin.
 *
 *   records    0        i                     i + size        end
 *              |--------|---------------------|------- ... ---|--------|
 *              nobody   header and payload    the next block  no block
 *
 * Blocks fill the range without a gap; two free ones are never neighbours.
 * The record of a block stands in the table at the distance at which the block
 * stands in the range: the smallest block has 16 bytes, and so has a record.
 * What stands in the table between two records is stale.
 *
 * The records of index 0 and of the end count as live ones of size 0, so that
 * nothing merges with them.  Whoever takes the first or the last block off a
 * list writes links into the record of index 0; nobody reads them.
 *
 * What the hot paths do takes the accounting as a parameter of its own, always
 * that of the heap.  They pass a constant, and so shifts and headers are
 * constants as well.
 */
#ifndef CH_HEAP_TLSF_BLOCK_H
#define CH_HEAP_TLSF_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arith.h"
#include "base/attrs.h"
#include "heap/tlsf/class.h"
#include "heap/tlsf/tlsf.h"

/* In the word of the size. */
#define CH_BLOCK_FREE (UINT32_C(1) << 31)
/* Sizes and indices stay below this. */
#define CH_BLOCK_END_MAX CH_BLOCK_FREE

struct ch_block {
    uint32_t size;   /* granules with the header, and CH_BLOCK_FREE */
    uint32_t before; /* index of the block before it, 0 at the first one */
    union {
        struct {
            uint32_t next; /* on its class's list, 0 at the last one */
            uint32_t prev; /* 0 at the head */
        };                 /* while it is free */
        uint32_t tags[2];  /* while it is live */
    };
};

/* Bytes of a record, and of the smallest block. */
#define CH_BLOCK_LEAST 16u
_Static_assert(sizeof(struct ch_block) == CH_BLOCK_LEAST, "records fit");
_Static_assert(_Alignof(struct ch_block) == 4, "at any multiple of 4");

/* ---- units --------------------------------------------------------------- */

/* log2 of the bytes of a granule. */
CH_FAST unsigned
ch_block_shift(enum ch_accounting acc)
{
    return acc == CH_ACCOUNTING_DEVICE ? 2 : 4;
}

/* Granules of a block that are not payload. */
CH_FAST size_t
ch_block_header(enum ch_accounting acc)
{
    return acc == CH_ACCOUNTING_DEVICE ? 1 : 0;
}

/* The index of the first block, and the granules of the smallest one. */
CH_FAST size_t
ch_block_first(enum ch_accounting acc)
{
    return CH_BLOCK_LEAST >> ch_block_shift(acc);
}

CH_FAST unsigned
ch_block_sl_log(const struct ch_tlsf *tlsf, enum ch_accounting acc)
{
    return acc == CH_ACCOUNTING_DEVICE ? tlsf->sl_log : CH_CLASS_SL_LOG_MAX;
}

CH_FAST size_t
ch_block_bytes(enum ch_accounting acc, size_t granules)
{
    return granules << ch_block_shift(acc);
}

/* ---- records ------------------------------------------------------------- */

CH_FAST struct ch_block *
ch_block_at(const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i)
{
    return (struct ch_block *)(void *)(tlsf->records + ch_block_bytes(acc, i));
}

CH_FAST bool
ch_block_is_free(const struct ch_block *block)
{
    return (block->size & CH_BLOCK_FREE) != 0;
}

CH_FAST size_t
ch_block_size(const struct ch_block *block)
{
    return block->size & ~CH_BLOCK_FREE;
}

CH_FAST size_t
ch_block_class(const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t size)
{
    return ch_class_of(size - ch_block_header(acc), ch_block_sl_log(tlsf, acc));
}

/* ---- payloads ------------------------------------------------------------ */

CH_FAST void *
ch_block_payload(const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i)
{
    return (void *)(tlsf->payloads + ch_block_bytes(acc, i));
}

/* The index of a block from its payload. */
CH_FAST size_t
ch_block_index(
    const struct ch_tlsf *tlsf, enum ch_accounting acc, const void *p)
{
    uintptr_t distance = (uintptr_t)p - tlsf->payloads;

    CH_ASSUME(distance % ch_block_bytes(acc, 1) == 0);
    return distance >> ch_block_shift(acc);
}

/* ---- where blocks begin -------------------------------------------------- */

CH_FAST bool
ch_block_begins(const struct ch_tlsf *tlsf, size_t i)
{
    return (tlsf->begins[i / 64] >> (i % 64)) & 1;
}

CH_FAST void
ch_block_set_begin(struct ch_tlsf *tlsf, size_t i)
{
    tlsf->begins[i / 64] |= UINT64_C(1) << (i % 64);
}

/* The bit is set: to turn it over is an instruction less than to clear it. */
CH_FAST void
ch_block_clear_begin(struct ch_tlsf *tlsf, size_t i)
{
    tlsf->begins[i / 64] ^= UINT64_C(1) << (i % 64);
}

/* ---- any pointer --------------------------------------------------------- */

/* The index of the live block with the payload p; 0: there is none. */
CH_FAST size_t
ch_block_live(const struct ch_tlsf *tlsf, enum ch_accounting acc, const void *p)
{
    uintptr_t distance = (uintptr_t)p - tlsf->payloads;
    unsigned shift = ch_block_shift(acc);
    /* What is no whole number of granules is rotated above the end. */
    size_t i = distance >> shift | distance << (64 - shift);

    if (i >= tlsf->end || !ch_block_begins(tlsf, i)
        || ch_block_is_free(ch_block_at(tlsf, acc, i))) {
        return 0;
    }
    CH_ASSUME(i != 0);
    return i;
}

#endif
