/* SPDX-License-Identifier: MIT */
/*
 * text.c - text without stdio, locale or memory of its own.
 */
#include "base/text.h"

#include "base/arith.h"

void
ch_text_init(struct ch_text *t, char *buf, size_t size)
{
    t->buf = buf;
    t->size = size;
    t->len = 0;
    t->cut = false;
    t->buf[0] = '\0';
}

void
ch_text_char(struct ch_text *t, char c)
{
    if (t->len + 1 >= t->size) {
        t->cut = true;
        return;
    }
    t->buf[t->len++] = c;
    t->buf[t->len] = '\0';
}

void
ch_text_mem(struct ch_text *t, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ch_text_char(t, s[i]);
    }
}

void
ch_text_str(struct ch_text *t, const char *s)
{
    ch_text_mem(t, s, ch_str_len(s));
}

void
ch_text_escaped(struct ch_text *t, const char *s, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c >= 0x20 && c < 0x7f) {
            ch_text_char(t, s[i]);
            continue;
        }
        ch_text_str(t, "\\x");
        ch_text_char(t, digits[c >> 4]);
        ch_text_char(t, digits[c & 15]);
    }
}

/* Appends n in the given base, 10 or 16. */
static void
text_number(struct ch_text *t, uint64_t n, unsigned base)
{
    char digits[20];
    size_t i = sizeof digits;

    do {
        digits[--i] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n != 0);
    ch_text_mem(t, digits + i, sizeof digits - i);
}

void
ch_text_u64(struct ch_text *t, uint64_t n)
{
    text_number(t, n, 10);
}

void
ch_text_i64(struct ch_text *t, int64_t n)
{
    if (n < 0) {
        ch_text_char(t, '-');
        text_number(t, 0 - (uint64_t)n, 10);
        return;
    }
    text_number(t, (uint64_t)n, 10);
}

void
ch_text_hex(struct ch_text *t, uint64_t n)
{
    ch_text_str(t, "0x");
    text_number(t, n, 16);
}

void
ch_text_ptr(struct ch_text *t, const void *p)
{
    ch_text_hex(t, (uintptr_t)p);
}

void
ch_text_size(struct ch_text *t, uint64_t bytes)
{
    static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    uint64_t unit = 1;
    size_t i = 0;

    while (i + 1 < sizeof units / sizeof units[0] && bytes / unit >= 1024) {
        unit *= 1024;
        i++;
    }
    ch_text_u64(t, bytes / unit);
    if (bytes % unit * 10 / unit != 0 && bytes / unit < 100) {
        ch_text_char(t, '.');
        ch_text_u64(t, bytes % unit * 10 / unit);
    }
    ch_text_str(t, units[i]);
}

void
ch_text_pad(struct ch_text *t, size_t column)
{
    size_t line = t->len;

    while (line > 0 && t->buf[line - 1] != '\n') {
        line--;
    }
    while (t->len - line < column && !t->cut) {
        ch_text_char(t, ' ');
    }
}

size_t
ch_str_len(const char *s)
{
    size_t n = 0;

    while (s[n] != '\0') {
        n++;
    }
    return n;
}

bool
ch_str_eq(const char *a, const char *b)
{
    return ch_str_eq_n(a, ch_str_len(a), b);
}

bool
ch_str_eq_n(const char *s, size_t n, const char *b)
{
    for (size_t i = 0; i < n; i++) {
        if (b[i] == '\0' || s[i] != b[i]) {
            return false;
        }
    }
    return b[n] == '\0';
}

const char *
ch_str_after(const char *s, const char *prefix)
{
    while (*prefix != '\0') {
        if (*s++ != *prefix++) {
            return NULL;
        }
    }
    return s;
}

#define DISTANCE_MAX 31

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

unsigned
ch_str_distance(const char *a, size_t n, const char *b)
{
    /* Three rows of the Damerau-Levenshtein table: i - 2, i - 1 and i. */
    unsigned row[3][DISTANCE_MAX + 1];
    size_t m = ch_min_size(ch_str_len(b), DISTANCE_MAX);

    n = ch_min_size(n, DISTANCE_MAX);
    for (size_t j = 0; j <= m; j++) {
        row[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3];
        const unsigned *before = row[(i - 1) % 3];
        const unsigned *before2 = row[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned cost = a[i - 1] != b[j - 1];

            now[j] = min3(before[j] + 1, now[j - 1] + 1, before[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]
                && before2[j - 2] + 1 < now[j]) {
                now[j] = before2[j - 2] + 1;
            }
        }
    }
    return row[n % 3][m];
}

bool
ch_parse_u64(const char *s, size_t n, uint64_t *value)
{
    uint64_t v = 0;

    if (n == 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9'
            || __builtin_mul_overflow(v, UINT64_C(10), &v)
            || __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v)) {
            return false;
        }
    }
    *value = v;
    return true;
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The power of two that a unit of n bytes stands for, or -1. */
static int
unit_shift(const char *s, size_t n)
{
    static const char prefixes[] = "kmgt";

    if (n == 0 || (n == 1 && lower(s[0]) == 'b')) {
        return 0;
    }
    for (int i = 0; prefixes[i] != '\0'; i++) {
        bool plain = n == 1;
        bool with_b = n == 2 && lower(s[n - 1]) == 'b';
        bool with_ib = n == 3 && lower(s[1]) == 'i' && lower(s[2]) == 'b';

        if (lower(s[0]) == prefixes[i] && (plain || with_b || with_ib)) {
            return 10 * (i + 1);
        }
    }
    return -1;
}

bool
ch_parse_size(const char *s, size_t n, uint64_t *bytes)
{
    size_t digits = 0;
    uint64_t v;
    int shift;

    while (digits < n && s[digits] >= '0' && s[digits] <= '9') {
        digits++;
    }
    shift = unit_shift(s + digits, n - digits);
    if (shift < 0 || !ch_parse_u64(s, digits, &v) || v > UINT64_MAX >> shift) {
        return false;
    }
    *bytes = v << shift;
    return true;
}
