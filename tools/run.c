/* SPDX-License-Identifier: MIT */
/*
 * run.c - capheap run: starts a program with the library preloaded.
 *
 * The options of the command line and those of the environment go into one
 * CAPHEAP_CONF.  The problems with them are said here, once; CAPHEAP_RUN tells
 * the library in the program and its children that this has been done.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "front/options.h"
#include "front/profile.h"
#include "tool.h"

const char tool_run_usage[] =
    "usage: capheap run [OPTIONS] [--] COMMAND [ARGUMENTS]\n"
    "\n"
    "Runs COMMAND with capheap as its malloc.\n"
    "\n"
    "  --limit SIZE         malloc returns NULL beyond SIZE (64M, 2G, ...)\n"
    "  --profile NAME|FILE  the set of memory regions; see 'capheap profiles'\n"
    "  --stats[=FILE]       a report at the end, on stderr or in FILE\n"
    "  --conf NAME=VALUE    any option of capheap.conf(5); may be repeated\n"
    "\n"
    "Exit status: that of COMMAND; 2 wrong usage or option value; 125 the\n"
    "library is not there; 126 COMMAND cannot be executed; 127 not found.\n";

static const struct option long_options[] = {
    {"limit", required_argument, NULL, 'l'},
    {"profile", required_argument, NULL, 'p'},
    {"stats", optional_argument, NULL, 's'},
    {"conf", required_argument, NULL, 'c'},
    {NULL, 0, NULL, 0},
};

struct run {
    /* NAME=VALUE of the command line, escaped, then of the environment. */
    char conf_buf[CH_OPTION_ENV_MAX + 1];
    struct ch_text conf;
    struct ch_options_reader reader;
    char library[PATH_MAX];
    char program[PATH_MAX];
    char finding[PATH_MAX + 512]; /* the worst one */
    enum tool_verdict verdict;
    struct ch_profile profile;
    char work[CH_OPTION_FILE_MAX + 1];
};

/* ---- the command line --------------------------------------------------- */

/* Appends before=value as an item. */
static void
add_item(struct run *run, const char *before, const char *value)
{
    if (run->conf.len > 0) {
        ch_text_char(&run->conf, ',');
    }
    ch_text_str(&run->conf, before);
    tool_add_escaped(&run->conf, value);
}

/* Appends before=PATH; the program may leave this folder before it is read. */
static void
add_path(struct run *run, const char *before, const char *path)
{
    char folder[PATH_MAX];

    if (path[0] == '/' || path[0] == '\0'
        || getcwd(folder, sizeof folder) == NULL) {
        add_item(run, before, path);
        return;
    }
    add_item(run, before, folder);
    ch_text_char(&run->conf, '/');
    tool_add_escaped(&run->conf, path);
}

static void
add_stats(struct run *run, const char *file)
{
    if (file == NULL) {
        add_item(run, "stats=exit", "");
    } else {
        add_path(run, "stats=exit:", file);
    }
}

/* A name, or a path, which has a slash. */
static void
add_profile(struct run *run, const char *profile)
{
    if (strchr(profile, '/') == NULL) {
        add_item(run, "profile=", profile);
    } else {
        add_path(run, "profile=", profile);
    }
}

static bool
add_conf(struct run *run, const char *item)
{
    if (strchr(item, '=') == NULL || item[0] == '@') {
        tool_say("run: --conf wants NAME=VALUE");
        return false;
    }
    add_item(run, "", item);
    return true;
}

/* Reads the options; the index of the command, or -1 after a line. */
static int
read_arguments(struct run *run, int argc, char **argv)
{
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
        switch (c) {
        case 'l':
            add_item(run, "limit=", optarg);
            break;
        case 'p':
            add_profile(run, optarg);
            break;
        case 's':
            add_stats(run, optarg);
            break;
        case 'c':
            if (!add_conf(run, optarg)) {
                return -1;
            }
            break;
        case ':':
            tool_say("run: %s wants a value", argv[optind - 1]);
            return -1;
        default:
            tool_say("run: unknown option '%s'; see 'capheap help run'",
                argv[optind - 1]);
            return -1;
        }
    }
    if (optind == argc) {
        tool_say("run: wants a command; see 'capheap help run'");
        return -1;
    }
    return optind;
}

/* ---- CAPHEAP_CONF ------------------------------------------------------- */

/* The length of the first item, escapes and all, without its comma. */
static size_t
item_length(const char *s)
{
    size_t n = 0;

    while (s[n] != '\0' && s[n] != ',') {
        bool is_escape = s[n] == '\\' && (s[n + 1] == ',' || s[n + 1] == '\\');

        n += is_escape ? 2 : 1;
    }
    return n;
}

/* True when the command line has named the option of the item. */
static bool
is_overridden(const struct run *run, const char *item, size_t n)
{
    size_t skip = strspn(item, " \t");
    size_t end = skip + strcspn(item + skip, "=");

    if (end >= n) {
        return false;
    }
    while (end > skip && (item[end - 1] == ' ' || item[end - 1] == '\t')) {
        end--;
    }
    return ch_options_is_named(&run->reader, item + skip, end - skip);
}

/* Adds what the environment has and the command line has not. */
static void
add_environment(struct run *run)
{
    const char *item = getenv("CAPHEAP_CONF");

    while (item != NULL && *item != '\0') {
        size_t n = item_length(item);

        if (n > 0 && !is_overridden(run, item, n)) {
            if (run->conf.len > 0) {
                ch_text_char(&run->conf, ',');
            }
            ch_text_mem(&run->conf, item, n);
        }
        item += n + (item[n] == ',');
    }
}

/* True when an option about the profile has been named so far. */
static bool
names_profile(const struct ch_options_reader *reader)
{
    return reader->origins[CH_OPTION_PROFILE].turn != 0
           || reader->origins[CH_OPTION_PSRAM].turn != 0
           || reader->region_origins[0].name[0] != '\0';
}

/*
 * Loads the profile for what is to be said of it: an error when the command
 * line has a part in it, else a warning, as for all that the environment says.
 */
static bool
check_profile(struct run *run, bool is_named, bool was_said)
{
    unsigned n_problems = 0;

    if (is_named || !was_said) {
        (void)!ch_profile_load(&run->profile, &run->reader.options, run->work,
            tool_say_problem, &n_problems);
    }
    return !is_named || n_problems == 0;
}

/* Checks the command line strictly, and the rest with warnings. */
static bool
compose_conf(struct run *run)
{
    bool was_said = getenv("CAPHEAP_RUN") != NULL;
    bool is_named;

    ch_options_begin(&run->reader, tool_say_problem, NULL);
    run->reader.is_strict = true;
    ch_options_parse(&run->reader, "command line", run->conf.buf);
    if (run->reader.n_problems > 0) {
        return false;
    }
    is_named = names_profile(&run->reader);
    add_environment(run);
    if (run->conf.cut) {
        tool_say("the options are longer than %u bytes", CH_OPTION_ENV_MAX);
        return false;
    }
    run->reader.is_strict = false;
    run->reader.say = was_said ? NULL : tool_say_problem;
    ch_options_parse_all(&run->reader);
    return check_profile(run, is_named, was_said);
}

/* ---- the start ---------------------------------------------------------- */

static void
keep_finding(void *ctx, enum tool_verdict meaning, const char *line)
{
    struct run *run = ctx;

    if (meaning > run->verdict) {
        run->verdict = meaning;
        snprintf(run->finding, sizeof run->finding, "%s", line);
    }
}

static void
say_active(const struct run *run)
{
    const struct ch_options *options = &run->reader.options;
    char buf[1024];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_text_str(&t, "profile ");
    ch_text_str(&t, options->profile);
    if (options->limit == CH_OPTION_NO_LIMIT) {
        ch_text_str(&t, ", no limit");
    } else {
        ch_text_str(&t, ", limit ");
        ch_text_size(&t, options->limit);
    }
    if (options->programs[0] != '\0') {
        ch_text_str(&t, ", programs ");
        ch_text_str(&t, options->programs);
    }
    tool_say("active: %s (%s)", run->library, buf);
}

/* Puts the library before what LD_PRELOAD has; false when there is no memory
   for it. */
static bool
set_preload(const struct run *run)
{
    const char *before = getenv("LD_PRELOAD");
    char *list = NULL;
    int err;

    if (before == NULL || before[0] == '\0') {
        return setenv("LD_PRELOAD", run->library, 1) == 0;
    }
    if (asprintf(&list, "%s:%s", run->library, before) < 0) {
        return false;
    }
    err = setenv("LD_PRELOAD", list, 1);
    free(list);
    return err == 0;
}

/*
 * The environment goes to the children too: they may take a preload that the
 * program itself does not.  Only one that does harm is left out.
 */
static bool
set_environment(const struct run *run)
{
    if (setenv("CAPHEAP_RUN", "1", 1) != 0) {
        return false;
    }
    if (run->conf.len > 0 && setenv("CAPHEAP_CONF", run->conf.buf, 1) != 0) {
        return false;
    }
    return run->verdict == TOOL_HARMFUL || set_preload(run);
}

static int
start(struct run *run, char **argv)
{
    int err = tool_find_program(argv[0], run->program);

    if (err != 0) {
        tool_say("%s: %s", argv[0], strerror(err));
        return err == ENOENT ? TOOL_NOT_FOUND : TOOL_NOT_EXECUTABLE;
    }
    if (!tool_find_library(run->library)) {
        tool_say_no_library();
        return TOOL_FAILED;
    }
    tool_examine(run->program, run->library, keep_finding, run);
    if (run->verdict == TOOL_TAKES) {
        say_active(run);
    } else {
        tool_say("not active: %s: %s", run->program, run->finding);
    }
    if (!set_environment(run)) {
        tool_say("%s", strerror(errno));
        return TOOL_FAILED;
    }
    execvp(argv[0], argv);
    err = errno;
    tool_say("%s: %s", argv[0], strerror(err));
    return err == ENOENT ? TOOL_NOT_FOUND : TOOL_NOT_EXECUTABLE;
}

int
tool_run(int argc, char **argv)
{
    static struct run run;
    int command;

    ch_text_init(&run.conf, run.conf_buf, sizeof run.conf_buf);
    command = read_arguments(&run, argc, argv);
    if (command < 0 || !compose_conf(&run)) {
        return TOOL_USAGE;
    }
    return start(&run, argv + command);
}
