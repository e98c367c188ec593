/* SPDX-License-Identifier: MIT */
/*
 * path.c - where the program and where the library is.
 */
#include <errno.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

#if defined __x86_64__ && defined __ILP32__
# define MULTIARCH "x86_64-linux-gnux32"
#elif defined __x86_64__
# define MULTIARCH "x86_64-linux-gnu"
#elif defined __i386__
# define MULTIARCH "i386-linux-gnu"
#elif defined __aarch64__
# define MULTIARCH "aarch64-linux-gnu"
#elif defined __arm__ && defined __ARM_PCS_VFP
# define MULTIARCH "arm-linux-gnueabihf"
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
# define MULTIARCH "powerpc64le-linux-gnu"
#elif defined __riscv && __riscv_xlen == 64
# define MULTIARCH "riscv64-linux-gnu"
#elif defined __s390x__
# define MULTIARCH "s390x-linux-gnu"
#else
# define MULTIARCH "."
#endif

/* From the folder of the command, in this order. */
static const char *const library_places[] = {
    "libcapheap.so",
    "../lib/libcapheap.so.0",
    "../lib/" MULTIARCH "/libcapheap.so.0",
    "../lib64/libcapheap.so.0",
};

#define N_PLACES (sizeof library_places / sizeof library_places[0])

/* Joins n bytes of a folder ("" is .) and a name; false when too long. */
static bool
join(char path[PATH_MAX], const char *folder, size_t n, const char *name)
{
    int len = snprintf(path, PATH_MAX, "%.*s/%s", n > 0 ? (int)n : 1,
        n > 0 ? folder : ".", name);

    return len > 0 && len < PATH_MAX;
}

static int
check_program(const char *path, bool is_named)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        /* A folder of PATH that is closed to us says nothing about a name. */
        return errno == EACCES && is_named ? EACCES : ENOENT;
    }
    return S_ISREG(st.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

/* Goes through the folders of PATH; EACCES only if there is none better. */
static int
search_path(const char *name, const char *folders, char path[PATH_MAX])
{
    char seen[PATH_MAX];
    int err = ENOENT;

    for (;;) {
        size_t n = strcspn(folders, ":");

        if (n < PATH_MAX && join(path, folders, n, name)) {
            int now = check_program(path, false);

            if (now == 0) {
                return 0;
            }
            if (now == EACCES && err == ENOENT) {
                err = EACCES;
                strcpy(seen, path);
            }
        }
        if (folders[n] == '\0') {
            break;
        }
        folders += n + 1;
    }
    if (err == EACCES) {
        strcpy(path, seen);
    }
    return err;
}

int
tool_find_program(const char *name, char path[PATH_MAX])
{
    const char *folders = getenv("PATH");

    if (name[0] == '\0' || strlen(name) >= PATH_MAX) {
        return ENOENT;
    }
    if (strchr(name, '/') != NULL) {
        strcpy(path, name);
        return check_program(path, true);
    }
    return search_path(name, folders != NULL ? folders : _PATH_STDPATH, path);
}

/* The folder of this command into `folder`; its length, 0 when unknown. */
static size_t
own_folder(char folder[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    char *slash;

    if (n <= 0) {
        return 0;
    }
    folder[n] = '\0';
    slash = strrchr(folder, '/');
    if (slash == NULL) {
        return 0;
    }
    *slash = '\0';
    return (size_t)(slash - folder);
}

/*
 * Absolute, without ".." but with the last name as it is: the soname stays
 * right over an update, and shows in /proc/PID/maps what was asked for.
 */
static bool
take_library(const char *found, char path[PATH_MAX])
{
    char folder[PATH_MAX];
    char real[PATH_MAX];
    const char *slash = strrchr(found, '/');
    const char *name = slash != NULL ? slash + 1 : found;
    struct stat st;

    if (stat(found, &st) != 0 || !S_ISREG(st.st_mode)) {
        return false;
    }
    snprintf(folder, sizeof folder, "%.*s", (int)(name - found), found);
    if (realpath(folder[0] != '\0' ? folder : ".", real) == NULL) {
        return false;
    }
    return join(path, real[1] != '\0' ? real : "", strlen(real), name);
}

bool
tool_find_library(char path[PATH_MAX])
{
    const char *named = getenv("CAPHEAP_LIBRARY");
    char folder[PATH_MAX];
    char found[PATH_MAX];
    size_t n = own_folder(folder);

    for (size_t i = 0; n > 0 && i < N_PLACES; i++) {
        if (join(found, folder, n, library_places[i])
            && take_library(found, path)) {
            return true;
        }
    }
    return named != NULL && named[0] != '\0' && take_library(named, path);
}

void
tool_say_no_library(void)
{
    char folder[PATH_MAX];
    char places[256] = "";

    (void)own_folder(folder);
    for (size_t i = 0; i < N_PLACES; i++) {
        strcat(places, i > 0 ? ", " : "");
        strcat(places, library_places[i]);
    }
    tool_say("the library is not there; looked in %.255s for %s, and at "
             "CAPHEAP_LIBRARY",
        folder, places);
}
