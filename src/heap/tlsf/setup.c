/* SPDX-License-Identifier: MIT */
/*
 * setup.c - making a heap, and letting it grow.
 */
#include "base/arith.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/geometry.h"
#include "heap/tlsf/request.h"
#include "heap/tlsf/split.h"
#include "heap/tlsf/tlsf.h"
#include "os/fault.h"

size_t
ch_tlsf_tables_size(size_t room, const struct ch_tlsf_rules *rules)
{
    struct ch_tables_layout layout;

    ch_tables_layout(&layout, room, rules);
    return layout.size;
}

static void
set_tables(struct ch_tlsf *tlsf, size_t room, const struct ch_tlsf_rules *rules,
    char *tables)
{
    struct ch_tables_layout layout;

    ch_tables_layout(&layout, room, rules);
    tlsf->records = tables;
    tlsf->begins = (uint64_t *)(void *)(tables + layout.begins);
}

static void
set_small(struct ch_tlsf *tlsf)
{
    const enum ch_accounting acc = CH_ACCOUNTING_DEVICE;
    size_t n_small = ch_request_granules(acc, CH_TLSF_SMALL);

    for (size_t n = 1; n <= n_small; n++) {
        tlsf->small[n] = ch_request_entry(tlsf, acc, n);
    }
}

/* The index of the granule at an address. */
static size_t
index_of(const struct ch_tlsf *tlsf, uintptr_t address)
{
    enum ch_accounting acc = tlsf->accounting;
    uintptr_t blocks =
        tlsf->payloads - ch_block_bytes(acc, ch_block_header(acc));

    return (address - blocks) >> ch_block_shift(acc);
}

/* One free block over the whole span. */
static void
set_blocks(struct ch_tlsf *tlsf, const struct ch_geometry_span *span,
    const struct ch_geometry_span *widest)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t header = ch_block_bytes(acc, ch_block_header(acc));
    size_t first = ch_block_first(acc);

    tlsf->payloads = span->first - CH_BLOCK_LEAST + header;
    tlsf->end = (uint32_t)index_of(tlsf, span->end);
    tlsf->room_end = (uint32_t)index_of(tlsf, widest->end);
    /* The chip counts its end mark as free. */
    tlsf->total = span->end - span->first + header;
    tlsf->minimum_free = tlsf->total;
    ch_split_begin(tlsf, acc, first, 0);
    ch_split_list(tlsf, acc, first, tlsf->end - first);
}

bool
ch_tlsf_init(struct ch_tlsf *tlsf, void *start, size_t size, size_t room,
    const struct ch_tlsf_rules *rules, void *tables)
{
    uintptr_t from = ch_align_up((uintptr_t)start, 4);
    uintptr_t to = ch_align_down((uintptr_t)start + size, 4);
    uintptr_t most = ch_align_down((uintptr_t)start + room, 4);
    struct ch_geometry geometry;
    struct ch_geometry_span span, widest;

    if (to < from || !ch_geometry_of(&geometry, to - from, rules)
        || !ch_geometry_span(&span, from, to, &geometry, rules)
        || !ch_geometry_span(&widest, from, most, &geometry, rules)) {
        return false;
    }
    *tlsf = (struct ch_tlsf){
        .accounting = rules->accounting,
        .step = geometry.step,
        .sl_log = geometry.sl_log,
        .head = (uint8_t)rules->head,
        .size_max = geometry.size_max,
        .range_end = (uintptr_t)start + size,
    };
    set_tables(tlsf, room, rules, tables);
    if (rules->accounting == CH_ACCOUNTING_DEVICE) {
        set_small(tlsf);
    }
    set_blocks(tlsf, &span, &widest);
    return true;
}

/* The record of the end counts as a live block's; what stands there may be of
   a block that was. */
static void
move_end(struct ch_tlsf *tlsf, size_t end)
{
    ptrdiff_t more = (ptrdiff_t)ch_block_bytes(tlsf->accounting, end)
                     - (ptrdiff_t)ch_block_bytes(tlsf->accounting, tlsf->end);

    ch_block_at(tlsf, tlsf->accounting, end)->size = 0;
    tlsf->end = (uint32_t)end;
    tlsf->total += (size_t)more;
    tlsf->above += more;
}

/* Adds what lies between the old end and `end` to the blocks. */
static void
grow_to(struct ch_tlsf *tlsf, size_t end)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t first = tlsf->end;
    size_t last = ch_block_at(tlsf, acc, first)->before;
    size_t more = end - first;
    const struct ch_block *block = ch_block_at(tlsf, acc, last);

    move_end(tlsf, end);
    if (ch_block_is_free(block)) {
        ch_freelist_remove(tlsf, acc, block);
        ch_split_list(tlsf, acc, last, ch_block_size(block) + more);
    } else {
        ch_split_begin(tlsf, acc, first, last);
        ch_split_list(tlsf, acc, first, more);
    }
}

bool
ch_tlsf_grow(struct ch_tlsf *tlsf, size_t more)
{
    uintptr_t range_end;
    size_t end;

    CH_ASSERT(tlsf->accounting == CH_ACCOUNTING_HOST);
    if (!ch_add_size(tlsf->range_end, more, &range_end)) {
        return false;
    }
    end = index_of(tlsf, range_end);
    if (end > tlsf->room_end) {
        return false;
    }
    tlsf->range_end = range_end;
    if (end != tlsf->end) {
        grow_to(tlsf, end);
    }
    return true;
}

/* Takes what lies above `end` off the last block, which is free. */
static void
shrink_to(struct ch_tlsf *tlsf, const struct ch_block *block, size_t end)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t last = ch_block_at(tlsf, acc, tlsf->end)->before;
    size_t before = block->before;

    ch_freelist_remove(tlsf, acc, block);
    move_end(tlsf, end);
    if (end > last) {
        ch_split_list(tlsf, acc, last, end - last);
    } else {
        ch_split_end(tlsf, last);
        ch_block_at(tlsf, acc, end)->before = (uint32_t)before;
    }
}

const void *
ch_tlsf_free_end(const struct ch_tlsf *tlsf)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t last = ch_block_at(tlsf, acc, tlsf->end)->before;

    return ch_block_is_free(ch_block_at(tlsf, acc, last))
               ? ch_block_payload(tlsf, acc, last)
               : NULL;
}

bool
ch_tlsf_shrink(struct ch_tlsf *tlsf, const void *range_end)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t last = ch_block_at(tlsf, acc, tlsf->end)->before;
    const struct ch_block *block = ch_block_at(tlsf, acc, last);
    size_t end = index_of(tlsf, (uintptr_t)range_end);

    CH_ASSERT(acc == CH_ACCOUNTING_HOST);
    if (!ch_block_is_free(block) || end < last || end >= tlsf->end
        || end <= ch_block_first(acc)) {
        return false;
    }
    tlsf->range_end = (uintptr_t)range_end;
    shrink_to(tlsf, block, end);
    if (tlsf->above < 0) {
        ch_tlsf_note_minimum(tlsf);
    }
    return true;
}
