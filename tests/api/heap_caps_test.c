/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_test.c - the calls of heap_caps that give and take blocks: their
 * edges, and who is told of a failure.
 *
 * Each row of the documented tables is one line here; what a device answered
 * to a byte is in heap_caps_trace_test.c.
 */
#include "_heap_caps.h"

#define C8   MALLOC_CAP_8BIT
#define EXEC MALLOC_CAP_EXEC
/* No memory of any profile has it. */
#define NONE MALLOC_CAP_INVALID

/* ---- malloc and calloc --------------------------------------------------- */

static void
test_malloc_edges(void)
{
    caps_watch();
    GIVES_NULL(heap_caps_malloc(0, C8));
    GIVES_NULL(heap_caps_malloc(0, 0));
    GIVES_NULL(heap_caps_malloc(0, MALLOC_CAP_DEFAULT));
    GIVES_NULL(heap_caps_malloc(0, NONE));
    caps_use_and_free(GIVES(heap_caps_malloc(1, C8)), 1);
    caps_use_and_free(GIVES(heap_caps_malloc(64, C8)), 64);
    caps_use_and_free(GIVES(heap_caps_malloc(64, MALLOC_CAP_DEFAULT)), 64);
    caps_use_and_free(GIVES(heap_caps_malloc(64, MALLOC_CAP_DMA)), 64);
    caps_use_and_free(GIVES(heap_caps_malloc(64, MALLOC_CAP_INTERNAL)), 64);
    caps_use_and_free(GIVES(heap_caps_malloc(64, MALLOC_CAP_32BIT)), 64);
    caps_use_and_free(
        GIVES(heap_caps_malloc(64, C8 | MALLOC_CAP_INTERNAL)), 64);
    FAILS(heap_caps_malloc(64, 0), 64, 0, "heap_caps_malloc");
    FAILS(heap_caps_malloc(64, EXEC | C8), 64, EXEC | C8, "heap_caps_malloc");
    FAILS(heap_caps_malloc(63, EXEC | MALLOC_CAP_DMA), 63,
        EXEC | MALLOC_CAP_DMA, "heap_caps_malloc");
    FAILS(heap_caps_malloc(64, MALLOC_CAP_INVALID), 64, MALLOC_CAP_INVALID,
        "heap_caps_malloc");
    FAILS(heap_caps_malloc(1, C8 | MALLOC_CAP_INVALID), 1,
        C8 | MALLOC_CAP_INVALID, "heap_caps_malloc");
    FAILS(heap_caps_malloc(SIZE_MAX, C8), SIZE_MAX, C8, "heap_caps_malloc");
    FAILS(heap_caps_malloc(SIZE_MAX, MALLOC_CAP_32BIT), SIZE_MAX,
        MALLOC_CAP_32BIT, "heap_caps_malloc");
    FAILS(
        heap_caps_malloc(PTRDIFF_MAX, C8), PTRDIFF_MAX, C8, "heap_caps_malloc");
}

/* What the five regions of the plain chip cannot do. */
static void
test_malloc_of_missing_memory_fails(void)
{
    static const uint32_t missing[] = {MALLOC_CAP_SPIRAM, MALLOC_CAP_IRAM_8BIT,
        MALLOC_CAP_RTCRAM, MALLOC_CAP_RETENTION, MALLOC_CAP_SPM,
        MALLOC_CAP_SPIRAM_NO_ENC, C8 | MALLOC_CAP_SPIRAM};

    caps_watch();
    for (size_t i = 0; i < ARRAY_LENGTH(missing); i++) {
        FAILS(heap_caps_malloc(65, missing[i]), 65, missing[i],
            "heap_caps_malloc");
    }
    for (unsigned pid = 4; pid <= 9; pid++) {
        FAILS(
            heap_caps_malloc(64, 1u << pid), 64, 1u << pid, "heap_caps_malloc");
    }
    FAILS(heap_caps_malloc(CAPS_SIZE_MAX, C8), CAPS_SIZE_MAX, C8,
        "heap_caps_malloc");
    FAILS(heap_caps_malloc(CAPS_SIZE_MAX + 1, C8), CAPS_SIZE_MAX + 1, C8,
        "heap_caps_malloc");
}

/* On a host every kind of memory is there. */
static void
test_malloc_of_any_sensible_memory_succeeds(void)
{
    static const uint32_t sensible[] = {MALLOC_CAP_SPIRAM, MALLOC_CAP_RTCRAM,
        MALLOC_CAP_SPIRAM | C8, MALLOC_CAP_SPIRAM | MALLOC_CAP_DEFAULT,
        MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL, EXEC, EXEC | MALLOC_CAP_INTERNAL,
        EXEC | MALLOC_CAP_32BIT,
        C8 | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT | MALLOC_CAP_32BIT,
        MALLOC_CAP_DMA_DESC_AHB, MALLOC_CAP_DMA_DESC_AXI,
        MALLOC_CAP_CACHE_ALIGNED | C8};

    caps_watch();
    for (size_t i = 0; i < ARRAY_LENGTH(sensible); i++) {
        caps_use_and_free(GIVES(heap_caps_malloc(1000, sensible[i])), 1000);
        caps_use_and_free(GIVES(heap_caps_malloc(300000, sensible[i])), 300000);
    }
}

static void
dirty(size_t size, uint32_t caps)
{
    void *p = GIVES(heap_caps_malloc(size, caps));

    memset(p, 0xa5, size);
    heap_caps_free(p);
}

static void
test_calloc_edges(void)
{
    static const uint32_t kinds[] = {C8, MALLOC_CAP_32BIT, EXEC};

    caps_watch();
    GIVES_NULL(heap_caps_calloc(0, 4, C8));
    GIVES_NULL(heap_caps_calloc(4, 0, C8));
    GIVES_NULL(heap_caps_calloc(0, 0, 0));
    FAILS(heap_caps_calloc(SIZE_MAX / 2 + 4, 2, C8), SIZE_MAX, C8,
        "heap_caps_calloc");
    FAILS(heap_caps_calloc(SIZE_MAX, SIZE_MAX, 0), SIZE_MAX, 0,
        "heap_caps_calloc");
    FAILS(heap_caps_calloc(16, 16, 0), 256, 0, "heap_caps_calloc");
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        for (size_t size = 4; size <= 6400; size *= 40) {
            void *p;

            dirty(size, kinds[i]);
            p = GIVES(heap_caps_calloc(size / 4, 4, kinds[i]));
            CHECK(unit_is_filled(p, size, 0));
            heap_caps_free(p);
        }
    }
}

/* ---- realloc ------------------------------------------------------------- */

static void
test_realloc_edges(void)
{
    size_t free_before;
    void *p;

    caps_watch();
    free_before = heap_caps_get_free_size(C8);
    GIVES_NULL(heap_caps_realloc(NULL, 0, C8));
    p = GIVES(heap_caps_realloc(NULL, 64, C8));
    GIVES_NULL(heap_caps_realloc(p, 0, C8));
    FAILS(heap_caps_realloc(NULL, 64, 0), 64, 0, "heap_caps_realloc");
    FAILS(heap_caps_realloc(NULL, SIZE_MAX, C8), SIZE_MAX, C8,
        "heap_caps_realloc");
    p = caps_filled(64, C8);
    FAILS(heap_caps_realloc(p, 32, NONE), 32, NONE, "heap_caps_realloc");
    FAILS(
        heap_caps_realloc(p, SIZE_MAX, C8), SIZE_MAX, C8, "heap_caps_realloc");
    FAILS(heap_caps_realloc(p, 64, EXEC | C8), 64, EXEC | C8,
        "heap_caps_realloc");
    CHECK(caps_is_kept(p, 64));
    p = GIVES(heap_caps_realloc(p, 4096, C8));
    CHECK(caps_is_kept(p, 64));
    p = GIVES(heap_caps_realloc(p, 32, C8));
    CHECK(caps_is_kept(p, 32));
    heap_caps_free(p);
    if (!caps_setting_has("host")) {
        CHECK_EQ(heap_caps_get_free_size(C8), free_before);
    }
    CHECK(heap_caps_check_integrity_all(true));
}

/* From data to instruction memory and back, larger and smaller. */
static void
test_realloc_to_other_memory_moves(void)
{
    void *p;

    caps_watch();
    p = caps_filled(64, C8);
    p = GIVES(heap_caps_realloc(p, 128, EXEC));
    CHECK(caps_is_kept(p, 64));
    p = GIVES(heap_caps_realloc(p, 48, C8));
    CHECK(caps_is_kept(p, 48));
    p = GIVES(heap_caps_realloc(p, 52, MALLOC_CAP_32BIT));
    CHECK(caps_is_kept(p, 48));
    heap_caps_free(p);
}

static void
test_realloc_stays_where_the_region_can_do_it(void)
{
    void *p;
    int region;

    caps_watch();
    p = caps_filled(64, MALLOC_CAP_DMA);
    region = caps_region_of(p);
    CHECK_EQ(region, DRAM_SMALL);
    /* DEFAULT and INTERNAL alone would be served elsewhere first. */
    p = GIVES(heap_caps_realloc(p, 128, MALLOC_CAP_INTERNAL));
    CHECK_EQ(caps_region_of(p), region);
    p = GIVES(heap_caps_realloc(p, 128, MALLOC_CAP_32BIT));
    CHECK_EQ(caps_region_of(p), region);
    /* No room there. */
    p = GIVES(heap_caps_realloc(p, 20000, C8));
    CHECK_EQ(caps_region_of(p), DRAM_LARGE);
    CHECK(caps_is_kept(p, 64));
    heap_caps_free(p);
}

/* The alias of the large D/IRAM: a block there is executable memory. */
static void
test_realloc_of_alias_moves_and_stays_executable(void)
{
    void *p;
    void *q;

    caps_watch();
    p = caps_filled(100000, EXEC);
    CHECK_EQ(caps_region_of(p), DIRAM_LARGE);
    CHECK(caps_is_alias(p));
    q = GIVES(heap_caps_realloc(p, 1000, EXEC));
    CHECK(q != p);
    CHECK(caps_is_kept(q, 1000));
    CHECK(caps_is_alias(q) || caps_region_of(q) == IRAM);
    q = GIVES(heap_caps_realloc(q, 2000, C8));
    CHECK(caps_is_kept(q, 1000));
    CHECK(!caps_is_alias(q));
    heap_caps_free(q);
    CHECK_EQ(heap_caps_get_largest_free_block(C8) > 100000, true);
    CHECK(heap_caps_check_integrity_all(true));
}

/* ---- aligned ------------------------------------------------------------- */

static void
test_aligned_edges(void)
{
    static const uint32_t kinds[] = {C8, MALLOC_CAP_32BIT, EXEC};

    caps_watch();
    GIVES_NULL(heap_caps_aligned_alloc(0, 16, C8));
    GIVES_NULL(heap_caps_aligned_alloc(3, 16, C8));
    GIVES_NULL(heap_caps_aligned_alloc(SIZE_MAX, 16, C8));
    GIVES_NULL(heap_caps_aligned_alloc(64, 0, C8));
    GIVES_NULL(heap_caps_aligned_calloc(0, 4, 4, C8));
    GIVES_NULL(heap_caps_aligned_calloc(48, 4, 4, C8));
    GIVES_NULL(heap_caps_aligned_calloc(64, 0, 4, C8));
    GIVES_NULL(heap_caps_aligned_calloc(64, SIZE_MAX, 2, C8));
    FAILS(heap_caps_aligned_alloc(64, SIZE_MAX, C8), SIZE_MAX, C8,
        "heap_caps_aligned_alloc");
    FAILS(heap_caps_aligned_alloc(64, 16, 0), 16, 0, "heap_caps_aligned_alloc");
    FAILS(heap_caps_aligned_alloc(64, 16, EXEC | C8), 16, EXEC | C8,
        "heap_caps_aligned_alloc");
    FAILS(heap_caps_aligned_alloc((size_t)1 << 62, 16, C8), 16, C8,
        "heap_caps_aligned_alloc");
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        for (size_t align = 1; align <= 8192; align *= 2) {
            char *p = GIVES(heap_caps_aligned_alloc(align, 20, kinds[i]));
            size_t least = align < 4 ? 4 : align;
            char *q;

            CHECK_EQ((uintptr_t)p & (least - 1), 0);
            memset(p, 0xa5, 20);
            q = GIVES(heap_caps_aligned_calloc(align, 5, 4, kinds[i]));
            CHECK_EQ((uintptr_t)q & (least - 1), 0);
            CHECK(unit_is_filled(q, 20, 0));
            heap_caps_aligned_free(p);
            heap_caps_free(q);
        }
    }
    CHECK(heap_caps_check_integrity_all(true));
}

/* ---- prefer -------------------------------------------------------------- */

static void
test_prefer_edges(void)
{
    uint32_t none = NONE;
    void *p;

    caps_watch();
    caps_use_and_free(GIVES(heap_caps_malloc_prefer(64, 2, none, C8)), 64);
    caps_use_and_free(GIVES(heap_caps_malloc_prefer(64, 1, C8)), 64);
    caps_use_and_free(
        GIVES(heap_caps_malloc_prefer(64, 4, none, 0, EXEC | C8, C8)), 64);
    FAILS(heap_caps_malloc_prefer(64, 2, C8 | EXEC, none), 64, none,
        "heap_caps_malloc_prefer");
    FAILS(heap_caps_malloc_prefer(64, 0), 64, MALLOC_CAP_DEFAULT,
        "heap_caps_malloc_prefer");
    GIVES_NULL(heap_caps_malloc_prefer(0, 1, C8));
    GIVES_NULL(heap_caps_malloc_prefer(0, 0));

    dirty(16, C8);
    p = GIVES(heap_caps_calloc_prefer(4, 4, 2, none, C8));
    CHECK(unit_is_filled(p, 16, 0));
    heap_caps_free(p);
    FAILS(heap_caps_calloc_prefer(4, 4, 2, 0, none), 16, none,
        "heap_caps_calloc_prefer");
    FAILS(heap_caps_calloc_prefer(SIZE_MAX, 4, 1, C8), SIZE_MAX, C8,
        "heap_caps_calloc_prefer");
    GIVES_NULL(heap_caps_calloc_prefer(0, 4, 1, C8));

    p = GIVES(heap_caps_realloc_prefer(NULL, 64, 2, none, C8));
    FAILS(heap_caps_realloc_prefer(p, 64, 2, C8 | none, none), 64, none,
        "heap_caps_realloc_prefer");
    FAILS(heap_caps_realloc_prefer(p, 64, 0), 64, MALLOC_CAP_DEFAULT,
        "heap_caps_realloc_prefer");
    p = GIVES(heap_caps_realloc_prefer(p, 300, 2, none, C8));
    GIVES_NULL(heap_caps_realloc_prefer(p, 0, 2, none, C8));
    GIVES_NULL(heap_caps_realloc_prefer(NULL, 0, 2, none, C8));
    CHECK(heap_caps_check_integrity_all(true));
}

/* ---- callback ------------------------------------------------------------ */

static void
test_register_callback_null_is_refused(void)
{
    CHECK_EQ(
        heap_caps_register_failed_alloc_callback(NULL), ESP_ERR_INVALID_ARG);
    CHECK(heap_caps_malloc(64, 0) == NULL);
    caps_watch();
    CHECK_EQ(
        heap_caps_register_failed_alloc_callback(NULL), ESP_ERR_INVALID_ARG);
    FAILS(heap_caps_malloc(64, 0), 64, 0, "heap_caps_malloc");
}

static void
on_failed_allocate(size_t size, uint32_t caps, const char *op)
{
    void *p = heap_caps_malloc(100, C8);

    CHECK(p != NULL);
    heap_caps_free(p);
    CHECK(heap_caps_malloc(size + 1, NONE) == NULL);
    CHECK(heap_caps_realloc_prefer(NULL, 8, 0) == NULL);
    caps_on_failed(size, caps, op);
}

static void
test_callback_that_fails_itself_is_not_called_again(void)
{
    CHECK_EQ(
        heap_caps_register_failed_alloc_callback(on_failed_allocate), ESP_OK);
    FAILS(heap_caps_malloc(64, 0), 64, 0, "heap_caps_malloc");
    FAILS(heap_caps_calloc(2, 8, 0), 16, 0, "heap_caps_calloc");
}

static void
test_abort_on_fail(void)
{
    void *p = heap_caps_malloc(64, C8);

    CHECK(heap_caps_malloc(0, C8) == NULL);
    CHECK(heap_caps_aligned_alloc(3, 8, C8) == NULL);
    CHECK(heap_caps_realloc(p, 0, C8) == NULL);
    p = heap_caps_malloc(64, NONE | C8);
    CHECK(p != NULL);
}

static void
test_explain_names_size_and_capabilities(void)
{
    struct case_capture capture;
    char text[4096];

    caps_watch();
    case_capture_begin(&capture, stderr);
    FAILS(heap_caps_malloc(12345, NONE | C8), 12345, NONE | C8,
        "heap_caps_malloc");
    case_capture_end(&capture, text, sizeof text);
    CHECK(strncmp(text, "capheap: ", 9) == 0);
    CHECK(strchr(text, '\n') == text + strlen(text) - 1);
    CHECK(strstr(text, "heap_caps_malloc") != NULL);
    CHECK(strstr(text, "12345") != NULL);
    CHECK(strstr(text, "8BIT") != NULL && strstr(text, "INVALID") != NULL);
}

/* ---- faults -------------------------------------------------------------- */

static void
test_free_of_foreign_pointer_aborts(void)
{
    int local;

    heap_caps_free(heap_caps_malloc(64, C8));
    heap_caps_free(&local);
}

static void
test_free_twice_aborts(void)
{
    void *p = heap_caps_malloc(64, C8);

    heap_caps_free(p);
    heap_caps_free(p);
}

static void
test_free_of_inside_aborts(void)
{
    char *p = heap_caps_malloc(64, C8);

    heap_caps_free(p + 4);
}

static void
test_realloc_of_foreign_pointer_aborts(void)
{
    static char nothing[64];

    CHECK(heap_caps_realloc(nothing, 32, C8) == NULL);
}

/* ---- rows ---------------------------------------------------------------- */

static const struct case_row rows[] = {
    ROW(test_malloc_edges, HOST, ESP32, OTHER_CHIPS),
    ROW(test_malloc_of_missing_memory_fails, ESP32),
    ROW(test_malloc_of_any_sensible_memory_succeeds, HOST),
    ROW(test_calloc_edges, HOST, ESP32),
    ROW(test_realloc_edges, HOST, ESP32, OTHER_CHIPS),
    ROW(test_realloc_to_other_memory_moves, HOST, ESP32),
    ROW(test_realloc_stays_where_the_region_can_do_it, ESP32),
    ROW(test_realloc_of_alias_moves_and_stays_executable, ESP32),
    ROW(test_aligned_edges, HOST, ESP32),
    ROW(test_prefer_edges, HOST, ESP32, OTHER_CHIPS),
    ROW(test_register_callback_null_is_refused, "profile=host",
        "profile=esp32"),
    ROW(test_callback_that_fails_itself_is_not_called_again, HOST, ESP32),
    ROW_ABORTS(test_abort_on_fail,
        "Mem alloc fail. size 0x00000040 caps 0x80000004",
        "profile=host,abort_on_fail=1", "profile=esp32,abort_on_fail=1"),
    ROW(test_explain_names_size_and_capabilities, "profile=host,explain=1",
        "profile=esp32,explain=1"),
    ROW_ABORTS(test_free_of_foreign_pointer_aborts,
        "capheap: heap_caps_free of a foreign pointer: 0x", HOST, ESP32),
    ROW_ABORTS(test_free_twice_aborts, "capheap: ", ESP32),
    ROW_ABORTS(test_free_of_inside_aborts, "capheap: ", ESP32),
    ROW_ABORTS(test_realloc_of_foreign_pointer_aborts,
        "capheap: heap_caps_realloc of a foreign pointer: 0x", HOST, ESP32),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
