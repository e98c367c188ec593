/* SPDX-License-Identifier: MIT */
/*
 * heap_task_print.c - statistics of tasks as text; see esp_heap_task_info.h.
 *
 * The figures are copied first; nothing is held while the stream is written
 * to.
 *
 * Source: ESP-IDF 5.5, components/heap/heap_task_info.c, for the columns of
 * the table.  Different: the widths; the lists below a task.
 */
#include "api/heap_task_info.h"

#include "api/stream.h"
#include "base/attrs.h"

#define N_COLUMNS 5u

struct column {
    const char *title;
    unsigned width; /* of the text, without a space on either side */
};

static const struct column columns[N_COLUMNS] = {
    {"TASK", configMAX_TASK_NAME_LEN},
    {"STATUS", 7},
    {"CURRENT MEMORY USAGE", 20},
    {"PEAK MEMORY USAGE", 17},
    {"TOTAL HEAP USED", 15},
};

/* What a horizontal line is made of. */
struct rule {
    const char *left;
    const char *middle;
    const char *right;
};

static void
put_rule(struct ch_stream *stream, const struct rule *rule)
{
    for (unsigned i = 0; i < N_COLUMNS; i++) {
        ch_text_str(&stream->text, i == 0 ? rule->left : rule->middle);
        for (unsigned n = 0; n < columns[i].width + 2; n++) {
            ch_text_str(&stream->text, "─");
        }
    }
    ch_text_str(&stream->text, rule->right);
    ch_stream_line_end(stream);
}

static void
put_cells(struct ch_stream *stream, const char *const cells[N_COLUMNS])
{
    for (unsigned i = 0; i < N_COLUMNS; i++) {
        ch_text_str(&stream->text, "│ ");
        ch_text_str(&stream->text, cells[i]);
        for (size_t n = ch_str_len(cells[i]); n <= columns[i].width; n++) {
            ch_text_char(&stream->text, ' ');
        }
    }
    ch_text_str(&stream->text, "│");
    ch_stream_line_end(stream);
}

static void
put_head(struct ch_stream *stream)
{
    const char *cells[N_COLUMNS];

    for (unsigned i = 0; i < N_COLUMNS; i++) {
        cells[i] = columns[i].title;
    }
    put_rule(stream, &(struct rule){"┌", "┬", "┐"});
    put_cells(stream, cells);
    put_rule(stream, &(struct rule){"├", "┼", "┤"});
}

/* Decimal digits of a number. */
struct digits {
    char text[24];
};

static const char *
to_digits(struct digits *digits, size_t n)
{
    struct ch_text t;

    ch_text_init(&t, digits->text, sizeof digits->text);
    ch_text_u64(&t, n);
    return digits->text;
}

static void
put_task(struct ch_stream *stream, const task_stat_t *task)
{
    struct digits digits[3];
    const char *const cells[N_COLUMNS] = {
        task->name,
        task->is_alive ? "ALIVE" : "DELETED",
        to_digits(&digits[0], task->overall_current_usage),
        to_digits(&digits[1], task->overall_peak_usage),
        to_digits(&digits[2], task->heap_count),
    };

    put_cells(stream, cells);
}

static void
put_field(struct ch_stream *stream, const char *name, size_t n)
{
    ch_text_str(&stream->text, name);
    ch_text_u64(&stream->text, n);
}

static void
put_heap(struct ch_stream *stream, const heap_stat_t *heap)
{
    ch_text_str(&stream->text, "    HEAP ");
    ch_text_str(&stream->text, heap->name);
    ch_text_str(&stream->text, ", CAPS ");
    ch_text_hex32(&stream->text, heap->caps);
    put_field(stream, ", SIZE ", heap->size);
    put_field(stream, ", CURRENT ", heap->current_usage);
    put_field(stream, ", PEAK ", heap->peak_usage);
    put_field(stream, ", ALLOCS ", heap->alloc_count);
    ch_stream_line_end(stream);
    for (size_t i = 0; heap->alloc_stat != NULL && i < heap->alloc_count; i++) {
        ch_text_str(&stream->text, "        ALLOC ");
        ch_text_ptr(&stream->text, heap->alloc_stat[i].address);
        put_field(stream, ", SIZE ", heap->alloc_stat[i].size);
        ch_stream_line_end(stream);
    }
}

static void
put_table(struct ch_stream *stream, const task_stat_t *tasks, size_t n)
{
    put_head(stream);
    for (size_t i = 0; i < n; i++) {
        put_task(stream, &tasks[i]);
    }
    put_rule(stream, &(struct rule){"└", "┴", "┘"});
}

/* Each task's line and below the table what it has in each heap. */
static void
put_lists(struct ch_stream *stream, const task_stat_t *tasks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ch_text_str(&stream->text, "TASK ");
        ch_text_str(&stream->text, tasks[i].name);
        put_field(stream, ": CURRENT ", tasks[i].overall_current_usage);
        put_field(stream, ", PEAK ", tasks[i].overall_peak_usage);
        ch_stream_line_end(stream);
        for (size_t j = 0; j < tasks[i].heap_count; j++) {
            put_heap(stream, &tasks[i].heap_stat[j]);
        }
    }
}

static void
print(FILE *file, const struct ch_task_want *want)
{
    heap_all_tasks_stat_t stat;
    struct ch_stream stream;

    if (file == NULL || ch_task_info_take(&stat, want) != ESP_OK) {
        return;
    }
    ch_stream_begin(&stream, file);
    put_table(&stream, stat.stat_arr, stat.task_count);
    if (want->has_blocks) {
        put_lists(&stream, stat.stat_arr, stat.task_count);
    }
    ch_stream_end(&stream);
    heap_caps_free_all_task_stat_arrays(&stat);
}

CH_API void
heap_caps_print_all_task_stat(FILE *stream)
{
    print(stream, &(struct ch_task_want){.is_all = true, .has_blocks = true});
}

CH_API void
heap_caps_print_all_task_stat_overview(FILE *stream)
{
    print(stream, &(struct ch_task_want){.is_all = true});
}

CH_API void
heap_caps_print_single_task_stat(FILE *stream, TaskHandle_t task_handle)
{
    print(stream,
        &(struct ch_task_want){.task = task_handle, .has_blocks = true});
}

CH_API void
heap_caps_print_single_task_stat_overview(
    FILE *stream, TaskHandle_t task_handle)
{
    print(stream, &(struct ch_task_want){.task = task_handle});
}
