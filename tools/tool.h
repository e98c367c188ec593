/* SPDX-License-Identifier: MIT */
/*
 * tool.h - what the parts of the capheap command share.
 */
#ifndef CH_TOOLS_TOOL_H
#define CH_TOOLS_TOOL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

struct ch_text;

/* Exit codes; those of `run` are env(1)'s where it has any. */
enum tool_exit {
    TOOL_OK = 0,
    TOOL_NO = 1,               /* the answer is no */
    TOOL_USAGE = 2,            /* wrong arguments, option values included */
    TOOL_FAILED = 125,         /* run: capheap could not do its part */
    TOOL_NOT_EXECUTABLE = 126, /* run: found, but it does not start */
    TOOL_NOT_FOUND = 127,      /* run: no such command */
};

/* One line "capheap: ..." on stderr. */
void tool_say(const char *format, ...) CH_PRINTF(1, 2);
/* Gets each problem of options or profiles, a line without its end, and writes
   it to stderr; counts it if ctx is an unsigned. */
void tool_say_problem(void *ctx, struct ch_text *line);
/* Appends text as part of an item of CAPHEAP_CONF. */
void tool_add_escaped(struct ch_text *t, const char *s);
/* Makes text of others one line, by a ? for what does not print. */
void tool_make_line(char *text);

/* The subcommands; argv[0] is their name. */
int tool_run(int argc, char **argv);
int tool_conf(int argc, char **argv);
int tool_profiles(int argc, char **argv);
int tool_doctor(int argc, char **argv);

/* Their usage, the lines that `capheap help NAME` prints. */
extern const char tool_run_usage[];
extern const char tool_conf_usage[];
extern const char tool_profiles_usage[];
extern const char tool_doctor_usage[];

/*
 * The file that execvp(3) would start for `name`.  0, ENOENT, or EACCES when
 * there is one that may not be executed; then `path` names it.
 */
CH_NODISCARD int tool_find_program(const char *name, char path[PATH_MAX]);

/* libcapheap.so by its absolute path; false when it is nowhere. */
CH_NODISCARD bool tool_find_library(char path[PATH_MAX]);
/* Says that it is nowhere, and where it was looked for. */
void tool_say_no_library(void);

/* What the doctor thinks of a program, the worst last. */
enum tool_verdict {
    TOOL_TAKES,     /* the preload is the program's malloc */
    TOOL_TAKES_NOT, /* the program keeps its malloc; its children may take it */
    TOOL_HARMFUL,   /* with the preload the program may not even start */
};

/*
 * Examines the file `path`, for which `library` would be preloaded.  `tell`
 * gets each finding: a line without its end, and what it means.
 */
enum tool_verdict tool_examine(const char *path, const char *library,
    void (*tell)(void *ctx, enum tool_verdict meaning, const char *line),
    void *ctx);

#endif
