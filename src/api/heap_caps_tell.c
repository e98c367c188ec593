/* SPDX-License-Identifier: MIT */
/*
 * heap_caps_tell.c - the program's own functions: the callback for failures
 * and the hooks for blocks that come and go.
 *
 * A thread that is in one of them does not come into it again, so they may
 * allocate, fail and free.  No lock is held while they run.
 *
 * Hooks are functions that the program defines and the linker finds.  A
 * program that preloads the library and does not export them has none.
 *
 * Source: heap_caps.h; esp_heap_caps.h of ESP-IDF 5.1 for the hooks.
 * Different: upstream has no guard against recursion; a resized block is told
 * as freed and allocated, in place or not.
 */
#include "api/heap_caps.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "front/route.h"
#include "front/start.h"
#include "os/fault.h"
#include "sync/hook.h"

static struct {
    esp_alloc_failed_hook_t failed; /* atomic, relaxed; NULL: none */
} tell;

/* This thread is in the callback. */
static CH_TLS bool is_inside;

CH_API esp_err_t
heap_caps_register_failed_alloc_callback(esp_alloc_failed_hook_t callback)
{
    if (callback == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    __atomic_store_n(&tell.failed, callback, __ATOMIC_RELAXED);
    return ESP_OK;
}

CH_NORETURN static void
abort_for(size_t size, uint32_t caps)
{
    char text[64];
    char buf[CH_LINE_MAX];
    struct ch_text t;

    snprintf(text, sizeof text, "Mem alloc fail. size 0x%08zx caps 0x%08x",
        size, caps);
    ch_line_begin(&t, buf);
    ch_text_str(&t, text);
    ch_line_say(&t);
    abort();
}

/* `asked` is what regions were asked for, if `caps` only stands for it. */
static void
tell_failed(size_t size, uint32_t caps, uint32_t asked, const char *op)
{
    esp_alloc_failed_hook_t failed =
        __atomic_load_n(&tell.failed, __ATOMIC_RELAXED);
    const struct ch_options *options = ch_start_options();

    if (is_inside) {
        return;
    }
    if (options->explain) {
        ch_place_explain(size, asked, op);
    }
    if (failed != NULL) {
        is_inside = true;
        failed(size, caps, op);
        is_inside = false;
    }
    if (options->abort_on_fail) {
        abort_for(size, caps);
    }
}

CH_SLOW void
ch_heap_caps_tell_failed(size_t size, uint32_t caps, const char *op)
{
    tell_failed(size, caps, caps, op);
}

CH_SLOW void
ch_heap_caps_tell_refused(size_t size)
{
    if (ch_route_is_bounded()) {
        tell_failed(size, ch_heap_caps_default(), ch_place_default_caps(size),
            "heap_caps_malloc_default");
    }
}

/* Before the program's own constructors, which run after a library's; with a
   listener malloc() has no fast path. */
__attribute__((constructor)) static void
listen(void)
{
    static const struct ch_hooks hooks = {
        .on_alloc = esp_heap_trace_alloc_hook,
        .on_free = esp_heap_trace_free_hook,
    };

    if (hooks.on_alloc != NULL || hooks.on_free != NULL) {
        (void)!ch_hooks_add(&hooks);
    }
}
