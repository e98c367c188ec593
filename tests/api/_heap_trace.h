/* SPDX-License-Identifier: MIT */
/*
 * _heap_trace.h - heap tracing as an application sees it, with whatever depth
 * the file that includes this has chosen.
 */
#ifndef CH_TESTS_API_HEAP_TRACE_H
#define CH_TESTS_API_HEAP_TRACE_H

#include "_cases.h"

#include <malloc.h>

#include "esp_heap_caps.h"
#include "esp_heap_trace.h"

#define DEPTH CONFIG_HEAP_TRACING_STACK_DEPTH

/* Bytes that a small function has at most. */
#define FUNCTION_MAX 512u

#define N_RECORDS 16u

static heap_trace_record_t records[N_RECORDS];
static char text[65536];

static void
begin(heap_trace_mode_t mode)
{
    CHECK_EQ(heap_trace_init_standalone(records, N_RECORDS), ESP_OK);
    CHECK_EQ(heap_trace_start(mode), ESP_OK);
}

static heap_trace_record_t
get(size_t index)
{
    heap_trace_record_t record;

    memset(&record, 0xee, sizeof record);
    CHECK_EQ(heap_trace_get(index, &record), ESP_OK);
    return record;
}

/* A record of a live block of this address and size. */
static void
check_live(size_t index, const void *p, size_t size)
{
    CHECK(get(index).address == p);
    CHECK_EQ(get(index).size, size);
    CHECK(!get(index).freed);
}

static heap_trace_summary_t
summary(void)
{
    heap_trace_summary_t sum;

    CHECK_EQ(heap_trace_summary(&sum), ESP_OK);
    return sum;
}

/* ---- codes --------------------------------------------------------------- */

static void
test_init_refuses_nothing_and_a_running_trace(void)
{
    CHECK_EQ(heap_trace_init_standalone(NULL, 0), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_trace_init_standalone(records, 0), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_trace_init_standalone(NULL, 8), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_trace_init_tohost(), ESP_ERR_NOT_SUPPORTED);
    begin(HEAP_TRACE_ALL);
    CHECK_EQ(
        heap_trace_init_standalone(records, N_RECORDS), ESP_ERR_INVALID_STATE);
    CHECK_EQ(heap_trace_stop(), ESP_OK);
    CHECK_EQ(heap_trace_init_standalone(records, N_RECORDS), ESP_OK);
}

static void
test_states_follow_each_other_as_documented(void)
{
    CHECK_EQ(heap_trace_start(HEAP_TRACE_ALL), ESP_ERR_INVALID_STATE);
    CHECK_EQ(heap_trace_stop(), ESP_OK);
    CHECK_EQ(heap_trace_alloc_pause(), ESP_ERR_INVALID_STATE);
    CHECK_EQ(heap_trace_resume(), ESP_ERR_INVALID_STATE);
    begin(HEAP_TRACE_ALL);
    CHECK_EQ(heap_trace_resume(), ESP_ERR_INVALID_STATE);
    CHECK_EQ(heap_trace_alloc_pause(), ESP_OK);
    CHECK_EQ(heap_trace_alloc_pause(), ESP_ERR_INVALID_STATE);
    CHECK_EQ(heap_trace_resume(), ESP_OK);
    CHECK_EQ(heap_trace_stop(), ESP_OK);
    CHECK_EQ(heap_trace_stop(), ESP_OK);
    CHECK_EQ(heap_trace_resume(), ESP_OK);
    CHECK_EQ(heap_trace_start(HEAP_TRACE_LEAKS), ESP_OK);
}

static void
test_get_tells_what_is_wrong(void)
{
    heap_trace_record_t record;
    void *p;

    CHECK_EQ(heap_trace_get(0, NULL), ESP_ERR_INVALID_STATE);
    CHECK_EQ(heap_trace_get(0, &record), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_trace_summary(NULL), ESP_ERR_INVALID_ARG);
    begin(HEAP_TRACE_ALL);
    p = malloc(10);
    CHECK_EQ(heap_trace_get(0, &record), ESP_OK);
    CHECK_EQ(heap_trace_get(0, NULL), ESP_ERR_INVALID_STATE);
    CHECK_EQ(heap_trace_get(1, &record), ESP_ERR_INVALID_ARG);
    free(p);
}

/* ---- what is recorded ---------------------------------------------------- */

static void
test_every_way_to_allocate_is_recorded(void)
{
    void *p[8];

    free(malloc(24)); /* the thread's fast paths are in use */
    begin(HEAP_TRACE_ALL);
    p[0] = malloc(101);
    p[1] = calloc(3, 34);
    p[2] = aligned_alloc(64, 128);
    p[3] = heap_caps_malloc(104, MALLOC_CAP_8BIT);
    p[4] = heap_caps_calloc(5, 21, MALLOC_CAP_DMA);
    p[5] = heap_caps_aligned_alloc(32, 106, MALLOC_CAP_8BIT);
    p[6] = heap_caps_malloc_default(107);
    CHECK(posix_memalign(&p[7], 32, 108) == 0);
    CHECK_EQ(heap_trace_get_count(), 8);
    check_live(0, p[0], 101);
    check_live(1, p[1], 102);
    check_live(2, p[2], 128);
    check_live(3, p[3], 104);
    check_live(4, p[4], 105);
    check_live(5, p[5], 106);
    check_live(6, p[6], 107);
    check_live(7, p[7], 108);
    for (size_t i = 0; i < 8; i++) {
        if (i % 2 == 0) {
            free(p[i]);
        } else {
            heap_caps_free(p[i]);
        }
        CHECK(get(i).freed);
    }
    CHECK_EQ(summary().total_allocations, 8);
    CHECK_EQ(summary().total_frees, 8);
}

static void
test_refused_requests_are_not_recorded(void)
{
    begin(HEAP_TRACE_ALL);
    CHECK(malloc(SIZE_MAX / 2) == NULL);
    CHECK(heap_caps_malloc(0, MALLOC_CAP_8BIT) == NULL);
    CHECK(heap_caps_malloc(8, MALLOC_CAP_INVALID) == NULL);
    free(NULL);
    heap_caps_free(NULL);
    CHECK_EQ(heap_trace_get_count(), 0);
    CHECK_EQ(summary().total_allocations, 0);
    CHECK_EQ(summary().total_frees, 0);
}

static void
test_realloc_is_a_free_and_an_allocation(void)
{
    void *p;
    void *q;

    begin(HEAP_TRACE_ALL);
    p = malloc(100);
    q = realloc(p, 120);
    CHECK_EQ(heap_trace_get_count(), 2);
    CHECK(get(0).freed && get(0).address == p);
    check_live(1, q, 120);
    p = heap_caps_realloc(q, 30000, MALLOC_CAP_8BIT);
    CHECK(p != NULL);
    CHECK_EQ(heap_trace_get_count(), 3);
    CHECK(get(1).freed);
    check_live(2, p, 30000);
    CHECK(heap_caps_realloc(p, 0, MALLOC_CAP_8BIT) == NULL);
    CHECK_EQ(heap_trace_get_count(), 3);
    CHECK(get(2).freed);
    p = realloc(NULL, 50);
    check_live(3, p, 50);
}

static void
test_realloc_that_fails_leaves_a_live_record(void)
{
    void *p;

    begin(HEAP_TRACE_LEAKS);
    p = malloc(100);
    CHECK(realloc(p, SIZE_MAX / 2) == NULL);
    CHECK(heap_caps_realloc(p, SIZE_MAX / 2, MALLOC_CAP_8BIT) == NULL);
    CHECK_EQ(heap_trace_get_count(), 1);
    CHECK(get(0).address == p);
    CHECK(get(0).size >= 100);
    free(p);
    CHECK_EQ(heap_trace_get_count(), 0);
}

static void
test_leaks_mode_keeps_what_lives(void)
{
    void *p[6];

    begin(HEAP_TRACE_LEAKS);
    for (size_t i = 0; i < 6; i++) {
        p[i] = malloc(100 + i);
    }
    free(p[0]);
    heap_caps_free(p[3]);
    free(p[5]);
    CHECK_EQ(heap_trace_get_count(), 3);
    check_live(0, p[1], 101);
    check_live(1, p[2], 102);
    check_live(2, p[4], 104);
    CHECK_EQ(summary().mode, HEAP_TRACE_LEAKS);
    CHECK_EQ(summary().high_water_mark, 6);
}

static void
test_blocks_from_before_are_unknown(void)
{
    void *p = malloc(40);

    begin(HEAP_TRACE_LEAKS);
    free(p);
    CHECK_EQ(heap_trace_get_count(), 0);
    CHECK_EQ(summary().total_frees, 0);
}

static void
test_overflow_drops_the_oldest(void)
{
    void *p[N_RECORDS + 3];

    begin(HEAP_TRACE_ALL);
    for (size_t i = 0; i < N_RECORDS + 3; i++) {
        CHECK_EQ(summary().has_overflowed, i > N_RECORDS);
        p[i] = malloc(200 + i);
    }
    CHECK_EQ(heap_trace_get_count(), N_RECORDS);
    for (size_t i = 0; i < N_RECORDS; i++) {
        check_live(i, p[i + 3], 203 + i);
    }
    CHECK_EQ(summary().capacity, N_RECORDS);
    CHECK_EQ(summary().total_allocations, N_RECORDS + 3);
}

static void
test_pause_follows_frees_only(void)
{
    void *p[3];

    begin(HEAP_TRACE_LEAKS);
    p[0] = malloc(10);
    p[1] = malloc(11);
    CHECK_EQ(heap_trace_alloc_pause(), ESP_OK);
    p[2] = malloc(12);
    free(p[0]);
    CHECK_EQ(heap_trace_get_count(), 1);
    check_live(0, p[1], 11);
    CHECK_EQ(heap_trace_resume(), ESP_OK);
    p[0] = malloc(13);
    check_live(1, p[0], 13);
    CHECK_EQ(heap_trace_stop(), ESP_OK);
    free(p[0]);
    check_live(1, p[0], 13);
}

static void *
free_it(void *p)
{
    free(p);
    return NULL;
}

/* A thread that never allocated frees without the fast path as well. */
static void
test_free_by_another_thread_is_seen(void)
{
    void *p;

    begin(HEAP_TRACE_ALL);
    p = malloc(77);
    unit_on_thread(free_it, p);
    CHECK(get(0).address == p && get(0).freed);
}

static void
test_time_goes_on_from_record_to_record(void)
{
    uint32_t passed;

    begin(HEAP_TRACE_ALL);
    CHECK(malloc(1) != NULL);
    usleep(3000);
    CHECK(malloc(1) != NULL);
    passed = (get(1).ccount & ~3u) - (get(0).ccount & ~3u);
    CHECK(passed >= 3000000 && passed < 1000000000);
}

/* ---- callers ------------------------------------------------------------- */

#if DEPTH > 0

__attribute__((noinline)) static void *
take(size_t size, void **caller)
{
    void *p = malloc(size);

    *caller = __builtin_return_address(0);
    return p;
}

__attribute__((noinline)) static void
give(void *p, void **caller)
{
    *caller = __builtin_return_address(0);
    free(p);
    __asm__ volatile("" ::: "memory");
}

static bool
is_in(const void *at, const void *function)
{
    return (const char *)at > (const char *)function
           && (const char *)at < (const char *)function + FUNCTION_MAX;
}

/* Every address is set or, behind the last one, NULL. */
static void
check_array(void *const *callers)
{
    size_t n = 0;

    while (n < DEPTH && callers[n] != NULL) {
        n++;
    }
    for (; n < DEPTH; n++) {
        CHECK(callers[n] == NULL);
    }
}

static void
test_callers_are_those_of_the_public_call(void)
{
    void *caller[2];
    heap_trace_record_t r;

    begin(HEAP_TRACE_ALL);
    give(take(50, &caller[0]), &caller[1]);
    r = get(0);
    CHECK(is_in(r.alloced_by[0], (const void *)(uintptr_t)take));
    CHECK(is_in(r.freed_by[0], (const void *)(uintptr_t)give));
    check_array(r.alloced_by);
    check_array(r.freed_by);
    if (DEPTH > 1) {
        CHECK(r.alloced_by[DEPTH > 1] == caller[0]);
        CHECK(r.freed_by[DEPTH > 1] == caller[1]);
    }
}

/* Whatever the way through the library is, it does not show. */
__attribute__((noinline)) static void
call_all(void)
{
    void *p = malloc(70000);

    p = realloc(p, 100000);
    free(p);
    p = calloc(10, 10);
    free(p);
    p = aligned_alloc(256, 512);
    free(p);
    p = heap_caps_malloc(100, MALLOC_CAP_DMA);
    p = heap_caps_realloc(p, 60, MALLOC_CAP_32BIT);
    heap_caps_free(p);
    p = heap_caps_malloc_prefer(100, 2, MALLOC_CAP_8BIT, MALLOC_CAP_32BIT);
    heap_caps_free(p);
}

static void
test_callers_of_every_function_are_in_the_program(void)
{
    begin(HEAP_TRACE_ALL);
    call_all();
    CHECK_EQ(heap_trace_get_count(), 7);
    for (size_t i = 0; i < 7; i++) {
        heap_trace_record_t r = get(i);

        CHECK(is_in(r.alloced_by[0], (const void *)(uintptr_t)call_all));
        CHECK(is_in(r.freed_by[0], (const void *)(uintptr_t)call_all));
        for (size_t k = 1; k < DEPTH; k++) {
            CHECK(!is_in(r.alloced_by[k], (const void *)(uintptr_t)call_all));
        }
    }
}

static void
test_callers_of_a_live_block_have_no_freer(void)
{
    begin(HEAP_TRACE_ALL);
    CHECK(malloc(1) != NULL);
    for (size_t k = 0; k < DEPTH; k++) {
        CHECK(get(0).freed_by[k] == NULL);
    }
}

# define CALLER_ROWS(...)                                                  \
  ROW(test_callers_are_those_of_the_public_call, __VA_ARGS__),             \
      ROW(test_callers_of_every_function_are_in_the_program, __VA_ARGS__), \
      ROW(test_callers_of_a_live_block_have_no_freer, __VA_ARGS__),

#else

# define CALLER_ROWS(...)

#endif

/* ---- the dump ------------------------------------------------------------ */

static void
dump(void (*fn)(void))
{
    struct case_capture capture;

    case_capture_begin(&capture, stdout);
    fn();
    case_capture_end(&capture, text, sizeof text);
}

static size_t
put_callers(char *to, void *const *callers)
{
    size_t n = 0;

    for (int i = 0; i < DEPTH && callers[i] != NULL; i++) {
        n += (size_t)sprintf(to + n, "%s%p", i != 0 ? ":" : "", callers[i]);
    }
    return n;
}

/* The line of a record, as documented; returns its length. */
static size_t
put_record(char *to, const heap_trace_record_t *r, const char *label)
{
    size_t n = (size_t)sprintf(to,
        "%6zu bytes (@ %p%s) allocated CPU %u ccount 0x%08x caller ", r->size,
        r->address, label, r->ccount & 1, r->ccount & ~3u);

    n += put_callers(to + n, r->alloced_by);
    if (r->freed && DEPTH == 0) {
        n += (size_t)sprintf(to + n, " freed");
    } else if (r->freed) {
        n += (size_t)sprintf(to + n, "\nfreed by ");
        n += put_callers(to + n, r->freed_by);
    }
    return n + (size_t)sprintf(to + n, "\n");
}

static void
test_dump_of_all_prints_records_and_a_summary(void)
{
    static char want[65536];
    heap_trace_record_t r[3];
    size_t n;

    begin(HEAP_TRACE_ALL);
    CHECK(heap_caps_malloc(100, MALLOC_CAP_INTERNAL) != NULL);
    heap_caps_free(heap_caps_malloc(23456, MALLOC_CAP_INTERNAL));
    CHECK(heap_caps_malloc(7, MALLOC_CAP_INTERNAL) != NULL);
    CHECK_EQ(heap_trace_stop(), ESP_OK);
    dump(heap_trace_dump);
    n = (size_t)sprintf(
        want, "====== Heap Trace: 3 records (16 capacity) ======\n");
    for (size_t i = 0; i < 3; i++) {
        r[i] = get(i);
        n += put_record(want + n, &r[i], ", Internal");
    }
    sprintf(want + n, "====== Heap Trace Summary ======\n"
                      "Mode: Heap Trace All\n"
                      "107 bytes alive in trace (2/3 allocations)\n"
                      "records: 3 (16 capacity, 3 high water mark)\n"
                      "total allocations: 3\n"
                      "total frees: 1\n"
                      "================================\n");
    CHECK_STR(text, want);
}

static void
test_dump_of_leaks_counts_them(void)
{
    begin(HEAP_TRACE_LEAKS);
    CHECK(malloc(100) != NULL);
    free(malloc(50));
    CHECK(malloc(11) != NULL);
    dump(heap_trace_dump);
    CHECK(strstr(text, "====== Heap Trace: 2 records (16 capacity) ======\n")
          == text);
    CHECK(strstr(text, "Mode: Heap Trace Leaks\n"
                       "111 bytes 'leaked' in trace (2 allocations)\n"
                       "records: 2 (16 capacity, 2 high water mark)\n"
                       "total allocations: 3\n"
                       "total frees: 1\n"
                       "================================\n")
          != NULL);
    CHECK_EQ(heap_trace_get_count(), 2);
}

static void
test_dump_says_that_records_are_missing(void)
{
    begin(HEAP_TRACE_ALL);
    for (size_t i = 0; i < N_RECORDS; i++) {
        CHECK(malloc(1) != NULL);
    }
    dump(heap_trace_dump);
    CHECK(strstr(text, "(NB: ") == NULL);
    CHECK(malloc(1) != NULL);
    dump(heap_trace_dump);
    CHECK(strstr(text, "(NB: ") != NULL);
    CHECK(strstr(text, " overflowed") != NULL);
}

static void
dump_internal(void)
{
    heap_trace_dump_caps(MALLOC_CAP_INTERNAL);
}

static void
dump_psram(void)
{
    heap_trace_dump_caps(MALLOC_CAP_SPIRAM);
}

static void
dump_both(void)
{
    heap_trace_dump_caps(MALLOC_CAP_SPIRAM | MALLOC_CAP_INTERNAL);
}

static bool
text_has(size_t size, const char *label)
{
    char want[64];
    void *p = get(size - 1000).address;

    snprintf(want, sizeof want, "%6zu bytes (@ %p%s)", size, p, label);
    return strstr(text, want) != NULL;
}

static void
test_dump_of_one_kind_of_memory_leaves_the_other_out(void)
{
    begin(HEAP_TRACE_ALL);
    CHECK(heap_caps_malloc(1000, MALLOC_CAP_INTERNAL) != NULL);
    CHECK(heap_caps_malloc(1001, MALLOC_CAP_SPIRAM) != NULL);
    dump(dump_internal);
    CHECK(text_has(1000, ", Internal") && !text_has(1001, ",    PSRAM"));
    CHECK(strstr(text, "1000 bytes alive in trace (1/2 allocations)") != NULL);
    dump(dump_psram);
    CHECK(!text_has(1000, ", Internal") && text_has(1001, ",    PSRAM"));
    dump(dump_both);
    CHECK(text_has(1000, ", Internal") && text_has(1001, ",    PSRAM"));
    dump(heap_trace_dump);
    CHECK(text_has(1000, ", Internal") && text_has(1001, ",    PSRAM"));
}

/* ---- threads and amounts ------------------------------------------------- */

static void *
churn(void *arg)
{
    for (unsigned i = 0; i < 5000; i++) {
        void *p = malloc(i % 700 + 1);

        if (i % 4 == 0) {
            p = realloc(p, i % 1000 + 1);
        }
        free(p);
    }
    return arg;
}

static void
test_threads_that_free_what_they_allocate_leak_nothing(void)
{
    static heap_trace_record_t many[1000];
    pthread_t threads[4];

    CHECK_EQ(heap_trace_init_standalone(many, 1000), ESP_OK);
    for (unsigned i = 0; i < 4; i++) {
        threads[i] = unit_thread_start(churn, NULL);
    }
    CHECK_EQ(heap_trace_start(HEAP_TRACE_LEAKS), ESP_OK);
    churn(NULL);
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_EQ(heap_trace_stop(), ESP_OK);
    CHECK_EQ(heap_trace_start(HEAP_TRACE_LEAKS), ESP_OK);
    for (unsigned i = 0; i < 4; i++) {
        threads[i] = unit_thread_start(churn, NULL);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < heap_trace_get_count(); i++) {
        /* What libc keeps of a thread. */
        heap_trace_record_t r;

        CHECK_EQ(heap_trace_get(i, &r), ESP_OK);
        CHECK(r.size > 16 && r.address != NULL);
    }
    CHECK(heap_trace_get_count() <= 8);
}

#define N_MANY 40000u

/* Each lookup of a list would take 20000 steps: a minute together. */
static void
test_many_records_are_found_fast(void)
{
    static heap_trace_record_t many[N_MANY];
    static void *p[N_MANY];
    struct timespec begun;
    struct timespec ended;

    CHECK_EQ(heap_trace_init_standalone(many, N_MANY), ESP_OK);
    CHECK_EQ(heap_trace_start(HEAP_TRACE_LEAKS), ESP_OK);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (size_t i = 0; i < N_MANY; i++) {
        p[i] = malloc(16);
    }
    for (size_t i = 0; i < N_MANY; i++) {
        CHECK(get(i).address == p[i]);
    }
    for (size_t i = 0; i < N_MANY; i++) {
        free(p[(i * 7919) % N_MANY]);
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    CHECK_EQ(heap_trace_get_count(), 0);
    CHECK(ended.tv_sec - begun.tv_sec < 20);
}

/* A leak found is a leak found in the child as well. */
static void
test_child_of_fork_traces_by_itself(void)
{
    void *p;
    int status;
    pid_t pid;

    begin(HEAP_TRACE_LEAKS);
    p = malloc(33);
    pid = fork();
    if (pid == 0) {
        alarm(10);
        CHECK_EQ(heap_trace_get_count(), 1);
        free(p);
        CHECK_EQ(heap_trace_get_count(), 0);
        p = malloc(34);
        check_live(0, p, 34);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    check_live(0, p, 33);
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
     "profile=esp32,poisoning=light"

/* The figures of these do not fit into a device. */
#define ROOMY "profile=host", "profile=esp32,malloc=host"

static const struct case_row rows[] = {
    ROW(test_init_refuses_nothing_and_a_running_trace, "profile=host"),
    ROW(test_states_follow_each_other_as_documented, "profile=host"),
    ROW(test_get_tells_what_is_wrong, "profile=host"),
    ROW(test_every_way_to_allocate_is_recorded, ALL),
    ROW(test_refused_requests_are_not_recorded, ALL),
    ROW(test_realloc_is_a_free_and_an_allocation, ALL),
    ROW(test_realloc_that_fails_leaves_a_live_record, ALL),
    ROW(test_leaks_mode_keeps_what_lives, ALL),
    ROW(test_blocks_from_before_are_unknown, ALL),
    ROW(test_overflow_drops_the_oldest, ALL),
    ROW(test_pause_follows_frees_only, ALL),
    ROW(test_free_by_another_thread_is_seen, ALL),
    ROW(test_time_goes_on_from_record_to_record, "profile=host"),
    CALLER_ROWS(ALL) ROW(test_dump_of_all_prints_records_and_a_summary, ALL),
    ROW(test_dump_of_leaks_counts_them, ALL),
    ROW(test_dump_says_that_records_are_missing, ALL),
    ROW(test_dump_of_one_kind_of_memory_leaves_the_other_out,
        "profile=esp32-psram", "profile=esp32-psram,poisoning=light"),
    ROW(test_threads_that_free_what_they_allocate_leak_nothing, ALL),
    ROW(test_many_records_are_found_fast, ROOMY),
    ROW(test_child_of_fork_traces_by_itself, ALL),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}

#endif
