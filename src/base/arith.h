/* SPDX-License-Identifier: MIT */
/*
 * arith.h - checked size arithmetic and powers of two.
 *
 * Sizes that come from a caller go through ch_add_size() and ch_mul_size().
 */
#ifndef CH_BASE_ARITH_H
#define CH_BASE_ARITH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

#define CH_KIB ((size_t)1 << 10)
#define CH_MIB ((size_t)1 << 20)
#define CH_GIB ((size_t)1 << 30)

/* False when a + b does not fit; then *sum is unspecified. */
CH_NODISCARD static inline bool
ch_add_size(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

/* False when a * b does not fit; then *product is unspecified. */
CH_NODISCARD static inline bool
ch_mul_size(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

/* a * b, or SIZE_MAX when that does not fit. */
static inline size_t
ch_mul_or_max(size_t a, size_t b)
{
    size_t product;

    return ch_mul_size(a, b, &product) ? product : SIZE_MAX;
}

static inline bool
ch_is_pow2(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* Rounds down to a multiple of `align`, a power of two. */
static inline size_t
ch_align_down(size_t n, size_t align)
{
    return n & ~(align - 1);
}

/* Rounds up to a multiple of `align`, a power of two.  May wrap. */
static inline size_t
ch_align_up(size_t n, size_t align)
{
    return (n + align - 1) & ~(align - 1);
}

static inline bool
ch_is_aligned(const void *p, size_t align)
{
    return ((uintptr_t)p & (align - 1)) == 0;
}

static inline size_t
ch_min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t
ch_max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Index of the highest set bit; n is not 0. */
static inline unsigned
ch_log2(size_t n)
{
    return (unsigned)(8 * sizeof n - 1) - (unsigned)__builtin_clzl(n);
}

/* How many bits are set.  By hand: without an instruction for it the compiler
   calls a function that lies far from all others. */
static inline unsigned
ch_count_bits(uint64_t n)
{
    const uint64_t ones = UINT64_MAX / 255;

    n -= n >> 1 & ones * 0x55;
    n = (n & ones * 0x33) + (n >> 2 & ones * 0x33);
    n = (n + (n >> 4)) & ones * 0x0f;
    return (unsigned)(n * ones >> 56);
}

/* The smallest power of two not below n; n is at most SIZE_MAX / 2 + 1. */
static inline size_t
ch_pow2_up(size_t n)
{
    return n <= 1 ? 1 : (size_t)1 << (ch_log2(n - 1) + 1);
}

#endif
