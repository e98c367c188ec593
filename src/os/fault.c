/* SPDX-License-Identifier: MIT */
/*
 * fault.c - says one line; see fault.h.
 */
#include "os/fault.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"

/* What the first descriptors are for is the program's business. */
#define KEPT_FROM 100

static int kept = -1;

void
ch_stderr_keep(void)
{
    kept = ch_file_dup(STDERR_FILENO, KEPT_FROM);
}

int
ch_stderr_fd(void)
{
    return kept >= 0 && !ch_file_is_open(STDERR_FILENO) ? kept : STDERR_FILENO;
}

void
ch_line_begin(struct ch_text *t, char *buf)
{
    /* One byte stays for the end of the line. */
    ch_text_init(t, buf, CH_LINE_MAX - 1);
    ch_text_str(t, "capheap: ");
}

void
ch_line_say(struct ch_text *t)
{
    t->size = CH_LINE_MAX;
    ch_text_char(t, '\n');
    ch_file_write(STDERR_FILENO, t->buf, t->len);
}

void
ch_say(const char *text)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_line_begin(&t, buf);
    ch_text_str(&t, text);
    ch_line_say(&t);
}

CH_SLOW void
ch_fault(const char *what, const void *p)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_line_begin(&t, buf);
    ch_text_str(&t, what);
    ch_text_str(&t, ": ");
    ch_text_ptr(&t, p);
    ch_line_say(&t);
    abort();
}
