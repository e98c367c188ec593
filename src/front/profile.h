/* SPDX-License-Identifier: MIT */
/*
 * profile.h - a named set of regions: data, not code.
 *
 * Built-in profiles are rows of tables (profile_table.c); a user's own is an
 * INI file (profile_ini.c).  ch_profile_load() makes one of either, with the
 * options applied.  Nothing here maps memory.
 */
#ifndef CH_FRONT_PROFILE_H
#define CH_FRONT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "front/caps.h"
#include "front/options.h"
#include "region/mapping.h"

#define CH_PROFILE_REGIONS_MAX 32u
#define CH_PROFILE_NAME_MAX    24u
/* Starts and sizes of fixed regions are multiples of it, in bytes. */
#define CH_PROFILE_UNIT 4u

enum ch_region_engine {
    CH_ENGINE_TLSF, /* the fixed engine; grows if the region is elastic */
    CH_ENGINE_SLAB, /* the heap behind plain malloc; one region at most */
};

/* What to do when the system refuses a region's backing. */
enum ch_region_refusal {
    CH_REFUSAL_FALLBACK, /* plain memory instead, said once */
    CH_REFUSAL_FAIL,     /* allocations there fail, said once */
};

struct ch_profile_region {
    char name[CH_PROFILE_NAME_MAX];  /* unique within the profile */
    char label[CH_PROFILE_NAME_MAX]; /* what the boot log calls its type */
    uint32_t caps[CH_CAPS_PRIOS];
    uint64_t start; /* address on the device; 0: where the system likes */
    uint64_t size;  /* bytes; 0: elastic */
    uint64_t limit; /* bytes that an elastic one grows to; 0: none of its
                       own */
    /* Where instructions see it: the lowest address, 0: nowhere else. */
    uint64_t alias;
    bool is_alias_inverted; /* word by word from the end, as on the ESP32 */
    bool is_startup_stack;  /* not a heap before the startup stacks are over */
    bool is_added;          /* at the head of the list, as one added later */
    enum ch_region_engine engine;
    enum ch_mapping_kind backing;
    enum ch_region_refusal refusal;
    char path[CH_OPTION_PATH_MAX]; /* of a file backing */
};

/* A type of memory of a chip, and where memory of it lies. */
struct ch_soc_type {
    const char *name;
    uint32_t caps[CH_CAPS_PRIOS];
};

struct ch_soc_region {
    uint64_t start;
    uint64_t size;
    unsigned type; /* index of a type */
    uint64_t iram; /* instruction address of the start, 0: none */
    bool is_startup_stack;
};

/* Half-open ranges; all zero: the chip has none. */
struct ch_soc_range {
    uint64_t start;
    uint64_t end;
};

/* The address ranges of esp_memory_utils.h. */
struct ch_soc_ranges {
    struct ch_soc_range iram, dram, diram_iram, diram_dram, rtc_iram, rtc_dram,
        rtc_slow, tcm, dma, dma_ext, extram, drom, irom, rom;
    bool is_diram_inverted;
};

/* What a chip's memory layout says; const, built in. */
struct ch_soc {
    const char *name; /* "esp32" */
    size_t size_max;  /* the largest request in bytes */
    const struct ch_soc_type *types;
    unsigned n_types;
    const struct ch_soc_region *regions;
    unsigned n_regions;
    const struct ch_soc_ranges *ranges;
};

struct ch_profile {
    char name[CH_PROFILE_NAME_MAX];
    char base[CH_PROFILE_NAME_MAX]; /* the built-in one it began as; "": none */
    bool is_device;     /* accounts as one unless the options say otherwise */
    size_t size_max;    /* bytes of the largest request; SIZE_MAX: any */
    size_t bookkeeping; /* bytes for each region that the first heap pays for
                           its list of regions; 0: none */
    const struct ch_soc *soc; /* NULL: no chip that is built in */
    /* Where the chip sees external memory; all zero: it has no room for it. */
    struct ch_soc_range psram;
    unsigned n_regions;
    /* Elastic ones, then fixed ones by address; added ones last. */
    struct ch_profile_region regions[CH_PROFILE_REGIONS_MAX];
};

/* A built-in profile, for lists. */
struct ch_profile_row {
    const char *name;
    const char *help; /* one line */
    int device;       /* index into the tables of chips; -1: no chip */
    bool has_psram;
};

extern const struct ch_profile_row ch_profile_rows[];
extern const unsigned ch_profile_row_count;

bool ch_profile_is_built_in(const char *s, size_t n);
/* True for the path of a file, not the name of a built-in profile. */
bool ch_profile_is_path(const char *s, size_t n);
/* The name of a built-in profile that the n bytes may have been meant for;
   NULL: none is near. */
const char *ch_profile_nearest(const char *s, size_t n);

/* All that the region can do, at any priority. */
uint32_t ch_profile_region_caps(const struct ch_profile_region *region);

/* Reads "anon", "huge", ..., or "file:PATH" with a path that begins with / into
   the region; false when the n bytes are none of them. */
CH_NODISCARD bool ch_profile_backing_set(
    struct ch_profile_region *region, const char *s, size_t n);
/* Appends the backing in the form that ch_profile_backing_set() takes. */
void ch_profile_backing_print(
    struct ch_text *t, const struct ch_profile_region *region);
/* Appends what a backing must be. */
void ch_profile_backing_print_wants(struct ch_text *t);

/*
 * Fills `profile` from options->profile, a name or a path (a word with a '/'),
 * with options->psram, memprot_off, and the limits and backings of regions
 * applied.  0, or -errno when there is no such profile or its file has a
 * problem, and then the profile is `host` as it is built in.  An option that
 * the profile cannot take is left out.  Each problem is a line without its
 * end, given to `say`: "capheap: FILE:LINE:COLUMN: ..."; NULL: nobody hears.
 *
 * Allocates nothing; `work`, of CH_OPTION_FILE_MAX + 1 bytes, holds the file
 * meanwhile.
 */
CH_NODISCARD int ch_profile_load(struct ch_profile *profile,
    const struct ch_options *options, char *work,
    void (*say)(void *ctx, struct ch_text *line), void *ctx);

#endif
