/* SPDX-License-Identifier: MIT */
/*
 * _profile.h - what the tests of profiles share: loading, with what is said.
 */
#ifndef CH_TESTS_UNIT_FRONT_PROFILE_H
#define CH_TESTS_UNIT_FRONT_PROFILE_H

#include <sys/stat.h>

#include "base/text.h"
#include "front/profile.h"
#include "unit/_unit.h"

static struct ch_options_reader reader;
static struct ch_profile profile;
static char work[CH_OPTION_FILE_MAX + 1];
static char said[16384];

static inline void
keep_line(void *ctx, struct ch_text *line)
{
    (void)ctx;
    CHECK(strlen(line->buf) < CH_LINE_MAX);
    CHECK(strchr(line->buf, '\n') == NULL);
    strncat(said, line->buf, sizeof said - strlen(said) - 2);
    strcat(said, "\n");
}

/* Loads what the text of a CAPHEAP_CONF names; the options are right. */
static inline int
load(const char *conf)
{
    said[0] = '\0';
    ch_options_begin(&reader, keep_line, NULL);
    ch_options_parse(&reader, "test", conf);
    CHECK_STR(said, "");
    return ch_profile_load(&profile, &reader.options, work, keep_line, NULL);
}

static inline struct ch_profile_region *
region_named(const char *name)
{
    for (unsigned i = 0; i < profile.n_regions; i++) {
        if (strcmp(profile.regions[i].name, name) == 0) {
            return &profile.regions[i];
        }
    }
    return NULL;
}

/* ---- files --------------------------------------------------------------- */

static char folder[] = "/tmp/capheap-profile-XXXXXX";
static char path[64];

static inline void
write_bytes(const char *text, size_t n)
{
    FILE *f;

    snprintf(path, sizeof path, "%s/my.ini", folder);
    unlink(path);
    f = fopen(path, "w");
    CHECK(f != NULL && fwrite(text, 1, n, f) == n && fclose(f) == 0);
    CHECK(chmod(path, 0644) == 0);
}

/* Loads a file of this text. */
static inline int
load_text(const char *text)
{
    char conf[96];

    write_bytes(text, strlen(text));
    snprintf(conf, sizeof conf, "profile=%s", path);
    return load(conf);
}

static inline int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int
remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

#endif
