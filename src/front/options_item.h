/* SPDX-License-Identifier: MIT */
/*
 * options_item.h - between the sources of options and their items.
 *
 * For options*.c only.
 */
#ifndef CH_FRONT_OPTIONS_ITEM_H
#define CH_FRONT_OPTIONS_ITEM_H

#include <stdbool.h>
#include <stddef.h>

struct ch_options_reader;
struct ch_text;

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

/* "SOURCE" or "SOURCE:LINE". */
void ch_option_print_place(
    struct ch_text *t, const char *source, unsigned line);
/* A line "capheap: PLACE: ", to be gone on with and then said. */
void ch_option_problem_begin(struct ch_options_reader *r, struct ch_text *t,
    const struct ch_option_place *place);
void ch_option_problem_say(struct ch_options_reader *r, struct ch_text *t);
/* Says the place, `before`, the start of `shown` and `after`. */
void ch_option_problem(struct ch_options_reader *r,
    const struct ch_option_place *place, const char *before,
    struct ch_option_span shown, const char *after);

/* Takes NAME=VALUE, trimmed and unescaped, from a source. */
void ch_option_take_item(struct ch_options_reader *r,
    const struct ch_option_place *place, struct ch_option_span item);

#endif
