/* SPDX-License-Identifier: MIT */
/*
 * faultutil.h - what the fault programs share.
 *
 * Each program runs with whatever malloc it finds (LD_PRELOAD puts capheap
 * there), ends with 0 when all held, and kills itself when it hangs.
 */
#ifndef CH_TESTS_FAULT_FAULTUTIL_H
#define CH_TESTS_FAULT_FAULTUTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

/* Not assert(): it must hold in every build and tell errno. */
#define CHECK(condition)                         \
 do {                                            \
  if (!(condition)) {                            \
   fault_failed(__FILE__, __LINE__, #condition); \
  }                                              \
 } while (0)

static inline void
fault_failed(const char *file, int line, const char *what)
{
    dprintf(2, "%s:%d: %s does not hold (errno %d)\n", file, line, what, errno);
    _exit(1);
}

/* A program that hangs is killed by SIGALRM. */
static inline void
fault_watchdog(unsigned seconds)
{
    alarm(seconds);
}

static inline uint64_t
rng_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline size_t
rng_below(uint64_t *state, size_t limit)
{
    return (size_t)(rng_next(state) % limit);
}

static inline size_t
rng_log_size(uint64_t *state, unsigned max_bits)
{
    unsigned bits = (unsigned)rng_below(state, max_bits) + 1;

    return (size_t)(rng_next(state) & (((uint64_t)1 << bits) - 1)) + 1;
}

static inline bool
is_filled(const unsigned char *p, size_t n, unsigned char byte)
{
    return n == 0 || (p[0] == byte && memcmp(p, p + 1, n - 1) == 0);
}

/* A number of a file in /proc, in KiB. */
static inline size_t
fault_proc_kib(const char *path, const char *key)
{
    static char text[8192];
    FILE *f = fopen(path, "r");
    size_t value = 0;

    CHECK(f != NULL);
    while (fgets(text, sizeof(text), f) != NULL) {
        if (strncmp(text, key, strlen(key)) == 0) {
            value = strtoul(text + strlen(key), NULL, 10);
            break;
        }
    }
    fclose(f);
    return value;
}

static inline size_t
fault_rss_kib(void)
{
    return fault_proc_kib("/proc/self/status", "VmRSS:");
}

static inline size_t
fault_vsize(void)
{
    return fault_proc_kib("/proc/self/status", "VmSize:") * KIB;
}

static inline size_t
fault_n_maps(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    size_t n = 0;
    int c;

    CHECK(f != NULL);
    while ((c = getc(f)) != EOF) {
        n += c == '\n';
    }
    fclose(f);
    return n;
}

/* Waits for a child that must end with 0. */
static inline void
fault_wait_ok(pid_t pid)
{
    int status = -1;

    CHECK(pid > 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    if (status != 0) {
        dprintf(2, "child ended with status %#x\n", (unsigned)status);
    }
    CHECK(status == 0);
}

#endif
