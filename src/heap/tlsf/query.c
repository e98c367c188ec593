/* SPDX-License-Identifier: MIT */
/*
 * query.c - what can be asked of a heap: which block, which figures.
 */
#include "base/arith.h"
#include "base/bitmap.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/class.h"
#include "heap/tlsf/freelist.h"
#include "heap/tlsf/tlsf.h"
#include "os/fault.h"

/* ---- blocks -------------------------------------------------------------- */

bool
ch_tlsf_is_block(const struct ch_tlsf *tlsf, const void *p)
{
    return ch_block_live(tlsf, tlsf->accounting, p) != 0;
}

/* The highest set bit of [0, i]; 0: there is none. */
static size_t
last_begin(const uint64_t *begins, size_t i)
{
    size_t word = i / 64;
    uint64_t bits = begins[word] & (UINT64_MAX >> (63 - i % 64));

    while (bits == 0 && word > 0) {
        bits = begins[--word];
    }
    return bits == 0 ? 0 : word * 64 + ch_log2(bits);
}

void *
ch_tlsf_find(const struct ch_tlsf *tlsf, const void *p)
{
    enum ch_accounting acc = tlsf->accounting;
    uintptr_t distance = (uintptr_t)p - tlsf->payloads;
    size_t at = distance >> ch_block_shift(acc);
    const struct ch_block *block;
    size_t i;

    if (at >= tlsf->end) {
        return NULL;
    }
    i = last_begin(tlsf->begins, at);
    block = ch_block_at(tlsf, acc, i);
    /* The record of index 0 is of no size. */
    if (ch_block_is_free(block)
        || at - i + ch_block_header(acc) >= block->size) {
        return NULL;
    }
    return ch_block_payload(tlsf, acc, i);
}

size_t
ch_tlsf_payload(const struct ch_tlsf *tlsf, const void *p)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t i = ch_block_index(tlsf, acc, p);

    CH_ASSERT(ch_tlsf_is_block(tlsf, p));
    return ch_block_bytes(
        acc, ch_block_at(tlsf, acc, i)->size - ch_block_header(acc));
}

uint32_t *
ch_tlsf_tags(struct ch_tlsf *tlsf, const void *p)
{
    enum ch_accounting acc = tlsf->accounting;

    CH_ASSERT(ch_tlsf_is_block(tlsf, p));
    return ch_block_at(tlsf, acc, ch_block_index(tlsf, acc, p))->tags;
}

static void
describe(const struct ch_tlsf *tlsf, size_t i, struct ch_tlsf_block *out)
{
    enum ch_accounting acc = tlsf->accounting;
    const struct ch_block *block = ch_block_at(tlsf, acc, i);

    out->p = ch_block_payload(tlsf, acc, i);
    out->overhead = ch_block_bytes(acc, ch_block_header(acc));
    out->size = ch_block_bytes(acc, ch_block_size(block)) - out->overhead;
    out->is_used = !ch_block_is_free(block);
    out->next_free = out->is_used || block->next == 0
                         ? NULL
                         : ch_block_payload(tlsf, acc, block->next);
}

bool
ch_tlsf_next_block(
    const struct ch_tlsf *tlsf, const void *p, struct ch_tlsf_block *block)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t unit = ch_block_bytes(acc, 1);
    /* The address of index 0. */
    uintptr_t blocks = tlsf->payloads - unit * ch_block_header(acc);
    size_t i = 0;

    if ((uintptr_t)p > blocks) {
        i = ((uintptr_t)p - blocks + unit - 1) >> ch_block_shift(acc);
    }
    if (i < tlsf->end) {
        i = ch_bitmap_next_set(tlsf->begins, i, tlsf->end);
    }
    if (i >= tlsf->end) {
        return false;
    }
    describe(tlsf, i, block);
    return true;
}

/* ---- figures ------------------------------------------------------------- */

size_t
ch_tlsf_free_size(const struct ch_tlsf *tlsf)
{
    return tlsf->minimum_free + (size_t)tlsf->above;
}

size_t
ch_tlsf_minimum_free(const struct ch_tlsf *tlsf)
{
    return tlsf->minimum_free;
}

void
ch_tlsf_set_minimum_free(struct ch_tlsf *tlsf, size_t bytes)
{
    tlsf->above += (ptrdiff_t)(tlsf->minimum_free - bytes);
    tlsf->minimum_free = bytes;
}

/* Granules of the largest block of class c. */
static size_t
host_largest(const struct ch_tlsf *tlsf, size_t c)
{
    size_t largest = 0;

    for (size_t i = tlsf->heads[c]; i != 0;) {
        const struct ch_block *block = ch_block_at(tlsf, CH_ACCOUNTING_HOST, i);

        largest = ch_max_size(largest, ch_block_size(block));
        i = block->next;
    }
    return largest;
}

/* Granules of the largest request for which a block of class c is found:
   searching rounds up, so it is the first size of the class, or the one below
   it that a block can have. */
static size_t
device_largest(const struct ch_tlsf *tlsf, size_t c)
{
    size_t header = ch_block_header(CH_ACCOUNTING_DEVICE);
    size_t size = ch_class_first(c, tlsf->sl_log) + header;

    return ch_align_down(size, tlsf->step) - header;
}

static size_t
largest(const struct ch_tlsf *tlsf)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t c = ch_freelist_highest(tlsf);

    if (c == CH_FREELIST_NONE) {
        return 0;
    }
    return ch_block_bytes(acc, acc == CH_ACCOUNTING_DEVICE
                                   ? device_largest(tlsf, c)
                                   : host_largest(tlsf, c));
}

void
ch_tlsf_get_info(const struct ch_tlsf *tlsf, struct ch_tlsf_info *info)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t headers = tlsf->n_used * ch_block_bytes(acc, ch_block_header(acc));

    info->free = ch_tlsf_free_size(tlsf);
    /* What is not free is a payload or its header. */
    info->allocated = tlsf->total - info->free - headers;
    info->largest = largest(tlsf);
    info->minimum_free = tlsf->minimum_free;
    info->used_blocks = tlsf->n_used;
    info->free_blocks = tlsf->n_blocks - tlsf->n_used;
}
