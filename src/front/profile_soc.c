/* SPDX-License-Identifier: MIT */
/*
 * profile_soc.c - the memory of each chip, before a program is in it.
 *
 * A chip that protects its memory has no executable heap; with protection off
 * the same types have EXEC, and some chips a type and regions more, which
 * stand last in their tables.
 *
 * Source: the memory layouts of ESP-IDF, as of mid 2026, as numbers.
 */
#include "front/profile_table.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Masks that many types share. */
#define WORDS (CH_CAP_INTERNAL | CH_CAP_32BIT)
#define BYTES (CH_CAP_DEFAULT | CH_CAP_8BIT | WORDS)
#define DMAB  (BYTES | CH_CAP_DMA)
#define SIMD  CH_CAP_SIMD

/* ---- types --------------------------------------------------------------- */

/* An index of each chip's types; C6_ is what all newer small chips have. */
enum {
    ESP32_DRAM,
    ESP32_DIRAM,
    ESP32_IRAM,
    ESP32_SPIRAM,
    ESP32_RTCRAM
};
enum {
    S2_RAM,
    S2_SPIRAM,
    S2_RTCRAM
};
enum {
    S3_RAM,
    S3_DRAM,
    S3_SPIRAM,
    S3_RTCRAM,
    S3_IRAM
};
enum {
    C3_RAM,
    C3_RETENTION,
    C3_RTCRAM
};
enum {
    C6_RAM,
    C6_RTCRAM,
    C6_SPIRAM
};
enum {
    P4_RAM,
    P4_RETENTION,
    P4_SPIRAM,
    P4_SPM,
    P4_RTCRAM
};

static const struct ch_soc_type esp32_types[] = {
    [ESP32_DRAM] = {"DRAM", {CH_CAP_8BIT | CH_CAP_DEFAULT, WORDS | CH_CAP_DMA}},
    [ESP32_DIRAM] = {"D/IRAM",
        {0, CH_CAP_8BIT | CH_CAP_DMA | CH_CAP_INTERNAL | CH_CAP_DEFAULT,
            CH_CAP_EXEC | CH_CAP_32BIT}},
    [ESP32_IRAM] = {"IRAM", {CH_CAP_EXEC | WORDS}},
    [ESP32_SPIRAM] = {"SPIRAM",
        {CH_CAP_SPIRAM | CH_CAP_DEFAULT, 0, CH_CAP_8BIT | CH_CAP_32BIT}},
    [ESP32_RTCRAM] = {"RTCRAM",
        {CH_CAP_RTCRAM, CH_CAP_8BIT | CH_CAP_DEFAULT, CH_CAP_EXEC | WORDS}},
};

/* Each table twice: with memory protected, and with protection off. */
#define S2_TYPES(exec)                                                    \
 {                                                                        \
  [S2_RAM] = {"RAM", {DMAB | (exec)}},                                    \
  [S2_SPIRAM] = {"SPIRAM", {CH_CAP_SPIRAM, 0, BYTES & ~CH_CAP_INTERNAL}}, \
  [S2_RTCRAM] = {"RTCRAM", {CH_CAP_RTCRAM, 0, BYTES | (exec)}},           \
 }
#define S3_TYPES(exec)                                           \
 {                                                               \
  [S3_RAM] = {"RAM", {DMAB | CH_CAP_RETENTION | SIMD | (exec)}}, \
  [S3_DRAM] = {"DRAM", {0, DMAB | SIMD}},                        \
  [S3_SPIRAM] = {"SPIRAM",                                       \
      {CH_CAP_SPIRAM, 0, (BYTES & ~CH_CAP_INTERNAL) | SIMD}},    \
  [S3_RTCRAM] = {"RTCRAM", {CH_CAP_RTCRAM, 0, BYTES | (exec)}},  \
  [S3_IRAM] = {"IRAM", {(exec), WORDS}},                         \
 }
#define C3_TYPES(exec)                                                   \
 {                                                                       \
  [C3_RAM] = {"RAM", {DMAB | (exec)}},                                   \
  [C3_RETENTION] = {"Retention RAM", {CH_CAP_RETENTION, DMAB | (exec)}}, \
  [C3_RTCRAM] = {"RTCRAM", {CH_CAP_RTCRAM, 0, BYTES | (exec)}},          \
 }
#define C6_TYPES(exec)                                                  \
 {                                                                      \
  [C6_RAM] = {"RAM", {DMAB | (exec)}},                                  \
  [C6_RTCRAM] = {"RTCRAM", {CH_CAP_RTCRAM, BYTES | (exec)}},            \
  [C6_SPIRAM] = {"SPIRAM",                                              \
      {CH_CAP_SPIRAM | CH_CAP_DEFAULT, 0, CH_CAP_8BIT | CH_CAP_32BIT}}, \
 }
#define P4_TYPES(exec)                                                       \
 {                                                                           \
  [P4_RAM] = {"RAM", {DMAB | SIMD | (exec)}},                                \
  [P4_RETENTION] = {"RETENT_RAM", {CH_CAP_RETENTION | SIMD, DMAB | (exec)}}, \
  [P4_SPIRAM] = {"SPIRAM",                                                   \
      {CH_CAP_SPIRAM, 0, (BYTES & ~CH_CAP_INTERNAL) | SIMD}},                \
  [P4_SPM] = {"SPM", {CH_CAP_SPM, 0, BYTES}},                                \
  [P4_RTCRAM] = {"RTCRAM", {CH_CAP_RTCRAM, 0, BYTES | (exec)}},              \
 }

static const struct ch_soc_type s2_types[2][3] = {
    S2_TYPES(0), S2_TYPES(CH_CAP_EXEC)};
static const struct ch_soc_type s3_types[2][5] = {
    S3_TYPES(0), S3_TYPES(CH_CAP_EXEC)};
static const struct ch_soc_type c3_types[2][3] = {
    C3_TYPES(0), C3_TYPES(CH_CAP_EXEC)};
static const struct ch_soc_type c6_types[2][3] = {
    C6_TYPES(0), C6_TYPES(CH_CAP_EXEC)};
static const struct ch_soc_type p4_types[2][5] = {
    P4_TYPES(0), P4_TYPES(CH_CAP_EXEC)};

/* ---- regions ------------------------------------------------------------- */

/* start, size, type, where instructions see it, of the startup stacks. */
static const struct ch_soc_region esp32_regions[] = {
    {0x3f800000, 0x400000, ESP32_SPIRAM, 0, false},
    {0x3ffae000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffb0000, 0x08000, ESP32_DRAM, 0, false},
    {0x3ffb8000, 0x08000, ESP32_DRAM, 0, false},
    {0x3ffc0000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffc2000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffc4000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffc6000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffc8000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffca000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffcc000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffce000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffd0000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffd2000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffd4000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffd6000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffd8000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffda000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffdc000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffde000, 0x02000, ESP32_DRAM, 0, false},
    {0x3ffe0000, 0x04000, ESP32_DIRAM, 0x400bc000, true},
    {0x3ffe4000, 0x04000, ESP32_DIRAM, 0x400b8000, true},
    {0x3ffe8000, 0x08000, ESP32_DIRAM, 0x400b0000, true},
    {0x3fff0000, 0x08000, ESP32_DIRAM, 0x400a8000, true},
    {0x3fff8000, 0x04000, ESP32_DIRAM, 0x400a4000, true},
    {0x3fffc000, 0x04000, ESP32_DIRAM, 0x400a0000, true},
    {0x40070000, 0x08000, ESP32_IRAM, 0, false},
    {0x40078000, 0x08000, ESP32_IRAM, 0, false},
    {0x40080000, 0x02000, ESP32_IRAM, 0, false},
    {0x40082000, 0x02000, ESP32_IRAM, 0, false},
    {0x40084000, 0x02000, ESP32_IRAM, 0, false},
    {0x40086000, 0x02000, ESP32_IRAM, 0, false},
    {0x40088000, 0x02000, ESP32_IRAM, 0, false},
    {0x4008a000, 0x02000, ESP32_IRAM, 0, false},
    {0x4008c000, 0x02000, ESP32_IRAM, 0, false},
    {0x4008e000, 0x02000, ESP32_IRAM, 0, false},
    {0x40090000, 0x02000, ESP32_IRAM, 0, false},
    {0x40092000, 0x02000, ESP32_IRAM, 0, false},
    {0x40094000, 0x02000, ESP32_IRAM, 0, false},
    {0x40096000, 0x02000, ESP32_IRAM, 0, false},
    {0x40098000, 0x02000, ESP32_IRAM, 0, false},
    {0x4009a000, 0x02000, ESP32_IRAM, 0, false},
    {0x4009c000, 0x02000, ESP32_IRAM, 0, false},
    {0x4009e000, 0x02000, ESP32_IRAM, 0, false},
    {0x3ff80000, 0x02000, ESP32_RTCRAM, 0, false},
};

static const struct ch_soc_region s2_regions[] = {
    {0x3f500000, 0xa80000, S2_SPIRAM, 0, false},
    {0x3ffb4000, 0x02000, S2_RAM, 0x40024000, false},
    {0x3ffb6000, 0x02000, S2_RAM, 0x40026000, false},
    {0x3ffb8000, 0x04000, S2_RAM, 0x40028000, false},
    {0x3ffbc000, 0x04000, S2_RAM, 0x4002c000, false},
    {0x3ffc0000, 0x04000, S2_RAM, 0x40030000, false},
    {0x3ffc4000, 0x04000, S2_RAM, 0x40034000, false},
    {0x3ffc8000, 0x04000, S2_RAM, 0x40038000, false},
    {0x3ffcc000, 0x04000, S2_RAM, 0x4003c000, false},
    {0x3ffd0000, 0x04000, S2_RAM, 0x40040000, false},
    {0x3ffd4000, 0x04000, S2_RAM, 0x40044000, false},
    {0x3ffd8000, 0x04000, S2_RAM, 0x40048000, false},
    {0x3ffdc000, 0x04000, S2_RAM, 0x4004c000, false},
    {0x3ffe0000, 0x04000, S2_RAM, 0x40050000, false},
    {0x3ffe4000, 0x04000, S2_RAM, 0x40054000, false},
    {0x3ffe8000, 0x04000, S2_RAM, 0x40058000, false},
    {0x3ffec000, 0x04000, S2_RAM, 0x4005c000, false},
    {0x3fff0000, 0x04000, S2_RAM, 0x40060000, false},
    {0x3fff4000, 0x04000, S2_RAM, 0x40064000, false},
    {0x3fff8000, 0x04000, S2_RAM, 0x40068000, false},
    {0x3fffc000, 0x04000, S2_RAM, 0x4006c000, true},
    {0x3ff9e000, 0x02000, S2_RTCRAM, 0x40070000, false},
};

static const struct ch_soc_region s3_regions[] = {
    {0x3fc88000, 0x08000, S3_RAM, 0x40378000, false},
    {0x3fc90000, 0x10000, S3_RAM, 0x40380000, false},
    {0x3fca0000, 0x10000, S3_RAM, 0x40390000, false},
    {0x3fcb0000, 0x10000, S3_RAM, 0x403a0000, false},
    {0x3fcc0000, 0x10000, S3_RAM, 0x403b0000, false},
    {0x3fcd0000, 0x10000, S3_RAM, 0x403c0000, false},
    {0x3fce0000, 0x09710, S3_RAM, 0x403d0000, false},
    {0x3fce9710, 0x068f0, S3_RAM, 0x403d9710, true},
    {0x3fcf0000, 0x08000, S3_DRAM, 0, false},
    {0x3c000000, 0x2000000, S3_SPIRAM, 0, false},
    {0x600fe000, 0x02000, S3_RTCRAM, 0, false},
    {0x40374000, 0x04000, S3_IRAM, 0, false},
};

static const struct ch_soc_region c2_regions[] = {
    {0x3fca0000, 0x10000, C6_RAM, 0x40380000, false},
    {0x3fcb0000, 0x10000, C6_RAM, 0x40390000, false},
    {0x3fcc0000, 0x1cb70, C6_RAM, 0x403a0000, false},
    {0x3fcdcb70, 0x03490, C6_RAM, 0x403bcb70, true},
};

static const struct ch_soc_region c3_regions[] = {
    {0x3fc80000, 0x20000, C3_RAM, 0x40380000, false},
    {0x3fca0000, 0x20000, C3_RAM, 0x403a0000, false},
    {0x3fcc0000, 0x1c710, C3_RETENTION, 0x403c0000, false},
    {0x3fcdc710, 0x038f0, C3_RETENTION, 0x403dc710, true},
    {0x50000000, 0x02000, C3_RTCRAM, 0, false},
};

static const struct ch_soc_region c5_regions[] = {
    {0x42000000, 0x2000000, C6_SPIRAM, 0, false},
    {0x40800000, 0x5c5a0, C6_RAM, 0x40800000, false},
    {0x4085c5a0, 0x03a60, C6_RAM, 0x4085c5a0, true},
    {0x50000000, 0x04000, C6_RTCRAM, 0, false},
};

static const struct ch_soc_region c6_regions[] = {
    {0x40800000, 0x20000, C6_RAM, 0x40800000, false},
    {0x40820000, 0x20000, C6_RAM, 0x40820000, false},
    {0x40840000, 0x20000, C6_RAM, 0x40840000, false},
    {0x40860000, 0x1c610, C6_RAM, 0x40860000, false},
    {0x4087c610, 0x039f0, C6_RAM, 0x4087c610, true},
    {0x50000000, 0x04000, C6_RTCRAM, 0, false},
};

static const struct ch_soc_region c61_regions[] = {
    {0x40800000, 0x4c670, C6_RAM, 0x40800000, false},
    {0x4084c670, 0x03990, C6_RAM, 0x4084c670, true},
};

static const struct ch_soc_region h2_regions[] = {
    {0x40800000, 0x10000, C6_RAM, 0x40800000, false},
    {0x40810000, 0x10000, C6_RAM, 0x40810000, false},
    {0x40820000, 0x10000, C6_RAM, 0x40820000, false},
    {0x40830000, 0x10000, C6_RAM, 0x40830000, false},
    {0x40840000, 0x0d380, C6_RAM, 0x40840000, false},
    {0x4084d380, 0x02c80, C6_RAM, 0x4084d380, true},
    {0x50000000, 0x01000, C6_RTCRAM, 0, false},
};

static const struct ch_soc_region h4_regions[] = {
    {0x40810000, 0x4b350, C6_RAM, 0x40810000, false},
    {0x4085b350, 0x04cb0, C6_RAM, 0x4085b350, true},
};

static const struct ch_soc_region p4_rev3_regions[] = {
    {0x48000000, 0x4000000, P4_SPIRAM, 0, false},
    {0x4ff20000, 0x9afc0, P4_RETENTION, 0x4ff20000, false},
    {0x4ffbafc0, 0x05040, P4_RAM, 0x4ffbafc0, true},
    {0x50108000, 0x08000, P4_RTCRAM, 0, false},
    {0x30100000, 0x02000, P4_SPM, 0, false},
};

static const struct ch_soc_region p4_rev1_regions[] = {
    {0x48000000, 0x4000000, P4_SPIRAM, 0, false},
    {0x4ff00000, 0x3afc0, P4_RETENTION, 0x4ff00000, false},
    {0x4ff3afc0, 0x65040, P4_RAM, 0x4ff3afc0, true},
    {0x50108000, 0x08000, P4_RTCRAM, 0, false},
    {0x30100000, 0x02000, P4_SPM, 0, false},
};

static const struct ch_soc_region s31_regions[] = {
    {0x50000000, 0x4000000, C6_SPIRAM, 0, false},
    {0x2f000000, 0x7afb0, C6_RAM, 0x2f000000, false},
    {0x2f07afb0, 0x05050, C6_RAM, 0x2f07afb0, true},
    {0x2e000000, 0x08000, C6_RTCRAM, 0, false},
};

/* ---- address ranges ------------------------------------------------------ */

/* Chips on which data and instructions have one address. */
#define ONE_BUS(start, end)                                              \
 .iram = {start, end}, .dram = {start, end}, .diram_iram = {start, end}, \
 .diram_dram = {start, end}, .dma = {start, end}
#define ONE_FLASH(start, end) .drom = {start, end}, .irom = {start, end}
#define ONE_RTC(start, end) \
 .rtc_iram = {start, end}, .rtc_dram = {start, end}, .rtc_slow = {start, end}

static const struct ch_soc_ranges esp32_ranges = {
    .iram = {0x40080000, 0x400aa000},
    .dram = {0x3ffae000, 0x40000000},
    .diram_iram = {0x400a0000, 0x400c0000},
    .diram_dram = {0x3ffe0000, 0x40000000},
    .rtc_iram = {0x400c0000, 0x400c2000},
    .rtc_dram = {0x3ff80000, 0x3ff82000},
    .rtc_slow = {0x50000000, 0x50002000},
    .dma = {0x3ffae000, 0x40000000},
    .extram = {0x3f800000, 0x3fc00000},
    .drom = {0x3f400000, 0x3f800000},
    .irom = {0x400d0000, 0x40400000},
    .rom = {0x40000000, 0x40070000},
    .is_diram_inverted = true,
};

static const struct ch_soc_ranges s2_ranges = {
    .iram = {0x40020000, 0x40070000},
    .dram = {0x3ffb0000, 0x40000000},
    .diram_iram = {0x40020000, 0x40070000},
    .diram_dram = {0x3ffb0000, 0x40000000},
    .rtc_iram = {0x40070000, 0x40072000},
    .rtc_dram = {0x3ff9e000, 0x3ffa0000},
    .rtc_slow = {0x50000000, 0x50002000},
    .dma = {0x3ffb0000, 0x40000000},
    .dma_ext = {0x3f500000, 0x3ff80000},
    .extram = {0x3f500000, 0x3ff80000},
    .drom = {0x3f000000, 0x3ff80000},
    .irom = {0x40080000, 0x40800000},
    .rom = {0x40000000, 0x4001a100},
};

static const struct ch_soc_ranges s3_ranges = {
    .iram = {0x40370000, 0x403e0000},
    .dram = {0x3fc88000, 0x3fd00000},
    .diram_iram = {0x40378000, 0x403e0000},
    .diram_dram = {0x3fc88000, 0x3fcf0000},
    .rtc_iram = {0x600fe000, 0x60100000},
    .rtc_dram = {0x600fe000, 0x60100000},
    .rtc_slow = {0x50000000, 0x50002000},
    .dma = {0x3fc88000, 0x3fd00000},
    .dma_ext = {0x3c000000, 0x3e000000},
    .extram = {0x3c000000, 0x3e000000},
    .drom = {0x3c000000, 0x3e000000},
    .irom = {0x42000000, 0x44000000},
    .rom = {0x40000000, 0x40060000},
};

static const struct ch_soc_ranges c2_ranges = {
    .iram = {0x4037c000, 0x403c0000},
    .dram = {0x3fca0000, 0x3fce0000},
    .diram_iram = {0x40380000, 0x403c0000},
    .diram_dram = {0x3fca0000, 0x3fce0000},
    .dma = {0x3fca0000, 0x3fce0000},
    .drom = {0x3c000000, 0x3c400000},
    .irom = {0x42000000, 0x42400000},
    .rom = {0x40000000, 0x40090000},
};

static const struct ch_soc_ranges c3_ranges = {
    .iram = {0x4037c000, 0x403e0000},
    .dram = {0x3fc80000, 0x3fce0000},
    .diram_iram = {0x40380000, 0x403e0000},
    .diram_dram = {0x3fc80000, 0x3fce0000},
    .rtc_iram = {0x50000000, 0x50002000},
    .rtc_dram = {0x50000000, 0x50002000},
    .rtc_slow = {0x50000000, 0x50002000},
    .dma = {0x3fc80000, 0x3fce0000},
    .drom = {0x3c000000, 0x3c800000},
    .irom = {0x42000000, 0x42800000},
    .rom = {0x40000000, 0x40060000},
};

static const struct ch_soc_ranges c5_ranges = {
    ONE_BUS(0x40800000, 0x40860000),
    ONE_FLASH(0x42000000, 0x44000000),
    ONE_RTC(0x50000000, 0x50004000),
    .dma_ext = {0x42000000, 0x44000000},
    .extram = {0x42000000, 0x44000000},
    .rom = {0x40000000, 0x40050000},
};

static const struct ch_soc_ranges c6_ranges = {
    ONE_BUS(0x40800000, 0x40880000),
    ONE_FLASH(0x42000000, 0x43000000),
    ONE_RTC(0x50000000, 0x50004000),
    .rom = {0x40000000, 0x40050000},
};

static const struct ch_soc_ranges c61_ranges = {
    ONE_BUS(0x40800000, 0x40850000),
    ONE_FLASH(0x42000000, 0x44000000),
    .dma_ext = {0x42000000, 0x44000000},
    .extram = {0x42000000, 0x44000000},
    .rom = {0x40000000, 0x40040000},
};

static const struct ch_soc_ranges h2_ranges = {
    ONE_BUS(0x40800000, 0x40850000),
    ONE_FLASH(0x42000000, 0x43000000),
    ONE_RTC(0x50000000, 0x50001000),
    .rom = {0x40000000, 0x40020000},
};

static const struct ch_soc_ranges h4_ranges = {
    ONE_BUS(0x40810000, 0x40860000),
    ONE_FLASH(0x42000000, 0x44000000),
    .dma_ext = {0x42000000, 0x44000000},
    .extram = {0x42000000, 0x44000000},
};

static const struct ch_soc_ranges p4_ranges = {
    ONE_BUS(0x4ff00000, 0x4ffc0000),
    ONE_FLASH(0x40000000, 0x44000000),
    ONE_RTC(0x50108000, 0x50110000),
    .tcm = {0x30100000, 0x30102000},
    .dma_ext = {0x48000000, 0x4c000000},
    .extram = {0x48000000, 0x4c000000},
    .rom = {0x4fc00000, 0x4fc20000},
};

static const struct ch_soc_ranges s31_ranges = {
    ONE_BUS(0x2f000000, 0x2f080000),
    ONE_RTC(0x2e000000, 0x2e008000),
    .dma_ext = {0x50000000, 0x54000000},
    .extram = {0x50000000, 0x54000000},
};

/* ---- chips --------------------------------------------------------------- */

#define SOC(text, largest, type, n_type, region, n_region, range)              \
 {                                                                             \
  .name = (text), .size_max = (largest), .types = (type), .n_types = (n_type), \
  .regions = (region), .n_regions = (unsigned)(n_region), .ranges = (range),   \
 }
/* Protected, and not: the types differ, and how many there are does not. */
#define CHIP(text, largest, type, n_type, region, range)                    \
 {                                                                          \
  SOC(text, largest, (type)[0], n_type, region, LENGTH(region), range),     \
      SOC(text, largest, (type)[1], n_type, region, LENGTH(region), range), \
 }

const struct ch_soc ch_socs[CH_CHIP_COUNT][2] = {
    [CH_CHIP_ESP32] =
        {
            SOC("esp32", 0x400000, esp32_types, LENGTH(esp32_types),
                esp32_regions, LENGTH(esp32_regions), &esp32_ranges),
            SOC("esp32", 0x400000, esp32_types, LENGTH(esp32_types),
                esp32_regions, LENGTH(esp32_regions), &esp32_ranges),
        },
    [CH_CHIP_S2] =
        CHIP("esp32s2", 0xa80000, s2_types, 3, s2_regions, &s2_ranges),
    [CH_CHIP_S3] =
        {
            SOC("esp32s3", 0x2000000, s3_types[0], S3_IRAM, s3_regions,
                LENGTH(s3_regions) - 1, &s3_ranges),
            SOC("esp32s3", 0x2000000, s3_types[1], S3_IRAM + 1, s3_regions,
                LENGTH(s3_regions), &s3_ranges),
        },
    [CH_CHIP_C2] =
        CHIP("esp32c2", 0x44000, c6_types, 1, c2_regions, &c2_ranges),
    [CH_CHIP_C3] =
        CHIP("esp32c3", 0x64000, c3_types, 3, c3_regions, &c3_ranges),
    [CH_CHIP_C5] =
        CHIP("esp32c5", 0x2000000, c6_types, 3, c5_regions, &c5_ranges),
    [CH_CHIP_C6] =
        CHIP("esp32c6", 0x80000, c6_types, 2, c6_regions, &c6_ranges),
    [CH_CHIP_C61] =
        CHIP("esp32c61", 0x2000000, c6_types, 1, c61_regions, &c61_ranges),
    [CH_CHIP_H2] =
        CHIP("esp32h2", 0x50000, c6_types, 2, h2_regions, &h2_ranges),
    [CH_CHIP_H21] =
        CHIP("esp32h21", 0x50000, c6_types, 2, h2_regions, &h2_ranges),
    [CH_CHIP_H4] =
        CHIP("esp32h4", 0x2000000, c6_types, 1, h4_regions, &h4_ranges),
    [CH_CHIP_P4] =
        CHIP("esp32p4", 0x4000000, p4_types, 5, p4_rev3_regions, &p4_ranges),
    [CH_CHIP_P4_REV1] =
        CHIP("esp32p4", 0x4000000, p4_types, 5, p4_rev1_regions, &p4_ranges),
    [CH_CHIP_S31] =
        CHIP("esp32s31", 0x4000000, c6_types, 3, s31_regions, &s31_ranges),
};
