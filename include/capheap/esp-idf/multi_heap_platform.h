/* SPDX-License-Identifier: MIT */
/**
 * multi_heap_platform.h - the macros that multi_heap's sources use, for code
 * that shares their lock.
 *
 * @source  ESP-IDF components/heap/multi_heap_platform.h.  Different: a lock is
 *          a pthread_mutex_t.  To define the printing macros anew has no
 *          effect on the library, which is compiled already.
 */
#ifndef CAPHEAP_ESP_IDF_MULTI_HEAP_PLATFORM_H
#define CAPHEAP_ESP_IDF_MULTI_HEAP_PLATFORM_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "multi_heap.h"

/** What multi_heap_set_lock() takes the address of. */
typedef pthread_mutex_t multi_heap_lock_t;

/** Makes the lock at `PLOCK` ready; it is recursive. */
#define MULTI_HEAP_LOCK_INIT(PLOCK)                                      \
 do {                                                                    \
  pthread_mutexattr_t multi_heap_attr_;                                  \
                                                                         \
  pthread_mutexattr_init(&multi_heap_attr_);                             \
  pthread_mutexattr_settype(&multi_heap_attr_, PTHREAD_MUTEX_RECURSIVE); \
  pthread_mutex_init((pthread_mutex_t *)(PLOCK), &multi_heap_attr_);     \
  pthread_mutexattr_destroy(&multi_heap_attr_);                          \
 } while (0)
/** A lock that is ready from the start; needs _GNU_SOURCE. */
#define MULTI_HEAP_LOCK_STATIC_INITIALIZER \
 PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP

/** Takes the lock at `PLOCK`, a void *; nothing when it is NULL. */
#define MULTI_HEAP_LOCK(PLOCK) capheap_multi_heap_lock(PLOCK)
/** Releases it. */
#define MULTI_HEAP_UNLOCK(PLOCK) capheap_multi_heap_unlock(PLOCK)

#define MULTI_HEAP_PRINTF(...)        printf(__VA_ARGS__)
#define MULTI_HEAP_STDERR_PRINTF(...) fprintf(stderr, __VA_ARGS__)
/** How the check tells what is wrong. */
#ifndef MULTI_CHECK_FAIL_PRINTF
# define MULTI_CHECK_FAIL_PRINTF(...) MULTI_HEAP_STDERR_PRINTF(__VA_ARGS__)
#endif
/** Aborts, with one line on stderr that has `ADDRESS`, when `CONDITION` does
    not hold. */
#define MULTI_HEAP_ASSERT(CONDITION, ADDRESS) \
 ((CONDITION) ? (void)0                       \
              : capheap_multi_heap_broken(__FILE__, __LINE__, (ADDRESS)))

#ifdef __cplusplus
extern "C" {
#endif

static inline void
capheap_multi_heap_lock(void *lock)
{
    if (lock != NULL) {
        pthread_mutex_lock((pthread_mutex_t *)lock);
    }
}

static inline void
capheap_multi_heap_unlock(void *lock)
{
    if (lock != NULL) {
        pthread_mutex_unlock((pthread_mutex_t *)lock);
    }
}

static inline void
capheap_multi_heap_broken(const char *file, int line, const void *address)
{
    fprintf(
        stderr, "CORRUPT HEAP: %s:%d detected at %p\n", file, line, address);
    abort();
}

#ifdef __cplusplus
}
#endif

#endif
