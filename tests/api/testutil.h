/* SPDX-License-Identifier: MIT */
/*
 * testutil.h - what the libc and capheap facade tests share.
 *
 * The tests also run against the C library's own malloc, to prove the tests:
 * with CH_TEST_GLIBC=1 in the environment rows that only capheap promises are
 * left out.  CH_TEST_SEED=N repeats a random run.
 */
#ifndef CH_TESTS_API_TESTUTIL_H
#define CH_TESTS_API_TESTUTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

static inline bool
test_on_glibc(void)
{
    return getenv("CH_TEST_GLIBC") != NULL;
}

static inline uint64_t
test_seed(uint64_t fallback)
{
    const char *text = getenv("CH_TEST_SEED");

    return text != NULL ? strtoull(text, NULL, 0) : fallback;
}

/* splitmix64: any seed is a good one. */
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

/* A size whose logarithm is uniform: as many small ones as large ones. */
static inline size_t
rng_log_size(uint64_t *state, unsigned max_bits)
{
    unsigned bits = (unsigned)rng_below(state, max_bits) + 1;

    return (size_t)(rng_next(state) & (((uint64_t)1 << bits) - 1));
}

static inline bool
is_filled(const unsigned char *p, size_t n, unsigned char byte)
{
    return n == 0 || (p[0] == byte && memcmp(p, p + 1, n - 1) == 0);
}

static inline bool
is_aligned(const void *p, size_t alignment)
{
    return ((uintptr_t)p & (alignment - 1)) == 0;
}

#endif
