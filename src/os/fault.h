/* SPDX-License-Identifier: MIT */
/*
 * fault.h - one line on stderr; faults end the process after it.
 *
 * Lines begin with "capheap: ", are written by one write(2) and are shorter
 * than 512 bytes.  Nothing here takes memory or a lock.
 */
#ifndef CH_OS_FAULT_H
#define CH_OS_FAULT_H

#include "base/attrs.h"
#include "base/config.h"

/* Room for one line, its end included. */
#define CH_LINE_MAX 512

struct ch_text;

/*
 * Keeps stderr for text at exit: some programs close it in a handler of their
 * own.  Caller: start-up, once.
 */
void ch_stderr_keep(void);
/* stderr, or what was kept of it when it is closed by now. */
int ch_stderr_fd(void);

/* Starts a line in `buf` of CH_LINE_MAX bytes with "capheap: ". */
void ch_line_begin(struct ch_text *t, char *buf);
/* Ends the line and writes it to stderr. */
void ch_line_say(struct ch_text *t);
/* A whole line in one. */
void ch_say(const char *text);

/* "capheap: WHAT: POINTER" and abort(). */
CH_NORETURN CH_SLOW void ch_fault(const char *what, const void *p);

/*
 * Always on: memory of the library's own or of the caller is broken, and to go
 * on would make it worse.
 */
#define CH_ENSURE(c, what, p) (CH_LIKELY(c) ? (void)0 : ch_fault((what), (p)))

/* An invariant, tested in debug builds only; no side effects. */
#define CH_ASSERT(c)               \
 (!CH_CONFIG_DEBUG || CH_LIKELY(c) \
         ? (void)0                 \
         : ch_fault("assertion failed: " __FILE__ ": " #c, (void *)0))

#endif
