/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_init.c - the regions: at the start, and those added later; and
 * where versions of ESP-IDF differ.
 *
 * Source: heap_caps.h; esp_heap_caps_init.h.  Different: the library starts by
 * itself, so heap_caps_init() may be called at any time and only logs.
 */
#include "api/heap_caps.h"

#include "base/arith.h"
#include "capheap/esp-idf/esp_heap_caps_init.h"
#include "front/start.h"

#define OLDEST_VERSION 4u

/*
 * By version, from the oldest on.  4 is what the document of 4.4 says, where
 * it says something.  What else differs is told where it is decided:
 * ch_place_is_add_allowed() and ch_place_minimum_free().  All the rest is the
 * same, and as HEAD has it: the order of regions, the accounting, and that a
 * failure is told once.
 */
static const struct ch_heap_caps_rules rules[] = {
    {
        .default_caps = MALLOC_CAP_8BIT,
        .default_caps_extmem = MALLOC_CAP_8BIT,
    },
    {
        .default_caps = MALLOC_CAP_DEFAULT | MALLOC_CAP_INTERNAL,
        .default_caps_extmem = MALLOC_CAP_DEFAULT,
        .is_dump_short = true,
    },
    {
        .default_caps = MALLOC_CAP_DEFAULT | MALLOC_CAP_INTERNAL,
        .default_caps_extmem = MALLOC_CAP_DEFAULT,
        .is_dump_short = true,
    },
};

static const esp_err_t errors[] = {
    [CH_PLACE_OK] = ESP_OK,
    [CH_PLACE_INVALID] = ESP_ERR_INVALID_ARG,
    [CH_PLACE_OVERLAP] = ESP_FAIL,
    [CH_PLACE_TOO_SMALL] = ESP_ERR_INVALID_SIZE,
    [CH_PLACE_NO_MEMORY] = ESP_ERR_NO_MEM,
    [CH_PLACE_UNKNOWN] = ESP_ERR_NOT_FOUND,
};

const struct ch_heap_caps_rules *
ch_heap_caps_rules(void)
{
    ch_start();
    return &rules[ch_start_options()->esp_idf - OLDEST_VERSION];
}

uint32_t
ch_heap_caps_default(void)
{
    const struct ch_heap_caps_rules *now = ch_heap_caps_rules();

    return ch_place_has_extmem() ? now->default_caps_extmem : now->default_caps;
}

CH_API void
heap_caps_init(void)
{
    ch_start();
    ch_place_say_boot();
}

CH_API void
heap_caps_enable_nonos_stack_heaps(void)
{
    ch_start();
    ch_place_end_startup();
}

CH_API esp_err_t
heap_caps_add_region(intptr_t start, intptr_t end)
{
    ch_start();
    return errors[ch_place_add_known(start, end)];
}

CH_API esp_err_t
heap_caps_add_region_with_caps(
    const uint32_t caps[], intptr_t start, intptr_t end)
{
    ch_start();
    return errors[ch_place_add(caps, start, end)];
}

CH_API bool
heap_caps_check_add_region_allowed(
    intptr_t heap_start, intptr_t heap_end, intptr_t start, intptr_t end)
{
    return ch_place_is_add_allowed(heap_start, heap_end, start, end);
}
