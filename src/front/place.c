/* SPDX-License-Identifier: MIT */
/*
 * place.c - the list of places, and which of them serves a request.
 *
 * Source: ESP-IDF components/heap/heap_caps.c (rules, not code): priority
 * before the order of the list, which is that of upstream's HEAD: what the
 * system starts with by ascending size, what is added later in front of it.
 *
 * Locks: none to read the list; places.lock, rank PLACE, to add to it.
 */
#include "front/place.h"

#include <string.h>

#include "base/arith.h"
#include "base/text.h"
#include "front/place_internal.h"
#include "map/page.h"
#include "sync/hook.h"

/* The rules for memory that hardware reads: bytes. */
#define DESCRIPTOR_ALIGN 8u
#define SIMD_ALIGN       16u
#define CACHE_LINE       64u

uint32_t ch_place_fast_caps;

static struct {
    struct ch_lock lock;
    struct ch_place place[CH_PLACES_MAX];
    unsigned n;             /* lock */
    struct ch_place *first; /* atomic */
    size_t extmem_below;    /* bytes below SIZE_MAX of the limit from which on
                               malloc() takes external memory: 0 is never;
                               atomic, relaxed */
} places;

/* ---- the list ------------------------------------------------------------ */

struct ch_place *
ch_place_new(void)
{
    unsigned i;

    ch_lock(&places.lock);
    i = places.n;
    places.n = i < CH_PLACES_MAX ? i + 1 : i;
    ch_unlock(&places.lock);
    return i < CH_PLACES_MAX ? &places.place[i] : NULL;
}

void
ch_place_return(struct ch_place *place)
{
    ch_lock(&places.lock);
    memset(place, 0, sizeof *place);
    places.n -= place == &places.place[places.n - 1];
    ch_unlock(&places.lock);
}

void
ch_place_push(struct ch_place *place)
{
    ch_lock(&places.lock);
    place->next = places.first;
    /* release: pairs with the acquire in ch_place_next() */
    __atomic_store_n(&places.first, place, __ATOMIC_RELEASE);
    ch_unlock(&places.lock);
}

void
ch_place_append(struct ch_place *place)
{
    struct ch_place **last = &places.first;

    while (*last != NULL) {
        last = &(*last)->next;
    }
    place->next = NULL;
    __atomic_store_n(last, place, __ATOMIC_RELEASE);
}

struct ch_place *
ch_place_next_any(const struct ch_place *place)
{
    if (place == NULL) {
        ch_place_ready();
    }
    /* acquire: pairs with the release in ch_place_push() */
    return __atomic_load_n(
        place == NULL ? &places.first : &place->next, __ATOMIC_ACQUIRE);
}

/* Startup stacks do not serve before they are released. */
static inline bool
is_in_use(const struct ch_place *place)
{
    return place->engine == CH_ENGINE_SLAB || place->is_elastic
           || ch_place_heap(place) != NULL;
}

struct ch_place *
ch_place_next(const struct ch_place *place)
{
    struct ch_place *next = ch_place_next_any(place);

    while (next != NULL && !is_in_use(next)) {
        next = ch_place_next_any(next);
    }
    return next;
}

bool
ch_place_has_caps(const struct ch_place *place, uint32_t caps)
{
    return (place->caps_all & caps) == caps;
}

struct ch_place *
ch_place_named(const char *name)
{
    struct ch_place *place = NULL;

    while ((place = ch_place_next_any(place)) != NULL) {
        if (ch_str_eq(place->name, name)) {
            break;
        }
    }
    return place;
}

/* ---- fork ---------------------------------------------------------------- */

void
ch_place_before_fork(void)
{
    ch_lock(&ch_place_adding);
    ch_lock(&ch_place_making);
    ch_lock(&places.lock);
    for (unsigned i = 0; i < places.n; i++) {
        ch_lock(&places.place[i].lock);
    }
}

void
ch_place_after_fork_parent(void)
{
    for (unsigned i = places.n; i > 0; i--) {
        ch_unlock(&places.place[i - 1].lock);
    }
    ch_unlock(&places.lock);
    ch_unlock(&ch_place_making);
    ch_unlock(&ch_place_adding);
}

void
ch_place_after_fork_child(void)
{
    for (unsigned i = 0; i < places.n; i++) {
        ch_lock_reset(&places.place[i].lock);
    }
    ch_lock_reset(&places.lock);
    ch_lock_reset(&ch_place_making);
    ch_lock_reset(&ch_place_adding);
}

/* ---- choosing ------------------------------------------------------------ */

/* What the hardware needs of memory for these capabilities, as alignment and
   as capabilities that regions have. */
static void
adjust_to_hardware(struct ch_place_want *want)
{
    size_t align = want->align;

    if ((want->caps & (CH_CAP_DMA_DESC_AHB | CH_CAP_DMA_DESC_AXI)) != 0) {
        want->caps &= ~(CH_CAP_DMA_DESC_AHB | CH_CAP_DMA_DESC_AXI);
        want->caps |= CH_CAP_DMA;
        align = ch_max_size(align, DESCRIPTOR_ALIGN);
    }
    if ((want->caps & CH_CAP_CACHE_ALIGNED) != 0) {
        want->caps &= ~CH_CAP_CACHE_ALIGNED;
        align = ch_max_size(align, CACHE_LINE);
    }
    if ((want->caps & CH_CAP_SIMD) != 0) {
        align = ch_max_size(align, SIMD_ALIGN);
    }
    if (align != want->align) {
        want->size = ch_align_up(want->size, align);
        want->align = align;
    }
}

/* Brings a request into the form that regions are asked in; false: no region
   can serve it. */
static bool
prepare(struct ch_place_want *want)
{
    size_t most =
        ch_min_size(ch_place_profile()->size_max, PTRDIFF_MAX - CH_SLICE);

    if (want->size == 0 || want->size > most || want->align > most) {
        return false;
    }
    adjust_to_hardware(want);
    if ((want->caps & CH_CAP_EXEC) != 0) {
        if ((want->caps & (CH_CAP_8BIT | CH_CAP_DMA)) != 0) {
            return false;
        }
        want->caps |= CH_CAP_32BIT;
    }
    if ((want->caps & CH_CAP_32BIT) != 0) {
        want->size = ch_align_up(want->size, 4);
    }
    return true;
}

/* Memory that is mapped twice is for who writes it by the second address. */
static bool
can_write(const struct ch_place *place, const struct ch_place_want *want)
{
    return !place->is_apart || (want->caps & CH_CAP_EXEC) != 0;
}

static void *
take_by_priority(const struct ch_place_want *want)
{
    for (unsigned prio = 0; prio < CH_CAPS_PRIOS; prio++) {
        struct ch_place *place = NULL;

        while ((place = ch_place_next(place)) != NULL) {
            void *p;

            if ((place->caps[prio] & want->caps) == 0
                || !ch_place_has_caps(place, want->caps)
                || !can_write(place, want)) {
                continue;
            }
            p = ch_place_take(place, want);
            if (p != NULL) {
                ch_place_tell_low(place);
                return p;
            }
        }
    }
    return NULL;
}

static void *
take(size_t align, size_t size, uint32_t caps)
{
    struct ch_place_want want = {.size = size, .align = align, .caps = caps};

    return prepare(&want) ? take_by_priority(&want) : NULL;
}

static void *
told(void *p, size_t size, uint32_t caps)
{
    ch_hook_alloc(p, size, caps);
    return p;
}

void *
ch_place_take_caps(size_t size, uint32_t caps)
{
    return take(0, size, caps);
}

void *
ch_place_alloc(size_t size, uint32_t caps)
{
    return told(take(0, size, caps), size, caps);
}

void *
ch_place_alloc_aligned(size_t align, size_t size, uint32_t caps)
{
    return told(take(align, size, caps), size, caps);
}

void *
ch_place_alloc_zeroed(size_t align, size_t size, uint32_t caps)
{
    void *p = take(align, size, caps);

    if (p != NULL) {
        memset(ch_place_writable(p), 0, size);
    }
    return told(p, size, caps);
}

/* ---- malloc() under a device --------------------------------------------- */

void
ch_place_set_extmem_limit(size_t bytes)
{
    __atomic_store_n(&places.extmem_below, SIZE_MAX - bytes, __ATOMIC_RELAXED);
}

static inline size_t
extmem_limit(void)
{
    return SIZE_MAX - __atomic_load_n(&places.extmem_below, __ATOMIC_RELAXED);
}

bool
ch_place_has_extmem(void)
{
    return extmem_limit() != SIZE_MAX;
}

uint32_t
ch_place_default_caps(size_t size)
{
    return size > extmem_limit() ? CH_CAP_DEFAULT | CH_CAP_SPIRAM
                                 : CH_CAP_DEFAULT | CH_CAP_INTERNAL;
}

void *
ch_place_alloc_default(size_t align, size_t size)
{
    void *p = take(align, size, ch_place_default_caps(size));

    return p != NULL || !ch_place_has_extmem()
               ? p
               : take(align, size, CH_CAP_DEFAULT);
}
