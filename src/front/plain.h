/* SPDX-License-Identifier: MIT */
/*
 * plain.h - blocks of the slab engine as the process sees them.
 *
 * Without the options exact and poisoning these are the engine's own calls.
 * With one of them each live block stands in a table: every figure is exact,
 * freed pointers and pointers into blocks are told from live ones, and, with
 * poisoning, canaries stand before and behind each block.  The fast paths are
 * off then.
 *
 *        align - 8 bytes, at least 8         asked for
 *   block | ............. | canary, size | content ... | canary | slack |
 *
 * Locks: plain.lock, rank PLAIN, never held while the engine is called.
 */
#ifndef CH_FRONT_PLAIN_H
#define CH_FRONT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attrs.h"
#include "heap/slab/walk.h"
#include "heap/tlsf/poison.h"
#include "map/page.h"

/* Const after the start. */
extern bool ch_plain_is_exact __attribute__((visibility("hidden")));

/* Caller: start-up, once. */
void ch_plain_init(bool is_exact, enum ch_poison poison);

/* `align` is a power of two or 0, for that of malloc(). */
CH_NODISCARD void *ch_plain_alloc(size_t align, size_t size);
CH_NODISCARD void *ch_plain_alloc_zeroed(size_t size);

/* The page of the live block at p; NULL: there is none, as far as is known. */
struct ch_page *ch_plain_page(const void *p);

/* For blocks that ch_plain_page() found.  Broken canaries are said, "OP ...",
   and end the process. */
bool ch_plain_free(struct ch_page *page, void *p, const char *op);
/* Without moving the content; NULL: it has to be moved. */
void *ch_plain_resize(struct ch_page *page, void *p, size_t size);
size_t ch_plain_usable(const struct ch_page *page, const void *p);

/* Figures of all live blocks; exact only. */
struct ch_plain_info {
    size_t bytes;  /* that may be used */
    size_t peak;   /* the most that `bytes` was since it was set */
    size_t blocks; /* live */
};

void ch_plain_get_info(struct ch_plain_info *info);
/* Sets `peak`, to no less than `bytes` is now. */
void ch_plain_set_peak(size_t bytes);
/* As ch_slab_walk() and ch_slab_find(). */
void ch_plain_walk(
    bool (*visit)(const struct ch_slab_block *block, void *ctx), void *ctx);
bool ch_plain_find(const void *p, struct ch_slab_block *block);
/* Looks at all canaries, and the engine's own records.  Each problem is one
   line given to `say`; NULL: nobody is told. */
bool ch_plain_check(void (*say)(void *ctx, const char *line), void *ctx);

void ch_plain_before_fork(void);
void ch_plain_after_fork_parent(void);
void ch_plain_after_fork_child(void);

#endif
