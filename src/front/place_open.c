/* SPDX-License-Identifier: MIT */
/*
 * place_open.c - places of the profile.
 */
#include <stddef.h>

#include "base/arith.h"
#include "base/text.h"
#include "front/place_internal.h"
#include "heap/tlsf/registry.h"
#include "os/clock.h"
#include "os/fault.h"

static struct {
    const struct ch_options *options;
    uint64_t begin_ms;
    bool is_made;         /* the list of places; atomic */
    bool is_startup_over; /* the startup stacks serve; atomic */
    bool is_device;       /* const after the start: what can wait is none */
    /* Many pages, which a program that only calls malloc() is spared. */
    struct ch_profile profile;
    char work[CH_OPTION_FILE_MAX + 1]; /* the profile's file, if it has one */
} device;

struct ch_lock ch_place_making;

const struct ch_profile *
ch_place_profile(void)
{
    ch_place_ready();
    return &device.profile;
}

bool
ch_place_is_device(void)
{
    return device.is_device;
}

const struct ch_options *
ch_place_options(void)
{
    return device.options != NULL ? device.options : &ch_options_default;
}

void
ch_place_say(const char *name, const char *what, const char *why)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_line_begin(&t, buf);
    ch_text_str(&t, "region ");
    ch_text_str(&t, name);
    ch_text_char(&t, ' ');
    ch_text_str(&t, what);
    if (why != NULL) {
        ch_text_str(&t, ": ");
        ch_text_str(&t, why);
    }
    ch_line_say(&t);
}

/* ---- heaps --------------------------------------------------------------- */

static enum ch_accounting
accounting(void)
{
    switch (ch_place_options()->accounting) {
    case CH_OPTION_ACCOUNTING_HOST:
        return CH_ACCOUNTING_HOST;
    case CH_OPTION_ACCOUNTING_DEVICE:
        return CH_ACCOUNTING_DEVICE;
    default:
        return device.is_device ? CH_ACCOUNTING_DEVICE : CH_ACCOUNTING_HOST;
    }
}

void
ch_place_heap_options(struct ch_fixed_options *options)
{
    *options = (struct ch_fixed_options){
        .accounting = accounting(),
        .min_align = ch_place_options()->min_align,
        .poison = (enum ch_poison)ch_place_options()->poisoning,
    };
}

struct ch_fixed *
ch_place_make_heap(const struct ch_place *place)
{
    size_t size = (size_t)(place->end - place->start);
    struct ch_fixed_options options;

    ch_place_heap_options(&options);
    options.is_untouchable = place->write_off != 0;
    return ch_fixed_register(place->start, size, size, &options);
}

void
ch_place_set_caps(struct ch_place *place, const uint32_t caps[CH_CAPS_PRIOS])
{
    for (unsigned prio = 0; prio < CH_CAPS_PRIOS; prio++) {
        place->caps[prio] = caps[prio];
        place->caps_all |= caps[prio];
    }
}

/* ---- the profile's regions ----------------------------------------------- */

/* Blocks there are missed elsewhere.  Memory of a chip that serves as data too has too
   many that are only that. */
static bool
is_special(const struct ch_profile_region *region)
{
    uint32_t caps = ch_profile_region_caps(region);

    switch (region->backing) {
    case CH_MAPPING_LOCK:
    case CH_MAPPING_SECRET:
    case CH_MAPPING_FILE:
        return true;
    default:
        return (caps & CH_CAP_EXEC) != 0
               && (region->size == 0 || (caps & CH_CAP_8BIT) == 0);
    }
}

static void
fill_fixed(struct ch_place *place, const struct ch_profile_region *region)
{
    place->start = ch_place_mapped(region);
    place->end = place->start + region->size;
    place->alias = ch_place_mapped_alias(region);
    place->is_alias_inverted = region->is_alias_inverted;
    place->write_off = ch_place_write_offset(region, false);
    place->is_apart = place->write_off != 0;
    if (place->is_alias_inverted) {
        place->alias_write_off = ch_place_write_offset(region, true);
    } else if (ch_place_options()->wx_split) {
        place->alias_write_off = place->start - place->alias;
    }
}

/* A place for a region; NULL: it has no memory. */
static struct ch_place *
make_place(const struct ch_profile_region *region)
{
    bool is_fixed = region->size != 0;
    struct ch_place *place;

    if (is_fixed && ch_place_mapped(region) == NULL) {
        return NULL;
    }
    place = ch_place_new();
    if (place == NULL) {
        return NULL;
    }
    place->region = region;
    place->name = region->name;
    place->label = region->label;
    place->engine = region->engine;
    place->is_elastic = !is_fixed && region->engine == CH_ENGINE_TLSF;
    place->is_startup_stack = region->is_startup_stack;
    place->is_unmovable = is_special(region);
    place->is_apart = place->is_elastic && region->backing == CH_MAPPING_EXEC
                      && ch_place_options()->wx_split;
    place->limit = region->limit != 0 ? region->limit : SIZE_MAX;
    ch_place_set_caps(place, region->caps);
    if (is_fixed) {
        fill_fixed(place, region);
    }
    return place;
}

static void
open_fixed(struct ch_place *place)
{
    struct ch_fixed *heap;

    if (place->is_elastic || place->engine == CH_ENGINE_SLAB
        || ch_place_heap(place) != NULL) {
        return;
    }
    heap = ch_place_make_heap(place);
    if (heap == NULL) {
        ch_place_say(place->name, "is too small for a heap", NULL);
    }
    /* release: pairs with the acquire in ch_place_heap() */
    __atomic_store_n(&place->heap, heap, __ATOMIC_RELEASE);
}

/* The regions that the device starts with, in the order of its list: the
   smaller ones first. */
static unsigned
boot_order(const struct ch_profile_region *order[CH_PROFILE_REGIONS_MAX])
{
    unsigned n = 0;

    for (unsigned i = 0; i < device.profile.n_regions; i++) {
        const struct ch_profile_region *region = &device.profile.regions[i];
        unsigned at = n;

        if (region->is_added) {
            continue;
        }
        while (at > 0 && order[at - 1]->size > region->size) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = region;
        n++;
    }
    return n;
}

static void
make_boot_places(void)
{
    const struct ch_profile_region *order[CH_PROFILE_REGIONS_MAX];
    unsigned n = boot_order(order);

    for (unsigned i = 0; i < n; i++) {
        struct ch_place *place = make_place(order[i]);

        if (place == NULL) {
            continue;
        }
        ch_place_append(place);
        if (!place->is_startup_stack) {
            open_fixed(place);
        }
    }
}

/* The rank of a place in the chip's own table of regions, which the start-up
   goes through; places that the table does not have come after. */
static unsigned
table_rank(const struct ch_place *place)
{
    const struct ch_soc *soc = device.profile.soc;
    unsigned i = 0;

    while (soc != NULL && i < soc->n_regions
           && place->region->start - soc->regions[i].start
                  >= soc->regions[i].size) {
        i++;
    }
    return i;
}

/* The internal memory that comes first in that table and has room. */
static struct ch_place *
bookkeeping_place(size_t bytes)
{
    struct ch_place *place = NULL;
    struct ch_place *best = NULL;

    while ((place = ch_place_next(place)) != NULL) {
        struct ch_tlsf_info info;

        ch_place_get_info(place, &info);
        if (ch_place_has_caps(place, CH_CAP_8BIT | CH_CAP_INTERNAL)
            && info.largest >= bytes
            && (best == NULL || table_rank(place) < table_rank(best))) {
            best = place;
        }
    }
    return best;
}

/* What the device's list of heaps takes. */
static void
take_bookkeeping(void)
{
    struct ch_place *place;
    size_t bytes = 0;

    for (unsigned i = 0; i < device.profile.n_regions; i++) {
        bytes +=
            device.profile.regions[i].is_added ? 0 : device.profile.bookkeeping;
    }
    place = bytes != 0 ? bookkeeping_place(bytes) : NULL;
    if (place != NULL) {
        (void)!ch_place_alloc_in(place, 0, bytes);
    }
}

static void
make_added_places(void)
{
    for (unsigned i = 0; i < device.profile.n_regions; i++) {
        const struct ch_profile_region *region = &device.profile.regions[i];
        struct ch_place *place = region->is_added ? make_place(region) : NULL;

        if (place != NULL) {
            open_fixed(place);
            place->is_late = true;
            ch_place_push(place);
        }
    }
}

void
ch_place_end_startup(void)
{
    struct ch_place *place = NULL;

    if (__atomic_exchange_n(&device.is_startup_over, true, __ATOMIC_ACQ_REL)) {
        return;
    }
    while ((place = ch_place_next_any(place)) != NULL) {
        open_fixed(place);
    }
}

/* ---- the start ----------------------------------------------------------- */

static void
say_problem(void *ctx, struct ch_text *line)
{
    (void)ctx;
    ch_line_say(line);
}

/* Without a word about regions there are those of the host, which a program
   that only calls malloc() never asks for. */
static bool
can_wait(void)
{
    return ch_str_eq(device.options->profile, ch_options_default.profile)
           && device.options->regions[0].name[0] == '\0';
}

static void
load(void)
{
    const struct ch_options *options = device.options;

    (void)!ch_profile_load(&device.profile, options, device.work,
        ch_options_are_said(options) ? say_problem : NULL, NULL);
    ch_place_map_fixed(&device.profile);
}

void
ch_place_load(const struct ch_options *options)
{
    device.options = options;
    device.begin_ms = ch_clock_ms();
    if (!can_wait()) {
        load();
        device.is_device = device.profile.is_device;
    }
}

size_t
ch_place_plain_limit(void)
{
    for (unsigned i = 0; i < device.profile.n_regions; i++) {
        const struct ch_profile_region *region = &device.profile.regions[i];

        if (region->engine == CH_ENGINE_SLAB && region->limit != 0) {
            return region->limit;
        }
    }
    return SIZE_MAX;
}

/* What plain malloc() may serve as fast as it can. */
static uint32_t
fast_caps(void)
{
    const struct ch_place *first = ch_place_next(NULL);
    uint32_t caps;

    if (first == NULL || first->engine != CH_ENGINE_SLAB) {
        return 0;
    }
    caps = first->caps[0] & ~(CH_CAP_32BIT | CH_CAP_EXEC);
    return caps
           & ~(CH_CAP_DMA_DESC_AHB | CH_CAP_DMA_DESC_AXI | CH_CAP_CACHE_ALIGNED
               | CH_CAP_SIMD);
}

/* From here on the list may be read. */
static void
make_places(void)
{
    make_boot_places();
    /* release: pairs with the acquire in ch_place_ready() */
    __atomic_store_n(&device.is_made, true, __ATOMIC_RELEASE);
    take_bookkeeping();
    make_added_places();
    if (!ch_place_options()->startup_early) {
        ch_place_end_startup();
    }
    __atomic_store_n(&ch_place_fast_caps, fast_caps(), __ATOMIC_RELAXED);
}

void
ch_place_init(void)
{
    if (!can_wait()) {
        make_places();
    }
    if (ch_place_options()->verbose >= 1 && ch_place_is_device()) {
        ch_place_say_boot();
    }
}

static CH_SLOW void
make_late(void)
{
    ch_lock(&ch_place_making);
    if (!device.is_made) {
        load();
        make_places();
    }
    ch_unlock(&ch_place_making);
}

void
ch_place_ready(void)
{
    if (CH_UNLIKELY(!__atomic_load_n(&device.is_made, __ATOMIC_ACQUIRE)
                    && device.options != NULL && can_wait())) {
        make_late();
    }
}

/* ---- the boot log -------------------------------------------------------- */

static void
hex8(struct ch_text *t, uint64_t n)
{
    int shift = n >> 32 != 0 ? 44 : 28;

    for (; shift >= 0; shift -= 4) {
        ch_text_char(t, "0123456789ABCDEF"[(n >> shift) & 15]);
    }
}

static void
begin_log(struct ch_text *t, char *buf)
{
    ch_text_init(t, buf, CH_LINE_MAX);
    ch_text_str(t, "I (");
    ch_text_u64(t, ch_clock_ms() - device.begin_ms);
    ch_text_str(t, ") heap_init: ");
}

static void
say_region(const struct ch_profile_region *region)
{
    const char *start = ch_place_mapped(region);
    char buf[CH_LINE_MAX];
    struct ch_text t;

    if (region->size == 0 || start == NULL) {
        return;
    }
    begin_log(&t, buf);
    ch_text_str(&t, "At ");
    hex8(&t, (uintptr_t)start);
    ch_text_str(&t, " len ");
    hex8(&t, region->size);
    ch_text_str(&t, " (");
    ch_text_u64(&t, region->size / CH_KIB);
    ch_text_str(&t, " KiB): ");
    ch_text_str(&t, region->label);
    ch_line_say(&t);
}

/* Blocks that lie otherwise than on the device are counted otherwise. */
static void
say_min_align(void)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    if (accounting() != CH_ACCOUNTING_DEVICE
        || ch_place_options()->min_align <= ch_options_default.min_align) {
        return;
    }
    begin_log(&t, buf);
    ch_text_str(&t, "Blocks are aligned to ");
    ch_text_u64(&t, ch_place_options()->min_align);
    ch_text_str(&t, " bytes, not 4: figures differ from the device's");
    ch_line_say(&t);
}

void
ch_place_say_boot(void)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    begin_log(&t, buf);
    ch_text_str(&t, "Initializing. RAM available for dynamic allocation:");
    ch_line_say(&t);
    for (unsigned i = 0; i < device.profile.n_regions; i++) {
        say_region(&device.profile.regions[i]);
    }
    say_min_align();
}
