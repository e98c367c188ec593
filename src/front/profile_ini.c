/* SPDX-License-Identifier: MIT */
/*
 * profile_ini.c - a user's own profile, from a file.
 *
 * The file has a section [profile] and a section [region NAME] for each region
 * that is added to those of the base, or changed.  It is read twice: first for
 * the base, then for all else, so that the order of sections does not matter.
 * Reading goes on after a problem, so that all of them are said at once.
 */
#include <errno.h>

#include "base/arith.h"
#include "base/text.h"
#include "front/profile_ini.h"
#include "os/file.h"

/* `before`, the span in quotes, `after`. */
static void
problem_with(struct ch_ini *ini, const char *before,
    struct ch_option_span shown, const char *after)
{
    struct ch_text t;

    ch_ini_problem_begin(ini, &t, ch_ini_place_of(ini, shown.p));
    ch_text_str(&t, before);
    ch_ini_print_shown(&t, shown);
    ch_text_str(&t, after);
    ch_profile_problem_say(ini->says, &t);
}

/* ---- lines -------------------------------------------------------------- */

/* A # or ; that begins the line or follows a space begins a comment. */
static struct ch_option_span
drop_comment(struct ch_option_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((s.p[i] == '#' || s.p[i] == ';')
            && (i == 0 || ch_option_is_space(s.p[i - 1]))) {
            s.n = i;
        }
    }
    return s;
}

static void
rewind_to(struct ch_ini *ini, struct ch_option_span text)
{
    ini->rest = text;
    ini->line = 0;
    ini->section = CH_INI_SECTION_NONE;
}

/* Goes to the next line that has something; false at the end. */
static bool
next_item(struct ch_ini *ini)
{
    ini->item.n = 0;
    while (ini->rest.n > 0 && ini->item.n == 0) {
        size_t end = ch_option_find(ini->rest, '\n');

        ini->line++;
        ini->line_start = ini->rest.p;
        ini->item = ch_option_trim(
            drop_comment((struct ch_option_span){ini->rest.p, end}));
        end += end < ini->rest.n;
        ini->rest.p += end;
        ini->rest.n -= end;
    }
    return ini->item.n > 0;
}

/* The inside of a line [...], or a span of no bytes at NULL. */
static struct ch_option_span
section_of(struct ch_option_span item)
{
    if (item.n < 2 || item.p[0] != '[' || item.p[item.n - 1] != ']') {
        return (struct ch_option_span){NULL, 0};
    }
    return ch_option_trim((struct ch_option_span){item.p + 1, item.n - 2});
}

/* The name of a section [region NAME]; at NULL if it is another one. */
static struct ch_option_span
region_name_of(struct ch_option_span section)
{
    static const char word[] = "region";
    size_t skip = sizeof word - 1;

    if (section.n < skip || !ch_str_eq_n(section.p, skip, word)
        || (section.n > skip && !ch_option_is_space(section.p[skip]))) {
        return (struct ch_option_span){NULL, 0};
    }
    return ch_option_trim(
        (struct ch_option_span){section.p + skip, section.n - skip});
}

/* The two sides of NAME=VALUE; false when there is no =. */
static bool
split_item(struct ch_option_span item, struct ch_option_span *name,
    struct ch_option_span *value)
{
    size_t equals = ch_option_find(item, '=');

    if (equals == item.n) {
        return false;
    }
    *name = ch_option_trim((struct ch_option_span){item.p, equals});
    *value = ch_option_trim(
        (struct ch_option_span){item.p + equals + 1, item.n - equals - 1});
    return true;
}

/* ---- sections ----------------------------------------------------------- */

/* A letter, then letters, digits, - and _: what an option can name. */
static bool
is_region_name(struct ch_option_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = (char)(s.p[i] | 0x20);
        bool is_letter = c >= 'a' && c <= 'z';

        if (!is_letter
            && (i == 0
                || !((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'
                     || s.p[i] == '_'))) {
            return false;
        }
    }
    return s.n > 0 && s.n < CH_PROFILE_NAME_MAX;
}

/* A new region, or NULL after a line. */
static struct ch_profile_region *
add_region(struct ch_ini *ini, struct ch_option_span name)
{
    struct ch_profile *profile = ini->profile;
    struct ch_profile_region *region = &profile->regions[profile->n_regions];
    struct ch_text t;

    if (!is_region_name(name)) {
        problem_with(ini, "", name,
            ": a region's name is a letter, then letters, digits, - and _, at "
            "most 23 in all");
        return NULL;
    }
    if (profile->n_regions == CH_PROFILE_REGIONS_MAX) {
        problem_with(ini, "region ", name, ": there are 32 regions already");
        return NULL;
    }
    profile->n_regions++;
    *region = (struct ch_profile_region){.name = ""};
    ch_text_init(&t, region->name, sizeof region->name);
    ch_text_mem(&t, name.p, name.n);
    ch_text_init(&t, region->label, sizeof region->label);
    ch_text_mem(&t, name.p, name.n);
    return region;
}

_Static_assert(CH_PROFILE_REGIONS_MAX == 32 && CH_PROFILE_NAME_MAX == 24,
    "the lines of add_region() say so");

static void
begin_region(struct ch_ini *ini, struct ch_option_span name)
{
    struct ch_profile_region *region =
        ch_profile_region_find(ini->profile, name.p, name.n);
    struct ch_ini_place *place;
    struct ch_text t;
    bool is_new = region == NULL;

    if (is_new) {
        region = add_region(ini, name);
    }
    if (region == NULL) {
        return;
    }
    place = &ini->places[region - ini->profile->regions];
    if (place->line != 0) {
        ch_ini_problem_begin(ini, &t, ch_ini_place_of(ini, name.p));
        ch_text_str(&t, "region ");
        ch_ini_print_shown(&t, name);
        ch_text_str(&t, " is there twice; the first is on line ");
        ch_text_u64(&t, place->line);
        ch_profile_problem_say(ini->says, &t);
        return;
    }
    *place = ch_ini_place_of(ini, ini->item.p);
    ini->section = CH_INI_SECTION_REGION;
    ini->region = region;
    ini->is_removed = false;
    ini->is_new = is_new;
    ini->keys = 0;
    ini->n_before = ini->says->n_problems;
}

/*
 * Executable memory is of a kind of its own, so a region becomes of that kind,
 * or stops being it, with its capabilities.
 */
static void
set_kind(struct ch_ini *ini)
{
    struct ch_profile_region *region = ini->region;
    bool is_exec = (ch_profile_region_caps(region) & CH_CAP_EXEC) != 0
                   && region->alias == 0;

    if ((ini->keys
            & (CH_INI_KEY_BIT(CH_INI_KEY_BACKING)
                | CH_INI_KEY_BIT(CH_INI_KEY_PATH)))
        != 0) {
        return;
    }
    if (is_exec) {
        region->backing = CH_MAPPING_EXEC;
    } else if (region->backing == CH_MAPPING_EXEC) {
        region->backing = CH_MAPPING_ANON;
    }
}

/* Its addresses are free for others; drop_removed() does the rest. */
static void
remove_region(struct ch_ini *ini, unsigned i)
{
    struct ch_profile_region *region = ini->region;

    ini->removed |= UINT32_C(1) << i;
    region->start = 0;
    region->alias = 0;
    region->engine = CH_ENGINE_TLSF;
    if (ini->is_new && ini->is_base_known) {
        ch_ini_problem(ini, ini->places[i], "the base has no such region");
    } else if ((ini->keys & (CH_INI_KEY_BIT(CH_INI_KEY_REMOVE) - 1)) != 0) {
        ch_ini_problem(
            ini, ini->places[i], "a removed region has no other keys");
    }
}

/* True when there is a path, and a backing is named that has none. */
static bool
has_stray_path(const struct ch_ini *ini)
{
    uint32_t both =
        CH_INI_KEY_BIT(CH_INI_KEY_PATH) | CH_INI_KEY_BIT(CH_INI_KEY_BACKING);

    return (ini->keys & both) == both
           && ini->region->backing != CH_MAPPING_FILE;
}

static void
end_region(struct ch_ini *ini)
{
    unsigned i = (unsigned)(ini->region - ini->profile->regions);
    bool has_size = (ini->keys & CH_INI_KEY_BIT(CH_INI_KEY_SIZE)) != 0;

    if (ini->is_removed) {
        remove_region(ini, i);
    } else if (ini->is_new && ini->is_base_known && !has_size) {
        ch_ini_problem(ini, ini->places[i],
            "a new region wants a size: bytes, or elastic");
    }
    if (has_stray_path(ini)) {
        ch_ini_problem(ini, ini->places[i], "path is for backing = file");
    }
    set_kind(ini);
    if (ini->says->n_problems != ini->n_before) {
        ini->said |= UINT32_C(1) << i;
    }
}

static void
end_section(struct ch_ini *ini)
{
    if (ini->section == CH_INI_SECTION_REGION) {
        end_region(ini);
    }
    ini->section = CH_INI_SECTION_BAD;
}

static void
begin_profile(struct ch_ini *ini, struct ch_option_span section)
{
    if (ini->has_profile) {
        problem_with(ini, "section ", section, " is there twice");
        return;
    }
    ini->has_profile = true;
    ini->section = CH_INI_SECTION_PROFILE;
    ini->keys = 0;
}

static void
take_section(struct ch_ini *ini, struct ch_option_span section)
{
    struct ch_option_span name = region_name_of(section);

    end_section(ini);
    if (ch_ini_is_word(section, "profile")) {
        begin_profile(ini, section);
    } else if (name.p != NULL) {
        begin_region(ini, name);
    } else {
        problem_with(
            ini, "section ", section, ": wants [profile] or [region NAME]");
    }
}

/* ---- items -------------------------------------------------------------- */

static void
say_unknown_key(struct ch_ini *ini, struct ch_option_span name,
    const struct ch_ini_key *keys, unsigned n_keys)
{
    const char *nearest = NULL;
    unsigned best = CH_OPTION_NEAR;
    struct ch_text t;

    for (unsigned i = 0; i < n_keys; i++) {
        if (ch_option_is_nearer(name, keys[i].name, &best)) {
            nearest = keys[i].name;
        }
    }
    ch_ini_problem_begin(ini, &t, ch_ini_place_of(ini, name.p));
    ch_text_str(&t, "unknown key ");
    ch_ini_print_shown(&t, name);
    ch_text_str(&t, nearest != NULL ? "; did you mean '" : "; there are");
    if (nearest != NULL) {
        ch_text_str(&t, nearest);
        ch_text_str(&t, "'?");
    }
    for (unsigned i = 0; nearest == NULL && i < n_keys; i++) {
        ch_text_str(&t, i > 0 ? ", " : " ");
        ch_text_str(&t, keys[i].name);
    }
    ch_profile_problem_say(ini->says, &t);
}

static void
take_value(struct ch_ini *ini, const struct ch_ini_key *key,
    struct ch_option_span value)
{
    struct ch_text t;

    if (key->take(ini, value) != CH_INI_NOT_TAKEN) {
        return;
    }
    ch_ini_problem_begin(ini, &t, ch_ini_place_of(ini, value.p));
    ch_text_str(&t, key->name);
    ch_text_str(&t, ": wants ");
    ch_text_str(&t, key->wants);
    ch_text_str(&t, ", not ");
    ch_ini_print_shown(&t, value);
    ch_profile_problem_say(ini->says, &t);
}

static void
take_key(struct ch_ini *ini, const struct ch_ini_key *keys, unsigned n_keys)
{
    struct ch_option_span name;
    struct ch_option_span value;

    if (!split_item(ini->item, &name, &value)) {
        ch_ini_problem(ini, ch_ini_place_of(ini, ini->item.p),
            "wants KEY = VALUE, a section or a comment");
        return;
    }
    for (unsigned i = 0; i < n_keys; i++) {
        if (!ch_ini_is_word(name, keys[i].name)) {
            continue;
        }
        if ((ini->keys & CH_INI_KEY_BIT(i)) != 0) {
            problem_with(ini, "key ", name, " is there twice in its section");
            return;
        }
        ini->keys |= CH_INI_KEY_BIT(i);
        take_value(ini, &keys[i], value);
        return;
    }
    say_unknown_key(ini, name, keys, n_keys);
}

static void
take_item(struct ch_ini *ini)
{
    struct ch_option_span section = section_of(ini->item);

    if (section.p != NULL) {
        take_section(ini, section);
    } else if (ini->item.p[0] == '[') {
        end_section(ini);
        ch_ini_problem(ini, ch_ini_place_of(ini, ini->item.p + ini->item.n),
            "wants ] at the end of a section's name");
    } else if (ini->section == CH_INI_SECTION_PROFILE) {
        take_key(ini, ch_ini_profile_keys, ch_ini_profile_key_count);
    } else if (ini->section == CH_INI_SECTION_REGION) {
        take_key(ini, ch_ini_region_keys, CH_INI_REGION_KEY_COUNT);
    } else if (ini->section == CH_INI_SECTION_NONE) {
        ch_ini_problem(ini, ch_ini_place_of(ini, ini->item.p),
            "wants [profile] or [region NAME] before the first key");
        ini->section = CH_INI_SECTION_BAD;
    }
}

/* ---- the whole ---------------------------------------------------------- */

/* Makes the profile what its base is, silently. */
static void
fill_base(struct ch_ini *ini, const struct ch_options *options)
{
    bool is_profile = false;
    struct ch_option_span name;
    struct ch_option_span value;

    while (next_item(ini)) {
        struct ch_option_span section = section_of(ini->item);
        const struct ch_profile_row *row;

        if (ini->item.p[0] == '[') {
            is_profile =
                section.p != NULL && ch_ini_is_word(section, "profile");
        } else if (is_profile && split_item(ini->item, &name, &value)
                   && ch_ini_is_word(name, "base")) {
            row = ch_profile_row_find(value.p, value.n);
            if (row != NULL) {
                ch_profile_fill(ini->profile, row, options->memprot_off);
            }
            return;
        }
    }
}

/* The last part of the path, without what follows its last dot. */
static void
name_after_path(struct ch_profile *profile, const char *path)
{
    size_t begin = 0;
    size_t end = ch_str_len(path);
    struct ch_text t;

    for (size_t i = 0; i < end; i++) {
        if (path[i] == '/') {
            begin = i + 1;
        }
    }
    for (size_t i = end; i > begin + 1; i--) {
        if (path[i - 1] == '.') {
            end = i - 1;
            break;
        }
    }
    ch_text_init(&t, profile->name, sizeof profile->name);
    ch_text_escaped(&t, path + begin, end - begin);
}

static void
drop_removed(struct ch_ini *ini)
{
    struct ch_profile *profile = ini->profile;
    unsigned n = 0;

    for (unsigned i = 0; i < profile->n_regions; i++) {
        if ((ini->removed >> i & 1) != 0) {
            continue;
        }
        if (n != i) {
            profile->regions[n] = profile->regions[i];
        }
        n++;
    }
    profile->n_regions = n;
    if (n == 0) {
        ch_ini_problem(
            ini, (struct ch_ini_place){ini->line, 1}, "there is no region");
    }
}

static void
check_overlap(struct ch_ini *ini, const struct ch_profile_region *region)
{
    const struct ch_profile_region *other =
        ch_profile_find_overlap(ini->profile, region);
    struct ch_ini_place place = ini->places[region - ini->profile->regions];
    struct ch_text t;

    /* Of two in the file, the second is said. */
    if (other == NULL
        || (other > region
            && ini->places[other - ini->profile->regions].line != 0)) {
        return;
    }
    ch_ini_problem_begin(ini, &t, place);
    ch_text_str(&t, "region '");
    ch_text_str(&t, region->name);
    ch_text_str(&t, "' has addresses of region '");
    ch_text_str(&t, other->name);
    ch_text_str(&t, "'");
    ch_profile_problem_say(ini->says, &t);
}

/* Only what the file has said can be wrong, and is said once. */
static void
check_regions(struct ch_ini *ini)
{
    const struct ch_profile *profile = ini->profile;
    unsigned n_slabs = 0;

    for (unsigned i = 0; i < profile->n_regions; i++) {
        const struct ch_profile_region *region = &profile->regions[i];
        const char *why = ch_profile_region_problem(region);

        n_slabs += region->engine == CH_ENGINE_SLAB;
        if (ini->places[i].line == 0
            || ((ini->removed | ini->said) >> i & 1) != 0) {
            continue;
        }
        if (why != NULL) {
            ch_ini_problem(ini, ini->places[i], why);
        } else if (region->engine == CH_ENGINE_SLAB && n_slabs > 1) {
            ch_ini_problem(ini, ini->places[i],
                "engine=slab is for one region, and there is one");
        } else {
            check_overlap(ini, region);
        }
    }
}

/* ---- the file ----------------------------------------------------------- */

static void
say_unread(struct ch_ini *ini, long err)
{
    struct ch_text t;

    ch_profile_problem_begin(ini->says, &t);
    ch_text_escaped(&t, ini->path, ch_str_len(ini->path));
    ch_text_str(&t, ": not read: ");
    ch_option_print_unread(&t, err);
    ch_profile_problem_say(ini->says, &t);
}

static void
read_text(struct ch_ini *ini, struct ch_option_span text,
    const struct ch_options *options)
{
    rewind_to(ini, text);
    fill_base(ini, options);
    name_after_path(ini->profile, ini->path);
    rewind_to(ini, text);
    while (next_item(ini)) {
        take_item(ini);
    }
    end_section(ini);
    if (ini->is_base_known) {
        check_regions(ini);
        drop_removed(ini);
    }
    ch_profile_sort(ini->profile);
}

int
ch_profile_read_ini(struct ch_profile *profile,
    const struct ch_options *options, char *work, struct ch_profile_says *says)
{
    struct ch_ini ini = {
        .says = says,
        .profile = profile,
        .path = options->profile,
        .is_base_known = true,
    };
    unsigned before = says->n_problems;
    long n = ch_file_read(ini.path, work, CH_OPTION_FILE_MAX, CH_FILE_TRUSTED);

    if (n < 0) {
        say_unread(&ini, n);
        return (int)n;
    }
    ch_profile_clear(profile);
    read_text(&ini, (struct ch_option_span){work, (size_t)n}, options);
    return says->n_problems == before ? 0 : -EINVAL;
}
