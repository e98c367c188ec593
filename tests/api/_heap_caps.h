/* SPDX-License-Identifier: MIT */
/*
 * _heap_caps.h - what the tests of heap_caps share: the documented ESP32, what
 * the failure callback was told, and rows of tables as assertions.
 */
#ifndef CH_TESTS_API_HEAP_CAPS_H
#define CH_TESTS_API_HEAP_CAPS_H

#include "_cases.h"

#include "esp_heap_caps.h"
#include "esp_heap_caps_init.h"

/* Not in a public header: tests of firmware declare it themselves. */
#ifdef __cplusplus
extern "C"
#endif
    bool
    heap_caps_check_add_region_allowed(
        intptr_t heap_start, intptr_t heap_end, intptr_t start, intptr_t end);

/* ---- settings ------------------------------------------------------------ */

#define HOST                                     \
 "profile=host", "profile=host,poisoning=light", \
     "profile=host,poisoning=comprehensive", "profile=host,exact=1"
#define ESP32                                                                  \
 "profile=esp32", "profile=esp32,poisoning=light",                             \
     "profile=esp32,poisoning=comprehensive", "profile=esp32,accounting=host", \
     "profile=esp32,esp_idf=5", "profile=esp32,esp_idf=6"
#define OTHER_CHIPS "profile=esp32-psram", "profile=esp32s3", "profile=esp32c3"

#define ROW(test, ...) \
 {                     \
#  test, test, NULL,   \
  {                    \
   __VA_ARGS__         \
  }                    \
 }
#define ROW_ABORTS(test, text, ...) \
 {                                  \
#  test, test, text,                \
  {                                 \
   __VA_ARGS__                      \
  }                                 \
 }

static inline bool
caps_setting_has(const char *word)
{
    return strstr(getenv("CAPHEAP_CONF"), word) != NULL;
}

/* ---- the five regions of the specification ------------------------------- */

struct caps_region {
    const char *label;
    uintptr_t start;
    size_t size;
    uint32_t caps[3];
    uintptr_t alias; /* lowest address of the instruction's view, or 0 */
    size_t free;     /* at the start, without poisoning */
    size_t largest;
};

#define CAPS_DRAM                                                \
 {                                                               \
  MALLOC_CAP_8BIT | MALLOC_CAP_DEFAULT,                          \
      MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA | MALLOC_CAP_32BIT, 0 \
 }
#define CAPS_DIRAM                                           \
 {                                                           \
  0,                                                         \
      MALLOC_CAP_DMA | MALLOC_CAP_8BIT | MALLOC_CAP_INTERNAL \
          | MALLOC_CAP_DEFAULT,                              \
      MALLOC_CAP_32BIT | MALLOC_CAP_EXEC                     \
 }
#define CAPS_IRAM                                                \
 {                                                               \
  MALLOC_CAP_INTERNAL | MALLOC_CAP_EXEC | MALLOC_CAP_32BIT, 0, 0 \
 }

enum {
    DRAM_SMALL,
    DIRAM_SMALL,
    IRAM,
    DIRAM_LARGE,
    DRAM_LARGE,
    N_REGIONS,
    PSRAM = N_REGIONS,
    NOWHERE,
};

/* In the order of the list of heaps. */
static const struct caps_region caps_regions[N_REGIONS + 1] = {
    [DRAM_SMALL] = {"DRAM", 0x3ffae6e0, 0x1920, CAPS_DRAM, 0, 5888, 5632},
    [DIRAM_SMALL] = {"D/IRAM", 0x3ffe0440, 0x3ae0, CAPS_DIRAM, 0x400bc0e0,
        14656, 14336},
    [IRAM] = {"IRAM", 0x4008944c, 0x16bb4, CAPS_IRAM, 0, 92236, 90112},
    [DIRAM_LARGE] = {"D/IRAM", 0x3ffe4350, 0x1bcb0, CAPS_DIRAM, 0x400a0000,
        112968, 110592},
    [DRAM_LARGE] = {"DRAM", 0x3ffb2ec8, 0x2d138, CAPS_DRAM, 0, 183692, 180224},
    [PSRAM] = {"SPIRAM", 0x3f800000, 0x400000,
        {MALLOC_CAP_SPIRAM | MALLOC_CAP_DEFAULT, 0,
            MALLOC_CAP_8BIT | MALLOC_CAP_32BIT},
        0, 4192136, 4128768},
};

/* The largest request of the chip, in bytes. */
#define CAPS_SIZE_MAX 0x400000u

static inline bool
caps_is_within(const void *p, uintptr_t start, size_t size)
{
    return start != 0 && (uintptr_t)p - start < size;
}

/* The region that p is in, by data or instruction address. */
static inline int
caps_region_of(const void *p)
{
    for (int i = 0; i <= PSRAM; i++) {
        const struct caps_region *region = &caps_regions[i];

        if (caps_is_within(p, region->start, region->size)
            || caps_is_within(p, region->alias, region->size)) {
            return i;
        }
    }
    return NOWHERE;
}

static inline bool
caps_is_alias(const void *p)
{
    int i = caps_region_of(p);

    return i != NOWHERE
           && caps_is_within(p, caps_regions[i].alias, caps_regions[i].size);
}

static inline uint32_t
caps_all(const struct caps_region *region)
{
    return region->caps[0] | region->caps[1] | region->caps[2];
}

/* ---- the failure callback ------------------------------------------------ */

static struct {
    unsigned n;
    size_t size;
    uint32_t caps;
    char op[64];
} caps_failed;

static inline void
caps_on_failed(size_t size, uint32_t caps, const char *op)
{
    caps_failed.n++;
    caps_failed.size = size;
    caps_failed.caps = caps;
    snprintf(caps_failed.op, sizeof caps_failed.op, "%s", op);
}

static inline void
caps_watch(void)
{
    CHECK_EQ(heap_caps_register_failed_alloc_callback(caps_on_failed), ESP_OK);
}

/* ---- rows ---------------------------------------------------------------- */

/* The call gives a block, and nobody is told of a failure. */
#define GIVES(call) (caps_failed.n = 0, caps_gives((call), #call, __LINE__))
/* The call gives NULL, and nobody is told. */
#define GIVES_NULL(call) \
 (caps_failed.n = 0, caps_gives_null((call), #call, __LINE__))
/* The call gives NULL, and the callback is told so, once. */
#define FAILS(call, size, caps, op) \
 (caps_failed.n = 0, caps_fails((call), #call, __LINE__, (size), (caps), (op)))

static inline void
caps_check(bool ok, const char *call, const char *what, int line)
{
    char text[512];

    snprintf(text, sizeof text, "%s %s", call, what);
    unit_check(ok, text, __BASE_FILE__, line);
}

static inline void *
caps_gives(void *p, const char *call, int line)
{
    caps_check(p != NULL, call, "gives no block", line);
    caps_check(caps_failed.n == 0, call, "calls the callback", line);
    return p;
}

static inline void
caps_gives_null(const void *p, const char *call, int line)
{
    caps_check(p == NULL, call, "gives a block", line);
    caps_check(caps_failed.n == 0, call, "calls the callback", line);
}

static inline void
caps_fails(const void *p, const char *call, int line, size_t size,
    uint32_t caps, const char *op)
{
    caps_check(p == NULL, call, "gives a block", line);
    caps_check(caps_failed.n == 1, call, "does not tell once", line);
    caps_check(caps_failed.size == size, call, "tells another size", line);
    caps_check(caps_failed.caps == caps, call, "tells other caps", line);
    caps_check(strcmp(caps_failed.op, op) == 0, call, caps_failed.op, line);
}

/* Frees a block that a row gives, once all of it has been written to. */
static inline void
caps_use_and_free(void *p, size_t size)
{
    memset(p, 0x5a, size);
    heap_caps_free(p);
}

/* A block with a known content, in whole words. */
static inline void *
caps_filled(size_t size, uint32_t caps)
{
    uint32_t *p = GIVES(heap_caps_malloc(size, caps));

    for (size_t i = 0; i < size / 4; i++) {
        p[i] = (uint32_t)i * 2654435761u;
    }
    return p;
}

static inline bool
caps_is_kept(const uint32_t *p, size_t size)
{
    for (size_t i = 0; i < size / 4; i++) {
        if (p[i] != (uint32_t)i * 2654435761u) {
            return false;
        }
    }
    return true;
}

#endif
