/* SPDX-License-Identifier: MIT */
/*
 * split.h - cutting blocks and joining them.
 *
 * What is on no list is in the hands of the caller of these functions, who
 * knows its size; the word of the size need not be right.
 */
#ifndef CH_HEAP_TLSF_SPLIT_H
#define CH_HEAP_TLSF_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attrs.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/freelist.h"

/* Puts `size` granules at i, which no free block is behind, on a list. */
CH_FAST void
ch_split_list(
    struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t size)
{
    ch_block_at(tlsf, acc, i + size)->before = (uint32_t)i;
    ch_freelist_push(tlsf, acc, i, size);
}

/* Begins a block at i. */
CH_FAST void
ch_split_begin(
    struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t before)
{
    tlsf->n_blocks++;
    ch_block_at(tlsf, acc, i)->before = (uint32_t)before;
    ch_block_set_begin(tlsf, i);
}

/* No block begins at i any more. */
CH_FAST void
ch_split_end(struct ch_tlsf *tlsf, size_t i)
{
    tlsf->n_blocks--;
    ch_block_clear_begin(tlsf, i);
}

/* Takes the block at i, if it is free, off its list to be a part of the one
   before it; its size, or 0. */
CH_FAST size_t
ch_split_join(struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i)
{
    const struct ch_block *block = ch_block_at(tlsf, acc, i);

    if (!ch_block_is_free(block)) {
        return 0;
    }
    ch_freelist_remove(tlsf, acc, block);
    ch_split_end(tlsf, i);
    return ch_block_size(block);
}

/* Frees the last `rest` granules of `size` + `rest` at i, on no list. */
CH_FAST void
ch_split_tail(struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i,
    size_t size, size_t rest)
{
    ch_split_begin(tlsf, acc, i + size, i);
    ch_split_list(tlsf, acc, i + size, rest);
}

/* Frees the first `lead` granules of the free block at i, on no list; the
   index of the rest, which is on no list either.  0: nothing is done. */
CH_FAST size_t
ch_split_lead(
    struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t lead)
{
    size_t size = ch_block_size(ch_block_at(tlsf, acc, i)) - lead;

    if (lead == 0) {
        return i;
    }
    ch_split_begin(tlsf, acc, i + lead, i);
    ch_block_at(tlsf, acc, i + lead)->size = (uint32_t)size;
    ch_block_at(tlsf, acc, i + lead + size)->before = (uint32_t)(i + lead);
    ch_freelist_push(tlsf, acc, i, lead);
    return i + lead;
}

#endif
