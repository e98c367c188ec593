/* SPDX-License-Identifier: MIT */
/*
 * racy.h - words that one thread writes and others may read at any time.
 *
 * They are relaxed atomics.  Written as such they keep the compiler from
 * using them as operands of an instruction, which costs the fast paths three
 * instructions; so builds for users access them plainly, which on all
 * supported machines is one whole load or store, and builds under the thread
 * sanitizer access them as atomics.
 */
#ifndef CH_BASE_RACY_H
#define CH_BASE_RACY_H

#include <stdint.h>

#ifdef __SANITIZE_THREAD__
# define CH_CONFIG_TSAN 1
#elif defined __has_feature
# if __has_feature(thread_sanitizer)
#  define CH_CONFIG_TSAN 1
# endif
#endif
#ifndef CH_CONFIG_TSAN
# define CH_CONFIG_TSAN 0
#endif

#if CH_CONFIG_TSAN
# define CH_RACY_LOAD(x)     __atomic_load_n(&(x), __ATOMIC_RELAXED)
# define CH_RACY_STORE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#else
# define CH_RACY_LOAD(x)     (x)
# define CH_RACY_STORE(x, v) ((x) = (v))
#endif

/*
 * Counts down a word of this thread's and tells the rest; earlier stores are
 * seen no later than this one.
 */
static inline uint32_t
ch_racy_countdown(uint32_t *word)
{
#if CH_CONFIG_TSAN || !(defined __x86_64__ || defined __i386__)
    uint32_t left = __atomic_load_n(word, __ATOMIC_RELAXED) - 1;

    __atomic_store_n(word, left, __ATOMIC_RELEASE);
    return left;
#else
    /* x86 keeps stores in order; the compiler must as well. */
    __asm__ volatile("" ::: "memory");
    return --*word;
#endif
}

#endif
