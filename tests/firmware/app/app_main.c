/* SPDX-License-Identifier: MIT */
/*
 * app_main.c - a weather station with a camera.
 *
 * A firmware as others are, written for ESP-IDF alone: it takes each kind of
 * memory that a chip has, makes do with less where there is none of it, and
 * tells what it got.
 */
#include "app_main.h"

#include <stdio.h>

#include "camera.h"
#include "crc.h"
#include "esp_heap_caps.h"
#include "esp_heap_trace.h"
#include "history.h"
#include "plugin.h"
#include "sdkconfig.h"
#include "sensor.h"
#include "status.h"
#include "storm.h"

/* With external RAM: what malloc() keeps inside. */
#define INTERNAL_UP_TO 512
#define N_RECORDS      256

/* What is kept over a deep sleep, and what is there when that is not so. */
struct boot_record {
    uint32_t n_boots;
    uint32_t hours;
};

struct figures {
    size_t bytes;      /* free ones of memory for bytes */
    size_t executable; /* free ones of executable memory */
    size_t external;   /* free ones of external memory */
    size_t allocated;  /* bytes in blocks of any memory */
};

static heap_trace_record_t records[N_RECORDS];

static struct figures
figures_now(void)
{
    multi_heap_info_t all;

    heap_caps_get_info(&all, 0);
    return (struct figures){
        .bytes = heap_caps_get_free_size(MALLOC_CAP_8BIT),
        .executable = heap_caps_get_free_size(MALLOC_CAP_EXEC),
        .external = heap_caps_get_free_size(MALLOC_CAP_SPIRAM),
        .allocated = all.total_allocated_bytes,
    };
}

static void
say_figures(const char *when, const struct figures *figures)
{
    printf("%-9s free 8BIT %zu, EXEC %zu, SPIRAM %zu; largest 8BIT %zu\n", when,
        figures->bytes, figures->executable, figures->external,
        heap_caps_get_largest_free_block(MALLOC_CAP_8BIT));
}

/* ---- the parts ----------------------------------------------------------- */

static void
use_external_memory(void)
{
    if (heap_caps_get_total_size(MALLOC_CAP_SPIRAM) > 0) {
        heap_caps_malloc_extmem_enable(INTERNAL_UP_TO);
    }
}

static struct boot_record *
boot_record_create(void)
{
    struct boot_record *record = heap_caps_calloc_prefer(
        1, sizeof *record, 2, MALLOC_CAP_RTCRAM, MALLOC_CAP_8BIT);

    if (record == NULL) {
        status_problem("no memory for the boot record");
        return NULL;
    }
    status_expect(record->n_boots == 0, "the boot record is not zeroed");
    record->n_boots++;
    printf("boot      record at %p, refused %u\n", (void *)record,
        status_refusals());
    return record;
}

/* What the tasks allocate they free, and the trace is there to tell. */
static void
run_sensor(void)
{
    const uint32_t *table = crc_table_create();

    if (table == NULL) {
        status_problem("no memory for the table of checksums");
        return;
    }
    printf("crc       table at %p\n", (const void *)table);
    ESP_ERROR_CHECK(heap_trace_init_standalone(records, N_RECORDS));
    ESP_ERROR_CHECK(heap_trace_start(HEAP_TRACE_LEAKS));
    sensor_run(table);
    ESP_ERROR_CHECK(heap_trace_stop());
    printf("trace     %zu blocks left by the tasks\n", heap_trace_get_count());
    if (heap_trace_get_count() != 0) {
        status_problem("blocks are left");
        heap_trace_dump();
    }
    crc_table_destroy(table);
}

/* Memory at its fullest. */
static void
run_full(void)
{
    struct camera *camera = camera_shoot();
    struct hour *history = history_fill();

    status_expect(camera != NULL, "no memory for a picture");
    heap_caps_print_heap_info(MALLOC_CAP_8BIT);
    status_expect(heap_caps_check_integrity_all(true), "a corrupt heap");
    history_destroy(history);
    if (camera != NULL) {
        camera_destroy(camera);
    }
    status_refusals();
}

/* ---- the whole ----------------------------------------------------------- */

void
app_main(void)
{
    struct figures at_start;
    struct figures at_end;
    struct boot_record *record;

    printf("station   is up\n");
    status_watch_heap();
    at_start = figures_now();
    say_figures("start", &at_start);
    use_external_memory();
    record = boot_record_create();
    run_sensor();
    plugin_run();
    run_full();
    storm_run();
    heap_caps_free(record);
    status_expect(heap_caps_check_integrity_all(true), "a corrupt heap");
    at_end = figures_now();
    say_figures("end", &at_end);
    if (at_end.allocated == at_start.allocated) {
        printf("leaked    nothing\n");
    } else {
        status_problem("not all has been freed");
    }
}
