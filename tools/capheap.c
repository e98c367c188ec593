/* SPDX-License-Identifier: MIT */
/*
 * capheap.c - the command: finds the subcommand and calls it.
 */
#include "capheap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "os/fault.h"
#include "tool.h"

struct subcommand {
    const char *name;
    int (*call)(int argc, char **argv);
    const char *usage;
    const char *what;
};

static const struct subcommand subcommands[] = {
    {"run", tool_run, tool_run_usage, "run a program on capheap's malloc"},
    {"conf", tool_conf, tool_conf_usage,
        "show the options in force and where they come from"},
    {"profiles", tool_profiles, tool_profiles_usage,
        "list the sets of memory regions, or show one"},
    {"doctor", tool_doctor, tool_doctor_usage,
        "tell whether a program would take the preload, and why not"},
};

#define N_SUBCOMMANDS (sizeof subcommands / sizeof subcommands[0])

void
tool_make_line(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            *text = '?';
        }
    }
}

void
tool_say(const char *format, ...)
{
    /* Paths may be long; what is cut is the end of the line. */
    char text[2 * CH_LINE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tool_make_line(text);
    fprintf(stderr, "capheap: %s\n", text);
}

void
tool_say_problem(void *ctx, struct ch_text *line)
{
    unsigned *n_problems = ctx;

    if (n_problems != NULL) {
        ++*n_problems;
    }
    fprintf(stderr, "%s\n", line->buf);
}

void
tool_add_escaped(struct ch_text *t, const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == ',' || *s == '\\') {
            ch_text_char(t, '\\');
        }
        ch_text_char(t, *s);
    }
}

static void
print_usage(FILE *to)
{
    fputs("usage: capheap SUBCOMMAND [ARGUMENTS]\n"
          "       capheap help SUBCOMMAND\n"
          "       capheap --version\n\n",
        to);
    for (size_t i = 0; i < N_SUBCOMMANDS; i++) {
        fprintf(to, "  %-9s %s\n", subcommands[i].name, subcommands[i].what);
    }
    fputs("\ncapheap(1) has more, capheap.conf(5) the options.\n", to);
}

static const struct subcommand *
find_subcommand(const char *name)
{
    for (size_t i = 0; i < N_SUBCOMMANDS; i++) {
        if (strcmp(name, subcommands[i].name) == 0) {
            return &subcommands[i];
        }
    }
    return NULL;
}

static int
say_unknown(const char *name)
{
    const char *nearest = NULL;
    unsigned best = 4;

    for (size_t i = 0; i < N_SUBCOMMANDS; i++) {
        unsigned d = ch_str_distance(name, strlen(name), subcommands[i].name);

        if (d < best && d < strlen(name) && d < strlen(subcommands[i].name)) {
            best = d;
            nearest = subcommands[i].name;
        }
    }
    if (nearest != NULL) {
        tool_say(
            "unknown subcommand '%.30s'; did you mean '%s'?", name, nearest);
    } else {
        tool_say(
            "unknown subcommand '%.30s'; 'capheap --help' lists them", name);
    }
    return TOOL_USAGE;
}

static int
help(const char *name)
{
    const struct subcommand *sub;

    if (name == NULL) {
        print_usage(stdout);
        return TOOL_OK;
    }
    sub = find_subcommand(name);
    if (sub == NULL) {
        return say_unknown(name);
    }
    fputs(sub->usage, stdout);
    return TOOL_OK;
}

/* True for --help and -h as the only argument of a subcommand. */
static bool
asks_for_help(int argc, char **argv)
{
    return argc == 2
           && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

static int
dispatch(int argc, char **argv)
{
    const struct subcommand *sub;
    const char *name = argc > 1 ? argv[1] : NULL;

    if (name == NULL) {
        print_usage(stderr);
        return TOOL_USAGE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts("capheap " CAPHEAP_VERSION);
        return TOOL_OK;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0
        || strcmp(name, "-h") == 0) {
        return help(argc > 2 ? argv[2] : NULL);
    }
    sub = find_subcommand(name);
    if (sub == NULL) {
        return say_unknown(name);
    }
    if (asks_for_help(argc - 1, argv + 1)) {
        fputs(sub->usage, stdout);
        return TOOL_OK;
    }
    return sub->call(argc - 1, argv + 1);
}

int
main(int argc, char **argv)
{
    int status = dispatch(argc, argv);

    /* A full disk must not look like an answer. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        tool_say("cannot write the output");
        return status == TOOL_OK ? TOOL_NO : status;
    }
    return status;
}
