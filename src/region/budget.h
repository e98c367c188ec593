/* SPDX-License-Identifier: MIT */
/*
 * budget.h - what the heap could make resident, and the limit on it.
 *
 * Counted are: slices that are in use or were since they were last clean,
 * huge blocks, and the library's own memory.  All functions are safe from any
 * thread and take no lock.
 */
#ifndef CH_REGION_BUDGET_H
#define CH_REGION_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"

/* 0 or SIZE_MAX: no limit.  Bytes.  What is used beyond it stays. */
void ch_budget_set_limit(size_t bytes);
size_t ch_budget_limit(void);
/* False when `bytes` more would pass the limit; then nothing is counted. */
CH_NODISCARD bool ch_budget_take(size_t bytes);
void ch_budget_give(size_t bytes);
size_t ch_budget_used(void);
/* What the limit leaves; SIZE_MAX less what is used when there is none. */
size_t ch_budget_left(void);
/* The most that was ever used. */
size_t ch_budget_peak(void);
/* The same since the mark was set, which begins at 0. */
size_t ch_budget_mark(void);
/* Sets the mark, to no less than what is used now. */
void ch_budget_set_mark(size_t bytes);

#endif
