/* SPDX-License-Identifier: MIT */
/*
 * fixed_query.c - a heap's figures, its blocks in order, and whether all of it
 * is well.
 */
#include "base/arith.h"
#include "base/text.h"
#include "heap/tlsf/fixed_state.h"
#include "os/fault.h"

/* ---- figures ------------------------------------------------------------- */

/* Bytes that can be asked for, of a number that has room for head and tail. */
static size_t
without_extra(const struct ch_fixed *heap, size_t bytes)
{
    return bytes - ch_min_size(bytes, heap->extra);
}

void
ch_fixed_get_info(struct ch_fixed *heap, struct ch_tlsf_info *info)
{
    *info = (struct ch_tlsf_info){.free = 0};
    ch_lock(&heap->lock);
    if (heap->is_open) {
        ch_tlsf_get_info(&heap->tlsf, info);
        info->allocated -= info->used_blocks * heap->extra;
        info->largest = without_extra(heap, info->largest);
        info->free = without_extra(heap, info->free);
        info->minimum_free = without_extra(heap, info->minimum_free);
    }
    ch_unlock(&heap->lock);
}

static size_t
free_size_locked(const struct ch_fixed *heap)
{
    return heap->is_open ? without_extra(heap, ch_tlsf_free_size(&heap->tlsf))
                         : 0;
}

static size_t
minimum_free_locked(const struct ch_fixed *heap)
{
    return heap->is_open
               ? without_extra(heap, ch_tlsf_minimum_free(&heap->tlsf))
               : 0;
}

size_t
ch_fixed_free_size(struct ch_fixed *heap)
{
    size_t bytes;

    ch_lock(&heap->lock);
    bytes = free_size_locked(heap);
    ch_unlock(&heap->lock);
    return bytes;
}

size_t
ch_fixed_minimum_free(struct ch_fixed *heap)
{
    size_t bytes;

    ch_lock(&heap->lock);
    bytes = minimum_free_locked(heap);
    ch_unlock(&heap->lock);
    return bytes;
}

size_t
ch_fixed_reset_minimum(struct ch_fixed *heap)
{
    size_t old;

    ch_lock(&heap->lock);
    old = minimum_free_locked(heap);
    if (heap->is_open) {
        ch_tlsf_set_minimum_free(&heap->tlsf, ch_tlsf_free_size(&heap->tlsf));
    }
    ch_unlock(&heap->lock);
    return old;
}

void
ch_fixed_restore_minimum(struct ch_fixed *heap, size_t bytes)
{
    ch_lock(&heap->lock);
    if (bytes < minimum_free_locked(heap)) {
        ch_tlsf_set_minimum_free(&heap->tlsf, bytes + heap->extra);
    }
    ch_unlock(&heap->lock);
}

/* ---- the blocks in order ------------------------------------------------- */

/* The first block at or above *at, which is moved behind it; false: there is
   none. */
static bool
next_block_locked(
    const struct ch_fixed *heap, const char **at, struct ch_tlsf_block *block)
{
    if (!heap->is_open || !ch_tlsf_next_block(&heap->tlsf, *at, block)) {
        return false;
    }
    *at = (const char *)block->p + block->size;
    return true;
}

static bool
next_block(struct ch_fixed *heap, const char **at, struct ch_tlsf_block *block)
{
    bool found;

    ch_lock(&heap->lock);
    found = next_block_locked(heap, at, block);
    ch_unlock(&heap->lock);
    return found;
}

void
ch_fixed_walk(struct ch_fixed *heap,
    bool (*visit)(const struct ch_tlsf_block *block, void *ctx), void *ctx)
{
    const char *at = ch_fixed_start(heap);
    struct ch_tlsf_block block;

    while (next_block(heap, &at, &block) && visit(&block, ctx)) {
    }
}

/* ---- the check ----------------------------------------------------------- */

struct reader {
    void (*say)(void *ctx, const char *line);
    void *ctx;
};

static void
say_line(const struct reader *reader, struct ch_text *line)
{
    if (reader->say != NULL) {
        reader->say(reader->ctx, line->buf);
    }
}

static bool
is_whole_locked(const struct ch_fixed *heap, const struct ch_tlsf_block *block,
    struct ch_corruption *bad)
{
    if (block->is_used) {
        return heap->extra == 0
               || ch_poison_verify(ch_fixed_content(heap, block->p),
                   block->size - heap->head, bad);
    }
    return heap->poison != CH_POISON_COMPREHENSIVE
           || ch_poison_verify_free(block->p, block->size, bad);
}

/* ESP-IDF's line, and then which block it is about. */
static void
say_corruption(const struct reader *reader, const struct ch_corruption *bad,
    const struct ch_tlsf_block *block)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_corruption_line(bad, &t);
    say_line(reader, &t);
    ch_text_init(&t, buf, sizeof buf);
    ch_text_str(
        &t, block->is_used ? "  in the block at " : "  in free memory at ");
    ch_text_ptr(&t, block->p);
    ch_text_str(&t, " of ");
    ch_text_u64(&t, block->size);
    ch_text_str(&t, " bytes");
    say_line(reader, &t);
}

/* The library's own memory is broken: nothing of it can be believed. */
static void
say_tables(const struct reader *reader, const struct ch_fixed *heap)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_text_str(&t, "CORRUPT HEAP: The tables of the heap at ");
    ch_text_ptr(&t, ch_fixed_start(heap));
    ch_text_str(&t, " do not agree");
    say_line(reader, &t);
}

static bool
check_tables(struct ch_fixed *heap)
{
    bool ok;

    ch_lock(&heap->lock);
    ok = !heap->is_open || ch_tlsf_is_valid(&heap->tlsf);
    ch_unlock(&heap->lock);
    return ok;
}

/* As next_block(), and looks what is in it. */
static bool
check_next(struct ch_fixed *heap, const char **at, struct ch_tlsf_block *block,
    struct ch_corruption *bad)
{
    bool found;

    bad->kind = CH_CORRUPTION_NONE;
    ch_lock(&heap->lock);
    found = next_block_locked(heap, at, block);
    if (found) {
        (void)!is_whole_locked(heap, block, bad);
    }
    ch_unlock(&heap->lock);
    return found;
}

bool
ch_fixed_check(
    struct ch_fixed *heap, void (*say)(void *ctx, const char *line), void *ctx)
{
    const struct reader reader = {.say = say, .ctx = ctx};
    const char *at = ch_fixed_start(heap);
    struct ch_tlsf_block block;
    struct ch_corruption bad;
    bool ok = true;

    if (!check_tables(heap)) {
        say_tables(&reader, heap);
        return false;
    }
    while (check_next(heap, &at, &block, &bad)) {
        if (bad.kind != CH_CORRUPTION_NONE) {
            say_corruption(&reader, &bad, &block);
            ok = false;
        }
    }
    return ok;
}
