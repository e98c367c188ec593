/* SPDX-License-Identifier: MIT */
/*
 * hook.c - a few slots, which reports read without a lock.
 */
#include "sync/hook.h"

#include <errno.h>

#include "sync/lock.h"

uint32_t ch_hooks_on;

static struct {
    struct ch_lock lock;
    void (*watcher)(bool is_on);                 /* lock */
    const struct ch_hooks *listen[CH_HOOKS_MAX]; /* atomic; written under the
                                                    lock; NULL: free */
} hooks;

/* Not 0: this thread is in a listener, or muted. */
static CH_TLS uint32_t muted;

static inline const struct ch_hooks *
listener(unsigned i)
{
    /* acquire: pairs with the release in set_listener() */
    return __atomic_load_n(&hooks.listen[i], __ATOMIC_ACQUIRE);
}

static inline void
set_listener(unsigned i, const struct ch_hooks *to)
{
    /* release: pairs with the acquire in listener() */
    __atomic_store_n(&hooks.listen[i], to, __ATOMIC_RELEASE);
}

CH_SLOW void
ch_hook_alloc_slow(void *p, size_t size, uint32_t caps)
{
    if (p == NULL || muted != 0) {
        return;
    }
    muted++;
    for (unsigned i = 0; i < CH_HOOKS_MAX; i++) {
        const struct ch_hooks *to = listener(i);

        if (to != NULL && to->on_alloc != NULL) {
            to->on_alloc(p, size, caps);
        }
    }
    muted--;
}

CH_SLOW void
ch_hook_free_slow(void *p)
{
    if (p == NULL || muted != 0) {
        return;
    }
    muted++;
    for (unsigned i = 0; i < CH_HOOKS_MAX; i++) {
        const struct ch_hooks *to = listener(i);

        if (to != NULL && to->on_free != NULL) {
            to->on_free(p);
        }
    }
    muted--;
}

/* The slot of a listener, NULL standing for a free one; CH_HOOKS_MAX: none. */
static unsigned
slot_of_locked(const struct ch_hooks *of)
{
    unsigned i = 0;

    while (i < CH_HOOKS_MAX && listener(i) != of) {
        i++;
    }
    return i;
}

/* Tells the watcher when the number comes from or goes to 0. */
static void
count_locked(uint32_t n)
{
    uint32_t before = __atomic_exchange_n(&ch_hooks_on, n, __ATOMIC_RELAXED);

    if (hooks.watcher != NULL && (before == 0) != (n == 0)) {
        hooks.watcher(n != 0);
    }
}

static int
add_locked(const struct ch_hooks *add)
{
    unsigned i = slot_of_locked(NULL);

    if (slot_of_locked(add) != CH_HOOKS_MAX) {
        return 0;
    }
    if (i == CH_HOOKS_MAX) {
        return -ENOSPC;
    }
    set_listener(i, add);
    count_locked(ch_hooks_on + 1);
    return 0;
}

int
ch_hooks_add(const struct ch_hooks *add)
{
    int err;

    ch_lock(&hooks.lock);
    err = add_locked(add);
    ch_unlock(&hooks.lock);
    return err;
}

void
ch_hooks_remove(const struct ch_hooks *remove)
{
    unsigned i;

    ch_lock(&hooks.lock);
    i = slot_of_locked(remove);
    if (i != CH_HOOKS_MAX) {
        set_listener(i, NULL);
        count_locked(ch_hooks_on - 1);
    }
    ch_unlock(&hooks.lock);
}

void
ch_hooks_watch(void (*fn)(bool is_on))
{
    ch_lock(&hooks.lock);
    hooks.watcher = fn;
    if (ch_hooks_on != 0 && fn != NULL) {
        fn(true);
    }
    ch_unlock(&hooks.lock);
}

void
ch_hooks_mute(void)
{
    muted++;
}

void
ch_hooks_unmute(void)
{
    muted--;
}

void
ch_hooks_before_fork(void)
{
    ch_lock(&hooks.lock);
}

void
ch_hooks_after_fork_parent(void)
{
    ch_unlock(&hooks.lock);
}

void
ch_hooks_after_fork_child(void)
{
    ch_lock_reset(&hooks.lock);
}
