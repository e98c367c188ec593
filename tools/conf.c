/* SPDX-License-Identifier: MIT */
/*
 * conf.c - capheap conf: the options in force and where they come from.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "front/options.h"
#include "front/profile.h"
#include "tool.h"

const char tool_conf_usage[] =
    "usage: capheap conf [-v | --help-options]\n"
    "\n"
    "Prints each option, the value in force in a program started from here,\n"
    "and where it comes from; with -v also what it means.\n"
    "Exit status: 0, 1 when a source of options has an error, 2 wrong usage.\n";

#define HELP_COLUMN  4
#define HELP_COLUMNS 76

/* Breaks the text between words. */
static void
print_help(const char *text)
{
    int column = printf("%*s", HELP_COLUMN, "");

    while (*text != '\0') {
        int n = (int)strcspn(text, " ");

        if (column > HELP_COLUMN && column + 1 + n > HELP_COLUMNS) {
            putchar('\n');
            column = printf("%*s", HELP_COLUMN, "");
        }
        column += printf("%s%.*s", column > HELP_COLUMN ? " " : "", n, text);
        text += n + (text[n] != '\0');
    }
    putchar('\n');
}

/* A line as text. */
struct cells {
    char name[CH_OPTION_REGION_NAME_MAX + 16];
    char value[1024];
    char origin[CH_OPTION_PATH_MAX * 4 + 16];
};

/* Calls `use` with each line: the rows of the table, then what is set for
   regions.  `row` is NULL for those. */
static void
for_each_line(const struct ch_options_reader *reader,
    void (*use)(
        const struct cells *cells, const struct ch_option_row *row, void *ctx),
    void *ctx)
{
    static struct cells cells;
    struct ch_text t;

    for (size_t i = 0; i < CH_OPTION_COUNT; i++) {
        snprintf(cells.name, sizeof cells.name, "%s", ch_option_rows[i].name);
        ch_text_init(&t, cells.value, sizeof cells.value);
        ch_option_print(&t, &reader->options, &ch_option_rows[i]);
        ch_text_str(&t, t.len == 0 ? "(all)" : "");
        ch_text_init(&t, cells.origin, sizeof cells.origin);
        ch_option_print_origin(&t, &reader->origins[i]);
        use(&cells, &ch_option_rows[i], ctx);
    }
    for (size_t i = 0; i < CH_OPTION_REGIONS_MAX * CH_OPTION_REGION_KEY_COUNT;
         i++) {
        const struct ch_option_region *region =
            &reader->options.regions[i / CH_OPTION_REGION_KEY_COUNT];
        enum ch_option_region_key key = i % CH_OPTION_REGION_KEY_COUNT;

        if (!ch_option_region_has(region, key)) {
            continue;
        }
        snprintf(cells.name, sizeof cells.name, "%s.%s", region->name,
            ch_option_region_keys[key]);
        ch_text_init(&t, cells.value, sizeof cells.value);
        ch_option_region_print(&t, region, key);
        ch_text_init(&t, cells.origin, sizeof cells.origin);
        ch_option_print_origin(
            &t, ch_option_region_origin(reader, region, key));
        use(&cells, NULL, ctx);
    }
}

struct layout {
    int name_width;
    int value_width;
    bool is_verbose;
};

static int
wider(int width, const char *text)
{
    int n = (int)strlen(text);

    return n > width ? n : width;
}

static void
measure(const struct cells *cells, const struct ch_option_row *row, void *ctx)
{
    struct layout *layout = ctx;

    (void)row;
    layout->name_width = wider(layout->name_width, cells->name);
    layout->value_width = wider(layout->value_width, cells->value);
}

static void
print_line(
    const struct cells *cells, const struct ch_option_row *row, void *ctx)
{
    const struct layout *layout = ctx;

    printf("%-*s %-*s  %s\n", layout->name_width, cells->name,
        layout->value_width, cells->value, cells->origin);
    if (layout->is_verbose && row != NULL) {
        printf("%*s%s=%s\n", HELP_COLUMN, "", row->name, row->syntax);
        print_help(row->help);
    }
}

static void
print_all(const struct ch_options_reader *reader, bool is_verbose)
{
    struct layout layout = {.is_verbose = is_verbose};

    for_each_line(reader, measure, &layout);
    for_each_line(reader, print_line, &layout);
    if (is_verbose) {
        puts("NAME.limit and NAME.backing, of the region NAME of the profile");
        printf("%*sNAME.limit=SIZE|none\n", HELP_COLUMN, "");
        printf("%*sNAME.backing=anon|huge|lock|exec|secret|file:PATH\n",
            HELP_COLUMN, "");
        print_help("How large the region may be, and what memory it is of. "
                   "'capheap profiles show' has the names.");
    }
}

int
tool_conf(int argc, char **argv)
{
    static struct ch_options_reader reader;
    static struct ch_profile profile;
    static char work[CH_OPTION_FILE_MAX + 1];
    unsigned n_problems = 0;
    bool is_verbose = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") != 0
            && strcmp(argv[i], "--help-options") != 0) {
            tool_say("conf: wants no arguments; see 'capheap help conf'");
            return TOOL_USAGE;
        }
        is_verbose = true;
    }
    ch_options_begin(&reader, tool_say_problem, NULL);
    ch_options_parse_all(&reader);
    (void)!ch_profile_load(
        &profile, &reader.options, work, tool_say_problem, &n_problems);
    print_all(&reader, is_verbose);
    return reader.n_problems + n_problems > 0 ? TOOL_NO : TOOL_OK;
}
