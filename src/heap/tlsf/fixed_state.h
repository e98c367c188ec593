/* SPDX-License-Identifier: MIT */
/*
 * fixed_state.h - what a heap of the fixed engine is made of, for the files
 * of this folder that are about heaps, and for the facade, whose fast path asks
 * whether a lock was added.
 */
#ifndef CH_HEAP_TLSF_FIXED_STATE_H
#define CH_HEAP_TLSF_FIXED_STATE_H

#include "heap/tlsf/fixed.h"
#include "sync/lock.h"

struct ch_fixed {
    struct ch_lock lock; /* rank HEAP; covers all down to `start` */
    bool is_open;        /* false: retired, or not made yet */
    bool has_inner;      /* a heap was made within this one */
    bool is_plain;       /* open, and neither is there poisoning nor an inner
                            heap: what fast paths ask */
    enum ch_poison poison;
    size_t head;    /* bytes before what callers get */
    size_t extra;   /* bytes that head and tail take; 0: no poisoning */
    size_t granule; /* bytes that payloads are apart by a multiple of */
    struct ch_tlsf tlsf;

    /* The range; written under the lock, atomic, relaxed: readers have the
       heap from who made it. */
    char *start;
    char *end;
    enum ch_accounting accounting; /* as the range */
    void *user_lock;               /* atomic */

    /* The registry's, under its lock. */
    char *limit;        /* where the range may grow to */
    void *tables;       /* see tables.h */
    size_t tables_size; /* bytes */
    struct ch_fixed *next_made;
    struct ch_fixed *next_retired;
};

/* What a caller of an allocated block gets, and back. */
static inline char *
ch_fixed_content(const struct ch_fixed *heap, const void *payload)
{
    return (char *)(uintptr_t)payload + heap->head;
}

static inline char *
ch_fixed_payload(const struct ch_fixed *heap, const void *p)
{
    return (char *)((uintptr_t)p - heap->head);
}

/* Bytes from p to the end of its live block; the caller holds the lock. */
static inline size_t
ch_fixed_room(const struct ch_fixed *heap, const void *p)
{
    return ch_tlsf_payload(&heap->tlsf, ch_fixed_payload(heap, p)) - heap->head;
}

/* What ch_fixed_set_user_lock() has set. */
static inline void *
ch_fixed_user_lock(const struct ch_fixed *heap)
{
    /* acquire: pairs with the release in ch_fixed_set_user_lock() */
    return __atomic_load_n(&heap->user_lock, __ATOMIC_ACQUIRE);
}

/* What ch_fixed_alloc() and ch_fixed_free() do for any heap, in any case.  The
   lock is held, and given up. */
CH_NOINLINE void *ch_fixed_alloc_with_care(struct ch_fixed *heap, size_t size);
CH_NOINLINE void ch_fixed_free_with_care(
    struct ch_fixed *heap, void *p, const char *op);

/* For the registry: what a heap is opened over; sizes in bytes. */
struct ch_fixed_range {
    char *start;
    size_t size;
    size_t room;
    void *tables;
    size_t tables_size;
};

/* Tells that there is a heap within this one now. */
void ch_fixed_note_inner(struct ch_fixed *heap);
void ch_fixed_rules(
    struct ch_tlsf_rules *rules, const struct ch_fixed_options *options);
/* Begins the heap anew.  False: the range is too small; the heap is closed
   then.  Caller holds heap->lock. */
CH_NODISCARD bool ch_fixed_open_locked(struct ch_fixed *heap,
    const struct ch_fixed_range *range, const struct ch_fixed_options *options);
/* From now on it is as an exhausted one. */
void ch_fixed_close_locked(struct ch_fixed *heap);

#endif
