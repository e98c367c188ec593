/* SPDX-License-Identifier: MIT */
/*
 * options_item.h - between the sources of options and their items, and what
 * other names and files share with them.
 *
 * For options*.c, profile*.c and caps.c only.
 */
#ifndef CH_FRONT_OPTIONS_ITEM_H
#define CH_FRONT_OPTIONS_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ch_option_origin;
struct ch_options_reader;
struct ch_text;

/* Edits from which on a name is not what was meant. */
#define CH_OPTION_NEAR 4u

/* Where a problem is: a source, and in files a line, else 0. */
struct ch_option_place {
    const char *source;
    unsigned line;
};

struct ch_option_span {
    const char *p;
    size_t n;
};

bool ch_option_is_space(char c);
struct ch_option_span ch_option_trim(struct ch_option_span s);
/* Where c first is in s, or s.n. */
size_t ch_option_find(struct ch_option_span s, char c);

/*
 * True when s may be a slip of the pen for the name, and is nearer to it than
 * *best edits, which then is how near.
 */
bool ch_option_is_nearer(
    struct ch_option_span s, const char *name, unsigned *best);

/* "SOURCE" or "SOURCE:LINE". */
void ch_option_print_place(
    struct ch_text *t, const char *source, unsigned line);
/* Why a file was not read, by -errno. */
void ch_option_print_unread(struct ch_text *t, long err);
/* A line "capheap: PLACE: ", to be gone on with and then said. */
void ch_option_problem_begin(struct ch_options_reader *r, struct ch_text *t,
    const struct ch_option_place *place);
void ch_option_problem_say(struct ch_options_reader *r, struct ch_text *t);
/* Says the place, `before`, the start of `shown` and `after`. */
void ch_option_problem(struct ch_options_reader *r,
    const struct ch_option_place *place, const char *before,
    struct ch_option_span shown, const char *after);

/*
 * Notes that the source at its turn names the option; true when it is the
 * first one to do so.  A second time in one source is a problem.
 */
bool ch_option_begin_value(struct ch_options_reader *r,
    const struct ch_option_place *place, struct ch_option_origin *origin,
    struct ch_option_span name);
/* Takes VALUE for the NAME, which has a dot. */
void ch_option_take_region(struct ch_options_reader *r,
    const struct ch_option_place *place, struct ch_option_span name,
    struct ch_option_span value);
/* Forgets all options of regions. */
void ch_option_reset_regions(struct ch_options_reader *r);
/* Appends a size that reads back as the same number. */
void ch_option_print_size(struct ch_text *t, uint64_t value);
/* Appends s, cut and escaped. */
void ch_option_print_shown(struct ch_text *t, struct ch_option_span s);

/* Takes NAME=VALUE, trimmed and unescaped, from a source. */
void ch_option_take_item(struct ch_options_reader *r,
    const struct ch_option_place *place, struct ch_option_span item);

#endif
