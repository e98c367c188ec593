/* SPDX-License-Identifier: MIT */
/*
 * multi_heap_blocks_test.c - what is told of a heap's blocks: walks, dumps,
 * checks, and what comes of wrong pointers and of writes out of bounds.
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

/* Blocks with holes between them. */
static void
fill(multi_heap_handle_t heap, char *p[10])
{
    for (size_t i = 0; i < 10; i++) {
        p[i] = multi_heap_malloc(heap, 100 + 30 * i);
        assert_non_null(p[i]);
    }
    for (size_t i = 1; i < 10; i += 3) {
        multi_heap_free(heap, p[i]);
    }
}

/* ---- walk ---------------------------------------------------------------- */

struct seen {
    multi_heap_handle_t heap;
    char *last;
    size_t n_used;
    size_t n_free;
    size_t used_bytes;
    size_t stop_after;
};

static bool
see(void *block_ptr, size_t block_size, int block_used, void *user_data)
{
    struct seen *seen = user_data;

    assert_true((char *)block_ptr > seen->last);
    assert_true(block_size > 0);
    seen->last = (char *)block_ptr + block_size - 1;
    seen->n_used += block_used != 0;
    seen->n_free += block_used == 0;
    seen->used_bytes += block_used != 0 ? block_size : 0;
    if (block_used) {
        /* May be called from within. */
        char *p = (char *)block_ptr + poison_head();

        assert_int_equal(
            multi_heap_get_full_block_size(seen->heap, p), block_size);
    }
    return seen->n_used + seen->n_free != seen->stop_after;
}

static void
check_walk(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    struct seen seen = {.heap = heap};
    char *p[10];

    fill(heap, p);
    multi_heap_walk(heap, see, &seen);
    assert_int_equal(seen.n_used, info_of(heap).allocated_blocks);
    assert_int_equal(seen.n_free, info_of(heap).free_blocks);
    assert_int_equal(seen.used_bytes - seen.n_used * poison(accounting),
        info_of(heap).total_allocated_bytes);
    assert_true(seen.last < buffer + SIZE);
    seen = (struct seen){.heap = heap, .stop_after = 3};
    multi_heap_walk(heap, see, &seen);
    assert_int_equal(seen.n_used + seen.n_free, 3);
}

static void
test_walk_sees_all_blocks_in_order(void **state)
{
    for_each_accounting(check_walk);
}

static bool
free_on_sight(void *block_ptr, size_t block_size, int block_used, void *heap)
{
    if (block_used) {
        multi_heap_free(heap, (char *)block_ptr + poison_head());
    }
    return true;
}

static void
check_freeing_walk(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    char *p[10];

    fill(heap, p);
    multi_heap_walk(heap, free_on_sight, heap);
    assert_int_equal(info_of(heap).total_blocks, 1);
    assert_true(multi_heap_check(heap, true));
}

static void
test_walk_may_free_what_it_sees(void **state)
{
    for_each_accounting(check_freeing_walk);
}

/* ---- dump ---------------------------------------------------------------- */

static void
dump(void *heap)
{
    multi_heap_dump(heap);
}

struct line {
    unsigned long at;
    size_t size;
    unsigned long next;
    unsigned long next_free;
    char answer[4];
};

static size_t
parse(char *text, struct line *lines, size_t most)
{
    size_t n = 0;

    for (char *s = strtok(text, "\n"); s != NULL && n < most;
         s = strtok(NULL, "\n")) {
        struct line *line = &lines[n++];
        int fields = sscanf(s,
            "Block 0x%lx data, size: %zu bytes, Next: 0x%lx, Free: %3[A-Za-z], "
            "Next free: 0x%lx",
            &line->at, &line->size, &line->next, line->answer,
            &line->next_free);

        assert_int_equal(fields, strcmp(line->answer, "Yes") == 0 ? 5 : 4);
        assert_true(fields == 5 || strcmp(line->answer, "No") == 0);
    }
    return n;
}

static void
check_dump(enum capheap_accounting accounting)
{
    multi_heap_handle_t heap = make(accounting);
    struct line lines[32];
    char text[8192];
    char *p[10];
    char *body;
    size_t n;

    fill(heap, p);
    assert_int_equal(
        run_child(dump, heap, STDOUT_FILENO, text, sizeof(text)), 0);
    assert_int_equal(strncmp(text, "Showing data for heap: 0x", 25), 0);
    body = strchr(text, '\n') + 1;
    n = parse(body, lines, 32);
    assert_int_equal(n, info_of(heap).total_blocks);
    for (size_t i = 0; i + 1 < n; i++) {
        assert_int_equal(lines[i].next, lines[i + 1].at);
        assert_true(lines[i].at + lines[i].size <= lines[i + 1].at);
    }
    assert_int_equal(lines[n - 1].next, (unsigned long)(buffer + SIZE));
}

static void
test_dump_has_a_line_for_each_block(void **state)
{
    for_each_accounting(check_dump);
}

/* ---- wrong pointers ------------------------------------------------------ */

static multi_heap_handle_t victim;
static char *victim_block;

static void
prepare(enum capheap_accounting accounting)
{
    victim = make(accounting);
    multi_heap_malloc(victim, 40);
    victim_block = multi_heap_malloc(victim, 100);
    multi_heap_malloc(victim, 40);
}

static void
free_twice(void *arg)
{
    multi_heap_free(victim, victim_block);
    multi_heap_free(victim, victim_block);
}

static void
free_at(void *arg)
{
    multi_heap_free(victim, arg);
}

static void
realloc_at(void *arg)
{
    multi_heap_realloc(victim, arg, 10);
}

static void
size_at(void *arg)
{
    multi_heap_get_allocated_size(victim, arg);
}

static void
full_size_at(void *arg)
{
    multi_heap_get_full_block_size(victim, arg);
}

static void
check_wrong_pointers(enum capheap_accounting accounting)
{
    static char elsewhere[64];

    prepare(accounting);
    assert_aborts(free_twice, NULL, "capheap: multi_heap_free of a freed");
    assert_aborts(free_at, victim_block + 16, "multi_heap_free of ");
    assert_aborts(free_at, victim_block + 4, "multi_heap_free of ");
    assert_aborts(free_at, victim_block + 1, "multi_heap_free of ");
    assert_aborts(free_at, elsewhere, "multi_heap_free of a foreign pointer");
    assert_aborts(free_at, buffer + SIZE, "multi_heap_free of a foreign");
    assert_aborts(realloc_at, elsewhere, "multi_heap_realloc of a foreign");
    assert_aborts(size_at, elsewhere, "multi_heap_get_allocated_size of a");
    assert_aborts(full_size_at, elsewhere, "multi_heap_get_full_block_size of");
    assert_aborts(size_at, victim_block + 8, "multi_heap_get_allocated_size");
}

static void
test_wrong_pointers_abort_with_a_line(void **state)
{
    for_each_accounting(check_wrong_pointers);
}

/* ---- writes out of bounds ------------------------------------------------ */

static void
check_overrun(enum capheap_accounting accounting)
{
    size_t n = 100;

    prepare(accounting);
    assert_true(multi_heap_check(victim, true));
    victim_block[n] ^= 0x55;
    assert_true(multi_heap_check(victim, false) == (level() == NONE));
    if (level() != NONE) {
        assert_aborts(free_at, victim_block, "CORRUPT HEAP: Bad tail at 0x");
    }
    victim_block[n] ^= 0x55;
    assert_true(multi_heap_check(victim, true));
}

static void
check_underrun(enum capheap_accounting accounting)
{
    prepare(accounting);
    victim_block[-8] ^= 0x55;
    assert_true(multi_heap_check(victim, false) == (level() == NONE));
    if (level() != NONE) {
        assert_aborts(free_at, victim_block, "CORRUPT HEAP: Bad head at 0x");
    }
    victim_block[-8] ^= 0x55;
    victim_block[-1] ^= 0x55;
    assert_true(multi_heap_check(victim, false) == (level() == NONE));
    victim_block[-1] ^= 0x55;
    multi_heap_free(victim, victim_block);
}

static void
test_overrun_is_found_with_poisoning(void **state)
{
    for_each_accounting(check_overrun);
}

static void
test_underrun_is_found_with_poisoning(void **state)
{
    for_each_accounting(check_underrun);
}

static void
alloc_again(void *arg)
{
    for (size_t i = 0; i < SIZE / 16; i++) {
        multi_heap_malloc(victim, 16);
    }
}

static void
check_write_after_free(enum capheap_accounting accounting)
{
    prepare(accounting);
    multi_heap_free(victim, victim_block);
    victim_block[8] ^= 0x55;
    assert_true(multi_heap_check(victim, false) == (level() != COMPREHENSIVE));
    if (level() == COMPREHENSIVE) {
        assert_aborts(alloc_again, NULL, "CORRUPT HEAP: Invalid data at 0x");
    }
}

static void
test_write_after_free_is_found_with_comprehensive(void **state)
{
    for_each_accounting(check_write_after_free);
}

static void
check_fill(enum capheap_accounting accounting)
{
    unsigned char *p;

    prepare(accounting);
    p = (unsigned char *)victim_block;
    if (level() == COMPREHENSIVE) {
        assert_true(is_filled(p, 100, 0xce));
        multi_heap_free(victim, p);
        assert_true(is_filled(p, 100, 0xfe));
    } else {
        memset(p, 0x77, 100);
        multi_heap_free(victim, p);
        assert_true(is_filled(p + 16, 84, 0x77));
    }
}

static void
test_fill_bytes_are_those_of_comprehensive(void **state)
{
    for_each_accounting(check_fill);
}

/* Whatever stands in the buffer, the check and the walk come back. */
static void
check_garbage(enum capheap_accounting accounting)
{
    struct seen seen = {.n_used = 0};
    uint64_t seed = test_seed(7);
    char *p[10];

    for (size_t round = 0; round < 50; round++) {
        multi_heap_handle_t heap = make(accounting);

        fill(heap, p);
        for (size_t i = 0; i < SIZE; i++) {
            buffer[i] = (char)rng_next(&seed);
        }
        assert_true(multi_heap_check(heap, false) == (level() == NONE));
        seen = (struct seen){.stop_after = 1};
        assert_int_equal(info_of(heap).allocated_blocks, 7);
        assert_int_equal(info_of(heap).free_blocks, 4);
    }
    assert_int_equal(seen.n_used, 0);
}

static void
test_check_survives_any_content(void **state)
{
    for_each_accounting(check_garbage);
}

static void
check_and_print(void *heap)
{
    multi_heap_check(heap, true);
}

static void
check_lines(enum capheap_accounting accounting)
{
    char text[8192];
    size_t n = 0;
    char *p[10];
    multi_heap_handle_t heap = make(accounting);

    fill(heap, p);
    for (size_t i = 0; i < 10; i += 3) {
        p[i][100 + 30 * i] ^= 0x55;
    }
    assert_int_equal(
        run_child(check_and_print, heap, STDERR_FILENO, text, sizeof(text)), 0);
    for (char *s = text; (s = strstr(s, "CORRUPT HEAP: Bad tail at 0x")); s++) {
        n++;
    }
    assert_int_equal(n, level() == NONE ? 0 : 4);
}

static void
test_check_tells_each_corrupt_block(void **state)
{
    for_each_accounting(check_lines);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk_sees_all_blocks_in_order),
        cmocka_unit_test(test_walk_may_free_what_it_sees),
        cmocka_unit_test(test_dump_has_a_line_for_each_block),
        cmocka_unit_test(test_wrong_pointers_abort_with_a_line),
        cmocka_unit_test(test_overrun_is_found_with_poisoning),
        cmocka_unit_test(test_underrun_is_found_with_poisoning),
        cmocka_unit_test(test_write_after_free_is_found_with_comprehensive),
        cmocka_unit_test(test_fill_bytes_are_those_of_comprehensive),
        cmocka_unit_test(test_check_survives_any_content),
        cmocka_unit_test(test_check_tells_each_corrupt_block),
    };

    for_each_level(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
