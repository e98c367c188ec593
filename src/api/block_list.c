/* SPDX-License-Identifier: MIT */
/*
 * block_list.c - see block_list.h.
 *
 * Source: ESP-IDF 4.4 docs/en/api-reference/system/mem_alloc.rst (what
 * heap_caps_dump() tells of a block), components/heap/multi_heap.c (words).
 */
#include "api/block_list.h"

#include <stdint.h>

/* 8 digits at least, as on a 32-bit machine. */
static void
put_address(struct ch_text *t, const void *p)
{
    if ((uintptr_t)p <= UINT32_MAX) {
        ch_text_hex32(t, (uint32_t)(uintptr_t)p);
    } else {
        ch_text_ptr(t, p);
    }
}

static void
put_block(struct ch_text *t, const struct ch_tlsf_block *block)
{
    ch_text_str(t, "Block ");
    put_address(t, block->p);
    ch_text_str(t, " data, size: ");
    ch_text_u64(t, block->size);
    ch_text_str(t, " bytes, ");
}

/* The line of the block that waits. */
static void
put_line(const struct ch_block_list *list, const void *next)
{
    const struct ch_tlsf_block *block = &list->block;
    struct ch_text *t = &list->stream->text;

    put_block(t, block);
    if (!list->is_short) {
        ch_text_str(t, "Next: ");
        put_address(t, next);
        ch_text_str(t, ", ");
    }
    ch_text_str(t, block->is_used ? "Free: No" : "Free: Yes");
    if (!list->is_short && !block->is_used) {
        ch_text_str(t, ", Next free: ");
        put_address(t, block->next_free);
    }
    ch_stream_line_end(list->stream);
}

void
ch_block_list_begin(struct ch_block_list *list, const void *start)
{
    struct ch_text *t = &list->stream->text;

    list->has_block = false;
    ch_text_str(t, "Showing data for heap: ");
    put_address(t, start);
    ch_stream_line_end(list->stream);
}

bool
ch_block_list_add(const struct ch_tlsf_block *block, void *ctx)
{
    struct ch_block_list *list = ctx;

    if (list->has_block) {
        put_line(list, block->p);
    }
    list->block = *block;
    list->has_block = true;
    return true;
}

void
ch_block_list_end(struct ch_block_list *list, const void *end)
{
    if (list->has_block) {
        put_line(list, end);
    }
}
