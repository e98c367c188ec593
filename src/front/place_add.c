/* SPDX-License-Identifier: MIT */
/*
 * place_add.c - places that a program adds at run time.
 *
 * Source: ESP-IDF components/heap/heap_caps_init.c of HEAD for what may
 * overlap.
 */
#include "base/arith.h"
#include "front/place_internal.h"
#include "os/vm.h"

struct ch_lock ch_place_adding;

/* The chip's region that has an address; NULL: none, or no chip. */
static const struct ch_soc_region *
soc_region_at(intptr_t start)
{
    const struct ch_soc *soc = ch_place_profile()->soc;

    for (unsigned i = 0; soc != NULL && i < soc->n_regions; i++) {
        if ((uint64_t)start - soc->regions[i].start < soc->regions[i].size) {
            return &soc->regions[i];
        }
    }
    return NULL;
}

bool
ch_place_is_add_allowed(
    intptr_t heap_start, intptr_t heap_end, intptr_t start, intptr_t end)
{
    return !(start < heap_start && end > heap_start)
           && !(start < heap_end && end > heap_end)
           && !(start == heap_start && end == heap_end);
}

static bool
overlaps(intptr_t start, intptr_t end)
{
    struct ch_place *place = NULL;

    while ((place = ch_place_next(place)) != NULL) {
        if (place->engine == CH_ENGINE_TLSF && ch_place_heap(place) != NULL
            && !ch_place_is_add_allowed(
                (intptr_t)place->start, (intptr_t)place->end, start, end)) {
            return true;
        }
    }
    return false;
}

/* False: something is mapped there. */
static bool
map_exactly(uintptr_t start, size_t size)
{
    struct ch_mapping_want want = {
        .at = (void *)start,
        .size = size,
        .is_exact = true,
    };
    struct ch_mapping mapping;
    const char *why;

    return ch_mapping_open(&mapping, &want, &why) == 0
           && ch_mapping_commit(&mapping, size, &why) == 0;
}

/* Memory of the chip that the profile does not map by itself, external memory
   say, is there as soon as it is added; the pages at its ends may be shared
   with regions that are. */
static void
map_known(intptr_t start, intptr_t end)
{
    size_t page = ch_vm_page_size();
    uintptr_t from = ch_align_down((uintptr_t)start, page);
    uintptr_t to = ch_align_up((uintptr_t)end, page);

    if (soc_region_at(start) == NULL || map_exactly(from, to - from)) {
        return;
    }
    for (; from < to; from += page) {
        (void)!map_exactly(from, page);
    }
}

/* Less than this holds no block, whatever the accounting. */
#define ADDED_LEAST 16

static enum ch_place_result
add_locked(const uint32_t caps[CH_CAPS_PRIOS], intptr_t start, intptr_t end)
{
    struct ch_place *place;

    if (overlaps(start, end)) {
        return CH_PLACE_OVERLAP;
    }
    if (end - start < ADDED_LEAST) {
        return CH_PLACE_TOO_SMALL;
    }
    map_known(start, end);
    place = ch_place_new();
    if (place == NULL) {
        return CH_PLACE_NO_MEMORY;
    }
    place->name = place->label = "added";
    place->start = (char *)start;
    place->end = (char *)end;
    place->is_late = true;
    place->limit = SIZE_MAX;
    ch_place_set_caps(place, caps);
    place->heap = ch_place_make_heap(place);
    if (place->heap == NULL) {
        ch_place_return(place);
        return CH_PLACE_TOO_SMALL;
    }
    ch_place_push(place);
    return CH_PLACE_OK;
}

enum ch_place_result
ch_place_add(const uint32_t caps[CH_CAPS_PRIOS], intptr_t start, intptr_t end)
{
    enum ch_place_result result;

    if (caps == NULL || start == 0 || end == 0 || end <= start) {
        return CH_PLACE_INVALID;
    }
    ch_lock(&ch_place_adding);
    result = add_locked(caps, start, end);
    ch_unlock(&ch_place_adding);
    return result;
}

enum ch_place_result
ch_place_add_known(intptr_t start, intptr_t end)
{
    const struct ch_soc_region *region = soc_region_at(start);

    if (start == 0 || end == 0 || end <= start) {
        return CH_PLACE_INVALID;
    }
    return region == NULL
               ? CH_PLACE_UNKNOWN
               : ch_place_add(ch_place_profile()->soc->types[region->type].caps,
                   start, end);
}
