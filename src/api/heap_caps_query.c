/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_query.c - figures of the heaps, checks of them, walks over them.
 *
 * A heap counts when its masks together have all capabilities asked for: none
 * asked for is all heaps, and INVALID, which no heap has, is none.  Checks and
 * walks take INVALID for all heaps.
 *
 * Source: heap_caps.h.  Different: starting the monitor twice is fine, as the
 * tests upstream want it and its documents do not.
 */
#include "api/heap_caps.h"

#include "base/arith.h"
#include "base/text.h"
#include "diag/home.h"
#include "front/start.h"
#include "os/fault.h"

/* Heaps that there can be. */
#define HEAPS_MAX 64u

struct ch_place *
ch_heap_caps_next(const struct ch_place *place, uint32_t caps)
{
    struct ch_place *next;

    if (place == NULL) {
        ch_start();
    }
    next = ch_place_next(place);
    while (next != NULL && !ch_place_has_caps(next, caps)) {
        next = ch_place_next(next);
    }
    return next;
}

/* ---- figures ------------------------------------------------------------- */

/* Elastic places all draw on what the process may still take: together they
   have what the one has that has most. */
static size_t
sum_of(uint32_t caps, size_t (*figure)(const struct ch_place *place))
{
    const struct ch_place *place = NULL;
    size_t elastic = 0;
    size_t fixed = 0;

    while ((place = ch_heap_caps_next(place, caps)) != NULL) {
        if (ch_place_is_elastic(place)) {
            elastic = ch_max_size(elastic, figure(place));
        } else {
            fixed += figure(place);
        }
    }
    return fixed + elastic;
}

CH_API size_t
heap_caps_get_total_size(uint32_t caps)
{
    return sum_of(caps, ch_place_total);
}

CH_API size_t
heap_caps_get_free_size(uint32_t caps)
{
    return sum_of(caps, ch_place_free_size);
}

CH_API size_t
heap_caps_get_minimum_free_size(uint32_t caps)
{
    return sum_of(caps, ch_place_minimum_free);
}

void
ch_heap_caps_get_info(const struct ch_place *place, multi_heap_info_t *info)
{
    struct ch_tlsf_info figures;

    ch_place_get_info(place, &figures);
    *info = (multi_heap_info_t){
        .total_free_bytes = figures.free,
        .total_allocated_bytes = figures.allocated,
        .largest_free_block = figures.largest,
        .minimum_free_bytes = ch_place_minimum_free(place),
        .allocated_blocks = figures.used_blocks,
        .free_blocks = figures.free_blocks,
        .total_blocks = figures.used_blocks + figures.free_blocks,
    };
}

static void
add_elastic(struct ch_heap_caps_sum *sum, const multi_heap_info_t *info)
{
    sum->elastic_free = ch_max_size(sum->elastic_free, info->total_free_bytes);
    sum->elastic_minimum =
        ch_max_size(sum->elastic_minimum, info->minimum_free_bytes);
}

void
ch_heap_caps_add_info(struct ch_heap_caps_sum *sum,
    const struct ch_place *place, const multi_heap_info_t *info)
{
    multi_heap_info_t *all = &sum->fixed;

    if (ch_place_is_elastic(place)) {
        add_elastic(sum, info);
    } else {
        all->total_free_bytes += info->total_free_bytes;
        all->minimum_free_bytes += info->minimum_free_bytes;
    }
    all->total_allocated_bytes += info->total_allocated_bytes;
    all->largest_free_block =
        ch_max_size(all->largest_free_block, info->largest_free_block);
    all->allocated_blocks += info->allocated_blocks;
    all->free_blocks += info->free_blocks;
    all->total_blocks += info->total_blocks;
}

multi_heap_info_t
ch_heap_caps_sum(const struct ch_heap_caps_sum *sum)
{
    multi_heap_info_t info = sum->fixed;

    info.total_free_bytes += sum->elastic_free;
    info.minimum_free_bytes += sum->elastic_minimum;
    return info;
}

CH_API void
heap_caps_get_info(multi_heap_info_t *info, uint32_t caps)
{
    struct ch_heap_caps_sum sum = {.elastic_free = 0};
    const struct ch_place *place = NULL;

    while ((place = ch_heap_caps_next(place, caps)) != NULL) {
        multi_heap_info_t one;

        ch_heap_caps_get_info(place, &one);
        ch_heap_caps_add_info(&sum, place, &one);
    }
    *info = ch_heap_caps_sum(&sum);
}

CH_API size_t
heap_caps_get_largest_free_block(uint32_t caps)
{
    multi_heap_info_t info;

    heap_caps_get_info(&info, caps);
    return info.largest_free_block;
}

/* ---- blocks -------------------------------------------------------------- */

/* 0, for want of a block at p, where the options let that pass. */
static size_t
no_block(const void *p, const char *what)
{
    CH_ENSURE(ch_start() && ch_start_options()->foreign_ignore, what, p);
    return 0;
}

CH_API size_t
heap_caps_get_allocated_size(void *ptr)
{
    if (ptr == NULL) {
        return no_block(ptr, "heap_caps_get_allocated_size of no block");
    }
    return ch_heap_caps_is_others(ptr)
               ? ch_other_malloc()->usable_size(ptr)
               : ch_route_allocated(ptr, "heap_caps_get_allocated_size");
}

CH_API size_t
heap_caps_get_containing_block_size(void *ptr)
{
    size_t bytes = ch_place_containing_size(ptr);

    return bytes != 0 ? bytes
                      : no_block(ptr,
                          "heap_caps_get_containing_block_size of no block");
}

/* ---- checks -------------------------------------------------------------- */

/* The documented words, with nothing in front of them. */
static void
say(void *ctx CH_UNUSED, const char *line)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_text_str(&t, line);
    ch_line_say(&t);
}

static bool
check(const struct ch_place *place, bool print_errors)
{
    return ch_place_check(place, print_errors ? say : NULL, NULL);
}

CH_API bool
heap_caps_check_integrity(uint32_t caps, bool print_errors)
{
    const struct ch_place *place = NULL;
    bool is_good = true;

    while (
        (place = ch_heap_caps_next(place, ch_heap_caps_select(caps))) != NULL) {
        is_good = check(place, print_errors) && is_good;
    }
    return is_good;
}

CH_API bool
heap_caps_check_integrity_all(bool print_errors)
{
    return heap_caps_check_integrity(MALLOC_CAP_INVALID, print_errors);
}

CH_API bool
heap_caps_check_integrity_addr(intptr_t addr, bool print_errors)
{
    const struct ch_place *place;

    ch_start();
    place = ch_home_of((const void *)addr);
    return place != NULL && check(place, print_errors);
}

/* ---- walks --------------------------------------------------------------- */

struct walk {
    heap_caps_walker_cb_t walker;
    void *user_data;
    walker_heap_into_t heap;
};

static bool
visit(const struct ch_tlsf_block *block, void *ctx)
{
    const struct walk *walk = ctx;
    const walker_block_info_t info = {
        .ptr = block->p,
        .size = block->size,
        .used = block->is_used,
    };

    return walk->walker(walk->heap, info, walk->user_data);
}

CH_API void
heap_caps_walk(uint32_t caps, heap_caps_walker_cb_t walker, void *user_data)
{
    struct walk walk = {.walker = walker, .user_data = user_data};
    const struct ch_place *place = NULL;

    CH_ENSURE(walker != NULL, "heap_caps_walk without a function", NULL);
    while (
        (place = ch_heap_caps_next(place, ch_heap_caps_select(caps))) != NULL) {
        walk.heap.start = (intptr_t)ch_place_start(place);
        walk.heap.end = (intptr_t)ch_place_end(place);
        ch_place_walk(place, visit, &walk);
    }
}

CH_API void
heap_caps_walk_all(heap_caps_walker_cb_t walker, void *user_data)
{
    heap_caps_walk(MALLOC_CAP_INVALID, walker, user_data);
}

/* ---- local minimum ------------------------------------------------------- */

/*
 * While the monitor runs, low-water marks count from its start.  A slot keeps
 * the lowest mark that its heap had before; slots are taken once and stay.
 */
struct kept {
    struct ch_place *place; /* atomic; NULL: the slot is free */
    size_t below_max;       /* SIZE_MAX less the mark; atomic */
};

static struct {
    uint32_t is_on; /* atomic */
    struct kept kept[HEAPS_MAX];
} monitor;

/* The slot of a place; NULL: there are more places than slots. */
static struct kept *
kept_of(struct ch_place *place)
{
    for (size_t i = 0; i < HEAPS_MAX; i++) {
        struct kept *kept = &monitor.kept[i];
        struct ch_place *owner = NULL;

        if (__atomic_compare_exchange_n(&kept->place, &owner, place, false,
                __ATOMIC_RELAXED, __ATOMIC_RELAXED)
            || owner == place) {
            return kept;
        }
    }
    return NULL;
}

static void
keep(struct kept *kept, size_t mark)
{
    size_t was = __atomic_load_n(&kept->below_max, __ATOMIC_RELAXED);

    while (was < SIZE_MAX - mark
           && !__atomic_compare_exchange_n(&kept->below_max, &was,
               SIZE_MAX - mark, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

CH_API esp_err_t
heap_caps_monitor_local_minimum_free_size_start(void)
{
    struct ch_place *place = NULL;

    while ((place = ch_heap_caps_next(place, 0)) != NULL) {
        struct kept *kept = kept_of(place);

        if (kept == NULL) {
            return ESP_ERR_NO_MEM;
        }
        keep(kept, ch_place_reset_minimum(place));
    }
    /* release: pairs with the acquire in _stop() */
    __atomic_store_n(&monitor.is_on, 1, __ATOMIC_RELEASE);
    return ESP_OK;
}

CH_API esp_err_t
heap_caps_monitor_local_minimum_free_size_stop(void)
{
    if (__atomic_exchange_n(&monitor.is_on, 0, __ATOMIC_ACQUIRE) == 0) {
        return ESP_FAIL;
    }
    for (size_t i = 0; i < HEAPS_MAX && monitor.kept[i].place != NULL; i++) {
        struct kept *kept = &monitor.kept[i];

        ch_place_restore_minimum(kept->place,
            SIZE_MAX
                - __atomic_exchange_n(&kept->below_max, 0, __ATOMIC_RELAXED));
    }
    return ESP_OK;
}
