/* SPDX-License-Identifier: MIT */
/*
 * mapping_fork.c - mappings in the child of a fork.
 *
 * Storage of a descriptor would be the same memory in parent and child.  The
 * parent may write on as soon as fork has returned there, so the copy is made
 * before; the child, which may only make system calls, puts it in the place of
 * the original.
 *
 * Handlers that prepare for a fork run last-registered first, and ours is
 * among the first: what a program protects by locks that it takes in handlers
 * of its own is at rest by now.
 *
 * Locks: forks.lock, rank MAPPING, held from before the fork until after it.
 */
#include "os/fault.h"
#include "os/vm.h"
#include "region/mapping_internal.h"
#include "sync/lock.h"

static struct {
    struct ch_lock lock;
    struct ch_mapping *first; /* lock */
    bool has_complained;      /* lock */
} forks;

void
ch_mapping_list_add(struct ch_mapping *mapping)
{
    ch_lock(&forks.lock);
    mapping->next = forks.first;
    forks.first = mapping;
    ch_unlock(&forks.lock);
}

void
ch_mapping_list_remove(struct ch_mapping *mapping)
{
    struct ch_mapping **at = &forks.first;

    ch_lock(&forks.lock);
    while (*at != mapping) {
        at = &(*at)->next;
    }
    *at = mapping->next;
    ch_unlock(&forks.lock);
}

static void
complain(void)
{
    if (!forks.has_complained) {
        forks.has_complained = true;
        ch_say("fork: memory that is mapped from a descriptor cannot be "
               "copied; the child has no access to it");
    }
}

void
ch_mapping_before_fork(void)
{
    ch_lock(&forks.lock);
    for (struct ch_mapping *m = forks.first; m != NULL; m = m->next) {
        if (m->ops->copy != NULL && !m->is_lost && m->ops->copy(m) != 0) {
            ch_store_close(&m->copy);
            complain();
        }
    }
}

void
ch_mapping_after_fork_parent(void)
{
    for (struct ch_mapping *m = forks.first; m != NULL; m = m->next) {
        ch_store_close(&m->copy);
    }
    ch_unlock(&forks.lock);
}

static void
lose(struct ch_mapping *mapping)
{
    mapping->is_lost = true;
    (void)ch_vm_reserve_again(mapping->base, mapping->size);
    if (mapping->view != mapping->base) {
        (void)ch_vm_reserve_again(mapping->view, mapping->size);
    }
}

/* The copy becomes the store. */
static void
change_store(struct ch_mapping *mapping)
{
    ch_store_close(&mapping->store);
    mapping->store = mapping->copy;
    mapping->copy = CH_STORE_NONE;
}

void
ch_mapping_after_fork_child(void)
{
    for (struct ch_mapping *m = forks.first; m != NULL; m = m->next) {
        if (m->is_lost) {
            continue;
        }
        if (m->ops->copy != NULL) {
            change_store(m);
        }
        if (m->ops->adopt(m) != 0) {
            lose(m);
        }
    }
    ch_lock_reset(&forks.lock);
}
