/* SPDX-License-Identifier: MIT */
/*
 * heap_task_info_test.c - who holds how much, told from what the threads of
 * this test are known to hold.
 */
#include "_cases.h"

#include "esp_heap_caps.h"
#include "esp_heap_task_info.h"

static char text[65536];

#define ME ((TaskHandle_t)pthread_self())

/* ---- a thread that holds blocks ------------------------------------------ */

struct worker {
    pthread_t thread;
    void *p[3]; /* 1000, 2000 and 500 bytes */
    struct unit_step begun;
    struct unit_step over;
};

static void *
work(void *arg)
{
    struct worker *w = arg;

    pthread_setname_np(pthread_self(), "worker");
    w->p[0] = heap_caps_malloc(1000, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    w->p[1] = heap_caps_malloc(2000, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    w->p[2] = malloc(500);
    unit_step_reach(&w->begun);
    unit_step_wait(&w->over, 1);
    return NULL;
}

static void
worker_start(struct worker *w)
{
    memset(w, 0, sizeof *w);
    w->thread = unit_thread_start(work, w);
    unit_step_wait(&w->begun, 1);
}

static void
worker_end(struct worker *w)
{
    unit_step_reach(&w->over);
    pthread_join(w->thread, NULL);
}

/* Lets tracking begin. */
static void
begin(void)
{
    heap_caps_print_single_task_stat_overview(NULL, NULL);
    heap_task_info_params_t params = {.num_totals = NULL};

    CHECK_EQ(heap_caps_get_per_task_info(&params), 0);
}

/* ---- totals by task ------------------------------------------------------ */

#define MAX 64

static heap_task_totals_t totals[MAX];
static heap_task_block_t blocks[4096];
static size_t n_totals;
static size_t n_blocks;

/* All memory is of kind 0, 8-bit memory that is not of kind 1. */
static void
ask(TaskHandle_t *tasks, size_t n_tasks)
{
    heap_task_info_params_t params = {
        .caps = {MALLOC_CAP_SPIRAM, MALLOC_CAP_8BIT, 0, 0},
        .mask = {MALLOC_CAP_SPIRAM, MALLOC_CAP_8BIT, 0, 0},
        .tasks = tasks,
        .num_tasks = n_tasks,
        .totals = totals,
        .num_totals = &n_totals,
        .max_totals = MAX,
        .blocks = blocks,
        .max_blocks = ARRAY_LENGTH(blocks),
    };

    n_blocks = heap_caps_get_per_task_info(&params);
}

static const heap_task_totals_t *
totals_of(TaskHandle_t task)
{
    for (size_t i = 0; i < n_totals; i++) {
        if (totals[i].task == task) {
            return &totals[i];
        }
    }
    return NULL;
}

static const heap_task_block_t *
block_at(const void *p)
{
    for (size_t i = 0; i < n_blocks; i++) {
        if (blocks[i].address == p) {
            return &blocks[i];
        }
    }
    return NULL;
}

static void
test_totals_are_those_of_each_task(void)
{
    static const size_t sizes[3] = {1000, 2000, 500};
    struct worker w;
    TaskHandle_t task;

    begin();
    worker_start(&w);
    task = (TaskHandle_t)w.thread;
    ask(&task, 1);
    CHECK(totals_of(task) != NULL);
    CHECK(totals_of(task)->count[1] + totals_of(task)->count[2] == 3);
    CHECK(totals_of(task)->size[1] >= 3000);
    CHECK_EQ(totals_of(task)->count[0], 0);
    CHECK_EQ(n_blocks, 3);
    for (size_t i = 0; i < 3; i++) {
        CHECK(block_at(w.p[i]) != NULL);
        CHECK(block_at(w.p[i])->task == task);
        CHECK(block_at(w.p[i])->size >= sizes[i]);
        CHECK(block_at(w.p[i])->size < 2 * sizes[i]);
        CHECK(i == 0 || blocks[i].address > blocks[i - 1].address);
    }
    /* Who frees it does not matter. */
    free(w.p[0]);
    ask(&task, 1);
    CHECK_EQ(n_blocks, 2);
    CHECK(block_at(w.p[0]) == NULL);
    worker_end(&w);
}

static void
test_totals_of_ended_task_keep_its_blocks(void)
{
    struct worker w;
    TaskHandle_t task;

    begin();
    worker_start(&w);
    task = (TaskHandle_t)w.thread;
    worker_end(&w);
    ask(&task, 1);
    CHECK_EQ(n_blocks, 3);
    heap_caps_free(w.p[1]);
    ask(&task, 1);
    CHECK_EQ(n_blocks, 2);
}

static void
test_blocks_from_before_are_nobodys(void)
{
    void *before[2] = {malloc(3333), heap_caps_malloc(4444, MALLOC_CAP_8BIT)};
    void *after;
    size_t count;

    begin();
    after = malloc(123);
    ask(NULL, 0);
    CHECK(totals_of(NULL) != NULL);
    CHECK(block_at(before[0]) != NULL && block_at(before[0])->task == NULL);
    CHECK(block_at(before[1]) != NULL && block_at(before[1])->task == NULL);
    CHECK(block_at(before[1])->size >= 4444);
    CHECK(block_at(after) != NULL && block_at(after)->task == ME);
    count = totals_of(NULL)->count[1] + totals_of(NULL)->count[2];
    free(before[0]);
    heap_caps_free(before[1]);
    ask(NULL, 0);
    CHECK(block_at(before[0]) == NULL && block_at(before[1]) == NULL);
    CHECK(totals_of(NULL)->count[1] + totals_of(NULL)->count[2] + 2 == count);
}

static void
test_blocks_beyond_the_room_are_left_out(void)
{
    heap_task_totals_t one[1] = {{.task = (TaskHandle_t)&text}};
    size_t n = 1;
    void *p[4];
    heap_task_info_params_t params = {
        .totals = one,
        .num_totals = &n,
        .max_totals = 1,
        .blocks = blocks,
        .max_blocks = 3,
    };

    begin();
    for (size_t i = 0; i < 4; i++) {
        CHECK((p[i] = malloc(100)) != NULL);
    }
    one[0].count[0] = 99;
    memset(blocks, 0, sizeof blocks);
    CHECK_EQ(heap_caps_get_per_task_info(&params), 3);
    CHECK(blocks[2].address != NULL && blocks[3].address == NULL);
    /* The caller's own row stays, and nobody has such a handle. */
    CHECK_EQ(n, 1);
    CHECK(one[0].task == (TaskHandle_t)&text && one[0].count[0] == 0);
    CHECK_EQ(heap_caps_get_per_task_info(NULL), 0);
}

static void
test_kinds_of_memory_are_told_apart(void)
{
    struct worker w;

    begin();
    worker_start(&w);
    ask(NULL, 0);
    CHECK_EQ(totals_of((TaskHandle_t)w.thread)->count[0], 0);
    CHECK(heap_caps_malloc(5000, MALLOC_CAP_SPIRAM) != NULL);
    ask(NULL, 0);
    CHECK_EQ(totals_of(ME)->count[0], 1);
    CHECK(totals_of(ME)->size[0] >= 5000);
    worker_end(&w);
}

/* ---- statistics by task and heap ----------------------------------------- */

static const task_stat_t *
stat_of(const heap_all_tasks_stat_t *all, TaskHandle_t task)
{
    for (size_t i = 0; i < all->task_count; i++) {
        if (all->stat_arr[i].handle == task) {
            return &all->stat_arr[i];
        }
    }
    return NULL;
}

static void
check_sums(const task_stat_t *task)
{
    size_t current = 0;

    for (size_t i = 0; i < task->heap_count; i++) {
        const heap_stat_t *heap = &task->heap_stat[i];
        size_t sum = 0;

        for (size_t k = 0; k < heap->alloc_count; k++) {
            CHECK(heap->alloc_stat[k].task == task->handle);
            sum += heap->alloc_stat[k].size;
        }
        CHECK_EQ(sum, heap->current_usage);
        CHECK(heap->peak_usage >= heap->current_usage);
        CHECK(heap->name[0] != '\0');
        current += sum;
    }
    CHECK_EQ(current, task->overall_current_usage);
    CHECK(task->overall_peak_usage >= current);
}

static void
test_all_tasks_have_their_heaps_and_blocks(void)
{
    heap_all_tasks_stat_t all;
    const task_stat_t *task;
    struct worker w;

    begin();
    worker_start(&w);
    CHECK_EQ(heap_caps_alloc_all_task_stat_arrays(&all), ESP_OK);
    CHECK_EQ(heap_caps_get_all_task_stat(&all), ESP_OK);
    for (size_t i = 0; i < all.task_count; i++) {
        check_sums(&all.stat_arr[i]);
    }
    task = stat_of(&all, (TaskHandle_t)w.thread);
    CHECK(task != NULL);
    CHECK_STR(task->name, "worker");
    CHECK(task->is_alive);
    CHECK(task->overall_current_usage >= 3500);
    CHECK(task->heap_count >= 1);
    heap_caps_free_all_task_stat_arrays(&all);
    CHECK(all.stat_arr == NULL && all.task_count == 0);
    worker_end(&w);
}

static void
test_ended_task_is_not_alive_and_keeps_its_name(void)
{
    heap_single_task_stat_t one;
    struct worker w;
    TaskHandle_t task;

    begin();
    worker_start(&w);
    task = (TaskHandle_t)w.thread;
    CHECK_EQ(heap_caps_alloc_single_task_stat_arrays(&one, task), ESP_OK);
    CHECK_EQ(heap_caps_get_single_task_stat(&one, task), ESP_OK);
    CHECK(one.stat.is_alive);
    worker_end(&w);
    for (int i = 0; i < 1000 && one.stat.is_alive; i++) {
        usleep(1000);
        CHECK_EQ(heap_caps_get_single_task_stat(&one, task), ESP_OK);
    }
    CHECK(!one.stat.is_alive);
    CHECK_STR(one.stat.name, "worker");
    CHECK_EQ(one.alloc_count, 3);
    check_sums(&one.stat);
    heap_caps_free_single_task_stat_arrays(&one);
    CHECK(one.heap_stat_start == NULL && one.alloc_stat_start == NULL);
}

static heap_single_task_stat_t
my_stat(void)
{
    heap_single_task_stat_t one = {.heap_count = 0};

    CHECK_EQ(heap_caps_get_single_task_stat(&one, NULL), ESP_OK);
    CHECK(one.stat.handle == ME);
    return one;
}

static void
test_peak_stays_where_the_most_was(void)
{
    size_t base;
    size_t peak;
    void *p;

    begin();
    base = my_stat().stat.overall_current_usage;
    p = malloc(30000);
    peak = my_stat().stat.overall_current_usage;
    CHECK(peak - base >= 30000);
    free(p);
    CHECK_EQ(my_stat().stat.overall_current_usage, base);
    CHECK_EQ(my_stat().stat.overall_peak_usage, peak);
    p = malloc(10000);
    CHECK_EQ(my_stat().stat.overall_peak_usage, peak);
    free(p);
}

static void
test_realloc_makes_the_block_the_callers(void)
{
    TaskHandle_t me = ME;
    struct worker w;
    size_t before;
    void *p;

    begin();
    worker_start(&w);
    before = my_stat().stat.overall_current_usage;
    p = heap_caps_realloc(w.p[1], 6000, MALLOC_CAP_8BIT);
    CHECK(p != NULL);
    CHECK(my_stat().stat.overall_current_usage - before >= 6000);
    ask(&me, 1);
    CHECK(block_at(p) != NULL && block_at(p)->task == me);
    worker_end(&w);
}

static void
test_statistics_into_small_arrays_are_cut(void)
{
    heap_stat_t heaps[1];
    heap_task_block_t two[3];
    heap_single_task_stat_t one = {
        .heap_count = 1,
        .heap_stat_start = heaps,
        .alloc_count = 2,
        .alloc_stat_start = two,
    };

    begin();
    for (size_t i = 0; i < 4; i++) {
        CHECK(malloc(64) != NULL);
    }
    memset(two, 0, sizeof two);
    CHECK_EQ(heap_caps_get_single_task_stat(&one, NULL), ESP_OK);
    CHECK_EQ(one.heap_count, 1);
    CHECK_EQ(one.alloc_count, 2);
    CHECK(one.stat.heap_stat == heaps && heaps[0].alloc_stat == two);
    CHECK_EQ(heaps[0].alloc_count, 2);
    CHECK(two[1].address != NULL && two[2].address == NULL);
}

static void
test_arguments_that_are_missing_are_named(void)
{
    heap_all_tasks_stat_t all = {.task_count = 1};
    heap_single_task_stat_t one = {.alloc_count = 1};

    CHECK_EQ(heap_caps_get_all_task_stat(NULL), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_get_all_task_stat(&all), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_get_single_task_stat(NULL, NULL), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_get_single_task_stat(&one, NULL), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_alloc_all_task_stat_arrays(NULL), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_alloc_single_task_stat_arrays(NULL, NULL),
        ESP_ERR_INVALID_ARG);
    one.alloc_count = 0;
    CHECK_EQ(
        heap_caps_get_single_task_stat(&one, (TaskHandle_t)&one), ESP_FAIL);
    CHECK_EQ(heap_caps_alloc_single_task_stat_arrays(&one, (TaskHandle_t)&one),
        ESP_FAIL);
    heap_caps_free_all_task_stat_arrays(NULL);
    heap_caps_free_single_task_stat_arrays(NULL);
}

/* ---- it does not change what it looks at --------------------------------- */

static void
test_asking_leaves_the_heap_as_it_is(void)
{
    size_t free_size;
    heap_all_tasks_stat_t all;

    begin();
    CHECK(malloc(10) != NULL);
    free_size = heap_caps_get_free_size(MALLOC_CAP_8BIT);
    CHECK_EQ(heap_caps_alloc_all_task_stat_arrays(&all), ESP_OK);
    CHECK_EQ(heap_caps_get_all_task_stat(&all), ESP_OK);
    heap_caps_print_all_task_stat(stdout);
    CHECK_EQ(heap_caps_get_free_size(MALLOC_CAP_8BIT), free_size);
    heap_caps_free_all_task_stat_arrays(&all);
    CHECK_EQ(heap_caps_get_free_size(MALLOC_CAP_8BIT), free_size);
}

/* ---- text ---------------------------------------------------------------- */

static const char head[] =
    "┌──────────────────┬─────────┬──────────────────────┬──"
    "─────────────────┬─────────────────┐\n"
    "│ TASK             │ STATUS  │ CURRENT MEMORY USAGE │ PEAK MEMORY USAGE"
    " │ TOTAL HEAP USED │\n"
    "├──────────────────┼─────────┼──────────────────────┼──"
    "─────────────────┼─────────────────┤\n";

static const char foot[] =
    "└──────────────────┴─────────┴──────────────────────┴──"
    "─────────────────┴─────────────────┘\n";

static void
test_overview_is_a_table(void)
{
    struct case_capture capture;
    char row[256];
    heap_single_task_stat_t me;

    begin();
    pthread_setname_np(pthread_self(), "app_main");
    CHECK(malloc(700) != NULL);
    case_capture_begin(&capture, stdout);
    heap_caps_print_single_task_stat_overview(stdout, NULL);
    case_capture_end(&capture, text, sizeof text);
    me = my_stat();
    snprintf(row, sizeof row,
        "│ app_main         │ ALIVE   │ %-20zu │ %-17zu │ %-15zu │\n",
        me.stat.overall_current_usage, me.stat.overall_peak_usage,
        me.stat.heap_count);
    CHECK(strncmp(text, head, strlen(head)) == 0);
    CHECK(strncmp(text + strlen(head), row, strlen(row)) == 0);
    CHECK_STR(text + strlen(head) + strlen(row), foot);
}

static void
test_lists_have_every_block(void)
{
    struct case_capture capture;
    struct worker w;
    char line[64];

    begin();
    worker_start(&w);
    CHECK(malloc(1) != NULL);
    case_capture_begin(&capture, stdout);
    heap_caps_print_all_task_stat(stdout);
    case_capture_end(&capture, text, sizeof text);
    CHECK(strncmp(text, head, strlen(head)) == 0);
    CHECK(strstr(text, foot) != NULL);
    CHECK(strstr(text, "\nTASK worker: CURRENT ") != NULL);
    for (size_t i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "        ALLOC %p, SIZE ", w.p[i]);
        CHECK(strstr(text, line) != NULL);
    }
    case_capture_begin(&capture, stdout);
    heap_caps_print_single_task_stat(stdout, (TaskHandle_t)w.thread);
    case_capture_end(&capture, text, sizeof text);
    CHECK(strstr(text, "│ worker ") != NULL);
    CHECK(strstr(text, line) != NULL);
    case_capture_begin(&capture, stdout);
    heap_caps_print_all_task_stat_overview(stdout);
    case_capture_end(&capture, text, sizeof text);
    CHECK(strstr(text, "│ worker ") != NULL);
    CHECK(strstr(text, "ALLOC") == NULL);
    worker_end(&w);
}

/* ---- many threads -------------------------------------------------------- */

static void *
come_and_go(void *arg)
{
    free(malloc(100));
    return arg;
}

static size_t
count_tasks(void)
{
    heap_all_tasks_stat_t all;
    size_t n;

    CHECK_EQ(heap_caps_alloc_all_task_stat_arrays(&all), ESP_OK);
    n = all.task_count;
    heap_caps_free_all_task_stat_arrays(&all);
    return n;
}

static void
test_threads_that_come_and_go_are_forgotten(void)
{
    begin();
    for (int i = 0; i < 2000; i++) {
        unit_on_thread(come_and_go, NULL);
    }
    CHECK(count_tasks() < 200);
}

static void *
churn(void *arg)
{
    void *p[8] = {NULL};

    for (unsigned i = 0; i < 4000; i++) {
        free(p[i % 8]);
        p[i % 8] = malloc(i % 300 + 1);
    }
    for (unsigned i = 0; i < 8; i++) {
        free(p[i]);
    }
    return arg;
}

static void
test_tracking_that_begins_amid_threads_ends_with_true_figures(void)
{
    heap_all_tasks_stat_t all;
    pthread_t threads[4];

    for (unsigned i = 0; i < 4; i++) {
        threads[i] = unit_thread_start(churn, NULL);
    }
    begin();
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < 4; i++) {
        threads[i] = unit_thread_start(churn, NULL);
    }
    for (unsigned i = 0; i < 100; i++) {
        count_tasks();
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_EQ(heap_caps_alloc_all_task_stat_arrays(&all), ESP_OK);
    CHECK_EQ(heap_caps_get_all_task_stat(&all), ESP_OK);
    for (size_t i = 0; i < all.task_count; i++) {
        check_sums(&all.stat_arr[i]);
        if (all.stat_arr[i].handle != NULL && all.stat_arr[i].handle != ME) {
            /* What libc keeps for a thread, and no more. */
            CHECK(all.stat_arr[i].overall_current_usage < 4096);
        }
    }
    heap_caps_free_all_task_stat_arrays(&all);
}

static void
test_child_of_fork_has_one_thread(void)
{
    heap_all_tasks_stat_t all;
    struct worker w;
    int status;
    pid_t pid;

    begin();
    worker_start(&w);
    CHECK(malloc(5) != NULL);
    pid = fork();
    if (pid == 0) {
        alarm(10);
        CHECK_EQ(heap_caps_alloc_all_task_stat_arrays(&all), ESP_OK);
        CHECK_EQ(heap_caps_get_all_task_stat(&all), ESP_OK);
        CHECK(stat_of(&all, ME)->is_alive);
        CHECK(!stat_of(&all, (TaskHandle_t)w.thread)->is_alive);
        CHECK(stat_of(&all, (TaskHandle_t)w.thread)->overall_current_usage
              >= 3500);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    worker_end(&w);
}

/* ---- all of them --------------------------------------------------------- */

#define ROW(test, ...) \
 {                     \
#  test, test, NULL,   \
  {                    \
   __VA_ARGS__         \
  }                    \
 }

#define ALL                                                              \
 "profile=host", "profile=host,poisoning=light", "profile=host,exact=1", \
     "profile=esp32,malloc=device", "profile=esp32,malloc=host",         \
     "profile=esp32,poisoning=comprehensive"

#define DEVICES                                                  \
 "profile=esp32,malloc=device", "profile=esp32,poisoning=light", \
     "profile=esp32,accounting=host"

static const struct case_row rows[] = {
    ROW(test_totals_are_those_of_each_task, ALL),
    ROW(test_totals_of_ended_task_keep_its_blocks, ALL),
    ROW(test_blocks_from_before_are_nobodys, "profile=host",
        "profile=host,exact=1", "profile=host,poisoning=light", DEVICES),
    ROW(test_blocks_beyond_the_room_are_left_out, ALL),
    ROW(test_kinds_of_memory_are_told_apart, "profile=host",
        "profile=esp32-psram"),
    ROW(test_all_tasks_have_their_heaps_and_blocks, ALL),
    ROW(test_ended_task_is_not_alive_and_keeps_its_name, ALL),
    ROW(test_peak_stays_where_the_most_was, ALL),
    ROW(test_realloc_makes_the_block_the_callers, ALL),
    ROW(test_statistics_into_small_arrays_are_cut, ALL),
    ROW(test_arguments_that_are_missing_are_named, "profile=host"),
    ROW(test_asking_leaves_the_heap_as_it_is, DEVICES),
    ROW(test_overview_is_a_table, ALL),
    ROW(test_lists_have_every_block, ALL),
    ROW(test_threads_that_come_and_go_are_forgotten, ALL),
    ROW(test_tracking_that_begins_amid_threads_ends_with_true_figures,
        "profile=host", "profile=host,exact=1", DEVICES),
    ROW(test_child_of_fork_has_one_thread, ALL),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
