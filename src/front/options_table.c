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
/* The largest window that a chip has for external memory. */
#define PSRAM_CEILING ((uint64_t)64 << 20)

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
    .accounting = CH_OPTION_ACCOUNTING_AUTO,
    .min_align = 4,
    .poisoning = CH_OPTION_POISONING_NONE,
    .malloc_from = CH_OPTION_MALLOC_AUTO,
    .esp_idf = 4,
    .psram = CH_OPTION_AUTO,
    .programs = "",
};

/* In the order of enum ch_option_thp. */
static const char *const thp_choices[] = {"auto", "never", "always", NULL};
/* In the order of false and true. */
static const char *const foreign_choices[] = {"abort", "ignore", NULL};
static const char *const switch_choices[] = {"0", "1", NULL};
static const char *const startup_choices[] = {"late", "early", NULL};
static const char *const memprot_choices[] = {"on", "off", NULL};
static const char *const wx_choices[] = {"both", "split", NULL};
/* In the order of the enums of options.h. */
static const char *const accounting_choices[] = {
    "auto", "host", "device", NULL};
static const char *const poisoning_choices[] = {
    "none", "light", "comprehensive", NULL};
static const char *const malloc_choices[] = {"auto", "device", "host", NULL};
/* Numbers, kept as such. */
static const char *const min_align_choices[] = {"4", "8", "16", NULL};
static const char *const esp_idf_choices[] = {"4", "5", "6", NULL};

_Static_assert(CH_OPTION_THP_AUTO == 0 && CH_OPTION_THP_NEVER == 1
                   && CH_OPTION_THP_ALWAYS == 2,
    "thp_choices has the order of enum ch_option_thp");
_Static_assert(CH_OPTION_ACCOUNTING_AUTO == 0 && CH_OPTION_ACCOUNTING_HOST == 1
                   && CH_OPTION_ACCOUNTING_DEVICE == 2,
    "accounting_choices has the order of enum ch_option_accounting");
_Static_assert(CH_OPTION_POISONING_NONE == 0 && CH_OPTION_POISONING_LIGHT == 1
                   && CH_OPTION_POISONING_COMPREHENSIVE == 2,
    "poisoning_choices has the order of enum ch_option_poisoning");
_Static_assert(CH_OPTION_MALLOC_AUTO == 0 && CH_OPTION_MALLOC_DEVICE == 1
                   && CH_OPTION_MALLOC_HOST == 2,
    "malloc_choices has the order of enum ch_option_malloc");

const struct ch_option_row ch_option_rows[CH_OPTION_COUNT] = {
    [CH_OPTION_PROFILE] =
        {
            .name = "profile",
            .type = CH_OPTION_TYPE_PROFILE,
            .is_scoped = true,
            .offset = OFFSET(profile),
            .syntax = "NAME|FILE",
            .help = "The set of memory regions that the program sees: one that "
                    "'capheap profiles' lists, or a file (capheap-profiles(5)) "
                    "with a / in its path. host: this machine, each region "
                    "grows as the system lets it.",
        },
    [CH_OPTION_PSRAM] =
        {
            .name = "psram",
            .type = CH_OPTION_TYPE_SIZE,
            .is_scoped = true,
            .offset = OFFSET(psram),
            .min = 0,
            .max = PSRAM_CEILING,
            .word = "auto",
            .word_value = CH_OPTION_AUTO,
            .syntax = "SIZE|auto",
            .help = "External memory of a device profile whose chip can have "
                    "it; 0 is none. auto: as the profile has it.",
        },
    [CH_OPTION_MALLOC] =
        {
            .name = "malloc",
            .type = CH_OPTION_TYPE_CHOICE,
            .is_scoped = true,
            .offset = OFFSET(malloc_from),
            .choices = malloc_choices,
            .syntax = "auto|device|host",
            .help = "Where plain malloc takes memory from under a device "
                    "profile: from the device's regions, or from the host. "
                    "auto: the device's if the program is linked with the "
                    "library, else the host's.",
        },
    [CH_OPTION_ACCOUNTING] =
        {
            .name = "accounting",
            .type = CH_OPTION_TYPE_CHOICE,
            .is_scoped = true,
            .offset = OFFSET(accounting),
            .choices = accounting_choices,
            .syntax = "auto|host|device",
            .help = "How regions of a fixed size are accounted: exactly, or as "
                    "the heap on the chip does it, so that sizes, figures and "
                    "failures are the device's. auto: as the profile has it.",
        },
    [CH_OPTION_MIN_ALIGN] =
        {
            .name = "min_align",
            .type = CH_OPTION_TYPE_NUMBER,
            .is_scoped = true,
            .offset = OFFSET(min_align),
            .choices = min_align_choices,
            .syntax = "4|8|16",
            .help = "Least alignment in bytes under device accounting. 4 is "
                    "the chip's; with more of it the figures differ from the "
                    "chip's.",
        },
    [CH_OPTION_STARTUP] =
        {
            .name = "startup",
            .type = CH_OPTION_TYPE_FLAG,
            .is_scoped = true,
            .offset = OFFSET(startup_early),
            .choices = startup_choices,
            .syntax = "late|early",
            .help = "Whether the regions of a device's startup stacks serve "
                    "from the start, as a program's main() finds them, or only "
                    "after heap_caps_enable_nonos_stack_heaps().",
        },
    [CH_OPTION_MEMPROT] =
        {
            .name = "memprot",
            .type = CH_OPTION_TYPE_FLAG,
            .is_scoped = true,
            .offset = OFFSET(memprot_off),
            .choices = memprot_choices,
            .syntax = "on|off",
            .help = "Memory protection of a device's chip. off: its regions "
                    "have EXEC too. The ESP32 has none and is not affected.",
        },
    [CH_OPTION_ESP_IDF] =
        {
            .name = "esp_idf",
            .type = CH_OPTION_TYPE_NUMBER,
            .is_scoped = true,
            .offset = OFFSET(esp_idf),
            .choices = esp_idf_choices,
            .syntax = "4|5|6",
            .help = "The release of ESP-IDF that heap_caps follows where "
                    "releases differ (capheap-esp-idf(7)).",
        },
    [CH_OPTION_POISONING] =
        {
            .name = "poisoning",
            .type = CH_OPTION_TYPE_CHOICE,
            .is_scoped = true,
            .offset = OFFSET(poisoning),
            .choices = poisoning_choices,
            .syntax = "none|light|comprehensive",
            .help =
                "Marks round each block, plain malloc's included, which "
                "show when a program wrote beyond it. comprehensive: what is free or "
                "new is filled too, and checked.",
        },
    [CH_OPTION_EXACT] =
        {
            .name = "exact",
            .type = CH_OPTION_TYPE_FLAG,
            .is_scoped = true,
            .offset = OFFSET(exact),
            .choices = switch_choices,
            .syntax = "0|1",
            .help = "1: blocks that threads keep for themselves do not blur "
                    "the figures of regions that grow; costs time.",
        },
    [CH_OPTION_EXPLAIN] =
        {
            .name = "explain",
            .type = CH_OPTION_TYPE_FLAG,
            .is_scoped = true,
            .offset = OFFSET(explain),
            .choices = switch_choices,
            .syntax = "0|1",
            .help = "1: a line for each allocation that fails, with every "
                    "region that could have served it and why it did not.",
        },
    [CH_OPTION_ABORT_ON_FAIL] =
        {
            .name = "abort_on_fail",
            .type = CH_OPTION_TYPE_FLAG,
            .is_scoped = true,
            .offset = OFFSET(abort_on_fail),
            .choices = switch_choices,
            .syntax = "0|1",
            .help = "1: a failing heap_caps allocation ends the program, as "
                    "CONFIG_HEAP_ABORT_WHEN_ALLOCATION_FAILS does.",
        },
    [CH_OPTION_TASK_TRACKING] =
        {
            .name = "task_tracking",
            .type = CH_OPTION_TYPE_FLAG,
            .is_scoped = true,
            .offset = OFFSET(task_tracking),
            .choices = switch_choices,
            .syntax = "0|1",
            .help = "Which thread has which block is remembered from the "
                    "start on, for the functions of esp_heap_task_info.h. 0: "
                    "from the first call of one of them on.",
        },
    [CH_OPTION_WX] =
        {
            .name = "wx",
            .type = CH_OPTION_TYPE_FLAG,
            .offset = OFFSET(wx_split),
            .choices = wx_choices,
            .syntax = "both|split",
            .help = "Executable memory: writable and executable at one "
                    "address, or split into two views, for systems that refuse "
                    "both at once.",
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
                    "also that it is active, and the boot log of a device; 2 "
                    "also the first request that is refused for want of "
                    "memory.",
        },
    [CH_OPTION_PROGRAMS] =
        {
            .name = "programs",
            .type = CH_OPTION_TYPE_PROGRAMS,
            .offset = OFFSET(programs),
            .syntax = "NAME[:NAME...]",
            .help =
                "Only programs of these names get profile and the options "
                "about its regions, limit, stats, verbose and warnings about "
                "options. Empty is all.",
        },
};
