/* SPDX-License-Identifier: MIT */
/*
 * plugin.c - code that is loaded into memory, and the trampolines to it.
 *
 * The code is a function of one int.  It is written by words, since that is
 * all that instruction RAM takes.  Where no memory is executable, what it does
 * is done by an ordinary function instead.
 */
#include "plugin.h"

#include <stdio.h>
#include <string.h>

#include "esp_heap_caps.h"
#include "status.h"

/* An overlay that fills most of a block of this size, but does not need to. */
#define OVERLAY_SIZE (96u * 1024)
#define OVERLAY_LESS 4096u

typedef int (*plugin_fn)(int x);

/* Machine code of `return 3 * x + 1;`. */
static const uint32_t code[] = {
#if defined __x86_64__
    0x017f448d, /* lea eax, [rdi + 2 * rdi + 1] */
    0x909090c3, /* ret; nop; nop; nop */
#elif defined __aarch64__
    0x0b000400, /* add w0, w0, w0, lsl #1 */
    0x11000400, /* add w0, w0, #1 */
    0xd65f03c0, /* ret */
#else
# error "no machine code for this processor"
#endif
};

static int
interpret(int x)
{
    return 3 * x + 1;
}

/* Memory of `size` bytes with the code at its start; NULL: none is
   executable, or it is all in use. */
static uint32_t *
load(size_t size)
{
    uint32_t *p = heap_caps_malloc(size, MALLOC_CAP_EXEC);

    if (p == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof code / sizeof *code; i++) {
        p[i] = code[i];
    }
    __builtin___clear_cache((char *)p, (char *)p + sizeof code);
    return p;
}

static plugin_fn
entry(uint32_t *p)
{
    plugin_fn fn = interpret;

    if (p != NULL) {
        memcpy(&fn, &p, sizeof fn);
    }
    return fn;
}

static void
call(const char *what, uint32_t *p, size_t size)
{
    int result = entry(p)(13);

    status_expect(result == 40, "the plugin computes something else");
    if (p != NULL) {
        printf("plugin    %s of %zu bytes at %p: %d\n", what, size, (void *)p,
            result);
    } else {
        printf("plugin    %s interpreted, no executable memory: %d\n", what,
            result);
    }
}

/* A large one lands where the chip can run data RAM, and is cut down there. */
static void
run_overlay(void)
{
    uint32_t *p = load(OVERLAY_SIZE);
    uint32_t *less;

    call("overlay", p, OVERLAY_SIZE);
    if (p == NULL) {
        return;
    }
    less = heap_caps_realloc(p, OVERLAY_LESS, MALLOC_CAP_EXEC);
    status_expect(less != NULL, "an overlay cannot shrink");
    call("overlay", less, OVERLAY_LESS);
    heap_caps_free(less);
}

void
plugin_run(void)
{
    uint32_t *p = load(sizeof code);

    call("trampoline", p, sizeof code);
    run_overlay();
    heap_caps_free(p);
    printf("plugin    refused %u\n", status_refusals());
}
