/* SPDX-License-Identifier: MIT */
/**
 * soc/soc_memory_layout.h - heap_memory_layout.h and esp_memory_utils.h, by
 * the name they had together.
 *
 * @source  ESP-IDF 4.4 components/soc/include/soc/soc_memory_layout.h
 */
#ifndef CAPHEAP_ESP_IDF_SOC_SOC_MEMORY_LAYOUT_H
#define CAPHEAP_ESP_IDF_SOC_SOC_MEMORY_LAYOUT_H

#include "esp_memory_utils.h"
#include "heap_memory_layout.h"

#endif
