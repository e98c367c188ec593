/* SPDX-License-Identifier: MIT */
/*
 * check.c - whether the tables of a heap agree.
 *
 * The tables may hold anything.  So the blocks are walked first: every index
 * is compared with the end before it is used, and the walk goes up only, thus
 * it ends.  Then the bits are known to stand exactly where blocks begin, and
 * the lists are walked, where each index must be one of a bit.  A list that is
 * doubly linked throughout and begins with a block that has none before it
 * has no circle; that all lists together have as many blocks as are free is
 * what remains to be compared.
 *
 * struct ch_tlsf itself, which says where the tables are, is believed.
 */
#include "base/arith.h"
#include "base/bitmap.h"
#include "heap/tlsf/block.h"
#include "heap/tlsf/class.h"
#include "heap/tlsf/tlsf.h"

/* What the walk over the blocks has counted. */
struct tally {
    size_t n_used;
    size_t n_free;
    size_t used; /* granules */
};

/* True when the block at i, which is below the end, can be the one behind
   `before`. */
static bool
is_block_valid(const struct ch_tlsf *tlsf, size_t i, size_t before)
{
    enum ch_accounting acc = tlsf->accounting;
    const struct ch_block *block = ch_block_at(tlsf, acc, i);
    size_t size = ch_block_size(block);
    size_t end = i + size;

    return block->before == before && size >= ch_block_first(acc)
           && size % tlsf->step == 0 && end <= tlsf->end
           && ch_block_begins(tlsf, i)
           && ch_bitmap_next_set(tlsf->begins, i + 1, end) == end
           && !(ch_block_is_free(block)
                && ch_block_is_free(ch_block_at(tlsf, acc, before)));
}

static bool
are_blocks_valid(const struct ch_tlsf *tlsf, struct tally *tally)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t i = ch_block_first(acc);
    size_t before = 0;

    while (i != tlsf->end) {
        const struct ch_block *block = ch_block_at(tlsf, acc, i);

        if (!is_block_valid(tlsf, i, before)) {
            return false;
        }
        if (ch_block_is_free(block)) {
            tally->n_free++;
        } else {
            tally->n_used++;
            tally->used += block->size;
        }
        before = i;
        i += ch_block_size(block);
    }
    return ch_block_at(tlsf, acc, i)->before == before;
}

/* The record of index 0, the end mark, and the bits around the blocks. */
static bool
are_ends_valid(const struct ch_tlsf *tlsf)
{
    enum ch_accounting acc = tlsf->accounting;
    size_t first = ch_block_first(acc);

    return ch_block_at(tlsf, acc, 0)->size == 0
           && ch_block_at(tlsf, acc, 0)->before == 0
           && ch_block_at(tlsf, acc, tlsf->end)->size == 0
           && ch_bitmap_next_set(tlsf->begins, 0, first) == first
           && !ch_block_begins(tlsf, tlsf->end);
}

/* True when i may be on the list of class c behind `prev`. */
static bool
is_listed_valid(const struct ch_tlsf *tlsf, size_t i, size_t c, size_t prev)
{
    enum ch_accounting acc = tlsf->accounting;
    const struct ch_block *block;

    if (i >= tlsf->end || !ch_block_begins(tlsf, i)) {
        return false;
    }
    block = ch_block_at(tlsf, acc, i);
    return ch_block_is_free(block) && block->prev == prev
           && ch_block_class(tlsf, acc, ch_block_size(block)) == c;
}

/* Adds the blocks of a list to *n. */
static bool
is_list_valid(const struct ch_tlsf *tlsf, size_t c, size_t *n)
{
    size_t prev = 0;
    size_t i = tlsf->heads[c];

    while (i != 0) {
        if (!is_listed_valid(tlsf, i, c, prev)) {
            return false;
        }
        prev = i;
        i = ch_block_at(tlsf, tlsf->accounting, i)->next;
        ++*n;
    }
    return true;
}

static bool
are_lists_valid(const struct ch_tlsf *tlsf, size_t *n)
{
    for (size_t c = 0; c < CH_TLSF_CLASSES; c++) {
        bool has_block = (tlsf->class_map[c / 64] >> (c % 64)) & 1;

        if ((tlsf->heads[c] != 0) != has_block || !is_list_valid(tlsf, c, n)) {
            return false;
        }
    }
    return true;
}

static bool
are_words_valid(const struct ch_tlsf *tlsf)
{
    uint32_t words = 0;

    for (size_t w = 0; w < CH_TLSF_WORDS; w++) {
        words |= (uint32_t)(tlsf->class_map[w] != 0) << w;
    }
    return words == tlsf->words;
}

static bool
are_counts_valid(const struct ch_tlsf *tlsf, const struct tally *tally)
{
    return tlsf->n_used == tally->n_used
           && tlsf->n_blocks == tally->n_used + tally->n_free
           && tlsf->total - ch_tlsf_free_size(tlsf)
                  == ch_block_bytes(tlsf->accounting, tally->used);
}

bool
ch_tlsf_is_valid(const struct ch_tlsf *tlsf)
{
    struct tally tally = {0};
    size_t n_listed = 0;

    return are_ends_valid(tlsf) && are_blocks_valid(tlsf, &tally)
           && are_counts_valid(tlsf, &tally) && are_words_valid(tlsf)
           && are_lists_valid(tlsf, &n_listed) && n_listed == tally.n_free;
}
