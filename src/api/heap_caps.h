/* SPDX-License-Identifier: MIT */
/*
 * heap_caps.h - what the files of heap_caps_*.c share.
 *
 *   heap_caps.c        blocks: allocated, resized, freed
 *   heap_caps_tell.c   the program's own functions that are told of it
 *   heap_caps_query.c  figures, checks, walks
 *   heap_caps_print.c  summaries and dumps
 *   heap_caps_init.c   regions, and what differs between versions
 *
 * Source of all: ESP-IDF 4.4 docs/en/api-reference/system/mem_alloc.rst and
 * components/heap; additions of 5.x and HEAD of 2026.  Differences stand at
 * the functions; those between versions in one table, heap_caps_init.c.
 */
#ifndef CH_API_HEAP_CAPS_H
#define CH_API_HEAP_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "capheap/esp-idf/esp_heap_caps.h"
#include "front/other_malloc.h"
#include "front/place.h"
#include "front/route.h"

/* Where versions of ESP-IDF differ; the option esp_idf chooses one. */
struct ch_heap_caps_rules {
    /* What plain malloc() is said to ask for when it fails: as long as it
       keeps to internal memory, and since heap_caps_malloc_extmem_enable(). */
    uint32_t default_caps;
    uint32_t default_caps_extmem;
    /* A dump has two fields a block and goes to stderr, else five to
       stdout. */
    bool is_dump_short;
};

const struct ch_heap_caps_rules *ch_heap_caps_rules(void);
/* What malloc() is said to ask for now. */
uint32_t ch_heap_caps_default(void);

/* Whether [start, end) may be added beside a heap at [heap_start, heap_end).
   Exported for tests of firmware, which declare it themselves. */
CH_API bool heap_caps_check_add_region_allowed(
    intptr_t heap_start, intptr_t heap_end, intptr_t start, intptr_t end);

/*
 * An allocation of `size` bytes, not 0, has failed in the public function
 * `op`: explains it, calls the program's callback and aborts, each where it is
 * wanted.  Does nothing for what fails within the callback.
 */
CH_SLOW void ch_heap_caps_tell_failed(
    size_t size, uint32_t caps, const char *op);
/* The same of plain malloc(); nothing where the device does not bound it. */
CH_SLOW void ch_heap_caps_tell_refused(size_t size);

/* True when another malloc is the process's and p is one of its blocks. */
static inline bool
ch_heap_caps_is_others(const void *p)
{
    return CH_UNLIKELY(ch_other_malloc() != NULL && !ch_route_has(p));
}

/* The next place after `place`, NULL for the first one, that has all of
   `caps`. */
struct ch_place *ch_heap_caps_next(const struct ch_place *place, uint32_t caps);

/* The figures of one place. */
void ch_heap_caps_get_info(
    const struct ch_place *place, multi_heap_info_t *info);
/* The figures of several places: sums, save that elastic ones all draw on what
   the process may still take, which counts once.  All zeros at first. */
struct ch_heap_caps_sum {
    multi_heap_info_t fixed; /* without what elastic places have free */
    size_t elastic_free;     /* the most that one of them has */
    size_t elastic_minimum;
};

void ch_heap_caps_add_info(struct ch_heap_caps_sum *sum,
    const struct ch_place *place, const multi_heap_info_t *info);
multi_heap_info_t ch_heap_caps_sum(const struct ch_heap_caps_sum *sum);

/* In checks, dumps and walks INVALID stands for every heap. */
static inline uint32_t
ch_heap_caps_select(uint32_t caps)
{
    return (caps & MALLOC_CAP_INVALID) != 0 ? 0 : caps;
}

#endif
