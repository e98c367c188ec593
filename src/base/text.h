/* SPDX-License-Identifier: MIT */
/*
 * text.h - text without stdio: append to a buffer, read numbers and sizes.
 *
 * A ch_text never grows and never overruns: what does not fit is cut, and
 * `cut` says so.  The buffer always ends in a NUL.
 */
#ifndef CH_BASE_TEXT_H
#define CH_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ch_text {
    char *buf;   /* the caller's, `size` bytes */
    size_t size; /* at least 1 */
    size_t len;  /* without the NUL */
    bool cut;    /* something did not fit */
};

void ch_text_init(struct ch_text *t, char *buf, size_t size);
void ch_text_char(struct ch_text *t, char c);
void ch_text_str(struct ch_text *t, const char *s);
void ch_text_mem(struct ch_text *t, const char *s, size_t n);
/* As ch_text_mem(), with every byte that does not print as \xNN. */
void ch_text_escaped(struct ch_text *t, const char *s, size_t n);
void ch_text_u64(struct ch_text *t, uint64_t n);
void ch_text_i64(struct ch_text *t, int64_t n);
/* Lower case, with 0x before it. */
void ch_text_hex(struct ch_text *t, uint64_t n);
void ch_text_ptr(struct ch_text *t, const void *p);
/* A size for people: "512 B", "1.5 KiB", "64 MiB"; at most one decimal. */
void ch_text_size(struct ch_text *t, uint64_t bytes);
/* Spaces up to column `column` of the current line, at least none. */
void ch_text_pad(struct ch_text *t, size_t column);

size_t ch_str_len(const char *s);
bool ch_str_eq(const char *a, const char *b);
/* True when the n bytes at s are exactly the string `b`. */
bool ch_str_eq_n(const char *s, size_t n, const char *b);
/* What follows `prefix` in s, or NULL when s does not begin with it. */
const char *ch_str_after(const char *s, const char *prefix);
/* How many edits (insert, drop, replace, swap) turn the n bytes at `a` into
   `b`; both are cut at 31 bytes. */
unsigned ch_str_distance(const char *a, size_t n, const char *b);

/* A decimal number of exactly n bytes.  False when it is none or too big. */
bool ch_parse_u64(const char *s, size_t n, uint64_t *value);
/* A size: digits, then nothing, B, K, KB, KiB, M, G or T in either case, all
   of them powers of 1024.  False when it is none or too big. */
bool ch_parse_size(const char *s, size_t n, uint64_t *bytes);

#endif
