/* SPDX-License-Identifier: MIT */
/*
 * options_item.c - one NAME=VALUE, and what is said when it is wrong.
 */
#include "front/options_item.h"

#include <errno.h>

#include "base/text.h"
#include "front/options.h"

/* What of a name or value stands in a message at most, in bytes. */
#define SHOWN_MAX 40u

/* ---- what is said ------------------------------------------------------- */

void
ch_option_print_place(struct ch_text *t, const char *source, unsigned line)
{
    ch_text_escaped(t, source, ch_str_len(source));
    if (line != 0) {
        ch_text_char(t, ':');
        ch_text_u64(t, line);
    }
}

void
ch_option_print_unread(struct ch_text *t, long err)
{
    if (err == -EPERM) {
        ch_text_str(t,
            "wants a regular file that is root's or yours and that nobody "
            "else may write to");
    } else if (err == -EFBIG) {
        ch_text_str(t, "longer than ");
        ch_text_size(t, CH_OPTION_FILE_MAX);
    } else if (err == -ENOENT) {
        ch_text_str(t, "no such file");
    } else if (err == -EACCES) {
        ch_text_str(t, "permission denied");
    } else {
        ch_text_str(t, "error ");
        ch_text_i64(t, -err);
    }
}

void
ch_option_print_shown(struct ch_text *t, struct ch_option_span s)
{
    ch_text_escaped(t, s.p, s.n < SHOWN_MAX ? s.n : SHOWN_MAX);
    if (s.n > SHOWN_MAX) {
        ch_text_str(t, "...");
    }
}

void
ch_option_problem_begin(struct ch_options_reader *r, struct ch_text *t,
    const struct ch_option_place *place)
{
    ch_line_begin(t, r->line);
    ch_option_print_place(t, place->source, place->line);
    ch_text_str(t, ": ");
}

void
ch_option_problem_say(struct ch_options_reader *r, struct ch_text *t)
{
    r->n_problems++;
    if (r->say == NULL || r->n_problems > CH_OPTION_SAY_MAX) {
        return;
    }
    r->say(r->say_ctx, t);
    if (r->n_problems == CH_OPTION_SAY_MAX) {
        ch_line_begin(t, r->line);
        ch_text_str(t, "further problems with options are not shown");
        r->say(r->say_ctx, t);
    }
}

void
ch_option_problem(struct ch_options_reader *r,
    const struct ch_option_place *place, const char *before,
    struct ch_option_span shown, const char *after)
{
    struct ch_text t;

    ch_option_problem_begin(r, &t, place);
    ch_text_str(&t, before);
    ch_option_print_shown(&t, shown);
    ch_text_str(&t, after);
    ch_option_problem_say(r, &t);
}

bool
ch_option_is_nearer(struct ch_option_span s, const char *name, unsigned *best)
{
    unsigned d = ch_str_distance(s.p, s.n, name);

    /* With half of its letters changed a name is another one. */
    if (d >= *best || d >= s.n || 2 * d >= ch_str_len(name)) {
        return false;
    }
    *best = d;
    return true;
}

/* The row whose name is nearest, or NULL if none is near. */
static const struct ch_option_row *
find_nearest(struct ch_option_span name)
{
    const struct ch_option_row *nearest = NULL;
    unsigned best = CH_OPTION_NEAR;

    for (unsigned i = 0; i < CH_OPTION_COUNT; i++) {
        if (ch_option_is_nearer(name, ch_option_rows[i].name, &best)) {
            nearest = &ch_option_rows[i];
        }
    }
    return nearest;
}

/* Letters, digits, - and _ alone. */
static bool
is_name(struct ch_option_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return s.n > 0;
}

/* NAME.KEY, as the options of a region are called. */
static bool
is_region_name(struct ch_option_span s)
{
    size_t dot = ch_option_find(s, '.');

    return dot < s.n && is_name((struct ch_option_span){s.p, dot})
           && is_name((struct ch_option_span){s.p + dot + 1, s.n - dot - 1});
}

/* The line of a file that has no options is not shown: it may be a secret. */
static void
say_unknown(struct ch_options_reader *r, const struct ch_option_place *place,
    struct ch_option_span name)
{
    const struct ch_option_row *nearest = find_nearest(name);
    struct ch_text t;

    ch_option_problem_begin(r, &t, place);
    if (place->line != 0 && !is_name(name)) {
        ch_text_str(&t, "not of the form NAME=VALUE");
        ch_option_problem_say(r, &t);
        return;
    }
    ch_text_str(&t, "unknown option '");
    ch_option_print_shown(&t, name);
    if (nearest != NULL) {
        ch_text_str(&t, "'; did you mean '");
        ch_text_str(&t, nearest->name);
        ch_text_str(&t, "'?");
    } else {
        ch_text_str(&t, "'; 'capheap conf -v' lists them");
    }
    ch_option_problem_say(r, &t);
}

static void
say_bad_value(struct ch_options_reader *r, const struct ch_option_place *place,
    const struct ch_option_row *row, struct ch_option_span value)
{
    struct ch_text t;

    ch_option_problem_begin(r, &t, place);
    ch_text_str(&t, row->name);
    ch_text_char(&t, '=');
    ch_option_print_shown(&t, value);
    ch_text_str(&t, ": wants ");
    ch_option_print_wants(&t, row);
    ch_option_print_hint(&t, row, value.p, value.n);
    if (!r->is_strict) {
        ch_text_str(&t, "; using ");
        ch_option_print(&t, &ch_options_default, row);
    }
    ch_option_problem_say(r, &t);
}

/* ---- one item ----------------------------------------------------------- */

bool
ch_option_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct ch_option_span
ch_option_trim(struct ch_option_span s)
{
    while (s.n > 0 && ch_option_is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && ch_option_is_space(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

size_t
ch_option_find(struct ch_option_span s, char c)
{
    size_t i = 0;

    while (i < s.n && s.p[i] != c) {
        i++;
    }
    return i;
}

static const struct ch_option_row *
find_row(struct ch_option_span name)
{
    for (unsigned i = 0; i < CH_OPTION_COUNT; i++) {
        if (ch_str_eq_n(name.p, name.n, ch_option_rows[i].name)) {
            return &ch_option_rows[i];
        }
    }
    return NULL;
}

bool
ch_option_begin_value(struct ch_options_reader *r,
    const struct ch_option_place *place, struct ch_option_origin *origin,
    struct ch_option_span name)
{
    unsigned turn = origin->turn;

    if (turn == r->turn) {
        ch_option_problem(
            r, place, "'", name, "' is there twice; the first counts");
    } else if (turn == 0) {
        origin->turn = r->turn;
    }
    return turn == 0;
}

/* The first time that a source has named it. */
static void
take_value(struct ch_options_reader *r, const struct ch_option_place *place,
    const struct ch_option_row *row, struct ch_option_span value)
{
    struct ch_option_origin *origin = &r->origins[row - ch_option_rows];

    if (!ch_option_set(&r->options, row, value.p, value.n)) {
        say_bad_value(r, place, row, value);
        return;
    }
    origin->source = place->source;
    origin->line = place->line;
}

void
ch_option_take_item(struct ch_options_reader *r,
    const struct ch_option_place *place, struct ch_option_span item)
{
    size_t equals = ch_option_find(item, '=');
    struct ch_option_span name =
        ch_option_trim((struct ch_option_span){item.p, equals});
    const struct ch_option_row *row = find_row(name);
    bool is_region = row == NULL && is_region_name(name);
    struct ch_option_span value;

    if (row == NULL && !is_region) {
        say_unknown(r, place, name);
        return;
    }
    if (equals == item.n) {
        ch_option_problem(
            r, place, "'", name, "' has no value; write NAME=VALUE");
        return;
    }
    value = ch_option_trim(
        (struct ch_option_span){item.p + equals + 1, item.n - equals - 1});
    if (is_region) {
        ch_option_take_region(r, place, name, value);
    } else if (ch_option_begin_value(
                   r, place, &r->origins[row - ch_option_rows], name)) {
        take_value(r, place, row, value);
    }
}
