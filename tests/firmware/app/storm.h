/* SPDX-License-Identifier: MIT */
/*
 * storm.h - tasks that all want memory at once.
 */
#ifndef STATION_STORM_H
#define STATION_STORM_H

void storm_run(void);

#endif
