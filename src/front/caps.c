/* SPDX-License-Identifier: MIT */
/*
 * caps.c - capabilities by name.
 */
#include "front/caps.h"

#include <stdbool.h>

#include "base/text.h"
#include "front/options_item.h"

#define CAP_BITS 32u

/* By bit number; no name: nobody has given the bit a meaning. */
static const char *const names[CAP_BITS] = {
    [0] = "EXEC",
    [1] = "32BIT",
    [2] = "8BIT",
    [3] = "DMA",
    [4] = "PID2",
    [5] = "PID3",
    [6] = "PID4",
    [7] = "PID5",
    [8] = "PID6",
    [9] = "PID7",
    [10] = "SPIRAM",
    [11] = "INTERNAL",
    [12] = "DEFAULT",
    [13] = "IRAM_8BIT",
    [14] = "RETENTION",
    [15] = "RTCRAM",
    [16] = "SPM",
    [17] = "DMA_DESC_AHB",
    [18] = "DMA_DESC_AXI",
    [19] = "CACHE_ALIGNED",
    [20] = "SIMD",
    [21] = "SPIRAM_NO_ENC",
    [31] = "INVALID",
};

/* What SPM was called before. */
static const char name_tcm[] = "TCM";
/* Firmware writes the names with it. */
static const char prefix[] = "MALLOC_CAP_";

static char
upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* True when the n bytes begin with `name`, in either case. */
static bool
begins_with(const char *s, size_t n, const char *name)
{
    size_t i = 0;

    while (i < n && name[i] != '\0' && upper(s[i]) == name[i]) {
        i++;
    }
    return name[i] == '\0';
}

static bool
is_name(const char *s, size_t n, const char *name)
{
    return n == ch_str_len(name) && begins_with(s, n, name);
}

uint32_t
ch_cap_find(const char *s, size_t n)
{
    if (begins_with(s, n, prefix)) {
        s += sizeof prefix - 1;
        n -= sizeof prefix - 1;
    }
    for (unsigned bit = 0; bit < CAP_BITS; bit++) {
        if (names[bit] != NULL && is_name(s, n, names[bit])) {
            return UINT32_C(1) << bit;
        }
    }
    return is_name(s, n, name_tcm) ? CH_CAP_SPM : 0;
}

const char *
ch_cap_nearest(const char *s, size_t n)
{
    char text[CH_CAP_NAME_MAX];
    const char *nearest = NULL;
    unsigned best = CH_OPTION_NEAR;

    if (n > sizeof text) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        text[i] = upper(s[i]);
    }
    for (unsigned bit = 0; bit < CAP_BITS; bit++) {
        if (names[bit] != NULL
            && ch_option_is_nearer(
                (struct ch_option_span){text, n}, names[bit], &best)) {
            nearest = names[bit];
        }
    }
    return nearest;
}

const char *
ch_cap_name(unsigned bit)
{
    return bit < CAP_BITS ? names[bit] : NULL;
}

void
ch_caps_print(struct ch_text *t, uint32_t caps)
{
    const char *between = "";

    if (caps == 0) {
        ch_text_char(t, '0');
    }
    for (unsigned bit = 0; bit < CAP_BITS; bit++) {
        uint32_t cap = UINT32_C(1) << bit;

        if ((caps & cap) == 0 || names[bit] == NULL) {
            continue;
        }
        ch_text_str(t, between);
        ch_text_str(t, names[bit]);
        between = "|";
        caps &= ~cap;
    }
    if (caps != 0) {
        ch_text_str(t, between);
        ch_text_hex(t, caps);
    }
}
