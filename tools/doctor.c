/* SPDX-License-Identifier: MIT */
/*
 * doctor.c - capheap doctor: says what tool_examine() finds.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"

const char tool_doctor_usage[] =
    "usage: capheap doctor PROGRAM\n"
    "\n"
    "Tells whether PROGRAM, a path or a name in PATH, would take capheap as\n"
    "its malloc when it is preloaded, and if not, why and what to do.\n"
    "Exit status: 0 it would, 1 it would not, 2 wrong usage.\n";

/* One line, whatever the path holds. */
CH_PRINTF(1, 2)
static void
print_line(const char *format, ...)
{
    char line[2 * PATH_MAX + 512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    tool_make_line(line);
    puts(line);
}

static void
print_finding(void *ctx, enum tool_verdict meaning, const char *line)
{
    (void)meaning;
    print_line("%s: %s", (const char *)ctx, line);
}

int
tool_doctor(int argc, char **argv)
{
    char path[PATH_MAX];
    char library[PATH_MAX];
    int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
    int err;

    if (argc != first + 1 || (first == 1 && argv[1][0] == '-')) {
        tool_say("doctor: wants one program; see 'capheap help doctor'");
        return TOOL_USAGE;
    }
    err = tool_find_program(argv[first], path);
    if (err != 0) {
        print_line("%s: %s", argv[first],
            err == ENOENT ? "no such program; check the name and PATH"
                          : "not an executable file; try chmod +x");
        return TOOL_NO;
    }
    if (!tool_find_library(library)) {
        tool_say_no_library();
        return TOOL_NO;
    }
    if (tool_examine(path, library, print_finding, path) != TOOL_TAKES) {
        return TOOL_NO;
    }
    print_line("%s: would take %s as its malloc", path, library);
    return TOOL_OK;
}
