/* SPDX-License-Identifier: MIT */
/*
 * profile_ini.h - between the lines of a profile's file and its keys.
 *
 * For profile_ini*.c only.
 */
#ifndef CH_FRONT_PROFILE_INI_H
#define CH_FRONT_PROFILE_INI_H

#include "base/text.h"
#include "front/options_item.h"
#include "front/profile_table.h"

enum ch_ini_section {
    CH_INI_SECTION_NONE, /* before the first one */
    CH_INI_SECTION_PROFILE,
    CH_INI_SECTION_REGION,
    CH_INI_SECTION_BAD, /* said; what stands in it is passed over */
};

struct ch_ini_place {
    unsigned line; /* 0: not in the file */
    unsigned column;
};

struct ch_ini {
    struct ch_profile_says *says;
    struct ch_profile *profile;
    const char *path;
    bool is_base_known; /* else what regions lack is not said */

    struct ch_option_span rest; /* of the file, from the current line on */
    const char *line_start;
    unsigned line;
    struct ch_option_span item; /* the line, trimmed, without its comment */

    enum ch_ini_section section;
    bool has_profile; /* there was a section of this name */
    uint32_t keys;    /* bit for each key that the section has had */
    struct ch_profile_region *region; /* of a CH_INI_SECTION_REGION */
    bool is_new;                      /* not one of the base */
    bool is_removed;                  /* it shall go */
    unsigned n_before;                /* problems before its section */
    struct ch_ini_place places[CH_PROFILE_REGIONS_MAX]; /* of the sections */
    uint32_t removed; /* bit for each region that shall go */
    uint32_t said;    /* bit for each region of which something was said */
};

_Static_assert(CH_PROFILE_REGIONS_MAX <= 32, "a mask has a bit for each");

enum ch_ini_region_key {
    CH_INI_KEY_LABEL,
    CH_INI_KEY_CAPS,
    CH_INI_KEY_CAPS0,
    CH_INI_KEY_CAPS1,
    CH_INI_KEY_CAPS2,
    CH_INI_KEY_START,
    CH_INI_KEY_SIZE,
    CH_INI_KEY_LIMIT,
    CH_INI_KEY_ALIAS,
    CH_INI_KEY_INVERTED,
    CH_INI_KEY_STARTUP_STACK,
    CH_INI_KEY_ADDED,
    CH_INI_KEY_ENGINE,
    CH_INI_KEY_BACKING,
    CH_INI_KEY_PATH,
    CH_INI_KEY_REFUSAL,
    CH_INI_KEY_REMOVE,
    CH_INI_REGION_KEY_COUNT,
};

#define CH_INI_KEY_BIT(key) (UINT32_C(1) << (key))

/* What came of a value. */
enum ch_ini_taken {
    CH_INI_TAKEN,
    CH_INI_NOT_TAKEN, /* to be said with what the key wants */
    CH_INI_SAID,
};

struct ch_ini_key {
    const char *name;
    enum ch_ini_taken (*take)(struct ch_ini *ini, struct ch_option_span value);
    const char *wants;
};

/* The keys of [profile], and of [region NAME] by enum ch_ini_region_key. */
extern const struct ch_ini_key ch_ini_profile_keys[];
extern const unsigned ch_ini_profile_key_count;
extern const struct ch_ini_key ch_ini_region_keys[];

static inline bool
ch_ini_is_word(struct ch_option_span s, const char *word)
{
    return ch_str_eq_n(s.p, s.n, word);
}

struct ch_ini_place ch_ini_place_of(const struct ch_ini *ini, const char *at);
/* A line "capheap: FILE:LINE:COLUMN: ", to be gone on with and then said. */
void ch_ini_problem_begin(
    struct ch_ini *ini, struct ch_text *t, struct ch_ini_place place);
void ch_ini_problem(
    struct ch_ini *ini, struct ch_ini_place place, const char *text);
/* Appends s in quotes, cut and escaped. */
void ch_ini_print_shown(struct ch_text *t, struct ch_option_span s);

#endif
