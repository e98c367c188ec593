/* SPDX-License-Identifier: MIT */
/*
 * report.h - snapshots as text.
 */
#ifndef CH_DIAG_REPORT_H
#define CH_DIAG_REPORT_H

struct ch_text;

/* Enough for a report, in bytes. */
#define CH_REPORT_MAX 2048

/* Appends a report on the heap, a few lines for people. */
void ch_report_write(struct ch_text *t);

#endif
