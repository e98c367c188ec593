/* SPDX-License-Identifier: MIT */
/*
 * geometry.c - the sums of both accountings.
 *
 * Host: blocks fill the range from its first multiple of 16 on.
 *
 * Device: a heap on the chip begins with what the engine there keeps in it,
 * 20 bytes of the heap's own and 36 of the engine's, then a bitmap of 4 bytes
 * for each first level and a list head of 4 bytes for each class.  What comes
 * behind them are blocks, each with a header of 4 bytes, and one more header
 * that marks the end.  Here nothing stands in these places.
 */
#include "heap/tlsf/geometry.h"

#include "base/arith.h"
#include "base/bitmap.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/class.h"

/* Bytes of the fixed part on the chip. */
#define DEVICE_HEAP    20u /* the heap's own record */
#define DEVICE_CONTROL 36u /* the engine's, without bitmap and heads */
#define DEVICE_WORD    4u
/* log2 of what sizes there are a multiple of. */
#define DEVICE_SHIFT 2u

/* What the chip chooses for a heap of `bytes` behind its own record. */
static unsigned
device_sl_log(size_t bytes)
{
    if (bytes <= 16 * CH_KIB) {
        return 3;
    }
    return bytes <= 256 * CH_KIB ? 4 : 5;
}

static bool
device_geometry(struct ch_geometry *geometry, size_t size,
    const struct ch_tlsf_rules *rules)
{
    size_t bytes = size - DEVICE_HEAP;
    unsigned bits, sl_log;
    size_t levels;

    /* A size is a word there. */
    if (size <= DEVICE_HEAP + DEVICE_CONTROL || size > UINT32_MAX) {
        return false;
    }
    bits = ch_log2(bytes) + 1;
    sl_log = device_sl_log(bytes);
    levels = bits - sl_log - DEVICE_SHIFT + 1;
    geometry->step = (uint8_t)(rules->min_align >> DEVICE_SHIFT);
    geometry->sl_log = (uint8_t)sl_log;
    geometry->size_max = ((size_t)1 << bits) - DEVICE_WORD;
    geometry->fixed = DEVICE_HEAP + DEVICE_CONTROL + DEVICE_WORD * levels
                      + ((DEVICE_WORD * levels) << sl_log);
    return true;
}

bool
ch_geometry_of(struct ch_geometry *geometry, size_t size,
    const struct ch_tlsf_rules *rules)
{
    if (rules->accounting == CH_ACCOUNTING_DEVICE) {
        return device_geometry(geometry, size, rules);
    }
    *geometry = (struct ch_geometry){
        .step = 1,
        .sl_log = CH_CLASS_SL_LOG_MAX,
        .size_max = ch_block_bytes(CH_ACCOUNTING_HOST, CH_BLOCK_END_MAX - 1),
    };
    return true;
}

bool
ch_geometry_span(struct ch_geometry_span *span, uintptr_t start, uintptr_t end,
    const struct ch_geometry *geometry, const struct ch_tlsf_rules *rules)
{
    enum ch_accounting acc = rules->accounting;
    size_t header = ch_block_bytes(acc, ch_block_header(acc));
    size_t align = ch_block_bytes(acc, geometry->step);
    uintptr_t payload;
    size_t bytes;

    if (!ch_add_size(start, geometry->fixed + header + rules->head + align - 1,
            &payload)) {
        return false;
    }
    payload = ch_align_down(payload, align) - rules->head;
    /* On the chip a header marks the end. */
    bytes = ch_align_down(end - payload, align);
    if (end < payload || bytes < CH_BLOCK_LEAST
        || bytes >> ch_block_shift(acc)
               >= CH_BLOCK_END_MAX - ch_block_first(acc)) {
        return false;
    }
    span->first = payload - header;
    span->end = span->first + bytes;
    return true;
}

void
ch_tables_layout(struct ch_tables_layout *layout, size_t room,
    const struct ch_tlsf_rules *rules)
{
    unsigned shift = ch_block_shift(rules->accounting);

    /* One record before the first block, and one behind the last one. */
    layout->begins = ch_align_up(room, CH_BLOCK_LEAST) + 2 * CH_BLOCK_LEAST;
    layout->size =
        layout->begins
        + CH_BITMAP_WORDS((layout->begins >> shift) + 1) * sizeof(uint64_t);
}
