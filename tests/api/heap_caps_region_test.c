/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_region_test.c - the start of heap_caps, and regions added later.
 */
#include "_heap_caps.h"

#define C8 MALLOC_CAP_8BIT

/* A capability that no region of any profile has. */
#define OWN (1u << 25)

static const uint32_t own_caps[3] = {OWN, C8, MALLOC_CAP_32BIT};

static char buffer[64 * 1024] __attribute__((aligned(64)));

static esp_err_t
add(const void *start, size_t size)
{
    return heap_caps_add_region_with_caps(
        own_caps, (intptr_t)start, (intptr_t)start + (intptr_t)size);
}

/* ---- codes --------------------------------------------------------------- */

static void
test_add_region_codes(void)
{
    intptr_t start = (intptr_t)buffer;
    intptr_t end = start + 4096;

    CHECK_EQ(heap_caps_add_region(0, end), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_add_region(start, end), ESP_ERR_NOT_FOUND);
    CHECK_EQ(
        heap_caps_add_region_with_caps(NULL, start, end), ESP_ERR_INVALID_ARG);
    CHECK_EQ(
        heap_caps_add_region_with_caps(own_caps, 0, end), ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, start, 0),
        ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, end, start),
        ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, start, start),
        ESP_ERR_INVALID_ARG);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, start, start + 4),
        ESP_ERR_INVALID_SIZE);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, start, start + 15),
        ESP_ERR_INVALID_SIZE);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, start, end), ESP_OK);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, start, end), ESP_FAIL);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, start - 64, start + 64),
        ESP_FAIL);
    CHECK_EQ(
        heap_caps_add_region_with_caps(own_caps, end - 64, end + 64), ESP_FAIL);
    CHECK_EQ(heap_caps_add_region_with_caps(own_caps, start - 64, end + 64),
        ESP_FAIL);
    CHECK(heap_caps_check_integrity_all(true));
}

/* Its masks are those of the chip's memory at that address. */
static void
test_add_region_of_the_chip(void)
{
    char *at = mmap((void *)0x3f800000, 65536, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    void *p;

    CHECK(at == (void *)0x3f800000);
    CHECK_EQ(heap_caps_get_total_size(MALLOC_CAP_SPIRAM), 0);
    CHECK_EQ(heap_caps_add_region((intptr_t)at, (intptr_t)at + 65536), ESP_OK);
    CHECK_EQ(heap_caps_get_total_size(MALLOC_CAP_SPIRAM), 65536);
    CHECK_EQ(heap_caps_get_total_size(MALLOC_CAP_SPIRAM | C8), 65536);
    p = heap_caps_malloc(1000, MALLOC_CAP_SPIRAM);
    CHECK_EQ(caps_region_of(p), PSRAM);
    memset(p, 1, 1000);
    heap_caps_free(p);
}

static void
test_check_add_region_allowed_rows(void)
{
    /* A heap at [1000, 2000). */
    static const struct {
        intptr_t start;
        intptr_t end;
        bool is_allowed;
    } rows[] = {
        {2000, 2500, true},
        {500, 1000, true},
        {3000, 4000, true},
        {100, 200, true},
        {1200, 1800, true},
        {1200, 2000, true},
        {1000, 2000, false},
        {500, 1500, false},
        {1500, 2500, false},
        {500, 2500, false},
        {999, 1001, false},
        {1999, 2001, false},
        {500, 2000, false},
        {1000, 2500, false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        CHECK_EQ(heap_caps_check_add_region_allowed(
                     1000, 2000, rows[i].start, rows[i].end),
            rows[i].is_allowed);
    }
}

/* A range that shares the start of a heap, and is smaller. */
static void
test_check_add_region_allowed_at_the_start_of_a_heap(void)
{
    CHECK(heap_caps_check_add_region_allowed(1000, 2000, 1000, 1500));
}

/* ---- use ----------------------------------------------------------------- */

static bool
is_in(const void *p, const void *start, size_t size)
{
    return caps_is_within(p, (uintptr_t)start, size);
}

static void
test_added_region_serves_and_comes_first(void)
{
    static const uint32_t like_dram[3] = {C8 | MALLOC_CAP_DEFAULT, 0, 0};
    size_t total = heap_caps_get_total_size(0);
    void *p;

    CHECK(heap_caps_malloc(100, OWN) == NULL);
    CHECK_EQ(add(buffer, 8192), ESP_OK);
    CHECK_EQ(heap_caps_get_total_size(OWN), 8192);
    CHECK_EQ(heap_caps_get_total_size(0), total + 8192);
    p = heap_caps_malloc(100, OWN);
    CHECK(is_in(p, buffer, 8192));
    memset(p, 1, 100);
    heap_caps_free(p);
    /* Its 8BIT is of the second mask only. */
    p = heap_caps_malloc(100, C8);
    CHECK(!is_in(p, buffer, 8192));
    heap_caps_free(p);

    CHECK_EQ(heap_caps_add_region_with_caps(
                 like_dram, (intptr_t)buffer + 8192, (intptr_t)buffer + 16384),
        ESP_OK);
    p = heap_caps_malloc(100, C8);
    CHECK(is_in(p, buffer + 8192, 8192));
    CHECK(heap_caps_check_integrity_addr((intptr_t)p, true));
    p = heap_caps_realloc(p, 200, C8);
    CHECK(is_in(p, buffer + 8192, 8192));
    free(p);
    CHECK(heap_caps_check_integrity_all(true));
}

/* Programs make a block of one heap a heap of its own. */
static void
test_block_becomes_a_heap(void)
{
    char *outer = heap_caps_malloc(20000, C8);
    size_t free_outer = heap_caps_get_free_size(MALLOC_CAP_DMA);
    char *p;
    char *q;

    CHECK_EQ(add(outer, 20000), ESP_OK);
    p = heap_caps_malloc(1000, OWN);
    CHECK(is_in(p, outer, 20000));
    CHECK_EQ(heap_caps_get_free_size(MALLOC_CAP_DMA), free_outer);
    memset(p, 3, 1000);
    q = realloc(p, 3000);
    CHECK(unit_is_filled(q, 1000, 3));
    free(q);
    p = heap_caps_malloc(1000, OWN);
    CHECK(is_in(p, outer, 20000));
    heap_caps_free(p);
    CHECK(heap_caps_check_integrity_all(true));
    CHECK(heap_caps_malloc(30000, OWN) == NULL);
}

static void
test_malloced_buffer_becomes_a_heap(void)
{
    char *outer = malloc(40000);
    char *p;

    CHECK_EQ(add(outer, 40000), ESP_OK);
    p = heap_caps_malloc(1000, OWN);
    CHECK(is_in(p, outer, 40000));
    free(p);
    p = heap_caps_calloc(10, 100, OWN);
    CHECK(is_in(p, outer, 40000));
    CHECK(unit_is_filled(p, 1000, 0));
    heap_caps_free(p);
    CHECK_EQ(heap_caps_get_allocated_size(outer) >= 40000, true);
    CHECK(heap_caps_check_integrity_all(true));
}

/* ---- low-water mark of what comes late ----------------------------------- */

static void
test_minimum_of_late_region_counts(void)
{
    CHECK_EQ(add(buffer, 32768), ESP_OK);
    CHECK(heap_caps_get_free_size(OWN) > 30000);
    CHECK_EQ(
        heap_caps_get_minimum_free_size(OWN), heap_caps_get_free_size(OWN));
    heap_caps_free(heap_caps_malloc(10000, OWN));
    CHECK(heap_caps_get_minimum_free_size(OWN)
          <= heap_caps_get_free_size(OWN) - 10000);
}

static void
test_minimum_of_late_region_is_0(void)
{
    multi_heap_info_t info;

    CHECK_EQ(add(buffer, 32768), ESP_OK);
    CHECK(heap_caps_get_free_size(OWN) > 30000);
    CHECK_EQ(heap_caps_get_minimum_free_size(OWN), 0);
    heap_caps_get_info(&info, OWN);
    CHECK_EQ(info.minimum_free_bytes, 0);
    CHECK(heap_caps_get_minimum_free_size(C8) > 300000);
}

/* ---- start --------------------------------------------------------------- */

static void
test_init_logs_the_regions_and_goes_on(void)
{
    static const char *const want[] = {
        "heap_init: Initializing. RAM available for dynamic allocation:",
        "heap_init: At 3FFAE6E0 len 00001920 (6 KiB): DRAM",
        "heap_init: At 3FFB2EC8 len 0002D138 (180 KiB): DRAM",
        "heap_init: At 3FFE0440 len 00003AE0 (14 KiB): D/IRAM",
        "heap_init: At 3FFE4350 len 0001BCB0 (111 KiB): D/IRAM",
        "heap_init: At 4008944C len 00016BB4 (90 KiB): IRAM",
    };
    struct case_capture capture;
    char text[4096];
    char *line = text;
    void *p = heap_caps_malloc(100, C8);
    size_t free_before = heap_caps_get_free_size(C8);

    case_capture_begin(&capture, stderr);
    heap_caps_init();
    case_capture_end(&capture, text, sizeof text);
    for (size_t i = 0; i < ARRAY_LENGTH(want); i++) {
        char *end = strchr(line, '\n');

        CHECK(end != NULL);
        *end = '\0';
        CHECK(strstr(line, want[i]) != NULL);
        CHECK_STR(strstr(line, "heap_init: "), want[i]);
        line = end + 1;
    }
    CHECK_STR(line, "");
    CHECK_EQ(heap_caps_get_free_size(C8), free_before);
    heap_caps_init();
    heap_caps_free(p);
}

static void
test_startup_stacks_serve_from_the_start(void)
{
    CHECK_EQ(heap_caps_get_free_size(C8), 317204);
    heap_caps_enable_nonos_stack_heaps();
    CHECK_EQ(heap_caps_get_free_size(C8), 317204);
    heap_caps_enable_nonos_stack_heaps();
    CHECK_EQ(heap_caps_get_total_size(0), 413084);
}

static void
test_startup_stacks_serve_when_they_are_over(void)
{
    heap_caps_init();
    CHECK_EQ(heap_caps_get_total_size(C8), 191064);
    CHECK_EQ(heap_caps_get_free_size(C8), 189580);
    CHECK_EQ(heap_caps_get_total_size(MALLOC_CAP_EXEC), 93108);
    CHECK(heap_caps_malloc(100000, MALLOC_CAP_EXEC) == NULL);
    heap_caps_enable_nonos_stack_heaps();
    CHECK_EQ(heap_caps_get_free_size(C8), 317204);
    CHECK_EQ(heap_caps_get_free_size(MALLOC_CAP_EXEC), 219860);
    heap_caps_enable_nonos_stack_heaps();
    CHECK_EQ(heap_caps_get_free_size(C8), 317204);
    CHECK(heap_caps_malloc(100000, MALLOC_CAP_EXEC) != NULL);
}

/* ---- rows ---------------------------------------------------------------- */

static const struct case_row rows[] = {
    ROW(test_add_region_codes, ESP32, HOST),
    ROW(test_add_region_of_the_chip, ESP32),
    ROW(test_check_add_region_allowed_rows, ESP32, "profile=host"),
    ROW(test_check_add_region_allowed_at_the_start_of_a_heap,
        "profile=esp32,esp_idf=5", "profile=esp32,esp_idf=6"),
    ROW(test_added_region_serves_and_comes_first, ESP32),
    ROW(test_block_becomes_a_heap, ESP32, HOST),
    ROW(test_malloced_buffer_becomes_a_heap, ESP32, HOST,
        "profile=esp32,malloc=host"),
    ROW(test_minimum_of_late_region_counts, "profile=esp32",
        "profile=esp32,esp_idf=5", "profile=host"),
    ROW(test_minimum_of_late_region_is_0, "profile=esp32,esp_idf=6"),
    ROW(test_init_logs_the_regions_and_goes_on, ESP32),
    ROW(test_startup_stacks_serve_from_the_start, "profile=esp32",
        "profile=esp32,esp_idf=6"),
    ROW(test_startup_stacks_serve_when_they_are_over,
        "profile=esp32,startup=early", "profile=esp32,startup=early,esp_idf=6"),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
