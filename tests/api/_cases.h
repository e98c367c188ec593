/* SPDX-License-Identifier: MIT */
/*
 * _cases.h - tests that are run under several settings of the library.
 *
 * Options are read once in a process, so every case is this program anew: with
 * CAPHEAP_CONF as the setting and CH_TEST_CASE as the name of the case.  To
 * run one by hand, set both.
 *
 * Cases run without the harness's allocations in their figures: nothing here
 * takes memory in the process of a case.
 */
#ifndef CH_TESTS_API_CASES_H
#define CH_TESTS_API_CASES_H

#include "unit/_unit.h"

#include <fcntl.h>
#include <sys/mman.h>

/* Settings that one case is run under. */
#define CASES_SETTINGS_MAX 16

struct case_row {
    const char *name;
    void (*body)(void);
    /* What stderr must hold when the case ends by abort(); NULL: it must end
       well. */
    const char *aborts;
    const char *settings[CASES_SETTINGS_MAX]; /* ends in NULL, if shorter */
};

/* The program anew, to run one case; does not return. */
static inline void
case_exec(const struct case_row *row, const char *setting, int err)
{
    const struct rlimit no_core = {0, 0};
    char *const argv[] = {(char *)(uintptr_t)row->name, NULL};
    int null = open("/dev/null", O_RDWR);

    setenv("CAPHEAP_CONF", setting, 1);
    setenv("CH_TEST_CASE", row->name, 1);
    dup2(err, STDERR_FILENO);
    dup2(null, STDOUT_FILENO);
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(UNIT_SECONDS);
    execv("/proc/self/exe", argv);
    _exit(126);
}

/* Runs a case; its wait status.  `text` gets its stderr. */
static inline int
case_run(
    const struct case_row *row, const char *setting, char *text, size_t size)
{
    int status = -1;
    int ends[2];
    pid_t pid;

    CHECK(pipe(ends) == 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        case_exec(row, setting, ends[1]);
    }
    CHECK(pid > 0);
    close(ends[1]);
    unit_read_all(ends[0], text, size);
    close(ends[0]);
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static inline bool
case_is_good(const struct case_row *row, int status, const char *text)
{
    if (row->aborts != NULL) {
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT
               && strstr(text, row->aborts) != NULL;
    }
    return WIFEXITED(status)
           && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == UNIT_SKIP);
}

/* Writes why a case failed, as comments of TAP. */
static inline void
case_explain(const struct case_row *row, int status, char *text)
{
    printf("# wait status %#x\n", (unsigned)status);
    if (row->aborts != NULL) {
        printf("# wants an abort after: %s\n", row->aborts);
    }
    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        printf("# %s\n", line);
    }
}

static inline unsigned
case_count(const struct case_row *row)
{
    unsigned n = 0;

    while (n < CASES_SETTINGS_MAX && row->settings[n] != NULL) {
        n++;
    }
    return n;
}

/* One line of TAP; true when it is good. */
static inline bool
case_report(const struct case_row *row, const char *setting, unsigned number)
{
    static char text[8192];
    int status = case_run(row, setting, text, sizeof text);
    bool is_good = case_is_good(row, status, text);
    bool is_skipped = WIFEXITED(status) && WEXITSTATUS(status) == UNIT_SKIP;

    printf("%sok %u - %s [%s]%s\n", is_good ? "" : "not ", number, row->name,
        setting, is_skipped ? " # SKIP" : "");
    if (!is_good) {
        case_explain(row, status, text);
    }
    return is_good;
}

/* What main() returns. */
static inline int
case_main(const struct case_row *rows, size_t n_rows)
{
    const char *wanted = getenv("CH_TEST_CASE");
    unsigned number = 0;
    bool is_good = true;

    for (size_t i = 0; i < n_rows; i++) {
        if (wanted != NULL && strcmp(wanted, rows[i].name) == 0) {
            rows[i].body();
            return 0;
        }
        number += case_count(&rows[i]);
    }
    CHECK(wanted == NULL);
    printf("1..%u\n", number);
    number = 0;
    for (size_t i = 0; i < n_rows; i++) {
        for (unsigned s = 0; s < case_count(&rows[i]); s++) {
            is_good =
                case_report(&rows[i], rows[i].settings[s], ++number) && is_good;
        }
    }
    return is_good ? 0 : 1;
}

/* ---- what a case says on a stream ---------------------------------------- */

struct case_capture {
    FILE *stream;
    int fd;    /* of the stream */
    int saved; /* what the stream wrote to */
};

/* From now on what goes to the stream is kept. */
static inline void
case_capture_begin(struct case_capture *capture, FILE *stream)
{
    int fd = memfd_create("capture", 0);

    CHECK(fd >= 0);
    fflush(stream);
    capture->stream = stream;
    capture->fd = fileno(stream);
    capture->saved = dup(capture->fd);
    dup2(fd, capture->fd);
    close(fd);
}

/* The text since then, cut at `size` - 1 bytes. */
static inline void
case_capture_end(struct case_capture *capture, char *text, size_t size)
{
    fflush(capture->stream);
    lseek(capture->fd, 0, SEEK_SET);
    unit_read_all(capture->fd, text, size);
    dup2(capture->saved, capture->fd);
    close(capture->saved);
}

#endif
