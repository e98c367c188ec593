/* SPDX-License-Identifier: MIT */
/**
 * heap_memory_layout.h - what memory the chip of the profile has.
 *
 * The tables are filled when the library is loaded, into programs that are
 * linked with it or run under a device's profile, and const from then on.  A
 * profile without a chip that is built in tells its own regions in them.
 *
 * @source  ESP-IDF components/heap/include/heap_memory_layout.h.  Different:
 *          the chip is chosen when the program runs
 */
#ifndef CAPHEAP_ESP_IDF_HEAP_MEMORY_LAYOUT_H
#define CAPHEAP_ESP_IDF_HEAP_MEMORY_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_attr.h"
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How many masks of capabilities a type of memory has, by priority. */
#define SOC_MEMORY_TYPE_NO_PRIOS 3

/** A type of memory. */
typedef struct {
    const char *name;                        /**< "D/IRAM", say; static */
    uint32_t caps[SOC_MEMORY_TYPE_NO_PRIOS]; /**< MALLOC_CAP_*, by priority */
} soc_memory_type_desc_t;

/** A range of memory of one type. */
typedef struct {
    intptr_t start;        /**< address on the device */
    size_t size;           /**< bytes */
    size_t type;           /**< index in soc_memory_types */
    intptr_t iram_address; /**< where instructions see the start, or 0 */
    bool startup_stack;    /**< no heap before the startup stacks are over */
} soc_memory_region_t;

/** A range that is kept from the heaps. */
typedef struct {
    intptr_t start; /**< address of the first byte */
    intptr_t end;   /**< address after the last byte */
} soc_reserved_region_t;

/**
 * Keeps a range from the heaps, on a device.
 *
 * @param START  address of the first byte, a constant
 * @param END    address after the last byte, a constant
 * @param NAME   part of a name, unique in the program
 * @source  ESP-IDF components/heap/include/heap_memory_layout.h.  Different:
 *          the description is kept and has no effect, since regions of a
 *          profile are what is left of the chip's for heaps
 */
#define SOC_RESERVE_MEMORY_REGION(START, END, NAME)                 \
 __attribute__((section(".reserved_memory_address"),                \
     used)) static soc_reserved_region_t reserved_region_##NAME = { \
     START, END};

extern const soc_memory_type_desc_t soc_memory_types[];
extern const size_t soc_memory_type_count;
extern const soc_memory_region_t soc_memory_regions[];
extern const size_t soc_memory_region_count;

/**
 * Tells the ranges that the heaps of the profile have, in the order of
 * addresses.
 *
 * @param regions  soc_get_available_memory_region_max_count() of them, to be
 *                 filled; the caller's
 * @return   how many have been filled
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/port/memory_layout_utils.c
 */
size_t soc_get_available_memory_regions(soc_memory_region_t *regions);

/**
 * Tells how many ranges soc_get_available_memory_regions() may fill.
 *
 * @return   a number of ranges, at least what it will fill
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF components/heap/port/memory_layout_utils.c
 */
size_t soc_get_available_memory_region_max_count(void);

#ifdef __cplusplus
}
#endif

#endif
