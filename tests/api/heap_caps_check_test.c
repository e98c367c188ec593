/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_check_test.c - checks of heaps, good and broken.
 */
#include "_heap_caps.h"

#define C8   MALLOC_CAP_8BIT
#define EXEC MALLOC_CAP_EXEC

#define POISONED                                                           \
 "profile=esp32,poisoning=light", "profile=esp32,poisoning=comprehensive", \
     "profile=host,poisoning=light", "profile=host,poisoning=comprehensive"

/* ---- checks -------------------------------------------------------------- */

static bool
check_says(bool (*check)(void), char *text, size_t size)
{
    struct case_capture capture;
    bool is_good;

    case_capture_begin(&capture, stderr);
    is_good = check();
    case_capture_end(&capture, text, size);
    return is_good;
}

static void *checked;

static bool
check_all(void)
{
    return heap_caps_check_integrity_all(true);
}

static bool
check_all_silently(void)
{
    return heap_caps_check_integrity_all(false);
}

static bool
check_by_addr(void)
{
    return heap_caps_check_integrity_addr((intptr_t)checked, true);
}

static bool
check_byte(void)
{
    return heap_caps_check_integrity(C8, true);
}

/* Another heap, or none at all. */
static bool
check_spiram(void)
{
    return heap_caps_check_integrity(MALLOC_CAP_SPIRAM, true);
}

static void
test_checks_of_good_heaps(void)
{
    char text[4096];
    int local = 0;
    void *p = heap_caps_malloc(64, C8);

    checked = p;
    CHECK(check_says(check_all, text, sizeof text));
    CHECK_STR(text, "");
    CHECK(check_says(check_by_addr, text, sizeof text));
    CHECK(heap_caps_check_integrity(0, true));
    CHECK(heap_caps_check_integrity(C8, true));
    CHECK(heap_caps_check_integrity(MALLOC_CAP_INVALID, true));
    CHECK(!heap_caps_check_integrity_addr((intptr_t)&local, true));
    CHECK(!heap_caps_check_integrity_addr(0, true));
    heap_caps_free(p);
}

/* A further line may tell the block. */
#define CHECK_BEGINS(text, want) \
 CHECK(strncmp((text), (want), strlen(want)) == 0)

static void
say(char *text, size_t size, const char *what, const void *p, uint32_t want,
    uint32_t got)
{
    snprintf(text, size, "CORRUPT HEAP: %s at %p. Expected 0x%08x got 0x%08x\n",
        what, p, want, got);
}

static void
test_check_of_overrun_names_the_place(void)
{
    unsigned char *p = heap_caps_malloc(64, C8);
    char want[256];
    char text[4096];

    checked = p;
    p[64] = 0;
    say(want, sizeof want, "Bad tail", p + 64, 0xbaad5678, 0xbaad5600);
    CHECK(!check_says(check_all, text, sizeof text));
    CHECK_BEGINS(text, want);
    CHECK(!check_says(check_byte, text, sizeof text));
    CHECK_BEGINS(text, want);
    CHECK(!check_says(check_by_addr, text, sizeof text));
    CHECK_BEGINS(text, want);
    CHECK(check_says(check_spiram, text, sizeof text));
    CHECK_STR(text, "");
    CHECK(!check_says(check_all_silently, text, sizeof text));
    CHECK_STR(text, "");
    p[64] = 0x78;
    CHECK(heap_caps_check_integrity_all(true));
    heap_caps_free(p);
}

static void
test_check_of_underrun_names_the_place(void)
{
    uint32_t *p = heap_caps_malloc(64, C8);
    char want[256];
    char text[4096];

    CHECK_EQ(p[-2], 0xabba1234);
    CHECK_EQ(p[-1], 64);
    p[-2] = 7;
    say(want, sizeof want, "Bad head", p - 2, 0xabba1234, 7);
    CHECK(!check_says(check_all, text, sizeof text));
    CHECK_BEGINS(text, want);
    p[-2] = 0xabba1234;
    CHECK(heap_caps_check_integrity_all(true));
    heap_caps_free(p);
}

static void
test_check_of_write_after_free(void)
{
    unsigned char *p = heap_caps_malloc(64, C8);
    char text[4096];

    CHECK(unit_is_filled(p, 64, 0xce));
    heap_caps_free(p);
    CHECK(unit_is_filled(p, 64, 0xfe));
    p[8] = 1;
    CHECK(!check_says(check_all, text, sizeof text));
    CHECK(strstr(text, "CORRUPT HEAP: Invalid data at 0x3ff") != NULL);
    p[8] = 0xfe;
    CHECK(heap_caps_check_integrity_all(true));
}

static void
test_free_of_overrun_block_aborts(void)
{
    char *p = heap_caps_malloc(64, C8);

    p[64] = 1;
    heap_caps_free(p);
}

/* ---- rows ---------------------------------------------------------------- */

static const struct case_row rows[] = {
    ROW(test_checks_of_good_heaps, ESP32, HOST),
    ROW(test_check_of_overrun_names_the_place, POISONED),
    ROW(test_check_of_underrun_names_the_place, POISONED),
    ROW(test_check_of_write_after_free,
        "profile=esp32,poisoning=comprehensive"),
    ROW_ABORTS(test_free_of_overrun_block_aborts,
        "CORRUPT HEAP: Bad tail at 0x", POISONED),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
