/* SPDX-License-Identifier: MIT */
/*
 * _unit.h - what the unit tests share.
 *
 * Most modules keep their state in one static struct, so each test runs in a
 * child of its own and finds the state as a new process has it.  CMocka's
 * asserts jump back to its loop, which a child must not do: these tests use
 * CHECK() and CHECK_EQ() instead, which name the place and end the process.
 *
 * CH_TEST_SEED=N repeats a random test; the seed is said when a check fails.
 */
#ifndef CH_TESTS_UNIT_UNIT_H
#define CH_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a child says that it cannot test this here. */
#define UNIT_SKIP 77
/* Seconds that one test may take. */
#define UNIT_SECONDS 60u

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* The random state's first value, once a test asked for it; else 0. */
static uint64_t unit_seed_used;

#define CHECK(c) unit_check((c), #c, __FILE__, __LINE__)
#define CHECK_EQ(a, b) \
 unit_check_eq((uint64_t)(a), (uint64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_STR(a, b) unit_check_str((a), (b), __FILE__, __LINE__)

/* Says what failed and ends this process, or the test in CMocka's own. */
__attribute__((noreturn)) static inline void
unit_fail(const char *what, const char *file, int line)
{
    char text[1024];
    int n = snprintf(text, sizeof text, "%s:%d: %s", file, line, what);

    if (unit_seed_used != 0 && n > 0 && (size_t)n < sizeof text) {
        snprintf(text + n, sizeof text - (size_t)n, " (CH_TEST_SEED=%#llx)",
            (unsigned long long)unit_seed_used);
    }
    dprintf(STDERR_FILENO, "%s\n", text);
    _exit(1);
}

static inline void
unit_check(bool ok, const char *what, const char *file, int line)
{
    if (!ok) {
        unit_fail(what, file, line);
    }
}

static inline void
unit_check_eq(
    uint64_t a, uint64_t b, const char *what, const char *file, int line)
{
    char text[768];

    if (a != b) {
        snprintf(text, sizeof text, "%s: %llu (%#llx) and %llu (%#llx)", what,
            (unsigned long long)a, (unsigned long long)a, (unsigned long long)b,
            (unsigned long long)b);
        unit_fail(text, file, line);
    }
}

static inline void
unit_check_str(const char *a, const char *b, const char *file, int line)
{
    char text[768];

    if (strcmp(a, b) != 0) {
        snprintf(text, sizeof text, "\"%.300s\" is not \"%.300s\"", a, b);
        unit_fail(text, file, line);
    }
}

/* ---- random numbers ------------------------------------------------------ */

/* A state for random numbers: always the same, or what CH_TEST_SEED says. */
static inline uint64_t
unit_seed(uint64_t fallback)
{
    const char *text = getenv("CH_TEST_SEED");

    unit_seed_used = text != NULL ? strtoull(text, NULL, 0) : fallback;
    return unit_seed_used;
}

/* splitmix64: any seed is a good one. */
static inline uint64_t
unit_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline size_t
unit_below(uint64_t *state, size_t limit)
{
    return (size_t)(unit_random(state) % limit);
}

/* ---- children ------------------------------------------------------------ */

/* CMocka catches faults and jumps; a child shall die of them, in time. */
static inline void
unit_child_begin(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};

    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        signal(signals[i], SIG_DFL);
    }
    alarm(UNIT_SECONDS);
}

/* A child that has `body` run and then ends well; its wait status. */
static inline int
unit_child_status(void (*body)(void))
{
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        unit_child_begin();
        body();
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return -1;
    }
    return status;
}

/* Runs the test that CMocka's initial state points to in a child. */
static inline void
unit_run_forked(void **state)
{
    void (*body)(void) = (void (*)(void)) * state;
    int status = unit_child_status(body);

    if (WIFEXITED(status) && WEXITSTATUS(status) == UNIT_SKIP) {
        skip();
    }
    if (WIFSIGNALED(status)) {
        fail_msg("the test died of signal %d", WTERMSIG(status));
    }
    assert_int_equal(status, 0);
}

/* A test `void test(void)` that runs in a child of its own. */
#define forked_test(test)                             \
 {                                                    \
#  test, unit_run_forked, NULL, NULL, (void *)(test), \
 }

/* Reads to the end of fd; the text is cut at `size` - 1 bytes. */
static inline void
unit_read_all(int fd, char *text, size_t size)
{
    size_t n = 0;
    ssize_t got;

    while (n + 1 < size && (got = read(fd, text + n, size - 1 - n)) > 0) {
        n += (size_t)got;
    }
    text[n] = '\0';
}

/* The wait status of a child that runs `body`; `text` gets its stderr. */
static inline int
unit_child_says(void (*body)(void), char *text, size_t size)
{
    const struct rlimit no_core = {0, 0};
    int status = 0;
    int ends[2];
    pid_t pid;

    CHECK(pipe(ends) == 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        unit_child_begin();
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        body();
        _exit(0);
    }
    CHECK(pid > 0);
    close(ends[1]);
    unit_read_all(ends[0], text, size);
    close(ends[0]);
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

/* Checks that `body` aborts and that stderr is one line that begins so. */
static inline void
unit_check_aborts(void (*body)(void), const char *begin)
{
    char text[2048];
    char want[600];
    int status = unit_child_says(body, text, sizeof text);

    if (strncmp(text, begin, strlen(begin)) != 0) {
        CHECK_STR(text, begin);
    }
    snprintf(want, sizeof want, "one line: %s", text);
    unit_check(strchr(text, '\n') == text + strlen(text) - 1, want, __FILE__,
        __LINE__);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGABRT);
}

/* ---- threads ------------------------------------------------------------- */

static inline pthread_t
unit_thread_start(void *(*body)(void *), void *arg)
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, body, arg) == 0);
    return thread;
}

/* Runs `body` in another thread to its end. */
static inline void
unit_on_thread(void *(*body)(void *), void *arg)
{
    CHECK(pthread_join(unit_thread_start(body, arg), NULL) == 0);
}

/* A step that threads wait for; initialise with zeros. */
struct unit_step {
    uint32_t reached; /* atomic */
};

static inline void
unit_step_reach(struct unit_step *step)
{
    __atomic_add_fetch(&step->reached, 1, __ATOMIC_RELEASE);
}

/* Waits until the step has been reached n times. */
static inline void
unit_step_wait(const struct unit_step *step, uint32_t n)
{
    while (__atomic_load_n(&step->reached, __ATOMIC_ACQUIRE) < n) {
        usleep(100);
    }
}

/* ---- memory -------------------------------------------------------------- */

static inline bool
unit_is_filled(const void *p, size_t n, unsigned char byte)
{
    const unsigned char *b = p;

    return n == 0 || (b[0] == byte && memcmp(b, b + 1, n - 1) == 0);
}

/* Sets CMocka up; every main() begins with it. */
static inline void
unit_begin(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
}

#endif
