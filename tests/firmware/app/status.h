/* SPDX-License-Identifier: MIT */
/*
 * status.h - what went wrong, and what the heap refused.
 */
#ifndef STATION_STATUS_H
#define STATION_STATUS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Notes a problem, which makes the program end with 1. */
void status_problem(const char *what);
/* The same unless `is_good`. */
void status_expect(bool is_good, const char *what);
int status_problems(void);

/* Lets the heap report requests that it refuses. */
void status_watch_heap(void);
/* Requests that it has refused since the last call. */
unsigned status_refusals(void);

#ifdef __cplusplus
}
#endif

#endif
