/* SPDX-License-Identifier: MIT */
/*
 * verbose.h - what the library tells when nothing is wrong.
 */
#ifndef CH_FRONT_VERBOSE_H
#define CH_FRONT_VERBOSE_H

#include <stddef.h>

struct ch_options;

/* verbose=1: that the library serves this process; `capheap run` has said so
   for its programs.  Caller: start-up, once. */
void ch_verbose_active(const struct ch_options *options);
/* verbose=2: the first time that a request was refused, and why. */
void ch_verbose_refused(const struct ch_options *options, size_t size);

#endif
