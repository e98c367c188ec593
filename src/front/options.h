/* SPDX-License-Identifier: MIT */
/*
 * options.h - what a user may change without building.
 *
 * One table (options_table.c) has every option: its name, range, default and
 * help; only those of single regions stand beside it (options_region.c).  Four
 * sources name options; the first one that names an option wins, and within
 * one source the first time counts:
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
#define CH_OPTION_PATH_MAX        256u
#define CH_OPTION_ENV_MAX         4096u
#define CH_OPTION_FILE_MAX        16384u
#define CH_OPTION_ITEMS_MAX       64u
#define CH_OPTION_FILES_MAX       4u
#define CH_OPTION_REGIONS_MAX     8u
#define CH_OPTION_REGION_NAME_MAX 24u
/* Problems that one reading says before it only counts them. */
#define CH_OPTION_SAY_MAX 16u

#define CH_OPTION_SYSTEM_FILE "/etc/capheap.conf"

enum ch_option_thp {
    CH_OPTION_THP_AUTO,
    CH_OPTION_THP_NEVER,
    CH_OPTION_THP_ALWAYS,
};

enum ch_option_accounting {
    CH_OPTION_ACCOUNTING_AUTO, /* as the profile has it */
    CH_OPTION_ACCOUNTING_HOST,
    CH_OPTION_ACCOUNTING_DEVICE,
};

enum ch_option_poisoning {
    CH_OPTION_POISONING_NONE,
    CH_OPTION_POISONING_LIGHT,
    CH_OPTION_POISONING_COMPREHENSIVE,
};

enum ch_option_malloc {
    CH_OPTION_MALLOC_AUTO, /* device if the program is linked with us */
    CH_OPTION_MALLOC_DEVICE,
    CH_OPTION_MALLOC_HOST,
};

/* What NAME.limit= and NAME.backing= say of the profile's region NAME. */
struct ch_option_region {
    char name[CH_OPTION_REGION_NAME_MAX];
    bool has_limit;
    size_t limit;                         /* bytes, CH_OPTION_NO_LIMIT: none */
    char backing[CH_OPTION_PATH_MAX + 8]; /* "": as the profile has it */
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
    char profile[CH_OPTION_PATH_MAX]; /* a name, or a path with a '/' */
    enum ch_option_accounting accounting;
    unsigned min_align; /* bytes, of device accounting: 4, 8 or 16 */
    enum ch_option_poisoning poisoning;
    bool exact;
    enum ch_option_malloc malloc_from;
    bool explain;
    unsigned esp_idf;   /* 4, 5 or 6 */
    bool startup_early; /* regions of startup stacks do not serve yet */
    bool memprot_off;   /* chips that protect memory have EXEC regions */
    bool abort_on_fail; /* heap_caps: abort when an allocation fails */
    bool task_tracking;
    bool wx_split; /* executable memory is mapped twice */
    size_t psram;  /* bytes, CH_OPTION_AUTO: as the profile has it */
    struct ch_option_region regions[CH_OPTION_REGIONS_MAX];
    char programs[512]; /* NAME:NAME; "": all */
};

extern const struct ch_options ch_options_default;

/* The order of the table, which is that of `capheap conf`. */
enum ch_option {
    CH_OPTION_PROFILE,
    CH_OPTION_PSRAM,
    CH_OPTION_MALLOC,
    CH_OPTION_ACCOUNTING,
    CH_OPTION_MIN_ALIGN,
    CH_OPTION_STARTUP,
    CH_OPTION_MEMPROT,
    CH_OPTION_ESP_IDF,
    CH_OPTION_POISONING,
    CH_OPTION_EXACT,
    CH_OPTION_EXPLAIN,
    CH_OPTION_ABORT_ON_FAIL,
    CH_OPTION_TASK_TRACKING,
    CH_OPTION_WX,
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
    CH_OPTION_TYPE_NUMBER, /* one of the choices, kept as a number */
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
    const char *word;    /* instead of a number, or NULL */
    uint64_t word_value; /* what `word` stands for */
    /* Ends in NULL; a choice is kept as its index, but a NUMBER as itself. */
    const char *const *choices;
    const char *syntax; /* for people: "SIZE" */
    const char *help;   /* one sentence or a few, without a line end */
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
/* Appends what the n bytes, no value, may have been meant for, if anything. */
void ch_option_print_hint(struct ch_text *t, const struct ch_option_row *row,
    const char *s, size_t n);
/* Back to the default. */
void ch_option_reset(
    struct ch_options *options, const struct ch_option_row *row);
/* True when programs= lets `program` have the scoped options. */
bool ch_options_apply_to(const struct ch_options *options, const char *program);

/*
 * The options of one region of the profile, NAME.limit= and NAME.backing=: not
 * in the table, since the names are the profile's.  Whether the profile has
 * the region comes out when it is loaded.
 */
enum ch_option_region_key {
    CH_OPTION_REGION_LIMIT,
    CH_OPTION_REGION_BACKING,
    CH_OPTION_REGION_KEY_COUNT,
};

/* "limit" and so on; what follows the dot. */
extern const char *const ch_option_region_keys[CH_OPTION_REGION_KEY_COUNT];

/* False when it has not been set. */
bool ch_option_region_has(
    const struct ch_option_region *region, enum ch_option_region_key key);
/* Appends the value, in the form in which it is read. */
void ch_option_region_print(struct ch_text *t,
    const struct ch_option_region *region, enum ch_option_region_key key);

/* Who named an option first. */
struct ch_option_origin {
    const char *source; /* NULL: the default is in force */
    unsigned line;      /* of a file, else 0 */
    unsigned turn;      /* the reader's turn at that time, 0: nobody did */
};

/* Who named the options of a region first. */
struct ch_option_region_origin {
    char name[CH_OPTION_REGION_NAME_MAX]; /* "": nobody */
    struct ch_option_origin keys[CH_OPTION_REGION_KEY_COUNT];
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
    struct ch_option_region_origin region_origins[CH_OPTION_REGIONS_MAX];
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
/* True when a source so far has named the option, "limit" or "psram.limit". */
bool ch_options_is_named(
    const struct ch_options_reader *r, const char *name, size_t n);
/* Where the region's option comes from; the region is of r->options. */
const struct ch_option_origin *ch_option_region_origin(
    const struct ch_options_reader *r, const struct ch_option_region *region,
    enum ch_option_region_key key);
/* Appends "default", "CAPHEAP_CONF", "program" or "FILE:LINE". */
void ch_option_print_origin(
    struct ch_text *t, const struct ch_option_origin *origin);

/* True when problems are this process's to say: programs= does not leave it
   out, and `capheap run` has not said them. */
bool ch_options_are_said(const struct ch_options *options);
/*
 * The options of this process.  Says the problems on stderr, unless programs=
 * leaves this program out or `capheap run` has said them.  Caller: the
 * library's start, once.
 */
void ch_options_load(struct ch_options *options);

#endif
