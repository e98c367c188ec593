/* SPDX-License-Identifier: MIT */
/*
 * budget.c - two counters and a limit, all atomic.
 */
#include "region/budget.h"

#include <stdint.h>

static struct {
    size_t limit; /* bytes; atomic */
    size_t used;  /* bytes; atomic */
    size_t peak;  /* bytes; atomic */
    size_t mark;  /* the same since it was set; atomic */
} budget = {.limit = SIZE_MAX};

void
ch_budget_set_limit(size_t bytes)
{
    __atomic_store_n(
        &budget.limit, bytes == 0 ? SIZE_MAX : bytes, __ATOMIC_RELAXED);
}

size_t
ch_budget_limit(void)
{
    return __atomic_load_n(&budget.limit, __ATOMIC_RELAXED);
}

static void
raise_to(size_t *peak, size_t used)
{
    size_t now = __atomic_load_n(peak, __ATOMIC_RELAXED);

    while (used > now
           && !__atomic_compare_exchange_n(peak, &now, used, true,
               __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

bool
ch_budget_take(size_t bytes)
{
    size_t used = __atomic_load_n(&budget.used, __ATOMIC_RELAXED);
    size_t limit = ch_budget_limit();

    do {
        if (used > limit || bytes > limit - used) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&budget.used, &used, used + bytes,
        true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    raise_to(&budget.peak, used + bytes);
    raise_to(&budget.mark, used + bytes);
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

size_t
ch_budget_left(void)
{
    size_t limit = ch_budget_limit();
    size_t used = ch_budget_used();

    return used < limit ? limit - used : 0;
}

size_t
ch_budget_mark(void)
{
    return __atomic_load_n(&budget.mark, __ATOMIC_RELAXED);
}

void
ch_budget_set_mark(size_t bytes)
{
    __atomic_store_n(&budget.mark, bytes, __ATOMIC_RELAXED);
    raise_to(&budget.mark, ch_budget_used());
}
