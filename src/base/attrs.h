/* SPDX-License-Identifier: MIT */
/*
 * attrs.h - names for the compiler's attributes.
 *
 * CH_FAST and CH_SLOW stand in a declaration as a promise: a CH_FAST function
 * is short, branches once or twice and ends in a tail call to its CH_SLOW
 * twin, which has the same arguments.
 */
#ifndef CH_BASE_ATTRS_H
#define CH_BASE_ATTRS_H

#define CH_LIKELY(c)   __builtin_expect(!!(c), 1)
#define CH_UNLIKELY(c) __builtin_expect(!!(c), 0)

/* Tells the compiler what it cannot see. */
#define CH_ASSUME(c) ((c) ? (void)0 : __builtin_unreachable())

#define CH_FAST         static inline __attribute__((always_inline))
#define CH_SLOW         __attribute__((noinline, cold))
#define CH_NOINLINE     __attribute__((noinline))
#define CH_HOT          __attribute__((hot, aligned(64)))
#define CH_NODISCARD    __attribute__((warn_unused_result))
#define CH_NORETURN     __attribute__((noreturn))
#define CH_UNUSED       __attribute__((unused))
#define CH_ALIGNED(n)   __attribute__((aligned(n)))
#define CH_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Another name for a function of the same file. */
#if defined __clang__
# define CH_ALIAS(of) __attribute__((alias(# of)))
# define CH_ALIASES_OF_OTHER_TYPES
#else
# define CH_ALIAS(of) __attribute__((alias(# of), copy(of)))
/* From here on an alias may take more arguments than its function reads. */
# define CH_ALIASES_OF_OTHER_TYPES \
  _Pragma("GCC diagnostic ignored \"-Wattribute-alias\"")
#endif

/* Where the function that stands in the source here returns to. */
#define CH_CALLER __builtin_return_address(0)

/* Exported from the shared library; everything else is hidden. */
#define CH_API __attribute__((visibility("default")))

/*
 * Initial-exec: one load from the GOT and no call.  The whole library may use
 * 64 bytes of static TLS, so that a dlopen() of it works late.
 */
#define CH_TLS __thread __attribute__((tls_model("initial-exec")))

/* The alignment that every block has at least, in bytes. */
#define CH_MIN_ALIGN 16u

#endif
