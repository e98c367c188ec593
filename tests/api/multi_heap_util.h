/* SPDX-License-Identifier: MIT */
/*
 * multi_heap_util.h - what the tests of multi_heap share.
 *
 * A level of poisoning holds for a process, so a test program runs itself once
 * for each (for_each_level()); the accounting is a heap's, so each test runs
 * with both.
 */
#ifndef CH_TESTS_API_MULTI_HEAP_UTIL_H
#define CH_TESTS_API_MULTI_HEAP_UTIL_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "capheap.h"
#include "multi_heap.h"
#include "testutil.h"

enum level {
    NONE,
    LIGHT,
    COMPREHENSIVE,
};

static const char *const level_names[] = {"none", "light", "comprehensive"};

static const enum capheap_accounting accountings[] = {
    CAPHEAP_ACCOUNTING_HOST, CAPHEAP_ACCOUNTING_DEVICE};

static inline enum level
level(void)
{
    return (enum level)atoi(getenv("CH_TEST_LEVEL"));
}

/* Bytes that poisoning adds to a block: a head of 8, and a tail of 4 which is
   rounded up to the granule. */
static inline size_t
poison(enum capheap_accounting accounting)
{
    if (level() == NONE) {
        return 0;
    }
    return accounting == CAPHEAP_ACCOUNTING_DEVICE ? 12 : 16;
}

/* How many of them are before the block. */
static inline size_t
poison_head(void)
{
    return level() == NONE ? 0 : 8;
}

/* Where blocks are aligned to at least. */
static inline size_t
granule(enum capheap_accounting accounting)
{
    return accounting == CAPHEAP_ACCOUNTING_DEVICE ? 4 : 16;
}

static inline int
run_at(enum level at, char **argv)
{
    char conf[64];
    char number[2] = {(char)('0' + at), 0};
    int status = -1;
    pid_t pid;

    fflush(stdout);
    snprintf(conf, sizeof(conf), "poisoning=%s", level_names[at]);
    pid = fork();
    if (pid == 0) {
        setenv("CAPHEAP_CONF", conf, 1);
        setenv("CH_TEST_LEVEL", number, 1);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return status;
}

/* In the program that was started: runs it at each level and ends it. */
static inline void
for_each_level(char **argv)
{
    int failed = 0;

    if (getenv("CH_TEST_LEVEL") != NULL) {
        return;
    }
    for (enum level at = NONE; at <= COMPREHENSIVE; at++) {
        printf("# poisoning=%s\n", level_names[at]);
        failed |= run_at(at, argv);
    }
    exit(failed != 0);
}

static inline void
for_each_accounting(void (*test)(enum capheap_accounting accounting))
{
    for (size_t i = 0; i < 2; i++) {
        test(accountings[i]);
    }
}

/* What `fn` leaves behind in a child: how it ended, and what it wrote to the
   descriptor `fd`. */
static inline int
run_child(void (*fn)(void *arg), void *arg, int fd, char *text, size_t size)
{
    FILE *out = tmpfile();
    int status = -1;
    size_t n;
    pid_t pid;

    assert_non_null(out);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(fileno(out), fd);
        fn(arg);
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    rewind(out);
    n = fread(text, 1, size - 1, out);
    text[n] = 0;
    fclose(out);
    return status;
}

/* `fn` ends its process by abort(), with a line that has `words` in it. */
static inline void
assert_aborts(void (*fn)(void *arg), void *arg, const char *words)
{
    char text[4096];
    int status = run_child(fn, arg, STDERR_FILENO, text, sizeof(text));

    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
        fail_msg("status 0x%x instead of SIGABRT: %s", status, text);
    }
    if (strstr(text, words) == NULL) {
        fail_msg("\"%s\" is not in: %s", words, text);
    }
}

static inline multi_heap_info_t
info_of(multi_heap_handle_t heap)
{
    multi_heap_info_t info;

    multi_heap_get_info(heap, &info);
    return info;
}

#endif
