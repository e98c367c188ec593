/* SPDX-License-Identifier: MIT */
/*
 * examine.c - would a preloaded library be this program's malloc?
 *
 * Each check tells what it finds in one line that also says what to do.  The
 * order of lookup that all of it rests on: the executable itself, then
 * LD_PRELOAD from left to right, then what the executable is linked with.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "elf_image.h"
#include "tool.h"

/* A script may be run by a script; Linux stops at about as many. */
#define SCRIPTS_MAX 4
/* Linux reads no more of a #! line. */
#define SCRIPT_LINE_MAX 255

struct exam {
    const char *path; /* of the file now examined */
    const char *library;
    enum tool_verdict verdict;
    void (*tell)(void *ctx, enum tool_verdict meaning, const char *line);
    void *ctx;
    bool is_final; /* nothing further can be learned */
};

/* Libraries that bring a malloc, by the start of their file name. */
static const struct rival {
    const char *prefix;
    const char *name;
    bool is_sanitizer;
} rivals[] = {
    {"libasan.so", "AddressSanitizer", true},
    {"libclang_rt.asan", "AddressSanitizer", true},
    {"libtsan.so", "ThreadSanitizer", true},
    {"libclang_rt.tsan", "ThreadSanitizer", true},
    {"liblsan.so", "LeakSanitizer", true},
    {"libclang_rt.lsan", "LeakSanitizer", true},
    {"libhwasan.so", "HWAddressSanitizer", true},
    {"libclang_rt.hwasan", "HWAddressSanitizer", true},
    {"libjemalloc", "jemalloc", false},
    {"libtcmalloc", "tcmalloc", false},
    {"libmimalloc", "mimalloc", false},
    {"librpmalloc", "rpmalloc", false},
    {"libsnmalloc", "snmalloc", false},
    {"libscudo", "scudo", false},
    {"libhoard", "Hoard", false},
    {"libtbbmalloc_proxy", "tbbmalloc", false},
    {"libc_malloc_debug.so", "glibc's malloc debugging", false},
};

/* Functions that a sanitizer linked into the executable itself shows. */
static const struct {
    const char *function;
    const char *name;
} built_in_sanitizers[] = {
    {"__asan_init", "AddressSanitizer"},
    {"__tsan_init", "ThreadSanitizer"},
    {"__msan_init", "MemorySanitizer"},
    {"__hwasan_init", "HWAddressSanitizer"},
    {"__lsan_init", "LeakSanitizer"},
};

#define N_OF(array) (sizeof(array) / sizeof(array)[0])

CH_PRINTF(3, 4)
static void
find(struct exam *exam, enum tool_verdict meaning, const char *format, ...)
{
    char line[PATH_MAX + 512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    tool_make_line(line);
    if (meaning > exam->verdict) {
        exam->verdict = meaning;
    }
    exam->tell(exam->ctx, meaning, line);
}

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static const struct rival *
find_rival(const char *path)
{
    const char *name = base_name(path);

    for (size_t i = 0; i < N_OF(rivals); i++) {
        if (strncmp(name, rivals[i].prefix, strlen(rivals[i].prefix)) == 0) {
            return &rivals[i];
        }
    }
    return NULL;
}

/* ---- rights ------------------------------------------------------------- */

/* A program that gains rights at its start takes no preload by path. */
static void
check_rights(struct exam *exam)
{
    struct stat st;
    bool is_setuid;
    bool is_setgid;

    if (stat(exam->path, &st) != 0) {
        return;
    }
    is_setuid = (st.st_mode & S_ISUID) != 0 && st.st_uid != getuid();
    is_setgid = (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)
                && st.st_gid != getgid();
    if (is_setuid || is_setgid) {
        find(exam, TOOL_TAKES_NOT,
            "%s: the loader drops a preload there; link it with -lcapheap, "
            "or run a copy without the bit",
            is_setuid ? "setuid" : "setgid");
    }
    if (getuid() != 0
        && getxattr(exam->path, "security.capability", NULL, 0) > 0) {
        find(exam, TOOL_TAKES_NOT,
            "has file capabilities: the loader drops a preload there; link "
            "it with -lcapheap, or run a copy, which has none");
    }
}

/* ---- ELF ---------------------------------------------------------------- */

static void
check_interpreter(struct exam *exam, const struct elf_image *image)
{
    static struct elf_image own;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool is_known = fd >= 0 && elf_image_read(&own, fd) == ELF_KIND_OK;

    if (fd >= 0) {
        close(fd);
    }
    if (access(image->interpreter, F_OK) != 0) {
        find(exam, TOOL_TAKES_NOT,
            "its loader %s is missing, it cannot start; install the libc "
            "that it was built for",
            image->interpreter);
        exam->is_final = true;
        return;
    }
    if (is_known && own.interpreter[0] != '\0'
        && strcmp(base_name(own.interpreter), base_name(image->interpreter))
               != 0) {
        find(exam, TOOL_HARMFUL,
            "runs on another libc (its loader is %s); build libcapheap for "
            "that libc",
            image->interpreter);
        exam->is_final = true;
    }
}

/*
 * The library hands malloc on to a sanitizer, and tells the address sanitizer
 * not to insist on being first, unless the program has told it other things.
 */
static void
find_sanitizer(
    struct exam *exam, const struct elf_image *image, const char *name)
{
    find(exam, TOOL_TAKES_NOT,
        "built with %s, which keeps malloc; build it without, or call "
        "capheap_malloc()",
        name);
    if (elf_image_defines(image, "__asan_default_options")) {
        find(exam, TOOL_HARMFUL,
            "has an __asan_default_options() of its own; add "
            "verify_asan_link_order=0 to what it returns");
    }
}

static void
check_needed(struct exam *exam, const struct elf_image *image)
{
    for (unsigned i = 0; i < image->n_needed; i++) {
        char name[ELF_NAME_MAX];
        const struct rival *rival;

        if (!elf_image_needed(image, i, name)) {
            find(exam, TOOL_TAKES_NOT,
                "damaged: the names of its libraries are not readable; "
                "build or fetch it again");
            exam->is_final = true;
            return;
        }
        rival = find_rival(name);
        if (rival != NULL && rival->is_sanitizer) {
            find_sanitizer(exam, image, rival->name);
        } else if (rival != NULL) {
            find(exam, TOOL_TAKES,
                "linked with %s (%s): the preload comes first and wins; "
                "relink without it if calls of its own functions fail",
                name, rival->name);
        }
    }
}

static void
check_own_malloc(struct exam *exam, const struct elf_image *image)
{
    for (size_t i = 0; i < N_OF(built_in_sanitizers); i++) {
        if (elf_image_defines(image, built_in_sanitizers[i].function)) {
            find(exam, TOOL_TAKES_NOT,
                "built with %s, which keeps malloc; build it without, or "
                "call capheap_malloc()",
                built_in_sanitizers[i].name);
            return;
        }
    }
    if (elf_image_defines(image, "malloc")) {
        find(exam, TOOL_TAKES_NOT,
            "defines malloc itself, and the executable comes before any "
            "preload; build it without its own allocator");
    }
}

static void
check_linked(struct exam *exam, const struct elf_image *image)
{
    if (image->interpreter[0] == '\0') {
        find(exam, TOOL_TAKES_NOT,
            "linked statically, so nothing can be preloaded; link it "
            "dynamically, or with libcapheap.a");
        exam->is_final = true;
        return;
    }
    check_interpreter(exam, image);
    if (!exam->is_final) {
        check_own_malloc(exam, image);
        check_needed(exam, image);
    }
}

static void
check_elf(struct exam *exam, const struct elf_image *image, enum elf_kind kind)
{
    switch (kind) {
    case ELF_KIND_NONE:
        find(exam, TOOL_TAKES_NOT,
            "neither an ELF program nor a script with a #! line; name the "
            "program that runs it");
        exam->is_final = true;
        break;
    case ELF_KIND_FOREIGN:
        find(exam, TOOL_HARMFUL,
            "a %u-bit program of another kind than the library; build "
            "libcapheap for its machine",
            image->bits);
        exam->is_final = true;
        break;
    case ELF_KIND_BROKEN:
        find(exam, TOOL_TAKES_NOT,
            "damaged: its ELF headers do not fit the file; build or fetch it "
            "again");
        exam->is_final = true;
        break;
    case ELF_KIND_OK:
        check_linked(exam, image);
        break;
    }
}

/* ---- scripts ------------------------------------------------------------ */

/* The next word of a #! line, ended in place; NULL when there is none. */
static char *
next_word(char **at)
{
    char *word = *at + strspn(*at, " \t");
    size_t n = strcspn(word, " \t");

    if (n == 0) {
        return NULL;
    }
    *at = word + n + (word[n] != '\0');
    word[n] = '\0';
    return word;
}

/* What env(1) would run: the first word that is no option or assignment. */
static const char *
env_command(char *rest, char path[PATH_MAX])
{
    char *word;

    while ((word = next_word(&rest)) != NULL) {
        if (word[0] == '-' || strchr(word, '=') != NULL) {
            continue;
        }
        return tool_find_program(word, path) == 0 ? path : NULL;
    }
    return NULL;
}

/* The program that runs the script into `path`; false when it is no script. */
static bool
read_script(struct exam *exam, int fd, char path[PATH_MAX])
{
    char line[SCRIPT_LINE_MAX + 1];
    ssize_t n = pread(fd, line, SCRIPT_LINE_MAX, 0);
    char *rest = line + 2;
    const char *word;

    if (n < 2 || line[0] != '#' || line[1] != '!') {
        return false;
    }
    line[n] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    word = next_word(&rest);
    if (word != NULL && strcmp(base_name(word), "env") == 0) {
        word = env_command(rest, path);
    }
    if (word == NULL || access(word, X_OK) != 0) {
        find(exam, TOOL_TAKES_NOT,
            "a script whose #! line names no program that can be started; "
            "correct that line");
        exam->is_final = true;
        return true;
    }
    if (word != path) {
        snprintf(path, PATH_MAX, "%s", word);
    }
    find(exam, TOOL_TAKES, "a script; it is %s that runs", path);
    return true;
}

/* ---- all of it ---------------------------------------------------------- */

/* The file, or for a script what runs it.  The descriptor, or -1. */
static int
open_program(struct exam *exam, char path[PATH_MAX])
{
    for (int i = 0; i < SCRIPTS_MAX; i++) {
        int fd = open(exam->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0) {
            find(exam, TOOL_TAKES_NOT,
                "may not be read, so only a try can tell (%s)",
                strerror(errno));
            return -1;
        }
        if (!read_script(exam, fd, path)) {
            return fd;
        }
        close(fd);
        if (exam->is_final) {
            return -1;
        }
        exam->path = path;
    }
    find(exam, TOOL_TAKES_NOT, "scripts that run scripts without end");
    return -1;
}

static void
check_program(struct exam *exam)
{
    static struct elf_image image;
    char path[PATH_MAX];
    int fd = open_program(exam, path);
    enum elf_kind kind;

    if (fd < 0) {
        return;
    }
    check_rights(exam);
    kind = elf_image_read(&image, fd);
    check_elf(exam, &image, kind);
    close(fd);
}

/* What LD_PRELOAD names already comes after us. */
static void
check_environment(struct exam *exam)
{
    const char *list = getenv("LD_PRELOAD");

    while (list != NULL && *list != '\0') {
        size_t n = strcspn(list, ": ");
        char name[PATH_MAX];
        const struct rival *rival;

        snprintf(name, sizeof name, "%.*s", (int)n, list);
        rival = find_rival(name);
        if (rival != NULL && rival->is_sanitizer) {
            find(exam, TOOL_TAKES_NOT,
                "LD_PRELOAD names %s (%s), which keeps malloc; take it out "
                "of there",
                name, rival->name);
        } else if (rival != NULL) {
            find(exam, TOOL_TAKES,
                "LD_PRELOAD names %s (%s): capheap goes before it and wins; "
                "take it out of there",
                name, rival->name);
        }
        list += n + (list[n] != '\0');
    }
}

static void
check_library(struct exam *exam)
{
    static struct elf_image image;
    int fd = open(exam->library, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        find(exam, TOOL_HARMFUL, "the library %s may not be read (%s)",
            exam->library, strerror(errno));
        return;
    }
    if (elf_image_read(&image, fd) != ELF_KIND_OK
        || !elf_image_defines(&image, "malloc")) {
        find(exam, TOOL_HARMFUL,
            "the library %s is damaged, or no malloc for this machine; "
            "install it again",
            exam->library);
    }
    /* The loader splits LD_PRELOAD there and knows no quotes. */
    if (strpbrk(exam->library, ": ") != NULL) {
        find(exam, TOOL_HARMFUL,
            "the library's path %s has a space or colon, which LD_PRELOAD "
            "cannot hold; move it",
            exam->library);
    }
    close(fd);
}

enum tool_verdict
tool_examine(const char *path, const char *library,
    void (*tell)(void *ctx, enum tool_verdict meaning, const char *line),
    void *ctx)
{
    struct exam exam = {
        .path = path,
        .library = library,
        .verdict = TOOL_TAKES,
        .tell = tell,
        .ctx = ctx,
    };

    check_library(&exam);
    check_program(&exam);
    check_environment(&exam);
    return exam.verdict;
}
