/* SPDX-License-Identifier: MIT */
/*
 * memory_utils.c - what kind of memory an address belongs to.
 *
 * An address is first looked for in the ranges of the profile's chip.  What
 * lies outside of them may still be a region's, one that could not be mapped
 * where the chip has it or that a program has added: then the region's
 * capabilities tell.
 *
 * Source: see include/capheap/esp-idf/esp_memory_utils.h.
 */
#include "capheap/esp-idf/esp_memory_utils.h"

#include <stddef.h>

#include "base/arith.h"
#include "base/attrs.h"
#include "diag/home.h"
#include "front/place.h"
#include "front/plain.h"
#include "front/start.h"

#define WORD 4u /* bytes */
/* Stacks are aligned to this, and end that far from the end of memory. */
#define STACK_ALIGN 16u

/* Kinds of memory, one bit each. */
enum kind {
    IRAM = 1 << 0,
    DRAM = 1 << 1,
    DIRAM_IRAM = 1 << 2,
    DIRAM_DRAM = 1 << 3,
    RTC_IRAM = 1 << 4,
    RTC_DRAM = 1 << 5,
    RTC_SLOW = 1 << 6,
    TCM = 1 << 7,
    DMA = 1 << 8,
    DMA_EXT = 1 << 9,
    EXTRAM = 1 << 10,
    DROM = 1 << 11,
    IROM = 1 << 12,
    ROM = 1 << 13,
};

#define BYTES (DRAM | DIRAM_DRAM | RTC_DRAM | RTC_SLOW | TCM | EXTRAM)
#define CODE  (IRAM | DIRAM_IRAM | RTC_IRAM | IROM | ROM)
#define INTERNAL                                                               \
 (IRAM | DRAM | DIRAM_IRAM | DIRAM_DRAM | RTC_IRAM | RTC_DRAM | RTC_SLOW | TCM \
     | ROM)

#define RANGE(name) offsetof(struct ch_soc_ranges, name)

/* The range that a bit stands for, and what a region's memory has to be able
   to do to be of that kind where no range tells. */
static const struct {
    enum kind kind;
    size_t range;  /* offset in struct ch_soc_ranges */
    uint32_t caps; /* 0: no region is of this kind */
} rows[] = {
    {IRAM, RANGE(iram), CH_CAP_INTERNAL | CH_CAP_EXEC},
    {DRAM, RANGE(dram), CH_CAP_INTERNAL | CH_CAP_8BIT},
    {DIRAM_IRAM, RANGE(diram_iram), 0},
    {DIRAM_DRAM, RANGE(diram_dram),
        CH_CAP_INTERNAL | CH_CAP_EXEC | CH_CAP_8BIT},
    {RTC_IRAM, RANGE(rtc_iram), CH_CAP_RTCRAM | CH_CAP_EXEC},
    {RTC_DRAM, RANGE(rtc_dram), CH_CAP_RTCRAM},
    {RTC_SLOW, RANGE(rtc_slow), 0},
    {TCM, RANGE(tcm), CH_CAP_SPM},
    {DMA, RANGE(dma), CH_CAP_INTERNAL | CH_CAP_DMA},
    {DMA_EXT, RANGE(dma_ext), CH_CAP_SPIRAM | CH_CAP_DMA},
    {EXTRAM, RANGE(extram), CH_CAP_SPIRAM},
    {DROM, RANGE(drom), 0},
    {IROM, RANGE(irom), 0},
    {ROM, RANGE(rom), 0},
};

#define N_ROWS (sizeof rows / sizeof rows[0])

/* The ranges of the chip; all of them empty when the profile has none. */
static const struct ch_soc_ranges *
ranges(void)
{
    static const struct ch_soc_ranges none;
    const struct ch_profile *profile;

    if (!ch_start()) {
        return &none;
    }
    profile = ch_place_profile();
    return profile->soc != NULL ? profile->soc->ranges : &none;
}

static bool
is_in(const struct ch_soc_range *range, const void *p)
{
    return (uintptr_t)p >= range->start && (uintptr_t)p < range->end;
}

static unsigned
kinds_by_range(const void *p)
{
    const char *base = (const char *)ranges();
    unsigned kinds = 0;

    for (size_t i = 0; i < N_ROWS; i++) {
        if (is_in((const struct ch_soc_range *)(base + rows[i].range), p)) {
            kinds |= rows[i].kind;
        }
    }
    return kinds;
}

static unsigned
kinds_by_caps(const struct ch_place *place)
{
    unsigned kinds = 0;

    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].caps != 0 && ch_place_has_caps(place, rows[i].caps)) {
            kinds |= rows[i].kind;
        }
    }
    return kinds;
}

/* The place that p is in, also within a block of plain malloc(), where that is
   a region. */
static const struct ch_place *
place_of(const void *p)
{
    const struct ch_place *place = ch_place_at(p);
    struct ch_slab_block block;

    if (place == NULL && ch_plain_find(p, &block)) {
        place = ch_home_of(block.p);
    }
    return place;
}

/* All kinds of memory that p is in.  The window of external memory is wider
   than what is in it. */
static unsigned
kinds_of(const void *p)
{
    unsigned kinds = kinds_by_range(p);
    const struct ch_place *place;

    if (kinds != 0 && (kinds & EXTRAM) == 0) {
        return kinds;
    }
    place = place_of(p);
    if (place == NULL) {
        return kinds & ~(unsigned)(EXTRAM | DMA_EXT);
    }
    return kinds != 0 ? kinds : kinds_by_caps(place);
}

/* ---- predicates ---------------------------------------------------------- */

CH_API bool
esp_ptr_in_iram(const void *p)
{
    return (kinds_of(p) & IRAM) != 0;
}

CH_API bool
esp_ptr_in_dram(const void *p)
{
    return (kinds_of(p) & DRAM) != 0;
}

CH_API bool
esp_ptr_in_diram_dram(const void *p)
{
    return (kinds_of(p) & DIRAM_DRAM) != 0;
}

CH_API bool
esp_ptr_in_diram_iram(const void *p)
{
    return (kinds_of(p) & DIRAM_IRAM) != 0;
}

CH_API bool
esp_ptr_in_rtc_iram_fast(const void *p)
{
    return (kinds_of(p) & RTC_IRAM) != 0;
}

CH_API bool
esp_ptr_in_rtc_dram_fast(const void *p)
{
    return (kinds_of(p) & RTC_DRAM) != 0;
}

CH_API bool
esp_ptr_in_rtc_slow(const void *p)
{
    return (kinds_of(p) & RTC_SLOW) != 0;
}

CH_API bool
esp_ptr_in_tcm(const void *p)
{
    return (kinds_of(p) & TCM) != 0;
}

CH_API bool
esp_ptr_dma_capable(const void *p)
{
    return (kinds_of(p) & DMA) != 0;
}

CH_API bool
esp_ptr_dma_ext_capable(const void *p)
{
    return (kinds_of(p) & DMA_EXT) != 0;
}

CH_API bool
esp_ptr_word_aligned(const void *p)
{
    return ch_is_aligned(p, WORD);
}

CH_API bool
esp_ptr_executable(const void *p)
{
    return (kinds_of(p) & CODE) != 0;
}

CH_API bool
esp_ptr_byte_accessible(const void *p)
{
    return (kinds_of(p) & BYTES) != 0;
}

CH_API bool
esp_ptr_internal(const void *p)
{
    return (kinds_of(p) & INTERNAL) != 0;
}

CH_API bool
esp_ptr_external_ram(const void *p)
{
    return (kinds_of(p) & EXTRAM) != 0;
}

CH_API bool
esp_ptr_in_drom(const void *p)
{
    return (kinds_of(p) & DROM) != 0;
}

CH_API bool
esp_ptr_in_rom(const void *p)
{
    return (kinds_of(p) & ROM) != 0;
}

/* ---- two addresses of one memory ----------------------------------------- */

/* What p of the range `from` is in the range `to`; another p comes back. */
static void *
translate(const void *p, const struct ch_soc_range *from,
    const struct ch_soc_range *to, bool is_inverted)
{
    uintptr_t other = (uintptr_t)(is_inverted ? from->end - WORD + to->start
                                              : to->start - from->start);

    if (!is_in(from, p)) {
        return (void *)p;
    }
    return (void *)(is_inverted ? other - (uintptr_t)p : other + (uintptr_t)p);
}

CH_API void *
esp_ptr_diram_dram_to_iram(const void *p)
{
    const struct ch_soc_ranges *r = ranges();

    return translate(p, &r->diram_dram, &r->diram_iram, r->is_diram_inverted);
}

CH_API void *
esp_ptr_diram_iram_to_dram(const void *p)
{
    const struct ch_soc_ranges *r = ranges();

    return translate(p, &r->diram_iram, &r->diram_dram, r->is_diram_inverted);
}

CH_API void *
esp_ptr_rtc_dram_to_iram(const void *p)
{
    const struct ch_soc_ranges *r = ranges();

    return translate(p, &r->rtc_dram, &r->rtc_iram, false);
}

static bool
is_same(const struct ch_soc_range *a, const struct ch_soc_range *b)
{
    return a->start == b->start && a->end == b->end;
}

CH_API bool
esp_dram_match_iram(void)
{
    return is_same(&ranges()->dram, &ranges()->iram);
}

CH_API bool
esp_rtc_dram_match_rtc_iram(void)
{
    return is_same(&ranges()->rtc_dram, &ranges()->rtc_iram);
}

/* ---- stacks -------------------------------------------------------------- */

static bool
is_stack_in(const struct ch_soc_range *range, uint32_t sp)
{
    return sp % STACK_ALIGN == 0 && sp >= range->start + STACK_ALIGN
           && sp + (uint64_t)STACK_ALIGN <= range->end;
}

CH_API bool
esp_stack_ptr_in_dram(uint32_t sp)
{
    return is_stack_in(&ranges()->dram, sp);
}

CH_API bool
esp_stack_ptr_in_extram(uint32_t sp)
{
    return is_stack_in(&ranges()->extram, sp);
}
