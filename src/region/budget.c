/* SPDX-License-Identifier: MIT */
/*
 * budget.c - two counters and a limit, all atomic.
 */
#include "region/budget.h"

#include <stdint.h>

static struct {
    size_t limit; /* bytes; const after start-up */
    size_t used;  /* bytes; atomic */
    size_t peak;  /* bytes; atomic */
} budget = {.limit = SIZE_MAX};

void
ch_budget_set_limit(size_t bytes)
{
    budget.limit = bytes == 0 ? SIZE_MAX : bytes;
}

size_t
ch_budget_limit(void)
{
    return budget.limit;
}

static void
raise_peak(size_t used)
{
    size_t peak = __atomic_load_n(&budget.peak, __ATOMIC_RELAXED);

    while (used > peak
           && !__atomic_compare_exchange_n(&budget.peak, &peak, used, true,
               __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

bool
ch_budget_take(size_t bytes)
{
    size_t used = __atomic_load_n(&budget.used, __ATOMIC_RELAXED);

    do {
        if (bytes > budget.limit - used || used > budget.limit) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&budget.used, &used, used + bytes,
        true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    raise_peak(used + bytes);
    return true;
}

void
ch_budget_give(size_t bytes)
{
    __atomic_fetch_sub(&budget.used, bytes, __ATOMIC_RELAXED);
}

size_t
ch_budget_used(void)
{
    return __atomic_load_n(&budget.used, __ATOMIC_RELAXED);
}

size_t
ch_budget_peak(void)
{
    return __atomic_load_n(&budget.peak, __ATOMIC_RELAXED);
}
