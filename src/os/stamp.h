/* SPDX-License-Identifier: MIT */
/*
 * stamp.h - when and where something happened, in 32 bits.
 */
#ifndef CH_OS_STAMP_H
#define CH_OS_STAMP_H

#include <stdint.h>

/* Bits of a stamp that are time; the lowest one is the processor's. */
#define CH_STAMP_TIME      (~UINT32_C(3))
#define CH_STAMP_PROCESSOR UINT32_C(1)

/*
 * Nanoseconds since some moment, modulo 2^32 and rounded down to 4; bit 0 is
 * that of the number of the processor.
 */
uint32_t ch_stamp(void);

#endif
