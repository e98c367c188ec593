/* SPDX-License-Identifier: MIT */
/*
 * multi_heap_register_test.c - which buffers become heaps, and what comes of
 * NULL.
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

/* ---- registration -------------------------------------------------------- */

static void
register_null(void *arg)
{
    multi_heap_register(NULL, 4096);
}

static void
register_null_of_ours(void *arg)
{
    capheap_multi_heap_register(NULL, 4096, CAPHEAP_ACCOUNTING_HOST);
}

static void
test_register_null_aborts(void **state)
{
    assert_aborts(
        register_null, NULL, "capheap: multi_heap_register of a NULL buffer");
    assert_aborts(register_null_of_ours, NULL,
        "capheap: capheap_multi_heap_register of a NULL buffer");
}

/* A heap always has room for one block at least. */
static void
check_small_sizes(enum capheap_accounting accounting)
{
    bool had_heap = false;

    for (size_t size = 0; size <= 600; size++) {
        multi_heap_handle_t heap =
            capheap_multi_heap_register(buffer, size, accounting);

        assert_false(had_heap && heap == NULL);
        had_heap = heap != NULL;
        if (heap != NULL) {
            void *p = multi_heap_malloc(heap, 1);

            assert_non_null(p);
            assert_true((char *)p + 1 <= buffer + size);
            multi_heap_free(heap, p);
        }
    }
    assert_true(had_heap);
}

static void
test_register_too_small_gives_null(void **state)
{
    for_each_accounting(check_small_sizes);
    assert_null(multi_heap_register(buffer, 0));
    assert_null(multi_heap_register(buffer, 1));
}

static void
test_register_wrapping_range_gives_null(void **state)
{
    assert_null(multi_heap_register((void *)(SIZE_MAX - 7), 4096));
    assert_null(multi_heap_register(buffer, SIZE_MAX));
}

static void
check_unaligned(enum capheap_accounting accounting)
{
    for (size_t off = 0; off < 32; off++) {
        char *start = buffer + off;
        size_t size = 4096 - off % 7;
        multi_heap_handle_t heap =
            capheap_multi_heap_register(start, size, accounting);
        size_t n = 0;
        char *p;

        assert_non_null(heap);
        while ((p = multi_heap_malloc(heap, 64)) != NULL) {
            assert_true(is_aligned(p, granule(accounting)));
            assert_true(p >= start && p + 64 <= start + size);
            memset(p, 0x5a, 64);
            n++;
        }
        assert_true(n >= 3000 / 80);
        assert_true(multi_heap_check(heap, true));
    }
}

static void
test_register_unaligned_buffer_is_trimmed(void **state)
{
    for_each_accounting(check_unaligned);
}

static void
test_register_with_unknown_accounting_gives_null(void **state)
{
    assert_null(
        capheap_multi_heap_register(buffer, SIZE, (enum capheap_accounting)77));
    assert_non_null(
        capheap_multi_heap_register(buffer, SIZE, CAPHEAP_ACCOUNTING_AUTO));
}

/* Without a device's profile a buffer counts as the host does. */
static void
test_register_by_default_counts_as_host(void **state)
{
    multi_heap_handle_t host =
        capheap_multi_heap_register(buffer, SIZE, CAPHEAP_ACCOUNTING_HOST);
    size_t free_size = multi_heap_free_size(host);

    assert_int_equal(
        multi_heap_free_size(multi_heap_register(buffer, SIZE)), free_size);
    assert_true(level() != NONE || free_size == SIZE);
    assert_true(free_size >= SIZE - 64);
}

/* ---- NULL ---------------------------------------------------------------- */

static void
free_null(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    void *p = multi_heap_malloc(heap, 10);

    multi_heap_free(heap, NULL);
    multi_heap_aligned_free(heap, NULL);
    multi_heap_free(NULL, p);
    assert_int_equal(info_of(heap).allocated_blocks, 1);
}

static void
test_free_of_null_does_nothing(void **state)
{
    for_each_accounting(free_null);
}

static void
test_figures_of_null_heap_are_zero(void **state)
{
    static const multi_heap_info_t zero;
    multi_heap_info_t info;

    memset(&info, 0xff, sizeof(info));
    multi_heap_get_info(NULL, &info);
    assert_memory_equal(&info, &zero, sizeof(info));
    assert_int_equal(multi_heap_free_size(NULL), 0);
    assert_int_equal(multi_heap_minimum_free_size(NULL), 0);
}

static void
null_realloc(void *arg)
{
    multi_heap_realloc(NULL, NULL, 10);
}

static void
null_check(void *arg)
{
    multi_heap_check(NULL, true);
}

static void
null_dump(void *arg)
{
    multi_heap_dump(NULL);
}

static void
null_allocated_size(void *arg)
{
    multi_heap_get_allocated_size(NULL, arg);
}

static void
null_walker(void *arg)
{
    multi_heap_walk(make(CAPHEAP_ACCOUNTING_HOST), NULL, NULL);
}

static void
test_other_calls_with_null_abort(void **state)
{
    assert_aborts(null_realloc, NULL, "multi_heap_realloc of a NULL heap");
    assert_aborts(null_check, NULL, "multi_heap_check of a NULL heap");
    assert_aborts(null_dump, NULL, "multi_heap_dump of a NULL heap");
    assert_aborts(null_allocated_size, buffer,
        "multi_heap_get_allocated_size of a NULL heap");
    assert_aborts(null_walker, NULL, "multi_heap_walk without a function");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_register_null_aborts),
        cmocka_unit_test(test_register_too_small_gives_null),
        cmocka_unit_test(test_register_wrapping_range_gives_null),
        cmocka_unit_test(test_register_unaligned_buffer_is_trimmed),
        cmocka_unit_test(test_register_with_unknown_accounting_gives_null),
        cmocka_unit_test(test_register_by_default_counts_as_host),
        cmocka_unit_test(test_free_of_null_does_nothing),
        cmocka_unit_test(test_figures_of_null_heap_are_zero),
        cmocka_unit_test(test_other_calls_with_null_abort),
    };

    for_each_level(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
