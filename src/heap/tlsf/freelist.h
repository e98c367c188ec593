/* SPDX-License-Identifier: MIT */
/*
 * freelist.h - free blocks by class: one list for each, last in first out, and
 * two levels of bits that tell which lists have a block.
 */
#ifndef CH_HEAP_TLSF_FREELIST_H
#define CH_HEAP_TLSF_FREELIST_H

#include <stdint.h>

#include "base/attrs.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/class.h"

/* Where there is no class to be found. */
#define CH_FREELIST_NONE SIZE_MAX

/* The lowest class not below c that has a block, or NONE. */
CH_FAST size_t
ch_freelist_find(const struct ch_tlsf *tlsf, size_t c)
{
    size_t word = c / 64;
    uint64_t bits = tlsf->class_map[word] >> (c % 64);
    uint32_t words;

    if (CH_LIKELY(bits != 0)) {
        c += (unsigned)__builtin_ctzll(bits);
        CH_ASSUME(c != CH_FREELIST_NONE);
        return c;
    }
    words = tlsf->words & (~UINT32_C(1) << word);
    if (CH_UNLIKELY(words == 0)) {
        return CH_FREELIST_NONE;
    }
    word = (unsigned)__builtin_ctz(words);
    return word * 64 + (unsigned)__builtin_ctzll(tlsf->class_map[word]);
}

/* The highest class that has a block, or NONE. */
CH_FAST size_t
ch_freelist_highest(const struct ch_tlsf *tlsf)
{
    size_t word;

    if (tlsf->words == 0) {
        return CH_FREELIST_NONE;
    }
    word = ch_log2(tlsf->words);
    return word * 64 + ch_log2(tlsf->class_map[word]);
}

/* Class c gets its first block, or loses its last one. */
CH_FAST void
ch_freelist_mark(struct ch_tlsf *tlsf, size_t c)
{
    uint64_t had = tlsf->class_map[c / 64];

    tlsf->class_map[c / 64] = had | UINT64_C(1) << (c % 64);
    if (CH_UNLIKELY(had == 0)) {
        tlsf->words |= UINT32_C(1) << (c / 64);
    }
}

CH_FAST void
ch_freelist_unmark(struct ch_tlsf *tlsf, size_t c)
{
    uint64_t left = tlsf->class_map[c / 64] & ~(UINT64_C(1) << (c % 64));

    tlsf->class_map[c / 64] = left;
    if (CH_UNLIKELY(left == 0)) {
        tlsf->words &= ~(UINT32_C(1) << (c / 64));
    }
}

/* Takes the head of class c, which has one, off its list.  The block goes on
   to say that it is free. */
CH_FAST size_t
ch_freelist_pop(struct ch_tlsf *tlsf, enum ch_accounting acc, size_t c)
{
    size_t i = tlsf->heads[c];
    size_t next = ch_block_at(tlsf, acc, i)->next;

    CH_ASSUME(i != 0);
    tlsf->heads[c] = (uint32_t)next;
    if (next != 0) {
        ch_block_at(tlsf, acc, next)->prev = 0;
    } else {
        ch_freelist_unmark(tlsf, c);
    }
    return i;
}

/* The same for any free block. */
CH_FAST void
ch_freelist_remove(
    struct ch_tlsf *tlsf, enum ch_accounting acc, const struct ch_block *block)
{
    uint32_t next = block->next;
    uint32_t prev = block->prev;
    size_t c;

    ch_block_at(tlsf, acc, next)->prev = prev;
    if (CH_LIKELY(prev != 0)) {
        ch_block_at(tlsf, acc, prev)->next = next;
        return;
    }
    c = ch_block_class(tlsf, acc, ch_block_size(block));
    tlsf->heads[c] = next;
    if (next == 0) {
        ch_freelist_unmark(tlsf, c);
    }
}

/* Makes what begins at i a free block of `size` at the head of its list; where
   it begins and what is before it is written already. */
CH_FAST void
ch_freelist_push(
    struct ch_tlsf *tlsf, enum ch_accounting acc, size_t i, size_t size)
{
    struct ch_block *block = ch_block_at(tlsf, acc, i);
    size_t c = ch_block_class(tlsf, acc, size);
    size_t head = tlsf->heads[c];

    tlsf->heads[c] = (uint32_t)i;
    block->size = (uint32_t)size | CH_BLOCK_FREE;
    block->next = (uint32_t)head;
    block->prev = 0;
    if (head != 0) {
        ch_block_at(tlsf, acc, head)->prev = (uint32_t)i;
    } else {
        ch_freelist_mark(tlsf, c);
    }
}

#endif
