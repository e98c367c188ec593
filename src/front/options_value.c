/* SPDX-License-Identifier: MIT */
/*
 * options_value.c - one value: text to field, field to text.
 *
 * Each type of option has three functions in one table; a row of the option
 * table says the type and the range.
 */
#include "front/options.h"

#include "base/text.h"
#include "front/options_item.h"
#include "front/profile.h"

struct option_type {
    bool (*set)(struct ch_options *, const struct ch_option_row *, const char *,
        size_t);
    void (*print)(struct ch_text *, const struct ch_options *,
        const struct ch_option_row *);
    void (*wants)(struct ch_text *, const struct ch_option_row *);
};

static void *
field_of(struct ch_options *options, const struct ch_option_row *row)
{
    return (char *)options + row->offset;
}

static const void *
const_field_of(
    const struct ch_options *options, const struct ch_option_row *row)
{
    return (const char *)options + row->offset;
}

/* Copies n bytes that print; false when they do not or are too many. */
static bool
copy_text(char *to, size_t size, const char *s, size_t n)
{
    if (n >= size) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = s[i];
    }
    to[n] = '\0';
    return true;
}

/* ---- numbers ------------------------------------------------------------ */

/* The word of the row, or a number that `parse` reads and the range has. */
static bool
parse_number(const struct ch_option_row *row, const char *s, size_t n,
    bool (*parse)(const char *, size_t, uint64_t *), uint64_t *value)
{
    if (row->word != NULL && ch_str_eq_n(s, n, row->word)) {
        *value = row->word_value;
        return true;
    }
    if (!parse(s, n, value)) {
        return false;
    }
    /* A word that stands for 0 may be written as 0. */
    return (*value >= row->min && *value <= row->max)
           || (row->word != NULL && row->word_value == 0 && *value == 0);
}

/* Appends the word if `value` is what it stands for. */
static bool
print_word(struct ch_text *t, const struct ch_option_row *row, uint64_t value)
{
    if (row->word == NULL || value != row->word_value) {
        return false;
    }
    ch_text_str(t, row->word);
    return true;
}

static void
wants_word(struct ch_text *t, const struct ch_option_row *row)
{
    if (row->word != NULL) {
        ch_text_str(t, ", or ");
        ch_text_str(t, row->word);
    }
}

static bool
size_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    uint64_t value;

    if (!parse_number(row, s, n, ch_parse_size, &value)) {
        return false;
    }
    *(size_t *)field_of(options, row) = (size_t)value;
    return true;
}

/* In the largest unit that divides it, so that nothing is lost. */
void
ch_option_print_size(struct ch_text *t, uint64_t value)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
    size_t i = 0;

    while (value != 0 && value % 1024 == 0
           && i + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        i++;
    }
    ch_text_u64(t, value);
    ch_text_str(t, units[i]);
}

static void
size_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row)
{
    size_t value = *(const size_t *)const_field_of(options, row);

    if (!print_word(t, row, value)) {
        ch_option_print_size(t, value);
    }
}

static void
size_wants(struct ch_text *t, const struct ch_option_row *row)
{
    ch_text_str(t, "a size from ");
    ch_text_size(t, row->min);
    ch_text_str(t, " to ");
    ch_text_size(t, row->max);
    wants_word(t, row);
}

static bool
ms_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    uint64_t value;

    if (!parse_number(row, s, n, ch_parse_u64, &value)) {
        return false;
    }
    *(uint64_t *)field_of(options, row) = value;
    return true;
}

static void
ms_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row)
{
    uint64_t value = *(const uint64_t *)const_field_of(options, row);

    if (!print_word(t, row, value)) {
        ch_text_u64(t, value);
    }
}

static void
range_wants(struct ch_text *t, const struct ch_option_row *row)
{
    ch_text_str(t, " from ");
    ch_text_u64(t, row->min);
    ch_text_str(t, " to ");
    ch_text_u64(t, row->max);
    wants_word(t, row);
}

static void
ms_wants(struct ch_text *t, const struct ch_option_row *row)
{
    ch_text_str(t, "milliseconds");
    range_wants(t, row);
}

static bool
count_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    uint64_t value;

    if (!parse_number(row, s, n, ch_parse_u64, &value)) {
        return false;
    }
    *(unsigned *)field_of(options, row) = (unsigned)value;
    return true;
}

static void
count_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row)
{
    ch_text_u64(t, *(const unsigned *)const_field_of(options, row));
}

static void
count_wants(struct ch_text *t, const struct ch_option_row *row)
{
    ch_text_str(t, "a number");
    range_wants(t, row);
}

/* ---- choices ------------------------------------------------------------ */

/* The index of the choice, or -1. */
static int
choice_find(const struct ch_option_row *row, const char *s, size_t n)
{
    for (int i = 0; row->choices[i] != NULL; i++) {
        if (ch_str_eq_n(s, n, row->choices[i])) {
            return i;
        }
    }
    return -1;
}

/* "auto, never or always" */
static void
choice_wants(struct ch_text *t, const struct ch_option_row *row)
{
    for (size_t i = 0; row->choices[i] != NULL; i++) {
        if (i > 0) {
            ch_text_str(t, row->choices[i + 1] != NULL ? ", " : " or ");
        }
        ch_text_str(t, row->choices[i]);
    }
}

/* A choice that is a number, and kept as one. */
static bool
number_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    uint64_t value;

    if (choice_find(row, s, n) < 0 || !ch_parse_u64(s, n, &value)) {
        return false;
    }
    *(unsigned *)field_of(options, row) = (unsigned)value;
    return true;
}

static bool
choice_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    int i = choice_find(row, s, n);

    if (i < 0) {
        return false;
    }
    *(unsigned *)field_of(options, row) = (unsigned)i;
    return true;
}

_Static_assert(sizeof(enum ch_option_thp) == sizeof(unsigned),
    "a choice is stored as an unsigned");

static void
choice_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row)
{
    unsigned i = *(const unsigned *)const_field_of(options, row);

    ch_text_str(t, row->choices[i]);
}

static bool
flag_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    int i = choice_find(row, s, n);

    if (i < 0) {
        return false;
    }
    *(bool *)field_of(options, row) = i != 0;
    return true;
}

static void
flag_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row)
{
    bool flag = *(const bool *)const_field_of(options, row);

    ch_text_str(t, row->choices[flag ? 1 : 0]);
}

/* ---- the options with a shape of their own ------------------------------ */

static bool
stats_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    static const char before_file[] = "exit:";
    size_t skip = sizeof before_file - 1;

    (void)row;
    if (ch_str_eq_n(s, n, "off") || ch_str_eq_n(s, n, "exit")) {
        options->stats_at_exit = n == 4;
        options->stats_file[0] = '\0';
        return true;
    }
    if (n <= skip || !ch_str_eq_n(s, skip, before_file)
        || !copy_text(options->stats_file, sizeof options->stats_file, s + skip,
            n - skip)) {
        return false;
    }
    options->stats_at_exit = true;
    return true;
}

static void
stats_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row)
{
    (void)row;
    ch_text_str(t, options->stats_at_exit ? "exit" : "off");
    if (options->stats_file[0] != '\0') {
        ch_text_char(t, ':');
        ch_text_str(t, options->stats_file);
    }
}

static void
stats_wants(struct ch_text *t, const struct ch_option_row *row)
{
    (void)row;
    ch_text_str(t, "exit, exit:FILE with a path shorter than ");
    ch_text_u64(t, CH_OPTION_PATH_MAX);
    ch_text_str(t, " bytes, or off");
}

/* That a file is there comes out when the profile is loaded. */
static bool
profile_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    (void)row;
    return (ch_profile_is_path(s, n) || ch_profile_is_built_in(s, n))
           && copy_text(options->profile, sizeof options->profile, s, n);
}

static void
profile_wants(struct ch_text *t, const struct ch_option_row *row)
{
    (void)row;
    ch_text_str(t, "a name that 'capheap profiles' lists, or a file with a / "
                   "in its path");
}

static bool
programs_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    (void)row;
    return copy_text(options->programs, sizeof options->programs, s, n);
}

static void
programs_wants(struct ch_text *t, const struct ch_option_row *row)
{
    (void)row;
    ch_text_str(t, "names with : between them, shorter than ");
    ch_text_u64(t, sizeof ch_options_default.programs);
    ch_text_str(t, " bytes in all");
}

static void
text_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row)
{
    ch_text_str(t, const_field_of(options, row));
}

/* ---- the types ---------------------------------------------------------- */

static const struct option_type types[] = {
    [CH_OPTION_TYPE_SIZE] = {size_set, size_print, size_wants},
    [CH_OPTION_TYPE_MS] = {ms_set, ms_print, ms_wants},
    [CH_OPTION_TYPE_COUNT] = {count_set, count_print, count_wants},
    [CH_OPTION_TYPE_NUMBER] = {number_set, count_print, choice_wants},
    [CH_OPTION_TYPE_CHOICE] = {choice_set, choice_print, choice_wants},
    [CH_OPTION_TYPE_FLAG] = {flag_set, flag_print, choice_wants},
    [CH_OPTION_TYPE_STATS] = {stats_set, stats_print, stats_wants},
    [CH_OPTION_TYPE_PROFILE] = {profile_set, text_print, profile_wants},
    [CH_OPTION_TYPE_PROGRAMS] = {programs_set, text_print, programs_wants},
};

bool
ch_option_set(struct ch_options *options, const struct ch_option_row *row,
    const char *s, size_t n)
{
    return types[row->type].set(options, row, s, n);
}

void
ch_option_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row)
{
    types[row->type].print(t, options, row);
}

void
ch_option_print_wants(struct ch_text *t, const struct ch_option_row *row)
{
    types[row->type].wants(t, row);
}

void
ch_option_print_hint(
    struct ch_text *t, const struct ch_option_row *row, const char *s, size_t n)
{
    const char *nearest =
        row->type == CH_OPTION_TYPE_PROFILE ? ch_profile_nearest(s, n) : NULL;

    if (nearest != NULL) {
        ch_text_str(t, " (did you mean '");
        ch_text_str(t, nearest);
        ch_text_str(t, "'?)");
    }
}

/* Says the default and reads it back: one way to write a field. */
void
ch_option_reset(struct ch_options *options, const struct ch_option_row *row)
{
    char buf[64];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_option_print(&t, &ch_options_default, row);
    /* Cannot fail: a unit test reads every default back. */
    (void)!ch_option_set(options, row, t.buf, t.len);
}

bool
ch_options_apply_to(const struct ch_options *options, const char *program)
{
    const char *name = options->programs;

    if (*name == '\0') {
        return true;
    }
    for (;;) {
        size_t n = 0;

        while (name[n] != '\0' && name[n] != ':') {
            n++;
        }
        if (n > 0 && ch_str_eq_n(name, n, program)) {
            return true;
        }
        if (name[n] == '\0') {
            return false;
        }
        name += n + 1;
    }
}
