/* SPDX-License-Identifier: MIT */
/*
 * launch - runs one command under a preloaded library and records its cost.
 *
 *     BENCH_PRELOAD=lib.so BENCH_RESULT=file launch command [argument...]
 *
 * Only the command sees LD_PRELOAD: neither this process nor the shell that
 * called it runs on the allocator under test.  One line is appended to the
 * result file (standard error if none is named):
 *
 *     run WALL_NS USER_US SYS_US PEAK_KIB STATUS
 *
 * A process's ru_maxrss starts at the peak of the process that forked it, so
 * the parent has to be smaller than anything worth measuring.  This one is
 * linked statically and uses vfork, for that reason and no other.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The shell's codes for a command that cannot be run and for a signal. */
enum {
    EXIT_NO_EXEC = 127,
    EXIT_SIGNAL_BASE = 128
};

struct cost {
    int64_t wall_ns;
    struct rusage usage;
    int status;
};

static int64_t
clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
timeval_us(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/*
 * Turns our own environment into the child's.  This process is past its own
 * loading, so LD_PRELOAD cannot reach it any more.
 */
static void
prepare_environment(const char *preload)
{
    unsetenv("BENCH_PRELOAD");
    unsetenv("BENCH_RESULT");
    if (preload != NULL && preload[0] != '\0') {
        setenv("LD_PRELOAD", preload, 1);
    } else {
        unsetenv("LD_PRELOAD");
    }
}

/* Returns 0, or -1 if no child could be made or waited for. */
static int
run_command(char **argv, struct cost *cost)
{
    const int64_t start = clock_ns();
    const pid_t pid = vfork();

    if (pid < 0) {
        return -1;
    }
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(EXIT_NO_EXEC);
    }
    while (wait4(pid, &cost->status, 0, &cost->usage) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    cost->wall_ns = clock_ns() - start;
    return 0;
}

static int
exit_code(int status)
{
    if (WIFSIGNALED(status)) {
        return EXIT_SIGNAL_BASE + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
}

/* Returns 0, or -1 if the line could not be written. */
static int
write_result(const char *path, const struct cost *cost)
{
    FILE *out = path != NULL ? fopen(path, "a") : stderr;
    int printed;

    if (out == NULL) {
        return -1;
    }
    printed = fprintf(out, "run %lld %lld %lld %ld %d\n",
        (long long)cost->wall_ns, (long long)timeval_us(cost->usage.ru_utime),
        (long long)timeval_us(cost->usage.ru_stime), cost->usage.ru_maxrss,
        exit_code(cost->status));
    if (out != stderr && fclose(out) != 0) {
        return -1;
    }
    return printed < 0 ? -1 : 0;
}

int
main(int argc, char **argv)
{
    const char *preload = getenv("BENCH_PRELOAD");
    const char *result = getenv("BENCH_RESULT");
    struct cost cost;

    if (argc < 2) {
        fprintf(stderr, "usage: launch command [argument...]\n");
        return EXIT_NO_EXEC;
    }
    /* The strings outlive unsetenv(): it drops pointers, not storage. */
    prepare_environment(preload);
    if (run_command(argv + 1, &cost) != 0) {
        perror("launch");
        return EXIT_NO_EXEC;
    }
    if (write_result(result, &cost) != 0) {
        perror("launch: result file");
        return EXIT_NO_EXEC;
    }
    return exit_code(cost.status);
}
