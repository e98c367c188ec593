/* SPDX-License-Identifier: MIT */
/*
 * heap_trace.c - ESP-IDF's standalone heap tracing; see esp_heap_trace.h.
 *
 * Source: ESP-IDF 5.4, components/heap/include/esp_heap_trace.h.  Differences:
 * blocks of every facade are traced, plain malloc's too; a block allocated at
 * the address of one whose free was not seen ends that one's record; the dump
 * reads record by record and shows none twice.
 */
#include "capheap/esp-idf/esp_heap_trace.h"

#include <errno.h>

#include "api/stream.h"
#include "base/arith.h"
#include "base/attrs.h"
#include "diag/heap_trace.h"
#include "diag/home.h"
#include "front/place.h"
#include "os/stamp.h"

_Static_assert(offsetof(heap_trace_record_t, ccount)
                       == offsetof(struct ch_trace_record, ccount)
                   && offsetof(heap_trace_record_t, address)
                          == offsetof(struct ch_trace_record, address)
                   && offsetof(heap_trace_record_t, size)
                          == offsetof(struct ch_trace_record, size)
                   && offsetof(heap_trace_record_t, freed)
                          == offsetof(struct ch_trace_record, freed)
                   && offsetof(heap_trace_record_t, alloced_by)
                          == offsetof(struct ch_trace_record, callers),
    "a record begins as the application has it");

static esp_err_t
esp_err_from(int err)
{
    switch (err) {
    case 0:
        return ESP_OK;
    case -EINVAL:
        return ESP_ERR_INVALID_ARG;
    case -ENOMEM:
        return ESP_ERR_NO_MEM;
    case -EBUSY:
    case -ESRCH:
    case -EALREADY:
        return ESP_ERR_INVALID_STATE;
    default:
        return ESP_FAIL;
    }
}

CH_API esp_err_t
capheap_heap_trace_init_standalone(
    void *records, size_t n_records, size_t record_size, size_t stack_depth)
{
    const struct ch_trace_buffer buffer = {
        .records = records,
        .n = n_records,
        .stride = record_size,
        .depth = (unsigned)ch_min_size(stack_depth, CH_TRACE_DEPTH_MAX + 1),
    };

    return esp_err_from(ch_trace_init(&buffer));
}

CH_API esp_err_t
heap_trace_init_tohost(void)
{
    return ESP_ERR_NOT_SUPPORTED;
}

CH_API esp_err_t
heap_trace_start(heap_trace_mode_t mode)
{
    return esp_err_from(ch_trace_start(
        mode == HEAP_TRACE_LEAKS ? CH_TRACE_LEAKS : CH_TRACE_ALL));
}

CH_API esp_err_t
heap_trace_stop(void)
{
    ch_trace_stop();
    return ESP_OK;
}

CH_API esp_err_t
heap_trace_alloc_pause(void)
{
    return esp_err_from(ch_trace_pause());
}

CH_API esp_err_t
heap_trace_resume(void)
{
    return esp_err_from(ch_trace_resume());
}

CH_API size_t
heap_trace_get_count(void)
{
    return ch_trace_count();
}

CH_API esp_err_t
capheap_heap_trace_get(
    size_t index, void *record, size_t record_size, size_t stack_depth)
{
    const struct ch_trace_buffer to = {
        .records = record,
        .n = 1,
        .stride = record_size,
        .depth = (unsigned)ch_min_size(stack_depth, CH_TRACE_DEPTH_MAX + 1),
    };

    if (record == NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    return esp_err_from(ch_trace_get(index, &to));
}

CH_API esp_err_t
heap_trace_summary(heap_trace_summary_t *summary)
{
    struct ch_trace_summary sum;

    if (summary == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    ch_trace_get_summary(&sum);
    *summary = (heap_trace_summary_t){
        .mode = sum.mode == CH_TRACE_LEAKS ? HEAP_TRACE_LEAKS : HEAP_TRACE_ALL,
        .total_allocations = sum.n_allocs,
        .total_frees = sum.n_frees,
        .count = sum.count,
        .capacity = sum.capacity,
        .high_water_mark = sum.count_max,
        .has_overflowed = sum.has_overflowed,
    };
    return ESP_OK;
}

/* ---- the dump ------------------------------------------------------------ */

struct dump {
    struct ch_stream stream;
    struct ch_trace_summary sum;
    uint32_t caps;  /* of them a block's region has at least one; 0: all */
    size_t n_alive; /* of the records shown: their blocks, not freed */
    size_t alive;   /* bytes of these */
};

static const char *
label_of(const struct ch_place *place)
{
    if (place == NULL) {
        return "";
    }
    return ch_place_has_caps(place, CH_CAP_SPIRAM)     ? ",    PSRAM"
           : ch_place_has_caps(place, CH_CAP_INTERNAL) ? ", Internal"
                                                       : "";
}

static bool
is_wanted(const struct ch_place *place, uint32_t caps)
{
    if (caps == 0 || place == NULL) {
        return caps == 0;
    }
    for (uint32_t rest = caps; rest != 0; rest &= rest - 1) {
        if (ch_place_has_caps(place, rest & -rest)) {
            return true;
        }
    }
    return false;
}

/* "P:P:P" of the addresses before the first NULL. */
static void
put_callers(struct ch_text *t, void *const *callers, unsigned depth)
{
    for (unsigned i = 0; i < depth && callers[i] != NULL; i++) {
        if (i != 0) {
            ch_text_char(t, ':');
        }
        ch_text_ptr(t, callers[i]);
    }
}

static void
put_record(
    struct dump *dump, const struct ch_trace_record *record, unsigned depth)
{
    struct ch_text *t = &dump->stream.text;

    ch_text_right(t, record->size, 6);
    ch_text_str(t, " bytes (@ ");
    ch_text_ptr(t, record->address);
    ch_text_str(t, label_of(ch_home_of(record->address)));
    ch_text_str(t, ") allocated CPU ");
    ch_text_u64(t, record->ccount & CH_STAMP_PROCESSOR);
    ch_text_str(t, " ccount ");
    ch_text_hex32(t, record->ccount & CH_STAMP_TIME);
    ch_text_str(t, " caller ");
    put_callers(t, record->callers, depth);
    if (record->freed && depth == 0) {
        ch_text_str(t, " freed");
    } else if (record->freed) {
        ch_stream_line_end(&dump->stream);
        ch_text_str(t, "freed by ");
        put_callers(t, record->callers + depth, depth);
    }
    ch_stream_line_end(&dump->stream);
}

static void
put_records(struct dump *dump)
{
    void *room[4 + 2 * CH_TRACE_DEPTH_MAX];
    const struct ch_trace_record *record = (void *)room;
    const struct ch_trace_buffer to = {.records = room,
        .n = 1,
        .stride = sizeof room,
        .depth = dump->sum.depth};
    struct ch_trace_cursor cursor = {0, 0};

    while (ch_trace_next(&cursor, &to)) {
        if (!is_wanted(ch_home_of(record->address), dump->caps)) {
            continue;
        }
        put_record(dump, record, to.depth);
        if (!record->freed) {
            dump->n_alive++;
            dump->alive += record->size;
        }
    }
}

/* "TEXTn" */
static void
put_number(struct dump *dump, const char *before, size_t n, const char *after)
{
    ch_text_str(&dump->stream.text, before);
    ch_text_u64(&dump->stream.text, n);
    ch_text_str(&dump->stream.text, after);
}

static void
put_line(struct dump *dump, const char *line)
{
    ch_text_str(&dump->stream.text, line);
    ch_stream_line_end(&dump->stream);
}

static void
put_head(struct dump *dump)
{
    put_number(dump, "====== Heap Trace: ", dump->sum.count, " records (");
    put_number(dump, "", dump->sum.capacity, " capacity) ======");
    ch_stream_line_end(&dump->stream);
}

static void
put_mode(struct dump *dump)
{
    if (dump->sum.mode == CH_TRACE_LEAKS) {
        put_line(dump, "Mode: Heap Trace Leaks");
        put_number(dump, "", dump->alive, " bytes 'leaked' in trace (");
    } else {
        put_line(dump, "Mode: Heap Trace All");
        put_number(dump, "", dump->alive, " bytes alive in trace (");
        put_number(dump, "", dump->n_alive, "/");
        dump->n_alive = dump->sum.count;
    }
    put_number(dump, "", dump->n_alive, " allocations)");
    ch_stream_line_end(&dump->stream);
}

static void
put_summary(struct dump *dump)
{
    struct ch_trace_summary now;

    ch_trace_get_summary(&now);
    put_line(dump, "====== Heap Trace Summary ======");
    put_mode(dump);
    put_number(dump, "records: ", dump->sum.count, " (");
    put_number(dump, "", dump->sum.capacity, " capacity, ");
    put_number(dump, "", dump->sum.count_max, " high water mark)");
    ch_stream_line_end(&dump->stream);
    put_number(dump, "total allocations: ", dump->sum.n_allocs, "\n");
    put_number(dump, "total frees: ", dump->sum.n_frees, "");
    ch_stream_line_end(&dump->stream);
    if (now.n_allocs != dump->sum.n_allocs
        || now.n_frees != dump->sum.n_frees) {
        put_line(dump, "(NB: Blocks were allocated or freed during the dump.)");
    }
    if (dump->sum.has_overflowed) {
        put_line(dump,
            "(NB: The buffer has overflowed; the oldest records are missing.)");
    }
    put_line(dump, "================================");
}

static void
dump_caps(uint32_t caps)
{
    struct dump dump = {.caps = caps};

    ch_trace_get_summary(&dump.sum);
    ch_stream_begin(&dump.stream, stdout);
    put_head(&dump);
    put_records(&dump);
    put_summary(&dump);
    ch_stream_end(&dump.stream);
}

CH_API void
heap_trace_dump(void)
{
    dump_caps(0);
}

CH_API void
heap_trace_dump_caps(const uint32_t caps)
{
    if (caps != 0) {
        dump_caps(caps);
    }
}
