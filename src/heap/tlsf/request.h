/* SPDX-License-Identifier: MIT */
/*
 * request.h - what to look for when so many bytes are asked for.
 *
 * These sums are a third of what an allocation costs.  Up to CH_TLSF_SMALL
 * bytes nobody does them: with host accounting each such size has a class of
 * its own, which has its number; a heap of device accounting keeps what comes
 * out in a table.
 */
#ifndef CH_HEAP_TLSF_REQUEST_H
#define CH_HEAP_TLSF_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arith.h"
#include "base/attrs.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/class.h"

struct ch_request {
    size_t c;    /* of this class and those above every block is enough */
    size_t size; /* granules that a block of theirs is cut at */
};

/* Rounds up to what blocks are a multiple of. */
CH_FAST size_t
ch_request_round_up(
    const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t size)
{
    return acc == CH_ACCOUNTING_DEVICE ? ch_align_up(size, tlsf->step) : size;
}

CH_FAST bool
ch_request_is_refused(const struct ch_tlsf *tlsf, size_t bytes)
{
    return CH_UNLIKELY(bytes - 1 >= tlsf->size_max);
}

CH_FAST size_t
ch_request_granules(enum ch_accounting acc, size_t bytes)
{
    return (bytes + ch_block_bytes(acc, 1) - 1) >> ch_block_shift(acc);
}

/* The smallest block with n granules of payload. */
CH_FAST size_t
ch_request_block(const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t n)
{
    return ch_max_size(ch_request_round_up(tlsf, acc, n + ch_block_header(acc)),
        ch_block_first(acc));
}

/* The class that a block of `size` granules is looked for in.  The chip does
   not give back what the class is more. */
CH_FAST struct ch_request
ch_request_for(const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t size)
{
    size_t header = ch_block_header(acc);
    size_t rounded;
    size_t c =
        ch_class_above(size - header, ch_block_sl_log(tlsf, acc), &rounded);

    if (acc == CH_ACCOUNTING_DEVICE) {
        size = ch_request_round_up(tlsf, acc, rounded + header);
    }
    return (struct ch_request){c, size};
}

/* ---- small requests ------------------------------------------------------ */

_Static_assert(CH_TLSF_SMALL >> 4 <= 2u << CH_CLASS_SL_LOG_MAX,
    "small host sizes are the numbers of their classes");

/* True for sizes from 1 to CH_TLSF_SMALL. */
CH_FAST bool
ch_request_is_small(size_t bytes)
{
    return bytes - 1 < CH_TLSF_SMALL;
}

CH_FAST uint32_t
ch_request_pack(struct ch_request request)
{
    return (uint32_t)(request.c << 16 | request.size);
}

CH_FAST struct ch_request
ch_request_unpack(uint32_t entry)
{
    return (struct ch_request){entry >> 16, entry & 0xffff};
}

/* What stands in the table for n granules. */
CH_FAST uint32_t
ch_request_entry(const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t n)
{
    return ch_request_pack(
        ch_request_for(tlsf, acc, ch_request_block(tlsf, acc, n)));
}

/* The same as ch_request_for() for a small size. */
CH_FAST struct ch_request
ch_request_small(
    const struct ch_tlsf *tlsf, enum ch_accounting acc, size_t bytes)
{
    size_t n = ch_request_granules(acc, bytes);

    return acc == CH_ACCOUNTING_DEVICE ? ch_request_unpack(tlsf->small[n])
                                       : (struct ch_request){n, n};
}

#endif
