/* SPDX-License-Identifier: MIT */
/*
 * route_test.c - requests and pointers find their engine, or are refused.
 */
#include "front/route.h"

#include "base/arith.h"
#include "heap/slab/large.h"
#include "heap/slab/size_class.h"
#include "map/page.h"
#include "unit/_unit.h"

#define RUN  (2 * CH_CLASS_MAX)
#define HUGE (CH_RUN_MAX + CH_MIB)

/* One of each kind of block. */
static const size_t sizes[] = {16, 1000, CH_SMALL_PAGE_MAX + 1, RUN, HUGE};

static void *
must_alloc(size_t size)
{
    void *p = ch_route_alloc(size, NULL);

    CHECK(p != NULL);
    return p;
}

/* ---- requests ------------------------------------------------------------ */

static void
test_route_alloc_of_any_size_gives_usable_memory(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *p = must_alloc(sizes[i]);

        CHECK(ch_is_aligned(p, CH_MIN_ALIGN));
        CHECK(ch_route_usable(p, "usable") >= sizes[i]);
        CHECK_EQ(ch_route_usable(p, "usable"), ch_route_good_size(sizes[i]));
        memset(p, 1, ch_route_usable(p, "usable"));
        ch_route_free(p, "free");
    }
}

static void
test_route_alloc_of_0_gives_a_block_of_its_own(void)
{
    void *p = must_alloc(0);
    void *q = must_alloc(0);

    CHECK(p != q);
    CHECK(ch_route_usable(p, "usable") > 0);
    ch_route_free(p, "free");
    ch_route_free(q, "free");
}

static void
test_route_requests_above_ptrdiff_max_return_null(void)
{
    static const size_t too_large[] = {(size_t)PTRDIFF_MAX + 1,
        (size_t)PTRDIFF_MAX + 4096, SIZE_MAX - 4096, SIZE_MAX - 1, SIZE_MAX};
    void *p = must_alloc(100);

    for (size_t i = 0; i < ARRAY_LENGTH(too_large); i++) {
        size_t size = too_large[i];

        CHECK(ch_route_alloc(size, NULL) == NULL);
        CHECK(ch_route_calloc(1, size, NULL) == NULL);
        CHECK(ch_route_calloc(size, 1, NULL) == NULL);
        CHECK(ch_route_alloc_aligned(16, size, NULL) == NULL);
        CHECK(ch_route_alloc_aligned(4096, size, NULL) == NULL);
        CHECK(ch_route_realloc(p, size, "realloc", NULL) == NULL);
        CHECK(ch_route_realloc(NULL, size, "realloc", NULL) == NULL);
        CHECK_EQ(ch_route_good_size(size), size);
    }
    CHECK(ch_route_has(p));
    ch_route_free(p, "free");
}

static void
test_route_requests_without_memory_return_null(void)
{
    char *p = must_alloc(100);

    memset(p, 7, 100);
    CHECK(ch_route_alloc(PTRDIFF_MAX, NULL) == NULL);
    CHECK(ch_route_calloc(PTRDIFF_MAX, 1, NULL) == NULL);
    CHECK(ch_route_alloc_aligned(16, PTRDIFF_MAX, NULL) == NULL);
    CHECK(ch_route_alloc_aligned(16, PTRDIFF_MAX - 16, NULL) == NULL);
    CHECK(ch_route_realloc(p, PTRDIFF_MAX, "realloc", NULL) == NULL);
    CHECK(unit_is_filled(p, 100, 7));
}

static void
test_route_calloc_that_overflows_returns_null(void)
{
    CHECK(ch_route_calloc(SIZE_MAX / 2, 3, NULL) == NULL);
    CHECK(ch_route_calloc((size_t)1 << 32, (size_t)1 << 32, NULL) == NULL);
    CHECK(ch_route_calloc((size_t)1 << 33, (size_t)1 << 32, NULL) == NULL);
}

static void
test_route_calloc_of_recycled_memory_is_zero(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *p = must_alloc(sizes[i]);

        memset(p, 0xcc, sizes[i]);
        ch_route_free(p, "free");
        p = ch_route_calloc(1, sizes[i], NULL);
        CHECK(p != NULL && unit_is_filled(p, sizes[i], 0));
        ch_route_free(p, "free");
    }
    CHECK(ch_route_calloc(0, 17, NULL) != NULL);
}

static void
test_route_alloc_aligned_of_any_alignment_is_aligned(void)
{
    for (size_t align = 1; align <= CH_GIB; align *= 2) {
        char *p = ch_route_alloc_aligned(align, 100, NULL);

        CHECK(p != NULL && ch_is_aligned(p, align));
        memset(p, 1, 100);
        ch_route_free(p, "free");
    }
    CHECK(ch_route_alloc_aligned((size_t)1 << 62, 1, NULL) == NULL);
    CHECK(ch_route_alloc_aligned((size_t)1 << 63, 1, NULL) == NULL);
}

static void
test_route_has_of_blocks_and_others_tells_them_apart(void)
{
    int local = 0;
    void *p = must_alloc(RUN);

    CHECK(ch_route_has(p));
    CHECK(ch_route_has(must_alloc(10)));
    CHECK(!ch_route_has(&local));
    CHECK(!ch_route_has(NULL));
    CHECK(!ch_route_has((void *)UINTPTR_MAX));
    ch_route_free(p, "free");
    CHECK(!ch_route_has(p));
}

/* ---- realloc ------------------------------------------------------------- */

static void
fill(unsigned char *p, size_t size, size_t seed)
{
    for (size_t i = 0; i < size; i += 61) {
        p[i] = (unsigned char)(i + seed);
    }
}

static bool
is_as_filled(const unsigned char *p, size_t size, size_t seed)
{
    for (size_t i = 0; i < size; i += 61) {
        if (p[i] != (unsigned char)(i + seed)) {
            return false;
        }
    }
    return true;
}

static void
test_route_realloc_between_all_kinds_keeps_the_content(void)
{
    for (size_t from = 0; from < ARRAY_LENGTH(sizes); from++) {
        for (size_t to = 0; to < ARRAY_LENGTH(sizes); to++) {
            unsigned char *p = must_alloc(sizes[from]);

            fill(p, sizes[from], from);
            p = ch_route_realloc(p, sizes[to], "realloc", NULL);
            CHECK(p != NULL && ch_route_usable(p, "usable") >= sizes[to]);
            CHECK(is_as_filled(p, ch_min_size(sizes[from], sizes[to]), from));
            fill(p, sizes[to], to);
            ch_route_free(p, "free");
        }
    }
}

static void
test_route_realloc_of_random_sizes_keeps_the_content(void)
{
    uint64_t random = unit_seed(0x40e7);
    unsigned char *p = NULL;
    size_t size = 0;

    for (size_t i = 0; i < 3000; i++) {
        size_t bits = unit_below(&random, i % 100 == 0 ? 27 : 19);
        size_t next = 1 + (size_t)(unit_random(&random) % (2ul << bits));

        p = ch_route_realloc(p, next, "realloc", NULL);
        CHECK(p != NULL);
        CHECK(is_as_filled(p, ch_min_size(size, next), i - 1));
        fill(p, next, i);
        size = next;
    }
}

static void
test_route_realloc_of_null_allocates(void)
{
    void *p = ch_route_realloc(NULL, 100, "realloc", NULL);

    CHECK(p != NULL && ch_route_has(p));
    CHECK(ch_route_realloc(NULL, 0, "realloc", NULL) != NULL);
}

static void
test_route_realloc_to_0_frees(void)
{
    void *p = must_alloc(RUN);

    CHECK(ch_route_realloc(p, 0, "realloc", NULL) == NULL);
    CHECK(!ch_route_has(p));
    p = must_alloc(100);
    CHECK(ch_route_realloc(p, 0, "realloc", NULL) == NULL);
    CHECK(must_alloc(100) == p);
}

static void
test_route_realloc_within_the_block_stays(void)
{
    char *p = must_alloc(1000);

    CHECK(ch_route_realloc(p, ch_route_good_size(1000), "realloc", NULL) == p);
    CHECK(ch_route_realloc(p, 900, "realloc", NULL) == p);
}

static void
test_route_null_is_no_block_and_no_fault(void)
{
    ch_route_free(NULL, "free");
    CHECK_EQ(ch_route_usable(NULL, "usable"), 0);
}

/* ---- pointers that are no blocks ----------------------------------------- */

static struct {
    void *p;
    const char *op;
} wrong;

static void
use_wrong(void)
{
    if (strcmp(wrong.op, "realloc") == 0) {
        (void)!ch_route_realloc(wrong.p, 100, wrong.op, NULL);
    } else if (strcmp(wrong.op, "malloc_usable_size") == 0) {
        (void)!ch_route_usable(wrong.p, wrong.op);
    } else {
        ch_route_free(wrong.p, wrong.op);
    }
}

/* Checks the fault that `op` of p ends in. */
static void
check_fault(const char *op, void *p, const char *text)
{
    char line[256];

    wrong.p = p;
    wrong.op = op;
    snprintf(line, sizeof line, "capheap: %s: %#lx\n", text, (uintptr_t)p);
    unit_check_aborts(use_wrong, line);
}

static const char *const ops[] = {
    "free", "realloc", "malloc_usable_size", "capheap_free"};

static void
check_fault_of_all(void *p, const char *text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(ops); i++) {
        char what[128];

        snprintf(what, sizeof what, "%s of a %s", ops[i], text);
        check_fault(ops[i], p, what);
    }
}

static void
test_route_foreign_pointers_are_faults(void)
{
    static char global[64] CH_ALIGNED(16);
    char local[64] CH_ALIGNED(16);

    check_fault_of_all(global, "foreign pointer");
    check_fault_of_all(local, "foreign pointer");
    check_fault_of_all((void *)0x10, "foreign pointer");
    check_fault_of_all((void *)(UINTPTR_MAX - 15), "foreign pointer");
    check_fault_of_all(global + 1, "foreign pointer");
}

static void
test_route_foreign_pointer_as_first_call_is_a_fault(void)
{
    check_fault("free", (void *)0x12340, "free of a foreign pointer");
}

static void
test_route_misaligned_pointers_are_faults(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *p = must_alloc(sizes[i]);

        check_fault_of_all(p + 1, "misaligned pointer");
        check_fault_of_all(p + 8, "misaligned pointer");
    }
}

static void
test_route_freed_large_pointers_are_faults(void)
{
    for (size_t i = 3; i < ARRAY_LENGTH(sizes); i++) {
        void *p = must_alloc(sizes[i]);

        ch_route_free(p, "free");
        check_fault("free", p, "double free");
        check_fault("realloc", p, "realloc of a freed pointer");
        check_fault("capheap_free", p, "capheap_free of a freed pointer");
        check_fault(
            "malloc_usable_size", p, "malloc_usable_size of a freed pointer");
    }
}

static void
test_route_free_of_pointer_into_large_block_is_a_fault(void)
{
    for (size_t i = 3; i < ARRAY_LENGTH(sizes); i++) {
        char *p = must_alloc(sizes[i]);

        check_fault("free", p + 16, "free of a pointer into a block");
        check_fault("free", p + CH_SLICE, "free of a foreign pointer");
    }
}

static void
test_route_realloc_of_pointer_into_large_block_is_a_fault(void)
{
    for (size_t i = 3; i < ARRAY_LENGTH(sizes); i++) {
        char *p = must_alloc(sizes[i]);

        check_fault("realloc", p + 16, "realloc of a pointer into a block");
    }
}

static void
test_route_usable_of_pointer_into_large_block_is_a_fault(void)
{
    for (size_t i = 3; i < ARRAY_LENGTH(sizes); i++) {
        char *p = must_alloc(sizes[i]);

        check_fault("malloc_usable_size", p + 16,
            "malloc_usable_size of a pointer into a block");
    }
}

static void
test_route_with_foreign_ignore_does_nothing(void)
{
    char local[64] CH_ALIGNED(16);
    char *p;

    setenv("CAPHEAP_CONF", "foreign=ignore", 1);
    p = must_alloc(RUN);
    ch_route_free(local, "free");
    ch_route_free(p + 1, "free");
    ch_route_free(p + 16, "free");
    CHECK(ch_route_realloc(local, 100, "realloc", NULL) == NULL);
    CHECK_EQ(ch_route_usable(local, "usable"), 0);
    CHECK(ch_route_has(p));
    ch_route_free(p, "free");
    ch_route_free(p, "free");
    CHECK(ch_route_realloc(p, 10, "realloc", NULL) == NULL);
}

static void
test_route_nothing_sets_errno(void)
{
    errno = 12345;
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        void *p = ch_route_calloc(1, sizes[i], NULL);

        p = ch_route_realloc(p, 2 * sizes[i], "realloc", NULL);
        ch_route_free(p, "free");
    }
    CHECK(ch_route_alloc(PTRDIFF_MAX, NULL) == NULL);
    CHECK(ch_route_alloc(SIZE_MAX, NULL) == NULL);
    CHECK_EQ(errno, 12345);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_route_alloc_of_any_size_gives_usable_memory),
        forked_test(test_route_alloc_of_0_gives_a_block_of_its_own),
        forked_test(test_route_requests_above_ptrdiff_max_return_null),
        forked_test(test_route_requests_without_memory_return_null),
        forked_test(test_route_calloc_that_overflows_returns_null),
        forked_test(test_route_calloc_of_recycled_memory_is_zero),
        forked_test(test_route_alloc_aligned_of_any_alignment_is_aligned),
        forked_test(test_route_has_of_blocks_and_others_tells_them_apart),
        forked_test(test_route_realloc_between_all_kinds_keeps_the_content),
        forked_test(test_route_realloc_of_random_sizes_keeps_the_content),
        forked_test(test_route_realloc_of_null_allocates),
        forked_test(test_route_realloc_to_0_frees),
        forked_test(test_route_realloc_within_the_block_stays),
        forked_test(test_route_null_is_no_block_and_no_fault),
        forked_test(test_route_foreign_pointers_are_faults),
        forked_test(test_route_foreign_pointer_as_first_call_is_a_fault),
        forked_test(test_route_misaligned_pointers_are_faults),
        forked_test(test_route_freed_large_pointers_are_faults),
        forked_test(test_route_free_of_pointer_into_large_block_is_a_fault),
        forked_test(test_route_realloc_of_pointer_into_large_block_is_a_fault),
        forked_test(test_route_usable_of_pointer_into_large_block_is_a_fault),
        forked_test(test_route_with_foreign_ignore_does_nothing),
        forked_test(test_route_nothing_sets_errno),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
