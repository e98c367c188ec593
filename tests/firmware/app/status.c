/* SPDX-License-Identifier: MIT */
/*
 * status.c - what went wrong, and what the heap refused.
 */
#include "status.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "esp_heap_caps.h"

static atomic_int n_problems;
static atomic_uint n_refusals;

void
status_problem(const char *what)
{
    printf("PROBLEM   %s\n", what);
    atomic_fetch_add(&n_problems, 1);
}

void
status_expect(bool is_good, const char *what)
{
    if (!is_good) {
        status_problem(what);
    }
}

int
status_problems(void)
{
    return atomic_load(&n_problems);
}

/* The heap calls this in the task that was refused, so it stays short. */
static void
count_refusal(size_t size, uint32_t caps, const char *function_name)
{
    (void)size;
    (void)caps;
    (void)function_name;
    atomic_fetch_add(&n_refusals, 1);
}

void
status_watch_heap(void)
{
    ESP_ERROR_CHECK(heap_caps_register_failed_alloc_callback(count_refusal));
}

unsigned
status_refusals(void)
{
    return atomic_exchange(&n_refusals, 0);
}
