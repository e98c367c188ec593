/* SPDX-License-Identifier: MIT */
/*
 * profile_table.h - between the built-in tables and what makes profiles of
 * them.
 *
 * For profile*.c only.
 */
#ifndef CH_FRONT_PROFILE_TABLE_H
#define CH_FRONT_PROFILE_TABLE_H

#include "base/attrs.h"
#include "front/profile.h"
#include "os/fault.h"

struct ch_text;

/* Problems that one reading says before it only counts them. */
#define CH_PROFILE_SAY_MAX 16u

enum ch_chip {
    CH_CHIP_ESP32,
    CH_CHIP_S2,
    CH_CHIP_S3,
    CH_CHIP_C2,
    CH_CHIP_C3,
    CH_CHIP_C5,
    CH_CHIP_C6,
    CH_CHIP_C61,
    CH_CHIP_H2,
    CH_CHIP_H21,
    CH_CHIP_H4,
    CH_CHIP_P4,
    CH_CHIP_P4_REV1,
    CH_CHIP_S31,
    CH_CHIP_COUNT,
};

/* Of each chip one with memory protected, and one with protection off. */
extern const struct ch_soc ch_socs[CH_CHIP_COUNT][2];

/* Where problems go. */
struct ch_profile_says {
    void (*say)(void *ctx, struct ch_text *line); /* NULL: only counted */
    void *ctx;
    unsigned n_problems;
    char line[CH_LINE_MAX];
};

/* A line "capheap: ", to be gone on with and then said. */
void ch_profile_problem_begin(struct ch_profile_says *says, struct ch_text *t);
void ch_profile_problem_say(struct ch_profile_says *says, struct ch_text *t);
/* Says how many problems have not been shown. */
void ch_profile_problems_end(struct ch_profile_says *says);

/* Reads the file options->profile.  0 or -errno, and then the profile is
   anything. */
CH_NODISCARD int ch_profile_read_ini(struct ch_profile *profile,
    const struct ch_options *options, char *work, struct ch_profile_says *says);

/* Appends ": no such profile" and what may have been meant. */
void ch_profile_print_unknown(struct ch_text *t, const char *s, size_t n);
/* The region of exactly this name, or NULL. */
struct ch_profile_region *ch_profile_region_find(
    struct ch_profile *profile, const char *s, size_t n);
/* Brings the regions into the order that every profile has. */
void ch_profile_sort(struct ch_profile *profile);
/* A region whose addresses, alias included, are some of this one's; NULL:
   there is none. */
const struct ch_profile_region *ch_profile_find_overlap(
    const struct ch_profile *profile, const struct ch_profile_region *region);
/* Makes a file the region's backing; false when the n bytes are no path that
   begins with / and fits. */
CH_NODISCARD bool ch_profile_path_set(
    struct ch_profile_region *region, const char *s, size_t n);
/* Why the region cannot have the backing that it has; NULL: it can. */
const char *ch_profile_backing_problem(const struct ch_profile_region *region);
/* What is wrong with the region by itself; NULL: nothing. */
const char *ch_profile_region_problem(const struct ch_profile_region *region);

/* No name, no region, no bound: a device's all the same. */
void ch_profile_clear(struct ch_profile *profile);
/* Fills in a built-in profile. */
void ch_profile_fill(struct ch_profile *profile,
    const struct ch_profile_row *row, bool memprot_off);
/* Adds the external memory of the profile's chip, of `size` bytes. */
void ch_profile_add_psram(struct ch_profile *profile, uint64_t size);
/* The built-in profile of exactly this name, or NULL. */
const struct ch_profile_row *ch_profile_row_find(const char *s, size_t n);

#endif
