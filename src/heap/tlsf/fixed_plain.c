/* SPDX-License-Identifier: MIT */
/*
 * fixed_plain.c - the short paths of allocating and freeing, which plain heaps
 * have.
 *
 * There is one of each for either accounting, under the lock from the first
 * instructions of ch_fixed_alloc() and ch_fixed_free() on.  Whatever is not
 * straight goes to the two functions "with care" of fixed.c, which do all that
 * there can be to do.  Each function here ends in the call of the next one, and
 * the last one gives up the lock: so who takes the straight path saves no
 * registers.  For the same reason cutting and joining are not inlined.
 */
#include "heap/tlsf/fixed_state.h"
#include "heap/tlsf/give.h"

/* ---- taking -------------------------------------------------------------- */

/* Who has to wait for the lock has time for care. */
static CH_NOINLINE void *
wait_and_alloc(struct ch_fixed *heap, size_t size)
{
    ch_lock(&heap->lock);
    return ch_fixed_alloc_with_care(heap, size);
}

static CH_NOINLINE void *
cut_host(struct ch_fixed *heap, size_t i, size_t size, size_t rest)
{
    void *p = ch_give_cut(&heap->tlsf, CH_ACCOUNTING_HOST, i, size, rest);

    ch_unlock(&heap->lock);
    return p;
}

static CH_NOINLINE void *
cut_device(struct ch_fixed *heap, size_t i, size_t size, size_t rest)
{
    void *p = ch_give_cut(&heap->tlsf, CH_ACCOUNTING_DEVICE, i, size, rest);

    ch_unlock(&heap->lock);
    return p;
}

/* Gives the block at i, on no list, cut at `size` granules. */
CH_FAST void *
give_plain(struct ch_fixed *heap, enum ch_accounting acc, size_t i, size_t size)
{
    size_t rest = ch_give_rest(&heap->tlsf, acc, i, size);
    void *p;

    if (ch_give_is_cut(acc, rest)) {
        return acc == CH_ACCOUNTING_DEVICE ? cut_device(heap, i, size, rest)
                                           : cut_host(heap, i, size, rest);
    }
    p = ch_give_whole(&heap->tlsf, acc, i, size + rest);
    ch_unlock(&heap->lock);
    return p;
}

CH_FAST void *
alloc_plain(struct ch_fixed *heap, enum ch_accounting acc, size_t size)
{
    struct ch_request request;
    size_t i;

    if (CH_UNLIKELY(!ch_request_is_small(size))) {
        return ch_fixed_alloc_with_care(heap, size);
    }
    request = ch_request_small(&heap->tlsf, acc, size);
    i = ch_give_find(&heap->tlsf, acc, request);
    if (CH_UNLIKELY(i == 0)) {
        return ch_fixed_alloc_with_care(heap, size);
    }
    return give_plain(heap, acc, i, request.size);
}

static CH_NOINLINE void *
alloc_host(struct ch_fixed *heap, size_t size)
{
    return alloc_plain(heap, CH_ACCOUNTING_HOST, size);
}

static CH_NOINLINE void *
alloc_device(struct ch_fixed *heap, size_t size)
{
    return alloc_plain(heap, CH_ACCOUNTING_DEVICE, size);
}

void *
ch_fixed_alloc(struct ch_fixed *heap, size_t size)
{
    if (CH_UNLIKELY(!ch_try_lock(&heap->lock))) {
        return wait_and_alloc(heap, size);
    }
    if (CH_UNLIKELY(!heap->is_plain)) {
        return ch_fixed_alloc_with_care(heap, size);
    }
    return heap->accounting == CH_ACCOUNTING_DEVICE ? alloc_device(heap, size)
                                                    : alloc_host(heap, size);
}

/* ---- giving back --------------------------------------------------------- */

static CH_NOINLINE void
join_host(struct ch_fixed *heap, size_t i, size_t size)
{
    ch_give_join(&heap->tlsf, CH_ACCOUNTING_HOST, i, size);
    ch_unlock(&heap->lock);
}

static CH_NOINLINE void
join_device(struct ch_fixed *heap, size_t i, size_t size)
{
    ch_give_join(&heap->tlsf, CH_ACCOUNTING_DEVICE, i, size);
    ch_unlock(&heap->lock);
}

static CH_NOINLINE void
wait_and_free(struct ch_fixed *heap, void *p, const char *op)
{
    ch_lock(&heap->lock);
    ch_fixed_free_with_care(heap, p, op);
}

CH_FAST void
free_plain(
    struct ch_fixed *heap, enum ch_accounting acc, void *p, const char *op)
{
    size_t i = ch_block_live(&heap->tlsf, acc, p);
    size_t size;

    if (CH_UNLIKELY(i == 0)) {
        ch_fixed_free_with_care(heap, p, op);
        return;
    }
    size = ch_give_end(&heap->tlsf, acc, i);
    if (!ch_give_is_joined(&heap->tlsf, acc, i, size)) {
        ch_split_list(&heap->tlsf, acc, i, size);
        ch_unlock(&heap->lock);
    } else if (acc == CH_ACCOUNTING_DEVICE) {
        join_device(heap, i, size);
    } else {
        join_host(heap, i, size);
    }
}

static CH_NOINLINE void
free_host(struct ch_fixed *heap, void *p, const char *op)
{
    free_plain(heap, CH_ACCOUNTING_HOST, p, op);
}

static CH_NOINLINE void
free_device(struct ch_fixed *heap, void *p, const char *op)
{
    free_plain(heap, CH_ACCOUNTING_DEVICE, p, op);
}

void
ch_fixed_free(struct ch_fixed *heap, void *p, const char *op)
{
    if (CH_UNLIKELY(!ch_try_lock(&heap->lock))) {
        wait_and_free(heap, p, op);
    } else if (CH_UNLIKELY(!heap->is_plain)) {
        ch_fixed_free_with_care(heap, p, op);
    } else if (heap->accounting == CH_ACCOUNTING_DEVICE) {
        free_device(heap, p, op);
    } else {
        free_host(heap, p, op);
    }
}
