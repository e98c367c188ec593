/* SPDX-License-Identifier: MIT */
/*
 * sensor.h - a task that measures and one that reads what it reports.
 */
#ifndef STATION_SENSOR_H
#define STATION_SENSOR_H

#include <stdint.h>

/* Sends reports from one task to another and checks that they arrive. */
void sensor_run(const uint32_t *crc_table);

#endif
