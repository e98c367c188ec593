/* SPDX-License-Identifier: MIT */
/*
 * fixed_trace_test.c - the chip's traces once more, with real memory under the
 * heap: a move copies, and its lowest free size is the chip's all the same.
 */
#include "heap/tlsf/fixed.h"

#include "unit/heap/tlsf/_fixed.h"

#define TRACES  "tests/data/device-traces/"
#define PAGE    4096u
#define N_SLOTS 4096u

/* A line of a trace: "OP slot [size [align]] -> offset size | figures". */
struct call {
    unsigned slot;
    size_t size;
    size_t align;
    long offset;
    size_t got;
    size_t free, largest, minimum, used, n_free;
};

static struct ch_fixed *heap;
static void *slots[N_SLOTS];
static size_t sizes[N_SLOTS];

static void
read_call(const char *line, struct call *call)
{
    const char *arrow = strstr(line, "->");
    const char *bar = strchr(line, '|');

    *call = (struct call){.align = 0};
    CHECK(bar != NULL);
    CHECK(sscanf(bar, "| %zu %zu %zu %zu %zu", &call->free, &call->largest,
              &call->minimum, &call->used, &call->n_free)
          == 5);
    if (line[0] != 's') {
        CHECK(sscanf(line + 1, "%u %zu %zu", &call->slot, &call->size,
                  &call->align)
              >= 1);
        CHECK(call->slot < N_SLOTS && arrow != NULL);
        CHECK(sscanf(arrow, "-> %ld %zu", &call->offset, &call->got) == 2);
    }
}

/* Each block is filled with what its slot says, and has it still. */
static void
check_content(unsigned slot, size_t size)
{
    CHECK(unit_is_filled(
        slots[slot], ch_min_size(size, sizes[slot]), (unsigned char)slot));
}

static void *
do_call(char op, const struct call *call)
{
    void **slot = &slots[call->slot];
    void *p = NULL;

    switch (op) {
    case 'f':
        check_content(call->slot, SIZE_MAX);
        give(heap, *slot);
        return NULL;
    case 'r':
        p = ch_fixed_realloc(heap, *slot, call->size, "x");
        if (p != NULL) {
            *slot = p;
            check_content(call->slot, call->size);
        }
        break;
    case 'a':
        p = ch_fixed_alloc_aligned(heap, call->align, 0, call->size);
        break;
    default:
        p = ch_fixed_alloc(heap, call->size);
        break;
    }
    if (p != NULL) {
        *slot = memset(p, (int)call->slot, call->size);
        sizes[call->slot] = call->size;
    }
    return p;
}

static void
check_figures(const struct call *call)
{
    struct ch_tlsf_info info = info_of(heap);

    CHECK_EQ(info.free, call->free);
    CHECK_EQ(info.largest, call->largest);
    CHECK_EQ(info.minimum_free, call->minimum);
    CHECK_EQ(info.used_blocks, call->used);
    CHECK_EQ(info.free_blocks, call->n_free);
    CHECK_EQ(ch_fixed_free_size(heap), call->free);
    CHECK_EQ(ch_fixed_minimum_free(heap), call->minimum);
}

/* Alignments count from address 0: the heap lies like the chip's in a page. */
static void
open_heap(const char *head)
{
    const char *size_text = strstr(head, "size ");
    unsigned long start;
    size_t size;
    char *pages;

    CHECK(sscanf(head, "# heap at %lx", &start) == 1 && size_text != NULL);
    size = strtoul(size_text + 5, NULL, 10);
    pages = mmap(NULL, size + 2 * PAGE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    heap = heap_on(pages + start % PAGE, size, DEVICE);
}

static void
replay(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    struct call call;
    size_t n = 0;

    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    open_heap(line);
    while (fgets(line, sizeof line, file) != NULL) {
        char *p;

        read_call(line, &call);
        if (line[0] != 's') {
            p = do_call(line[0], &call);
            CHECK(
                line[0] == 'f'
                || call.offset == (p != NULL ? p - ch_fixed_start(heap) : -1));
            CHECK(p == NULL || ch_fixed_usable(heap, p, "x") == call.got);
        }
        check_figures(&call);
        n++;
    }
    CHECK(n > 1000);
    CHECK(is_sound(heap));
    fclose(file);
}

static void
test_fixed_trace_of_6432_bytes_is_the_chips(void)
{
    replay(TRACES "heap-6432-seed-11.txt");
}

static void
test_fixed_trace_of_184632_bytes_is_the_chips(void)
{
    replay(TRACES "heap-184632-seed-7.txt");
}

static void
test_fixed_trace_of_4194304_bytes_is_the_chips(void)
{
    replay(TRACES "heap-4194304-seed-13.txt");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_fixed_trace_of_6432_bytes_is_the_chips),
        forked_test(test_fixed_trace_of_184632_bytes_is_the_chips),
        forked_test(test_fixed_trace_of_4194304_bytes_is_the_chips),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
