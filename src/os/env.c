/* SPDX-License-Identifier: MIT */
/*
 * env.c - the environment, read by hand.
 *
 * The first malloc of a process may come before libc has set `environ`; then
 * /proc/self/environ, which the kernel filled, has the same words.
 */
#include "os/env.h"

#include <errno.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"

/* Long enough for every value of ours; longer environments are cut. */
static char early_env[8192];

bool
ch_env_is_secure(void)
{
    return getauxval(AT_SECURE) != 0;
}

/* The value if `entry` is NAME=value, else NULL. */
static const char *
entry_value(const char *entry, const char *name)
{
    const char *rest = ch_str_after(entry, name);

    return rest != NULL && *rest == '=' ? rest + 1 : NULL;
}

/* Caller: the library's start, once; the answer points into early_env. */
static const char *
early_get(const char *name)
{
    long n = ch_file_read("/proc/self/environ", early_env, sizeof early_env - 1,
        CH_FILE_ANY_OWNER);

    for (long i = 0; i < n; i++) {
        const char *value = entry_value(early_env + i, name);

        i += (long)ch_str_len(early_env + i);
        /* What ends with the buffer may have been cut. */
        if (value != NULL && i < (long)sizeof early_env - 1) {
            return value;
        }
    }
    return NULL;
}

const char *
ch_env_get(const char *name)
{
    if (ch_env_is_secure()) {
        return NULL;
    }
    if (environ == NULL) {
        return early_get(name);
    }
    for (char **entry = environ; *entry != NULL; entry++) {
        const char *value = entry_value(*entry, name);

        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}

const char *
ch_env_program(void)
{
    const char *path = (const char *)getauxval(AT_EXECFN);
    const char *name = path;

    if (path == NULL) {
        return "";
    }
    for (; *path != '\0'; path++) {
        if (*path == '/') {
            name = path + 1;
        }
    }
    return name;
}
