/* SPDX-License-Identifier: MIT */
/*
 * profile_check.c - what must hold of regions, whoever wrote them, and their
 * order.
 */
#include "base/arith.h"
#include "front/profile_table.h"

/* No heap fits in less, in bytes. */
#define SIZE_LEAST  256u
#define LIMIT_LEAST (4 * CH_KIB)
/* Beyond what any process can map. */
#define ADDRESS_END (UINT64_C(1) << 47)

const char *
ch_profile_backing_problem(const struct ch_profile_region *region)
{
    bool is_exec = (ch_profile_region_caps(region) & CH_CAP_EXEC) != 0;

    if (region->engine == CH_ENGINE_SLAB
        && region->backing != CH_MAPPING_ANON) {
        return "the region behind plain malloc is anon";
    }
    if (is_exec && region->alias == 0 && region->backing != CH_MAPPING_EXEC) {
        return "a region with EXEC and no alias is exec";
    }
    if (region->backing == CH_MAPPING_FILE && region->path[0] == '\0') {
        return "a file has a path";
    }
    return NULL;
}

static const char *
elastic_problem(const struct ch_profile_region *region)
{
    if (region->start != 0 || region->alias != 0) {
        return "an elastic region has neither start nor alias";
    }
    if (region->is_startup_stack) {
        return "an elastic region has no startup stack";
    }
    if (region->limit != 0
        && (region->limit < LIMIT_LEAST || region->limit >= ADDRESS_END)) {
        return "limit: wants 4 KiB at least, and less than 128 TiB";
    }
    return NULL;
}

static bool
is_range(uint64_t start, uint64_t size)
{
    return size < ADDRESS_END && start < ADDRESS_END
           && start + size <= ADDRESS_END;
}

static const char *
fixed_problem(const struct ch_profile_region *region)
{
    uint64_t bits = region->start | region->size | region->alias;

    if (region->engine == CH_ENGINE_SLAB) {
        return "engine=slab wants an elastic region";
    }
    if (region->limit != 0) {
        return "limit is for elastic regions; this one has a size";
    }
    if (bits % CH_PROFILE_UNIT != 0) {
        return "start, size and alias are multiples of 4";
    }
    if (region->size < SIZE_LEAST) {
        return "size: wants 256 bytes at least";
    }
    if (!is_range(region->start, region->size)
        || !is_range(region->alias, region->size)) {
        return "the region ends beyond all addresses";
    }
    return NULL;
}

_Static_assert(CH_PROFILE_UNIT == 4 && SIZE_LEAST == 256 && LIMIT_LEAST == 4096
                   && ADDRESS_END >> 40 == 128,
    "the lines above say so");

const char *
ch_profile_region_problem(const struct ch_profile_region *region)
{
    const char *why =
        region->size == 0 ? elastic_problem(region) : fixed_problem(region);

    if (why != NULL) {
        return why;
    }
    if (ch_profile_region_caps(region) == 0) {
        return "the region has no capability; wants caps";
    }
    if (region->is_alias_inverted && region->alias == 0) {
        return "inverted wants an alias";
    }
    return ch_profile_backing_problem(region);
}

/* Half-open ranges; an address of 0 is nowhere. */
static bool
is_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a != 0 && b != 0 && a < b + b_size && b < a + a_size;
}

static bool
do_regions_overlap(
    const struct ch_profile_region *a, const struct ch_profile_region *b)
{
    return is_overlap(a->start, a->size, b->start, b->size)
           || is_overlap(a->start, a->size, b->alias, b->size)
           || is_overlap(a->alias, a->size, b->start, b->size)
           || is_overlap(a->alias, a->size, b->alias, b->size);
}

const struct ch_profile_region *
ch_profile_find_overlap(
    const struct ch_profile *profile, const struct ch_profile_region *region)
{
    for (unsigned i = 0; i < profile->n_regions; i++) {
        const struct ch_profile_region *other = &profile->regions[i];

        if (other != region && do_regions_overlap(region, other)) {
            return other;
        }
    }
    return NULL;
}

/* True when `a` stands before `b` in every profile. */
static bool
is_before(const struct ch_profile_region *a, const struct ch_profile_region *b)
{
    if (a->is_added != b->is_added) {
        return b->is_added;
    }
    return a->start < b->start;
}

void
ch_profile_sort(struct ch_profile *profile)
{
    for (unsigned i = 1; i < profile->n_regions; i++) {
        struct ch_profile_region moved = profile->regions[i];
        unsigned j = i;

        for (; j > 0 && is_before(&moved, &profile->regions[j - 1]); j--) {
            profile->regions[j] = profile->regions[j - 1];
        }
        profile->regions[j] = moved;
    }
}
