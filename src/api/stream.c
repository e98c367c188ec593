/* SPDX-License-Identifier: MIT */
/*
 * stream.c - see stream.h.
 */
#include "api/stream.h"

#include "base/arith.h"
#include "sync/hook.h"

_Static_assert(sizeof((struct ch_stream *)0)->buf >= 2 * CH_STREAM_LINE_MAX,
    "a line fits behind one that did not fill the buffer");

static void
flush(struct ch_stream *stream)
{
    fwrite(stream->buf, 1, stream->text.len, stream->file);
    ch_text_init(&stream->text, stream->buf, sizeof stream->buf);
}

void
ch_stream_begin(struct ch_stream *stream, FILE *file)
{
    ch_hooks_mute();
    flockfile(file);
    stream->file = file;
    ch_text_init(&stream->text, stream->buf, sizeof stream->buf);
}

void
ch_stream_line_end(struct ch_stream *stream)
{
    ch_text_char(&stream->text, '\n');
    if (stream->text.len > sizeof stream->buf - CH_STREAM_LINE_MAX) {
        flush(stream);
    }
}

void
ch_stream_end(struct ch_stream *stream)
{
    flush(stream);
    funlockfile(stream->file);
    ch_hooks_unmute();
}

void
ch_text_right(struct ch_text *t, uint64_t n, unsigned width)
{
    char digits[24];
    struct ch_text number;

    ch_text_init(&number, digits, sizeof digits);
    ch_text_u64(&number, n);
    for (size_t i = number.len; i < width; i++) {
        ch_text_char(t, ' ');
    }
    ch_text_str(t, digits);
}

void
ch_text_hex32(struct ch_text *t, uint32_t n)
{
    ch_text_str(t, "0x");
    for (unsigned shift = 32; shift != 0; shift -= 4) {
        ch_text_char(t, "0123456789abcdef"[n >> (shift - 4) & 15]);
    }
}
