/* SPDX-License-Identifier: MIT */
/*
 * capheap_regions.c - regions from code: figures, limits, a call when low.
 */
#include <errno.h>
#include <string.h>

#include "base/arith.h"
#include "capheap.h"
#include "front/place.h"
#include "front/start.h"

static struct ch_place *
find(const char *name)
{
    (void)ch_start();
    return name != NULL ? ch_place_named(name) : NULL;
}

CH_API int
capheap_region_info(const char *name, struct capheap_region_info *info)
{
    struct ch_place *place = find(name);
    struct capheap_region_info whole = {0};
    struct ch_tlsf_info figures;

    if (info == NULL || info->size <= sizeof info->size) {
        return -EINVAL;
    }
    if (place == NULL) {
        return -ENOENT;
    }
    ch_place_get_info(place, &figures);
    whole.size = info->size;
    whole.name = ch_place_name(place);
    memcpy(whole.caps, ch_place_caps(place), sizeof whole.caps);
    whole.is_elastic = ch_place_is_elastic(place);
    whole.start = ch_place_start(place);
    whole.total = ch_place_total(place);
    whole.free = figures.free;
    whole.allocated = figures.allocated;
    whole.largest = figures.largest;
    whole.minimum_free = ch_place_minimum_free(place);
    whole.used_blocks = figures.used_blocks;
    whole.free_blocks = figures.free_blocks;
    memcpy(info, &whole, ch_min_size(info->size, sizeof whole));
    return 0;
}

CH_API int
capheap_region_set_limit(const char *name, size_t bytes)
{
    struct ch_place *place = find(name);

    if (place == NULL) {
        return -ENOENT;
    }
    return ch_place_set_limit(place, bytes) ? 0 : -ENOTSUP;
}

CH_API int
capheap_region_on_low(const char *name, size_t bytes,
    void (*fn)(const char *name, size_t free_bytes, void *ctx), void *ctx)
{
    (void)ch_start();
    return name != NULL && ch_place_on_low(name, bytes, fn, ctx) ? 0 : -ENOENT;
}

CH_API void *
capheap_exec_writable(const void *p)
{
    return ch_place_writable(p);
}
