/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_query_test.c - figures of heaps, and sizes of blocks.
 */
#include "_heap_caps.h"

#define C8   MALLOC_CAP_8BIT
#define EXEC MALLOC_CAP_EXEC

/* Device accounting without poisoning: the figures of the documents hold. */
#define GOLDEN \
 "profile=esp32", "profile=esp32,esp_idf=5", "profile=esp32,esp_idf=6"

/* The bookkeeping of five regions, in the first one. */
#define BOOKKEEPING 160

static bool
has_caps(int region, uint32_t caps)
{
    return (caps_all(&caps_regions[region]) & caps) == caps;
}

/* ---- figures ------------------------------------------------------------- */

static void
check_figures_of(uint32_t caps)
{
    multi_heap_info_t info;
    size_t total = 0;
    size_t free_bytes = 0;
    size_t largest = 0;
    size_t n = 0;

    for (int i = 0; i < N_REGIONS; i++) {
        if (has_caps(i, caps)) {
            total += caps_regions[i].size;
            free_bytes += caps_regions[i].free;
            n++;
            if (caps_regions[i].largest > largest) {
                largest = caps_regions[i].largest;
            }
        }
    }
    CHECK_EQ(heap_caps_get_total_size(caps), total);
    CHECK_EQ(heap_caps_get_free_size(caps), free_bytes);
    CHECK_EQ(heap_caps_get_minimum_free_size(caps), free_bytes);
    CHECK_EQ(heap_caps_get_largest_free_block(caps), largest);
    heap_caps_get_info(&info, caps);
    CHECK_EQ(info.total_free_bytes, free_bytes);
    CHECK_EQ(info.minimum_free_bytes, free_bytes);
    CHECK_EQ(info.largest_free_block, largest);
    CHECK_EQ(info.free_blocks, n);
    CHECK_EQ(info.allocated_blocks, has_caps(DRAM_SMALL, caps));
    CHECK_EQ(info.total_blocks, n + info.allocated_blocks);
    CHECK_EQ(info.total_allocated_bytes, info.allocated_blocks * BOOKKEEPING);
}

static void
test_figures_at_the_start_are_the_chips(void)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        check_figures_of(1u << bit);
    }
    check_figures_of(0);
    check_figures_of(C8 | EXEC);
    check_figures_of(MALLOC_CAP_INTERNAL | MALLOC_CAP_32BIT);
    check_figures_of(MALLOC_CAP_INVALID | C8);
    CHECK_EQ(heap_caps_get_free_size(C8), 317204);
    CHECK_EQ(heap_caps_get_largest_free_block(C8), 180224);
    CHECK_EQ(heap_caps_get_free_size(EXEC), 219860);
    CHECK_EQ(heap_caps_get_largest_free_block(EXEC), 110592);
    CHECK_EQ(heap_caps_get_free_size(0), 409440);
}

static void
test_figures_of_no_or_no_possible_capability(void)
{
    size_t all = heap_caps_get_total_size(0);

    CHECK(all > 0);
    CHECK(heap_caps_get_total_size(C8) > 0);
    CHECK(heap_caps_get_total_size(C8) <= all);
    CHECK(heap_caps_get_free_size(0) <= all);
    CHECK(heap_caps_get_free_size(C8) <= heap_caps_get_free_size(0));
    CHECK(heap_caps_get_minimum_free_size(0) <= heap_caps_get_free_size(0));
    CHECK(heap_caps_get_largest_free_block(0) <= heap_caps_get_free_size(0));
    CHECK_EQ(heap_caps_get_total_size(MALLOC_CAP_INVALID), 0);
    CHECK_EQ(heap_caps_get_free_size(MALLOC_CAP_INVALID), 0);
    CHECK_EQ(heap_caps_get_minimum_free_size(MALLOC_CAP_INVALID), 0);
    CHECK_EQ(heap_caps_get_largest_free_block(MALLOC_CAP_INVALID), 0);
    CHECK_EQ(heap_caps_get_total_size(C8 | MALLOC_CAP_INVALID), 0);
    CHECK_EQ(heap_caps_get_total_size(1u << 25), 0);
}

/* What is said to be the largest block can be had, and not a word more. */
static void
check_largest_of(uint32_t caps, size_t too_much)
{
    size_t largest = heap_caps_get_largest_free_block(caps);
    void *p;

    FAILS(heap_caps_malloc(largest + 4 - too_much, caps),
        largest + 4 - too_much, caps, "heap_caps_malloc");
    p = GIVES(heap_caps_malloc(largest - too_much, caps));
    memset(p, 0, largest - too_much);
    heap_caps_free(p);
}

static void
test_largest_free_block_is_exact(void)
{
    bool is_device = !caps_setting_has("accounting=host");
    void *p;

    caps_watch();
    check_largest_of(C8, 0);
    check_largest_of(MALLOC_CAP_32BIT, 0);
    check_largest_of(MALLOC_CAP_INTERNAL, 0);
    p = GIVES(heap_caps_malloc(100000, C8));
    check_largest_of(MALLOC_CAP_DMA, 0);
    check_largest_of(MALLOC_CAP_DEFAULT, 0);
    if (is_device) {
        /* As on the chip: the word in front of an alias is left out. */
        check_largest_of(EXEC, 4);
    }
    heap_caps_free(p);
    CHECK(heap_caps_check_integrity_all(true));
}

static void
test_allocated_bytes_of_32_are_32(void)
{
    multi_heap_info_t before;
    multi_heap_info_t after;
    void *p;

    heap_caps_get_info(&before, C8);
    p = heap_caps_malloc(32, C8);
    heap_caps_get_info(&after, C8);
    CHECK_EQ(after.total_allocated_bytes, before.total_allocated_bytes + 32);
    CHECK_EQ(after.allocated_blocks, before.allocated_blocks + 1);
    CHECK_EQ(after.total_blocks, after.allocated_blocks + after.free_blocks);
    CHECK(after.total_free_bytes < before.total_free_bytes);
    heap_caps_free(p);
}

static void
test_minimum_free_is_the_sum_of_low_water_marks(void)
{
    size_t at_start = heap_caps_get_minimum_free_size(C8);
    size_t low;
    void *p = heap_caps_malloc(100000, C8);
    void *q;

    CHECK(p != NULL);
    low = heap_caps_get_free_size(C8);
    CHECK_EQ(heap_caps_get_minimum_free_size(C8), low);
    CHECK(low < at_start);
    heap_caps_free(p);
    CHECK_EQ(heap_caps_get_free_size(C8), at_start);
    CHECK_EQ(heap_caps_get_minimum_free_size(C8), low);
    /* Another region's low: the sum falls below what ever was free. */
    q = heap_caps_malloc(4000, C8);
    CHECK_EQ(caps_region_of(q), DRAM_SMALL);
    CHECK(heap_caps_get_minimum_free_size(C8) < low);
    heap_caps_free(q);
    CHECK_EQ(
        heap_caps_get_minimum_free_size(EXEC), heap_caps_get_free_size(EXEC));
}

static void
test_monitor_of_local_minimum(void)
{
    size_t whole;
    size_t low;
    void *p;

    CHECK_EQ(heap_caps_monitor_local_minimum_free_size_stop(), ESP_FAIL);
    heap_caps_free(heap_caps_malloc(100000, C8));
    whole = heap_caps_get_free_size(C8);
    low = heap_caps_get_minimum_free_size(C8);
    CHECK(low < whole);
    CHECK_EQ(heap_caps_monitor_local_minimum_free_size_start(), ESP_OK);
    CHECK_EQ(heap_caps_get_minimum_free_size(C8), whole);
    p = heap_caps_malloc(5000, C8);
    CHECK_EQ(heap_caps_get_minimum_free_size(C8), heap_caps_get_free_size(C8));
    heap_caps_free(p);
    CHECK(heap_caps_get_minimum_free_size(C8) < whole);
    CHECK_EQ(heap_caps_monitor_local_minimum_free_size_start(), ESP_OK);
    CHECK_EQ(heap_caps_get_minimum_free_size(C8), whole);
    CHECK_EQ(heap_caps_monitor_local_minimum_free_size_stop(), ESP_OK);
    /* The lowest of all comes back, over two starts. */
    CHECK(heap_caps_get_minimum_free_size(C8) <= low);
    CHECK_EQ(heap_caps_monitor_local_minimum_free_size_stop(), ESP_FAIL);

    /* A new low within the time of the monitor stays. */
    CHECK_EQ(heap_caps_monitor_local_minimum_free_size_start(), ESP_OK);
    heap_caps_free(heap_caps_malloc(180000, C8));
    CHECK_EQ(heap_caps_monitor_local_minimum_free_size_stop(), ESP_OK);
    CHECK(heap_caps_get_minimum_free_size(C8) < low);
}

/* Regions without a size of their own draw on one limit, which counts once. */
static void
test_figures_of_the_host_are_those_of_the_limit(void)
{
    const size_t limit = (size_t)64 << 20;
    size_t free_bytes = heap_caps_get_free_size(C8);
    size_t low;
    void *p;

    CHECK_EQ(heap_caps_get_total_size(C8), limit);
    CHECK_EQ(heap_caps_get_total_size(0), limit);
    CHECK(free_bytes <= limit && free_bytes > limit / 2);
    p = heap_caps_malloc(20 << 20, C8);
    low = heap_caps_get_free_size(C8);
    CHECK(low <= free_bytes - (20 << 20));
    CHECK(heap_caps_get_free_size(MALLOC_CAP_SPIRAM) <= low);
    heap_caps_free(p);
    CHECK(heap_caps_get_minimum_free_size(C8) <= low);
    CHECK(heap_caps_get_minimum_free_size(MALLOC_CAP_SPIRAM) <= low);
    CHECK(heap_caps_get_free_size(C8) > low);

    p = heap_caps_malloc(10 << 20, MALLOC_CAP_SPIRAM);
    CHECK(p != NULL);
    CHECK(
        heap_caps_get_free_size(MALLOC_CAP_DEFAULT) <= free_bytes - (10 << 20));
    CHECK_EQ(heap_caps_get_total_size(C8), limit);
    heap_caps_free(p);
}

static void
test_largest_free_block_of_the_host_can_be_had(void)
{
    static const uint32_t kinds[] = {
        C8, MALLOC_CAP_DEFAULT, EXEC, MALLOC_CAP_SPIRAM, MALLOC_CAP_RTCRAM};

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        void *p = heap_caps_malloc(
            heap_caps_get_largest_free_block(kinds[i]), kinds[i]);

        CHECK(p != NULL);
        heap_caps_free(p);
        if (i > 1) {
            /* What a region has taken it keeps. */
            break;
        }
    }
}

/* ---- sizes of blocks ----------------------------------------------------- */

static void
check_size(size_t size, size_t want)
{
    char *p = heap_caps_malloc(size, C8);

    CHECK_EQ(heap_caps_get_allocated_size(p), want);
    CHECK_EQ(heap_caps_get_containing_block_size(p), want);
    CHECK_EQ(heap_caps_get_containing_block_size(p + 1), want);
    CHECK_EQ(heap_caps_get_containing_block_size(p + size / 2), want);
    CHECK_EQ(heap_caps_get_containing_block_size(p + size - 1), want);
    heap_caps_free(p);
}

static void
test_allocated_size_without_poisoning(void)
{
    check_size(1, 12);
    check_size(12, 12);
    check_size(13, 16);
    check_size(100, 104);
    check_size(128, 128);
}

static void
test_allocated_size_with_poisoning(void)
{
    check_size(100, 100);
    check_size(128, 132);
}

static void
test_allocated_size_is_at_least_what_was_asked(void)
{
    for (size_t size = 1; size < 5000; size += 1 + size / 3) {
        char *p = heap_caps_malloc(size, C8);

        CHECK(heap_caps_get_allocated_size(p) >= size);
        CHECK(heap_caps_get_containing_block_size(p + size - 1) >= size);
        heap_caps_free(p);
    }
}

static void
test_allocated_size_of_foreign_pointer_aborts(void)
{
    static char nothing[16];

    heap_caps_free(heap_caps_malloc(1, C8));
    CHECK(heap_caps_get_allocated_size(nothing) == 0);
}

static void
test_allocated_size_of_null_aborts(void)
{
    CHECK(heap_caps_get_allocated_size(NULL) == 0);
}

static void
test_containing_size_of_foreign_pointer_aborts(void)
{
    int local;

    CHECK(heap_caps_get_containing_block_size(&local) == 0);
}

static void
test_containing_size_of_free_memory_aborts(void)
{
    char *p = heap_caps_malloc(1000, C8);

    heap_caps_free(p);
    CHECK(heap_caps_get_containing_block_size(p + 500) == 0);
}

static void
test_sizes_of_no_block_are_0_if_foreign_pointers_pass(void)
{
    static char nothing[16];

    CHECK_EQ(heap_caps_get_allocated_size(nothing), 0);
    CHECK_EQ(heap_caps_get_allocated_size(NULL), 0);
    CHECK_EQ(heap_caps_get_containing_block_size(nothing), 0);
    heap_caps_free(nothing);
}

/* ---- rows ---------------------------------------------------------------- */

static const struct case_row rows[] = {
    ROW(test_figures_at_the_start_are_the_chips, GOLDEN),
    /* Without a limit the figures are the system's, and change. */
    ROW(test_figures_of_no_or_no_possible_capability, "profile=host,limit=64M",
        "profile=host,limit=64M,exact=1",
        "profile=host,limit=64M,poisoning=light", ESP32, OTHER_CHIPS),
    ROW(test_largest_free_block_is_exact, ESP32),
    ROW(test_allocated_bytes_of_32_are_32, GOLDEN,
        "profile=esp32,accounting=host"),
    ROW(test_minimum_free_is_the_sum_of_low_water_marks, ESP32),
    ROW(test_monitor_of_local_minimum, ESP32),
    ROW(test_allocated_size_without_poisoning, GOLDEN),
    ROW(test_allocated_size_with_poisoning, "profile=esp32,poisoning=light",
        "profile=esp32,poisoning=comprehensive"),
    ROW(test_allocated_size_is_at_least_what_was_asked, HOST, ESP32,
        OTHER_CHIPS),
    ROW(test_figures_of_the_host_are_those_of_the_limit,
        "profile=host,limit=64M", "profile=host,limit=64M,exact=1",
        "profile=host,limit=64M,poisoning=light",
        "profile=host,limit=64M,poisoning=comprehensive"),
    ROW(test_largest_free_block_of_the_host_can_be_had,
        "profile=host,limit=64M", "profile=host,limit=64M,exact=1",
        "profile=host,limit=64M,poisoning=light"),
    ROW_ABORTS(test_allocated_size_of_foreign_pointer_aborts,
        "capheap: heap_caps_get_allocated_size of ", HOST, ESP32),
    ROW_ABORTS(test_allocated_size_of_null_aborts,
        "capheap: heap_caps_get_allocated_size of ", "profile=host",
        "profile=esp32"),
    ROW_ABORTS(test_containing_size_of_foreign_pointer_aborts,
        "capheap: heap_caps_get_containing_block_size of ", HOST, ESP32),
    ROW_ABORTS(test_containing_size_of_free_memory_aborts,
        "capheap: heap_caps_get_containing_block_size of ", ESP32),
    ROW(test_sizes_of_no_block_are_0_if_foreign_pointers_pass,
        "profile=host,foreign=ignore", "profile=esp32,foreign=ignore"),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
