/* SPDX-License-Identifier: MIT */
/*
 * caps_test.c - capabilities by name and back.
 */
#include "front/caps.h"

#include "base/text.h"
#include "unit/_unit.h"

static uint32_t
find(const char *name)
{
    return ch_cap_find(name, strlen(name));
}

static const char *
print(uint32_t caps)
{
    static char buf[400];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_caps_print(&t, caps);
    return buf;
}

static void
test_caps_every_name_has_its_bit(void **state)
{
    unsigned n = 0;

    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *name = ch_cap_name(bit);

        if (name != NULL) {
            CHECK_EQ(find(name), UINT32_C(1) << bit);
            CHECK(strlen(name) < CH_CAP_NAME_MAX);
            n++;
        }
    }
    CHECK_EQ(n, 23);
    CHECK(ch_cap_name(32) == NULL);
    CHECK(ch_cap_name(22) == NULL);
    CHECK_EQ(find("EXEC"), 1);
    CHECK_EQ(find("8BIT"), 4);
    CHECK_EQ(find("SPIRAM"), 0x400);
    CHECK_EQ(find("DEFAULT"), 0x1000);
    CHECK_EQ(find("SIMD"), 0x100000);
    CHECK_EQ(find("INVALID"), 0x80000000);
}

static void
test_caps_names_are_read_in_either_case_and_with_prefix(void **state)
{
    (void)state;
    CHECK_EQ(find("8bit"), CH_CAP_8BIT);
    CHECK_EQ(find("Dma_Desc_Axi"), CH_CAP_DMA_DESC_AXI);
    CHECK_EQ(find("MALLOC_CAP_DMA"), CH_CAP_DMA);
    CHECK_EQ(find("malloc_cap_dma"), CH_CAP_DMA);
    CHECK_EQ(find("TCM"), CH_CAP_SPM);
    CHECK_EQ(find("MALLOC_CAP_TCM"), CH_CAP_SPM);
    CHECK_STR(ch_cap_name(16), "SPM");
}

static void
test_caps_other_words_are_no_names(void **state)
{
    static const char *const words[] = {"", "8BI", "8BITS", "MALLOC_CAP_",
        "MALLOC_CAP_MALLOC_CAP_DMA", "PID1", "PID8", "DMA ", " DMA", "0",
        "DMA|8BIT"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        CHECK_EQ(find(words[i]), 0);
    }
    /* Only the bytes that are given count. */
    CHECK_EQ(ch_cap_find("DMA|8BIT", 3), CH_CAP_DMA);
    CHECK_EQ(ch_cap_find("DMA", 2), 0);
}

static void
test_caps_nearest_name_is_found_for_slips(void **state)
{
    (void)state;
    CHECK_STR(ch_cap_nearest("8BTI", 4), "8BIT");
    CHECK_STR(ch_cap_nearest("internl", 7), "INTERNAL");
    CHECK_STR(ch_cap_nearest("SPRAM", 5), "SPIRAM");
    CHECK(ch_cap_nearest("WOMBAT", 6) == NULL);
    CHECK(ch_cap_nearest("", 0) == NULL);
    CHECK(ch_cap_nearest("SPIRAM_NO_ENC_AND_MUCH_MORE", 27) == NULL);
}

static void
test_caps_print_gives_names_and_a_number_for_the_rest(void **state)
{
    (void)state;
    CHECK_STR(print(0), "0");
    CHECK_STR(print(CH_CAP_8BIT), "8BIT");
    CHECK_STR(
        print(CH_CAP_8BIT | CH_CAP_DMA | CH_CAP_INVALID), "8BIT|DMA|INVALID");
    CHECK_STR(print(UINT32_C(1) << 25), "0x2000000");
    CHECK_STR(print(CH_CAP_EXEC | UINT32_C(3) << 29), "EXEC|0x60000000");
    CHECK_STR(print(UINT32_MAX),
        "EXEC|32BIT|8BIT|DMA|PID2|PID3|PID4|PID5|PID6|PID7|SPIRAM|INTERNAL|"
        "DEFAULT|IRAM_8BIT|RETENTION|RTCRAM|SPM|DMA_DESC_AHB|DMA_DESC_AXI|"
        "CACHE_ALIGNED|SIMD|SPIRAM_NO_ENC|INVALID|0x7fc00000");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caps_every_name_has_its_bit),
        cmocka_unit_test(
            test_caps_names_are_read_in_either_case_and_with_prefix),
        cmocka_unit_test(test_caps_other_words_are_no_names),
        cmocka_unit_test(test_caps_nearest_name_is_found_for_slips),
        cmocka_unit_test(test_caps_print_gives_names_and_a_number_for_the_rest),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
