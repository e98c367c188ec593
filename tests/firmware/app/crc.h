/* SPDX-License-Identifier: MIT */
/*
 * crc.h - CRC-32 by a table that needs no byte access.
 */
#ifndef STATION_CRC_H
#define STATION_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Makes the table; NULL when there is no memory for it. */
const uint32_t *crc_table_create(void);
void crc_table_destroy(const uint32_t *table);
uint32_t crc_of(const uint32_t *table, const void *data, size_t size);

#endif
