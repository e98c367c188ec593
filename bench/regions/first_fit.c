/* SPDX-License-Identifier: MIT */
/*
 * first_fit.c - the plainest heap over a buffer, to compare with.
 */
#include "first_fit.h"

#define ALIGN 16u

/* Stands before what the caller gets; `next` only while the block is free. */
struct first_fit_block {
    size_t size; /* bytes, this header included */
    struct first_fit_block *next;
};

_Static_assert(sizeof(struct first_fit_block) == ALIGN, "blocks stay aligned");

void
first_fit_init(struct first_fit *heap, void *buffer, size_t size)
{
    heap->free = buffer;
    heap->free->size = size;
    heap->free->next = NULL;
}

/* The rest stays in the list where the block was. */
static void
cut(struct first_fit_block *block, size_t size, struct first_fit_block **link)
{
    struct first_fit_block *rest =
        (struct first_fit_block *)((char *)block + size);

    *link = block->next;
    if (block->size - size < 2 * ALIGN) {
        return;
    }
    rest->size = block->size - size;
    rest->next = *link;
    *link = rest;
    block->size = size;
}

void *
first_fit_alloc(struct first_fit *heap, size_t size)
{
    size_t whole =
        (size + sizeof(struct first_fit_block) + ALIGN - 1) & ~(ALIGN - 1u);
    struct first_fit_block **link = &heap->free;
    struct first_fit_block *block;

    while (*link != NULL && (*link)->size < whole) {
        link = &(*link)->next;
    }
    block = *link;
    if (block == NULL) {
        return NULL;
    }
    cut(block, whole, link);
    return block + 1;
}

/* Merges a block with the next free one if they touch. */
static void
merge(struct first_fit_block *block)
{
    if ((char *)block + block->size == (char *)block->next) {
        block->size += block->next->size;
        block->next = block->next->next;
    }
}

void
first_fit_free(struct first_fit *heap, void *p)
{
    struct first_fit_block *block = (struct first_fit_block *)p - 1;
    struct first_fit_block *before = NULL;
    struct first_fit_block *after = heap->free;

    while (after != NULL && after < block) {
        before = after;
        after = after->next;
    }
    block->next = after;
    merge(block);
    if (before == NULL) {
        heap->free = block;
        return;
    }
    before->next = block;
    merge(before);
}
