/* SPDX-License-Identifier: MIT */
/*
 * heap_trace_depth32_test.c - heap tracing with 32 return addresses of a kind.
 */
#define CONFIG_HEAP_TRACING_STACK_DEPTH 32

#include "_heap_trace.h"
