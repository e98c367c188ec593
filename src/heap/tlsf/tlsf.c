/* SPDX-License-Identifier: MIT */
/*
 * tlsf.c - allocating, resizing and freeing.
 */
#include "heap/tlsf/tlsf.h"

#include "base/arith.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/class.h"
#include "heap/tlsf/freelist.h"
#include "heap/tlsf/give.h"
#include "heap/tlsf/request.h"
#include "heap/tlsf/split.h"
#include "os/fault.h"

/* Where a payload has to lie: p + offset is a multiple of align. */
struct place {
    size_t align;
    size_t offset;
};

static const struct place anywhere = {1, 0};

/* Gives the free block at i, on no list, cut at `size`. */
static void *
give(struct ch_tlsf *tlsf, size_t i, size_t size)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t rest = ch_give_rest(tlsf, acc, i, size);

    return ch_give_is_cut(acc, rest) ? ch_give_cut(tlsf, acc, i, size, rest)
                                     : ch_give_whole(tlsf, acc, i, size + rest);
}

/* ---- searching ----------------------------------------------------------- */

/* Granules from the payload of block i to the first right place. */
static size_t
lead_to(const struct ch_tlsf *tlsf, size_t i, const struct place *place)
{
    const enum ch_accounting acc = CH_ACCOUNTING_HOST;
    uintptr_t at = (uintptr_t)ch_block_payload(tlsf, acc, i) + place->offset;

    return (ch_align_up(at, place->align) - at) >> ch_block_shift(acc);
}

/* The first block of class c with room for `size` at the right place; 0: there
   is none. */
static size_t
find_in_class(const struct ch_tlsf *tlsf, size_t c, size_t size,
    const struct place *place)
{
    const enum ch_accounting acc = CH_ACCOUNTING_HOST;
    size_t i = tlsf->heads[c];

    while (i != 0
           && lead_to(tlsf, i, place) + size
                  > ch_block_size(ch_block_at(tlsf, acc, i))) {
        i = ch_block_at(tlsf, acc, i)->next;
    }
    return i;
}

/* Host accounting: looks at each free block from the class of `size` on, so
   that whatever fits is found. */
CH_SLOW static void *
alloc_by_search(struct ch_tlsf *tlsf, size_t size, const struct place *place)
{
    const enum ch_accounting acc = CH_ACCOUNTING_HOST;
    size_t c = ch_freelist_find(tlsf, ch_block_class(tlsf, acc, size));
    size_t i = 0;

    while (c != CH_FREELIST_NONE
           && (i = find_in_class(tlsf, c, size, place)) == 0) {
        c = ch_freelist_find(tlsf, c + 1);
    }
    if (i == 0) {
        return NULL;
    }
    ch_freelist_remove(tlsf, acc, ch_block_at(tlsf, acc, i));
    i = ch_split_lead(tlsf, acc, i, lead_to(tlsf, i, place));
    return give(tlsf, i, size);
}

/* ---- allocation ---------------------------------------------------------- */

void *
ch_tlsf_alloc(struct ch_tlsf *tlsf, size_t size)
{
    enum ch_accounting acc = tlsf->accounting;
    struct ch_request request;
    size_t want, i;

    if (ch_request_is_refused(tlsf, size)) {
        return NULL;
    }
    want = ch_request_block(tlsf, acc, ch_request_granules(acc, size));
    request = ch_request_is_small(size) ? ch_request_small(tlsf, acc, size)
                                        : ch_request_for(tlsf, acc, want);
    i = ch_give_find(tlsf, acc, request);
    if (i != 0) {
        return give(tlsf, i, request.size);
    }
    return acc == CH_ACCOUNTING_HOST ? alloc_by_search(tlsf, want, &anywhere)
                                     : NULL;
}

/* ---- aligned allocation -------------------------------------------------- */

static void *
alloc_aligned_host(struct ch_tlsf *tlsf, size_t want, const struct place *place)
{
    const enum ch_accounting acc = CH_ACCOUNTING_HOST;
    size_t most = want + ((place->align - 1) >> ch_block_shift(acc));
    size_t c = CH_FREELIST_NONE;
    size_t i;

    if (most < CH_BLOCK_END_MAX) {
        c = ch_freelist_find(tlsf, ch_request_for(tlsf, acc, most).c);
    }
    if (c == CH_FREELIST_NONE) {
        return alloc_by_search(tlsf, want, place);
    }
    i = ch_freelist_pop(tlsf, acc, c);
    i = ch_split_lead(tlsf, acc, i, lead_to(tlsf, i, place));
    return give(tlsf, i, want);
}

/* Granules of the block that the chip looks for, so that the place is in it
   wherever it lies; 0: it refuses. */
static size_t
device_search(
    const struct ch_tlsf *tlsf, size_t want, const struct place *place)
{
    const enum ch_accounting acc = CH_ACCOUNTING_DEVICE;
    size_t header = ch_block_header(acc);
    size_t bytes = ch_block_bytes(acc, want - header);

    if (place->align <= ch_block_bytes(acc, tlsf->step)) {
        return want;
    }
    if (place->align > tlsf->size_max) {
        return 0;
    }
    bytes = ch_align_up(bytes + place->align + CH_BLOCK_LEAST, place->align);
    if (bytes > tlsf->size_max) {
        return 0;
    }
    return ch_request_round_up(
        tlsf, acc, (bytes >> ch_block_shift(acc)) + header);
}

/* Bytes that the chip cuts off in front of a payload at p: a block or nothing,
   with an offset always a block. */
static size_t
device_lead(uintptr_t p, const struct place *place)
{
    size_t least = CH_BLOCK_LEAST + place->offset;
    size_t gap = ch_align_up(p, place->align) - p;

    if (gap < least && (gap | place->offset) != 0) {
        gap +=
            ch_align_up(ch_max_size(least - gap, place->align), place->align);
    }
    return gap - place->offset;
}

static void *
alloc_aligned_device(
    struct ch_tlsf *tlsf, size_t want, const struct place *place)
{
    const enum ch_accounting acc = CH_ACCOUNTING_DEVICE;
    size_t search = device_search(tlsf, want, place);
    size_t c, i, lead;

    if (search == 0) {
        return NULL;
    }
    c = ch_freelist_find(tlsf, ch_request_for(tlsf, acc, search).c);
    if (c == CH_FREELIST_NONE) {
        return NULL;
    }
    i = ch_freelist_pop(tlsf, acc, c);
    if (search != want) {
        lead = device_lead((uintptr_t)ch_block_payload(tlsf, acc, i), place);
        i = ch_split_lead(tlsf, acc, i, lead >> ch_block_shift(acc));
    }
    return give(tlsf, i, want);
}

/* True when there are payloads with a multiple of align `offset` bytes behind
   their beginning. */
static bool
can_place(const struct ch_tlsf *tlsf, const struct place *place)
{
    size_t between = ch_block_bytes(tlsf->accounting, tlsf->step);
    size_t mask = ch_min_size(place->align, between) - 1;

    return ((place->offset - tlsf->head) & mask) == 0;
}

void *
ch_tlsf_alloc_aligned(
    struct ch_tlsf *tlsf, size_t align, size_t offset, size_t size)
{
    enum ch_accounting acc = tlsf->accounting;
    struct place place = {align, ch_align_up(offset, 4)};
    size_t want = ch_request_block(tlsf, acc, ch_request_granules(acc, size));

    CH_ASSERT(ch_is_pow2(align));
    if (ch_request_is_refused(tlsf, size) || offset > size
        || !can_place(tlsf, &place)) {
        return NULL;
    }
    return acc == CH_ACCOUNTING_DEVICE
               ? alloc_aligned_device(tlsf, want, &place)
               : alloc_aligned_host(tlsf, want, &place);
}

/* ---- freeing and resizing ------------------------------------------------ */

bool
ch_tlsf_try_free(struct ch_tlsf *tlsf, void *p)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t i = ch_block_live(tlsf, acc, p);

    if (i == 0) {
        return false;
    }
    ch_give_join(tlsf, acc, i, ch_give_end(tlsf, acc, i));
    return true;
}

void
ch_tlsf_free(struct ch_tlsf *tlsf, void *p)
{
    CH_ENSURE(ch_tlsf_try_free(tlsf, p), "free of what is no block", p);
}

/* The size that a live block gets for a request of `want` granules, the free
   block behind it joined if need be; 0: it cannot get it here. */
static size_t
reach(struct ch_tlsf *tlsf, size_t i, size_t want)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t size = ch_block_at(tlsf, acc, i)->size;
    const struct ch_block *next = ch_block_at(tlsf, acc, i + size);

    if (want <= size) {
        return size;
    }
    if (!ch_block_is_free(next) || size + ch_block_size(next) < want) {
        return 0;
    }
    size += ch_split_join(tlsf, acc, i + size);
    ch_block_at(tlsf, acc, i + size)->before = (uint32_t)i;
    return size;
}

bool
ch_tlsf_resize(struct ch_tlsf *tlsf, void *p, size_t size)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t i = ch_block_index(tlsf, acc, p);
    struct ch_block *block = ch_block_at(tlsf, acc, i);
    size_t want = ch_request_block(tlsf, acc, ch_request_granules(acc, size));
    size_t got = ch_request_is_refused(tlsf, size) ? 0 : reach(tlsf, i, want);

    CH_ASSERT(ch_tlsf_is_block(tlsf, p));
    if (got == 0) {
        return false;
    }
    if (got - want >= ch_block_first(acc)) {
        size_t rest = got - want + ch_split_join(tlsf, acc, i + got);

        ch_split_tail(tlsf, acc, i, want, rest);
        got = want;
    }
    tlsf->above += (ptrdiff_t)ch_block_bytes(acc, block->size);
    tlsf->above -= (ptrdiff_t)ch_block_bytes(acc, got);
    block->size = (uint32_t)got;
    return true;
}

void
ch_tlsf_note_minimum(struct ch_tlsf *tlsf)
{
    if (tlsf->above < 0) {
        ch_give_note_minimum(tlsf);
    }
}
