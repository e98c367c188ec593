/* SPDX-License-Identifier: MIT */
/*
 * stream.h - long text to a caller's stream, a bufferful at a time.
 *
 * The stream's own lock keeps the pieces together; no lock of the heap may be
 * held, since a stream's first write allocates.  What it allocates then is not
 * reported to listeners (sync/hook.h).
 */
#ifndef CH_API_STREAM_H
#define CH_API_STREAM_H

#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

struct ch_stream {
    FILE *file;
    struct ch_text text; /* append to it, then call ch_stream_line_end() */
    char buf[4096];
};

/* Bytes that one line may have. */
#define CH_STREAM_LINE_MAX 2048u

void ch_stream_begin(struct ch_stream *stream, FILE *file);
/* Ends a line. */
void ch_stream_line_end(struct ch_stream *stream);
/* Writes what is left. */
void ch_stream_end(struct ch_stream *stream);

/* Appends a number, with spaces before it up to `width`. */
void ch_text_right(struct ch_text *t, uint64_t n, unsigned width);
/* Appends "0x" and 8 hex digits. */
void ch_text_hex32(struct ch_text *t, uint32_t n);

#endif
