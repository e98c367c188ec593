/* SPDX-License-Identifier: MIT */
/*
 * options_table.c - every option in one table, and its default.
 *
 * To add an option: a field in struct ch_options, its default here, a row
 * here, and man/man5/capheap.conf.5.
 */
#include "front/options.h"

/* More than a process can have; a limit above it is a slip of the pen. */
#define SIZE_CEILING \
 (sizeof(size_t) > 4 ? (uint64_t)1 << 47 : (uint64_t)1 << 31)
#define HOUR_MS 3600000u

#define OFFSET(field) offsetof(struct ch_options, field)

const struct ch_options ch_options_default = {
    .limit = CH_OPTION_NO_LIMIT,
    .purge_delay_ms = 500,
    .dirty_max = CH_OPTION_AUTO,
    .thp = CH_OPTION_THP_AUTO,
    .arenas = 1,
    .stats_at_exit = false,
    .stats_file = "",
    .verbose = 0,
    .foreign_ignore = false,
    .profile = "host",
    .programs = "",
};

/* In the order of enum ch_option_thp. */
static const char *const thp_choices[] = {"auto", "never", "always", NULL};
/* In the order of false and true. */
static const char *const foreign_choices[] = {"abort", "ignore", NULL};
static const char *const profile_choices[] = {"host", NULL};

_Static_assert(CH_OPTION_THP_AUTO == 0 && CH_OPTION_THP_NEVER == 1
                   && CH_OPTION_THP_ALWAYS == 2,
    "thp_choices has the order of enum ch_option_thp");

const struct ch_option_row ch_option_rows[CH_OPTION_COUNT] = {
    [CH_OPTION_PROFILE] =
        {
            .name = "profile",
            .type = CH_OPTION_TYPE_PROFILE,
            .is_scoped = true,
            .offset = OFFSET(profile),
            .choices = profile_choices,
            .syntax = "NAME",
            .help =
                "The set of memory regions that the program sees. host: one "
                "region that grows as the system lets it.",
        },
    [CH_OPTION_LIMIT] =
        {
            .name = "limit",
            .type = CH_OPTION_TYPE_SIZE,
            .is_scoped = true,
            .offset = OFFSET(limit),
            .min = (uint64_t)1 << 20,
            .max = SIZE_CEILING,
            .word = "none",
            .word_value = CH_OPTION_NO_LIMIT,
            .syntax = "SIZE|none",
            .help = "Memory that the heap may take from the system; what would "
                    "go beyond it fails with ENOMEM. 0 is none.",
        },
    [CH_OPTION_STATS] =
        {
            .name = "stats",
            .type = CH_OPTION_TYPE_STATS,
            .is_scoped = true,
            .offset = OFFSET(stats_at_exit),
            .syntax = "exit[:FILE]|off",
            .help =
                "A report when the program ends, on stderr or in a new FILE.",
        },
    [CH_OPTION_PURGE_DELAY] =
        {
            .name = "purge_delay",
            .type = CH_OPTION_TYPE_MS,
            .offset = OFFSET(purge_delay_ms),
            .min = 0,
            .max = HOUR_MS,
            .word = "never",
            .word_value = CH_OPTION_NEVER,
            .syntax = "MS|never",
            .help = "Milliseconds after which unused memory goes back to the "
                    "system. 0 is at once.",
        },
    [CH_OPTION_DIRTY_MAX] =
        {
            .name = "dirty_max",
            .type = CH_OPTION_TYPE_SIZE,
            .offset = OFFSET(dirty_max),
            .min = 0,
            .max = SIZE_CEILING,
            .word = "auto",
            .word_value = CH_OPTION_AUTO,
            .syntax = "SIZE|auto",
            .help = "Unused memory that is kept at most, however young it is. "
                    "auto: in proportion to what is in use.",
        },
    [CH_OPTION_THP] =
        {
            .name = "thp",
            .type = CH_OPTION_TYPE_CHOICE,
            .offset = OFFSET(thp),
            .choices = thp_choices,
            .syntax = "auto|never|always",
            .help = "Transparent huge pages. auto: as the system is set up.",
        },
    [CH_OPTION_ARENAS] =
        {
            .name = "arenas",
            .type = CH_OPTION_TYPE_COUNT,
            .offset = OFFSET(arenas),
            .min = 1,
            .max = 16,
            .syntax = "N",
            .help =
                "Arenas that the threads are spread over. More of them cost "
                "memory and spare waiting.",
        },
    [CH_OPTION_FOREIGN] =
        {
            .name = "foreign",
            .type = CH_OPTION_TYPE_FLAG,
            .offset = OFFSET(foreign_ignore),
            .choices = foreign_choices,
            .syntax = "abort|ignore",
            .help = "What free() does with a pointer that is no block of this "
                    "heap.",
        },
    [CH_OPTION_VERBOSE] =
        {
            .name = "verbose",
            .type = CH_OPTION_TYPE_COUNT,
            .is_scoped = true,
            .offset = OFFSET(verbose),
            .min = 0,
            .max = 2,
            .syntax = "0..2",
            .help = "How much the library tells on stderr: 0 errors only; 1 "
                    "also that it is active; 2 also the first request that "
                    "is refused for want of memory.",
        },
    [CH_OPTION_PROGRAMS] =
        {
            .name = "programs",
            .type = CH_OPTION_TYPE_PROGRAMS,
            .offset = OFFSET(programs),
            .syntax = "NAME[:NAME...]",
            .help = "Only programs of these names get profile, limit, stats, "
                    "verbose and warnings about options. Empty is all.",
        },
};
