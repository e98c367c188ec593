/* SPDX-License-Identifier: MIT */
/*
 * syscall.h - system calls without errno.
 *
 * A raw call returns -errno, so free() need not save errno round it, and a
 * preloaded mmap() hook cannot come back into the allocator.  On machines
 * without a sequence of their own here libc's syscall() does it.
 */
#ifndef CH_OS_SYSCALL_H
#define CH_OS_SYSCALL_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__ && !defined __ILP32__
static inline long
ch_syscall(long n, long a, long b, long c, long d, long e, long f)
{
    long ret;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;

    __asm__ volatile(
        "syscall"
        : "=a"(ret)
        : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
        : "rcx", "r11", "memory");
    return ret;
}
#elif defined __aarch64__
static inline long
ch_syscall(long n, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;

    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
static inline long
ch_syscall(long n, long a, long b, long c, long d, long e, long f)
{
    int saved = errno;
    long ret = syscall(n, a, b, c, d, e, f);

    if (ret == -1) {
        ret = -errno;
    }
    errno = saved;
    return ret;
}
#endif

/* Calls that fail return -4095 .. -1. */
static inline int
ch_syscall_error(long ret)
{
    return (unsigned long)ret > -4096UL ? (int)ret : 0;
}

#endif
