/* SPDX-License-Identifier: MIT */
/*
 * give.h - the steps by which blocks are given to callers and taken back.
 *
 * tlsf.c makes whole calls of them, for either accounting.  fixed_plain.c makes
 * paths of them that are as short as can be, each for one accounting.
 */
#ifndef CH_HEAP_TLSF_GIVE_H
#define CH_HEAP_TLSF_GIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/freelist.h"
#include "heap/tlsf/request.h"
#include "heap/tlsf/split.h"
#include "heap/tlsf/tlsf.h"

/* ---- given --------------------------------------------------------------- */

/* What was free has never been so little. */
CH_FAST void
ch_give_note_minimum(struct ch_tlsf *tlsf)
{
    tlsf->minimum_free += (size_t)tlsf->above;
    tlsf->above = 0;
}

/* Gives the block of `size` granules at i, on no list, to the caller. */
CH_FAST void *
ch_give_whole(
    struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t size)
{
    struct ch_block *block = ch_block_at(tlsf, acc, i);

    block->size = (uint32_t)size;
    block->tags[0] = 0;
    block->tags[1] = 0;
    tlsf->n_used++;
    tlsf->above -= (ptrdiff_t)ch_block_bytes(acc, size);
    if (CH_UNLIKELY(tlsf->above < 0)) {
        ch_give_note_minimum(tlsf);
    }
    return ch_block_payload(tlsf, acc, i);
}

/* Gives the first `size` granules of that block and frees the rest. */
CH_FAST void *
ch_give_cut(struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t size,
    size_t rest)
{
    ch_split_tail(tlsf, acc, i, size, rest);
    return ch_give_whole(tlsf, acc, i, size);
}

/* Granules that are left of the block at i, on no list, when it gives `size`;
   where they are too few for a block they are given as well. */
CH_FAST size_t
ch_give_rest(
    const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t size)
{
    return ch_block_size(ch_block_at(tlsf, acc, i)) - size;
}

CH_FAST bool
ch_give_is_cut(enum ch_accounting acc, size_t rest)
{
    return rest >= ch_block_first(acc);
}

/* Takes a block with room for the request off its list; 0: there is none. */
CH_FAST size_t
ch_give_find(
    struct ch_tlsf *tlsf, enum ch_accounting acc, struct ch_request request)
{
    size_t c = ch_freelist_find(tlsf, request.c);

    return CH_UNLIKELY(c == CH_FREELIST_NONE) ? 0
                                              : ch_freelist_pop(tlsf, acc, c);
}

/* ---- taken back ---------------------------------------------------------- */

/* The size of the live block at i, which is no longer counted as one. */
CH_FAST size_t
ch_give_end(struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i)
{
    size_t size = ch_block_at(tlsf, acc, i)->size;

    tlsf->n_used--;
    tlsf->above += (ptrdiff_t)ch_block_bytes(acc, size);
    return size;
}

CH_FAST bool
ch_give_is_joined(
    const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t size)
{
    size_t before = ch_block_at(tlsf, acc, i)->before;
    uint32_t both = ch_block_at(tlsf, acc, before)->size
                    | ch_block_at(tlsf, acc, i + size)->size;

    return (both & CH_BLOCK_FREE) != 0;
}

/* Frees the block of `size` at i with those of its neighbours that are free. */
CH_FAST void
ch_give_join(
    struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t size)
{
    size_t before = ch_block_at(tlsf, acc, i)->before;

    size += ch_split_join(tlsf, acc, i + size);
    if (ch_block_is_free(ch_block_at(tlsf, acc, before))) {
        ch_freelist_remove(tlsf, acc, ch_block_at(tlsf, acc, before));
        ch_split_end(tlsf, i);
        size += ch_block_size(ch_block_at(tlsf, acc, before));
        i = before;
    }
    ch_split_list(tlsf, acc, i, size);
}

#endif
