/* SPDX-License-Identifier: MIT */
/*
 * options.c - the sources of options, their order, and what is said.
 *
 * A reader takes one source after the other.  An option that a source has
 * named is closed: later sources are not looked at for it.
 */
#include "front/options.h"

#include <errno.h>

#include "base/text.h"
#include "front/options_item.h"
#include "os/env.h"
#include "os/file.h"

/* A program's own wishes; NULL where a program has none. */
extern const char *capheap_conf __attribute__((weak));

/* ---- files -------------------------------------------------------------- */

static void
say_unread(struct ch_options_reader *r, const char *path, long err)
{
    const struct ch_option_place place = {path, 0};
    struct ch_text t;

    ch_option_problem_begin(r, &t, &place);
    ch_text_str(&t, "not read: ");
    ch_option_print_unread(&t, err);
    ch_option_problem_say(r, &t);
}

/* A # that begins the line or follows a space begins a comment. */
static struct ch_option_span
drop_comment(struct ch_option_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '#' && (i == 0 || ch_option_is_space(s.p[i - 1]))) {
            s.n = i;
        }
    }
    return s;
}

static void
take_lines(
    struct ch_options_reader *r, const char *path, struct ch_option_span text)
{
    struct ch_option_place place = {path, 0};

    r->turn++;
    while (text.n > 0) {
        size_t end = ch_option_find(text, '\n');
        struct ch_option_span line =
            ch_option_trim(drop_comment((struct ch_option_span){text.p, end}));

        place.line++;
        if (line.n > 0) {
            ch_option_take_item(r, &place, line);
        }
        end += end < text.n;
        text.p += end;
        text.n -= end;
    }
}

void
ch_options_parse_file(
    struct ch_options_reader *r, const char *path, bool is_required)
{
    long n = ch_file_read(path, r->text, sizeof r->text - 1, CH_FILE_TRUSTED);

    if (n >= 0) {
        take_lines(r, path, (struct ch_option_span){r->text, (size_t)n});
    } else if (is_required || (n != -ENOENT && n != -ENOTDIR)) {
        say_unread(r, path, n);
    }
}

/* Keeps the path of an item @FILE for later. */
static void
take_file(struct ch_options_reader *r, const struct ch_option_place *place,
    struct ch_option_span path)
{
    char *kept;

    if (path.n == 0 || path.p[0] != '/') {
        ch_option_problem(
            r, place, "@", path, ": wants a path that begins with /");
        return;
    }
    if (path.n >= CH_OPTION_PATH_MAX || r->n_files == CH_OPTION_FILES_MAX) {
        ch_option_problem(r, place, "@", path,
            path.n >= CH_OPTION_PATH_MAX ? ": the path is too long"
                                         : ": too many files");
        return;
    }
    kept = r->files[r->n_files++];
    for (size_t i = 0; i < path.n; i++) {
        kept[i] = path.p[i];
    }
    kept[path.n] = '\0';
}

/* ---- the syntax of CAPHEAP_CONF ----------------------------------------- */

/*
 * Unescapes the item that begins at text[*at] into r->text, which is longer
 * than CH_OPTION_ENV_MAX, and moves *at behind it.
 */
static struct ch_option_span
next_item(struct ch_options_reader *r, struct ch_option_span text, size_t *at)
{
    size_t i = *at;
    size_t n = 0;

    while (i < text.n && text.p[i] != ',') {
        char next = i + 1 < text.n ? text.p[i + 1] : '\0';

        if (text.p[i] == '\\' && (next == ',' || next == '\\')) {
            i++;
        }
        r->text[n++] = text.p[i++];
    }
    *at = i + 1;
    return ch_option_trim((struct ch_option_span){r->text, n});
}

_Static_assert(CH_OPTION_ENV_MAX <= CH_OPTION_FILE_MAX,
    "an item of the environment fits in ch_options_reader.text");

static void
take_items(struct ch_options_reader *r, const struct ch_option_place *place,
    struct ch_option_span text)
{
    unsigned n_items = 0;

    for (size_t at = 0; at < text.n;) {
        struct ch_option_span item = next_item(r, text, &at);

        if (item.n == 0) {
            continue;
        }
        if (n_items++ == CH_OPTION_ITEMS_MAX) {
            ch_option_problem(
                r, place, "too many items; the rest from '", item, "' is left");
            return;
        }
        if (item.p[0] == '@') {
            take_file(
                r, place, (struct ch_option_span){item.p + 1, item.n - 1});
        } else {
            ch_option_take_item(r, place, item);
        }
    }
}

void
ch_options_parse(
    struct ch_options_reader *r, const char *source, const char *text)
{
    const struct ch_option_place place = {source, 0};
    struct ch_option_span all = {text, ch_str_len(text)};
    unsigned file = r->n_files;

    r->turn++;
    if (all.n > CH_OPTION_ENV_MAX) {
        ch_option_problem(
            r, &place, "longer than 4096 bytes, ignored: ", all, "");
        return;
    }
    take_items(r, &place, all);
    for (; file < r->n_files; file++) {
        ch_options_parse_file(r, r->files[file], true);
    }
}

_Static_assert(CH_OPTION_ENV_MAX == 4096, "ch_options_parse() says so");

/* ---- all sources -------------------------------------------------------- */

void
ch_options_begin(struct ch_options_reader *r,
    void (*say)(void *ctx, struct ch_text *line), void *say_ctx)
{
    r->say = say;
    r->say_ctx = say_ctx;
    r->system_file = CH_OPTION_SYSTEM_FILE;
    r->is_strict = false;
    r->options = ch_options_default;
    for (unsigned i = 0; i < CH_OPTION_COUNT; i++) {
        r->origins[i] = (struct ch_option_origin){NULL, 0, 0};
    }
    ch_option_reset_regions(r);
    r->n_problems = 0;
    r->turn = 0;
    r->n_files = 0;
}

void
ch_options_parse_all(struct ch_options_reader *r)
{
    const char *conf = ch_env_get("CAPHEAP_CONF");

    if (conf != NULL) {
        ch_options_parse(r, "CAPHEAP_CONF", conf);
    }
    ch_options_parse_file(r, r->system_file, false);
    if (&capheap_conf != NULL && capheap_conf != NULL) {
        ch_options_parse(r, "program", capheap_conf);
    }
}

void
ch_options_finish(struct ch_options_reader *r, const char *program)
{
    if (ch_options_apply_to(&r->options, program)) {
        return;
    }
    for (unsigned i = 0; i < CH_OPTION_COUNT; i++) {
        if (ch_option_rows[i].is_scoped) {
            ch_option_reset(&r->options, &ch_option_rows[i]);
            r->origins[i].source = NULL;
        }
    }
    ch_option_reset_regions(r);
}

void
ch_option_print_origin(struct ch_text *t, const struct ch_option_origin *origin)
{
    if (origin->source == NULL) {
        ch_text_str(t, "default");
        return;
    }
    ch_option_print_place(t, origin->source, origin->line);
}

bool
ch_options_are_said(const struct ch_options *options)
{
    return ch_env_get("CAPHEAP_RUN") == NULL
           && ch_options_apply_to(options, ch_env_program());
}

static void
say_line(void *ctx, struct ch_text *line)
{
    (void)ctx;
    ch_line_say(line);
}

void
ch_options_load(struct ch_options *options)
{
    static struct ch_options_reader reader;

    /* Silently first: programs= decides whether anything is said. */
    ch_options_begin(&reader, NULL, NULL);
    ch_options_parse_all(&reader);
    if (reader.n_problems > 0 && ch_options_are_said(&reader.options)) {
        ch_options_begin(&reader, say_line, NULL);
        ch_options_parse_all(&reader);
    }
    ch_options_finish(&reader, ch_env_program());
    *options = reader.options;
}
