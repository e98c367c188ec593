/* SPDX-License-Identifier: MIT */
/*
 * conf.c - capheap conf: the options in force and where they come from.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "front/options.h"
#include "tool.h"

const char tool_conf_usage[] =
    "usage: capheap conf [-v | --help-options]\n"
    "\n"
    "Prints each option, the value in force in a program started from here,\n"
    "and where it comes from; with -v also what it means.\n"
    "Exit status: 0, 1 when a source of options has an error, 2 wrong usage.\n";

#define HELP_COLUMN  4
#define HELP_COLUMNS 76

static void
say_problem(void *ctx, struct ch_text *line)
{
    (void)ctx;
    fprintf(stderr, "%s\n", line->buf);
}

/* Breaks the text between words. */
static void
print_help(const char *text)
{
    int column = HELP_COLUMNS;

    while (*text != '\0') {
        int n = (int)strcspn(text, " ");

        if (column + 1 + n > HELP_COLUMNS) {
            printf(
                "%s%*s", column == HELP_COLUMNS ? "" : "\n", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else {
            putchar(' ');
            column++;
        }
        printf("%.*s", n, text);
        column += n;
        text += n + (text[n] != '\0');
    }
    putchar('\n');
}

/* Each cell of a row as text. */
struct cells {
    char value[1024];
    char origin[CH_OPTION_PATH_MAX * 4 + 16];
};

static void
fill_cells(struct cells *cells, const struct ch_options_reader *reader,
    const struct ch_option_row *row)
{
    struct ch_text t;

    ch_text_init(&t, cells->value, sizeof cells->value);
    ch_option_print(&t, &reader->options, row);
    if (t.len == 0) {
        ch_text_str(&t, "(all)");
    }
    ch_text_init(&t, cells->origin, sizeof cells->origin);
    ch_option_print_origin(&t, &reader->origins[row - ch_option_rows]);
}

/* How wide the column of values is. */
static int
value_width(const struct ch_options_reader *reader)
{
    static struct cells cells;
    size_t width = 0;

    for (size_t i = 0; i < CH_OPTION_COUNT; i++) {
        fill_cells(&cells, reader, &ch_option_rows[i]);
        if (strlen(cells.value) > width) {
            width = strlen(cells.value);
        }
    }
    return (int)width;
}

static void
print_rows(const struct ch_options_reader *reader, bool is_verbose)
{
    static struct cells cells;
    int width = value_width(reader);

    for (size_t i = 0; i < CH_OPTION_COUNT; i++) {
        const struct ch_option_row *row = &ch_option_rows[i];

        fill_cells(&cells, reader, row);
        printf("%-12s %-*s  %s\n", row->name, width, cells.value, cells.origin);
        if (is_verbose) {
            printf("%*s%s=%s\n", HELP_COLUMN, "", row->name, row->syntax);
            print_help(row->help);
        }
    }
}

int
tool_conf(int argc, char **argv)
{
    static struct ch_options_reader reader;
    bool is_verbose = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") != 0
            && strcmp(argv[i], "--help-options") != 0) {
            tool_say("conf: wants no arguments; see 'capheap help conf'");
            return TOOL_USAGE;
        }
        is_verbose = true;
    }
    ch_options_begin(&reader, say_problem, NULL);
    ch_options_parse_all(&reader);
    print_rows(&reader, is_verbose);
    return reader.n_problems > 0 ? TOOL_NO : TOOL_OK;
}
