/* SPDX-License-Identifier: MIT */
/*
 * place_block.c - blocks of one place: taken, given back, seen elsewhere.
 *
 * Alias.  Instructions may see a place at other addresses than data.  An
 * executable block of such a place is one word larger; the caller gets the
 * address behind that word, in the alias, and the word holds the low half of
 * the block's data address, as on the chip.  Here it only serves to tell the
 * start of a block from its inside.
 *
 *   linear    data    start   | word | what the caller asked for |
 *             alias   alias   | word | ...                       |
 *   inverted  the last word of the data is the first one of the alias:
 *             alias   | word = last data word | ... | first data word |
 */
#include "base/arith.h"
#include "base/text.h"
#include "front/place_internal.h"
#include "front/plain.h"
#include "heap/tlsf/registry.h"
#include "map/map.h"
#include "os/fault.h"

/* The word that an executable block has in front. */
#define ALIAS_WORD 4u
/* From this size on memory of an elastic place goes back when it is freed. */
#define PURGE_FROM (256 * CH_KIB)
/* So many frees of small blocks, and the end of the place is looked at. */
#define SHRINK_EVERY 256u

/* ---- the alias ----------------------------------------------------------- */

static bool
is_in_alias(const struct ch_place *place, const void *p)
{
    return place->alias != NULL
           && (uintptr_t)p - (uintptr_t)place->alias
                  < (uintptr_t)(place->end - place->start);
}

/* The alias's address for a data block of `size` bytes at p; the word stands
   right before it. */
static char *
to_alias(const struct ch_place *place, const char *p, size_t size)
{
    if (place->is_alias_inverted) {
        return place->alias + (place->end - (p + size)) + ALIAS_WORD;
    }
    return place->alias + (p - place->start) + ALIAS_WORD;
}

/* The data address of the word before p, an address of the alias. */
static char *
word_of(const struct ch_place *place, const char *p)
{
    return place->is_alias_inverted
               ? place->end - (p - place->alias)
               : place->start + (p - place->alias) - ALIAS_WORD;
}

static uint32_t *
alias_word(const struct ch_place *place, const void *p)
{
    return (uint32_t *)(uintptr_t)((const char *)p + place->alias_write_off
                                   - ALIAS_WORD);
}

/* The data block behind an address that to_alias() gave; NULL: p is none. */
static void *
from_alias(const struct ch_place *place, const void *p)
{
    struct ch_fixed *heap = ch_place_heap(place);
    void *block = heap == NULL || !ch_is_aligned(p, ALIAS_WORD)
                      ? NULL
                      : ch_fixed_find(heap, word_of(place, p));

    return block != NULL && *alias_word(place, p) == (uint32_t)(uintptr_t)block
               ? block
               : NULL;
}

/* What instructions see at the start of the alias belongs to bytes below. */
static size_t
alias_offset(const struct ch_place *place, size_t align, size_t size)
{
    size_t sum =
        place->is_alias_inverted
            ? size - (uintptr_t)(place->alias + (uintptr_t)place->end)
            : ALIAS_WORD + (uintptr_t)place->alias - (uintptr_t)place->start;

    return sum & (align - 1);
}

static void *
take_alias(struct ch_place *place, const struct ch_place_want *want)
{
    struct ch_fixed *heap = ch_place_heap(place);
    size_t size = want->size + ALIAS_WORD;
    char *block = want->align == 0
                      ? ch_fixed_alloc(heap, size)
                      : ch_fixed_alloc_aligned(heap, want->align,
                          alias_offset(place, want->align, want->size), size);
    char *p;

    if (block == NULL) {
        return NULL;
    }
    p = to_alias(place, block, size);
    *alias_word(place, p) = (uint32_t)(uintptr_t)block;
    return p;
}

/* ---- taking -------------------------------------------------------------- */

static void *
take_fixed(struct ch_fixed *heap, const struct ch_place_want *want)
{
    return want->align == 0
               ? ch_fixed_alloc(heap, want->size)
               : ch_fixed_alloc_aligned(heap, want->align, 0, want->size);
}

static void *
take_elastic(struct ch_place *place, const struct ch_place_want *want)
{
    int may_reclaim = 1;

    do {
        struct ch_fixed *heap = ch_place_heap(place);
        void *p = heap != NULL ? take_fixed(heap, want) : NULL;

        if (p != NULL) {
            return p;
        }
    } while (ch_place_grow(place, want->size, want->align)
             || (may_reclaim-- > 0 && ch_place_reclaim()));
    return NULL;
}

void *
ch_place_take(struct ch_place *place, const struct ch_place_want *want)
{
    if (place->engine == CH_ENGINE_SLAB) {
        return ch_plain_alloc(want->align, want->size);
    }
    if (place->is_elastic) {
        return take_elastic(place, want);
    }
    if (place->alias != NULL && (want->caps & CH_CAP_EXEC) != 0) {
        return take_alias(place, want);
    }
    return take_fixed(ch_place_heap(place), want);
}

void *
ch_place_alloc_in(struct ch_place *place, size_t align, size_t size)
{
    struct ch_place_want want = {.size = size, .align = align};

    return size == 0 ? NULL : ch_place_take(place, &want);
}

/* ---- finding ------------------------------------------------------------- */

/* The place whose heap this is; NULL: a heap of somebody else's. */
static struct ch_place *
place_of_heap(const struct ch_fixed *heap)
{
    struct ch_place *place = NULL;

    while ((place = ch_place_next(place)) != NULL) {
        if (ch_place_heap(place) == heap) {
            break;
        }
    }
    return place;
}

static struct ch_place *
place_of_alias(const void *p)
{
    struct ch_place *place = NULL;

    while ((place = ch_place_next(place)) != NULL) {
        if (is_in_alias(place, p)) {
            break;
        }
    }
    return place;
}

/* The place behind plain malloc(), if there is one and p is in a block of
   it. */
static struct ch_place *
plain_place_at(const void *p)
{
    struct ch_slab_block block;
    struct ch_place *place = NULL;

    while ((place = ch_place_next(place)) != NULL
           && place->engine != CH_ENGINE_SLAB) {
    }
    return place != NULL && ch_plain_find(p, &block) ? place : NULL;
}

struct ch_place *
ch_place_at(const void *p)
{
    struct ch_place *place = NULL;

    for (struct ch_fixed *heap = ch_fixed_at(p); place == NULL && heap != NULL;
         heap = ch_fixed_outer(heap)) {
        place = place_of_heap(heap);
    }
    if (place == NULL) {
        place = place_of_alias(p);
    }
    return place != NULL ? place : plain_place_at(p);
}

bool
ch_place_has(const void *p)
{
    return ch_place_at(p) != NULL;
}

struct ch_place *
ch_place_of_block(const void *p)
{
    struct ch_place *place;

    for (struct ch_fixed *heap = ch_fixed_at(p); heap != NULL;
         heap = ch_fixed_outer(heap)) {
        place = place_of_heap(heap);
        if (place != NULL && ch_fixed_is_block(heap, p)) {
            return place;
        }
    }
    place = place_of_alias(p);
    return place != NULL && from_alias(place, p) != NULL ? place : NULL;
}

struct ch_fixed *
ch_place_stray_heap(const void *p)
{
    struct ch_fixed *heap = ch_fixed_at(p);

    while (heap != NULL
           && (place_of_heap(heap) != NULL || !ch_fixed_is_block(heap, p))) {
        heap = ch_fixed_outer(heap);
    }
    return heap;
}

bool
ch_place_is_alias(const void *p)
{
    return place_of_alias(p) != NULL;
}

bool
ch_place_has_alias(const struct ch_place *place)
{
    return place->alias != NULL;
}

const void *
ch_place_data_address(const void *p)
{
    const struct ch_place *place = place_of_alias(p);

    /* The word of the address one word on is the one that p is in. */
    return place != NULL ? word_of(place,
               (char *)ch_align_down((uintptr_t)p, ALIAS_WORD) + ALIAS_WORD)
                         : p;
}

void *
ch_place_unalias(const void *p)
{
    struct ch_place *place = place_of_alias(p);

    return place != NULL ? from_alias(place, p) : (void *)(uintptr_t)p;
}

/* ---- blocks in use ------------------------------------------------------- */

bool
ch_place_is_unmovable(const struct ch_place *place)
{
    return place->is_unmovable;
}

void *
ch_place_writable(const void *p)
{
    const struct ch_place *place =
        ch_map_find(p)->kind >= CH_PAGE_SMALL ? NULL : ch_place_at(p);
    ptrdiff_t off = 0;

    if (place != NULL) {
        off = is_in_alias(place, p) ? place->alias_write_off : place->write_off;
    }
    return (void *)((uintptr_t)p + (uintptr_t)off);
}

/* Whole pages of a large block go back before somebody else gets it. */
static void
purge_block(struct ch_place *place, char *p, size_t size)
{
    /* Poisoning remembers what free memory holds. */
    if (place->is_elastic && size >= PURGE_FROM
        && ch_place_options()->poisoning == CH_OPTION_POISONING_NONE) {
        ch_mapping_purge(&place->mapping, p + place->write_off, size);
    }
}

/* After a large block, and once in a while: the end of the place may be free. */
static bool
is_time_to_shrink(struct ch_place *place, size_t size)
{
    uint32_t n = __atomic_add_fetch(&place->n_frees, 1, __ATOMIC_RELAXED);

    return size >= PURGE_FROM || n % SHRINK_EVERY == 0;
}

void
ch_place_free(struct ch_place *place, void *p, const char *op)
{
    struct ch_fixed *heap = ch_place_heap(place);
    size_t size;
    size_t low;

    if (is_in_alias(place, p)) {
        p = from_alias(place, p);
    }
    size = ch_fixed_usable(heap, p, op);
    purge_block(place, p, size);
    ch_fixed_free(heap, p, op);
    if (place->is_elastic && is_time_to_shrink(place, size)) {
        (void)ch_place_shrink(place);
    }
    low = __atomic_load_n(&place->low.bytes, __ATOMIC_RELAXED);
    if (low != 0 && ch_place_free_size(place) >= low) {
        __atomic_store_n(&place->low.is_low, false, __ATOMIC_RELAXED);
    }
}

/* What is left of `size` bytes of a block from p, an address of the alias,
   on. */
static size_t
left_in_alias(const struct ch_place *place, const void *p, size_t size)
{
    const char *block = from_alias(place, p);

    return place->is_alias_inverted
               ? (size_t)(place->alias + (place->end - block) - (const char *)p)
               : size - ALIAS_WORD;
}

size_t
ch_place_usable(struct ch_place *place, const void *p, const char *op)
{
    struct ch_fixed *heap = ch_place_heap(place);

    if (!is_in_alias(place, p)) {
        return ch_fixed_asked(heap, p, op);
    }
    return left_in_alias(
        place, p, ch_fixed_asked(heap, from_alias(place, p), op));
}

size_t
ch_place_allocated(struct ch_place *place, const void *p, const char *op)
{
    struct ch_fixed *heap = ch_place_heap(place);

    return ch_fixed_usable(
        heap, is_in_alias(place, p) ? from_alias(place, p) : p, op);
}

void *
ch_place_realloc_within(
    struct ch_place *place, void *p, size_t size, const char *op)
{
    if (is_in_alias(place, p)) {
        return NULL;
    }
    if (place->write_off != 0) {
        return ch_place_resize(place, p, size, op) ? p : NULL;
    }
    return ch_fixed_realloc(ch_place_heap(place), p, size, op);
}

bool
ch_place_resize(struct ch_place *place, void *p, size_t size, const char *op)
{
    return !is_in_alias(place, p)
           && ch_fixed_resize(ch_place_heap(place), p, size, op);
}

void
ch_place_fault(const void *p, const char *op)
{
    struct ch_fixed *heap = ch_fixed_at(p);
    char what[96];
    struct ch_text t;

    if (heap != NULL && place_of_heap(heap) != NULL) {
        /* It has no block at p, and will say what is there. */
        ch_fixed_free(heap, (void *)(uintptr_t)p, op);
    }
    if (place_of_alias(p) != NULL) {
        ch_text_init(&t, what, sizeof what);
        ch_text_str(&t, op);
        ch_text_str(&t, " of a pointer that is no executable block");
        ch_fault(what, p);
    }
}
