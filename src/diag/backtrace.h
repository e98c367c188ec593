/* SPDX-License-Identifier: MIT */
/*
 * backtrace.h - by whom the library was called.
 */
#ifndef CH_DIAG_BACKTRACE_H
#define CH_DIAG_BACKTRACE_H

#include "base/attrs.h"

/* A range of code. */
struct ch_code {
    const char *start;
    const char *end;
};

/* Lets the unwinder do what it does once and what may take memory.  Caller:
   who is going to use it from within malloc(); with the hooks muted. */
void ch_backtrace_prepare(void);

/*
 * Stores the return addresses of the calls that this thread is in, innermost
 * first, without those that lie in the library: so the first is where the
 * public function returns to.  At most n; returns how many.  Takes no memory.
 */
CH_NOINLINE unsigned ch_backtrace(void **frames, unsigned n);
/* The same with the innermost frames that lie in `skip` left out. */
CH_NOINLINE unsigned ch_backtrace_beyond(
    const struct ch_code *skip, void **frames, unsigned n);

#endif
