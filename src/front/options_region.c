/* SPDX-License-Identifier: MIT */
/*
 * options_region.c - NAME.limit= and NAME.backing=, for a region of the
 * profile.
 *
 * Which names there are is the profile's to know, and that is loaded after
 * the options have been read; here a name only has to look like one.
 */
#include "base/arith.h"
#include "base/text.h"
#include "front/options.h"
#include "front/options_item.h"
#include "front/profile.h"

#define LIMIT_LEAST (4 * CH_KIB)

const char *const ch_option_region_keys[CH_OPTION_REGION_KEY_COUNT] = {
    [CH_OPTION_REGION_LIMIT] = "limit",
    [CH_OPTION_REGION_BACKING] = "backing",
};

_Static_assert(CH_OPTION_REGION_NAME_MAX == CH_PROFILE_NAME_MAX,
    "an option can name every region");

/* NAME.KEY=VALUE, in its parts. */
struct region_item {
    struct ch_option_span whole;  /* NAME.KEY */
    struct ch_option_span region; /* NAME */
    enum ch_option_region_key key;
    struct ch_option_span value;
};

/* ---- values ------------------------------------------------------------- */

/* The range and the word of a limit, in the words of the option table. */
static const struct ch_option_row limit_row = {
    .name = "limit",
    .type = CH_OPTION_TYPE_SIZE,
    .offset = offsetof(struct ch_options, limit),
    .min = LIMIT_LEAST,
    .max = (uint64_t)1 << (sizeof(size_t) > 4 ? 46 : 31),
    .word = "none",
    .word_value = CH_OPTION_NO_LIMIT,
};

static bool
set_limit(struct ch_option_region *region, struct ch_option_span s)
{
    uint64_t limit = CH_OPTION_NO_LIMIT;

    if (!ch_str_eq_n(s.p, s.n, limit_row.word)
        && !(ch_parse_size(s.p, s.n, &limit)
             && (limit == 0
                 || (limit >= limit_row.min && limit <= limit_row.max)))) {
        return false;
    }
    region->limit = (size_t)limit;
    region->has_limit = true;
    return true;
}

_Static_assert(sizeof((struct ch_option_region *)NULL)->backing
                   >= sizeof "file:" + CH_OPTION_PATH_MAX - 1,
    "every backing that is taken fits");

static bool
set_backing(struct ch_option_region *region, struct ch_option_span s)
{
    struct ch_profile_region scratch;
    struct ch_text t;

    if (!ch_profile_backing_set(&scratch, s.p, s.n)) {
        return false;
    }
    ch_text_init(&t, region->backing, sizeof region->backing);
    ch_text_mem(&t, s.p, s.n);
    return true;
}

bool
ch_option_region_has(
    const struct ch_option_region *region, enum ch_option_region_key key)
{
    return key == CH_OPTION_REGION_LIMIT ? region->has_limit
                                         : region->backing[0] != '\0';
}

void
ch_option_region_print(struct ch_text *t, const struct ch_option_region *region,
    enum ch_option_region_key key)
{
    if (key == CH_OPTION_REGION_BACKING) {
        ch_text_str(t, region->backing);
    } else if (region->limit == CH_OPTION_NO_LIMIT) {
        ch_text_str(t, limit_row.word);
    } else {
        ch_option_print_size(t, region->limit);
    }
}

/* ---- what is said ------------------------------------------------------- */

static void
say_bad_value(struct ch_options_reader *r, const struct ch_option_place *place,
    const struct region_item *item)
{
    struct ch_text t;

    ch_option_problem_begin(r, &t, place);
    ch_option_print_shown(&t, item->whole);
    ch_text_char(&t, '=');
    ch_option_print_shown(&t, item->value);
    ch_text_str(&t, ": wants ");
    if (item->key == CH_OPTION_REGION_LIMIT) {
        ch_option_print_wants(&t, &limit_row);
    } else {
        ch_profile_backing_print_wants(&t);
    }
    if (!r->is_strict) {
        ch_text_str(&t, "; left out");
    }
    ch_option_problem_say(r, &t);
}

/* ---- names -------------------------------------------------------------- */

/* What follows the dot; the count of keys: nothing that there is. */
static enum ch_option_region_key
find_key(struct ch_option_span s)
{
    unsigned key = 0;

    while (key < CH_OPTION_REGION_KEY_COUNT
           && !ch_str_eq_n(s.p, s.n, ch_option_region_keys[key])) {
        key++;
    }
    return (enum ch_option_region_key)key;
}

/* Splits NAME.KEY; false when it cannot be the option of a region. */
static bool
split_name(struct region_item *item, struct ch_option_span s)
{
    size_t dot = ch_option_find(s, '.');

    if (dot == 0 || dot >= CH_OPTION_REGION_NAME_MAX || dot == s.n) {
        return false;
    }
    item->whole = s;
    item->region = (struct ch_option_span){s.p, dot};
    item->key = find_key((struct ch_option_span){s.p + dot + 1, s.n - dot - 1});
    return item->key < CH_OPTION_REGION_KEY_COUNT;
}

static void
copy_name(char *to, struct ch_option_span name)
{
    struct ch_text t;

    ch_text_init(&t, to, CH_OPTION_REGION_NAME_MAX);
    ch_text_mem(&t, name.p, name.n);
}

/* The region's entry; one without a name is new; the count of them: all are in
   use. */
static unsigned
find_entry(const struct ch_options_reader *r, struct ch_option_span name)
{
    unsigned i = 0;

    while (i < CH_OPTION_REGIONS_MAX && r->region_origins[i].name[0] != '\0'
           && !ch_str_eq_n(name.p, name.n, r->region_origins[i].name)) {
        i++;
    }
    return i;
}

/* ---- one item ----------------------------------------------------------- */

static void
take_value(struct ch_options_reader *r, const struct ch_option_place *place,
    const struct region_item *item, unsigned i)
{
    struct ch_option_region *region = &r->options.regions[i];
    struct ch_option_origin *origin = &r->region_origins[i].keys[item->key];
    bool is_set = item->key == CH_OPTION_REGION_LIMIT
                      ? set_limit(region, item->value)
                      : set_backing(region, item->value);

    if (!is_set) {
        say_bad_value(r, place, item);
        return;
    }
    copy_name(region->name, item->region);
    origin->source = place->source;
    origin->line = place->line;
}

void
ch_option_take_region(struct ch_options_reader *r,
    const struct ch_option_place *place, struct ch_option_span name,
    struct ch_option_span value)
{
    struct region_item item;
    unsigned i;

    if (!split_name(&item, name)) {
        ch_option_problem(r, place, "unknown option '", name,
            "'; of a region there are NAME.limit and NAME.backing");
        return;
    }
    i = find_entry(r, item.region);
    if (i == CH_OPTION_REGIONS_MAX) {
        ch_option_problem(
            r, place, "'", name, "': options name 8 regions at most");
        return;
    }
    item.value = value;
    copy_name(r->region_origins[i].name, item.region);
    if (ch_option_begin_value(
            r, place, &r->region_origins[i].keys[item.key], name)) {
        take_value(r, place, &item, i);
    }
}

_Static_assert(CH_OPTION_REGIONS_MAX == 8, "ch_option_take_region() says so");

/* ---- the reader --------------------------------------------------------- */

void
ch_option_reset_regions(struct ch_options_reader *r)
{
    for (unsigned i = 0; i < CH_OPTION_REGIONS_MAX; i++) {
        r->options.regions[i] = ch_options_default.regions[i];
        r->region_origins[i] = (struct ch_option_region_origin){.name = ""};
    }
}

const struct ch_option_origin *
ch_option_region_origin(const struct ch_options_reader *r,
    const struct ch_option_region *region, enum ch_option_region_key key)
{
    return &r->region_origins[region - r->options.regions].keys[key];
}

static bool
is_region_named(const struct ch_options_reader *r, struct ch_option_span name)
{
    struct region_item item;
    unsigned i;

    if (!split_name(&item, name)) {
        return false;
    }
    i = find_entry(r, item.region);
    return i < CH_OPTION_REGIONS_MAX
           && r->region_origins[i].keys[item.key].turn != 0;
}

bool
ch_options_is_named(
    const struct ch_options_reader *r, const char *name, size_t n)
{
    for (unsigned i = 0; i < CH_OPTION_COUNT; i++) {
        if (ch_str_eq_n(name, n, ch_option_rows[i].name)) {
            return r->origins[i].turn != 0;
        }
    }
    return is_region_named(r, (struct ch_option_span){name, n});
}
