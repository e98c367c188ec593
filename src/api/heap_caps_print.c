/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_print.c - heaps as text for people.
 *
 * Source: heap_caps.h.  Different: addresses and sizes may be those of a
 * 64-bit machine; dumps go to stdout or stderr, not past them.
 */
#include "api/heap_caps.h"

#include <stdio.h>

#include "api/block_list.h"
#include "api/stream.h"
#include "base/arith.h"

/* ---- summary ------------------------------------------------------------- */

static void
append(struct ch_text *t, const char *what, size_t n)
{
    ch_text_str(t, what);
    ch_text_u64(t, n);
}

static void
print_begin(struct ch_stream *stream, uint32_t caps)
{
    char hex[16];

    ch_stream_begin(stream, stdout);
    snprintf(hex, sizeof hex, "0x%08X:", caps);
    ch_text_str(&stream->text, "Heap summary for capabilities ");
    ch_text_str(&stream->text, hex);
    ch_stream_line_end(stream);
}

/* The two lines of a heap. */
static void
print_heap(struct ch_stream *stream, const struct ch_place *place,
    const multi_heap_info_t *info)
{
    struct ch_text *t = &stream->text;
    char start[24];

    snprintf(start, sizeof start, "0x%08lx",
        (unsigned long)(uintptr_t)ch_place_start(place));
    ch_text_str(t, "  At ");
    ch_text_str(t, start);
    append(t, " len ", ch_place_total(place));
    append(t, " free ", info->total_free_bytes);
    append(t, " allocated ", info->total_allocated_bytes);
    append(t, " min_free ", info->minimum_free_bytes);
    ch_stream_line_end(stream);
    append(t, "    largest_free_block ", info->largest_free_block);
    append(t, " alloc_blocks ", info->allocated_blocks);
    append(t, " free_blocks ", info->free_blocks);
    append(t, " total_blocks ", info->total_blocks);
    ch_stream_line_end(stream);
}

static void
print_totals(struct ch_stream *stream, const multi_heap_info_t *totals)
{
    struct ch_text *t = &stream->text;

    ch_text_str(t, "  Totals:");
    ch_stream_line_end(stream);
    append(t, "    free ", totals->total_free_bytes);
    append(t, " allocated ", totals->total_allocated_bytes);
    append(t, " min_free ", totals->minimum_free_bytes);
    append(t, " largest_free_block ", totals->largest_free_block);
    ch_stream_line_end(stream);
}

CH_API void
heap_caps_print_heap_info(uint32_t caps)
{
    const struct ch_place *place = NULL;
    struct ch_heap_caps_sum sum = {.elastic_free = 0};
    multi_heap_info_t totals;
    struct ch_stream stream;

    print_begin(&stream, caps);
    while ((place = ch_heap_caps_next(place, caps)) != NULL) {
        multi_heap_info_t info;

        ch_heap_caps_get_info(place, &info);
        ch_heap_caps_add_info(&sum, place, &info);
        print_heap(&stream, place, &info);
    }
    totals = ch_heap_caps_sum(&sum);
    print_totals(&stream, &totals);
    ch_stream_end(&stream);
}

/* ---- dump ---------------------------------------------------------------- */

CH_API void
heap_caps_dump(uint32_t caps)
{
    const struct ch_place *place = NULL;
    bool is_short = ch_heap_caps_rules()->is_dump_short;
    struct ch_stream stream;

    ch_stream_begin(&stream, is_short ? stderr : stdout);
    while (
        (place = ch_heap_caps_next(place, ch_heap_caps_select(caps))) != NULL) {
        struct ch_block_list list = {.stream = &stream, .is_short = is_short};

        ch_block_list_begin(&list, ch_place_start(place));
        ch_place_walk(place, ch_block_list_add, &list);
        ch_block_list_end(&list, ch_place_end(place));
    }
    ch_stream_end(&stream);
}

CH_API void
heap_caps_dump_all(void)
{
    heap_caps_dump(MALLOC_CAP_INVALID);
}
