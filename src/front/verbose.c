/* SPDX-License-Identifier: MIT */
/*
 * verbose.c - one line at the start, one at the first refusal.
 */
#include "front/verbose.h"

#include <stdint.h>

#include "base/text.h"
#include "front/options.h"
#include "os/env.h"
#include "os/fault.h"
#include "region/budget.h"

static uint32_t refusal_said; /* atomic */

static void
append_limit(struct ch_text *t)
{
    size_t limit = ch_budget_limit();

    if (limit == SIZE_MAX) {
        ch_text_str(t, "no limit");
        return;
    }
    ch_text_str(t, "limit ");
    ch_text_size(t, limit);
}

void
ch_verbose_active(const struct ch_options *options)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    if (options->verbose < 1 || ch_env_get("CAPHEAP_RUN") != NULL) {
        return;
    }
    ch_line_begin(&t, buf);
    ch_text_str(&t, "active in ");
    ch_text_str(&t, ch_env_program());
    ch_text_str(&t, " (profile ");
    ch_text_str(&t, options->profile);
    ch_text_str(&t, ", ");
    append_limit(&t);
    ch_text_char(&t, ')');
    ch_line_say(&t);
}

void
ch_verbose_refused(const struct ch_options *options, size_t size)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    if (options->verbose < 2
        || __atomic_exchange_n(&refusal_said, 1, __ATOMIC_RELAXED) != 0) {
        return;
    }
    ch_line_begin(&t, buf);
    ch_text_str(&t, ch_env_program());
    ch_text_str(&t, ": refused ");
    ch_text_size(&t, size);
    ch_text_str(&t, "; held ");
    ch_text_size(&t, ch_budget_used());
    ch_text_str(&t, ", ");
    append_limit(&t);
    ch_line_say(&t);
}
