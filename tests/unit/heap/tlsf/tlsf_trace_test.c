/* SPDX-License-Identifier: MIT */
/*
 * tlsf_trace_test.c - device accounting against what the chip's own engine
 * answered to thousands of random calls: tests/data/device-traces/.
 *
 * CH_TEST_TRACES=FOLDER replays the traces of another folder as well.
 */
#include "unit/heap/tlsf/_tlsf.h"

#include <dirent.h>
#include <limits.h>

#define TRACES    "tests/data/device-traces"
#define N_SLOTS   4096u
#define N_FIGURES 5u

/* One call of a trace, and what the chip said. */
struct call {
    char op; /* m, a, r, f; s: the start */
    unsigned slot;
    size_t size;
    size_t align;
    long offset; /* of the payload, -1: NULL */
    size_t got;
    size_t figures[N_FIGURES]; /* free, largest, minimum, used and free blocks
                                */
};

struct replay {
    struct box box;
    void *slots[N_SLOTS];
    const char *file;
    unsigned line;
};

__attribute__((format(printf, 2, 3), noreturn)) static void
replay_fail(const struct replay *replay, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    unit_fail(text, replay->file, (int)replay->line);
}

/* ---- reading ------------------------------------------------------------- */

static bool
read_arguments(const char *text, struct call *call)
{
    switch (call->op) {
    case 'a':
        return sscanf(
                   text, " %u %zu %zu", &call->slot, &call->size, &call->align)
               == 3;
    case 'f':
        return sscanf(text, " %u", &call->slot) == 1;
    default:
        return sscanf(text, " %u %zu", &call->slot, &call->size) == 2;
    }
}

static bool
read_answer(const char *text, struct call *call)
{
    const char *arrow = strstr(text, "->");

    return arrow != NULL
           && (call->op == 'f'
               || sscanf(arrow, "-> %ld %zu", &call->offset, &call->got) == 2);
}

static bool
read_call(const char *text, struct call *call)
{
    const char *bar = strchr(text, '|');
    size_t *f = call->figures;

    *call = (struct call){.op = text[0]};
    if (bar == NULL
        || sscanf(
               bar, "| %zu %zu %zu %zu %zu", &f[0], &f[1], &f[2], &f[3], &f[4])
               != (int)N_FIGURES) {
        return false;
    }
    return call->op == 's'
           || (strchr("marf", call->op) != NULL
               && read_arguments(text + 1, call) && call->slot < N_SLOTS
               && read_answer(text, call));
}

/* ---- replaying ----------------------------------------------------------- */

static void
check_answer(struct replay *replay, const struct call *call, const void *p)
{
    long offset = p == NULL ? -1 : (long)box_offset(&replay->box, p);
    size_t got = p == NULL ? 0 : ch_tlsf_payload(&replay->box.tlsf, p);

    if (offset != call->offset) {
        replay_fail(replay, "offset %ld, not %ld", offset, call->offset);
    }
    if (p != NULL && got != call->got) {
        replay_fail(replay, "size %zu, not %zu", got, call->got);
    }
}

static void
check_figures(struct replay *replay, const struct call *call)
{
    static const char *const names[N_FIGURES] = {
        "free", "largest", "minimum", "used blocks", "free blocks"};
    struct ch_tlsf_info info = box_info(&replay->box);
    const size_t got[N_FIGURES] = {info.free, info.largest, info.minimum_free,
        info.used_blocks, info.free_blocks};

    for (unsigned i = 0; i < N_FIGURES; i++) {
        if (got[i] != call->figures[i]) {
            replay_fail(replay, "%s is %zu, not %zu", names[i], got[i],
                call->figures[i]);
        }
    }
}

static void
do_call(struct replay *replay, const struct call *call)
{
    struct ch_tlsf *tlsf = &replay->box.tlsf;
    void **slot = &replay->slots[call->slot];
    void *p = NULL;

    switch (call->op) {
    case 's':
        return;
    case 'f':
        ch_tlsf_free(tlsf, *slot);
        *slot = NULL;
        return;
    case 'r':
        p = box_realloc(&replay->box, *slot, call->size);
        break;
    case 'a':
        p = ch_tlsf_alloc_aligned(tlsf, call->align, 0, call->size);
        break;
    default:
        p = ch_tlsf_alloc(tlsf, call->size);
        break;
    }
    check_answer(replay, call, p);
    if (p != NULL) {
        *slot = p;
    }
}

static void
replay_open(struct replay *replay, const char *head)
{
    const char *size = strstr(head, "size ");
    unsigned long start;

    if (sscanf(head, "# heap at %lx", &start) != 1 || size == NULL) {
        replay_fail(replay, "no heap in: %s", head);
    }
    box_open(&replay->box, (char *)start, strtoul(size + 5, NULL, 10),
        &device_rules);
}

static void
replay_file(const char *path)
{
    struct replay replay = {.file = path, .line = 1};
    FILE *file = fopen(path, "r");
    struct call call;
    char line[256];

    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    replay_open(&replay, line);
    while (fgets(line, sizeof line, file) != NULL) {
        replay.line++;
        if (!read_call(line, &call)) {
            replay_fail(&replay, "not a call: %s", line);
        }
        do_call(&replay, &call);
        check_figures(&replay, &call);
        if (replay.line % 64 == 0 && !ch_tlsf_is_valid(&replay.box.tlsf)) {
            replay_fail(&replay, "the tables disagree");
        }
    }
    CHECK(replay.line > 1000);
    fclose(file);
    box_close(&replay.box);
}

static void
test_tlsf_trace_of_6432_bytes_is_the_chips(void)
{
    replay_file(TRACES "/heap-6432-seed-11.txt");
}

static void
test_tlsf_trace_of_184632_bytes_is_the_chips(void)
{
    replay_file(TRACES "/heap-184632-seed-7.txt");
}

static void
test_tlsf_trace_of_4194304_bytes_is_the_chips(void)
{
    replay_file(TRACES "/heap-4194304-seed-13.txt");
}

/* The ones above, and those that were added; or another folder's. */
static void
test_tlsf_traces_of_the_folder_are_the_chips(void)
{
    const char *other = getenv("CH_TEST_TRACES");
    const char *folder = other == NULL ? TRACES : other;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[PATH_MAX];
    size_t n = 0;

    CHECK(dir != NULL);
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "heap-", 5) == 0) {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            replay_file(path);
            n++;
        }
    }
    CHECK(n > (other == NULL ? 2 : 0));
    closedir(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_tlsf_trace_of_6432_bytes_is_the_chips),
        forked_test(test_tlsf_trace_of_184632_bytes_is_the_chips),
        forked_test(test_tlsf_trace_of_4194304_bytes_is_the_chips),
        forked_test(test_tlsf_traces_of_the_folder_are_the_chips),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
