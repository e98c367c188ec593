/* SPDX-License-Identifier: MIT */
/*
 * heap_trace.h - one record for each allocation, in a buffer of the caller's.
 *
 * How large a record is, is the application's choice: the head is the same
 * everywhere, then come two arrays of `depth` return addresses, then whatever
 * the application's type has more.  So records are walked by their stride.
 *
 *     0        8        16     24      32            32+8d          stride
 *     ccount   address  size   freed   alloced_by[d] freed_by[d]    ...
 *
 * Only that content stands in the caller's buffer.  The order of records, and
 * which one a block has, are kept in the library's own memory, so a caller who
 * writes to the buffer spoils records but not the trace.
 *
 * All functions are safe from any thread.
 */
#ifndef CH_DIAG_HEAP_TRACE_H
#define CH_DIAG_HEAP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

#define CH_TRACE_DEPTH_MAX 32u

struct ch_trace_record {
    uint32_t ccount; /* os/stamp.h */
    void *address;
    size_t size;
    bool freed;
    void *callers[]; /* alloced_by[depth], freed_by[depth] */
};

/* Where records are. */
struct ch_trace_buffer {
    void *records;
    size_t n;
    size_t stride;  /* bytes of a record */
    unsigned depth; /* return addresses of each kind */
};

enum ch_trace_mode {
    CH_TRACE_ALL,   /* the record of a freed block stays */
    CH_TRACE_LEAKS, /* it goes */
};

struct ch_trace_summary {
    enum ch_trace_mode mode;
    unsigned depth;
    size_t n_allocs; /* seen since the start */
    size_t n_frees;  /* of blocks with a record */
    size_t count;    /* records */
    size_t capacity;
    size_t count_max;
    bool has_overflowed; /* the oldest records were dropped */
};

/* Bytes of a record, at least. */
size_t ch_trace_record_size(unsigned depth);

/* 0; -EINVAL: no buffer, or a stride or depth that cannot be; -EBUSY: a trace
   runs; -ENOMEM. */
CH_NODISCARD int ch_trace_init(const struct ch_trace_buffer *buffer);

/* Begins anew, also while one runs.  0, -ESRCH: no buffer, -ENOMEM, or -ENOSPC:
   too many listeners. */
CH_NODISCARD int ch_trace_start(enum ch_trace_mode mode);
void ch_trace_stop(void);
/* Sees frees only.  0, or -ESRCH: it does not run, or is paused. */
CH_NODISCARD int ch_trace_pause(void);
/* Goes on after a stop or a pause.  0, -ESRCH: no buffer, -EALREADY: it
   runs, or -ENOSPC. */
CH_NODISCARD int ch_trace_resume(void);

size_t ch_trace_count(void);
void ch_trace_get_summary(struct ch_trace_summary *summary);

/*
 * Copies the record of this index, 0 being the oldest, into the one at `to`,
 * which may have another depth.  0 or -EINVAL: there is none, or `to` is too
 * small.
 */
CH_NODISCARD int ch_trace_get(size_t index, const struct ch_trace_buffer *to);

/* A place in the trace; all zero: before the first record. */
struct ch_trace_cursor {
    uint64_t serial;
    uint32_t slot;
};

/* As ch_trace_get(), with the oldest record that is younger than where the
   cursor stands, and moves it there.  False: there is none.  However records
   come and go meanwhile, none is seen twice. */
CH_NODISCARD bool ch_trace_next(
    struct ch_trace_cursor *cursor, const struct ch_trace_buffer *to);

/* What reports of sync/hook.h lead to; for tests. */
void ch_trace_on_alloc(void *p, size_t size, uint32_t caps);
void ch_trace_on_free(void *p);

bool ch_trace_is_valid(void);

#endif
