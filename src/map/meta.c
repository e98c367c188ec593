/* SPDX-License-Identifier: MIT */
/*
 * meta.c - the library's own memory: a pointer that only moves up.
 *
 * Address space is reserved in one piece at a time and opened in steps of
 * STEP bytes, so that a small process pays for what it uses even where
 * RLIMIT_DATA counts it.  Only page records are ever reused.
 *
 * Locks: one of rank MAP; nothing is called with it held but os/ and `charge`,
 * which takes no lock.
 */
#include "map/meta.h"

#include <errno.h>
#include <stdint.h>

#include "base/arith.h"
#include "map/page.h"
#include "os/vm.h"
#include "sync/lock.h"

#define STEP       (64 * CH_KIB)
#define META_ALIGN ((size_t)128)

static struct {
    struct ch_lock lock;
    char *next;            /* first byte not handed out */
    char *open;            /* first byte not usable */
    char *end;             /* first byte not reserved */
    size_t reserve;        /* bytes; const after init */
    int (*charge)(size_t); /* const after init */
    struct ch_page *pages; /* records for reuse, through `next` */
    struct ch_meta_stats stats;
} meta = {.reserve = 16 * CH_MIB};

void
ch_meta_init(size_t reserve, int (*charge)(size_t bytes))
{
    meta.reserve = ch_align_up(ch_max_size(reserve, STEP), STEP);
    meta.charge = charge;
}

int
ch_meta_charge(size_t bytes)
{
    return meta.charge != NULL ? meta.charge(bytes) : 0;
}

/* Reserves a new piece of at least `size` bytes; what is left of the last
   one is lost, which is less than one request. */
static int
reserve_locked(size_t size)
{
    size_t want = ch_max_size(meta.reserve, ch_align_up(size, STEP));
    char *p = ch_vm_map(meta.end, want, CH_VM_NONE);

    if (p == NULL) {
        want = ch_align_up(size, STEP);
        p = ch_vm_map(NULL, want, CH_VM_NONE);
    }
    if (p == NULL) {
        return -ENOMEM;
    }
    if (p != meta.end || p != meta.open) {
        meta.next = p;
        meta.open = p;
    }
    meta.end = p + want;
    meta.stats.reserved += want;
    return 0;
}

/* Makes the bytes up to `end` usable. */
static int
open_locked(const char *end)
{
    size_t grow = ch_align_up((size_t)(end - meta.open), STEP);
    int err;

    grow = ch_min_size(grow, (size_t)(meta.end - meta.open));
    err = ch_meta_charge(grow);
    if (err == 0) {
        err = ch_vm_commit(meta.open, grow);
    }
    if (err != 0) {
        return err;
    }
    meta.open += grow;
    meta.stats.committed += grow;
    return 0;
}

static void *
alloc_locked(size_t size)
{
    char *p;

    if ((size_t)(meta.end - meta.next) < size && reserve_locked(size) != 0) {
        return NULL;
    }
    if ((size_t)(meta.open - meta.next) < size
        && open_locked(meta.next + size) != 0) {
        return NULL;
    }
    p = meta.next;
    meta.next += size;
    meta.stats.used += size;
    return p;
}

void *
ch_meta_alloc(size_t size)
{
    void *p;

    ch_lock(&meta.lock);
    p = alloc_locked(ch_align_up(size, META_ALIGN));
    ch_unlock(&meta.lock);
    return p;
}

struct ch_page *
ch_page_new(void)
{
    struct ch_page *page;

    ch_lock(&meta.lock);
    page = meta.pages;
    if (page != NULL) {
        meta.pages = page->next;
        page->next = NULL;
    } else {
        page = alloc_locked(sizeof *page);
    }
    ch_unlock(&meta.lock);
    return page;
}

/* Empties a record.  Its mark is told, and gone. */
static struct ch_page *
clear_page(struct ch_page *page)
{
    struct ch_page *mark = page->mark;

    /* Late readers may still look at owner, kind and remote: no memset. */
    __atomic_store_n(&page->owner, NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&page->kind, CH_PAGE_NONE, __ATOMIC_RELAXED);
    __atomic_store_n(&page->remote, 0, __ATOMIC_RELAXED);
    page->list = NULL;
    page->lfree = NULL;
    __atomic_store_n(&page->countdown, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&page->carved, 0, __ATOMIC_RELAXED);
    page->prev = NULL;
    __atomic_store_n(&page->under, NULL, __ATOMIC_RELAXED);
    page->mark = NULL;
    return mark;
}

void
ch_page_delete(struct ch_page *page)
{
    while (page != NULL) {
        struct ch_page *mark = clear_page(page);

        ch_lock(&meta.lock);
        page->next = meta.pages;
        meta.pages = page;
        ch_unlock(&meta.lock);
        page = mark;
    }
}

size_t
ch_meta_give_back(void)
{
    size_t size;

    ch_lock(&meta.lock);
    size = (size_t)(meta.end - meta.open);
    if (size > 0 && ch_vm_unmap(meta.open, size) == 0) {
        meta.end = meta.open;
        meta.stats.reserved -= size;
    }
    /* From now on in small pieces: address space is short. */
    meta.reserve = STEP;
    ch_unlock(&meta.lock);
    return size;
}

void
ch_meta_get_stats(struct ch_meta_stats *stats)
{
    ch_lock(&meta.lock);
    *stats = meta.stats;
    ch_unlock(&meta.lock);
}

void
ch_meta_lock(void)
{
    ch_lock(&meta.lock);
}

void
ch_meta_unlock(void)
{
    ch_unlock(&meta.lock);
}

void
ch_meta_reset_lock(void)
{
    ch_lock_reset(&meta.lock);
}
