/* SPDX-License-Identifier: MIT */
/*
 * hook.h - where higher floors hear of blocks that come and go.
 *
 * The engines' callers report each block here; whoever wants to know, a trace
 * say, adds a table of functions.  While nobody does, a report is the test of
 * one word, and the fast paths, which report nothing, are on: ch_hooks_watch()
 * tells front/ when to switch them.
 *
 * Order: a block's end is reported before it is given back, its beginning
 * after it was got, so that no two threads' reports of one address cross.  A
 * realloc is an end and a beginning; what failed after its end was reported
 * begins anew, with the address and size that it kept.
 *
 * A listener runs outside all of the heap's locks and in the thread that made
 * the call.  What it allocates or frees itself is not reported.
 *
 * Locks: hooks.lock, rank HOOKS; held while listeners come and go, and while
 * the watcher of ch_hooks_watch() runs.  Reports take none.
 */
#ifndef CH_SYNC_HOOK_H
#define CH_SYNC_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

/* Listeners at a time. */
#define CH_HOOKS_MAX 4u

/* A listener.  A report that began before ch_hooks_remove() may still come. */
struct ch_hooks {
    /* `size` is what was asked for, `caps` as in front/caps.h, 0: plain
       memory. */
    void (*on_alloc)(void *p, size_t size, uint32_t caps);
    void (*on_free)(void *p);
};

/* Listeners now.  atomic, relaxed: a report may miss one that just came. */
extern uint32_t ch_hooks_on __attribute__((visibility("hidden")));

CH_SLOW void ch_hook_alloc_slow(void *p, size_t size, uint32_t caps);
CH_SLOW void ch_hook_free_slow(void *p);

static inline bool
ch_hooks_are_on(void)
{
    return CH_UNLIKELY(__atomic_load_n(&ch_hooks_on, __ATOMIC_RELAXED) != 0);
}

/* p was got; NULL, a refusal, is not reported.  Any thread, no lock held. */
static inline void
ch_hook_alloc(void *p, size_t size, uint32_t caps)
{
    if (ch_hooks_are_on()) {
        ch_hook_alloc_slow(p, size, caps);
    }
}

/* p, which may be NULL, is about to be given back.  Any thread, no lock
   held. */
static inline void
ch_hook_free(void *p)
{
    if (ch_hooks_are_on()) {
        ch_hook_free_slow(p);
    }
}

/* `hooks` is const for ever; a second time is harmless.  0, or -ENOSPC. */
CH_NODISCARD int ch_hooks_add(const struct ch_hooks *hooks);
void ch_hooks_remove(const struct ch_hooks *hooks);

/* Lets `fn` be called when the first listener comes and when the last one
   goes; at once, if there is one.  Caller: start-up. */
void ch_hooks_watch(void (*fn)(bool is_on));

/* From here on nothing of this thread is reported, until as many calls of
   ch_hooks_unmute().  For the library's own use of memory. */
void ch_hooks_mute(void);
void ch_hooks_unmute(void);

void ch_hooks_before_fork(void);
void ch_hooks_after_fork_parent(void);
void ch_hooks_after_fork_child(void);

#endif
