/* SPDX-License-Identifier: MIT */
/*
 * caps.h - what memory can do: one bit for each capability.
 *
 * A region has three masks of them.  An allocation that asks for a mask goes
 * to a region whose masks together have all bits of it; regions whose first
 * mask has one of the bits come first, then those of the second, then those
 * of the third.  The numbers are ESP-IDF's.
 */
#ifndef CH_FRONT_CAPS_H
#define CH_FRONT_CAPS_H

#include <stddef.h>
#include <stdint.h>

struct ch_text;

#define CH_CAPS_PRIOS 3u
/* Bytes of the longest name, with room for a slip of the pen. */
#define CH_CAP_NAME_MAX 24u

#define CH_CAP_EXEC          (UINT32_C(1) << 0)
#define CH_CAP_32BIT         (UINT32_C(1) << 1)
#define CH_CAP_8BIT          (UINT32_C(1) << 2)
#define CH_CAP_DMA           (UINT32_C(1) << 3)
#define CH_CAP_PID2          (UINT32_C(1) << 4)
#define CH_CAP_PID3          (UINT32_C(1) << 5)
#define CH_CAP_PID4          (UINT32_C(1) << 6)
#define CH_CAP_PID5          (UINT32_C(1) << 7)
#define CH_CAP_PID6          (UINT32_C(1) << 8)
#define CH_CAP_PID7          (UINT32_C(1) << 9)
#define CH_CAP_SPIRAM        (UINT32_C(1) << 10)
#define CH_CAP_INTERNAL      (UINT32_C(1) << 11)
#define CH_CAP_DEFAULT       (UINT32_C(1) << 12)
#define CH_CAP_IRAM_8BIT     (UINT32_C(1) << 13)
#define CH_CAP_RETENTION     (UINT32_C(1) << 14)
#define CH_CAP_RTCRAM        (UINT32_C(1) << 15)
#define CH_CAP_SPM           (UINT32_C(1) << 16)
#define CH_CAP_DMA_DESC_AHB  (UINT32_C(1) << 17)
#define CH_CAP_DMA_DESC_AXI  (UINT32_C(1) << 18)
#define CH_CAP_CACHE_ALIGNED (UINT32_C(1) << 19)
#define CH_CAP_SIMD          (UINT32_C(1) << 20)
#define CH_CAP_SPIRAM_NO_ENC (UINT32_C(1) << 21)
#define CH_CAP_INVALID       (UINT32_C(1) << 31)

/* The bit of a name as "8BIT" or "MALLOC_CAP_8BIT", in either case, of exactly
   n bytes; 0: there is none. */
uint32_t ch_cap_find(const char *s, size_t n);
/* The name that the n bytes may have been meant for; NULL: none is near. */
const char *ch_cap_nearest(const char *s, size_t n);
/* The name of the capability with this bit number; NULL: there is none. */
const char *ch_cap_name(unsigned bit);
/* Appends the names, "8BIT|DMA"; "0" for none; bits without a name as a hex
   number. */
void ch_caps_print(struct ch_text *t, uint32_t caps);

#endif
