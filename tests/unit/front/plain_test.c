/* SPDX-License-Identifier: MIT */
/*
 * plain_test.c - plain blocks under exact=1 and under poisoning.
 */
#include "front/plain.h"

#include "base/arith.h"
#include "front/place.h"
#include "front/route.h"
#include "front/start.h"
#include "unit/_unit.h"

static const char *const levels[] = {
    "exact=1", "poisoning=light", "poisoning=comprehensive"};

static void
start_with(const char *conf)
{
    setenv("CAPHEAP_CONF", conf, 1);
    CHECK(ch_start());
}

/* Runs `body` under each level, in a child each. */
static void
at_each_level(void (*body)(void))
{
    for (size_t i = 0; i < ARRAY_LENGTH(levels); i++) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            unit_child_begin();
            start_with(levels[i]);
            body();
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_EQ(status, 0);
    }
}

static struct ch_plain_info
info(void)
{
    struct ch_plain_info plain;

    ch_plain_get_info(&plain);
    return plain;
}

/* ---- figures ------------------------------------------------------------- */

static void
count_blocks(void)
{
    static const size_t sizes[] = {0, 1, 24, 1000, 70000, 40 * CH_MIB};
    void *p[ARRAY_LENGTH(sizes)];
    size_t bytes = 0;

    CHECK_EQ(info().blocks, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        p[i] = ch_route_alloc(sizes[i], NULL);
        CHECK(p[i] != NULL && ch_is_aligned(p[i], 16));
        CHECK_EQ(info().blocks, i + 1);
        CHECK(info().bytes >= bytes + sizes[i]);
        bytes = info().bytes;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        ch_route_free(p[i], "free");
        CHECK_EQ(info().blocks, ARRAY_LENGTH(sizes) - i - 1);
    }
    CHECK_EQ(info().bytes, 0);
    CHECK_EQ(info().peak, bytes);
}

static void
test_plain_figures_are_exact(void)
{
    at_each_level(count_blocks);
}

static void
test_plain_usable_bytes_of_a_block_are_free_to_write(void)
{
    start_with("poisoning=light");
    for (size_t size = 1; size < 5000; size += 7) {
        char *p = ch_route_alloc(size, NULL);
        size_t usable = ch_route_usable(p, "malloc_usable_size");

        CHECK(usable >= size);
        memset(p, 0xff, usable);
        ch_route_free(p, "free");
    }
}

/* ---- content ------------------------------------------------------------- */

static void
resize_blocks(void)
{
    for (size_t size = 1; size < 300000; size = size * 3 + 1) {
        char *p = ch_route_alloc(size, NULL);

        memset(p, 7, size);
        p = ch_route_realloc(p, size * 2, "realloc", NULL);
        CHECK(unit_is_filled(p, size, 7));
        memset(p, 8, size * 2);
        p = ch_route_realloc(p, size / 2 + 1, "realloc", NULL);
        CHECK(unit_is_filled(p, size / 2 + 1, 8));
        ch_route_free(p, "free");
    }
    CHECK_EQ(info().blocks, 0);
}

static void
test_plain_realloc_keeps_the_content(void)
{
    at_each_level(resize_blocks);
}

static void
align_blocks(void)
{
    for (size_t align = 1; align <= CH_MIB; align *= 2) {
        char *p = ch_route_alloc_aligned(align, 100, NULL);

        CHECK(p != NULL && ch_is_aligned(p, align));
        memset(p, 1, 100);
        ch_route_free(p, "free");
    }
    for (size_t size = 1; size < 100000; size = size * 2 + 1) {
        char *p = ch_route_calloc(1, size, NULL);

        CHECK(unit_is_filled(p, size, 0));
        memset(p, 1, size);
        ch_route_free(p, "free");
    }
    CHECK_EQ(info().blocks, 0);
}

static void
test_plain_aligned_and_zeroed_blocks(void)
{
    at_each_level(align_blocks);
}

static void
test_plain_comprehensive_fills_fresh_blocks(void)
{
    char *p;

    start_with("poisoning=comprehensive");
    p = ch_route_alloc(1000, NULL);
    CHECK(unit_is_filled(p, 1000, 0xce));
    ch_route_free(p, "free");
}

/* ---- faults -------------------------------------------------------------- */

static void
free_twice(void)
{
    char *p;

    start_with("exact=1");
    p = ch_route_alloc(100, NULL);
    ch_route_free(p, "free");
    ch_route_free(p, "free");
}

static void
free_inside(void)
{
    start_with("exact=1");
    ch_route_free((char *)ch_route_alloc(100, NULL) + 16, "free");
}

static void
test_plain_tells_small_blocks_from_freed_ones(void)
{
    static const char line[] =
        "capheap: free of a freed pointer, or one into a block: 0x";

    unit_check_aborts(free_twice, line);
    unit_check_aborts(free_inside, line);
}

static void
overrun(void)
{
    char *p;

    start_with("poisoning=light");
    p = ch_route_alloc(100, NULL);
    p[100] = 0;
    ch_route_free(p, "free");
}

static void
underrun(void)
{
    char *p;

    start_with("poisoning=light");
    p = ch_route_alloc(100, NULL);
    p[-8] = 0;
    ch_route_free(p, "free");
}

static void
check_dies_with(void (*body)(void), const char *first, const char *second)
{
    char text[2048];
    int status = unit_child_says(body, text, sizeof text);

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    if (strstr(text, first) == NULL || strstr(text, second) == NULL) {
        CHECK_STR(text, first);
    }
}

static void
test_plain_canaries_catch_what_runs_over(void)
{
    check_dies_with(
        overrun, "CORRUPT HEAP: Bad tail at 0x", "free of a corrupt block: 0x");
    check_dies_with(underrun, "CORRUPT HEAP: Bad head at 0x",
        "free of a corrupt block: 0x");
}

static unsigned n_said;

static void
count_line(void *ctx, const char *line)
{
    (void)ctx;
    CHECK(strncmp(line, "CORRUPT HEAP: Bad tail at 0x", 28) == 0);
    n_said++;
}

static void
test_plain_check_reports_every_corrupt_block(void)
{
    char *p[10];

    start_with("poisoning=light");
    for (size_t i = 0; i < ARRAY_LENGTH(p); i++) {
        p[i] = ch_route_alloc_aligned((size_t)16 << (i % 5), 50 * i + 1, NULL);
    }
    CHECK(ch_plain_check(count_line, NULL));
    CHECK_EQ(n_said, 0);
    p[2][50 * 2 + 1] = 0;
    p[7][50 * 7 + 1] = 0;
    CHECK(!ch_plain_check(count_line, NULL));
    CHECK_EQ(n_said, 2);
}

/* ---- walks --------------------------------------------------------------- */

struct seen {
    size_t n_used;
    const void *wanted;
    bool is_found;
};

static bool
see(const struct ch_slab_block *block, void *ctx)
{
    struct seen *seen = ctx;

    seen->n_used += block->is_used;
    seen->is_found |= block->is_used && block->p == seen->wanted;
    return true;
}

static void
walk_blocks(void)
{
    struct ch_slab_block block;
    struct seen seen = {.n_used = 0};
    char *small = ch_route_alloc(100, NULL);
    char *aligned = ch_route_alloc_aligned(256, 1000, NULL);
    char *run = ch_route_alloc(500000, NULL);
    char *gone = ch_route_alloc(100, NULL);

    ch_route_free(gone, "free");
    seen.wanted = aligned;
    ch_plain_walk(see, &seen);
    CHECK_EQ(seen.n_used, 3);
    CHECK(seen.is_found);
    CHECK(ch_plain_find(small + 50, &block) && block.p == small);
    CHECK(ch_plain_find(aligned + 999, &block) && block.p == aligned);
    CHECK(ch_plain_find(run + 400000, &block) && block.p == run);
    CHECK(!ch_plain_find(gone, &block));
    CHECK(!ch_plain_find(&seen, &block));
}

static void
move_huge_block(void)
{
    char *p = ch_route_alloc(40 * CH_MIB, NULL);

    p[0] = 1;
    p[40 * CH_MIB - 1] = 2;
    p = ch_route_realloc(p, 80 * CH_MIB, "realloc", NULL);
    CHECK(p != NULL && p[0] == 1 && p[40 * CH_MIB - 1] == 2);
    CHECK_EQ(info().blocks, 1);
    CHECK(ch_route_usable(p, "usable") >= 80 * CH_MIB);
    ch_route_free(p, "free");
    CHECK_EQ(info().blocks, 0);
    CHECK_EQ(info().bytes, 0);
}

static void
test_plain_knows_a_huge_block_where_it_moved(void)
{
    at_each_level(move_huge_block);
}

static void
test_plain_walk_knows_the_live_blocks(void)
{
    at_each_level(walk_blocks);
}

static void
test_plain_walk_without_the_table_counts_carved_blocks(void)
{
    struct ch_slab_block block;
    struct seen seen = {.n_used = 0};
    char *p;

    start_with("exact=0");
    p = ch_route_alloc(100000, NULL);
    seen.wanted = p;
    ch_plain_walk(see, &seen);
    CHECK(seen.is_found);
    CHECK(ch_plain_find(p + 99999, &block) && block.p == p);
    CHECK(ch_plain_check(NULL, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_plain_figures_are_exact),
        forked_test(test_plain_usable_bytes_of_a_block_are_free_to_write),
        forked_test(test_plain_realloc_keeps_the_content),
        forked_test(test_plain_aligned_and_zeroed_blocks),
        forked_test(test_plain_comprehensive_fills_fresh_blocks),
        forked_test(test_plain_tells_small_blocks_from_freed_ones),
        forked_test(test_plain_canaries_catch_what_runs_over),
        forked_test(test_plain_check_reports_every_corrupt_block),
        forked_test(test_plain_knows_a_huge_block_where_it_moved),
        forked_test(test_plain_walk_knows_the_live_blocks),
        forked_test(test_plain_walk_without_the_table_counts_carved_blocks),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
