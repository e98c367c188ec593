/* SPDX-License-Identifier: MIT */
/*
 * profile_table.c - the built-in profiles.
 *
 * A device's profile is what is left to the heap when a small program is on
 * the chip: pieces of the regions in profile_soc.c, from which the pieces
 * take their capabilities.
 *
 * Source: boot logs of real chips.
 */
#include "front/profile_table.h"

#include "base/arith.h"
#include "base/text.h"
#include "front/options_item.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* What ESP-IDF takes from the first heap for each region that it lists. */
#define BOOKKEEPING 32u

struct piece {
    const char *name;
    uint32_t start;
    uint32_t size;
};

#define PIECES_MAX 5u

/* A chip with a program on it, and the external memory that it may have. */
struct device {
    enum ch_chip chip;
    struct piece pieces[PIECES_MAX]; /* by address; ends with no name */
    struct ch_soc_range psram;       /* all zero: the chip takes none */
    uint32_t psram_size;             /* bytes, of the usual modules */
};

static const struct device devices[] = {
    {
        .chip = CH_CHIP_ESP32,
        .pieces =
            {
                {"dram0", 0x3ffae6e0, 0x1920},
                {"dram1", 0x3ffb2ec8, 0x2d138},
                {"diram0", 0x3ffe0440, 0x3ae0},
                {"diram1", 0x3ffe4350, 0x1bcb0},
                {"iram", 0x4008944c, 0x16bb4},
            },
        .psram = {0x3f800000, 0x3fc00000},
        .psram_size = 4 * CH_MIB,
    },
    {
        .chip = CH_CHIP_S2,
        .pieces =
            {
                {"rtc", 0x3ff9e000, 0x2000},
                {"ram0", 0x3ffbf898, 0x3c768},
                {"ram1", 0x3fffc000, 0x3a10},
            },
        .psram = {0x3f500000, 0x3ff80000},
        .psram_size = 2 * CH_MIB,
    },
    {
        .chip = CH_CHIP_S3,
        .pieces =
            {
                {"ram0", 0x3fca14a0, 0x48270},
                {"ram1", 0x3fce9710, 0x5724},
                {"dram", 0x3fcf0000, 0x8000},
                {"rtc", 0x600fe11c, 0x1ecc},
            },
        .psram = {0x3c000000, 0x3e000000},
        .psram_size = 8 * CH_MIB,
    },
    {
        .chip = CH_CHIP_C2,
        .pieces =
            {
                {"ram0", 0x3fcabcb0, 0x30ec0},
                {"ram1", 0x3fcdcb70, 0x28bc},
            },
    },
    {
        .chip = CH_CHIP_C3,
        .pieces =
            {
                {"ram", 0x3fc8be70, 0x34190},
                {"retention0", 0x3fcc0000, 0x1c710},
                {"retention1", 0x3fcdc710, 0x294c},
                {"rtc", 0x50000024, 0x1fc4},
            },
    },
    {
        .chip = CH_CHIP_C5,
        .pieces =
            {
                {"ram0", 0x4080fcb0, 0x4c8f0},
                {"ram1", 0x4085c5a0, 0x2f58},
                {"rtc", 0x50000000, 0x3fe8},
            },
        .psram = {0x42000000, 0x44000000},
        .psram_size = 4 * CH_MIB,
    },
    {
        .chip = CH_CHIP_C6,
        .pieces =
            {
                {"ram0", 0x4080b9e0, 0x70c30},
                {"ram1", 0x4087c610, 0x2f54},
                {"rtc", 0x50000010, 0x3ff0},
            },
    },
    {
        .chip = CH_CHIP_C61,
        .pieces =
            {
                {"ram0", 0x40809890, 0x42de0},
                {"ram1", 0x4084c670, 0x2f60},
            },
        .psram = {0x42000000, 0x44000000},
        .psram_size = 2 * CH_MIB,
    },
    {
        .chip = CH_CHIP_H2,
        .pieces =
            {
                {"ram0", 0x4080b010, 0x42370},
                {"ram1", 0x4084d380, 0x2b60},
            },
    },
    {
        .chip = CH_CHIP_H21,
        .pieces =
            {
                {"ram0", 0x40809f70, 0x43410},
                {"ram1", 0x4084d380, 0x2b60},
            },
    },
    {
        .chip = CH_CHIP_H4,
        .pieces =
            {
                {"ram0", 0x4081be20, 0x3f530},
                {"ram1", 0x4085b350, 0x4b58},
            },
        .psram = {0x42000000, 0x44000000},
        .psram_size = 2 * CH_MIB,
    },
    {
        .chip = CH_CHIP_P4,
        .pieces =
            {
                {"spm", 0x30100044, 0x1fbc},
                {"retention", 0x4ff33b20, 0x874a0},
                {"ram", 0x4ffbafc0, 0x4bf0},
                {"rtc", 0x50108000, 0x7fe8},
            },
        .psram = {0x48000000, 0x4c000000},
        .psram_size = 32 * CH_MIB,
    },
    {
        .chip = CH_CHIP_P4_REV1,
        .pieces =
            {
                {"spm", 0x30100044, 0x1fbc},
                {"retention", 0x4ff0ecd0, 0x2c2f0},
                {"ram0", 0x4ff3afc0, 0x4be4},
                {"ram1", 0x4ff40000, 0x60000},
                {"rtc", 0x50108000, 0x7fe8},
            },
        .psram = {0x48000000, 0x4c000000},
        .psram_size = 32 * CH_MIB,
    },
    {
        .chip = CH_CHIP_S31,
        .pieces =
            {
                {"rtc", 0x2e000000, 0x7fe8},
                {"ram0", 0x2f00da20, 0x6d590},
                {"ram1", 0x2f07afb0, 0x41c0},
            },
        .psram = {0x50000000, 0x54000000},
        .psram_size = 16 * CH_MIB,
    },
};

/* Indices into `devices`, which has the order of enum ch_chip. */
const struct ch_profile_row ch_profile_rows[] = {
    {"host", "this machine: a region for each kind of memory, which grows", -1,
        false},
    {"esp32", "ESP32, the five regions of ESP-IDF's manual", CH_CHIP_ESP32,
        false},
    {"esp32-psram", "ESP32 with 4 MiB of external memory", CH_CHIP_ESP32, true},
    {"esp32s2", "ESP32-S2", CH_CHIP_S2, false},
    {"esp32s2-psram", "ESP32-S2 with 2 MiB of external memory", CH_CHIP_S2,
        true},
    {"esp32s3", "ESP32-S3", CH_CHIP_S3, false},
    {"esp32s3-psram", "ESP32-S3 with 8 MiB of external memory", CH_CHIP_S3,
        true},
    {"esp32c2", "ESP32-C2 (ESP8684)", CH_CHIP_C2, false},
    {"esp32c3", "ESP32-C3", CH_CHIP_C3, false},
    {"esp32c5", "ESP32-C5", CH_CHIP_C5, false},
    {"esp32c5-psram", "ESP32-C5 with 4 MiB of external memory", CH_CHIP_C5,
        true},
    {"esp32c6", "ESP32-C6", CH_CHIP_C6, false},
    {"esp32c61", "ESP32-C61", CH_CHIP_C61, false},
    {"esp32c61-psram", "ESP32-C61 with 2 MiB of external memory", CH_CHIP_C61,
        true},
    {"esp32h2", "ESP32-H2", CH_CHIP_H2, false},
    {"esp32h21", "ESP32-H21", CH_CHIP_H21, false},
    {"esp32h4", "ESP32-H4", CH_CHIP_H4, false},
    {"esp32h4-psram", "ESP32-H4 with 2 MiB of external memory", CH_CHIP_H4,
        true},
    {"esp32p4", "ESP32-P4, from revision 3 on", CH_CHIP_P4, false},
    {"esp32p4-psram",
        "ESP32-P4 from revision 3 on, with 32 MiB of external "
        "memory",
        CH_CHIP_P4, true},
    {"esp32p4-rev1", "ESP32-P4, revisions before 3", CH_CHIP_P4_REV1, false},
    {"esp32p4-rev1-psram",
        "ESP32-P4 before revision 3, with 32 MiB of external memory",
        CH_CHIP_P4_REV1, true},
    {"esp32s31", "ESP32-S31", CH_CHIP_S31, false},
    {"esp32s31-psram", "ESP32-S31 with 16 MiB of external memory", CH_CHIP_S31,
        true},
};

const unsigned ch_profile_row_count = LENGTH(ch_profile_rows);

_Static_assert(LENGTH(devices) == CH_CHIP_COUNT, "a device for each chip");
_Static_assert(
    PIECES_MAX + 1 <= CH_PROFILE_REGIONS_MAX, "a device's pieces and PSRAM");

/* ---- regions ------------------------------------------------------------- */

static void
copy_name(char *to, const char *from)
{
    struct ch_text t;

    ch_text_init(&t, to, CH_PROFILE_NAME_MAX);
    ch_text_str(&t, from);
}

/* A new region, all else zero: elastic, anonymous, of the fixed engine. */
static struct ch_profile_region *
add_region(struct ch_profile *profile, const char *name, const char *label,
    const uint32_t *caps)
{
    struct ch_profile_region *region = &profile->regions[profile->n_regions++];

    *region = (struct ch_profile_region){.name = ""};
    copy_name(region->name, name);
    copy_name(region->label, label);
    for (unsigned i = 0; i < CH_CAPS_PRIOS; i++) {
        region->caps[i] = caps[i];
    }
    if ((ch_profile_region_caps(region) & CH_CAP_EXEC) != 0) {
        region->backing = CH_MAPPING_EXEC;
    }
    return region;
}

uint32_t
ch_profile_region_caps(const struct ch_profile_region *region)
{
    uint32_t caps = 0;

    for (unsigned i = 0; i < CH_CAPS_PRIOS; i++) {
        caps |= region->caps[i];
    }
    return caps;
}

/* The region of the chip that has the address; every piece lies in one. */
static const struct ch_soc_region *
find_soc_region(const struct ch_soc *soc, uint64_t address)
{
    const struct ch_soc_region *region = soc->regions;

    while (address - region->start >= region->size) {
        region++;
    }
    return region;
}

/*
 * Where instructions see the piece, or 0.  Inverted memory runs against the
 * data's addresses, so the end of the data is where the alias begins.
 */
static uint64_t
alias_of(const struct ch_soc *soc, const struct ch_soc_region *region,
    const struct piece *piece)
{
    const struct ch_soc_ranges *ranges = soc->ranges;

    if (region->iram == 0 || region->iram == region->start) {
        return 0;
    }
    if (ranges->is_diram_inverted) {
        return ranges->diram_iram.start
               + (ranges->diram_dram.end - piece->start - piece->size);
    }
    return region->iram + (piece->start - region->start);
}

static void
add_piece(struct ch_profile *profile, const struct piece *piece)
{
    const struct ch_soc *soc = profile->soc;
    const struct ch_soc_region *from = find_soc_region(soc, piece->start);
    const struct ch_soc_type *type = &soc->types[from->type];
    struct ch_profile_region *region =
        add_region(profile, piece->name, type->name, type->caps);

    region->start = piece->start;
    region->size = piece->size;
    region->is_startup_stack = from->is_startup_stack;
    region->alias = alias_of(soc, from, piece);
    if (region->alias != 0) {
        region->is_alias_inverted = soc->ranges->is_diram_inverted;
        region->backing = CH_MAPPING_ANON;
    }
}

/* ---- profiles ------------------------------------------------------------ */

/* What the regions of the host do besides what they are for. */
#define ANY_BYTES                                           \
 (CH_CAP_DEFAULT | CH_CAP_8BIT | CH_CAP_32BIT | CH_CAP_SIMD \
     | CH_CAP_CACHE_ALIGNED)
#define ANY_PID                                                       \
 (CH_CAP_PID2 | CH_CAP_PID3 | CH_CAP_PID4 | CH_CAP_PID5 | CH_CAP_PID6 \
     | CH_CAP_PID7)
#define ANY_KIND     (ANY_PID | CH_CAP_RETENTION | CH_CAP_SPM)
#define ANY_INTERNAL (ANY_BYTES | ANY_KIND | CH_CAP_INTERNAL)

static void
fill_host(struct ch_profile *profile)
{
    static const uint32_t dram[CH_CAPS_PRIOS] = {
        ANY_BYTES | CH_CAP_INTERNAL, ANY_KIND | CH_CAP_IRAM_8BIT, 0};
    static const uint32_t exec[CH_CAPS_PRIOS] = {
        CH_CAP_EXEC, 0, CH_CAP_32BIT | CH_CAP_INTERNAL | CH_CAP_IRAM_8BIT};
    static const uint32_t dma[CH_CAPS_PRIOS] = {
        CH_CAP_DMA | CH_CAP_DMA_DESC_AHB | CH_CAP_DMA_DESC_AXI, 0,
        ANY_INTERNAL};
    static const uint32_t psram[CH_CAPS_PRIOS] = {
        CH_CAP_SPIRAM | CH_CAP_SPIRAM_NO_ENC, 0, ANY_BYTES | ANY_PID};
    static const uint32_t rtc[CH_CAPS_PRIOS] = {CH_CAP_RTCRAM, 0, ANY_INTERNAL};

    profile->is_device = false;
    add_region(profile, "dram", "DRAM", dram)->engine = CH_ENGINE_SLAB;
    add_region(profile, "exec", "IRAM", exec);
    add_region(profile, "dma", "DMA", dma)->backing = CH_MAPPING_LOCK;
    add_region(profile, "psram", "SPIRAM", psram);
    add_region(profile, "rtc", "RTCRAM", rtc);
}

void
ch_profile_add_psram(struct ch_profile *profile, uint64_t size)
{
    /* The unit that works on wide words does so in all of a chip's memory. */
    uint32_t simd = profile->soc->types[0].caps[0] & CH_CAP_SIMD;
    const uint32_t caps[CH_CAPS_PRIOS] = {
        CH_CAP_SPIRAM | CH_CAP_DEFAULT, 0, CH_CAP_8BIT | CH_CAP_32BIT | simd};
    struct ch_profile_region *region =
        add_region(profile, "psram", "SPIRAM", caps);

    region->start = profile->psram.start;
    region->size = size;
    region->is_added = true;
}

static void
fill_device(struct ch_profile *profile, const struct ch_profile_row *row,
    bool memprot_off)
{
    const struct device *device = &devices[row->device];

    profile->bookkeeping = BOOKKEEPING;
    profile->soc = &ch_socs[device->chip][memprot_off];
    profile->size_max = profile->soc->size_max;
    profile->psram = device->psram;
    for (unsigned i = 0; i < PIECES_MAX && device->pieces[i].name != NULL;
         i++) {
        add_piece(profile, &device->pieces[i]);
    }
    if (row->has_psram) {
        ch_profile_add_psram(profile, device->psram_size);
    }
}

void
ch_profile_clear(struct ch_profile *profile)
{
    /* Regions are cleared as they are added: the array is many pages. */
    profile->name[0] = profile->base[0] = '\0';
    profile->is_device = true;
    profile->size_max = SIZE_MAX;
    profile->bookkeeping = 0;
    profile->soc = NULL;
    profile->psram = (struct ch_soc_range){0};
    profile->n_regions = 0;
}

void
ch_profile_fill(struct ch_profile *profile, const struct ch_profile_row *row,
    bool memprot_off)
{
    ch_profile_clear(profile);
    copy_name(profile->name, row->name);
    copy_name(profile->base, row->name);
    if (row->device < 0) {
        fill_host(profile);
    } else {
        fill_device(profile, row, memprot_off);
    }
}

const struct ch_profile_row *
ch_profile_row_find(const char *s, size_t n)
{
    for (unsigned i = 0; i < ch_profile_row_count; i++) {
        if (ch_str_eq_n(s, n, ch_profile_rows[i].name)) {
            return &ch_profile_rows[i];
        }
    }
    return NULL;
}

bool
ch_profile_is_built_in(const char *s, size_t n)
{
    return ch_profile_row_find(s, n) != NULL;
}

const char *
ch_profile_nearest(const char *s, size_t n)
{
    const char *nearest = NULL;
    unsigned best = CH_OPTION_NEAR;

    for (unsigned i = 0; i < ch_profile_row_count; i++) {
        if (ch_option_is_nearer((struct ch_option_span){s, n},
                ch_profile_rows[i].name, &best)) {
            nearest = ch_profile_rows[i].name;
        }
    }
    return nearest;
}
