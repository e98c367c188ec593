/* SPDX-License-Identifier: MIT */
/*
 * heap_trace_depth0_test.c - heap tracing with no return addresses.
 */
#define CONFIG_HEAP_TRACING_STACK_DEPTH 0

#include "_heap_trace.h"
