/* SPDX-License-Identifier: MIT */
/*
 * host.h - what a host's libc does at its leisure, done at the start.
 */
#ifndef STATION_HOST_H
#define STATION_HOST_H

#ifdef __cplusplus
extern "C" {
#endif

/* libc keeps the record of a thread that has ended for the next one.  After
   this it has enough of them for all tasks of the firmware. */
void host_warm_up(void);

#ifdef __cplusplus
}
#endif

#endif
