/* SPDX-License-Identifier: MIT */
/*
 * fixed_open.c - the life of a heap: begun, grown, ended.
 */
#include <string.h>

#include "base/arith.h"
#include "heap/tlsf/fixed_state.h"
#include "map/map.h"

/* On the chip canaries cost nothing but the bytes of the blocks they are in, so
   the fixed part is as large as without. */
void
ch_fixed_rules(
    struct ch_tlsf_rules *rules, const struct ch_fixed_options *options)
{
    bool is_armed =
        options->poison != CH_POISON_NONE && !options->is_untouchable;

    *rules = (struct ch_tlsf_rules){
        .accounting = options->accounting,
        .min_align = options->min_align,
        .head = is_armed ? CH_POISON_HEAD : 0,
    };
}

static void
set_end(struct ch_fixed *heap, char *end)
{
    __atomic_store_n(&heap->end, end, __ATOMIC_RELAXED);
}

/* Whole granules, so that what is asked for in such is counted so: a header and
   what goes with it have 16 bytes on the chip as well. */
static size_t
extra_of(enum ch_accounting accounting)
{
    const size_t bytes = CH_POISON_HEAD + CH_POISON_TAIL;

    return accounting == CH_ACCOUNTING_HOST ? ch_align_up(bytes, CH_MIN_ALIGN)
                                            : bytes;
}

static void
set_options_locked(struct ch_fixed *heap, const struct ch_tlsf_rules *rules,
    enum ch_poison poison)
{
    heap->poison = rules->head != 0 ? poison : CH_POISON_NONE;
    heap->head = rules->head;
    heap->extra = rules->head != 0 ? extra_of(rules->accounting) : 0;
    heap->granule = rules->min_align;
    __atomic_store_n(&heap->accounting, rules->accounting, __ATOMIC_RELAXED);
}

/* True when there is room for one block of one byte. */
static bool
has_room_locked(const struct ch_fixed *heap)
{
    struct ch_tlsf_info info;

    ch_tlsf_get_info(&heap->tlsf, &info);
    return info.largest > heap->extra;
}

bool
ch_fixed_open_locked(struct ch_fixed *heap, const struct ch_fixed_range *range,
    const struct ch_fixed_options *options)
{
    struct ch_tlsf_rules rules;

    ch_fixed_rules(&rules, options);
    set_options_locked(heap, &rules, options->poison);
    heap->is_open = ch_tlsf_init(&heap->tlsf, range->start, range->size,
                        range->room, &rules, range->tables)
                    && has_room_locked(heap);
    if (!heap->is_open) {
        ch_fixed_close_locked(heap);
        return false;
    }
    __atomic_store_n(&heap->start, range->start, __ATOMIC_RELAXED);
    set_end(heap, range->start + range->size);
    heap->has_inner = false;
    heap->is_plain = heap->poison == CH_POISON_NONE;
    if (heap->poison == CH_POISON_COMPREHENSIVE) {
        memset(range->start, CH_POISON_FREE, range->size);
    }
    return true;
}

void
ch_fixed_close_locked(struct ch_fixed *heap)
{
    heap->is_open = false;
    heap->is_plain = false;
    set_end(heap, heap->start);
}

void
ch_fixed_note_inner(struct ch_fixed *heap)
{
    ch_lock(&heap->lock);
    heap->has_inner = true;
    heap->is_plain = false;
    ch_unlock(&heap->lock);
}

bool
ch_fixed_grow(struct ch_fixed *heap, char *end)
{
    bool ok = false;

    if (ch_map_mark(ch_fixed_end(heap), (size_t)(end - ch_fixed_end(heap)))
        != 0) {
        return false;
    }
    ch_lock(&heap->lock);
    if (heap->is_open && end <= heap->limit) {
        if (heap->poison == CH_POISON_COMPREHENSIVE) {
            memset(heap->end, CH_POISON_FREE, (size_t)(end - heap->end));
        }
        ok = ch_tlsf_grow(&heap->tlsf, (size_t)(end - heap->end));
    }
    if (ok) {
        set_end(heap, end);
    }
    ch_unlock(&heap->lock);
    return ok;
}

size_t
ch_fixed_largest_with(struct ch_fixed *heap, size_t more)
{
    struct ch_tlsf_info info;
    const char *free;

    ch_fixed_get_info(heap, &info);
    ch_lock(&heap->lock);
    free = heap->is_open ? ch_tlsf_free_end(&heap->tlsf) : NULL;
    more += free != NULL ? (size_t)(heap->end - free) : 0;
    ch_unlock(&heap->lock);
    return ch_max_size(
        info.largest, more > heap->extra ? more - heap->extra : 0);
}

/* Where the heap may end. */
static char *
least_end_locked(const struct ch_fixed *heap, size_t slack, size_t step)
{
    const char *free = heap->is_open ? ch_tlsf_free_end(&heap->tlsf) : NULL;

    return free != NULL
               ? heap->start
                     + ch_align_up((size_t)(free - heap->start) + slack, step)
               : heap->end;
}

char *
ch_fixed_shrink(struct ch_fixed *heap, size_t slack, size_t step)
{
    char *end;

    ch_lock(&heap->lock);
    end = least_end_locked(heap, slack, step);
    if (end < heap->end && ch_tlsf_shrink(&heap->tlsf, end)) {
        set_end(heap, end);
    }
    end = heap->end;
    ch_unlock(&heap->lock);
    return end;
}

/* ---- constant while the heap is open ------------------------------------- */

char *
ch_fixed_start(const struct ch_fixed *heap)
{
    return __atomic_load_n(&heap->start, __ATOMIC_RELAXED);
}

char *
ch_fixed_end(const struct ch_fixed *heap)
{
    return __atomic_load_n(&heap->end, __ATOMIC_RELAXED);
}

enum ch_accounting
ch_fixed_accounting(const struct ch_fixed *heap)
{
    return __atomic_load_n(&heap->accounting, __ATOMIC_RELAXED);
}

void
ch_fixed_set_user_lock(struct ch_fixed *heap, void *lock)
{
    /* release: pairs with the acquire in ch_fixed_user_lock() */
    __atomic_store_n(&heap->user_lock, lock, __ATOMIC_RELEASE);
}
