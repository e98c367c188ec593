/* SPDX-License-Identifier: MIT */
/**
 * esp_attr.h - stand-in for ESP-IDF's attributes of functions and data.
 *
 * Reached by -idirafter only, so that a real one wins.  A host has no sections
 * for kinds of memory: names that choose one stand for nothing.
 *
 * @source  ESP-IDF components/esp_common/include/esp_attr.h
 */
#ifndef CAPHEAP_ESP_IDF_ESP_ATTR_H
#define CAPHEAP_ESP_IDF_ESP_ATTR_H

#define IRAM_ATTR
#define TCM_IRAM_ATTR
#define TCM_DRAM_ATTR
#define SPM_IRAM_ATTR
#define SPM_DRAM_ATTR
#define DRAM_ATTR
#define IRAM_DATA_ATTR
#define IRAM_BSS_ATTR
#define RTC_IRAM_ATTR
#define RTC_FAST_ATTR
#define RTC_SLOW_ATTR
#define RTC_DATA_ATTR
#define RTC_RODATA_ATTR
#define RTC_NOINIT_ATTR
#define EXT_RAM_ATTR
#define EXT_RAM_BSS_ATTR
#define EXT_RAM_NOINIT_ATTR
#define COREDUMP_DRAM_ATTR
#define COREDUMP_IRAM_DATA_ATTR
#define COREDUMP_RTC_DATA_ATTR
#define COREDUMP_RTC_FAST_ATTR
#define __NOINIT_ATTR

#define WORD_ALIGNED_ATTR __attribute__((aligned(4)))
#define DMA_ATTR          WORD_ALIGNED_ATTR
#define FORCE_INLINE_ATTR static inline __attribute__((always_inline))
#define NOINLINE_ATTR     __attribute__((noinline))

#define DRAM_STR(str) (str)

/* In C++, the operators of a set of flags; in C enumerators are numbers. */
#ifdef __cplusplus
# define CAPHEAP_FLAG_OPERATOR(TYPE, OP, RIGHT) \
  inline TYPE operator OP(TYPE a, RIGHT b)      \
  {                                             \
   return (TYPE)((int)a OP(int) b);             \
  }                                             \
  inline TYPE &operator OP##=(TYPE &a, RIGHT b) \
  {                                             \
   return a = a OP b;                           \
  }
# define FLAG_ATTR(TYPE)               \
  inline TYPE operator~(TYPE a)        \
  {                                    \
   return (TYPE) ~(int)a;              \
  }                                    \
  CAPHEAP_FLAG_OPERATOR(TYPE, |, TYPE) \
  CAPHEAP_FLAG_OPERATOR(TYPE, &, TYPE) \
  CAPHEAP_FLAG_OPERATOR(TYPE, ^, TYPE) \
  CAPHEAP_FLAG_OPERATOR(TYPE, <<, int) \
  CAPHEAP_FLAG_OPERATOR(TYPE, >>, int)
#else
# define FLAG_ATTR(TYPE)
#endif

#endif
