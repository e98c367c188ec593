/* SPDX-License-Identifier: MIT */
/*
 * clock.c - the coarse monotonic clock, which the vDSO answers.
 */
#include "os/clock.h"

#include <errno.h>
#include <time.h>

uint64_t
ch_clock_ms(void)
{
    struct timespec now = {0, 0};
    int saved = errno;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    errno = saved;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
