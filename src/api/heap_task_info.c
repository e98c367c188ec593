/* SPDX-License-Identifier: MIT */
/*
 * heap_task_info.c - ESP-IDF's statistics of tasks; see esp_heap_task_info.h.
 *
 * Tracking begins with the first call of any of these functions, or with the
 * option task_tracking when the library is loaded; blocks from before are
 * those of a task without a handle.
 *
 * Arrays that the library makes are host memory, which no device bounds, and
 * not reported to listeners, so that asking does not change the answer.
 *
 * Source: ESP-IDF 4.4 and 5.5, components/heap/heap_task_info.c.  Differences:
 * a task is a thread; sizes are those of whole blocks under every poisoning;
 * tracking costs no memory of the heap that it looks at; blocks are listed by
 * ascending address; a task that has ended without a block is forgotten when
 * many have.
 */
#include "api/heap_task_info.h"

#include "base/arith.h"
#include "base/attrs.h"
#include "base/text.h"
#include "diag/task_stat.h"
#include "front/place.h"
#include "front/plain.h"
#include "front/route.h"
#include "front/start.h"
#include "sync/hook.h"

__attribute__((constructor)) static void
begin_if_asked(void)
{
    if (ch_start() && ch_start_options()->task_tracking) {
        (void)!ch_task_stat_begin();
    }
}

static uint32_t
caps_of(const struct ch_place *place)
{
    const uint32_t *caps;

    if (place == NULL) {
        return 0;
    }
    caps = ch_place_caps(place);
    return caps[0] | caps[1] | caps[2];
}

/* ---- blocks in order ----------------------------------------------------- */

/* Lets the block at i sink to where the heap of the first n has it. */
static void
sink(heap_task_block_t *blocks, size_t i, size_t n)
{
    heap_task_block_t block = blocks[i];
    size_t child;

    while ((child = 2 * i + 1) < n) {
        if (child + 1 < n
            && blocks[child].address < blocks[child + 1].address) {
            child++;
        }
        if (block.address >= blocks[child].address) {
            break;
        }
        blocks[i] = blocks[child];
        i = child;
    }
    blocks[i] = block;
}

/* Heapsort: libc's may allocate. */
static void
sort_blocks(heap_task_block_t *blocks, size_t n)
{
    for (size_t i = n / 2; i > 0; i--) {
        sink(blocks, i - 1, n);
    }
    for (size_t i = n; i > 1; i--) {
        heap_task_block_t last = blocks[i - 1];

        blocks[i - 1] = blocks[0];
        blocks[0] = last;
        sink(blocks, 0, i - 1);
    }
}

static heap_task_block_t
block_from(const struct ch_block_entry *entry)
{
    return (heap_task_block_t){
        .task = ch_task_block_part(entry)->task->handle,
        .address = (void *)(uintptr_t)entry->p,
        .size = (uint32_t)ch_min_size(entry->size, UINT32_MAX),
    };
}

/* ---- the statistics of 4.4 ----------------------------------------------- */

/* The kind of memory that a place is; NUM_HEAP_TASK_CAPS: none asked for. */
static unsigned
kind_of(const heap_task_info_params_t *params, const struct ch_place *place)
{
    uint32_t caps = caps_of(place);
    unsigned kind = 0;

    while (kind < NUM_HEAP_TASK_CAPS
           && (caps & (uint32_t)params->mask[kind])
                  != (uint32_t)params->caps[kind]) {
        kind++;
    }
    return kind;
}

/* The totals of a task, new ones if there is room for them; NULL: none. */
static heap_task_totals_t *
totals_of(const heap_task_info_params_t *params, TaskHandle_t task)
{
    size_t i = 0;

    while (i < *params->num_totals && params->totals[i].task != task) {
        i++;
    }
    if (i == *params->num_totals) {
        if (i >= params->max_totals) {
            return NULL;
        }
        params->totals[i] = (heap_task_totals_t){.task = task};
        ++*params->num_totals;
    }
    return &params->totals[i];
}

static void
add_to_totals(const heap_task_info_params_t *params,
    const struct ch_block_entry *entry, unsigned kind)
{
    heap_task_totals_t *totals =
        totals_of(params, ch_task_block_part(entry)->task->handle);

    if (totals != NULL) {
        totals->size[kind] += entry->size;
        totals->count[kind]++;
    }
}

static bool
is_asked_for(const heap_task_info_params_t *params, TaskHandle_t task)
{
    if (params->tasks == NULL) {
        return true;
    }
    for (size_t i = 0; i < params->num_tasks; i++) {
        if (params->tasks[i] == task) {
            return true;
        }
    }
    return false;
}

/* Tasks that the caller put there keep their places and begin at 0. */
static void
clear_totals(const heap_task_info_params_t *params)
{
    for (size_t i = 0; i < *params->num_totals; i++) {
        params->totals[i] =
            (heap_task_totals_t){.task = params->totals[i].task};
    }
}

static size_t
sum_up_locked(const heap_task_info_params_t *params)
{
    bool has_totals = params->totals != NULL && params->num_totals != NULL;
    size_t room = params->blocks != NULL ? params->max_blocks : 0;
    const struct ch_block_entry *e = NULL;
    size_t n = 0;

    if (has_totals) {
        clear_totals(params);
    }
    while ((e = ch_task_block_next(e)) != NULL) {
        const struct ch_task_part *part = ch_task_block_part(e);
        unsigned kind = kind_of(params, part->place);

        if (kind == NUM_HEAP_TASK_CAPS) {
            continue;
        }
        if (has_totals) {
            add_to_totals(params, e, kind);
        }
        if (n < room && is_asked_for(params, part->task->handle)) {
            params->blocks[n++] = block_from(e);
        }
    }
    return n;
}

CH_API size_t
heap_caps_get_per_task_info(heap_task_info_params_t *params)
{
    size_t n;

    if (params == NULL || ch_task_stat_begin() != 0) {
        return 0;
    }
    ch_task_stat_lock();
    n = sum_up_locked(params);
    ch_task_stat_unlock();
    sort_blocks(params->blocks, n);
    return n;
}

/* ---- the statistics of 5.5 ----------------------------------------------- */

/* The arrays, how many of each have room, and how many are in use. */
struct arrays {
    task_stat_t *tasks;
    heap_stat_t *heaps;
    heap_task_block_t *blocks;
    size_t tasks_max;
    size_t heaps_max;
    size_t blocks_max;
    size_t n_tasks;
    size_t n_heaps;
    size_t n_blocks;
};

static bool
are_sound(const struct arrays *to)
{
    return (to->tasks != NULL || to->tasks_max == 0)
           && (to->heaps != NULL || to->heaps_max == 0)
           && (to->blocks != NULL || to->blocks_max == 0);
}

/* Sets a part of the blocks' array aside, as much as there is; without one the
   count is told alone. */
static void
put_heap(struct arrays *to, struct ch_task_part *part)
{
    size_t n = ch_min_size(part->n_blocks, to->blocks_max - to->n_blocks);
    heap_stat_t *heap = &to->heaps[to->n_heaps++];

    *heap = (heap_stat_t){
        .name = part->place != NULL ? ch_place_name(part->place) : "host",
        .caps = caps_of(part->place),
        .size = part->place != NULL ? ch_place_total(part->place) : 0,
        .current_usage = part->current,
        .peak_usage = part->peak,
        .alloc_count = to->blocks != NULL ? n : part->n_blocks,
        .alloc_stat = to->blocks != NULL ? to->blocks + to->n_blocks : NULL,
    };
    part->at = to->n_blocks;
    part->end = to->n_blocks + n;
    to->n_blocks += n;
}

static void
put_task(struct arrays *to, const struct ch_task *task)
{
    task_stat_t *stat = &to->tasks[to->n_tasks++];
    struct ch_task_part *part = task->parts;
    struct ch_text name;

    *stat = (task_stat_t){
        .handle = task->handle,
        .is_alive = task->is_alive,
        .overall_peak_usage = task->peak,
        .overall_current_usage = task->current,
        .heap_count = task->n_parts,
        .heap_stat = to->heaps != NULL ? to->heaps + to->n_heaps : NULL,
    };
    ch_text_init(&name, stat->name, sizeof stat->name);
    ch_text_str(&name, task->name);
    if (to->heaps == NULL) {
        return;
    }
    for (; part != NULL && to->n_heaps < to->heaps_max; part = part->next) {
        put_heap(to, part);
    }
    stat->heap_count = (size_t)(to->heaps + to->n_heaps - stat->heap_stat);
}

/* A block goes to where put_heap() set room aside for its part. */
static void
put_blocks(struct arrays *to)
{
    const struct ch_block_entry *e = NULL;

    while (to->n_blocks != 0 && (e = ch_task_block_next(e)) != NULL) {
        struct ch_task_part *part = ch_task_block_part(e);

        if (part->at < part->end) {
            to->blocks[part->at++] = block_from(e);
        }
    }
}

/* Parts that are not asked for have no room. */
static void
forget_room(void)
{
    const struct ch_task *task = NULL;

    while ((task = ch_task_next(task)) != NULL) {
        for (struct ch_task_part *p = task->parts; p != NULL; p = p->next) {
            p->at = 0;
            p->end = 0;
        }
    }
}

static void
sort_all(const struct arrays *to)
{
    for (size_t i = 0; to->blocks != NULL && i < to->n_heaps; i++) {
        sort_blocks(to->heaps[i].alloc_stat, to->heaps[i].alloc_count);
    }
}

static esp_err_t
fill_locked(struct arrays *to, const struct ch_task_want *want)
{
    const struct ch_task *task;

    forget_room();
    if (want->is_all) {
        for (task = ch_task_next(NULL);
             task != NULL && to->n_tasks < to->tasks_max;
             task = ch_task_next(task)) {
            put_task(to, task);
        }
    } else {
        task = ch_task_find(want->task);
        if (task == NULL) {
            return ESP_FAIL;
        }
        put_task(to, task);
    }
    put_blocks(to);
    return ESP_OK;
}

static esp_err_t
fill(struct arrays *to, const struct ch_task_want *want)
{
    esp_err_t err;

    if (!are_sound(to)) {
        return ESP_ERR_INVALID_ARG;
    }
    if (ch_task_stat_begin() != 0) {
        return ESP_FAIL;
    }
    ch_task_stat_lock();
    err = fill_locked(to, want);
    ch_task_stat_unlock();
    if (err == ESP_OK) {
        sort_all(to);
    }
    return err;
}

static esp_err_t
fill_all(heap_all_tasks_stat_t *stat, const struct ch_task_want *want)
{
    struct arrays to = {
        .tasks = stat->stat_arr,
        .heaps = stat->heap_stat_start,
        .blocks = stat->alloc_stat_start,
        .tasks_max = stat->task_count,
        .heaps_max = stat->heap_count,
        .blocks_max = stat->alloc_count,
    };
    esp_err_t err = fill(&to, want);

    if (err == ESP_OK) {
        stat->task_count = to.n_tasks;
        stat->heap_count = to.n_heaps;
        stat->alloc_count = to.n_blocks;
    }
    return err;
}

CH_API esp_err_t
heap_caps_get_all_task_stat(heap_all_tasks_stat_t *tasks_stat)
{
    const struct ch_task_want want = {.is_all = true};

    return tasks_stat != NULL ? fill_all(tasks_stat, &want)
                              : ESP_ERR_INVALID_ARG;
}

CH_API esp_err_t
heap_caps_get_single_task_stat(
    heap_single_task_stat_t *task_stat, TaskHandle_t task_handle)
{
    const struct ch_task_want want = {.task = task_handle};
    heap_all_tasks_stat_t all = {.task_count = 1};
    esp_err_t err;

    if (task_stat == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    all.stat_arr = &task_stat->stat;
    all.heap_count = task_stat->heap_count;
    all.heap_stat_start = task_stat->heap_stat_start;
    all.alloc_count = task_stat->alloc_count;
    all.alloc_stat_start = task_stat->alloc_stat_start;
    err = fill_all(&all, &want);
    if (err == ESP_OK) {
        task_stat->heap_count = all.heap_count;
        task_stat->alloc_count = all.alloc_count;
    }
    return err;
}

/* ---- arrays of the library's making -------------------------------------- */

/* How many tasks, parts and blocks there are; their room alone is filled. */
static esp_err_t
count(struct arrays *to, const struct ch_task_want *want)
{
    const struct ch_task *task;

    if (ch_task_stat_begin() != 0) {
        return ESP_FAIL;
    }
    ch_task_stat_lock();
    task = want->is_all ? ch_task_next(NULL) : ch_task_find(want->task);
    for (; task != NULL; task = want->is_all ? ch_task_next(task) : NULL) {
        to->tasks_max++;
        to->heaps_max += task->n_parts;
        to->blocks_max += task->n_blocks;
    }
    ch_task_stat_unlock();
    return to->tasks_max != 0 || want->is_all ? ESP_OK : ESP_FAIL;
}

/* Zeroed; never of no bytes, so that NULL is want of memory. */
static void *
new_array(size_t n, size_t size)
{
    return ch_plain_alloc_zeroed(ch_max_size(n, 1) * size);
}

static void
delete_array(void *p)
{
    ch_hooks_mute();
    ch_route_free(p, "heap_caps_free_task_stat_arrays");
    ch_hooks_unmute();
}

CH_API void
heap_caps_free_all_task_stat_arrays(heap_all_tasks_stat_t *tasks_stat)
{
    if (tasks_stat == NULL) {
        return;
    }
    delete_array(tasks_stat->stat_arr);
    delete_array(tasks_stat->heap_stat_start);
    delete_array(tasks_stat->alloc_stat_start);
    *tasks_stat = (heap_all_tasks_stat_t){.task_count = 0};
}

static esp_err_t
make_arrays(heap_all_tasks_stat_t *stat, const struct ch_task_want *want)
{
    struct arrays to = {.n_tasks = 0};
    esp_err_t err = count(&to, want);

    if (err != ESP_OK) {
        return err;
    }
    *stat = (heap_all_tasks_stat_t){
        .task_count = to.tasks_max,
        .stat_arr = new_array(to.tasks_max, sizeof *stat->stat_arr),
        .heap_count = to.heaps_max,
        .heap_stat_start =
            new_array(to.heaps_max, sizeof *stat->heap_stat_start),
    };
    if (want->has_blocks) {
        stat->alloc_count = to.blocks_max;
        stat->alloc_stat_start =
            new_array(to.blocks_max, sizeof *stat->alloc_stat_start);
    }
    if (stat->stat_arr == NULL || stat->heap_stat_start == NULL
        || (want->has_blocks && stat->alloc_stat_start == NULL)) {
        heap_caps_free_all_task_stat_arrays(stat);
        return ESP_ERR_NO_MEM;
    }
    return ESP_OK;
}

esp_err_t
ch_task_info_take(heap_all_tasks_stat_t *stat, const struct ch_task_want *want)
{
    esp_err_t err = make_arrays(stat, want);

    if (err == ESP_OK) {
        err = fill_all(stat, want);
        if (err != ESP_OK) {
            heap_caps_free_all_task_stat_arrays(stat);
        }
    }
    return err;
}

CH_API esp_err_t
heap_caps_alloc_all_task_stat_arrays(heap_all_tasks_stat_t *tasks_stat)
{
    const struct ch_task_want want = {.is_all = true, .has_blocks = true};

    return tasks_stat != NULL ? make_arrays(tasks_stat, &want)
                              : ESP_ERR_INVALID_ARG;
}

CH_API esp_err_t
heap_caps_alloc_single_task_stat_arrays(
    heap_single_task_stat_t *task_stat, TaskHandle_t task_handle)
{
    const struct ch_task_want want = {.task = task_handle, .has_blocks = true};
    heap_all_tasks_stat_t all;
    esp_err_t err;

    if (task_stat == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    err = make_arrays(&all, &want);
    if (err != ESP_OK) {
        return err;
    }
    delete_array(all.stat_arr);
    *task_stat = (heap_single_task_stat_t){
        .heap_count = all.heap_count,
        .heap_stat_start = all.heap_stat_start,
        .alloc_count = all.alloc_count,
        .alloc_stat_start = all.alloc_stat_start,
    };
    return ESP_OK;
}

CH_API void
heap_caps_free_single_task_stat_arrays(heap_single_task_stat_t *task_stat)
{
    if (task_stat == NULL) {
        return;
    }
    delete_array(task_stat->heap_stat_start);
    delete_array(task_stat->alloc_stat_start);
    *task_stat = (heap_single_task_stat_t){.heap_count = 0};
}
