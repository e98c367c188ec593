/* SPDX-License-Identifier: MIT */
/*
 * report.c - the heap in a few lines, on request or at exit.
 */
#include "diag/report.h"

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "base/text.h"
#include "diag/snapshot.h"
#include "front/start.h"
#include "heap/slab/arena.h"
#include "os/env.h"
#include "os/fault.h"
#include "os/file.h"

/* Columns where the second and the third field of a line begin. */
#define COLUMN_FIGURE 12
#define COLUMN_TEXT   24

/* One line: what, a size, and what the size is of. */
struct row {
    const char *name;
    size_t bytes;
    const char *text;
};

static void
write_row(struct ch_text *t, const struct row *row)
{
    ch_text_str(t, "  ");
    ch_text_str(t, row->name);
    ch_text_pad(t, COLUMN_FIGURE);
    ch_text_size(t, row->bytes);
    ch_text_pad(t, COLUMN_TEXT);
    ch_text_str(t, row->text);
    ch_text_char(t, '\n');
}

static void
write_head(struct ch_text *t, const struct ch_snapshot *s)
{
    ch_text_str(t, "capheap: heap of ");
    ch_text_str(t, ch_env_program());
    ch_text_str(t, " (pid ");
    ch_text_i64(t, getpid());
    ch_text_str(t, "), profile ");
    ch_text_str(t, ch_start_options()->profile);
    if (s->limit != SIZE_MAX) {
        ch_text_str(t, ", limit ");
        ch_text_size(t, s->limit);
    }
    ch_text_char(t, '\n');
}

static void
write_count(struct ch_text *t, size_t n, const char *what)
{
    ch_text_u64(t, n);
    ch_text_char(t, ' ');
    ch_text_str(t, what);
}

static void
write_blocks(struct ch_text *t, const struct ch_snapshot *s)
{
    ch_text_str(t, "  blocks");
    ch_text_pad(t, COLUMN_FIGURE);
    write_count(t, s->sum.n_live + s->n_huge, "live");
    ch_text_str(t, ": ");
    write_count(t, s->sum.n_runs, "large");
    ch_text_str(t, ", ");
    write_count(t, s->n_huge, "huge");
    ch_text_str(t, "\n  arenas");
    ch_text_pad(t, COLUMN_FIGURE);
    ch_text_u64(t, s->n_arenas);
    ch_text_str(t, "\n  threads");
    ch_text_pad(t, COLUMN_FIGURE);
    ch_text_u64(t, s->n_threads);
    ch_text_str(t, " now, at most ");
    ch_text_u64(t, s->n_caches);
    ch_text_str(t, " at once\n");
}

static size_t
resident_bytes(void)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < ch_arena_count(); i++) {
        struct ch_region *region = &ch_arena_get(i)->region;

        ch_lock(&region->lock);
        bytes += ch_region_resident(region);
        ch_unlock(&region->lock);
    }
    return bytes;
}

void
ch_report_write(struct ch_text *t)
{
    struct ch_snapshot s;
    size_t live;
    size_t resident;

    ch_snapshot_take(&s);
    live = s.sum.live + s.huge;
    resident = resident_bytes() + s.huge + s.meta;
    const struct row rows[] = {
        {"region", s.sum.reserved, "of address space reserved (dram, anon)"},
        {"peak", s.peak, "the most that it held from the system"},
        {"held", s.used, "held now: pages, runs, free memory, records"},
        {"resident", resident, "of it in memory"},
        {"live", live, "in blocks that the program has"},
        {"waste", resident - ch_min_size(resident, live),
            "in memory beyond that: free blocks, rounding, records"},
        {"dirty", s.sum.dirty, "free memory that goes back when it stays idle"},
        {"returned", s.sum.purged, "given back to the system so far"},
    };

    write_head(t, &s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_row(t, &rows[i]);
    }
    write_blocks(t, &s);
}

/* Where stats=exit goes: a file of its own, or stderr. */
static int
open_output(const struct ch_options *options)
{
    int fd;

    if (options->stats_file[0] == '\0') {
        return ch_stderr_fd();
    }
    fd = ch_file_create(options->stats_file);
    if (fd < 0) {
        ch_say("stats=exit: the file cannot be written; using stderr");
        return ch_stderr_fd();
    }
    return fd;
}

__attribute__((destructor)) static void
report_at_exit(void)
{
    const struct ch_options *options = ch_start_options();
    char buf[CH_REPORT_MAX];
    struct ch_text t;

    if (!options->stats_at_exit) {
        return;
    }
    ch_text_init(&t, buf, sizeof buf);
    ch_report_write(&t);
    /* The process ends: nothing has to be closed. */
    ch_file_write(open_output(options), t.buf, t.len);
}
