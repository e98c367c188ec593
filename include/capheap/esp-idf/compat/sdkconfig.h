/* SPDX-License-Identifier: MIT */
/**
 * sdkconfig.h - stand-in for the configuration that ESP-IDF's build writes.
 *
 * Reached by -idirafter only, so that a project's own sdkconfig.h wins.  Each
 * name may also be set on the compiler's command line.
 *
 * Where capheap decides at run time (poisoning, memory protection, external
 * memory), these names tell what is the default; a run under another profile
 * or other options does not change what was compiled.
 */
#ifndef CAPHEAP_ESP_IDF_SDKCONFIG_H
#define CAPHEAP_ESP_IDF_SDKCONFIG_H

#ifndef CONFIG_IDF_TARGET
# define CONFIG_IDF_TARGET "linux"
#endif
#ifndef CONFIG_IDF_TARGET_LINUX
# define CONFIG_IDF_TARGET_LINUX 1
#endif

/* Every profile knows the capability; whether a region has it is asked at run
   time. */
#ifndef CONFIG_HEAP_HAS_EXEC_HEAP
# define CONFIG_HEAP_HAS_EXEC_HEAP 1
#endif

#if !defined CONFIG_HEAP_POISONING_LIGHT            \
    && !defined CONFIG_HEAP_POISONING_COMPREHENSIVE \
    && !defined CONFIG_HEAP_POISONING_DISABLED
# define CONFIG_HEAP_POISONING_DISABLED 1
#endif

#if !defined CONFIG_HEAP_TRACING_OFF && !defined CONFIG_HEAP_TRACING_TOHOST \
    && !defined CONFIG_HEAP_TRACING_STANDALONE
# define CONFIG_HEAP_TRACING_STANDALONE 1
#endif
#if !defined CONFIG_HEAP_TRACING && !defined CONFIG_HEAP_TRACING_OFF
# define CONFIG_HEAP_TRACING 1
#endif
/* Return addresses in a heap_trace_record_t: 0 to 32. */
#ifndef CONFIG_HEAP_TRACING_STACK_DEPTH
# define CONFIG_HEAP_TRACING_STACK_DEPTH 2
#endif

#ifndef CONFIG_HEAP_USE_HOOKS
# define CONFIG_HEAP_USE_HOOKS 1
#endif
#ifndef CONFIG_HEAP_TASK_TRACKING
# define CONFIG_HEAP_TASK_TRACKING 1
#endif
#ifndef CONFIG_HEAP_TRACK_DELETED_TASKS
# define CONFIG_HEAP_TRACK_DELETED_TASKS 1
#endif

/* Bytes up to which malloc() stays in internal memory once
   heap_caps_malloc_extmem_enable() was called with it. */
#ifndef CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL
# define CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL 16384
#endif
#ifndef CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL
# define CONFIG_SPIRAM_MALLOC_RESERVE_INTERNAL 32768
#endif

#endif
