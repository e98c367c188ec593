/* SPDX-License-Identifier: MIT */
/*
 * multi_heap_device_test.c - device accounting, to the byte: the figures that
 * the 32-bit engine on a chip gives for heaps of these sizes, and for each
 * call of the traces in tests/data/device-traces/, measured there.
 */
#include "multi_heap_util.h"

#include <sys/mman.h>

#define ARENA_SIZE (5 * MIB)
/* Where the traces' heap lies within a page; all alignments of theirs count
   from address 0. */
#define TRACE_PHASE 0x3ffb2ec8u
#define TRACE_ALIGN 0x10000u

static char *arena;

static int
map_arena(void **state)
{
    arena = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return arena == MAP_FAILED;
}

static multi_heap_handle_t
make(char *start, size_t size)
{
    return capheap_multi_heap_register(start, size, CAPHEAP_ACCOUNTING_DEVICE);
}

/* ---- fresh heaps --------------------------------------------------------- */

struct fresh {
    size_t size;
    size_t free;
    size_t largest;
};

static const struct fresh fresh[] = {
    {512, 276, 256},
    {1024, 752, 704},
    {3500, 3156, 3072},
    {4096, 3752, 3584},
    {6432, 6052, 5632},
    {8192, 7812, 7680},
    {15072, 14656, 14336},
    {93108, 92236, 90112},
    {113840, 112968, 110592},
    {184632, 183692, 180224},
    {4194304, 4192136, 4128768},
};

#define N_FRESH (sizeof(fresh) / sizeof(fresh[0]))

static void
test_fresh_heap_has_the_figures_of_the_chip(void **state)
{
    for (size_t i = 0; i < N_FRESH; i++) {
        multi_heap_info_t info = info_of(make(arena, fresh[i].size));

        assert_int_equal(info.total_free_bytes,
            fresh[i].free - poison(CAPHEAP_ACCOUNTING_DEVICE));
        assert_int_equal(info.minimum_free_bytes,
            fresh[i].free - poison(CAPHEAP_ACCOUNTING_DEVICE));
        assert_int_equal(info.largest_free_block,
            fresh[i].largest - poison(CAPHEAP_ACCOUNTING_DEVICE));
        assert_int_equal(info.free_blocks, 1);
    }
}

/* The fixed part is of the size alone, wherever the heap lies. */
static void
test_fixed_part_depends_on_the_size(void **state)
{
    static const size_t parts[][2] = {{256, 200}, {1024, 272}, {4096, 344},
        {8192, 380}, {15072, 416}, {93108, 872}, {184632, 940},
        {4194304, 2168}};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t size = parts[i][0];
        size_t part = parts[i][1];
        multi_heap_handle_t heap = make(arena + 8 * i, size);
        char *p;

        assert_int_equal(multi_heap_free_size(heap),
            size - part - poison(CAPHEAP_ACCOUNTING_DEVICE));
        p = multi_heap_malloc(heap, 1);
        /* A header of 4 bytes, and the head of the poisoning. */
        assert_int_equal(p - (arena + 8 * i), part + 4 + poison_head());
    }
}

static void
test_smallest_heap_has_one_block(void **state)
{
    size_t least = level() == NONE ? 220 : 224;

    for (size_t size = 0; size < least; size++) {
        assert_null(make(arena, size));
    }
    assert_non_null(multi_heap_malloc(make(arena, least), 1));
}

/* ---- blocks -------------------------------------------------------------- */

/* What a block of so many bytes gets and costs in a heap of 180 KiB. */
struct cost {
    size_t asked;
    size_t got;
    size_t cost;
};

static const struct cost costs_plain[] = {{1, 12, 16}, {12, 12, 16},
    {13, 16, 20}, {32, 32, 36}, {100, 100, 104}, {128, 128, 132},
    {1000, 1024, 1028}, {1024, 1024, 1028}, {4096, 4096, 4100}};
static const struct cost costs_poisoned[] = {{1, 4, 20}, {4, 4, 20},
    {100, 100, 116}, {128, 132, 148}, {4096, 4340, 4356}};

static void
check_costs(const struct cost *costs, size_t n)
{
    multi_heap_handle_t heap = make(arena, 184632);

    for (size_t i = 0; i < n; i++) {
        size_t before = multi_heap_free_size(heap);
        void *p = multi_heap_malloc(heap, costs[i].asked);

        assert_int_equal(multi_heap_get_allocated_size(heap, p), costs[i].got);
        assert_int_equal(before - multi_heap_free_size(heap), costs[i].cost);
        multi_heap_free(heap, p);
        assert_int_equal(multi_heap_free_size(heap), before);
    }
}

static void
test_block_costs_what_it_does_on_the_chip(void **state)
{
    if (level() == NONE) {
        check_costs(costs_plain, 9);
    } else {
        check_costs(costs_poisoned, 5);
    }
}

/* ---- traces -------------------------------------------------------------- */

#define SLOTS 512u

struct trace {
    FILE *file;
    char *start;
    multi_heap_handle_t heap;
    char *slots[SLOTS];
    size_t line;
};

struct call {
    char op;
    unsigned slot;
    size_t size;
    size_t align;
    long offset;
    size_t got;
    size_t figures[5]; /* free, largest, minimum, used and free blocks */
};

/* "m 1 2 -> 3 4 | ...": what is asked and what is answered. */
static bool
parse(const char *text, struct call *call)
{
    const char *figures = strchr(text, '|');
    const char *arrow = strstr(text, "->");

    *call = (struct call){.op = text[0], .align = 1, .offset = -1};
    if (figures == NULL
        || sscanf(figures, "| %zu %zu %zu %zu %zu", &call->figures[0],
               &call->figures[1], &call->figures[2], &call->figures[3],
               &call->figures[4])
               != 5) {
        return false;
    }
    sscanf(text + 1, "%u %zu %zu", &call->slot, &call->size, &call->align);
    if (arrow != NULL) {
        sscanf(arrow, "-> %ld %zu", &call->offset, &call->got);
    }
    return call->slot < SLOTS;
}

static char *
run(struct trace *trace, const struct call *call)
{
    char *old = trace->slots[call->slot];

    switch (call->op) {
    case 'm':
        return multi_heap_malloc(trace->heap, call->size);
    case 'a':
        return multi_heap_aligned_alloc(trace->heap, call->size, call->align);
    case 'r':
        return multi_heap_realloc(trace->heap, old, call->size);
    case 'f':
        multi_heap_free(trace->heap, old);
        return NULL;
    default:
        return NULL;
    }
}

static void
check_figures(const struct trace *trace, const size_t want[5])
{
    multi_heap_info_t info = info_of(trace->heap);
    const size_t got[5] = {info.total_free_bytes, info.largest_free_block,
        info.minimum_free_bytes, info.allocated_blocks, info.free_blocks};

    for (size_t i = 0; i < 5; i++) {
        if (got[i] != want[i]) {
            fail_msg("line %zu, figure %zu: %zu instead of %zu", trace->line, i,
                got[i], want[i]);
        }
    }
}

static void
check_call(struct trace *trace, const struct call *call)
{
    char *p = run(trace, call);
    long offset = p != NULL ? p - trace->start : -1;

    if (offset != call->offset) {
        fail_msg("line %zu: offset %ld instead of %ld", trace->line, offset,
            call->offset);
    }
    if (p != NULL) {
        assert_int_equal(
            multi_heap_get_allocated_size(trace->heap, p), call->got);
    }
    if (p != NULL || call->op != 'r') {
        trace->slots[call->slot] = p;
    }
    check_figures(trace, call->figures);
}

static void
replay(const char *path, size_t size)
{
    uintptr_t base =
        ((uintptr_t)arena + TRACE_ALIGN - 1) & ~(uintptr_t)(TRACE_ALIGN - 1);
    struct trace trace = {.file = fopen(path, "r")};
    char text[256];
    struct call call;

    assert_non_null(trace.file);
    trace.start = (char *)base + (TRACE_PHASE & (TRACE_ALIGN - 1));
    trace.heap = make(trace.start, size);
    while (fgets(text, sizeof(text), trace.file) != NULL) {
        trace.line++;
        if (text[0] == '#' || !parse(text, &call)) {
            continue;
        }
        check_call(&trace, &call);
    }
    fclose(trace.file);
    assert_true(trace.line > 1000);
    assert_true(multi_heap_check(trace.heap, true));
}

static void
test_traces_of_the_chip_come_out_the_same(void **state)
{
    /* They were taken without poisoning. */
    if (level() != NONE) {
        skip();
    }
    replay("tests/data/device-traces/heap-6432-seed-11.txt", 6432);
    replay("tests/data/device-traces/heap-184632-seed-7.txt", 184632);
    replay("tests/data/device-traces/heap-4194304-seed-13.txt", 4194304);
}

/* ---- by default ---------------------------------------------------------- */

/* What this program does when it is given an argument: tells what a heap of
   the default accounting has free, and where its blocks lie. */
static int
tell_default(void)
{
    static _Alignas(64) char buffer[4096];
    multi_heap_handle_t heap = multi_heap_register(buffer, sizeof(buffer));
    size_t free_size = multi_heap_free_size(heap);
    uintptr_t p = (uintptr_t)multi_heap_malloc(heap, 1);
    uintptr_t q = (uintptr_t)multi_heap_malloc(heap, 1);

    return printf("free %zu, at multiples of %d\n", free_size,
               1 << __builtin_ctzl(p | q))
           < 0;
}

static void
start_with(void *conf)
{
    setenv("CAPHEAP_CONF", conf, 1);
    execl("/proc/self/exe", "tell", "default", (char *)NULL);
    _exit(127);
}

static void
assert_default(char *conf, const char *want)
{
    char text[256];

    assert_int_equal(
        run_child(start_with, conf, STDOUT_FILENO, text, sizeof(text)), 0);
    assert_string_equal(text, want);
}

static void
test_default_accounting_is_that_of_the_profile(void **state)
{
    assert_default("profile=host", "free 4096, at multiples of 16\n");
    assert_default("profile=esp32", "free 3752, at multiples of 4\n");
    assert_default(
        "profile=esp32,accounting=host", "free 4096, at multiples of 16\n");
    assert_default(
        "profile=host,accounting=device", "free 3752, at multiples of 4\n");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_accounting_is_that_of_the_profile),
        cmocka_unit_test(test_fresh_heap_has_the_figures_of_the_chip),
        cmocka_unit_test(test_fixed_part_depends_on_the_size),
        cmocka_unit_test(test_smallest_heap_has_one_block),
        cmocka_unit_test(test_block_costs_what_it_does_on_the_chip),
        cmocka_unit_test(test_traces_of_the_chip_come_out_the_same),
    };

    if (argc > 1) {
        return tell_default();
    }
    for_each_level(argv);
    return cmocka_run_group_tests(tests, map_arena, NULL);
}
