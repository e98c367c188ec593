/* SPDX-License-Identifier: MIT */
/*
 * capheap_api_test.c - the capheap_* functions, alone and beside libc's.
 */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "capheap.h"
#include "testutil.h"

static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1000, 5000, 16 * KIB,
    40 * KIB, 200 * KIB, 3 * MIB, 40 * MIB};

#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void
test_version_of_library_is_that_of_header(void **state)
{
    char text[64];

    (void)state;
    assert_string_equal(capheap_version(), CAPHEAP_VERSION);
    snprintf(text, sizeof(text), "%d.%d.%d", CAPHEAP_VERSION_MAJOR,
        CAPHEAP_VERSION_MINOR, CAPHEAP_VERSION_PATCH);
    assert_string_equal(CAPHEAP_VERSION, text);
}

static void
test_malloc_any_size_is_usable(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SIZES; i++) {
        unsigned char *p = capheap_malloc(sizes[i]);

        assert_non_null(p);
        assert_true(is_aligned(p, 16));
        assert_true(capheap_usable_size(p) >= sizes[i]);
        memset(p, 0xff, capheap_usable_size(p));
        capheap_free(p);
    }
}

static void
test_malloc_zero_is_unique(void **state)
{
    void *p = capheap_malloc(0);
    void *q = capheap_malloc(0);

    (void)state;
    assert_non_null(p);
    assert_non_null(q);
    assert_ptr_not_equal(p, q);
    capheap_free(p);
    capheap_free(q);
}

static void
test_calloc_recycled_is_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SIZES; i++) {
        unsigned char *p = capheap_malloc(sizes[i]);

        memset(p, 0xff, sizes[i]);
        capheap_free(p);
        p = capheap_calloc(1, sizes[i]);
        assert_non_null(p);
        assert_true(is_filled(p, sizes[i], 0));
        capheap_free(p);
    }
}

static void
test_realloc_any_size_keeps_content(void **state)
{
    (void)state;
    for (size_t i = 1; i < N_SIZES; i++) {
        for (size_t j = 1; j < N_SIZES; j++) {
            unsigned char *p = capheap_realloc(NULL, sizes[i]);
            size_t kept = sizes[i] < sizes[j] ? sizes[i] : sizes[j];

            kept = kept < MIB ? kept : MIB;
            memset(p, 0x42, kept);
            p = capheap_realloc(p, sizes[j]);
            assert_non_null(p);
            assert_true(is_filled(p, kept, 0x42));
            capheap_free(p);
        }
    }
}

static void
test_realloc_to_zero_frees_and_gives_null(void **state)
{
    void *p = capheap_malloc(100);

    (void)state;
    errno = EXDEV;
    assert_null(capheap_realloc(p, 0));
    assert_int_equal(errno, EXDEV);
}

static void
test_aligned_alloc_powers_of_two_are_aligned(void **state)
{
    (void)state;
    for (size_t alignment = 1; alignment <= 64 * MIB; alignment *= 2) {
        unsigned char *p = capheap_aligned_alloc(alignment, 100);
        unsigned char *q = capheap_aligned_alloc(alignment, alignment + 1);

        assert_non_null(p);
        assert_non_null(q);
        assert_true(is_aligned(p, alignment));
        assert_true(is_aligned(q, alignment));
        assert_true(capheap_usable_size(q) > alignment);
        memset(p, 1, 100);
        q[alignment] = 1;
        capheap_free(p);
        capheap_free(q);
    }
}

static void
assert_failed(void *p, int error)
{
    assert_null(p);
    assert_int_equal(errno, error);
    errno = 0;
}

static void
test_failed_call_sets_errno(void **state)
{
    static const size_t odd[] = {0, 3, 24, 4095, SIZE_MAX};
    unsigned char *p = capheap_malloc(100);

    (void)state;
    memset(p, 0x42, 100);
    errno = 0;
    assert_failed(capheap_malloc(SIZE_MAX), ENOMEM);
    assert_failed(capheap_malloc((size_t)PTRDIFF_MAX + 1), ENOMEM);
    assert_failed(capheap_calloc(SIZE_MAX / 2, 3), ENOMEM);
    assert_failed(capheap_realloc(p, SIZE_MAX - 8), ENOMEM);
    assert_failed(capheap_aligned_alloc(16, SIZE_MAX), ENOMEM);
    assert_failed(capheap_aligned_alloc(SIZE_MAX / 2 + 1, 1), ENOMEM);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_failed(capheap_aligned_alloc(odd[i], 16), EINVAL);
    }
    assert_true(is_filled(p, 100, 0x42));
    capheap_free(p);
}

static void
test_free_keeps_errno(void **state)
{
    (void)state;
    errno = EXDEV;
    capheap_free(NULL);
    for (size_t i = 0; i < N_SIZES; i++) {
        capheap_free(capheap_malloc(sizes[i]));
    }
    assert_int_equal(errno, EXDEV);
}

static void
test_usable_size_of_null_is_zero(void **state)
{
    (void)state;
    assert_int_equal(capheap_usable_size(NULL), 0);
}

static void
test_libc_and_capheap_take_each_others_blocks(void **state)
{
    (void)state;
    for (size_t i = 1; i < N_SIZES; i++) {
        void *p = malloc(sizes[i]);
        void *q = capheap_malloc(sizes[i]);

        assert_int_equal(capheap_usable_size(p), malloc_usable_size(p));
        assert_int_equal(capheap_usable_size(q), malloc_usable_size(q));
        assert_int_equal(capheap_usable_size(p), capheap_usable_size(q));
        p = capheap_realloc(p, sizes[i] + 1000);
        q = realloc(q, sizes[i] + 1000);
        capheap_free(p);
        free(q);
        capheap_free(aligned_alloc(64, sizes[i]));
        free(capheap_aligned_alloc(64, sizes[i]));
        capheap_free(calloc(1, sizes[i]));
        free(capheap_calloc(1, sizes[i]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_of_library_is_that_of_header),
        cmocka_unit_test(test_malloc_any_size_is_usable),
        cmocka_unit_test(test_malloc_zero_is_unique),
        cmocka_unit_test(test_calloc_recycled_is_zero),
        cmocka_unit_test(test_realloc_any_size_keeps_content),
        cmocka_unit_test(test_realloc_to_zero_frees_and_gives_null),
        cmocka_unit_test(test_aligned_alloc_powers_of_two_are_aligned),
        cmocka_unit_test(test_failed_call_sets_errno),
        cmocka_unit_test(test_free_keeps_errno),
        cmocka_unit_test(test_usable_size_of_null_is_zero),
        cmocka_unit_test(test_libc_and_capheap_take_each_others_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
