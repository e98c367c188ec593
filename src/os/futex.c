/* SPDX-License-Identifier: MIT */
/*
 * futex.c - the system call behind the locks.
 */
#include "os/futex.h"

#include <linux/futex.h>

#include "os/syscall.h"

void
ch_futex_wait(const uint32_t *word, uint32_t value)
{
    ch_syscall(
        __NR_futex, (long)word, FUTEX_WAIT_PRIVATE, (long)value, 0, 0, 0);
}

void
ch_futex_wake(const uint32_t *word)
{
    ch_syscall(__NR_futex, (long)word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}
