/* SPDX-License-Identifier: MIT */
/*
 * memory_layout.c - the chip's types and ranges of memory, as ESP-IDF's tables.
 *
 * Programs read the tables without a call, so they are filled when the library
 * has been loaded.  To a program they are const, and it may have them in its
 * own data: the dynamic linker moves them there.  So here they have other
 * names, and are written to.
 *
 * Source: see include/capheap/esp-idf/heap_memory_layout.h.
 */
#include "capheap/esp-idf/heap_memory_layout.h"

#include "base/attrs.h"
#include "base/text.h"
#include "front/place.h"
#include "front/start.h"
#include "os/program.h"

#define TYPES_MAX   48u
#define REGIONS_MAX 96u

_Static_assert(SOC_MEMORY_TYPE_NO_PRIOS == CH_CAPS_PRIOS, "one mask each");
_Static_assert(TYPES_MAX >= CH_PROFILE_REGIONS_MAX, "a region has a type");

CH_API soc_memory_type_desc_t ch_layout_types[TYPES_MAX] __asm__(
    "soc_memory_types");
CH_API size_t ch_layout_n_types __asm__("soc_memory_type_count");
CH_API soc_memory_region_t ch_layout_regions[REGIONS_MAX] __asm__(
    "soc_memory_regions");
CH_API size_t ch_layout_n_regions __asm__("soc_memory_region_count");

/* ---- filling ------------------------------------------------------------- */

/* Adds a type; what does not fit is left out. */
static void
add_type(const char *name, const uint32_t caps[CH_CAPS_PRIOS])
{
    soc_memory_type_desc_t *type = &ch_layout_types[ch_layout_n_types];

    if (ch_layout_n_types == TYPES_MAX) {
        return;
    }
    ch_layout_n_types++;
    type->name = name;
    for (unsigned prio = 0; prio < CH_CAPS_PRIOS; prio++) {
        type->caps[prio] = caps[prio];
    }
}

static bool
is_type(const soc_memory_type_desc_t *type, const struct ch_profile_region *r)
{
    return ch_str_eq(type->name, r->label) && type->caps[0] == r->caps[0]
           && type->caps[1] == r->caps[1] && type->caps[2] == r->caps[2];
}

/* The index of a region's type; the number of types: it has none yet. */
static size_t
type_of(const struct ch_profile_region *region)
{
    size_t i = 0;

    while (i < ch_layout_n_types && !is_type(&ch_layout_types[i], region)) {
        i++;
    }
    return i;
}

/* A region of the profile as it lies in memory now. */
static soc_memory_region_t
describe(const struct ch_profile_region *region)
{
    const struct ch_place *place = ch_place_named(region->name);
    soc_memory_region_t own = {
        .start = (intptr_t)region->start,
        .size = (size_t)region->size,
        .type = type_of(region),
        .iram_address = (intptr_t)region->alias,
        .startup_stack = region->is_startup_stack,
    };

    if (place != NULL && ch_place_start(place) != NULL) {
        own.start = (intptr_t)ch_place_start(place);
        own.size = (size_t)(ch_place_end(place) - ch_place_start(place));
    }
    return own;
}

static void
fill_from_chip(const struct ch_soc *soc)
{
    for (unsigned i = 0; i < soc->n_types; i++) {
        add_type(soc->types[i].name, soc->types[i].caps);
    }
    for (unsigned i = 0; i < soc->n_regions && i < REGIONS_MAX; i++) {
        const struct ch_soc_region *region = &soc->regions[i];

        ch_layout_regions[i] = (soc_memory_region_t){
            .start = (intptr_t)region->start,
            .size = (size_t)region->size,
            .type = region->type,
            .iram_address = (intptr_t)region->iram,
            .startup_stack = region->is_startup_stack,
        };
        ch_layout_n_regions = i + 1;
    }
}

/* Types of the profile's own that the chip does not have. */
static void
add_types_of(const struct ch_profile *profile)
{
    for (unsigned i = 0; i < profile->n_regions; i++) {
        const struct ch_profile_region *region = &profile->regions[i];

        if (type_of(region) == ch_layout_n_types) {
            add_type(region->label, region->caps);
        }
    }
}

static void
fill_from_profile(const struct ch_profile *profile)
{
    for (unsigned i = 0; i < profile->n_regions; i++) {
        ch_layout_regions[i] = describe(&profile->regions[i]);
        ch_layout_n_regions = i + 1;
    }
}

/* What the library was only preloaded into knows nothing of these tables, and
   is spared their pages, unless it is to see a device. */
static bool
is_wanted(void)
{
    return ch_place_is_device()
           || ch_program_is_linked("libcapheap.so", ch_layout_types);
}

__attribute__((constructor)) static void
fill(void)
{
    const struct ch_profile *profile;

    if (!ch_start() || !is_wanted()) {
        return;
    }
    profile = ch_place_profile();
    if (profile->soc != NULL) {
        fill_from_chip(profile->soc);
    }
    add_types_of(profile);
    if (profile->soc == NULL) {
        fill_from_profile(profile);
    }
}

/* ---- what is left for heaps ---------------------------------------------- */

/* Puts a region where the order of addresses has it among n others. */
static void
insert(soc_memory_region_t *regions, size_t n, soc_memory_region_t region)
{
    while (n > 0 && regions[n - 1].start > region.start) {
        regions[n] = regions[n - 1];
        n--;
    }
    regions[n] = region;
}

CH_API size_t
soc_get_available_memory_regions(soc_memory_region_t *regions)
{
    const struct ch_profile *profile;
    size_t n = 0;

    if (!ch_start()) {
        return 0;
    }
    profile = ch_place_profile();
    for (unsigned i = 0; i < profile->n_regions; i++) {
        /* External memory is no heap when a chip starts: it is added. */
        if (!profile->regions[i].is_added) {
            insert(regions, n++, describe(&profile->regions[i]));
        }
    }
    return n;
}

CH_API size_t
soc_get_available_memory_region_max_count(void)
{
    return ch_start() ? ch_place_profile()->n_regions : 0;
}
