/* SPDX-License-Identifier: MIT */
/*
 * heap_trace_test.c - heap tracing with 2 return addresses of a kind.
 */
#define CONFIG_HEAP_TRACING_STACK_DEPTH 2

#include "_heap_trace.h"
