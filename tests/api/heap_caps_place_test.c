/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_place_test.c - which memory the blocks of heap_caps are of, and
 * how they get along with those of malloc().
 */
#include <malloc.h>

#include "_heap_caps.h"

#define C8   MALLOC_CAP_8BIT
#define EXEC MALLOC_CAP_EXEC

/* ---- where blocks come from ---------------------------------------------- */

static void
test_placement_of_small_and_large_blocks(void)
{
    static const struct {
        uint32_t caps;
        size_t size;
        int region;
        bool is_alias;
    } rows[] = {
        {C8, 64, DRAM_SMALL, false},
        {MALLOC_CAP_DEFAULT, 64, DRAM_SMALL, false},
        {MALLOC_CAP_DMA, 64, DRAM_SMALL, false},
        {C8 | MALLOC_CAP_DMA, 64, DRAM_SMALL, false},
        {MALLOC_CAP_INTERNAL, 64, IRAM, false},
        {MALLOC_CAP_32BIT, 64, IRAM, false},
        {MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL, 64, IRAM, false},
        {EXEC, 64, IRAM, false},
        {EXEC | MALLOC_CAP_32BIT, 64, IRAM, false},
        {EXEC | MALLOC_CAP_INTERNAL, 64, IRAM, false},
        {C8, 6400, DRAM_LARGE, false},
        {MALLOC_CAP_DEFAULT, 120000, DRAM_LARGE, false},
        {EXEC, 100000, DIRAM_LARGE, true},
        {EXEC | MALLOC_CAP_DEFAULT, 64, DIRAM_SMALL, true},
        {MALLOC_CAP_32BIT | C8, 100, DRAM_SMALL, false},
    };

    caps_watch();
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        void *p = GIVES(heap_caps_malloc(rows[i].size, rows[i].caps));

        CHECK_EQ(caps_region_of(p), rows[i].region);
        CHECK_EQ(caps_is_alias(p), rows[i].is_alias);
        heap_caps_free(p);
    }
}

/* Takes all that a mask can have, and checks in which order. */
static void
exhaust(uint32_t caps, size_t size, const int *order)
{
    static void *blocks[1024];
    size_t n = 0;
    int last = *order;

    caps_failed.n = 0;
    while ((blocks[n] = heap_caps_malloc(size, caps)) != NULL) {
        int region = caps_region_of(blocks[n]);

        if (region != last) {
            order++;
            last = region;
        }
        CHECK_EQ(region, *order);
        n++;
        CHECK(n < ARRAY_LENGTH(blocks));
    }
    CHECK_EQ(order[1], NOWHERE);
    CHECK_EQ(caps_failed.n, 1);
    while (n > 0) {
        heap_caps_free(blocks[--n]);
    }
}

static void
test_placement_when_regions_fill_up(void)
{
    static const int byte[] = {
        DRAM_SMALL, DRAM_LARGE, DIRAM_SMALL, DIRAM_LARGE, NOWHERE};
    /* DRAM has it of its second mask, as D/IRAM: the smaller one is first. */
    static const int dma[] = {
        DRAM_SMALL, DIRAM_SMALL, DIRAM_LARGE, DRAM_LARGE, NOWHERE};
    static const int word[] = {
        IRAM, DRAM_SMALL, DRAM_LARGE, DIRAM_SMALL, DIRAM_LARGE, NOWHERE};
    static const int exec[] = {IRAM, DIRAM_SMALL, DIRAM_LARGE, NOWHERE};
    multi_heap_info_t before;
    multi_heap_info_t after;

    caps_watch();
    heap_caps_get_info(&before, 0);
    exhaust(C8, 1024, byte);
    exhaust(MALLOC_CAP_DEFAULT, 1000, byte);
    exhaust(MALLOC_CAP_DMA, 1024, dma);
    exhaust(MALLOC_CAP_32BIT, 1024, word);
    exhaust(EXEC, 1024, exec);
    heap_caps_get_info(&after, 0);
    CHECK_EQ(after.total_free_bytes, before.total_free_bytes);
    CHECK_EQ(after.largest_free_block, before.largest_free_block);
    CHECK_EQ(after.allocated_blocks, before.allocated_blocks);
    CHECK(heap_caps_check_integrity_all(true));
}

static void
test_placement_with_external_memory(void)
{
    static const int byte[] = {DRAM_LARGE, PSRAM, DIRAM_LARGE, NOWHERE};
    static const int word[] = {IRAM, DRAM_LARGE, PSRAM, DIRAM_LARGE, NOWHERE};
    static const int any[] = {PSRAM, DRAM_LARGE, DIRAM_LARGE, NOWHERE};

    caps_watch();
    CHECK_EQ(
        caps_region_of(GIVES(heap_caps_malloc(64, MALLOC_CAP_SPIRAM))), PSRAM);
    exhaust(MALLOC_CAP_DEFAULT, 60000, any);
    exhaust(MALLOC_CAP_32BIT, 60000, word);
    /* Of 8BIT the second mask of D/IRAM has part, of PSRAM the third one. */
    (void)byte;
    CHECK_EQ(caps_region_of(GIVES(heap_caps_malloc(64, C8))), DRAM_SMALL);
}

/* Too large for IRAM: the instruction's view of D/IRAM has it. */
static void
test_alias_block_is_one_for_all_calls(void)
{
    size_t free_before = heap_caps_get_free_size(0);
    char *p = heap_caps_malloc(100000, EXEC);

    CHECK(caps_is_alias(p));
    memset(p, 0xa5, 100000);
    CHECK(heap_caps_get_allocated_size(p) >= 100000);
    CHECK(heap_caps_get_containing_block_size(p) >= 100000);
    CHECK(malloc_usable_size(p) >= 100000);
    CHECK(heap_caps_check_integrity_addr((intptr_t)p, true));
    heap_caps_free(p);
    CHECK_EQ(heap_caps_get_free_size(0), free_before);

    p = heap_caps_calloc(1000, 100, EXEC);
    CHECK(caps_is_alias(p));
    CHECK(unit_is_filled(p, 100000, 0));
    free(p);
    CHECK_EQ(heap_caps_get_free_size(0), free_before);

    for (size_t align = 4; align <= 4096; align *= 4) {
        p = heap_caps_aligned_alloc(align, 100000, EXEC);
        CHECK(caps_is_alias(p));
        CHECK_EQ((uintptr_t)p % align, 0);
        memset(p, 0x5a, 100000);
        CHECK(heap_caps_check_integrity_all(true));
        heap_caps_aligned_free(p);
        CHECK_EQ(heap_caps_get_free_size(0), free_before);
    }
}

/* A block that is in use has its word in both views to itself. */
static void
test_alias_blocks_do_not_overlap_with_others(void)
{
    enum {
        N = 64,
        SIZE = 1500
    };
    char *blocks[N];

    for (size_t i = 0; i < N; i++) {
        blocks[i] = heap_caps_malloc(
            SIZE, i % 2 == 0 ? EXEC | MALLOC_CAP_DEFAULT : MALLOC_CAP_DMA);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], (int)i, SIZE);
    }
    for (size_t i = 0; i < N; i++) {
        CHECK(unit_is_filled(blocks[i], SIZE, (unsigned char)i));
        heap_caps_free(blocks[i]);
    }
    CHECK(heap_caps_check_integrity_all(true));
}

/* What is too much for a region, or for all of them, leaves it as it was. */
static void
test_region_serves_after_a_request_that_is_too_large(void)
{
    static const uint32_t kinds[] = {
        MALLOC_CAP_SPIRAM, EXEC, MALLOC_CAP_RTCRAM, MALLOC_CAP_DMA};

    caps_watch();
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        size_t huge = (size_t)1 << 46;

        FAILS(heap_caps_malloc(huge, kinds[i]), huge, kinds[i],
            "heap_caps_malloc");
        caps_use_and_free(GIVES(heap_caps_malloc(1000, kinds[i])), 1000);
        FAILS(heap_caps_malloc(huge, kinds[i]), huge, kinds[i],
            "heap_caps_malloc");
        FAILS(heap_caps_aligned_alloc(huge, 16, kinds[i]), 16, kinds[i],
            "heap_caps_aligned_alloc");
        caps_use_and_free(GIVES(heap_caps_malloc(1000, kinds[i])), 1000);
    }
}

/* ---- beside malloc() ----------------------------------------------------- */

static void
test_blocks_of_libc_and_heap_caps_are_each_others(void)
{
    void *p = malloc(100);
    char *text;

    caps_watch();
    CHECK(heap_caps_get_allocated_size(p) >= 100);
    heap_caps_free(p);
    heap_caps_free(strdup("text"));
    heap_caps_free(memalign(1024, 5000));
    heap_caps_free(NULL);
    heap_caps_aligned_free(NULL);
    free(heap_caps_malloc(100, C8));
    free(heap_caps_malloc(100, MALLOC_CAP_32BIT));
    free(heap_caps_malloc(100, EXEC));
    free(heap_caps_aligned_alloc(512, 100, C8));

    text = malloc(6);
    memcpy(text, "heaps", 6);
    text = GIVES(heap_caps_realloc(text, 3000, C8));
    CHECK_STR(text, "heaps");
    text = realloc(text, 5000);
    CHECK_STR(text, "heaps");
    CHECK(malloc_usable_size(text) >= 5000);
    free(text);

    text = heap_caps_malloc(6, C8);
    memcpy(text, "blocks", 6);
    text = realloc(text, 200);
    CHECK(memcmp(text, "blocks", 6) == 0);
    heap_caps_free(text);
    CHECK(heap_caps_check_integrity_all(true));
}

/* malloc(0) is libc's, whatever serves it; heap_caps_malloc(0) is not. */
static void
test_malloc_zero_is_unique_beside_heap_caps(void)
{
    void *p = malloc(0);
    void *q = malloc(0);

    CHECK(p != NULL && q != NULL && p != q);
    CHECK(heap_caps_malloc(0, MALLOC_CAP_DEFAULT) == NULL);
    CHECK(heap_caps_malloc_default(0) == NULL);
    free(p);
    heap_caps_free(q);
}

static void
test_malloc_under_device_is_8bit_memory(void)
{
    size_t before = heap_caps_get_free_size(C8);
    void *p = malloc(64);

    CHECK_EQ(caps_region_of(p), DRAM_SMALL);
    CHECK_EQ((uintptr_t)p % 16, 0);
    CHECK(heap_caps_get_free_size(C8) < before);
    free(p);
    CHECK_EQ(heap_caps_get_free_size(C8), before);
    p = calloc(10, 1000);
    CHECK_EQ(caps_region_of(p), DRAM_LARGE);
    CHECK(unit_is_filled(p, 10000, 0));
    p = realloc(p, 20000);
    CHECK_EQ(caps_region_of(p), DRAM_LARGE);
    free(p);
    CHECK(malloc(400000) == NULL);
}

static void
test_malloc_under_host_is_not_the_device(void)
{
    size_t before = heap_caps_get_free_size(0);
    void *p = malloc(1000000);

    CHECK(p != NULL);
    CHECK_EQ(caps_region_of(p), NOWHERE);
    CHECK_EQ(heap_caps_get_free_size(0), before);
    CHECK(heap_caps_get_allocated_size(p) >= 1000000);
    p = heap_caps_realloc(p, 100, C8);
    CHECK_EQ(caps_region_of(p), DRAM_SMALL);
    free(p);
    heap_caps_free(malloc(100));
}

static void
test_default_without_external_memory(void)
{
    uint32_t caps = !caps_setting_has("esp_idf")
                        ? C8
                        : MALLOC_CAP_DEFAULT | MALLOC_CAP_INTERNAL;
    void *p;

    caps_watch();
    GIVES_NULL(heap_caps_malloc_default(0));
    p = GIVES(heap_caps_malloc_default(64));
    CHECK_EQ(caps_region_of(p), DRAM_SMALL);
    p = GIVES(heap_caps_realloc_default(p, 20000));
    CHECK_EQ(caps_region_of(p), DRAM_LARGE);
    FAILS(heap_caps_realloc_default(p, 400000), 400000, caps,
        "heap_caps_realloc_default");
    GIVES_NULL(heap_caps_realloc_default(p, 0));
    GIVES_NULL(heap_caps_realloc_default(NULL, 0));
    p = GIVES(heap_caps_realloc_default(NULL, 10));
    heap_caps_free(p);
    p = GIVES(heap_caps_aligned_alloc_default(256, 10));
    CHECK_EQ((uintptr_t)p % 256, 0);
    heap_caps_free(p);
    GIVES_NULL(heap_caps_aligned_alloc_default(3, 10));
    GIVES_NULL(heap_caps_aligned_alloc_default(8, 0));
    FAILS(heap_caps_malloc_default(SIZE_MAX), SIZE_MAX, caps,
        "heap_caps_malloc_default");
    FAILS(heap_caps_aligned_alloc_default(64, 500000), 500000, caps,
        "heap_caps_aligned_alloc_default");
}

static int
region_of_freed(void *p)
{
    int region = caps_region_of(p);

    free(p);
    return region;
}

static void
test_default_with_external_memory(void)
{
    caps_watch();
    /* Not before it is enabled, even when nothing else is left. */
    CHECK_EQ(region_of_freed(GIVES(heap_caps_malloc_default(64))), DRAM_SMALL);
    CHECK_EQ(region_of_freed(malloc(64)), DRAM_SMALL);
    CHECK(heap_caps_malloc_default(300000) == NULL);
    CHECK(malloc(300000) == NULL);

    heap_caps_malloc_extmem_enable(1024);
    CHECK_EQ(region_of_freed(GIVES(heap_caps_malloc_default(64))), DRAM_SMALL);
    CHECK_EQ(
        region_of_freed(GIVES(heap_caps_malloc_default(1024))), DRAM_SMALL);
    CHECK_EQ(region_of_freed(GIVES(heap_caps_malloc_default(1025))), PSRAM);
    CHECK_EQ(region_of_freed(GIVES(heap_caps_malloc_default(300000))), PSRAM);
    CHECK_EQ(region_of_freed(malloc(1025)), PSRAM);
    CHECK_EQ(region_of_freed(malloc(1000)), DRAM_SMALL);
    CHECK_EQ(region_of_freed(calloc(2, 1025)), PSRAM);
    GIVES_NULL(heap_caps_malloc_default(0));

    heap_caps_malloc_extmem_enable(0);
    CHECK_EQ(region_of_freed(GIVES(heap_caps_malloc_default(1))), PSRAM);

    heap_caps_malloc_extmem_enable((size_t)-1);
    CHECK_EQ(
        region_of_freed(GIVES(heap_caps_malloc_default(2000))), DRAM_SMALL);
}

/* ---- executable ---------------------------------------------------------- */

static void
test_executable_block_runs_code(void)
{
#if defined __x86_64__
    static const unsigned char code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3};
#elif defined __aarch64__
    static const uint32_t code[] = {0x52800540, 0xd65f03c0};
#else
    static const char code[1];
    _exit(UNIT_SKIP);
#endif
    int (*answer)(void);
    void *p = heap_caps_malloc(sizeof code, EXEC);

    CHECK(p != NULL);
    memcpy(p, code, sizeof code);
    __builtin___clear_cache((char *)p, (char *)p + sizeof code);
    memcpy(&answer, &p, sizeof p);
    CHECK_EQ(answer(), 42);
    heap_caps_free(p);
}

/* ---- threads ------------------------------------------------------------- */

#define N_THREADS 4
#define N_STEPS   20000
#define N_HELD    16

static void *
churn(void *arg)
{
    static const uint32_t kinds[] = {C8, MALLOC_CAP_DEFAULT, MALLOC_CAP_32BIT,
        EXEC, MALLOC_CAP_DMA, MALLOC_CAP_INTERNAL};
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    uint32_t *held[N_HELD] = {NULL};

    for (unsigned i = 0; i < N_STEPS; i++) {
        uint32_t **slot = &held[unit_below(&seed, N_HELD)];
        uint32_t caps = kinds[unit_below(&seed, ARRAY_LENGTH(kinds))];
        size_t size = 4 + unit_below(&seed, 2000);

        if (*slot != NULL) {
            CHECK_EQ(**slot, (uint32_t)(uintptr_t)*slot);
        }
        if (unit_below(&seed, 3) == 0) {
            uint32_t *p = heap_caps_realloc(*slot, size, caps);

            *slot = p != NULL ? p : *slot;
        } else {
            heap_caps_free(*slot);
            *slot = heap_caps_malloc(size, caps);
        }
        if (*slot != NULL) {
            **slot = (uint32_t)(uintptr_t)*slot;
        }
    }
    for (unsigned i = 0; i < N_HELD; i++) {
        heap_caps_free(held[i]);
    }
    return NULL;
}

static void
test_threads_leave_figures_as_they_were(void)
{
    pthread_t threads[N_THREADS];
    multi_heap_info_t before;
    multi_heap_info_t after;

    /* What a first thread makes stays. */
    unit_on_thread(churn, (void *)1);
    heap_caps_get_info(&before, 0);
    for (uintptr_t i = 0; i < N_THREADS; i++) {
        threads[i] = unit_thread_start(churn, (void *)(i + 1));
    }
    for (unsigned i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    heap_caps_get_info(&after, 0);
    CHECK_EQ(after.total_free_bytes, before.total_free_bytes);
    CHECK_EQ(after.allocated_blocks, before.allocated_blocks);
    CHECK_EQ(after.free_blocks, before.free_blocks);
    CHECK(heap_caps_check_integrity_all(true));
}

/* ---- rows ---------------------------------------------------------------- */

static const struct case_row rows[] = {
    ROW(test_placement_of_small_and_large_blocks, ESP32),
    ROW(test_placement_when_regions_fill_up, ESP32),
    ROW(test_placement_with_external_memory, "profile=esp32-psram",
        "profile=esp32-psram,poisoning=light",
        "profile=esp32-psram,accounting=host"),
    ROW(test_alias_block_is_one_for_all_calls, ESP32),
    ROW(test_alias_blocks_do_not_overlap_with_others, ESP32),
    ROW(test_region_serves_after_a_request_that_is_too_large, HOST,
        "profile=host,limit=64M"),
    ROW(test_blocks_of_libc_and_heap_caps_are_each_others, HOST, ESP32,
        "profile=esp32,malloc=host"),
    ROW(test_malloc_zero_is_unique_beside_heap_caps, HOST, ESP32,
        "profile=esp32,malloc=host"),
    ROW(test_malloc_under_device_is_8bit_memory, ESP32),
    ROW(test_malloc_under_host_is_not_the_device, "profile=esp32,malloc=host",
        "profile=esp32,malloc=host,poisoning=comprehensive"),
    ROW(test_default_without_external_memory, ESP32),
    ROW(test_default_with_external_memory, "profile=esp32-psram",
        "profile=esp32-psram,esp_idf=6", "profile=esp32-psram,poisoning=light"),
    ROW(test_executable_block_runs_code, HOST),
    ROW(test_threads_leave_figures_as_they_were, ESP32),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
