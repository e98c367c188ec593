/* SPDX-License-Identifier: MIT */
/*
 * profile.c - a profile by name or by path, and the options on top of it.
 */
#include "front/profile.h"

#include <errno.h>

#include "base/arith.h"
#include "base/text.h"
#include "front/options_item.h"
#include "front/profile_table.h"

/* External memory comes in pages of a chip's cache. */
#define PSRAM_UNIT (4 * CH_KIB)

/* ---- what is said ------------------------------------------------------- */

void
ch_profile_problem_begin(struct ch_profile_says *says, struct ch_text *t)
{
    ch_line_begin(t, says->line);
}

void
ch_profile_problem_say(struct ch_profile_says *says, struct ch_text *t)
{
    says->n_problems++;
    if (says->say != NULL && says->n_problems <= CH_PROFILE_SAY_MAX) {
        says->say(says->ctx, t);
    }
}

void
ch_profile_problems_end(struct ch_profile_says *says)
{
    struct ch_text t;

    if (says->say == NULL || says->n_problems <= CH_PROFILE_SAY_MAX) {
        return;
    }
    ch_line_begin(&t, says->line);
    ch_text_u64(&t, says->n_problems - CH_PROFILE_SAY_MAX);
    ch_text_str(&t, " further problems with the profile are not shown");
    says->say(says->ctx, &t);
}

void
ch_profile_print_unknown(struct ch_text *t, const char *s, size_t n)
{
    const char *nearest = ch_profile_nearest(s, n);

    ch_text_str(t, "no profile '");
    ch_option_print_shown(t, (struct ch_option_span){s, n});
    if (nearest != NULL) {
        ch_text_str(t, "'; did you mean '");
        ch_text_str(t, nearest);
        ch_text_str(t, "'?");
    } else {
        ch_text_str(t, "'; 'capheap profiles' lists them");
    }
}

/* The region that may have been meant, or NULL. */
static const char *
nearest_region(const struct ch_profile *profile, const char *wanted)
{
    const struct ch_option_span s = {wanted, ch_str_len(wanted)};
    const char *nearest = NULL;
    unsigned best = CH_OPTION_NEAR;

    for (unsigned i = 0; i < profile->n_regions; i++) {
        if (ch_option_is_nearer(s, profile->regions[i].name, &best)) {
            nearest = profile->regions[i].name;
        }
    }
    return nearest;
}

/* "; did you mean", or all regions. */
static void
print_regions(
    struct ch_text *t, const struct ch_profile *profile, const char *wanted)
{
    const char *nearest = nearest_region(profile, wanted);

    if (nearest != NULL) {
        ch_text_str(t, "; did you mean '");
        ch_text_str(t, nearest);
        ch_text_str(t, "'?");
        return;
    }
    ch_text_str(t, "; there are ");
    for (unsigned i = 0; i < profile->n_regions; i++) {
        ch_text_str(t, i > 0 ? ", " : "");
        ch_text_str(t, profile->regions[i].name);
    }
}

/* ---- regions ------------------------------------------------------------ */

struct ch_profile_region *
ch_profile_region_find(struct ch_profile *profile, const char *s, size_t n)
{
    for (unsigned i = 0; i < profile->n_regions; i++) {
        if (ch_str_eq_n(s, n, profile->regions[i].name)) {
            return &profile->regions[i];
        }
    }
    return NULL;
}

/* ---- backings ----------------------------------------------------------- */

static const char *const backings[] = {
    [CH_MAPPING_ANON] = "anon",
    [CH_MAPPING_HUGE] = "huge",
    [CH_MAPPING_LOCK] = "lock",
    [CH_MAPPING_EXEC] = "exec",
    [CH_MAPPING_SECRET] = "secret",
    [CH_MAPPING_FILE] = "file",
};

#define N_BACKINGS (sizeof backings / sizeof backings[0])

_Static_assert(CH_MAPPING_PATH_MAX == CH_OPTION_PATH_MAX,
    "a mapping takes every path that an option can name");

bool
ch_profile_path_set(struct ch_profile_region *region, const char *s, size_t n)
{
    if (n == 0 || s[0] != '/' || n >= sizeof region->path) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        region->path[i] = s[i];
    }
    region->path[n] = '\0';
    region->backing = CH_MAPPING_FILE;
    return true;
}

bool
ch_profile_backing_set(
    struct ch_profile_region *region, const char *s, size_t n)
{
    static const char before_path[] = "file:";
    size_t skip = sizeof before_path - 1;

    if (n > skip && ch_str_eq_n(s, skip, before_path)) {
        return ch_profile_path_set(region, s + skip, n - skip);
    }
    for (unsigned i = 0; i < CH_MAPPING_FILE; i++) {
        if (ch_str_eq_n(s, n, backings[i])) {
            region->backing = (enum ch_mapping_kind)i;
            region->path[0] = '\0';
            return true;
        }
    }
    return false;
}

_Static_assert(CH_MAPPING_FILE + 1 == N_BACKINGS, "only a file has a path");

void
ch_profile_backing_print(
    struct ch_text *t, const struct ch_profile_region *region)
{
    ch_text_str(t, backings[region->backing]);
    if (region->backing == CH_MAPPING_FILE) {
        ch_text_char(t, ':');
        ch_text_str(t, region->path);
    }
}

void
ch_profile_backing_print_wants(struct ch_text *t)
{
    ch_text_str(t, "anon, huge, lock, exec, secret, or file:PATH with a path "
                   "that begins with / and is shorter than ");
    ch_text_u64(t, CH_OPTION_PATH_MAX);
    ch_text_str(t, " bytes");
}

/* ---- the options on top ------------------------------------------------- */

/* "NAME.KEY=" of an option for a region. */
static void
begin_region(struct ch_profile_says *says, struct ch_text *t,
    const struct ch_option_region *option, const char *key)
{
    ch_profile_problem_begin(says, t);
    ch_text_str(t, option->name);
    ch_text_str(t, key);
}

static void
say_unknown_region(struct ch_profile_says *says,
    const struct ch_profile *profile, const struct ch_option_region *option)
{
    struct ch_text t;

    begin_region(says, &t, option,
        option->has_limit ? ".limit: profile '" : ".backing: profile '");
    ch_text_escaped(&t, profile->name, ch_str_len(profile->name));
    ch_text_str(&t, "' has no region '");
    ch_text_str(&t, option->name);
    ch_text_str(&t, "'");
    print_regions(&t, profile, option->name);
    ch_profile_problem_say(says, &t);
}

/* A fixed region keeps its start; an inverted alias keeps its end. */
static void
cut_region(struct ch_profile_region *region, uint64_t size)
{
    if (region->is_alias_inverted) {
        region->alias += region->size - size;
    }
    region->size = size;
}

static void
apply_limit(struct ch_profile_says *says, struct ch_profile_region *region,
    const struct ch_option_region *option)
{
    uint64_t limit = option->limit;
    struct ch_text t;

    if (region->size == 0) {
        region->limit = limit;
    } else if (limit != CH_OPTION_NO_LIMIT && limit > region->size) {
        begin_region(says, &t, option, ".limit=");
        ch_option_print_size(&t, limit);
        ch_text_str(&t, ": the region has only ");
        ch_text_u64(&t, region->size);
        ch_text_str(&t, " bytes");
        ch_profile_problem_say(says, &t);
    } else if (limit != CH_OPTION_NO_LIMIT) {
        cut_region(region, limit & ~(uint64_t)(CH_PROFILE_UNIT - 1));
    }
}

static void
apply_backing(struct ch_profile_says *says, struct ch_profile_region *region,
    const struct ch_option_region *option)
{
    struct ch_profile_region before = *region;
    const char *problem;
    struct ch_text t;

    if (!ch_profile_backing_set(
            region, option->backing, ch_str_len(option->backing))) {
        problem = "no such backing"; /* the reader of options knows better */
    } else {
        problem = ch_profile_backing_problem(region);
    }
    if (problem == NULL) {
        return;
    }
    *region = before;
    begin_region(says, &t, option, ".backing=");
    ch_text_str(&t, option->backing);
    ch_text_str(&t, ": ");
    ch_text_str(&t, problem);
    ch_profile_problem_say(says, &t);
}

static void
apply_regions(struct ch_profile_says *says, struct ch_profile *profile,
    const struct ch_options *options)
{
    for (unsigned i = 0; i < CH_OPTION_REGIONS_MAX; i++) {
        const struct ch_option_region *option = &options->regions[i];
        struct ch_profile_region *region = ch_profile_region_find(
            profile, option->name, ch_str_len(option->name));

        if (option->name[0] == '\0') {
            continue;
        }
        if (region == NULL) {
            say_unknown_region(says, profile, option);
            continue;
        }
        if (option->has_limit) {
            apply_limit(says, region, option);
        }
        if (option->backing[0] != '\0') {
            apply_backing(says, region, option);
        }
    }
}

static void
say_psram(struct ch_profile_says *says, const struct ch_profile *profile,
    size_t size, const char *why)
{
    struct ch_text t;

    ch_profile_problem_begin(says, &t);
    ch_text_str(&t, "psram=");
    ch_option_print_size(&t, size);
    ch_text_str(&t, ": profile '");
    ch_text_escaped(&t, profile->name, ch_str_len(profile->name));
    ch_text_str(&t, why);
    if (profile->psram.end != 0) {
        ch_text_str(&t, "; wants a multiple of 4 KiB up to ");
        ch_text_size(&t, profile->psram.end - profile->psram.start);
    }
    ch_profile_problem_say(says, &t);
}

_Static_assert(PSRAM_UNIT == 4096, "say_psram() says so");

static void
remove_region(struct ch_profile *profile, struct ch_profile_region *region)
{
    unsigned i = (unsigned)(region - profile->regions);

    profile->n_regions--;
    for (; i < profile->n_regions; i++) {
        profile->regions[i] = profile->regions[i + 1];
    }
}

static void
resize_psram(struct ch_profile_says *says, struct ch_profile *profile,
    struct ch_profile_region *region, size_t size)
{
    uint64_t before = region->size;

    region->size = size;
    if (ch_profile_find_overlap(profile, region) != NULL) {
        region->size = before;
        say_psram(says, profile, size, "' has another region there");
    }
}

/* Sets the size of the region `psram`, which is there or is made. */
static void
apply_psram(struct ch_profile_says *says, struct ch_profile *profile,
    const struct ch_options *options)
{
    static const char name[] = "psram";
    struct ch_profile_region *region =
        ch_profile_region_find(profile, name, sizeof name - 1);
    size_t size = options->psram;

    if (size == CH_OPTION_AUTO) {
        return;
    }
    if (profile->soc == NULL) {
        say_psram(says, profile, size,
            "' is no chip's; psram.limit= bounds a region of that name");
    } else if (profile->psram.end == 0) {
        say_psram(says, profile, size, "' has no room for such memory");
    } else if (size > profile->psram.end - profile->psram.start) {
        say_psram(says, profile, size, "' sees no more than its window");
    } else if (size % PSRAM_UNIT != 0) {
        say_psram(says, profile, size, "' has whole pages of it");
    } else if (region != NULL && size == 0) {
        remove_region(profile, region);
    } else if (region != NULL) {
        resize_psram(says, profile, region, size);
    } else if (size != 0 && profile->n_regions < CH_PROFILE_REGIONS_MAX) {
        ch_profile_add_psram(profile, size);
    } else if (size != 0) {
        say_psram(says, profile, size, "' has all regions that it can have");
    }
}

/* ---- loading ------------------------------------------------------------ */

static int
load_built_in(struct ch_profile_says *says, struct ch_profile *profile,
    const struct ch_options *options)
{
    size_t n = ch_str_len(options->profile);
    const struct ch_profile_row *row = ch_profile_row_find(options->profile, n);
    struct ch_text t;

    if (row == NULL) {
        ch_profile_problem_begin(says, &t);
        ch_text_str(&t, "profile: ");
        ch_profile_print_unknown(&t, options->profile, n);
        ch_profile_problem_say(says, &t);
        return -ENOENT;
    }
    ch_profile_fill(profile, row, options->memprot_off);
    return 0;
}

bool
ch_profile_is_path(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '/') {
            return true;
        }
    }
    return false;
}

int
ch_profile_load(struct ch_profile *profile, const struct ch_options *options,
    char *work, void (*say)(void *ctx, struct ch_text *line), void *ctx)
{
    struct ch_profile_says says = {.say = say, .ctx = ctx};
    int err;

    if (ch_profile_is_path(options->profile, ch_str_len(options->profile))) {
        err = ch_profile_read_ini(profile, options, work, &says);
    } else {
        err = load_built_in(&says, profile, options);
    }
    if (err == 0) {
        apply_psram(&says, profile, options);
        apply_regions(&says, profile, options);
    } else {
        ch_profile_fill(profile, &ch_profile_rows[0], false);
    }
    ch_profile_problems_end(&says);
    return err;
}
