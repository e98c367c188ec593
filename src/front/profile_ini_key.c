/* SPDX-License-Identifier: MIT */
/*
 * profile_ini_key.c - the keys of a profile's file, and their values.
 *
 * Each key has a function in one of two tables, which takes its value into the
 * profile.
 */
#include "base/arith.h"
#include "base/text.h"
#include "front/profile_ini.h"

/* Of a region's entry in a list; a page is a slip of the pen. */
#define BOOKKEEPING_MAX 4096u

/* ---- what is said ------------------------------------------------------- */

struct ch_ini_place
ch_ini_place_of(const struct ch_ini *ini, const char *at)
{
    return (struct ch_ini_place){
        ini->line, (unsigned)(at - ini->line_start) + 1};
}

void
ch_ini_problem_begin(
    struct ch_ini *ini, struct ch_text *t, struct ch_ini_place place)
{
    ch_profile_problem_begin(ini->says, t);
    ch_text_escaped(t, ini->path, ch_str_len(ini->path));
    ch_text_char(t, ':');
    ch_text_u64(t, place.line);
    ch_text_char(t, ':');
    ch_text_u64(t, place.column);
    ch_text_str(t, ": ");
}

void
ch_ini_print_shown(struct ch_text *t, struct ch_option_span s)
{
    ch_text_char(t, '\'');
    ch_option_print_shown(t, s);
    ch_text_char(t, '\'');
}

void
ch_ini_problem(struct ch_ini *ini, struct ch_ini_place place, const char *text)
{
    struct ch_text t;

    ch_ini_problem_begin(ini, &t, place);
    ch_text_str(&t, text);
    ch_profile_problem_say(ini->says, &t);
}

/* ---- values ------------------------------------------------------------- */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The digits after 0x; false when the span is no such number. */
static bool
parse_hex(struct ch_option_span s, uint64_t *value)
{
    uint64_t v = 0;

    if (s.n < 3 || s.n > 2 + 16 || s.p[0] != '0' || (s.p[1] | 0x20) != 'x') {
        return false;
    }
    for (size_t i = 2; i < s.n; i++) {
        if (hex_digit(s.p[i]) < 0) {
            return false;
        }
        v = v << 4 | (unsigned)hex_digit(s.p[i]);
    }
    *value = v;
    return true;
}

/* A number of bytes, a hex number, or the word, which stands for `other`. */
static enum ch_ini_taken
take_number(
    struct ch_option_span s, const char *word, uint64_t other, uint64_t *value)
{
    if (ch_ini_is_word(s, word)) {
        *value = other;
        return CH_INI_TAKEN;
    }
    return parse_hex(s, value) || ch_parse_size(s.p, s.n, value)
               ? CH_INI_TAKEN
               : CH_INI_NOT_TAKEN;
}

/* The first word is false, the second true. */
static enum ch_ini_taken
take_choice(struct ch_option_span s, const char *const words[2], bool *flag)
{
    if (!ch_ini_is_word(s, words[0]) && !ch_ini_is_word(s, words[1])) {
        return CH_INI_NOT_TAKEN;
    }
    *flag = ch_ini_is_word(s, words[1]);
    return CH_INI_TAKEN;
}

static enum ch_ini_taken
take_flag(struct ch_option_span s, bool *flag)
{
    static const char *const words[] = {"no", "yes"};

    return take_choice(s, words, flag);
}

/* Printable characters, at least one, that fit in a name. */
static enum ch_ini_taken
take_name(struct ch_option_span s, char *name)
{
    struct ch_text t;

    if (s.n == 0 || s.n >= CH_PROFILE_NAME_MAX) {
        return CH_INI_NOT_TAKEN;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] > 0x7e) {
            return CH_INI_NOT_TAKEN;
        }
    }
    ch_text_init(&t, name, CH_PROFILE_NAME_MAX);
    ch_text_mem(&t, s.p, s.n);
    return CH_INI_TAKEN;
}

/* One name of a mask; false when it is none and has been said. */
static bool
take_cap(struct ch_ini *ini, struct ch_option_span name, uint32_t *caps)
{
    uint32_t cap = ch_cap_find(name.p, name.n);
    const char *nearest;
    struct ch_text t;

    if (cap != 0 && cap != CH_CAP_INVALID) {
        *caps |= cap;
        return true;
    }
    nearest = ch_cap_nearest(name.p, name.n);
    ch_ini_problem_begin(ini, &t, ch_ini_place_of(ini, name.p));
    ch_text_str(&t, "unknown capability ");
    ch_ini_print_shown(&t, name);
    if (nearest != NULL) {
        ch_text_str(&t, "; did you mean '");
        ch_text_str(&t, nearest);
        ch_text_str(&t, "'?");
    } else {
        ch_text_str(&t, "; wants names as 8BIT with | between them, or 0");
    }
    ch_profile_problem_say(ini->says, &t);
    return false;
}

/* Names with | between them, or 0. */
static enum ch_ini_taken
take_mask(struct ch_ini *ini, struct ch_option_span s, uint32_t *mask)
{
    bool is_good = true;
    uint32_t caps = 0;
    size_t n;

    if (s.n == 0) {
        return CH_INI_NOT_TAKEN;
    }
    for (bool is_end = ch_ini_is_word(s, "0"); !is_end; s.p += n, s.n -= n) {
        n = ch_option_find(s, '|');
        is_end = n == s.n;
        is_good &= take_cap(
            ini, ch_option_trim((struct ch_option_span){s.p, n}), &caps);
        n += !is_end;
    }
    if (is_good) {
        *mask = caps;
    }
    return is_good ? CH_INI_TAKEN : CH_INI_SAID;
}

/* ---- keys of [profile] -------------------------------------------------- */

static enum ch_ini_taken
take_profile_name(struct ch_ini *ini, struct ch_option_span s)
{
    return take_name(s, ini->profile->name);
}

/* The first reading has taken it. */
static enum ch_ini_taken
take_base(struct ch_ini *ini, struct ch_option_span s)
{
    struct ch_text t;

    if (ch_ini_is_word(s, "none") || ch_profile_row_find(s.p, s.n) != NULL) {
        return CH_INI_TAKEN;
    }
    ini->is_base_known = false;
    ch_ini_problem_begin(ini, &t, ch_ini_place_of(ini, s.p));
    ch_text_str(&t, "base: ");
    ch_profile_print_unknown(&t, s.p, s.n);
    ch_profile_problem_say(ini->says, &t);
    return CH_INI_SAID;
}

static enum ch_ini_taken
take_accounting(struct ch_ini *ini, struct ch_option_span s)
{
    static const char *const words[] = {"host", "device"};

    return take_choice(s, words, &ini->profile->is_device);
}

static enum ch_ini_taken
take_size_max(struct ch_ini *ini, struct ch_option_span s)
{
    uint64_t value = 0;
    enum ch_ini_taken result = take_number(s, "none", SIZE_MAX, &value);

    if (result != CH_INI_TAKEN || value == 0) {
        return CH_INI_NOT_TAKEN;
    }
    ini->profile->size_max = (size_t)value;
    return CH_INI_TAKEN;
}

static enum ch_ini_taken
take_bookkeeping(struct ch_ini *ini, struct ch_option_span s)
{
    uint64_t value = 0;

    if (take_number(s, "none", 0, &value) != CH_INI_TAKEN
        || value > BOOKKEEPING_MAX) {
        return CH_INI_NOT_TAKEN;
    }
    ini->profile->bookkeeping = (size_t)value;
    return CH_INI_TAKEN;
}

_Static_assert(BOOKKEEPING_MAX == 4096, "the table says so");

const struct ch_ini_key ch_ini_profile_keys[] = {
    {"name", take_profile_name, "1 to 23 characters that print"},
    {"base", take_base, ""},
    {"accounting", take_accounting, "host or device"},
    {"size_max", take_size_max, "a size, or none"},
    {"bookkeeping", take_bookkeeping, "bytes up to 4096, or none"},
};

const unsigned ch_ini_profile_key_count =
    sizeof ch_ini_profile_keys / sizeof ch_ini_profile_keys[0];

/* ---- keys of [region NAME] ---------------------------------------------- */

static enum ch_ini_taken
take_label(struct ch_ini *ini, struct ch_option_span s)
{
    return take_name(s, ini->region->label);
}

static enum ch_ini_taken
take_caps(struct ch_ini *ini, struct ch_option_span s)
{
    uint32_t *caps = ini->region->caps;
    enum ch_ini_taken result = take_mask(ini, s, &caps[0]);

    if (result == CH_INI_TAKEN) {
        caps[1] = 0;
        caps[2] = 0;
    }
    return result;
}

static enum ch_ini_taken
take_caps0(struct ch_ini *ini, struct ch_option_span s)
{
    return take_mask(ini, s, &ini->region->caps[0]);
}

static enum ch_ini_taken
take_caps1(struct ch_ini *ini, struct ch_option_span s)
{
    return take_mask(ini, s, &ini->region->caps[1]);
}

static enum ch_ini_taken
take_caps2(struct ch_ini *ini, struct ch_option_span s)
{
    return take_mask(ini, s, &ini->region->caps[2]);
}

static enum ch_ini_taken
take_start(struct ch_ini *ini, struct ch_option_span s)
{
    return take_number(s, "any", 0, &ini->region->start);
}

static enum ch_ini_taken
take_size(struct ch_ini *ini, struct ch_option_span s)
{
    return take_number(s, "elastic", 0, &ini->region->size);
}

static enum ch_ini_taken
take_limit(struct ch_ini *ini, struct ch_option_span s)
{
    return take_number(s, "none", 0, &ini->region->limit);
}

static enum ch_ini_taken
take_alias(struct ch_ini *ini, struct ch_option_span s)
{
    return take_number(s, "none", 0, &ini->region->alias);
}

static enum ch_ini_taken
take_inverted(struct ch_ini *ini, struct ch_option_span s)
{
    return take_flag(s, &ini->region->is_alias_inverted);
}

static enum ch_ini_taken
take_startup_stack(struct ch_ini *ini, struct ch_option_span s)
{
    return take_flag(s, &ini->region->is_startup_stack);
}

static enum ch_ini_taken
take_added(struct ch_ini *ini, struct ch_option_span s)
{
    return take_flag(s, &ini->region->is_added);
}

static enum ch_ini_taken
take_engine(struct ch_ini *ini, struct ch_option_span s)
{
    static const char *const words[] = {"tlsf", "slab"};
    bool is_slab = false;
    enum ch_ini_taken result = take_choice(s, words, &is_slab);

    if (result == CH_INI_TAKEN) {
        ini->region->engine = is_slab ? CH_ENGINE_SLAB : CH_ENGINE_TLSF;
    }
    return result;
}

/* A path that came before stays for `file`. */
static enum ch_ini_taken
take_backing(struct ch_ini *ini, struct ch_option_span s)
{
    struct ch_text t;

    if (ch_ini_is_word(s, "file")) {
        ini->region->backing = CH_MAPPING_FILE;
        return CH_INI_TAKEN;
    }
    if (ch_profile_backing_set(ini->region, s.p, s.n)) {
        return CH_INI_TAKEN;
    }
    ch_ini_problem_begin(ini, &t, ch_ini_place_of(ini, s.p));
    ch_text_str(&t, "backing: wants ");
    ch_profile_backing_print_wants(&t);
    ch_profile_problem_say(ini->says, &t);
    return CH_INI_SAID;
}

/* Makes a file the backing, unless another one has been named: end_region()
   says so. */
static enum ch_ini_taken
take_path(struct ch_ini *ini, struct ch_option_span s)
{
    enum ch_mapping_kind before = ini->region->backing;

    if (!ch_profile_path_set(ini->region, s.p, s.n)) {
        return CH_INI_NOT_TAKEN;
    }
    if ((ini->keys & CH_INI_KEY_BIT(CH_INI_KEY_BACKING)) != 0) {
        ini->region->backing = before;
    }
    return CH_INI_TAKEN;
}

static enum ch_ini_taken
take_refusal(struct ch_ini *ini, struct ch_option_span s)
{
    static const char *const words[] = {"fallback", "fail"};
    bool fails = false;
    enum ch_ini_taken result = take_choice(s, words, &fails);

    if (result == CH_INI_TAKEN) {
        ini->region->refusal = fails ? CH_REFUSAL_FAIL : CH_REFUSAL_FALLBACK;
    }
    return result;
}

static enum ch_ini_taken
take_remove(struct ch_ini *ini, struct ch_option_span s)
{
    return take_flag(s, &ini->is_removed);
}

#define CAPS_WANTS "names as 8BIT with | between them, or 0"
#define FLAG_WANTS "yes or no"

const struct ch_ini_key ch_ini_region_keys[CH_INI_REGION_KEY_COUNT] = {
    [CH_INI_KEY_LABEL] = {"label", take_label, "1 to 23 characters that print"},
    [CH_INI_KEY_CAPS] = {"caps", take_caps, CAPS_WANTS},
    [CH_INI_KEY_CAPS0] = {"caps0", take_caps0, CAPS_WANTS},
    [CH_INI_KEY_CAPS1] = {"caps1", take_caps1, CAPS_WANTS},
    [CH_INI_KEY_CAPS2] = {"caps2", take_caps2, CAPS_WANTS},
    [CH_INI_KEY_START] = {"start", take_start,
        "an address as 0x3F800000, or any"},
    [CH_INI_KEY_SIZE] = {"size", take_size,
        "a size as 4M or 0x1920, or elastic"},
    [CH_INI_KEY_LIMIT] = {"limit", take_limit, "a size as 64M, or none"},
    [CH_INI_KEY_ALIAS] = {"alias", take_alias,
        "an address as 0x400A0000, or none"},
    [CH_INI_KEY_INVERTED] = {"inverted", take_inverted, FLAG_WANTS},
    [CH_INI_KEY_STARTUP_STACK] = {"startup_stack", take_startup_stack,
        FLAG_WANTS},
    [CH_INI_KEY_ADDED] = {"added", take_added, FLAG_WANTS},
    [CH_INI_KEY_ENGINE] = {"engine", take_engine, "tlsf or slab"},
    [CH_INI_KEY_BACKING] = {"backing", take_backing, ""},
    [CH_INI_KEY_PATH] = {"path", take_path,
        "a path that begins with /, shorter than 256"},
    [CH_INI_KEY_REFUSAL] = {"refusal", take_refusal, "fallback or fail"},
    [CH_INI_KEY_REMOVE] = {"remove", take_remove, FLAG_WANTS},
};
