/* SPDX-License-Identifier: MIT */
/*
 * clock.h - time that never goes back.
 */
#ifndef CH_OS_CLOCK_H
#define CH_OS_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment; coarse (a tick of the kernel) and cheap. */
uint64_t ch_clock_ms(void);

#endif
