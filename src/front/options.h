/* SPDX-License-Identifier: MIT */
/*
 * options.h - what a user may change without building.
 *
 * One table (options_table.c) has every option: its name, range, default and
 * help.  Four sources name options; the first one that names an option wins,
 * and within one source the first time counts:
 *
 *   1. the environment variable CAPHEAP_CONF: name=value,name=value; an item
 *      @FILE names a file that comes right after it
 *   2. /etc/capheap.conf
 *   3. `const char *capheap_conf` of the program, with the syntax of 1
 *   4. the default
 *
 * A wrong value counts as named and gives the default.  Every problem is one
 * line.  Nothing here allocates memory; the only state is the caller's.
 */
#ifndef CH_FRONT_OPTIONS_H
#define CH_FRONT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "os/fault.h"

struct ch_text;

/* Values that stand for a word. */
#define CH_OPTION_NO_LIMIT ((size_t)0)
#define CH_OPTION_NEVER    UINT64_MAX
#define CH_OPTION_AUTO     SIZE_MAX

/* Bounds of what is read, in bytes or items. */
#define CH_OPTION_PATH_MAX  256u
#define CH_OPTION_ENV_MAX   4096u
#define CH_OPTION_FILE_MAX  16384u
#define CH_OPTION_ITEMS_MAX 64u
#define CH_OPTION_FILES_MAX 4u
/* Problems that one reading says before it only counts them. */
#define CH_OPTION_SAY_MAX 16u

#define CH_OPTION_SYSTEM_FILE "/etc/capheap.conf"

enum ch_option_thp {
    CH_OPTION_THP_AUTO,
    CH_OPTION_THP_NEVER,
    CH_OPTION_THP_ALWAYS,
};

struct ch_options {
    size_t limit;            /* bytes, CH_OPTION_NO_LIMIT: none */
    uint64_t purge_delay_ms; /* CH_OPTION_NEVER: never; 0: at once */
    size_t dirty_max;        /* bytes, CH_OPTION_AUTO: the library decides */
    enum ch_option_thp thp;
    unsigned arenas;
    bool stats_at_exit;
    char stats_file[CH_OPTION_PATH_MAX]; /* "": stderr */
    unsigned verbose;
    bool foreign_ignore;
    char profile[64];
    char programs[512]; /* NAME:NAME; "": all */
};

extern const struct ch_options ch_options_default;

/* The order of the table, which is that of `capheap conf`. */
enum ch_option {
    CH_OPTION_PROFILE,
    CH_OPTION_LIMIT,
    CH_OPTION_STATS,
    CH_OPTION_PURGE_DELAY,
    CH_OPTION_DIRTY_MAX,
    CH_OPTION_THP,
    CH_OPTION_ARENAS,
    CH_OPTION_FOREIGN,
    CH_OPTION_VERBOSE,
    CH_OPTION_PROGRAMS,
    CH_OPTION_COUNT,
};

enum ch_option_type {
    CH_OPTION_TYPE_SIZE,
    CH_OPTION_TYPE_MS,
    CH_OPTION_TYPE_COUNT,
    CH_OPTION_TYPE_CHOICE,
    CH_OPTION_TYPE_FLAG,
    CH_OPTION_TYPE_STATS,
    CH_OPTION_TYPE_PROFILE,
    CH_OPTION_TYPE_PROGRAMS,
};

struct ch_option_row {
    const char *name;
    enum ch_option_type type;
    bool is_scoped; /* programs= keeps it from other programs */
    size_t offset;  /* into struct ch_options */
    uint64_t min;   /* of a number */
    uint64_t max;
    const char *word;           /* instead of a number, or NULL */
    uint64_t word_value;        /* what `word` stands for */
    const char *const *choices; /* ends in NULL; a choice is its index */
    const char *syntax;         /* for people: "SIZE" */
    const char *help;           /* one sentence or a few, without a line end */
};

extern const struct ch_option_row ch_option_rows[CH_OPTION_COUNT];

/* Sets one option.  False when the n bytes at s are no value for it. */
CH_NODISCARD bool ch_option_set(struct ch_options *options,
    const struct ch_option_row *row, const char *s, size_t n);
/* Appends the value, in the form that ch_option_set() takes. */
void ch_option_print(struct ch_text *t, const struct ch_options *options,
    const struct ch_option_row *row);
/* Appends what a value must be: "a size from 1 MiB to 128 TiB, or none". */
void ch_option_print_wants(struct ch_text *t, const struct ch_option_row *row);
/* Back to the default. */
void ch_option_reset(
    struct ch_options *options, const struct ch_option_row *row);
/* True when programs= lets `program` have the scoped options. */
bool ch_options_apply_to(const struct ch_options *options, const char *program);

/* Who named an option first. */
struct ch_option_origin {
    const char *source; /* NULL: the default is in force */
    unsigned line;      /* of a file, else 0 */
    unsigned turn;      /* the reader's turn at that time, 0: nobody did */
};

/*
 * Where readings come together.  A caller keeps it static: it is large.  After
 * ch_options_begin() the caller may set the fields of the first group.
 */
struct ch_options_reader {
    /* Gets each problem as a line without its end; NULL: only counted. */
    void (*say)(void *ctx, struct ch_text *line);
    void *say_ctx;
    const char *system_file; /* CH_OPTION_SYSTEM_FILE */
    bool is_strict;          /* lines do not go on with what is used instead */

    struct ch_options options;
    struct ch_option_origin origins[CH_OPTION_COUNT];
    unsigned n_problems;

    unsigned turn; /* counts the sources; the first one is 1 */
    unsigned n_files;
    char files[CH_OPTION_FILES_MAX][CH_OPTION_PATH_MAX];
    char line[CH_LINE_MAX];
    char text[CH_OPTION_FILE_MAX + 1]; /* a file, or an unescaped item */
};

void ch_options_begin(struct ch_options_reader *r,
    void (*say)(void *ctx, struct ch_text *line), void *say_ctx);
/*
 * Reads one source with the syntax of CAPHEAP_CONF, then the files that it
 * names.  `source` is its name in messages and must outlive the reader.
 */
void ch_options_parse(
    struct ch_options_reader *r, const char *source, const char *text);
/* Reads one file; that it is missing is a problem if `is_required`. */
void ch_options_parse_file(
    struct ch_options_reader *r, const char *path, bool is_required);
/* Reads all sources of this process in their order. */
void ch_options_parse_all(struct ch_options_reader *r);
/* Takes the scoped options back when programs= does not name `program`. */
void ch_options_finish(struct ch_options_reader *r, const char *program);
/* Appends "default", "CAPHEAP_CONF", "program" or "FILE:LINE". */
void ch_option_print_origin(
    struct ch_text *t, const struct ch_option_origin *origin);

/*
 * The options of this process.  Says the problems on stderr, unless programs=
 * leaves this program out or `capheap run` has said them.  Caller: the
 * library's start, once.
 */
void ch_options_load(struct ch_options *options);

#endif
