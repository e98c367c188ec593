/* SPDX-License-Identifier: MIT */
/*
 * libc_info_xml.c - the heap in the elements that glibc uses.
 *
 * A <heap> is an arena; its <sizes> are free blocks by size.  "rest" counts
 * free blocks, "mmap" huge ones; "current" is what is held from the system,
 * "max" the most that was.
 */
#include "api/libc_info_xml.h"

#include <stddef.h>

#include "base/text.h"
#include "diag/snapshot.h"
#include "heap/slab/arena.h"

/* Longest line, with room to spare. */
#define LINE 160

static void
put(FILE *stream, struct ch_text *t)
{
    fwrite(t->buf, 1, t->len, stream);
    t->len = 0;
    t->buf[0] = '\0';
}

/* ` name="value"` */
static void
attribute(struct ch_text *t, const char *name, size_t value)
{
    ch_text_char(t, ' ');
    ch_text_str(t, name);
    ch_text_str(t, "=\"");
    ch_text_u64(t, value);
    ch_text_char(t, '"');
}

/* <element type="TYPE" [count="N"] size="N"/>; count SIZE_MAX: none. */
static void
put_total(FILE *stream, const char *element, const char *type, size_t count,
    size_t size)
{
    char buf[LINE];
    struct ch_text t;

    ch_text_init(&t, buf, sizeof buf);
    ch_text_char(&t, '<');
    ch_text_str(&t, element);
    ch_text_str(&t, " type=\"");
    ch_text_str(&t, type);
    ch_text_char(&t, '"');
    if (count != SIZE_MAX) {
        attribute(&t, "count", count);
    }
    attribute(&t, "size", size);
    ch_text_str(&t, "/>\n");
    put(stream, &t);
}

/* The free blocks of a class, if there are any. */
static void
put_class(FILE *stream, size_t c, size_t n_free)
{
    char buf[LINE];
    struct ch_text t;
    size_t to = ch_class_size(c);
    size_t from = c < 2 ? (c == 0 ? 0 : 1) : ch_class_size(c - 1) + 1;

    if (n_free == 0) {
        return;
    }
    ch_text_init(&t, buf, sizeof buf);
    ch_text_str(&t, "  <size");
    attribute(&t, "from", from);
    attribute(&t, "to", to);
    attribute(&t, "total", n_free * to);
    attribute(&t, "count", n_free);
    ch_text_str(&t, "/>\n");
    put(stream, &t);
}

static void
put_heap(FILE *stream, unsigned id)
{
    char buf[LINE];
    struct ch_text t;
    struct ch_arena_count count;
    size_t n_free = 0;
    size_t free_bytes = 0;

    ch_snapshot_arena(id, &count);
    ch_text_init(&t, buf, sizeof buf);
    ch_text_str(&t, "<heap");
    attribute(&t, "nr", id);
    ch_text_str(&t, ">\n<sizes>\n");
    put(stream, &t);
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        put_class(stream, c, count.classes[c].n_free);
        n_free += count.classes[c].n_free;
        free_bytes += count.classes[c].n_free * ch_class_size(c);
    }
    ch_text_str(&t, "</sizes>\n");
    put(stream, &t);
    put_total(stream, "total", "fast", 0, 0);
    put_total(stream, "total", "rest", n_free, free_bytes);
    put_total(stream, "system", "current", SIZE_MAX, count.held + count.dirty);
    put_total(stream, "system", "max", SIZE_MAX, count.peak_held);
    put_total(stream, "aspace", "total", SIZE_MAX, count.open);
    put_total(stream, "aspace", "mprotect", SIZE_MAX, count.open);
    ch_text_str(&t, "</heap>\n");
    put(stream, &t);
}

/* What follows the heaps: the same figures for all of them. */
static void
put_sum(FILE *stream)
{
    struct ch_snapshot s;
    size_t n_free = 0;
    size_t free_bytes = 0;

    ch_snapshot_take(&s);
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        n_free += s.sum.classes[c].n_free;
        free_bytes += s.sum.classes[c].n_free * ch_class_size(c);
    }
    put_total(stream, "total", "fast", 0, 0);
    put_total(stream, "total", "rest", n_free, free_bytes);
    put_total(stream, "total", "mmap", s.n_huge, s.huge);
    put_total(stream, "system", "current", SIZE_MAX, s.sum.held + s.sum.dirty);
    put_total(stream, "system", "max", SIZE_MAX, s.sum.peak_held);
    put_total(stream, "aspace", "total", SIZE_MAX, s.sum.open);
    put_total(stream, "aspace", "mprotect", SIZE_MAX, s.sum.open);
}

void
ch_malloc_info_xml(FILE *stream)
{
    static const char head[] = "<malloc version=\"1\">\n";
    static const char foot[] = "</malloc>\n";

    flockfile(stream);
    fwrite(head, 1, sizeof head - 1, stream);
    for (unsigned id = 0; id < ch_arena_count(); id++) {
        put_heap(stream, id);
    }
    put_sum(stream);
    fwrite(foot, 1, sizeof foot - 1, stream);
    funlockfile(stream);
}
