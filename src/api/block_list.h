/* SPDX-License-Identifier: MIT */
/*
 * block_list.h - the blocks of a heap, one line each.
 */
#ifndef CH_API_BLOCK_LIST_H
#define CH_API_BLOCK_LIST_H

#include <stdbool.h>

#include "api/stream.h"
#include "heap/tlsf/tlsf.h"

/* What follows a block in memory is known one block later. */
struct ch_block_list {
    struct ch_stream *stream;
    bool is_short;  /* address, size and whether it is free, as newer versions
                       of ESP-IDF have it */
    bool has_block; /* `block` waits for the address of the next one */
    struct ch_tlsf_block block;
};

/* The line before the blocks; the heap begins at `start`. */
void ch_block_list_begin(struct ch_block_list *list, const void *start);
/* For a walk over the heap, with the list as `ctx`; always true. */
bool ch_block_list_add(const struct ch_tlsf_block *block, void *ctx);
/* After the walk; the heap ends at `end`. */
void ch_block_list_end(struct ch_block_list *list, const void *end);

#endif
