/* SPDX-License-Identifier: MIT */
/**
 * esp_heap_task_info.h - who holds how much memory.
 *
 * A task is a thread, and its handle what pthread_self(3) gives there.  Without
 * FreeRTOS's headers a TaskHandle_t is a pointer to a type that nobody sees;
 * NULL is the calling thread where a task is asked for, and nobody known where
 * one is told: who allocated before counting began.
 *
 * Counting begins with the first call of one of these functions; with the
 * option task_tracking=1 it begins with the program.  Sizes are those of whole
 * blocks, with what poisoning and rounding add.
 *
 * @source  ESP-IDF components/heap/include/esp_heap_task_info.h (4.4 and 5.5).
 *          Different: a task is a thread, its name that of
 *          pthread_setname_np(3)
 */
#ifndef CAPHEAP_ESP_IDF_ESP_HEAP_TASK_INFO_H
#define CAPHEAP_ESP_IDF_ESP_HEAP_TASK_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "esp_err.h"
#include "sdkconfig.h"

/* FreeRTOS's own type where it can be had: its headers define INC_TASK_H. */
#if defined __has_include
# if __has_include("freertos/FreeRTOS.h") && __has_include("freertos/task.h")
#  include "freertos/FreeRTOS.h"
#  include "freertos/task.h"
#  define CAPHEAP_HAS_TASK_HANDLE
# endif
#endif
#if !defined INC_TASK_H && !defined CAPHEAP_HAS_TASK_HANDLE
# define CAPHEAP_HAS_TASK_HANDLE
struct tskTaskControlBlock;
typedef struct tskTaskControlBlock *TaskHandle_t;
#endif
#ifndef configMAX_TASK_NAME_LEN
# define configMAX_TASK_NAME_LEN 16
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** How many kinds of memory heap_caps_get_per_task_info() tells apart. */
#define NUM_HEAP_TASK_CAPS 4

/** What one task holds of each kind. */
typedef struct {
    TaskHandle_t task;
    size_t size[NUM_HEAP_TASK_CAPS];  /**< bytes */
    size_t count[NUM_HEAP_TASK_CAPS]; /**< blocks */
} heap_task_totals_t;

/** One block. */
typedef struct {
    TaskHandle_t task; /**< who allocated it */
    void *address;
    uint32_t size; /**< bytes */
} heap_task_block_t;

/** What heap_caps_get_per_task_info() is asked, and where it answers. */
typedef struct {
    /** A block is of kind i if its region's capabilities, masked with mask[i],
        are caps[i]; the first kind that fits holds. */
    int32_t caps[NUM_HEAP_TASK_CAPS];
    int32_t mask[NUM_HEAP_TASK_CAPS];
    TaskHandle_t *tasks;        /**< tasks whose blocks are told; NULL: all */
    size_t num_tasks;           /**< how many stand at `tasks` */
    heap_task_totals_t *totals; /**< NULL: not wanted */
    size_t *num_totals;         /**< in and out: how many are in use */
    size_t max_totals;          /**< how many fit */
    heap_task_block_t *blocks;  /**< NULL: not wanted */
    size_t max_blocks;          /**< how many fit */
} heap_task_info_params_t;

/** What one task holds and held in one heap. */
typedef struct {
    const char *name; /**< of the region; static */
    uint32_t caps;    /**< all its capabilities */
    size_t size;      /**< bytes of the region */
    size_t current_usage;
    size_t peak_usage;
    size_t alloc_count;            /**< blocks now */
    heap_task_block_t *alloc_stat; /**< that many of alloc_stat_start's */
} heap_stat_t;

/** What one task holds and held. */
typedef struct {
    char name[configMAX_TASK_NAME_LEN];
    TaskHandle_t handle;
    bool is_alive; /**< false: the thread has ended */
    size_t overall_peak_usage;
    size_t overall_current_usage;
    size_t heap_count;      /**< heaps that it has used */
    heap_stat_t *heap_stat; /**< that many of heap_stat_start's */
} task_stat_t;

/** One task with its arrays, which the caller owns. */
typedef struct {
    task_stat_t stat;
    size_t heap_count; /**< room of heap_stat_start */
    heap_stat_t *heap_stat_start;
    size_t alloc_count; /**< room of alloc_stat_start */
    heap_task_block_t *alloc_stat_start;
} heap_single_task_stat_t;

/** All tasks with their arrays, which the caller owns. */
typedef struct {
    size_t task_count; /**< in: room of stat_arr; out: in use */
    task_stat_t *stat_arr;
    size_t heap_count; /**< the same of heap_stat_start */
    heap_stat_t *heap_stat_start;
    size_t alloc_count; /**< the same of alloc_stat_start */
    heap_task_block_t *alloc_stat_start;
} heap_all_tasks_stat_t;

/**
 * Sums up the blocks of tasks, and lists them.
 *
 * @param params  what is asked; `totals` are added to: set *num_totals to 0
 *                before the first call
 * @return   blocks written to params->blocks
 * @threads  safe from any thread; blocks that come and go meanwhile may be
 *           told or not
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_task_info.c
 */
size_t heap_caps_get_per_task_info(heap_task_info_params_t *params);

/**
 * Tells what all tasks hold and held.
 *
 * @param tasks_stat  arrays and their sizes; sizes in use come back
 * @return   ESP_OK; ESP_ERR_INVALID_ARG for NULL arrays
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 * @see      heap_caps_alloc_all_task_stat_arrays()
 */
esp_err_t heap_caps_get_all_task_stat(heap_all_tasks_stat_t *tasks_stat);

/**
 * Tells what one task holds and held.
 *
 * @param task_stat   arrays and their sizes
 * @param task_handle the task; NULL: the calling thread
 * @return   ESP_OK; ESP_ERR_INVALID_ARG for NULL arrays; ESP_FAIL when there is
 *           no such task
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 * @see      heap_caps_alloc_single_task_stat_arrays()
 */
esp_err_t heap_caps_get_single_task_stat(
    heap_single_task_stat_t *task_stat, TaskHandle_t task_handle);

/**
 * Prints what every task holds and held, block by block.
 *
 * @param stream  where to
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 */
void heap_caps_print_all_task_stat(FILE *stream);

/**
 * Prints a table with one line a task.
 *
 * @param stream  where to
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 */
void heap_caps_print_all_task_stat_overview(FILE *stream);

/**
 * Prints what one task holds and held, block by block.
 *
 * @param stream       where to
 * @param task_handle  the task; NULL: the calling thread
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 */
void heap_caps_print_single_task_stat(FILE *stream, TaskHandle_t task_handle);

/**
 * Prints one task's line of the table.
 *
 * @param stream       where to
 * @param task_handle  the task; NULL: the calling thread
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 */
void heap_caps_print_single_task_stat_overview(
    FILE *stream, TaskHandle_t task_handle);

/**
 * Allocates arrays as large as heap_caps_get_single_task_stat() needs now.
 *
 * @param task_stat    gets the arrays and their sizes
 * @param task_handle  the task; NULL: the calling thread
 * @return   ESP_OK; ESP_ERR_INVALID_ARG for NULL; ESP_FAIL when there is no
 *           such task; ESP_ERR_NO_MEM
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 */
esp_err_t heap_caps_alloc_single_task_stat_arrays(
    heap_single_task_stat_t *task_stat, TaskHandle_t task_handle);

/**
 * Frees the arrays of heap_caps_alloc_single_task_stat_arrays().
 *
 * @param task_stat  what that function filled
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 */
void heap_caps_free_single_task_stat_arrays(heap_single_task_stat_t *task_stat);

/**
 * Allocates arrays as large as heap_caps_get_all_task_stat() needs now.
 *
 * @param tasks_stat  gets the arrays and their sizes
 * @return   ESP_OK; ESP_ERR_INVALID_ARG for NULL; ESP_ERR_NO_MEM
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 */
esp_err_t heap_caps_alloc_all_task_stat_arrays(
    heap_all_tasks_stat_t *tasks_stat);

/**
 * Frees the arrays of heap_caps_alloc_all_task_stat_arrays().
 *
 * @param tasks_stat  what that function filled
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5.5 components/heap/heap_task_info.c
 */
void heap_caps_free_all_task_stat_arrays(heap_all_tasks_stat_t *tasks_stat);

#ifdef __cplusplus
}
#endif

#endif
