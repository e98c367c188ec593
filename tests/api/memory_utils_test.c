/* SPDX-License-Identifier: MIT */
/*
 * memory_utils_test.c - esp_memory_utils.h and heap_memory_layout.h, in one
 * process for each profile: addresses that the chip's documents tell, and
 * blocks of the heaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "esp_heap_caps.h"
#include "soc/soc_memory_layout.h"
#include "testutil.h"

static const char *const profiles[] = {"host", "esp32", "esp32-psram",
    "esp32s2", "esp32s3", "esp32c3", "esp32c6", "esp32p4"};

#define N_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static bool
is_profile(const char *name)
{
    return strcmp(getenv("CH_TEST_PROFILE"), name) == 0;
}

/* The rest of a test is for one chip. */
static void
only_for(const char *name)
{
    if (!is_profile(name)) {
        skip();
    }
}

static void *
at(uintptr_t address)
{
    return (void *)address;
}

/* ---- heaps --------------------------------------------------------------- */

/* A block that can do something is memory that can do it. */
static const struct {
    uint32_t caps;
    bool (*holds)(const void *p);
} rows[] = {
    {MALLOC_CAP_8BIT, esp_ptr_byte_accessible},
    {MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL, esp_ptr_internal},
    {MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL, esp_ptr_in_dram},
    {MALLOC_CAP_8BIT, esp_ptr_word_aligned},
    {MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL, esp_ptr_dma_capable},
    {MALLOC_CAP_EXEC, esp_ptr_executable},
    {MALLOC_CAP_INTERNAL, esp_ptr_internal},
    {MALLOC_CAP_SPIRAM, esp_ptr_external_ram},
    {MALLOC_CAP_SPM, esp_ptr_in_tcm},
    {MALLOC_CAP_RTCRAM, esp_ptr_in_rtc_dram_fast},
};

static void
test_block_is_of_the_kind_that_was_asked_for(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *p = heap_caps_malloc(100, rows[i].caps);

        if (p != NULL && (!rows[i].holds(p) || !rows[i].holds(p + 96))) {
            fail_msg("row %zu: %p", i, (void *)p);
        }
        assert_true(p != NULL || rows[i].caps != MALLOC_CAP_8BIT);
        heap_caps_free(p);
    }
}

static void
test_external_memory_is_not_internal(void **state)
{
    char *in = heap_caps_malloc(100, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    char *out = heap_caps_malloc(100, MALLOC_CAP_SPIRAM);

    assert_false(esp_ptr_external_ram(in));
    if (out != NULL) {
        assert_false(esp_ptr_internal(out));
        assert_false(esp_ptr_in_dram(out));
        assert_true(esp_ptr_byte_accessible(out));
    }
    assert_true(out != NULL || !is_profile("esp32-psram"));
    heap_caps_free(in);
    heap_caps_free(out);
}

static void
assert_nothing(const void *p)
{
    assert_false(esp_ptr_in_iram(p));
    assert_false(esp_ptr_in_dram(p));
    assert_false(esp_ptr_in_diram_dram(p));
    assert_false(esp_ptr_in_diram_iram(p));
    assert_false(esp_ptr_in_rtc_iram_fast(p));
    assert_false(esp_ptr_in_rtc_dram_fast(p));
    assert_false(esp_ptr_in_rtc_slow(p));
    assert_false(esp_ptr_in_tcm(p));
    assert_false(esp_ptr_dma_capable(p));
    assert_false(esp_ptr_dma_ext_capable(p));
    assert_false(esp_ptr_executable(p));
    assert_false(esp_ptr_byte_accessible(p));
    assert_false(esp_ptr_internal(p));
    assert_false(esp_ptr_external_ram(p));
    assert_false(esp_ptr_in_drom(p));
    assert_false(esp_ptr_in_rom(p));
    assert_ptr_equal(esp_ptr_diram_dram_to_iram(p), p);
    assert_ptr_equal(esp_ptr_diram_iram_to_dram(p), p);
    assert_ptr_equal(esp_ptr_rtc_dram_to_iram(p), p);
}

static void
test_memory_of_no_region_is_of_no_kind(void **state)
{
    char local;

    assert_nothing(NULL);
    assert_nothing(&local);
    assert_nothing(profiles);
    assert_nothing(at(SIZE_MAX));
}

static void
test_word_aligned_is_a_multiple_of_four(void **state)
{
    assert_true(esp_ptr_word_aligned(at(0x3ffb0004)));
    assert_false(esp_ptr_word_aligned(at(0x3ffb0002)));
    assert_false(esp_ptr_word_aligned(at(0x3ffb0001)));
}

/* ---- chips --------------------------------------------------------------- */

static void
test_esp32_ranges(void **state)
{
    only_for("esp32");
    assert_true(esp_ptr_in_dram(at(0x3ffae000)));
    assert_false(esp_ptr_in_dram(at(0x3ffadfff)));
    assert_true(esp_ptr_byte_accessible(at(0x3ffb0001)));
    assert_true(esp_ptr_dma_capable(at(0x3ffb0000)));
    assert_false(esp_ptr_executable(at(0x3ffb0000)));
    assert_true(esp_ptr_in_iram(at(0x40080000)));
    assert_true(esp_ptr_executable(at(0x40080000)));
    assert_true(esp_ptr_internal(at(0x40080000)));
    assert_false(esp_ptr_byte_accessible(at(0x40080000)));
    assert_false(esp_ptr_dma_capable(at(0x40080000)));
    assert_true(esp_ptr_in_rtc_dram_fast(at(0x3ff80000)));
    assert_true(esp_ptr_in_rtc_iram_fast(at(0x400c0000)));
    assert_true(esp_ptr_in_rtc_slow(at(0x50000000)));
    assert_true(esp_ptr_in_drom(at(0x3f400000)));
    assert_true(esp_ptr_in_rom(at(0x40000000)));
    /* The window is there, and nothing in it. */
    assert_false(esp_ptr_external_ram(at(0x3f800000)));
    assert_false(esp_dram_match_iram());
    assert_false(esp_rtc_dram_match_rtc_iram());
}

/* The words of D/IRAM come in reverse order. */
static void
test_esp32_diram_is_inverted(void **state)
{
    only_for("esp32");
    assert_true(esp_ptr_in_diram_dram(at(0x3ffe0000)));
    assert_true(esp_ptr_in_diram_iram(at(0x400a0000)));
    assert_ptr_equal(
        esp_ptr_diram_dram_to_iram(at(0x3ffe0000)), at(0x400bfffc));
    assert_ptr_equal(
        esp_ptr_diram_dram_to_iram(at(0x3ffffffc)), at(0x400a0000));
    assert_ptr_equal(
        esp_ptr_diram_iram_to_dram(at(0x400bfffc)), at(0x3ffe0000));
    for (uintptr_t a = 0x3ffe0000; a < 0x40000000; a += 0x1230) {
        assert_ptr_equal(
            esp_ptr_diram_iram_to_dram(esp_ptr_diram_dram_to_iram(at(a))),
            at(a));
    }
    assert_ptr_equal(esp_ptr_rtc_dram_to_iram(at(0x3ff80010)), at(0x400c0010));
}

static void
test_esp32_stacks(void **state)
{
    only_for("esp32");
    assert_true(esp_stack_ptr_in_dram(0x3ffb0010));
    assert_false(esp_stack_ptr_in_dram(0x3ffb0008));
    assert_false(esp_stack_ptr_in_dram(0x3ffae000));
    assert_false(esp_stack_ptr_in_dram(0x40000000));
    assert_false(esp_stack_ptr_in_dram(0x40080000));
    assert_false(esp_stack_ptr_in_dram(0));
}

static void
test_psram_is_external_where_it_is(void **state)
{
    only_for("esp32-psram");
    assert_true(esp_ptr_external_ram(at(0x3f800000)));
    assert_true(esp_ptr_external_ram(at(0x3fbfffff)));
    assert_false(esp_ptr_external_ram(at(0x3fc00000)));
    assert_true(esp_stack_ptr_in_extram(0x3f800010));
}

struct linear {
    const char *profile;
    uintptr_t dram;
    uintptr_t iram;
};

static void
test_linear_diram_is_at_a_fixed_distance(void **state)
{
    static const struct linear chips[] = {
        {"esp32s2", 0x3ffb4000, 0x40024000},
        {"esp32s3", 0x3fc88000, 0x40378000},
        {"esp32c3", 0x3fc80000, 0x40380000},
        {"esp32c6", 0x40800000, 0x40800000},
    };

    for (size_t i = 0; i < 4; i++) {
        if (is_profile(chips[i].profile)) {
            for (uintptr_t off = 0; off < 0x10000; off += 0x1234) {
                void *dram = at(chips[i].dram + off);
                void *iram = at(chips[i].iram + off);

                assert_ptr_equal(esp_ptr_diram_dram_to_iram(dram), iram);
                assert_ptr_equal(esp_ptr_diram_iram_to_dram(iram), dram);
            }
            return;
        }
    }
    skip();
}

static void
test_c6_has_one_bus(void **state)
{
    only_for("esp32c6");
    assert_true(esp_dram_match_iram());
    assert_true(esp_ptr_in_dram(at(0x40810000)));
    assert_true(esp_ptr_in_iram(at(0x40810000)));
}

/* ---- tables -------------------------------------------------------------- */

static void
test_layout_is_consistent(void **state)
{
    assert_true(soc_memory_type_count > 0);
    assert_true(soc_memory_region_count > 0);
    for (size_t i = 0; i < soc_memory_type_count; i++) {
        const uint32_t *caps = soc_memory_types[i].caps;

        assert_non_null(soc_memory_types[i].name);
        assert_true((caps[0] | caps[1] | caps[2]) != 0);
    }
    for (size_t i = 0; i < soc_memory_region_count; i++) {
        assert_true(soc_memory_regions[i].type < soc_memory_type_count);
        assert_true(soc_memory_regions[i].size > 0 || is_profile("host"));
    }
}

static void
test_available_regions_are_in_order_and_within_the_chip(void **state)
{
    soc_memory_region_t regions[64];
    size_t n;

    assert_true(soc_get_available_memory_region_max_count() <= 64);
    n = soc_get_available_memory_regions(regions);
    assert_true(n > 0 && n <= soc_get_available_memory_region_max_count());
    for (size_t i = 0; i < n; i++) {
        assert_true(regions[i].type < soc_memory_type_count);
        assert_true(i == 0 || regions[i].start > regions[i - 1].start
                    || is_profile("host"));
    }
}

static void
test_esp32_available_regions_are_those_of_the_boot_log(void **state)
{
    static const struct {
        intptr_t start;
        size_t size;
        const char *type;
        bool startup_stack;
    } want[] = {
        {0x3ffae6e0, 0x1920, "DRAM", false},
        {0x3ffb2ec8, 0x2d138, "DRAM", false},
        {0x3ffe0440, 0x3ae0, "D/IRAM", true},
        {0x3ffe4350, 0x1bcb0, "D/IRAM", true},
        {0x4008944c, 0x16bb4, "IRAM", false},
    };
    soc_memory_region_t regions[64];

    if (!is_profile("esp32-psram")) {
        only_for("esp32");
    }
    assert_int_equal(soc_get_available_memory_regions(regions), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(regions[i].start, want[i].start);
        assert_int_equal(regions[i].size, want[i].size);
        assert_string_equal(
            soc_memory_types[regions[i].type].name, want[i].type);
        assert_int_equal(regions[i].startup_stack, want[i].startup_stack);
    }
}

/* ---- one process each ---------------------------------------------------- */

static int
run_with(const char *profile, char **argv)
{
    char conf[64];
    int status = -1;
    pid_t pid;

    printf("# profile=%s\n", profile);
    fflush(stdout);
    snprintf(conf, sizeof(conf), "profile=%s", profile);
    pid = fork();
    if (pid == 0) {
        setenv("CAPHEAP_CONF", conf, 1);
        setenv("CH_TEST_PROFILE", profile, 1);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return status;
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_is_of_the_kind_that_was_asked_for),
        cmocka_unit_test(test_external_memory_is_not_internal),
        cmocka_unit_test(test_memory_of_no_region_is_of_no_kind),
        cmocka_unit_test(test_word_aligned_is_a_multiple_of_four),
        cmocka_unit_test(test_esp32_ranges),
        cmocka_unit_test(test_esp32_diram_is_inverted),
        cmocka_unit_test(test_esp32_stacks),
        cmocka_unit_test(test_psram_is_external_where_it_is),
        cmocka_unit_test(test_linear_diram_is_at_a_fixed_distance),
        cmocka_unit_test(test_c6_has_one_bus),
        cmocka_unit_test(test_layout_is_consistent),
        cmocka_unit_test(
            test_available_regions_are_in_order_and_within_the_chip),
        cmocka_unit_test(
            test_esp32_available_regions_are_those_of_the_boot_log),
    };
    int failed = 0;

    if (getenv("CH_TEST_PROFILE") != NULL) {
        return cmocka_run_group_tests(tests, NULL, NULL);
    }
    for (size_t i = 0; i < N_PROFILES; i++) {
        failed |= run_with(profiles[i], argv);
    }
    return failed != 0;
}
