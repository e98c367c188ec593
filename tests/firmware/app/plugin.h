/* SPDX-License-Identifier: MIT */
/*
 * plugin.h - code that is loaded into memory, and the trampolines to it.
 */
#ifndef STATION_PLUGIN_H
#define STATION_PLUGIN_H

/* Loads code, runs it, and compares what it computes. */
void plugin_run(void);

#endif
