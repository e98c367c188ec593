/* SPDX-License-Identifier: MIT */
/*
 * profiles.c - capheap profiles: the sets of memory regions that there are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "front/options.h"
#include "front/profile.h"
#include "tool.h"

const char tool_profiles_usage[] =
    "usage: capheap profiles\n"
    "       capheap profiles show [--ini] [--conf NAME=VALUE] PROFILE\n"
    "\n"
    "Lists the built-in profiles; or shows the regions of one, or of a file\n"
    "(capheap-profiles(5)), which has a / in its path.\n"
    "\n"
    "  --ini                as a file that gives the same profile\n"
    "  --conf NAME=VALUE    with this option, as psram=2M; may be repeated\n"
    "\n"
    "Exit status: 0, 1 no such profile or a file with errors, 2 wrong usage.\n";

struct show {
    struct ch_options_reader reader;
    struct ch_profile profile;
    char work[CH_OPTION_FILE_MAX + 1];
    char text[512]; /* a cell of the table */
    bool is_ini;
};

/* ---- the list ------------------------------------------------------------ */

static int
list(void)
{
    for (unsigned i = 0; i < ch_profile_row_count; i++) {
        printf("%-19s %s\n", ch_profile_rows[i].name, ch_profile_rows[i].help);
    }
    return TOOL_OK;
}

/* ---- cells --------------------------------------------------------------- */

static const char *
caps_text(struct show *show, uint32_t caps)
{
    struct ch_text t;

    ch_text_init(&t, show->text, sizeof show->text);
    ch_caps_print(&t, caps);
    return show->text;
}

static const char *
backing_text(struct show *show, const struct ch_profile_region *region)
{
    struct ch_text t;

    ch_text_init(&t, show->text, sizeof show->text);
    ch_profile_backing_print(&t, region);
    return show->text;
}

/* An address, or `none` for 0. */
static const char *
address_text(struct show *show, uint64_t address, const char *none)
{
    if (address == 0) {
        return none;
    }
    snprintf(show->text, sizeof show->text, "0x%08" PRIX64, address);
    return show->text;
}

/* "400 KiB"; what is no round number loses its tail. */
static const char *
bytes_text(struct show *show, size_t size)
{
    struct ch_text t;

    ch_text_init(&t, show->text, sizeof show->text);
    ch_text_size(&t, size);
    return show->text;
}

static const char *
size_text(struct show *show, uint64_t size)
{
    snprintf(show->text, sizeof show->text, "0x%" PRIX64, size);
    return show->text;
}

/* ---- the table ----------------------------------------------------------- */

static const char *
note_of(const struct ch_profile_region *region)
{
    if (region->is_startup_stack) {
        return "startup stack";
    }
    if (region->is_added) {
        return "added at the head";
    }
    return region->engine == CH_ENGINE_SLAB ? "plain malloc" : "";
}

static void
print_place(struct show *show, const struct ch_profile_region *region)
{
    printf("%-12s %-10s ", region->name,
        address_text(show, region->start, "anywhere"));
    if (region->size != 0) {
        printf("%10s %9.1f KiB", size_text(show, region->size),
            (double)region->size / 1024);
    } else if (region->limit != 0) {
        printf("%10s %9.1f KiB", "limit", (double)region->limit / 1024);
    } else {
        printf("%10s %13s", "elastic", "");
    }
    if (note_of(region)[0] == '\0') {
        printf("  %s\n", region->label);
    } else {
        printf("  %-14s %s\n", region->label, note_of(region));
    }
}

static void
print_region(struct show *show, const struct ch_profile_region *region)
{
    print_place(show, region);
    for (unsigned i = 0; i < CH_CAPS_PRIOS; i++) {
        if (region->caps[i] != 0) {
            printf("    caps%u     %s\n", i, caps_text(show, region->caps[i]));
        }
    }
    if (region->alias != 0) {
        printf("    alias     %s%s\n", address_text(show, region->alias, ""),
            region->is_alias_inverted ? ", inverted" : "");
    }
    if (region->backing != CH_MAPPING_ANON) {
        printf("    backing   %s\n", backing_text(show, region));
    }
}

static uint64_t
total_of(const struct ch_profile *profile, uint32_t caps)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < profile->n_regions; i++) {
        if ((ch_profile_region_caps(&profile->regions[i]) & caps) == caps) {
            total += profile->regions[i].size;
        }
    }
    return total;
}

static void
print_total(struct show *show, const char *name, uint32_t caps)
{
    uint64_t total = total_of(&show->profile, caps);

    if (total != 0) {
        printf("%-12s %10s %10s %9.1f KiB\n", name, "", size_text(show, total),
            (double)total / 1024);
    }
}

static void
print_table(struct show *show)
{
    const struct ch_profile *profile = &show->profile;

    printf("%s: %s accounting, ", profile->name,
        profile->is_device ? "device" : "host");
    if (profile->size_max == SIZE_MAX) {
        puts("requests of any size");
    } else {
        printf("requests up to %s\n", bytes_text(show, profile->size_max));
    }
    for (unsigned i = 0; i < profile->n_regions; i++) {
        print_region(show, &profile->regions[i]);
    }
    print_total(show, "8BIT", CH_CAP_8BIT);
    print_total(show, "EXEC", CH_CAP_EXEC);
    print_total(show, "SPIRAM", CH_CAP_SPIRAM);
    print_total(show, "all", 0);
}

/* ---- the file ------------------------------------------------------------ */

/* A size that reads back as the same number. */
static void
print_ini_size(
    const char *key, uint64_t size, uint64_t word_is, const char *word)
{
    if (size == word_is) {
        printf("%s = %s\n", key, word);
    } else {
        printf("%s = 0x%" PRIX64 "\n", key, size);
    }
}

static void
print_ini_flag(const char *key, bool flag)
{
    printf("%s = %s\n", key, flag ? "yes" : "no");
}

static void
print_ini_region(struct show *show, const struct ch_profile_region *region)
{
    printf("\n[region %s]\nlabel = %s\n", region->name, region->label);
    for (unsigned i = 0; i < CH_CAPS_PRIOS; i++) {
        printf("caps%u = %s\n", i, caps_text(show, region->caps[i]));
    }
    printf("start = %s\n", address_text(show, region->start, "any"));
    print_ini_size("size", region->size, 0, "elastic");
    print_ini_size("limit", region->limit, 0, "none");
    printf("alias = %s\n", address_text(show, region->alias, "none"));
    print_ini_flag("inverted", region->is_alias_inverted);
    print_ini_flag("startup_stack", region->is_startup_stack);
    print_ini_flag("added", region->is_added);
    printf("engine = %s\n", region->engine == CH_ENGINE_SLAB ? "slab" : "tlsf");
    printf("backing = %s\n", backing_text(show, region));
    printf("refusal = %s\n",
        region->refusal == CH_REFUSAL_FAIL ? "fail" : "fallback");
}

static bool
has_region(const struct ch_profile *profile, const char *name)
{
    for (unsigned i = 0; i < profile->n_regions; i++) {
        if (strcmp(profile->regions[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* What the base has and this one has not. */
static void
print_ini_removed(const struct show *show)
{
    static struct ch_options options;
    static struct ch_profile base;
    static char work[CH_OPTION_FILE_MAX + 1];

    options = ch_options_default;
    snprintf(options.profile, sizeof options.profile, "%s", show->profile.base);
    if (ch_profile_load(&base, &options, work, NULL, NULL) != 0) {
        return;
    }
    for (unsigned i = 0; i < base.n_regions; i++) {
        if (!has_region(&show->profile, base.regions[i].name)) {
            printf("\n[region %s]\nremove = yes\n", base.regions[i].name);
        }
    }
}

static void
print_ini(struct show *show)
{
    const struct ch_profile *profile = &show->profile;

    printf("[profile]\nname = %s\n", profile->name);
    printf("base = %s\n", profile->base[0] != '\0' ? profile->base : "none");
    printf("accounting = %s\n", profile->is_device ? "device" : "host");
    print_ini_size("size_max", profile->size_max, SIZE_MAX, "none");
    print_ini_size("bookkeeping", profile->bookkeeping, 0, "none");
    for (unsigned i = 0; i < profile->n_regions; i++) {
        print_ini_region(show, &profile->regions[i]);
    }
    if (profile->base[0] != '\0') {
        print_ini_removed(show);
    }
}

/* ---- the command line ---------------------------------------------------- */

/* NAME=VALUE as one item, so that its commas are its own. */
static bool
take_conf(struct show *show, const char *item)
{
    char buf[CH_OPTION_ENV_MAX + 1];
    struct ch_text t;

    if (strchr(item, '=') == NULL || item[0] == '@') {
        tool_say("profiles: --conf wants NAME=VALUE");
        return false;
    }
    ch_text_init(&t, buf, sizeof buf);
    tool_add_escaped(&t, item);
    ch_options_parse(&show->reader, "command line", buf);
    return show->reader.n_problems == 0;
}

static int
say_unknown(const char *name)
{
    const char *nearest = ch_profile_nearest(name, strlen(name));

    if (nearest != NULL) {
        tool_say("no profile '%.60s'; did you mean '%s'?", name, nearest);
    } else {
        tool_say("no profile '%.60s'; 'capheap profiles' lists them, and a "
                 "file has a / in its path",
            name);
    }
    return TOOL_NO;
}

static int
show_profile(struct show *show, const char *name)
{
    const struct ch_option_row *row = &ch_option_rows[CH_OPTION_PROFILE];
    struct ch_options *options = &show->reader.options;
    unsigned n_problems = 0;
    int err;

    if (!ch_option_set(options, row, name, strlen(name))) {
        return say_unknown(name);
    }
    err = ch_profile_load(
        &show->profile, options, show->work, tool_say_problem, &n_problems);
    if (err != 0) {
        return TOOL_NO;
    }
    if (show->is_ini) {
        print_ini(show);
    } else {
        print_table(show);
    }
    return n_problems == 0 ? TOOL_OK : TOOL_NO;
}

static int
wrong_usage(void)
{
    tool_say("profiles: wants nothing, or 'show' and a profile; see 'capheap "
             "help profiles'");
    return TOOL_USAGE;
}

int
tool_profiles(int argc, char **argv)
{
    static struct show show;
    int i = 2;

    if (argc == 1) {
        return list();
    }
    if (strcmp(argv[1], "show") != 0) {
        return wrong_usage();
    }
    ch_options_begin(&show.reader, tool_say_problem, NULL);
    show.reader.is_strict = true;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--ini") == 0) {
            show.is_ini = true;
        } else if (strcmp(argv[i], "--conf") != 0 || i + 1 == argc) {
            return wrong_usage();
        } else if (!take_conf(&show, argv[++i])) {
            return TOOL_USAGE;
        }
    }
    return i + 1 == argc ? show_profile(&show, argv[i]) : wrong_usage();
}
