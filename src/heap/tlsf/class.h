/* SPDX-License-Identifier: MIT */
/*
 * class.h - the classes of free blocks, numbered in the order of sizes.
 *
 * Sizes are in granules of payload.  Below SL = 2^sl_log every size is a class
 * of its own.  From there on each power of two is cut into SL classes of the
 * same width: the first level is the highest bit, the second one the sl_log
 * bits below it.  Both levels make one number,
 *
 *     c = (log2 of the width) * SL + n / width
 *
 * so class c has its place in a bitmap of words whatever SL is.
 */
#ifndef CH_HEAP_TLSF_CLASS_H
#define CH_HEAP_TLSF_CLASS_H

#include <stddef.h>
#include <stdint.h>

/* log2 of SL is at most this. */
#define CH_CLASS_SL_LOG_MAX 5u

/* log2 of how many sizes share the class of n. */
static inline unsigned
ch_class_width_log(size_t n, unsigned sl_log)
{
    /* As an exclusive or it is the machine's one instruction. */
    return (63u ^ (unsigned)__builtin_clzl(n | (size_t)1 << sl_log)) - sl_log;
}

_Static_assert(sizeof(long) == 8, "the highest bit of a long is bit 63");

/* The class of a free block of n granules.  Below 2 * SL classes are as wide as
   a granule, and most blocks are there. */
static inline size_t
ch_class_of(size_t n, unsigned sl_log)
{
    unsigned width_log;

    if (n >> sl_log <= 1) {
        return n;
    }
    width_log = ch_class_width_log(n, sl_log);
    return ((size_t)width_log << sl_log) + (n >> width_log);
}

/* The lowest class of which every block has room for n granules.  `*rounded`
   gets its smallest size. */
static inline size_t
ch_class_above(size_t n, unsigned sl_log, size_t *rounded)
{
    unsigned width_log = ch_class_width_log(n, sl_log);
    size_t widths = (n + ((size_t)1 << width_log) - 1) >> width_log;

    *rounded = widths << width_log;
    /* Also right when widths is 2 * SL: the next power of two begins there. */
    return ((size_t)width_log << sl_log) + widths;
}

/* The smallest size of class c. */
static inline size_t
ch_class_first(size_t c, unsigned sl_log)
{
    size_t sl = (size_t)1 << sl_log;
    size_t level = c >> sl_log;

    return level == 0 ? c : (sl + (c & (sl - 1))) << (level - 1);
}

#endif
