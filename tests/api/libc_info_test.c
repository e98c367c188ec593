/* SPDX-License-Identifier: MIT */
/*
 * libc_info_test.c - mallinfo, malloc_info, malloc_stats, malloc_trim and
 * mallopt tell what the heap really holds.
 *
 * Counts may lag by what caches hold, hence the tolerances; they may never
 * lag by a share of the memory in question.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "testutil.h"

#define TOLERANCE (256 * KIB)
#define N_BLOCKS  20000

static void *blocks[N_BLOCKS];

static size_t
bytes_used(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static size_t
rss_bytes(void)
{
    static char text[128];
    int fd = open("/proc/self/statm", O_RDONLY);
    ssize_t got;
    unsigned long pages = 0;

    assert_true(fd >= 0);
    got = read(fd, text, sizeof(text) - 1);
    close(fd);
    assert_true(got > 0);
    text[got] = '\0';
    assert_int_equal(sscanf(text, "%*u %lu", &pages), 1);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void
fill_blocks(size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++) {
        blocks[i] = malloc(size);
        assert_non_null(blocks[i]);
        memset(blocks[i], 1, size);
    }
}

static void
free_blocks(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(blocks[i]);
    }
}

static void
check_counts(size_t n, size_t size)
{
    size_t before = bytes_used();
    size_t during;
    size_t after;

    fill_blocks(n, size);
    during = bytes_used();
    free_blocks(n);
    after = bytes_used();
    if (during < before + n * size || during > before + 2 * n * size
        || after > before + TOLERANCE) {
        fail_msg("%zu blocks of %zu: %zu used before, %zu with, %zu after", n,
            size, before, during, after);
    }
}

static void
test_mallinfo2_used_bytes_follow_blocks(void **state)
{
    (void)state;
    check_counts(1, 1 * MIB);
    check_counts(20000, 40);
    check_counts(20000, 100);
    check_counts(10000, 1000);
    check_counts(2000, 10 * KIB);
    check_counts(500, 100 * KIB);
    check_counts(20, 3 * MIB);
    check_counts(4, 64 * MIB);
}

static void *
alloc_in_thread(void *unused)
{
    (void)unused;
    fill_blocks(10000, 1000);
    return NULL;
}

static void
test_mallinfo2_sees_blocks_of_other_threads(void **state)
{
    size_t before = bytes_used();
    pthread_t thread;

    (void)state;
    if (test_on_glibc()) {
        skip(); /* its thread caches count as used */
    }
    assert_int_equal(pthread_create(&thread, NULL, alloc_in_thread, NULL), 0);
    pthread_join(thread, NULL);
    assert_true(bytes_used() >= before + 10000 * 1000);
    free_blocks(10000);
    assert_true(bytes_used() <= before + TOLERANCE);
}

static void
test_mallinfo2_huge_block_counts_in_hblks(void **state)
{
    struct mallinfo2 before = mallinfo2();
    void *p = malloc(80 * MIB);
    void *q = malloc(40 * MIB);
    struct mallinfo2 during = mallinfo2();
    struct mallinfo2 after;

    (void)state;
    free(p);
    free(q);
    after = mallinfo2();
    assert_int_equal(during.hblks, before.hblks + 2);
    assert_true(during.hblkhd >= before.hblkhd + 120 * MIB);
    assert_true(during.hblkhd <= before.hblkhd + 130 * MIB);
    assert_int_equal(after.hblks, before.hblks);
    assert_int_equal(after.hblkhd, before.hblkhd);
}

static void
test_mallinfo2_arena_is_used_plus_free(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 2000; n += 500) {
        struct mallinfo2 info;

        fill_blocks(n, 3000);
        info = mallinfo2();
        free_blocks(n);
        assert_int_equal(info.uordblks + info.fordblks, info.arena);
        info = mallinfo2();
        assert_int_equal(info.uordblks + info.fordblks, info.arena);
    }
}

static void
test_mallinfo_agrees_with_mallinfo2(void **state)
{
    struct mallinfo2 wide;

    (void)state;
    fill_blocks(1000, 2000);
    wide = mallinfo2();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    {
        struct mallinfo info = mallinfo();

        assert_int_equal(info.arena, wide.arena);
        assert_int_equal(info.uordblks, wide.uordblks);
        assert_int_equal(info.fordblks, wide.fordblks);
        assert_int_equal(info.hblks, wide.hblks);
        assert_int_equal(info.hblkhd, wide.hblkhd);
    }
#pragma GCC diagnostic pop
    free_blocks(1000);
}

static void
test_malloc_info_prints_glibc_schema(void **state)
{
    static const char *const parts[] = {
        "<malloc version=\"1\">",
        "<heap nr=\"0\">",
        "<sizes",
        "</heap>",
        "<total type=\"",
        "<system type=\"current\" size=\"",
        "<aspace type=\"total\" size=\"",
        "</malloc>",
    };
    char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);
    const char *at;

    (void)state;
    assert_non_null(f);
    fill_blocks(1000, 500);
    assert_int_equal(malloc_info(0, f), 0);
    free_blocks(1000);
    assert_int_equal(fclose(f), 0);
    at = text;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *found = strstr(at, parts[i]);

        if (found == NULL) {
            fail_msg("no %s where it should stand in:\n%s", parts[i], text);
        }
        at = found;
    }
    free(text);
}

static void
test_malloc_info_unknown_option_fails(void **state)
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);
    int code;

    (void)state;
    errno = 0;
    code = malloc_info(1, f);
    if (test_on_glibc()) {
        assert_int_not_equal(code, 0);
    } else {
        assert_int_equal(code, -1);
        assert_int_equal(errno, EINVAL);
    }
    fclose(f);
    assert_int_equal(length, 0);
    free(text);
}

/* Runs malloc_stats with stderr in a file and tells how much it wrote. */
static size_t
stats_length(void)
{
    char name[] = "/tmp/capheap-stats-XXXXXX";
    int fd = mkstemp(name);
    int saved = dup(2);
    off_t length;

    assert_true(fd >= 0 && saved >= 0);
    unlink(name);
    fflush(stderr);
    dup2(fd, 2);
    malloc_stats();
    fflush(stderr);
    dup2(saved, 2);
    length = lseek(fd, 0, SEEK_END);
    close(fd);
    close(saved);
    return (size_t)length;
}

static void
test_malloc_stats_writes_to_stderr(void **state)
{
    (void)state;
    assert_true(stats_length() > 50);
}

static void
test_malloc_trim_gives_pages_back_once(void **state)
{
    size_t n = 6400;
    size_t before;
    size_t during;
    size_t after;
    int first;

    (void)state;
    malloc_trim(0);
    before = rss_bytes();
    fill_blocks(n, 16 * KIB);
    during = rss_bytes();
    free_blocks(n);
    first = malloc_trim(0);
    after = rss_bytes();
    assert_true(during >= before + 95 * MIB);
    assert_true(after <= before + 8 * MIB);
    if (!test_on_glibc()) {
        assert_int_equal(first, 1);
    }
    assert_int_equal(malloc_trim(0), 0);
}

static void
test_malloc_trim_keeps_live_blocks(void **state)
{
    size_t n = 2000;

    (void)state;
    fill_blocks(n, 5000);
    for (size_t i = 0; i < n; i += 2) {
        free(blocks[i]);
    }
    malloc_trim(0);
    for (size_t i = 1; i < n; i += 2) {
        assert_true(is_filled(blocks[i], 5000, 1));
        free(blocks[i]);
    }
}

static void
test_mallopt_known_parameter_returns_one(void **state)
{
    static const int rows[][2] = {
        {M_MXFAST, 64},
        {M_TRIM_THRESHOLD, 128 * 1024},
        {M_TOP_PAD, 0},
        {M_MMAP_THRESHOLD, 128 * 1024},
        {M_MMAP_MAX, 65536},
        {M_CHECK_ACTION, 3},
        {M_PERTURB, 0},
        {M_ARENA_TEST, 2},
        {M_ARENA_MAX, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (mallopt(rows[i][0], rows[i][1]) != 1) {
            fail_msg("mallopt(%d, %d) refused", rows[i][0], rows[i][1]);
        }
    }
    free(malloc(100000));
}

static size_t
keepcost_after_a_free_of(size_t size)
{
    free(malloc(size));
    return mallinfo2().keepcost;
}

static void
test_mallopt_trim_threshold_bounds_what_stays_free(void **state)
{
    (void)state;
    if (test_on_glibc()) {
        skip(); /* there it is about the top of one heap */
    }
    assert_int_equal(mallopt(M_TRIM_THRESHOLD, 0), 1);
    assert_int_equal(keepcost_after_a_free_of(MIB), 0);
    assert_int_equal(mallopt(M_TRIM_THRESHOLD, -1), 1);
    assert_true(keepcost_after_a_free_of(MIB) >= MIB);
}

static void
test_mallopt_unknown_parameter_returns_zero(void **state)
{
    (void)state;
    if (test_on_glibc()) {
        skip(); /* it says 1 to anything */
    }
    assert_int_equal(mallopt(12345, 1), 0);
    assert_int_equal(mallopt(-12345, 1), 0);
    assert_int_equal(mallopt(0, 1), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malloc_trim_gives_pages_back_once),
        cmocka_unit_test(test_malloc_trim_keeps_live_blocks),
        cmocka_unit_test(test_mallinfo2_used_bytes_follow_blocks),
        cmocka_unit_test(test_mallinfo2_sees_blocks_of_other_threads),
        cmocka_unit_test(test_mallinfo2_huge_block_counts_in_hblks),
        cmocka_unit_test(test_mallinfo2_arena_is_used_plus_free),
        cmocka_unit_test(test_mallinfo_agrees_with_mallinfo2),
        cmocka_unit_test(test_malloc_info_prints_glibc_schema),
        cmocka_unit_test(test_malloc_info_unknown_option_fails),
        cmocka_unit_test(test_malloc_stats_writes_to_stderr),
        cmocka_unit_test(test_mallopt_known_parameter_returns_one),
        cmocka_unit_test(test_mallopt_trim_threshold_bounds_what_stays_free),
        cmocka_unit_test(test_mallopt_unknown_parameter_returns_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
