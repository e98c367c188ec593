/* SPDX-License-Identifier: MIT */
/**
 * esp_heap_trace.h - records of allocations, in a buffer of the caller's.
 *
 * Every block that heap_caps or malloc(3) allocates while tracing runs gets one
 * record, but for what libc allocates for itself beside a device's memory.
 * heap_trace_init_standalone() chooses where records are kept.
 *
 * How many return addresses a record has is the application's choice:
 * CONFIG_HEAP_TRACING_STACK_DEPTH, 0 to 32, from sdkconfig.h or the compiler's
 * command line.  The functions that take records are therefore inline: they
 * hand the size of a record and the depth over to the library.  All parts of
 * one program that pass records to each other must agree on the depth.
 *
 * @source  ESP-IDF components/heap/include/esp_heap_trace.h.  Different: the
 *          list links at the end of a record have no documented names;
 *          tracing to a host is not supported.
 */
#ifndef CAPHEAP_ESP_IDF_ESP_HEAP_TRACE_H
#define CAPHEAP_ESP_IDF_ESP_HEAP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "sdkconfig.h"

#ifndef CONFIG_HEAP_TRACING_STACK_DEPTH
# define CONFIG_HEAP_TRACING_STACK_DEPTH 0
#endif
#if CONFIG_HEAP_TRACING_STACK_DEPTH < 0 || CONFIG_HEAP_TRACING_STACK_DEPTH > 32
# error "CONFIG_HEAP_TRACING_STACK_DEPTH must be 0 to 32"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What becomes of a record when its block is freed. */
typedef enum {
    HEAP_TRACE_ALL,   /**< it stays and is marked */
    HEAP_TRACE_LEAKS, /**< it goes: what is left was not freed */
} heap_trace_mode_t;

/* With a depth of 0 the record has arrays of no elements, which ISO C does not
   know and GNU C does. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

/** One allocation. */
typedef struct heap_trace_record_t {
    uint32_t ccount; /**< when: low bits of nanoseconds; bit 0 tells the
                        processor.  On a device it counts cycles */
    void *address;   /**< the block */
    size_t size;     /**< bytes that were asked for */
    bool freed;      /**< HEAP_TRACE_ALL: the block was freed */
    /** Return addresses of the allocating call, innermost first, then NULL. */
    void *alloced_by[CONFIG_HEAP_TRACING_STACK_DEPTH];
    /** Those of the freeing call; all NULL while the block lives. */
    void *freed_by[CONFIG_HEAP_TRACING_STACK_DEPTH];
    void *capheap_links[3]; /**< the library's own */
} heap_trace_record_t;

#pragma GCC diagnostic pop

/** What has been recorded since heap_trace_start(). */
typedef struct {
    heap_trace_mode_t mode;
    size_t total_allocations; /**< allocations seen */
    size_t total_frees;       /**< frees of recorded blocks */
    size_t count;             /**< records now */
    size_t capacity;          /**< records that the buffer holds */
    size_t high_water_mark;   /**< most records at any time */
    size_t has_overflowed;    /**< not 0: the oldest records were dropped */
} heap_trace_summary_t;

/* What the inline functions below call; not for programs. */
esp_err_t capheap_heap_trace_init_standalone(
    void *records, size_t n_records, size_t record_size, size_t stack_depth);
esp_err_t capheap_heap_trace_get(
    size_t index, void *record, size_t record_size, size_t stack_depth);

/**
 * Gives tracing a buffer for its records.
 *
 * @param record_buffer  `num_records` records, of the caller's, until another
 *                       buffer is given; need not be zeroed
 * @param num_records    how many; what does not fit drops the oldest
 * @return  ESP_OK; ESP_ERR_INVALID_STATE while tracing runs;
 *          ESP_ERR_INVALID_ARG for NULL or 0
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF components/heap/heap_trace_standalone.c
 */
static inline esp_err_t
heap_trace_init_standalone(
    heap_trace_record_t *record_buffer, size_t num_records)
{
    return capheap_heap_trace_init_standalone(record_buffer, num_records,
        sizeof(heap_trace_record_t), CONFIG_HEAP_TRACING_STACK_DEPTH);
}

/**
 * Would send records to a debugger's host.
 *
 * @return  ESP_ERR_NOT_SUPPORTED
 * @threads safe from any thread
 * @signals async-signal-safe
 * @source  ESP-IDF components/heap/heap_trace_tohost.c.  Different: never
 *          supported
 */
esp_err_t heap_trace_init_tohost(void);

/**
 * Forgets all records and begins to record.  While tracing runs it begins
 * anew, in the mode given.
 *
 * @param mode  what becomes of records when their block is freed
 * @return  ESP_OK; ESP_ERR_INVALID_STATE without a buffer
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF components/heap/heap_trace_standalone.c
 */
esp_err_t heap_trace_start(heap_trace_mode_t mode);

/**
 * Ends recording; the records stay.
 *
 * @return  ESP_OK, also when tracing does not run
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF components/heap/heap_trace_standalone.c; its document says
 *          ESP_ERR_INVALID_STATE when tracing does not run, its code does not
 */
esp_err_t heap_trace_stop(void);

/**
 * Records no more allocations, and still follows frees of recorded blocks.
 *
 * @return  ESP_OK; ESP_ERR_INVALID_STATE when this is so already, or tracing
 *          does not run
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF 5.4 components/heap/heap_trace_standalone.c
 */
esp_err_t heap_trace_alloc_pause(void);

/**
 * Goes on after heap_trace_stop() or heap_trace_alloc_pause(), with the
 * records so far.
 *
 * @return  ESP_OK; ESP_ERR_INVALID_STATE when it runs
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF components/heap/heap_trace_standalone.c
 */
esp_err_t heap_trace_resume(void);

/**
 * Tells how many records there are.
 *
 * @return  records
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF components/heap/heap_trace_standalone.c
 */
size_t heap_trace_get_count(void);

/**
 * Copies one record.
 *
 * @param index   0 is the oldest
 * @param record  to be filled; the caller's
 * @return  ESP_OK; ESP_ERR_INVALID_STATE when `record` is NULL;
 *          ESP_ERR_INVALID_ARG when there is no such record
 * @threads safe from any thread; records may come and go between two calls
 * @signals not async-signal-safe
 * @source  ESP-IDF components/heap/heap_trace_standalone.c
 */
static inline esp_err_t
heap_trace_get(size_t index, heap_trace_record_t *record)
{
    return capheap_heap_trace_get(index, record, sizeof(heap_trace_record_t),
        CONFIG_HEAP_TRACING_STACK_DEPTH);
}

/**
 * Prints all records and a summary to stdout.
 *
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF components/heap/heap_trace_standalone.c
 */
void heap_trace_dump(void);

/**
 * As heap_trace_dump(), for records of blocks in some kinds of memory only.
 *
 * @param caps  MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM, or both
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF 5.1 components/heap/heap_trace_standalone.c
 */
void heap_trace_dump_caps(const uint32_t caps);

/**
 * Tells the figures of the trace.
 *
 * @param summary  to be filled; the caller's
 * @return  ESP_OK; ESP_ERR_INVALID_ARG when `summary` is NULL
 * @threads safe from any thread
 * @signals not async-signal-safe
 * @source  ESP-IDF 5.1 components/heap/heap_trace_standalone.c
 */
esp_err_t heap_trace_summary(heap_trace_summary_t *summary);

#ifdef __cplusplus
}
#endif

#endif
