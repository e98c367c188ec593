/* SPDX-License-Identifier: MIT */
/*
 * start.h - the library starts at the first call that needs memory.
 */
#ifndef CH_FRONT_START_H
#define CH_FRONT_START_H

#include "front/options.h"

/* Starts the library; later calls do nothing.  False while it cannot start,
   see bootstrap.h.  Any thread. */
bool ch_start(void);
/* The options in force; the defaults before the start. */
const struct ch_options *ch_start_options(void);

#endif
