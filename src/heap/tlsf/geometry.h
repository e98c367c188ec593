/* SPDX-License-Identifier: MIT */
/*
 * geometry.h - where the blocks of a range lie, and where in the tables what
 * is known of them stands.
 */
#ifndef CH_HEAP_TLSF_GEOMETRY_H
#define CH_HEAP_TLSF_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "heap/tlsf/tlsf.h"

/* What follows from the size of a heap; see struct ch_tlsf for the units. */
struct ch_geometry {
    uint8_t step;
    uint8_t sl_log;
    size_t size_max;
    size_t fixed; /* bytes before the first block */
};

/* Of a heap of `size` bytes.  False: too small, or too large. */
CH_NODISCARD bool ch_geometry_of(struct ch_geometry *geometry, size_t size,
    const struct ch_tlsf_rules *rules);

/* The records are first. */
struct ch_tables_layout {
    size_t begins; /* bytes from the start of the tables to the bits */
    size_t size;   /* bytes */
};

void ch_tables_layout(struct ch_tables_layout *layout, size_t room,
    const struct ch_tlsf_rules *rules);

/* First byte of the first block, and one past the last one's last. */
struct ch_geometry_span {
    uintptr_t first;
    uintptr_t end;
};

/* False: no block fits into [start, end). */
CH_NODISCARD bool ch_geometry_span(struct ch_geometry_span *span,
    uintptr_t start, uintptr_t end, const struct ch_geometry *geometry,
    const struct ch_tlsf_rules *rules);

#endif
