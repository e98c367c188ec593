/* SPDX-License-Identifier: MIT */
/*
 * home.h - in which region a block lies, plain malloc()'s included.
 */
#ifndef CH_DIAG_HOME_H
#define CH_DIAG_HOME_H

struct ch_place;

/* The place that has the block p, as ch_place_at(), or the one behind plain
   malloc() where the profile has it as a region.  NULL: memory of no region,
   as plain malloc()'s beside a device. */
const struct ch_place *ch_home_of(const void *p);

#endif
