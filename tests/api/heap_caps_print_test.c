/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_print_test.c - walks over heaps, and what is printed of them.
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

/* ---- walks --------------------------------------------------------------- */

#define WALK_MAX 64

struct walked {
    unsigned n;
    unsigned stop_after;
    struct {
        walker_heap_into_t heap;
        walker_block_info_t block;
    } at[WALK_MAX];
};

static bool
note(walker_heap_into_t heap, walker_block_info_t block, void *user_data)
{
    struct walked *walked = user_data;

    CHECK(walked->n < WALK_MAX);
    walked->at[walked->n].heap = heap;
    walked->at[walked->n].block = block;
    walked->n++;
    return walked->stop_after == 0 || walked->n % walked->stop_after != 0;
}

static bool
has_block(const struct walked *walked, const void *p, bool used)
{
    for (unsigned i = 0; i < walked->n; i++) {
        const walker_block_info_t *block = &walked->at[i].block;

        if ((const char *)p - (const char *)block->ptr >= 0
            && (const char *)p - (const char *)block->ptr
                   < (ptrdiff_t)block->size) {
            return block->used == used;
        }
    }
    return false;
}

static void
test_walk_visits_blocks_in_order(void)
{
    static struct walked walked;
    void *p = heap_caps_malloc(64, C8);
    void *q = heap_caps_malloc(64, C8);

    heap_caps_walk_all(note, &walked);
    /* One free block a region, the bookkeeping and two of ours. */
    CHECK_EQ(walked.n, N_REGIONS + 3);
    for (unsigned i = 0; i < walked.n; i++) {
        const walker_block_info_t *block = &walked.at[i].block;
        const walker_heap_into_t *heap = &walked.at[i].heap;

        CHECK((intptr_t)block->ptr >= heap->start);
        CHECK((intptr_t)block->ptr + (intptr_t)block->size <= heap->end);
        if (i > 0 && heap->start == walked.at[i - 1].heap.start) {
            CHECK(block->ptr > walked.at[i - 1].block.ptr);
        }
    }
    CHECK_EQ(walked.at[0].heap.start, caps_regions[DRAM_SMALL].start);
    CHECK_EQ(walked.at[walked.n - 1].heap.end,
        caps_regions[DRAM_LARGE].start + caps_regions[DRAM_LARGE].size);
    CHECK(has_block(&walked, p, true));
    CHECK(has_block(&walked, q, true));
    heap_caps_free(p);
    walked.n = 0;
    heap_caps_walk(MALLOC_CAP_DMA | MALLOC_CAP_DEFAULT, note, &walked);
    CHECK(has_block(&walked, p, false));
    CHECK(has_block(&walked, q, true));
    heap_caps_free(q);
}

static void
test_walk_false_ends_one_heap_only(void)
{
    static struct walked walked = {.stop_after = 1};

    heap_caps_walk(MALLOC_CAP_INVALID, note, &walked);
    CHECK_EQ(walked.n, N_REGIONS);
    walked.n = 0;
    heap_caps_walk(0, note, &walked);
    CHECK_EQ(walked.n, N_REGIONS);
    walked.n = 0;
    heap_caps_walk(EXEC, note, &walked);
    CHECK_EQ(walked.n, 3);
    walked.n = 0;
    heap_caps_walk(MALLOC_CAP_SPIRAM, note, &walked);
    CHECK_EQ(walked.n, 0);
}

/* The walk holds no lock: its function may use the heap. */
static bool
allocate(walker_heap_into_t heap, walker_block_info_t block, void *user_data)
{
    void *p = heap_caps_malloc(16, C8);

    CHECK(p != NULL);
    heap_caps_free(p);
    *(unsigned *)user_data += 1;
    return *(unsigned *)user_data < 100;
}

static void
test_walk_function_may_allocate(void)
{
    void *p = heap_caps_malloc(64, C8);
    unsigned n = 0;

    heap_caps_walk_all(allocate, &n);
    CHECK(n >= 1);
    heap_caps_free(p);
    CHECK(heap_caps_check_integrity_all(true));
}

/* ---- print --------------------------------------------------------------- */

static void
printed(uint32_t caps, char *text, size_t size)
{
    struct case_capture capture;

    case_capture_begin(&capture, stdout);
    heap_caps_print_heap_info(caps);
    case_capture_end(&capture, text, size);
}

static int
want_region(char *text, size_t size, const struct caps_region *region)
{
    unsigned n_used = region == &caps_regions[DRAM_SMALL];

    return snprintf(text, size,
        "  At 0x%08lx len %zu free %zu allocated %u min_free %zu\n"
        "    largest_free_block %zu alloc_blocks %u free_blocks 1 "
        "total_blocks %u\n",
        (unsigned long)region->start, region->size, region->free,
        n_used * BOOKKEEPING, region->free, region->largest, n_used,
        n_used + 1);
}

static void
check_print(uint32_t caps)
{
    char want[4096];
    char text[4096];
    size_t n = (size_t)snprintf(
        want, sizeof want, "Heap summary for capabilities 0x%08X:\n", caps);

    for (int i = 0; i < N_REGIONS; i++) {
        if (has_caps(i, caps)) {
            n += (size_t)want_region(
                want + n, sizeof want - n, &caps_regions[i]);
        }
    }
    snprintf(want + n, sizeof want - n,
        "  Totals:\n    free %zu allocated %u min_free %zu largest_free_block "
        "%zu\n",
        heap_caps_get_free_size(caps), BOOKKEEPING * has_caps(DRAM_SMALL, caps),
        heap_caps_get_free_size(caps), heap_caps_get_largest_free_block(caps));
    printed(caps, text, sizeof text);
    CHECK_STR(text, want);
}

static void
test_print_has_two_lines_a_heap_and_totals(void)
{
    check_print(0);
    check_print(C8);
    check_print(EXEC);
    check_print(MALLOC_CAP_SPIRAM);
    check_print(MALLOC_CAP_INVALID);
    check_print(MALLOC_CAP_DEFAULT | MALLOC_CAP_RTCRAM);
}

static void
test_print_under_host_has_the_same_form(void)
{
    char text[8192];
    size_t values[8];
    unsigned long at;
    const char *line = text;

    printed(C8, text, sizeof text);
    CHECK(
        strncmp(text, "Heap summary for capabilities 0x00000004:\n", 42) == 0);
    line = strchr(line, '\n') + 1;
    CHECK_EQ(sscanf(line,
                 "  At 0x%lx len %zu free %zu allocated %zu min_free %zu\n"
                 "    largest_free_block %zu alloc_blocks %zu free_blocks %zu "
                 "total_blocks %zu\n",
                 &at, &values[0], &values[1], &values[2], &values[3],
                 &values[4], &values[5], &values[6], &values[7]),
        9);
    line = strstr(text, "\n  Totals:\n");
    CHECK(line != NULL);
    CHECK_EQ(sscanf(line,
                 "\n  Totals:\n    free %zu allocated %zu min_free %zu "
                 "largest_free_block %zu\n",
                 &values[0], &values[1], &values[2], &values[3]),
        4);
}

/* ---- dump ---------------------------------------------------------------- */

struct dumped {
    unsigned long block;
    size_t size;
    unsigned long next;
    unsigned long next_free;
    bool is_free;
};

static const char *
read_dumped(const char *line, struct dumped *dumped)
{
    char flag[8];
    int n = sscanf(line,
        "Block 0x%lx data, size: %zu bytes, Next: 0x%lx, Free: %7[a-zA-Z], "
        "Next free: 0x%lx\n",
        &dumped->block, &dumped->size, &dumped->next, flag, &dumped->next_free);

    CHECK(n >= 4);
    dumped->is_free = strcmp(flag, "Yes") == 0;
    CHECK(dumped->is_free || strcmp(flag, "No") == 0);
    CHECK_EQ(n, dumped->is_free ? 5 : 4);
    return strchr(line, '\n') + 1;
}

static void
test_dump_has_the_documented_items(void)
{
    struct case_capture capture;
    struct dumped dumped;
    char text[8192];
    const char *line = text;
    unsigned long next = 0;
    bool has_ours = false;
    void *p = heap_caps_malloc(100, MALLOC_CAP_INTERNAL);
    unsigned n = 0;

    CHECK_EQ(caps_region_of(p), IRAM);
    case_capture_begin(&capture, stdout);
    heap_caps_dump(EXEC);
    case_capture_end(&capture, text, sizeof text);
    while (*line != '\0') {
        if (strncmp(line, "Showing data for heap: 0x", 25) == 0) {
            next = 0;
            n++;
            line = strchr(line, '\n') + 1;
            continue;
        }
        line = read_dumped(line, &dumped);
        CHECK(next == 0 || next == dumped.block);
        next = dumped.next;
        has_ours |= (uintptr_t)p >= dumped.block
                    && (uintptr_t)p < dumped.block + dumped.size
                    && !dumped.is_free;
    }
    CHECK_EQ(n, 3);
    CHECK(has_ours);
    CHECK_EQ(
        next, caps_regions[DIRAM_LARGE].start + caps_regions[DIRAM_LARGE].size);
    heap_caps_free(p);
}

static void
test_dump_of_newer_versions_is_short(void)
{
    struct case_capture capture;
    char text[8192];

    case_capture_begin(&capture, stderr);
    heap_caps_dump_all();
    case_capture_end(&capture, text, sizeof text);
    CHECK(strncmp(text, "Showing data for heap: 0x3ffae6e0", 33) == 0);
    CHECK(strstr(text, " data, size: 160 bytes, Free: No") != NULL);
    CHECK(strstr(text, "Free: Yes") != NULL);
    CHECK(strstr(text, "Next") == NULL);
}

/* ---- rows ---------------------------------------------------------------- */

static const struct case_row rows[] = {
    ROW(test_walk_visits_blocks_in_order, ESP32),
    ROW(test_walk_false_ends_one_heap_only, ESP32),
    ROW(test_walk_function_may_allocate, HOST, ESP32),
    ROW(test_print_has_two_lines_a_heap_and_totals, GOLDEN),
    ROW(test_print_under_host_has_the_same_form, HOST),
    ROW(test_dump_has_the_documented_items, "profile=esp32",
        "profile=esp32,poisoning=light", "profile=esp32,accounting=host"),
    ROW(test_dump_of_newer_versions_is_short, "profile=esp32,esp_idf=5",
        "profile=esp32,esp_idf=6"),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
