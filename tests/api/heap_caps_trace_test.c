/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_trace_test.c - all calls of tests/data/esp32-heap_caps.txt, which
 * were measured on the chip's own code, made again.
 *
 * The file is a script here: each line is a call with its outcome, or names a
 * step that is written out below.  What a line gives back is freed before the
 * next line is read; so it was measured, as the addresses tell.
 *
 * Above the line "-- extmem limit" addresses count to the byte; below it the
 * measured program held blocks of its own, and the region counts.  Where the
 * library means to differ (sizes of 0, and overflows, which are told as
 * SIZE_MAX), `differences` says so.
 */
#include "_heap_caps_trace.h"

/* ---- calls --------------------------------------------------------------- */

static void *
make_call(const struct call *call)
{
    const size_t *a = call->args;
    const uint32_t b = (uint32_t)a[3];
    const uint32_t c = (uint32_t)a[4];

    if (strcmp(call->name, "heap_caps_malloc") == 0) {
        return heap_caps_malloc(a[0], (uint32_t)a[1]);
    }
    if (strcmp(call->name, "heap_caps_calloc") == 0) {
        return heap_caps_calloc(a[0], a[1], (uint32_t)a[2]);
    }
    if (strcmp(call->name, "heap_caps_realloc") == 0) {
        return heap_caps_realloc((void *)a[0], a[1], (uint32_t)a[2]);
    }
    if (strcmp(call->name, "heap_caps_aligned_alloc") == 0) {
        return heap_caps_aligned_alloc(a[0], a[1], (uint32_t)a[2]);
    }
    if (strcmp(call->name, "heap_caps_aligned_calloc") == 0) {
        return heap_caps_aligned_calloc(a[0], a[1], a[2], b);
    }
    if (strcmp(call->name, "heap_caps_malloc_prefer") == 0) {
        return heap_caps_malloc_prefer(a[0], a[1], (uint32_t)a[2], b);
    }
    if (strcmp(call->name, "heap_caps_calloc_prefer") == 0) {
        return heap_caps_calloc_prefer(a[0], a[1], a[2], b, c);
    }
    if (strcmp(call->name, "heap_caps_realloc_prefer") == 0) {
        return heap_caps_realloc_prefer((void *)a[0], a[1], a[2], b, c);
    }
    if (strcmp(call->name, "heap_caps_malloc_default") == 0) {
        return heap_caps_malloc_default(a[0]);
    }
    wrong("an unknown function");
    return NULL;
}

/* What the measured code does and this library means not to. */
static const struct {
    const char *source;
    bool is_told;
    size_t size;
} differences[] = {
    {"heap_caps_calloc(0,4,MALLOC_CAP_8BIT)", false, 0},
    {"heap_caps_calloc(SIZE_MAX/2+4,2,MALLOC_CAP_8BIT)", true, SIZE_MAX},
    {"heap_caps_calloc_prefer(SIZE_MAX,4,1,MALLOC_CAP_8BIT)", true, SIZE_MAX},
};

static void
apply_differences(const struct call *call)
{
    for (size_t i = 0; i < ARRAY_LENGTH(differences); i++) {
        if (strcmp(call->source, differences[i].source) == 0) {
            want(trace.is_told, "no difference");
            trace.is_told = differences[i].is_told;
            trace.told_size = differences[i].size;
        }
    }
}

static void
check_told(void)
{
    want(caps_failed.n == trace.is_told, "the callback");
    if (trace.is_told) {
        want(caps_failed.size == trace.told_size, "the size told");
        want(caps_failed.caps == trace.told_caps, "the caps told");
        want(strcmp(caps_failed.op, trace.told_op) == 0, "the name told");
    }
    trace.is_told = false;
}

/* The file says PSRAM for what the list of regions calls SPIRAM. */
static bool
is_region(const void *p, const char *name)
{
    int region = caps_region_of(p);

    if (begins(name, "D/IRAM(iram alias)")) {
        return caps_is_alias(p);
    }
    if (begins(name, "PSRAM")) {
        return region == PSRAM;
    }
    return region != NOWHERE && !caps_is_alias(p)
           && begins(name, caps_regions[region].label);
}

/* External memory comes with limits that the file does not tell: at first
   none, then 1024 bytes, at last 0; its lines show where. */
static void
set_limit_for(const struct call *call)
{
    if (strcmp(call->name, "heap_caps_malloc_default") != 0
        || heap_caps_get_total_size(MALLOC_CAP_SPIRAM) == 0) {
        return;
    }
    trace.n_default_64 += call->args[0] == 64;
    if (call->args[0] == 64 && trace.n_default_64 == 2) {
        heap_caps_malloc_extmem_enable(1024);
    }
    if (call->args[0] == 1) {
        heap_caps_malloc_extmem_enable(0);
    }
}

static void
do_call(void)
{
    struct call call;
    void *p;

    read_call(&call);
    apply_differences(&call);
    set_limit_for(&call);
    if (begins(trace.ahead, "realloc(8bit p -> EXEC)")) {
        trace.kept = heap_caps_malloc(64, MALLOC_CAP_8BIT);
        memset(trace.kept, 7, 64);
    }
    caps_failed.n = 0;
    p = make_call(&call);
    want((p == NULL) == (call.address == 0), "NULL or not");
    check_told();
    if (p != NULL) {
        want(is_region(p, call.region), "the region");
        want(!trace.is_exact || (uintptr_t)p == call.address, "the address");
    }
    if (strstr(call.name, "calloc") != NULL && p != NULL) {
        want(unit_is_filled(p, 16, 0), "zeros");
    }
    heap_caps_free(p);
    want(heap_caps_check_integrity_all(true), "the check afterwards");
    trace.n_calls++;
}

/* ---- steps --------------------------------------------------------------- */

/* "realloc(8bit p -> EXEC) ADDRESS content 7070707" and its like: the kept
   block moves. */
static void
do_move(size_t size, uint32_t caps, const char *format)
{
    unsigned long address;
    unsigned content;

    want(sscanf(trace.line, format, &address, &content) == 2, "not read");
    trace.kept = heap_caps_realloc(trace.kept, size, caps);
    want((uintptr_t)trace.kept == address, "the address");
    want(*(uint32_t *)trace.kept == content, "the content");
}

static void
do_move_to_exec(void)
{
    do_move(64, MALLOC_CAP_EXEC, "realloc(8bit p -> EXEC) %lx %*s content %x");
}

static void
do_move_back(void)
{
    do_move(48, MALLOC_CAP_8BIT, "realloc(EXEC -> 8BIT,48) %lx %*s content %x");
}

static void
do_move_to_nowhere(void)
{
    size_t size;

    want(sscanf(trace.line,
             "realloc(->SPIRAM) (nil) ; original still allocated size %zu",
             &size)
             == 1,
        "not read");
    caps_failed.n = 0;
    want(heap_caps_realloc(trace.kept, 32, MALLOC_CAP_SPIRAM) == NULL, "NULL");
    check_told();
    want(heap_caps_get_allocated_size(trace.kept) == size, "the size");
}

static void
do_register_null(void)
{
    int code;

    want(sscanf(trace.line, "register NULL -> %d", &code) == 1, "not read");
    want(heap_caps_register_failed_alloc_callback(NULL) == code, "the code");
}

static void
do_free_null(void)
{
    heap_caps_free(NULL);
}

static void
do_sizes(void)
{
    char *p = heap_caps_malloc(100, MALLOC_CAP_8BIT);
    size_t size;

    want(sscanf(trace.line, "alloc 100: size %zu", &size) == 1, "not read");
    want(heap_caps_get_allocated_size(p) == size, "the size");
    want(heap_caps_get_containing_block_size(p + 50) == size, "from inside");
    heap_caps_free(p);
}

static void
do_checks(void)
{
    int all;
    int by_addr;
    int stack;
    void *p = heap_caps_malloc(100, MALLOC_CAP_8BIT);

    want(sscanf(trace.line, "integrity all %d, addr(p) %d, addr(stack) %d",
             &all, &by_addr, &stack)
             == 3,
        "not read");
    want(heap_caps_check_integrity_all(true) == all, "all");
    want(heap_caps_check_integrity_addr((intptr_t)p, true) == by_addr, "addr");
    want(
        heap_caps_check_integrity_addr((intptr_t)&all, true) == stack, "stack");
    heap_caps_free(p);
}

static void
do_limit(void)
{
    trace.is_exact = false;
}

/* "Heap summary for capabilities ...", with the lines that belong to it. */
static void
do_summary(void)
{
    struct case_capture capture;
    char text[4096];
    char *line = text;
    unsigned caps;

    want(sscanf(trace.line, "Heap summary for capabilities %x:", &caps) == 1,
        "not read");
    case_capture_begin(&capture, stdout);
    heap_caps_print_heap_info(caps);
    case_capture_end(&capture, text, sizeof text);
    for (;;) {
        size_t n = strcspn(line, "\n");

        line[n] = '\0';
        want(strcmp(line, trace.line) == 0, line);
        line += n + 1;
        if (!begins(trace.ahead, "  ") || begins(trace.ahead, "   [")) {
            break;
        }
        read_line();
    }
    want(*line == '\0', "more lines are printed");
}

/* "list: START..END caps A B C": the next region, and for every capability
   whether it has it. */
static void
do_list(void)
{
    static unsigned n;
    const struct caps_region *region = &caps_regions[n++];
    unsigned long start;
    unsigned long end;
    unsigned caps[3];

    want(sscanf(trace.line, "list: %lx..%lx caps %x %x %x", &start, &end,
             &caps[0], &caps[1], &caps[2])
             == 5,
        "not read");
    want(region->start == start && region->start + region->size == end,
        "the range");
    want(memcmp(region->caps, caps, sizeof caps) == 0, "the masks");
}

/* ---- steps with external memory ------------------------------------------ */

static const uint32_t psram_caps[3] = {MALLOC_CAP_SPIRAM | MALLOC_CAP_DEFAULT,
    0, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT};

static esp_err_t
add_psram(intptr_t from, intptr_t to)
{
    intptr_t start = (intptr_t)caps_regions[PSRAM].start;

    return heap_caps_add_region_with_caps(psram_caps, start + from, start + to);
}

static void
do_add_psram(void)
{
    const struct caps_region *region = &caps_regions[PSRAM];
    void *at = mmap((void *)region->start, region->size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    int code;

    want(at == (void *)region->start, "the mapping");
    want(sscanf(trace.line, "add psram %d", &code) == 1, "not read");
    want(add_psram(0, (intptr_t)region->size) == code, "the code");
}

static void
do_add_codes(void)
{
    static char elsewhere[4096];
    const intptr_t size = (intptr_t)caps_regions[PSRAM].size;
    const intptr_t start = (intptr_t)caps_regions[PSRAM].start;
    const intptr_t other = (intptr_t)elsewhere;
    int again;
    int sub;
    int overlap;
    int small;
    int order;
    int zero;
    int null;
    int unknown;

    want(sscanf(trace.line,
             "add psram again %d; sub %d; overlap-end %d; too small %d; "
             "end<=start %d; start0 %d; caps NULL %d; add_region unknown %d",
             &again, &sub, &overlap, &small, &order, &zero, &null, &unknown)
             == 8,
        "not read");
    want(add_psram(0, size) == again, "again");
    want(heap_caps_check_add_region_allowed(
             start, start + size, start, start + size / 2)
             == (sub == ESP_OK),
        "sub");
    want(add_psram(size / 2, size + 4096) == overlap, "overlap-end");
    want(heap_caps_add_region_with_caps(psram_caps, other, other + 8) == small,
        "too small");
    want(heap_caps_add_region_with_caps(psram_caps, other, other) == order,
        "end<=start");
    want(
        heap_caps_add_region_with_caps(psram_caps, 0, other) == zero, "start0");
    want(heap_caps_add_region_with_caps(NULL, other, other + 4096) == null,
        "caps NULL");
    want(heap_caps_add_region(other, other + 4096) == unknown, "unknown");
}

/* "min free 8BIT N SPIRAM min N free N": the first depends on what the
   measured program held. */
static void
do_minimum(void)
{
    size_t byte;
    size_t minimum;
    size_t free_bytes;

    want(sscanf(trace.line, "min free 8BIT %zu SPIRAM min %zu free %zu", &byte,
             &minimum, &free_bytes)
             == 3,
        "not read");
    want(heap_caps_get_minimum_free_size(MALLOC_CAP_SPIRAM) == minimum,
        "minimum");
    want(heap_caps_get_free_size(MALLOC_CAP_SPIRAM) == free_bytes, "free");
}

static void
do_totals(void)
{
    size_t invalid;
    size_t free_bytes;
    size_t total;

    want(sscanf(trace.line, "total INVALID %zu; free(0) %zu total(0) %zu",
             &invalid, &free_bytes, &total)
             == 3,
        "not read");
    want(heap_caps_get_total_size(MALLOC_CAP_INVALID) == invalid, "INVALID");
    want(heap_caps_get_total_size(0) == total, "total(0)");
}

/* "32bit exhaust order: IRAM(...) DRAM(...) ..." */
static void
do_exhaust(void)
{
    const char *order = strchr(trace.line, ':') + 1;
    int last = NOWHERE;
    void *p;

    while ((p = heap_caps_malloc(4096, MALLOC_CAP_32BIT)) != NULL) {
        int region = caps_region_of(p);
        bool is_new =
            last == NOWHERE
            || caps_regions[region].label[0] != caps_regions[last].label[0];

        if (is_new) {
            order = last == NOWHERE ? order + 1 : strchr(order, ' ') + 1;
            want(is_region(p, order), "the order");
        }
        last = region;
    }
    order = strchr(order, ' ');
    want(order == NULL || order[1] == '\0', "not all of them");
}

/* ---- the file ------------------------------------------------------------ */

static void
do_nothing(void)
{
}

/* What a line begins with, and what is to be done for it. */
static const struct {
    const char *begins;
    void (*step)(void);
} steps[] = {
    {"heap_caps_", do_call},
    {"    [failcb ", read_told},
    {"I heap_init: ", do_nothing}, /* another case */
    {"-- before enable_nonos: ", do_nothing},
    {"-- extmem limit", do_limit},
    {"list: ", do_list},
    {"Heap summary ", do_summary},
    {"register NULL ", do_register_null},
    {"realloc(8bit p -> EXEC) ", do_move_to_exec},
    {"realloc(EXEC -> 8BIT,48) ", do_move_back},
    {"realloc(->SPIRAM) ", do_move_to_nowhere},
    {"free(NULL) ok", do_free_null},
    {"alloc 100: ", do_sizes},
    {"integrity ", do_checks},
    {"add psram again ", do_add_codes},
    {"add psram ", do_add_psram},
    {"min free ", do_minimum},
    {"total INVALID ", do_totals},
    {"32bit exhaust order: ", do_exhaust},
};

static void
do_line(void)
{
    size_t i = 0;

    while (i < ARRAY_LENGTH(steps) && !begins(trace.line, steps[i].begins)) {
        i++;
    }
    want(i < ARRAY_LENGTH(steps), "an unknown line");
    steps[i].step();
}

static void
open_trace(void)
{
    trace.file = fopen(TRACE, "r");
    CHECK(trace.file != NULL);
    trace.is_exact = true;
    read_ahead();
}

static void
test_trace_is_answered_as_measured(void)
{
    open_trace();
    caps_watch();
    while (read_line()) {
        do_line();
    }
    CHECK_EQ(trace.ahead[0], '\0');
    CHECK_EQ(trace.n_calls, 60);
}

/* The lines of the boot log, and the figures before startup stacks are over. */
static void
test_trace_of_the_start(void)
{
    struct case_capture capture;
    char text[4096];
    char *line = text;
    size_t total;
    size_t free_bytes;
    size_t exec;

    open_trace();
    case_capture_begin(&capture, stderr);
    heap_caps_init();
    case_capture_end(&capture, text, sizeof text);
    while (read_line() && begins(trace.line, "I heap_init: ")) {
        char *end = strchr(line, '\n');

        want(end != NULL, "is missing");
        *end = '\0';
        line = strstr(line, "heap_init: ");
        want(line != NULL && strcmp(line, trace.line + 2) == 0, "another line");
        line = end + 1;
    }
    CHECK_STR(line, "");
    want(sscanf(trace.line,
             "-- before enable_nonos: total 8BIT %zu free %zu; EXEC total %zu",
             &total, &free_bytes, &exec)
             == 3,
        "not read");
    CHECK_EQ(heap_caps_get_total_size(MALLOC_CAP_8BIT), total);
    CHECK_EQ(heap_caps_get_free_size(MALLOC_CAP_8BIT), free_bytes);
    CHECK_EQ(heap_caps_get_total_size(MALLOC_CAP_EXEC), exec);
}

static const struct case_row rows[] = {
    ROW(test_trace_is_answered_as_measured, "profile=esp32,esp_idf=6"),
    ROW(test_trace_of_the_start, "profile=esp32,esp_idf=6,startup=early"),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
