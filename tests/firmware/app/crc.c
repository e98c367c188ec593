/* SPDX-License-Identifier: MIT */
/*
 * crc.c - CRC-32 by a table that needs no byte access.
 *
 * The table is read by words only, so it may lie in instruction RAM, of which
 * most programs have some to spare.
 */
#include "crc.h"

#include "esp_heap_caps.h"

#define N_ENTRIES  256u
#define POLYNOMIAL 0xedb88320u /* of IEEE 802.3, bits reversed */

static uint32_t
entry_of(uint32_t byte)
{
    for (int bit = 0; bit < 8; bit++) {
        byte = (byte >> 1) ^ ((byte & 1) != 0 ? POLYNOMIAL : 0);
    }
    return byte;
}

const uint32_t *
crc_table_create(void)
{
    uint32_t *table =
        heap_caps_malloc(N_ENTRIES * sizeof *table, MALLOC_CAP_32BIT);

    if (table == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < N_ENTRIES; i++) {
        table[i] = entry_of(i);
    }
    return table;
}

void
crc_table_destroy(const uint32_t *table)
{
    heap_caps_free((void *)(uintptr_t)table);
}

uint32_t
crc_of(const uint32_t *table, const void *data, size_t size)
{
    const unsigned char *p = data;
    uint32_t crc = ~0u;

    for (size_t i = 0; i < size; i++) {
        crc = (crc >> 8) ^ table[(crc ^ p[i]) & 0xff];
    }
    return ~crc;
}
