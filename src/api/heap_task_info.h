/* SPDX-License-Identifier: MIT */
/*
 * heap_task_info.h - statistics of tasks with arrays of the library's making.
 */
#ifndef CH_API_HEAP_TASK_INFO_H
#define CH_API_HEAP_TASK_INFO_H

#include <stdbool.h>

#include "capheap/esp-idf/esp_heap_task_info.h"

/* What of it is wanted. */
struct ch_task_want {
    bool is_all; /* every task, else `task` */
    TaskHandle_t task;
    bool has_blocks;
};

/* Makes the arrays and fills them.  Give them back with
   heap_caps_free_all_task_stat_arrays(). */
esp_err_t ch_task_info_take(
    heap_all_tasks_stat_t *stat, const struct ch_task_want *want);

#endif
