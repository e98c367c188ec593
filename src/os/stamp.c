/* SPDX-License-Identifier: MIT */
/*
 * stamp.c - the precise monotonic clock and the processor, which the vDSO and
 * the thread's area shared with the kernel answer.
 */
#include "os/stamp.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

uint32_t
ch_stamp(void)
{
    struct timespec now = {0, 0};
    int saved = errno;
    uint64_t ns;
    int cpu;

    clock_gettime(CLOCK_MONOTONIC, &now);
    cpu = sched_getcpu();
    errno = saved;
    ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    return ((uint32_t)ns & CH_STAMP_TIME)
           | (cpu > 0 ? (uint32_t)cpu & CH_STAMP_PROCESSOR : 0);
}
