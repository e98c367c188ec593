/* SPDX-License-Identifier: MIT */
/*
 * _heap_caps_trace.h - reads tests/data/esp32-heap_caps.txt, line by line.
 *
 * A call stands there as "NAME(ARGS) -> ADDRESS REGION (no cb)", with what the
 * failure callback was told on the line before.
 */
#ifndef CH_TESTS_API_HEAP_CAPS_TRACE_H
#define CH_TESTS_API_HEAP_CAPS_TRACE_H

#include "_heap_caps.h"

#define TRACE "tests/data/esp32-heap_caps.txt"

#define MEASURED_SIZE_MAX 4294967295u /* of a 32-bit process */
#define ARGS_MAX          5

static struct {
    FILE *file;
    char line[256];
    char ahead[256]; /* the line after it; "": none */
    unsigned number;
    bool is_exact; /* above the limit */
    /* What the line "[failcb ...]" before a call says. */
    bool is_told;
    size_t told_size;
    uint32_t told_caps;
    char told_op[64];
    unsigned n_calls;
    unsigned n_default_64; /* since external memory was added */
    void *kept;            /* the block of the steps about realloc */
} trace;

static inline void
wrong(const char *what)
{
    char text[512];

    snprintf(text, sizeof text, "%s: %s", trace.line, what);
    unit_fail(text, TRACE, (int)trace.number);
}

static inline void
want(bool ok, const char *what)
{
    if (!ok) {
        wrong(what);
    }
}

/* ---- reading ------------------------------------------------------------- */

static inline void
read_ahead(void)
{
    if (fgets(trace.ahead, sizeof trace.ahead, trace.file) == NULL) {
        trace.ahead[0] = '\0';
    }
    trace.ahead[strcspn(trace.ahead, "\n")] = '\0';
}

static inline bool
read_line(void)
{
    memcpy(trace.line, trace.ahead, sizeof trace.line);
    trace.number++;
    read_ahead();
    return trace.line[0] != '\0';
}

static inline bool
begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static const struct {
    const char *name;
    uint32_t caps;
} cap_names[] = {
    {"MALLOC_CAP_EXEC", MALLOC_CAP_EXEC},
    {"MALLOC_CAP_32BIT", MALLOC_CAP_32BIT},
    {"MALLOC_CAP_8BIT", MALLOC_CAP_8BIT},
    {"MALLOC_CAP_DMA", MALLOC_CAP_DMA},
    {"MALLOC_CAP_PID2", MALLOC_CAP_PID2},
    {"MALLOC_CAP_SPIRAM", MALLOC_CAP_SPIRAM},
    {"MALLOC_CAP_INTERNAL", MALLOC_CAP_INTERNAL},
    {"MALLOC_CAP_DEFAULT", MALLOC_CAP_DEFAULT},
    {"MALLOC_CAP_IRAM_8BIT", MALLOC_CAP_IRAM_8BIT},
    {"MALLOC_CAP_RTCRAM", MALLOC_CAP_RTCRAM},
    {"MALLOC_CAP_INVALID", MALLOC_CAP_INVALID},
};

static inline uint32_t
value_of_caps(const char *text)
{
    uint32_t caps = 0;

    while (*text != '\0') {
        size_t n = strcspn(text, "|");
        size_t i = 0;

        while (i < ARRAY_LENGTH(cap_names)
               && (strlen(cap_names[i].name) != n
                   || strncmp(text, cap_names[i].name, n) != 0)) {
            i++;
        }
        want(i < ARRAY_LENGTH(cap_names), "an unknown capability");
        caps |= cap_names[i].caps;
        text += n + (text[n] == '|');
    }
    return caps;
}

/* One argument of a call. */
static inline size_t
value_of(const char *text)
{
    char *end;
    size_t n;

    if (strcmp(text, "NULL") == 0) {
        return 0;
    }
    if (strcmp(text, "r") == 0) {
        return (size_t)trace.kept;
    }
    if (strcmp(text, "SIZE_MAX") == 0) {
        return SIZE_MAX;
    }
    if (strcmp(text, "SIZE_MAX/2+4") == 0) {
        return SIZE_MAX / 2 + 4;
    }
    if (begins(text, "MALLOC_CAP_")) {
        return value_of_caps(text);
    }
    n = strtoull(text, &end, 0);
    want(*end == '\0', "an unknown argument");
    return n;
}

struct call {
    char name[64];
    size_t args[ARGS_MAX];
    unsigned n_args;
    char source[128];  /* as the file has it */
    uintptr_t address; /* 0: NULL */
    char region[32];   /* what the file calls it */
};

/* "NAME(ARGS) -> ADDRESS REGION (no cb)" */
static inline void
read_call(struct call *call)
{
    char args[128] = "";
    char address[32] = "";
    const char *close = strchr(trace.line, ')');

    memset(call, 0, sizeof *call);
    want(close != NULL, "not a call");
    snprintf(call->source, sizeof call->source, "%.*s",
        (int)(close + 1 - trace.line), trace.line);
    want(sscanf(call->source, "%63[a-z_0-9](%127[^)]", call->name, args) == 2,
        "not a call");
    want(sscanf(close + 1, " -> %31s %31[^\n]", address, call->region) >= 1,
        "no outcome");
    for (char *arg = strtok(args, ","); arg != NULL; arg = strtok(NULL, ",")) {
        want(call->n_args < ARGS_MAX, "too many arguments");
        call->args[call->n_args++] = value_of(arg);
    }
    if (strcmp(address, "(nil)") != 0) {
        call->address = strtoull(address, NULL, 16);
    }
}

/* "    [failcb #1 size=64 caps=0x0 fn=heap_caps_malloc]" */
static inline void
read_told(void)
{
    unsigned n;

    want(sscanf(trace.line, " [failcb #%u size=%zu caps=%x fn=%63[a-z_]]", &n,
             &trace.told_size, &trace.told_caps, trace.told_op)
             == 4,
        "not read");
    trace.is_told = true;
    if (trace.told_size == MEASURED_SIZE_MAX) {
        trace.told_size = SIZE_MAX;
    }
}

#endif
