/* SPDX-License-Identifier: MIT */
/**
 * esp_heap_caps_init.h - the regions behind esp_heap_caps.h.
 *
 * The library starts by itself, with the regions of the profile in force, at
 * the first call that needs memory: a program need not call heap_caps_init().
 *
 * @source  ESP-IDF 4.4 components/heap/include/esp_heap_caps_init.h
 */
#ifndef CAPHEAP_ESP_IDF_ESP_HEAP_CAPS_INIT_H
#define CAPHEAP_ESP_IDF_ESP_HEAP_CAPS_INIT_H

#include <stdint.h>

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Writes the boot log, "heap_init: ...", to stderr: one line for each region.
 *
 * The regions are there already.
 *
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps_init.c.  Different: may be
 *           called at any time, and again
 */
void heap_caps_init(void);

/**
 * Lets the regions that the startup stacks lie in serve as heaps.
 *
 * Profiles start with this done already, unless the option startup=early is
 * set; a further call does nothing.
 *
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps_init.c
 */
void heap_caps_enable_nonos_stack_heaps(void);

/**
 * Adds memory of the caller's as a region, of the kind that the chip has at
 * that address.
 *
 * The region is the first of the list from then on, and stays for ever.
 *
 * @param start  address of the first byte
 * @param end    address after the last byte
 * @return   ESP_OK; ESP_ERR_INVALID_ARG when `start` is 0;
 *           ESP_ERR_NOT_FOUND when the profile knows no region that has
 *           `start`; else as heap_caps_add_region_with_caps()
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps_init.c
 */
esp_err_t heap_caps_add_region(intptr_t start, intptr_t end);

/**
 * Adds memory of the caller's as a region with capabilities of his choice.
 *
 * The memory may lie in a block that was allocated, of any heap.
 *
 * @param caps   SOC_MEMORY_TYPE_NO_PRIOS masks of MALLOC_CAP_*, by priority;
 *               copied
 * @param start  address of the first byte
 * @param end    address after the last byte
 * @return   ESP_OK; ESP_ERR_INVALID_ARG when `caps` is NULL, a bound is 0, or
 *           `end` is not above `start`; ESP_FAIL when the range overlaps the
 *           start or the end of a region's, or equals it;
 *           ESP_ERR_INVALID_SIZE when it is too small for one block;
 *           ESP_ERR_NO_MEM
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 4.4 components/heap/heap_caps_init.c.  Different: overlap
 *           as in newer versions, where a range within a region's may share
 *           its start
 */
esp_err_t heap_caps_add_region_with_caps(
    const uint32_t caps[], intptr_t start, intptr_t end);

#ifdef __cplusplus
}
#endif

#endif
