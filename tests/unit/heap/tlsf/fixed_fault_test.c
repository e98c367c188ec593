/* SPDX-License-Identifier: MIT */
/*
 * fixed_fault_test.c - what is said of bad pointers and broken blocks: the
 * detection matrix of ESP-IDF's heap component, and better where that crashes.
 */
#include "heap/tlsf/fixed.h"

#include "unit/heap/tlsf/_fixed.h"

#define SIZE 8192u

static CH_ALIGNED(64) char space[64 + SIZE + 64];
static char *const memory = space + 64;

/* ---- faults -------------------------------------------------------------- */

static struct ch_fixed *heap;
static char *block;  /* of 100 bytes */
static char *target; /* what the child frees */
static size_t wanted;

static void
free_target(void)
{
    ch_fixed_free(heap, target, "heap_caps_free");
}

static void
free_target_plainly(void)
{
    ch_fixed_free(heap, target, "free");
}

static void
realloc_target(void)
{
    (void)!ch_fixed_realloc(heap, target, 10, "heap_caps_realloc");
}

static void
ask_target(void)
{
    (void)!ch_fixed_usable(heap, target, "heap_caps_get_allocated_size");
}

static void
alloc_wanted(void)
{
    (void)!ch_fixed_alloc(heap, wanted);
}

/* Checks that `body` aborts and says these lines; NULL: no line. */
static void
check_fault(void (*body)(void), const char *corrupt, const char *last)
{
    char text[2048];
    char want[1200];
    int status = unit_child_says(body, text, sizeof text);

    snprintf(want, sizeof want, "%s%scapheap: %s: %p\n",
        corrupt != NULL ? corrupt : "", corrupt != NULL ? "\n" : "", last,
        (void *)target);
    CHECK_STR(text, want);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGABRT);
}

/* Checks that `body` aborts, whatever it says. */
static void
check_aborts(void (*body)(void))
{
    char text[2048];
    int status = unit_child_says(body, text, sizeof text);

    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGABRT);
}

static uint32_t
word_at(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static char bad_line[256];

static const char *
bad_head(uint32_t got)
{
    snprintf(bad_line, sizeof bad_line,
        "CORRUPT HEAP: Bad head at %p. Expected 0xabba1234 got 0x%08x",
        (void *)(target - 8), got);
    return bad_line;
}

static const char *
bad_tail(const char *at)
{
    snprintf(bad_line, sizeof bad_line,
        "CORRUPT HEAP: Bad tail at %p. Expected 0xbaad5678 got 0x%08x",
        (const void *)at, word_at(at));
    return bad_line;
}

/* A heap of this kind with a block of 100 bytes between two others. */
static void
begin_fault(const struct ch_fixed_options *kind)
{
    memset(space, 0, sizeof space);
    heap = heap_on(memory, SIZE, kind);
    (void)take(heap, 100);
    block = take(heap, 100);
    memset(block, 0x11, 100);
    (void)take(heap, 100);
    target = block;
}

static void
test_fixed_double_free_is_told(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        bool has_head = kinds[k].poison != CH_POISON_NONE;

        begin_fault(&kinds[k]);
        give(heap, block);
        check_fault(free_target, has_head ? bad_head(0xfefefefe) : NULL,
            "heap_caps_free of a freed pointer");
        check_fault(free_target_plainly, has_head ? bad_head(0xfefefefe) : NULL,
            "double free");
        check_fault(realloc_target, has_head ? bad_head(0xfefefefe) : NULL,
            "heap_caps_realloc of a freed pointer");
        check_fault(ask_target, has_head ? bad_head(0xfefefefe) : NULL,
            "heap_caps_get_allocated_size of a freed pointer");
    }
}

static void
test_fixed_pointer_into_a_block_is_told(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        bool has_head = kinds[k].poison != CH_POISON_NONE;

        begin_fault(&kinds[k]);
        target = block + 2 * kinds[k].min_align;
        check_fault(free_target,
            has_head ? bad_head(word_at(target - 8)) : NULL,
            "heap_caps_free of a pointer into a block");
        target = block + 1;
        check_fault(free_target,
            has_head ? bad_head(word_at(target - 8)) : NULL,
            "heap_caps_free of a misaligned pointer");
    }
}

static void
test_fixed_pointer_from_elsewhere_is_told(void)
{
    static char elsewhere[64];

    for (size_t k = 0; k < N_KINDS; k++) {
        static void (*const bodies[])(void) = {free_target, ask_target};

        begin_fault(&kinds[k]);
        target = elsewhere + 32;
        check_fault(free_target, NULL, "heap_caps_free of a foreign pointer");
        target = (char *)16;
        check_fault(free_target, NULL, "heap_caps_free of a foreign pointer");
        target = (char *)(UINTPTR_MAX - 15);
        check_fault(free_target, NULL, "heap_caps_free of a foreign pointer");
        for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
            target = memory - 16;
            check_aborts(bodies[i]);
            target = memory + SIZE;
            check_aborts(bodies[i]);
            target = memory;
            if (kinds[k].accounting == CH_ACCOUNTING_DEVICE) {
                check_aborts(bodies[i]);
            }
        }
    }
}

static void
test_fixed_free_of_any_other_pointer_aborts(void)
{
    for (size_t k = 0; k < N_KINDS; k += 4) {
        begin_fault(&kinds[k]);
        for (char *p = memory - 64; p < memory + SIZE + 64; p += 7) {
            target = p;
            if (!ch_fixed_is_block(heap, p)) {
                check_aborts(free_target);
            }
            p += p > memory + 500 && p < memory + SIZE - 100 ? 700 : 0;
        }
    }
}

/* ---- corruption ---------------------------------------------------------- */

static char said[8192];

static void
note(void *ctx, const char *line)
{
    CHECK(ctx == &said);
    strncat(said, line, sizeof said - strlen(said) - 2);
    strcat(said, "\n");
}

/* What the check says of the heap. */
static bool
check_heap(void)
{
    said[0] = '\0';
    return ch_fixed_check(heap, note, &said);
}

static void
check_said(const char *corrupt, const char *where, const char *p, size_t size)
{
    char want[512];

    snprintf(want, sizeof want, "%s\n  %s %p of %zu bytes\n", corrupt, where,
        (const void *)p, size);
    CHECK_STR(said, want);
}

static void
test_fixed_overrun_is_found(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        for (size_t n = 1; n <= 4; n++) {
            size_t size;

            begin_fault(&kinds[k]);
            size = ch_fixed_full_size(heap, block, "x");
            memset(block + 100, 0, n);
            if (kinds[k].poison == CH_POISON_NONE) {
                CHECK(check_heap());
                give(heap, block);
                continue;
            }
            CHECK(!check_heap());
            check_said(
                bad_tail(block + 100), "in the block at", block - 8, size);
            check_fault(free_target, bad_tail(block + 100),
                "heap_caps_free of a corrupt block");
            check_fault(realloc_target, bad_tail(block + 100),
                "heap_caps_realloc of a corrupt block");
            check_fault(ask_target, bad_tail(block + 100),
                "heap_caps_get_allocated_size of a corrupt block");
        }
    }
}

static void
test_fixed_underrun_is_found(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        if (kinds[k].poison == CH_POISON_NONE) {
            continue;
        }
        begin_fault(&kinds[k]);
        memset(block - 5, 0, 5);
        CHECK(!check_heap());
        CHECK(strncmp(said, bad_head(0x00ba1234), strlen(bad_line)) == 0);
        check_fault(free_target, bad_head(0x00ba1234),
            "heap_caps_free of a corrupt block");
        /* One byte of the size: too large, or the tail is missing. */
        begin_fault(&kinds[k]);
        block[-1] = 1;
        CHECK(!check_heap());
        CHECK(strstr(said, "CORRUPT HEAP: Size at ") == said);
        begin_fault(&kinds[k]);
        block[-4] = 1;
        CHECK(!check_heap());
        CHECK(strncmp(said, bad_tail(block + 1), strlen(bad_line)) == 0);
    }
}

static void
test_fixed_write_after_free_is_found(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        bool is_filled = kinds[k].poison == CH_POISON_COMPREHENSIVE;

        begin_fault(&kinds[k]);
        give(heap, block);
        block[41] = 0x12;
        CHECK_EQ(check_heap(), !is_filled);
        if (!is_filled) {
            CHECK(ch_fixed_alloc(heap, 100) != NULL);
            continue;
        }
        snprintf(bad_line, sizeof bad_line,
            "CORRUPT HEAP: Invalid data at %p. Expected 0xfefefefe got "
            "0xfefe12fe",
            (void *)(block + 40));
        CHECK(strncmp(said, bad_line, strlen(bad_line)) == 0);
        CHECK(strstr(said, "\n  in free memory at ") != NULL);
        target = block + 40;
        wanted = 100;
        check_fault(alloc_wanted, bad_line, "write to memory that is free");
    }
}

static void
test_fixed_check_names_every_corrupt_block(void)
{
    char *blocks[20];

    begin_fault(LIGHT);
    for (size_t i = 0; i < ARRAY_LENGTH(blocks); i++) {
        blocks[i] = take(heap, 60);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(blocks); i += 3) {
        blocks[i][60] = 0;
    }
    CHECK(!check_heap());
    for (size_t i = 0; i < ARRAY_LENGTH(blocks); i++) {
        CHECK_EQ(strstr(said, bad_tail(blocks[i] + 60)) != NULL, i % 3 == 0);
    }
    CHECK(!is_sound(heap));
}

/* Whatever the memory holds: nobody wrote to the tables. */
static void
test_fixed_check_survives_any_content(void)
{
    uint64_t seed = unit_seed(23);
    const char *next;
    size_t n_lines;

    for (size_t round = 0; round < 300; round++) {
        enum ch_poison poison = kinds[round % N_KINDS].poison;

        begin_fault(&kinds[round % N_KINDS]);
        for (size_t i = 0; i < SIZE; i++) {
            memory[i] = (char)(round < N_KINDS ? 0xff : unit_random(&seed));
        }
        CHECK_EQ(check_heap(), poison == CH_POISON_NONE);
        n_lines = 0;
        for (next = said; (next = strstr(next, "CORRUPT HEAP: ")) != NULL;
             next++) {
            n_lines++;
        }
        /* Three blocks in use, and the free one behind them. */
        CHECK_EQ(n_lines, poison == CH_POISON_NONE    ? 0
                          : poison == CH_POISON_LIGHT ? 3
                                                      : 4);
        CHECK_EQ(info_of(heap).used_blocks, 3);
    }
}

/* ---- a retired heap ------------------------------------------------------ */

static bool
visit_none(const struct ch_tlsf_block *b, void *ctx)
{
    unit_fail("a retired heap has a block", __FILE__, __LINE__);
}

static void
test_fixed_retired_heap_is_an_exhausted_one(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        begin_fault(&kinds[k]);
        ch_fixed_retire(heap);
        ch_fixed_retire(heap);
        CHECK(ch_fixed_alloc(heap, 1) == NULL);
        CHECK(ch_fixed_alloc_aligned(heap, 16, 0, 1) == NULL);
        CHECK_EQ(info_of(heap).largest, 0);
        CHECK_EQ(info_of(heap).free_blocks, 0);
        CHECK_EQ(ch_fixed_free_size(heap), 0);
        CHECK_EQ(ch_fixed_minimum_free(heap), 0);
        CHECK_EQ(ch_fixed_reset_minimum(heap), 0);
        ch_fixed_restore_minimum(heap, 0);
        CHECK(!ch_fixed_is_block(heap, block));
        CHECK(ch_fixed_find(heap, block) == NULL);
        CHECK_EQ(ch_fixed_tag(heap, block), 0);
        CHECK(ch_fixed_start(heap) == ch_fixed_end(heap));
        CHECK(!ch_fixed_grow(heap, memory + SIZE));
        CHECK(is_sound(heap));
        ch_fixed_walk(heap, visit_none, NULL);
        check_fault(free_target, NULL, "heap_caps_free of a foreign pointer");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_fixed_double_free_is_told),
        forked_test(test_fixed_pointer_into_a_block_is_told),
        forked_test(test_fixed_pointer_from_elsewhere_is_told),
        forked_test(test_fixed_free_of_any_other_pointer_aborts),
        forked_test(test_fixed_overrun_is_found),
        forked_test(test_fixed_underrun_is_found),
        forked_test(test_fixed_write_after_free_is_found),
        forked_test(test_fixed_check_names_every_corrupt_block),
        forked_test(test_fixed_check_survives_any_content),
        forked_test(test_fixed_retired_heap_is_an_exhausted_one),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
