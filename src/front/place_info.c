/* SPDX-License-Identifier: MIT */
/*
 * place_info.c - figures of places, and who has which address.
 *
 * A fixed place answers from its heap.  An elastic one has what it may still
 * grow by as well; the region behind plain malloc() is answered from the
 * budget, with what the system would give in place of a limit.
 */
#include "base/arith.h"
#include "front/place_internal.h"
#include "front/plain.h"
#include "heap/slab/walk.h"
#include "heap/tlsf/registry.h"
#include "map/map.h"
#include "os/memory.h"
#include "os/vm.h"
#include "region/budget.h"

const char *
ch_place_name(const struct ch_place *place)
{
    return place->name;
}

const char *
ch_place_label(const struct ch_place *place)
{
    return place->label;
}

const uint32_t *
ch_place_caps(const struct ch_place *place)
{
    return place->caps;
}

char *
ch_place_start(const struct ch_place *place)
{
    return place->engine == CH_ENGINE_SLAB
               ? ch_slab_start()
               : __atomic_load_n(&place->start, __ATOMIC_ACQUIRE);
}

char *
ch_place_end(const struct ch_place *place)
{
    return place->end;
}

bool
ch_place_is_elastic(const struct ch_place *place)
{
    return place->is_elastic || place->engine == CH_ENGINE_SLAB;
}

bool
ch_place_set_limit(struct ch_place *place, size_t bytes)
{
    if (place->engine == CH_ENGINE_SLAB) {
        ch_budget_set_limit(bytes);
        return true;
    }
    __atomic_store_n(&place->limit, bytes, __ATOMIC_RELAXED);
    return place->is_elastic;
}

/* ---- the heap as a whole ------------------------------------------------- */

/* Bytes that the heap could still take. */
static size_t
left_of_heap(void)
{
    return ch_budget_limit() != SIZE_MAX
               ? ch_budget_left()
               : ch_align_down(ch_memory_available(), CH_SLICE);
}

static size_t
total_of_heap(void)
{
    size_t limit = ch_budget_limit();

    return limit != SIZE_MAX ? limit : ch_budget_used() + left_of_heap();
}

/* Room that records of pages and the map may need beside a block. */
#define RECORDS (256 * CH_KIB)

/* Counted in whole slices, with what the threads keep at hand. */
static void
count_by_slices(struct ch_tlsf_info *info)
{
    size_t dirty = ch_slab_dirty();
    size_t peak = ch_budget_mark();
    size_t total = total_of_heap();

    info->free = left_of_heap() + dirty;
    info->allocated = ch_budget_used() - ch_min_size(dirty, ch_budget_used());
    info->minimum_free =
        ch_min_size(info->free, total > peak ? total - peak : 0);
}

/* What the other elastic places have taken of the same memory. */
static size_t
taken_elsewhere(void)
{
    const struct ch_place *place = NULL;
    size_t bytes = 0;

    while ((place = ch_place_next(place)) != NULL) {
        if (place->is_elastic) {
            bytes += __atomic_load_n(&place->charged, __ATOMIC_RELAXED);
        }
    }
    return bytes;
}

static void
count_by_blocks(struct ch_tlsf_info *info)
{
    size_t total = total_of_heap();
    size_t elsewhere = ch_min_size(taken_elsewhere(), total);
    struct ch_plain_info plain;

    ch_plain_get_info(&plain);
    total -= elsewhere;
    info->allocated = plain.bytes;
    info->used_blocks = plain.blocks;
    info->free = total > plain.bytes ? total - plain.bytes : 0;
    info->minimum_free = total > plain.peak ? total - plain.peak : 0;
}

static void
slab_info(struct ch_tlsf_info *info)
{
    size_t left = left_of_heap() + ch_slab_dirty();

    if (ch_plain_is_exact) {
        count_by_blocks(info);
    } else {
        count_by_slices(info);
    }
    info->largest =
        left > RECORDS ? ch_align_down(left - RECORDS, CH_SLICE) : 0;
}

static bool
visit_to_count(const struct ch_slab_block *block, void *ctx)
{
    struct ch_tlsf_info *info = ctx;

    info->used_blocks += block->is_used;
    info->free_blocks += !block->is_used;
    return true;
}

/* ---- elastic places ------------------------------------------------------ */

/* Bytes that an elastic place may still grow by, of `left` that the whole heap
   may. */
static size_t
growth_of(const struct ch_place *place, size_t left)
{
    struct ch_fixed *heap = ch_place_heap(place);
    size_t limit = ch_place_most(place);
    size_t size = 0;

    if (__atomic_load_n(&place->is_refused, __ATOMIC_RELAXED)) {
        return 0;
    }
    if (heap != NULL) {
        size = (size_t)(ch_fixed_end(heap) - ch_fixed_start(heap));
    }
    return ch_align_down(
        ch_min_size(limit > size ? limit - size : 0, left), ch_vm_page_size());
}

static void
elastic_info(const struct ch_place *place, struct ch_tlsf_info *info)
{
    struct ch_fixed *heap = ch_place_heap(place);
    size_t left = left_of_heap();
    size_t spare = left > RECORDS ? left - RECORDS : 0;
    size_t growth = growth_of(place, left);
    size_t peak = ch_budget_peak();
    size_t total = total_of_heap();

    info->largest = growth_of(place, spare);
    if (heap != NULL) {
        ch_fixed_get_info(heap, info);
        info->largest = ch_fixed_largest_with(heap, growth_of(place, spare));
    }
    info->free += growth;
    info->minimum_free += ch_min_size(growth, total > peak ? total - peak : 0);
}

/* All but the numbers of blocks of the heap behind plain malloc(). */
static void
get_bytes(const struct ch_place *place, struct ch_tlsf_info *info)
{
    *info = (struct ch_tlsf_info){0};
    if (place->engine == CH_ENGINE_SLAB) {
        slab_info(info);
    } else if (place->is_elastic) {
        elastic_info(place, info);
    } else {
        ch_fixed_get_info(ch_place_heap(place), info);
    }
}

void
ch_place_get_info(const struct ch_place *place, struct ch_tlsf_info *info)
{
    get_bytes(place, info);
    if (place->engine == CH_ENGINE_SLAB) {
        info->used_blocks = info->free_blocks = 0;
        ch_plain_walk(visit_to_count, info);
    }
}

size_t
ch_place_total(const struct ch_place *place)
{
    struct ch_tlsf_info info;

    if (place->engine == CH_ENGINE_SLAB) {
        return total_of_heap();
    }
    if (!place->is_elastic) {
        return (size_t)(place->end - place->start);
    }
    get_bytes(place, &info);
    return info.free + info.allocated;
}

size_t
ch_place_free_size(const struct ch_place *place)
{
    struct ch_tlsf_info info;

    if (place->engine == CH_ENGINE_TLSF && !place->is_elastic) {
        return ch_fixed_free_size(ch_place_heap(place));
    }
    get_bytes(place, &info);
    return info.free;
}

size_t
ch_place_minimum_free(const struct ch_place *place)
{
    struct ch_tlsf_info info;

    /* From version 6 on what comes after the start-up counts as nothing. */
    if (place->is_late && ch_place_options()->esp_idf >= 6) {
        return 0;
    }
    get_bytes(place, &info);
    return info.minimum_free;
}

size_t
ch_place_reset_minimum(struct ch_place *place)
{
    struct ch_fixed *heap = ch_place_heap(place);
    size_t old = ch_place_minimum_free(place);

    if (place->engine == CH_ENGINE_SLAB) {
        ch_budget_set_mark(0);
        ch_plain_set_peak(0);
    } else if (heap != NULL) {
        ch_fixed_reset_minimum(heap);
    }
    return old;
}

void
ch_place_restore_minimum(struct ch_place *place, size_t bytes)
{
    struct ch_fixed *heap = ch_place_heap(place);
    size_t total = ch_place_total(place);

    if (place->engine == CH_ENGINE_SLAB) {
        if (bytes < ch_place_minimum_free(place)) {
            ch_budget_set_mark(total - bytes);
            ch_plain_set_peak(total - bytes);
        }
    } else if (heap != NULL) {
        ch_fixed_restore_minimum(heap, bytes);
    }
}

/* ---- blocks -------------------------------------------------------------- */

/* A walk of the heap behind plain malloc(), seen as one of a place. */
struct plain_walk {
    bool (*visit)(const struct ch_tlsf_block *block, void *ctx);
    void *ctx;
};

static bool
visit_plain(const struct ch_slab_block *block, void *ctx)
{
    struct plain_walk *walk = ctx;
    struct ch_tlsf_block seen = {
        .p = block->p, .size = block->size, .is_used = block->is_used};

    return walk->visit(&seen, walk->ctx);
}

void
ch_place_walk(const struct ch_place *place,
    bool (*visit)(const struct ch_tlsf_block *block, void *ctx), void *ctx)
{
    struct plain_walk walk = {.visit = visit, .ctx = ctx};
    struct ch_fixed *heap = ch_place_heap(place);

    if (place->engine == CH_ENGINE_SLAB) {
        ch_plain_walk(visit_plain, &walk);
    } else if (heap != NULL) {
        ch_fixed_walk(heap, visit, ctx);
    }
}

bool
ch_place_check(const struct ch_place *place,
    void (*say)(void *ctx, const char *line), void *ctx)
{
    struct ch_fixed *heap = ch_place_heap(place);

    if (place->engine != CH_ENGINE_SLAB) {
        return heap == NULL || ch_fixed_check(heap, say, ctx);
    }
    return ch_plain_check(say, ctx);
}

size_t
ch_place_containing_size(const void *p)
{
    struct ch_place *place = ch_place_at(p);
    struct ch_fixed *heap = place != NULL ? ch_place_heap(place) : NULL;
    struct ch_slab_block plain;
    const void *block;

    if (heap == NULL) {
        return ch_plain_find(p, &plain) ? plain.size : 0;
    }
    block = ch_fixed_find(heap, ch_place_data_address(p));
    return block != NULL ? ch_fixed_usable(heap, block, "containing block") : 0;
}
