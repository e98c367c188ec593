/* SPDX-License-Identifier: MIT */
/*
 * app_main.h - what the system calls when it is up.
 */
#ifndef STATION_APP_MAIN_H
#define STATION_APP_MAIN_H

#ifdef __cplusplus
extern "C" {
#endif

void app_main(void);

#ifdef __cplusplus
}
#endif

#endif
