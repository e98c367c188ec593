/* SPDX-License-Identifier: MIT */
/**
 * esp_memory_utils.h - what kind of memory an address belongs to.
 *
 * Answers by the address ranges of the profile's chip; for memory of a region
 * that could not be mapped at the device's address, that was added, or of a
 * profile without a chip, by the capabilities of the region.  The program's
 * own memory on the host (its stacks, its data, its code) is in no region, and
 * of no kind.
 *
 * @source  ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h.
 *          Different: functions of the library, since the chip is chosen when
 *          the program runs
 */
#ifndef CAPHEAP_ESP_IDF_ESP_MEMORY_UTILS_H
#define CAPHEAP_ESP_IDF_ESP_MEMORY_UTILS_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_attr.h"
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Tells whether the data and the instruction addresses of internal RAM are the
 * same ones on this chip.
 *
 * @return   true on chips without a split, as the esp32c6
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_dram_match_iram(void);

/**
 * The same of fast RTC memory.
 *
 * @return   true when the two are one range, or the chip has none
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_rtc_dram_match_rtc_iram(void);

/**
 * Tells whether a pointer is an address by which instructions are read
 * from internal RAM.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_iram(const void *p);

/**
 * Tells whether a pointer is an address by which data is read from
 * internal RAM.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_dram(const void *p);

/**
 * Tells whether a pointer is a data address of memory that instructions
 * see as well.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_diram_dram(const void *p);

/**
 * Tells whether a pointer is an instruction address of memory that data
 * accesses see as well.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_diram_iram(const void *p);

/**
 * Tells whether a pointer is an instruction address of fast RTC memory.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_rtc_iram_fast(const void *p);

/**
 * Tells whether a pointer is a data address of fast RTC memory.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_rtc_dram_fast(const void *p);

/**
 * Tells whether a pointer is in slow RTC memory.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_rtc_slow(const void *p);

/**
 * Tells whether a pointer is in tightly coupled memory.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_tcm(const void *p);

/**
 * Tells whether a pointer is in internal memory that DMA can reach.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_dma_capable(const void *p);

/**
 * Tells whether a pointer is in external memory that DMA can reach.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_dma_ext_capable(const void *p);

/**
 * Tells whether a pointer is a multiple of 4.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_word_aligned(const void *p);

/**
 * Tells whether a pointer is an address that instructions can be read
 * from.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_executable(const void *p);

/**
 * Tells whether a pointer is in memory that takes accesses of single
 * bytes.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_byte_accessible(const void *p);

/**
 * Tells whether a pointer is in memory of the chip itself, RTC memory
 * included.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_internal(const void *p);

/**
 * Tells whether a pointer is in external RAM.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_external_ram(const void *p);

/**
 * Tells whether a pointer is a data address of the flash.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_drom(const void *p);

/**
 * Tells whether a pointer is in the chip's ROM.
 *
 * @param p  any pointer
 * @return   true when it is so
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_ptr_in_rom(const void *p);

/**
 * The instruction address of D/IRAM memory.
 *
 * @param p  a data address for which esp_ptr_in_diram_dram() holds;
 *           another pointer comes back as it is
 * @return   the instruction address of the same memory: on the esp32, whose
 *           words lie in reverse order, of the same word
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
void *esp_ptr_diram_dram_to_iram(const void *p);

/**
 * The instruction address of fast RTC memory.
 *
 * @param p  a data address for which esp_ptr_in_rtc_dram_fast() holds;
 *           another pointer comes back as it is
 * @return   the instruction address of the same memory
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
void *esp_ptr_rtc_dram_to_iram(const void *p);

/**
 * The data address of D/IRAM memory.
 *
 * @param p  an instruction address for which esp_ptr_in_diram_iram() holds;
 *           another pointer comes back as it is
 * @return   the data address of the same memory
 * @threads  safe from any thread
 * @signals  not async-signal-safe
 * @source   ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
void *esp_ptr_diram_iram_to_dram(const void *p);

/**
 * Tells whether a number may be a stack pointer in internal RAM.
 *
 * @param sp  an address of the device
 * @return    true when it is a multiple of 16 in internal RAM
 * @threads   safe from any thread
 * @signals   not async-signal-safe
 * @source    ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_stack_ptr_in_dram(uint32_t sp);

/**
 * Tells whether a number may be a stack pointer in external RAM.
 *
 * @param sp  an address of the device
 * @return    true when it is a multiple of 16 in external RAM
 * @threads   safe from any thread
 * @signals   not async-signal-safe
 * @source    ESP-IDF 5 components/esp_hw_support/include/esp_memory_utils.h
 */
bool esp_stack_ptr_in_extram(uint32_t sp);

#ifdef __cplusplus
}
#endif

#endif
