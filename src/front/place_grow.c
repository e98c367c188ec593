/* SPDX-License-Identifier: MIT */
/*
 * place_grow.c - elastic places: opened at the first request, grown as
 * requests need it.
 *
 * An elastic place is one range of reserved addresses with a heap of the fixed
 * engine at its front, whose end moves.  What is usable counts against the
 * limit of the whole heap.
 *
 * Locks: place->lock, rank PLACE.
 */
#include <errno.h>

#include "base/arith.h"
#include "front/place_internal.h"
#include "heap/slab/arena.h"
#include "heap/tlsf/registry.h"
#include "os/memory.h"
#include "os/vm.h"
#include "region/budget.h"

/* Addresses that a place reserves: at most, and at least. */
#define ROOM_MAX   (16 * CH_GIB)
#define ROOM_LEAST CH_MIB
/* A place grows by a quarter of what it has, within these bounds. */
#define STEP_LEAST (64 * CH_KIB)
#define STEP_MOST  (16 * CH_MIB)

/* How many addresses to reserve.  A limit may be raised later, so it counts
   only where addresses are scarce. */
static size_t
room_of(const struct ch_place *place)
{
    size_t room =
        ch_min_size(ch_pow2_up(ch_memory_physical() / 2 + 1), ROOM_MAX);
    size_t addresses = ch_vm_address_limit();

    if (addresses != SIZE_MAX) {
        room = ch_min_size(ch_min_size(room, addresses / 16), place->limit);
    }
    return ch_align_up(ch_max_size(room, ROOM_LEAST), ch_vm_page_size());
}

static struct ch_mapping_want
want_of(const struct ch_place *place, size_t size)
{
    const struct ch_profile_region *region = place->region;

    return (struct ch_mapping_want){
        .kind = region->backing,
        .path = region->path,
        .size = size,
        .is_split =
            region->backing == CH_MAPPING_EXEC && ch_place_options()->wx_split,
    };
}

/* Maps the place with as much room as the system gives. */
static int
map_place(struct ch_place *place, const char **why)
{
    struct ch_mapping_want want = want_of(place, room_of(place));
    int err;

    /* -EFBIG: a limit on files, which memory with a descriptor counts as. */
    while (((err = ch_mapping_open(&place->mapping, &want, why)) == -ENOMEM
               || err == -EFBIG)
           && want.size / 2 >= ROOM_LEAST) {
        want.size /= 2;
    }
    return err;
}

/* Plain memory instead, if the region may have it. */
static int
map_fallback(struct ch_place *place, const char *refusal)
{
    struct ch_mapping_want want = {
        .kind = CH_MAPPING_ANON, .size = place->mapping.size};
    const char *why;

    if (place->region->refusal == CH_REFUSAL_FAIL) {
        ch_place_say(place->name, "fails", refusal);
        return -EACCES;
    }
    ch_place_say(place->name, "has plain memory instead", refusal);
    want.size = room_of(place);
    return ch_mapping_open(&place->mapping, &want, &why);
}

static struct ch_fixed_options
heap_options(const struct ch_place *place)
{
    struct ch_fixed_options options = {
        .accounting = CH_ACCOUNTING_HOST,
        .min_align = CH_MIN_ALIGN,
        .poison = (enum ch_poison)ch_place_options()->poisoning,
        .is_untouchable = place->write_off != 0,
    };

    return options;
}

/* Huge pages become usable in steps. */
static size_t
whole_steps(const struct ch_place *place, size_t bytes)
{
    const struct ch_mapping *mapping = &place->mapping;

    if (mapping->granule == 0) {
        return bytes;
    }
    return ch_min_size(ch_align_up(bytes, mapping->granule), mapping->size);
}

/* Says why the system refused, or gave something else; each once, since
   requests go on asking. */
static void
say_commit(struct ch_place *place, int err, const char *why)
{
    bool *is_said = err != 0 ? &place->is_stuck : &place->is_other;

    if (why != NULL && !*is_said) {
        ch_place_say(place->name,
            err != 0 ? "cannot grow" : "goes on in another way", why);
        *is_said = true;
    }
}

/* Makes `bytes` of the place usable, and counts them. */
static bool
commit_locked(struct ch_place *place, size_t bytes)
{
    size_t more = bytes - place->charged;
    const char *why = NULL;
    int err = 0;

    if (!ch_budget_take(more)) {
        return false;
    }
    if (bytes > place->mapping.committed) {
        err = ch_mapping_commit(&place->mapping, bytes, &why);
        say_commit(place, err, why);
    }
    if (err != 0) {
        ch_budget_give(more);
        return false;
    }
    __atomic_store_n(&place->charged, bytes, __ATOMIC_RELAXED);
    return true;
}

/* The heap over the first bytes.  Its tables take as many addresses as the
   place has room for; where these are scarce, it has less room. */
static struct ch_fixed *
register_heap(struct ch_place *place, size_t first,
    const struct ch_fixed_options *options)
{
    size_t room = place->mapping.size;
    struct ch_fixed *heap =
        ch_fixed_register(place->start, first, room, options);

    while (heap == NULL && room / 2 >= first) {
        room /= 2;
        heap = ch_fixed_register(place->start, first, room, options);
    }
    return heap;
}

/* Maps the place and makes the heap over its first bytes. */
static bool
open_locked(struct ch_place *place, size_t first)
{
    const char *why = NULL;
    int err = map_place(place, &why);
    struct ch_fixed_options options;
    struct ch_fixed *heap;

    if (err != 0 && err != -ENOMEM) {
        err = map_fallback(place, why);
    } else if (why != NULL) {
        ch_place_say(place->name, "is not quite as asked for", why);
    }
    __atomic_store_n(&place->room, place->mapping.size, __ATOMIC_RELAXED);
    first = whole_steps(place, first);
    if (err != 0 || !commit_locked(place, first)) {
        return false;
    }
    place->write_off = place->mapping.base - place->mapping.view;
    place->end = place->mapping.view + place->mapping.size;
    __atomic_store_n(&place->start, place->mapping.view, __ATOMIC_RELEASE);
    options = heap_options(place);
    heap = register_heap(place, first, &options);
    /* release: pairs with the acquire in ch_place_heap() */
    __atomic_store_n(&place->heap, heap, __ATOMIC_RELEASE);
    return heap != NULL;
}

size_t
ch_place_most(const struct ch_place *place)
{
    size_t limit = __atomic_load_n(&place->limit, __ATOMIC_RELAXED);
    size_t room = __atomic_load_n(&place->room, __ATOMIC_RELAXED);

    return ch_min_size(limit, room != 0 ? room : room_of(place));
}

/* How many bytes to have usable so that `need` more fit, as far as its own
   limit and that of the whole heap let it. */
static size_t
next_size(const struct ch_place *place, size_t need)
{
    size_t now = place->charged;
    size_t left = ch_align_down(ch_budget_left(), ch_vm_page_size());
    size_t most = ch_min_size(ch_place_most(place), now + left);
    size_t step = ch_min_size(ch_max_size(now / 4, STEP_LEAST), STEP_MOST);
    size_t want;

    if (!ch_add_size(now, ch_max_size(step, need), &want)) {
        want = most;
    }
    want = ch_align_up(ch_min_size(want, SIZE_MAX / 2), ch_vm_page_size());
    return ch_min_size(want, most);
}

static bool
grow_locked(struct ch_place *place, size_t wanted, size_t need)
{
    size_t size = next_size(place, need);
    struct ch_fixed *heap = ch_place_heap(place);

    if (place->is_refused || size <= place->charged) {
        return false;
    }
    if (heap == NULL) {
        if (wanted > size) {
            return false;
        }
        __atomic_store_n(
            &place->is_refused, !open_locked(place, size), __ATOMIC_RELAXED);
        return !place->is_refused;
    }
    /* Less than what is wanted would only be taken from others. */
    if (wanted > ch_fixed_largest_with(heap, size - place->charged)) {
        return false;
    }
    size = whole_steps(place, size);
    return commit_locked(place, size)
           && ch_fixed_grow(heap, place->start + size);
}

bool
ch_place_grow(struct ch_place *place, size_t size, size_t align)
{
    size_t need;
    bool has_grown;

    /* Room for poisoning, and for a block that is cut out of a larger one. */
    if (!ch_add_size(size, align + 64, &need)) {
        return false;
    }
    ch_lock(&place->lock);
    has_grown = grow_locked(place, ch_max_size(size, align), need);
    ch_unlock(&place->lock);
    return has_grown;
}

/* What is kept at the end for the next requests. */
#define SLACK (256 * CH_KIB)

/* How many bytes went back. */
size_t
ch_place_shrink(struct ch_place *place)
{
    size_t step = ch_max_size(STEP_LEAST, place->mapping.granule);
    size_t bytes = 0;
    size_t size;

    ch_lock(&place->lock);
    size = (size_t)(ch_fixed_shrink(ch_place_heap(place), SLACK, step)
                    - place->start);
    if (size < place->charged) {
        ch_mapping_purge(
            &place->mapping, place->mapping.base + size, place->charged - size);
        bytes = place->charged - size;
        ch_budget_give(bytes);
        __atomic_store_n(&place->charged, size, __ATOMIC_RELAXED);
    }
    ch_unlock(&place->lock);
    return bytes;
}

bool
ch_place_reclaim(void)
{
    size_t bytes = ch_budget_limit() != SIZE_MAX ? ch_arena_purge_all() : 0;
    struct ch_place *place = NULL;

    while ((place = ch_place_next(place)) != NULL) {
        if (place->is_elastic && ch_place_heap(place) != NULL) {
            bytes += ch_place_shrink(place);
        }
    }
    return bytes != 0;
}
