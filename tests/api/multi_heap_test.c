/* SPDX-License-Identifier: MIT */
/*
 * multi_heap_test.c - the calls of multi_heap.h and their edge cases, at each
 * level of poisoning and with both accountings.
 */
#include "multi_heap_util.h"

#define SIZE (64 * KIB)

static _Alignas(4096) char buffer[SIZE];

static multi_heap_handle_t
make(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap =
        capheap_multi_heap_register(buffer, sizeof(buffer), accounting);

    assert_non_null(heap);
    return heap;
}

static bool
is_inside(const void *p, size_t size)
{
    const char *start = p;

    return start >= buffer && start + size <= buffer + sizeof(buffer);
}

/* ---- allocating ---------------------------------------------------------- */

static void
check_malloc(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);

    for (size_t size = 1; size < 5000; size = size * 3 / 2 + 1) {
        unsigned char *p = multi_heap_malloc(heap, size);

        assert_non_null(p);
        assert_true(is_inside(p, size));
        assert_true(multi_heap_get_allocated_size(heap, p) >= size);
        assert_int_equal(multi_heap_get_full_block_size(heap, p),
            multi_heap_get_allocated_size(heap, p) + poison(accounting));
        memset(p, 0xa5, size);
        assert_true(multi_heap_check(heap, true));
        multi_heap_free(heap, p);
    }
    assert_int_equal(info_of(heap).allocated_blocks, 0);
}

static void
test_malloc_any_size_is_usable(void **state)
{
    for_each_accounting(check_malloc);
}

static void
check_malloc_refused(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);

    assert_null(multi_heap_malloc(heap, 0));
    for (size_t less = 0; less < 32; less++) {
        assert_null(multi_heap_malloc(heap, SIZE_MAX - less));
        assert_null(multi_heap_malloc(heap, (size_t)1 << 32 | less));
    }
    assert_null(multi_heap_malloc(heap, SIZE + 1));
    assert_null(multi_heap_malloc(NULL, 10));
    assert_int_equal(info_of(heap).allocated_blocks, 0);
}

static void
test_malloc_of_impossible_size_gives_null(void **state)
{
    for_each_accounting(check_malloc_refused);
}

static void
check_largest(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    void *p[8];

    for (size_t i = 0; i < 8; i++) {
        size_t largest = info_of(heap).largest_free_block;

        assert_null(multi_heap_malloc(heap, largest + granule(accounting)));
        p[i] = multi_heap_malloc(heap, largest);
        assert_non_null(p[i]);
        multi_heap_free(heap, p[i]);
        p[i] = multi_heap_malloc(heap, 1000 + i);
        assert_non_null(p[i]);
    }
    for (size_t i = 0; i < 8; i += 2) {
        multi_heap_free(heap, p[i]);
    }
    p[0] = multi_heap_malloc(heap, info_of(heap).largest_free_block);
    assert_non_null(p[0]);
}

static void
test_largest_block_can_be_had_and_no_more(void **state)
{
    for_each_accounting(check_largest);
}

/* ---- aligned ------------------------------------------------------------- */

static void
check_aligned(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);

    for (size_t align = 1; align <= 8192; align *= 2) {
        unsigned char *p = multi_heap_aligned_alloc(heap, 100, align);
        unsigned char *q = multi_heap_aligned_alloc(heap, 1, align);

        assert_non_null(p);
        assert_non_null(q);
        assert_true(is_aligned(p, align) && is_aligned(q, align));
        assert_true(is_inside(p, 100) && is_inside(q, 1));
        memset(p, 0x11, 100);
        memset(q, 0x22, 1);
        assert_true(multi_heap_check(heap, true));
        multi_heap_aligned_free(heap, p);
        multi_heap_free(heap, q);
    }
    assert_int_equal(info_of(heap).allocated_blocks, 0);
    assert_int_equal(info_of(heap).free_blocks, 1);
}

static void
test_aligned_alloc_is_aligned(void **state)
{
    for_each_accounting(check_aligned);
}

static void
check_aligned_refused(enum capheap_accounting accounting)
{
    static const size_t odd[] = {0, 3, 12, 48, 4095, SIZE_MAX};
    multi_heap_handle_t heap = make(accounting);

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_null(multi_heap_aligned_alloc(heap, 16, odd[i]));
        assert_null(multi_heap_aligned_alloc_offs(heap, 16, odd[i], 0));
    }
    assert_null(multi_heap_aligned_alloc(heap, 0, 16));
    assert_null(multi_heap_aligned_alloc(heap, SIZE_MAX - 8, 16));
    assert_null(multi_heap_aligned_alloc(heap, 16, SIZE_MAX / 2 + 1));
    assert_null(multi_heap_aligned_alloc(heap, SIZE_MAX / 2, SIZE_MAX / 2 + 1));
    assert_null(multi_heap_aligned_alloc(NULL, 16, 16));
    assert_null(multi_heap_aligned_alloc_offs(NULL, 16, 16, 4));
    assert_int_equal(info_of(heap).allocated_blocks, 0);
}

static void
test_aligned_alloc_of_odd_alignment_gives_null(void **state)
{
    for_each_accounting(check_aligned_refused);
}

static void
check_offset(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);

    for (size_t align = 16; align <= 1024; align *= 2) {
        for (size_t offset = 0; offset <= 1024; offset += 16) {
            char *p = multi_heap_aligned_alloc_offs(heap, 1024, align, offset);

            assert_non_null(p);
            assert_true(is_inside(p, 1024));
            assert_true(is_aligned(p + offset, align));
            memset(p, 0x33, 1024);
            multi_heap_free(heap, p);
        }
    }
    assert_int_equal(info_of(heap).free_blocks, 1);
    assert_true(multi_heap_check(heap, true));
}

static void
test_aligned_alloc_offs_aligns_the_byte_at_the_offset(void **state)
{
    for_each_accounting(check_offset);
}

/* Either there is such a block, or there is none: never a wrong one. */
static void
check_odd_offset(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);

    for (size_t align = 1; align <= 256; align *= 2) {
        for (size_t offset = 0; offset < 70; offset++) {
            char *p = multi_heap_aligned_alloc_offs(heap, 70, align, offset);

            assert_true(p != NULL || offset % granule(accounting) != 0);
            assert_true(p == NULL || is_aligned(p + offset, align));
            multi_heap_free(heap, p);
        }
    }
    assert_null(multi_heap_aligned_alloc_offs(heap, 50, 64, SIZE_MAX - 3));
    assert_int_equal(info_of(heap).allocated_blocks, 0);
}

static void
test_aligned_alloc_offs_of_any_offset_is_right_or_null(void **state)
{
    for_each_accounting(check_odd_offset);
}

/* ---- realloc ------------------------------------------------------------- */

static void
check_realloc(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    unsigned char *p = multi_heap_realloc(heap, NULL, 200);
    unsigned char *q;

    assert_non_null(p);
    memset(p, 0x42, 200);
    q = multi_heap_realloc(heap, p, 2000);
    assert_non_null(q);
    /* What follows is free: comprehensive poisoning moves all the same. */
    assert_true((q == p) == (level() != COMPREHENSIVE));
    assert_true(is_filled(q, 200, 0x42));
    memset(q, 0x43, 2000);
    p = multi_heap_realloc(heap, q, 100);
    assert_true((q == p) == (level() != COMPREHENSIVE));
    assert_true(is_filled(p, 100, 0x43));
    assert_true(multi_heap_get_allocated_size(heap, p) < 200);
    assert_true(multi_heap_check(heap, true));
    assert_null(multi_heap_realloc(heap, p, 0));
    assert_null(multi_heap_realloc(heap, NULL, 0));
    assert_int_equal(info_of(heap).allocated_blocks, 0);
}

static void
test_realloc_keeps_content(void **state)
{
    for_each_accounting(check_realloc);
}

static void
check_realloc_blocked(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    unsigned char *p = multi_heap_malloc(heap, 200);
    unsigned char *next = multi_heap_malloc(heap, 10);
    unsigned char *q;

    memset(p, 0x42, 200);
    q = multi_heap_realloc(heap, p, 1000);
    assert_non_null(q);
    assert_ptr_not_equal(p, q);
    assert_true(is_filled(q, 200, 0x42));
    assert_int_equal(info_of(heap).allocated_blocks, 2);
    multi_heap_free(heap, next);
    multi_heap_free(heap, q);
}

static void
test_realloc_without_room_behind_moves(void **state)
{
    for_each_accounting(check_realloc_blocked);
}

static void
check_realloc_failed(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    unsigned char *p = multi_heap_malloc(heap, 200);
    size_t free_size = multi_heap_free_size(heap);

    memset(p, 0x42, 200);
    assert_null(multi_heap_realloc(heap, p, SIZE + 1));
    assert_null(multi_heap_realloc(heap, p, SIZE_MAX - 3));
    assert_true(is_filled(p, 200, 0x42));
    assert_int_equal(multi_heap_free_size(heap), free_size);
    assert_true(multi_heap_check(heap, true));
    multi_heap_free(heap, p);
}

static void
test_realloc_that_fails_keeps_the_block(void **state)
{
    for_each_accounting(check_realloc_failed);
}

static void
check_realloc_to_zero(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    size_t free_size = multi_heap_free_size(heap);

    for (size_t i = 0; i < 1000; i++) {
        void *p = multi_heap_malloc(heap, 1000);

        assert_non_null(p);
        assert_null(multi_heap_realloc(heap, p, 0));
    }
    assert_int_equal(multi_heap_free_size(heap), free_size);
}

static void
test_realloc_to_zero_gives_the_bytes_back(void **state)
{
    for_each_accounting(check_realloc_to_zero);
}

/* ---- figures ------------------------------------------------------------- */

static void
check_fresh(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    multi_heap_info_t info = info_of(heap);

    assert_int_equal(info.minimum_free_bytes, info.total_free_bytes);
    assert_int_equal(info.total_free_bytes, multi_heap_free_size(heap));
    assert_int_equal(info.total_allocated_bytes, 0);
    assert_int_equal(info.allocated_blocks, 0);
    assert_int_equal(info.free_blocks, 1);
    assert_int_equal(info.total_blocks, 1);
    assert_true(multi_heap_check(heap, true));
}

static void
test_info_of_fresh_heap_is_all_free(void **state)
{
    for_each_accounting(check_fresh);
}

static void
check_one_block(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    void *p = multi_heap_malloc(heap, 32);
    multi_heap_info_t info = info_of(heap);

    assert_int_equal(info.total_allocated_bytes, 32);
    assert_int_equal(multi_heap_get_allocated_size(heap, p), 32);
    assert_int_equal(info.allocated_blocks, 1);
    assert_int_equal(info.free_blocks, 1);
    assert_int_equal(info.total_blocks, 2);
    assert_int_equal(info.minimum_free_bytes, info.total_free_bytes);
    multi_heap_free(heap, p);
    assert_true(
        info_of(heap).minimum_free_bytes < info_of(heap).total_free_bytes);
}

static void
test_info_counts_blocks_and_bytes(void **state)
{
    for_each_accounting(check_one_block);
}

static void
check_minimum(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    size_t fresh = multi_heap_free_size(heap);
    void *p = multi_heap_malloc(heap, 10000);
    size_t least = multi_heap_free_size(heap);

    multi_heap_free(heap, p);
    assert_int_equal(multi_heap_minimum_free_size(heap), least);
    assert_int_equal(multi_heap_reset_minimum_free_bytes(heap), least);
    assert_int_equal(multi_heap_minimum_free_size(heap), fresh);
    p = multi_heap_malloc(heap, 1000);
    assert_int_equal(
        multi_heap_minimum_free_size(heap), multi_heap_free_size(heap));
    multi_heap_restore_minimum_free_bytes(heap, fresh);
    assert_int_equal(
        multi_heap_minimum_free_size(heap), multi_heap_free_size(heap));
    multi_heap_restore_minimum_free_bytes(heap, least);
    assert_int_equal(multi_heap_minimum_free_size(heap), least);
    assert_int_equal(info_of(heap).minimum_free_bytes, least);
    multi_heap_free(heap, p);
}

static void
test_minimum_can_be_reset_and_restored(void **state)
{
    for_each_accounting(check_minimum);
}

/* ---- finding ------------------------------------------------------------- */

static void
find_nothing(void *arg)
{
    multi_heap_find_containing_block(make(CAPHEAP_ACCOUNTING_HOST), buffer);
}

static void
find_outside(void *arg)
{
    multi_heap_find_containing_block(make(CAPHEAP_ACCOUNTING_DEVICE), arg);
}

static void
check_find(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    char *first = multi_heap_malloc(heap, 100);
    char *p = multi_heap_malloc(heap, 1000);

    for (size_t i = 0; i < 1000; i += 37) {
        assert_ptr_equal(multi_heap_find_containing_block(heap, p + i), p);
    }
    assert_ptr_equal(multi_heap_find_containing_block(heap, p + 999), p);
    assert_ptr_equal(multi_heap_find_containing_block(heap, first + 99), first);
}

static void
test_find_containing_block_takes_interior_pointers(void **state)
{
    for_each_accounting(check_find);
    assert_aborts(find_nothing, NULL, "multi_heap_find_containing_block");
    assert_aborts(find_outside, &state, "multi_heap_find_containing_block");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malloc_any_size_is_usable),
        cmocka_unit_test(test_malloc_of_impossible_size_gives_null),
        cmocka_unit_test(test_largest_block_can_be_had_and_no_more),
        cmocka_unit_test(test_aligned_alloc_is_aligned),
        cmocka_unit_test(test_aligned_alloc_of_odd_alignment_gives_null),
        cmocka_unit_test(test_aligned_alloc_offs_aligns_the_byte_at_the_offset),
        cmocka_unit_test(
            test_aligned_alloc_offs_of_any_offset_is_right_or_null),
        cmocka_unit_test(test_realloc_keeps_content),
        cmocka_unit_test(test_realloc_without_room_behind_moves),
        cmocka_unit_test(test_realloc_that_fails_keeps_the_block),
        cmocka_unit_test(test_realloc_to_zero_gives_the_bytes_back),
        cmocka_unit_test(test_info_of_fresh_heap_is_all_free),
        cmocka_unit_test(test_info_counts_blocks_and_bytes),
        cmocka_unit_test(test_minimum_can_be_reset_and_restored),
        cmocka_unit_test(test_find_containing_block_takes_interior_pointers),
    };

    for_each_level(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
