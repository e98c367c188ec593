/* SPDX-License-Identifier: MIT */
/*
 * history.h - what the station remembers: as many hours as memory allows.
 */
#ifndef STATION_HISTORY_H
#define STATION_HISTORY_H

struct hour;

/* Fills memory with hours, the newest first. */
struct hour *history_fill(void);
void history_destroy(struct hour *newest);

#endif
