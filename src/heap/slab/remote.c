/* SPDX-License-Identifier: MIT */
/*
 * remote.c - frees by other threads, and what the owner makes of them.
 *
 * A thread that sleeps does not look at its wake list.  So whoever frees the
 * last block of a page counts it as ripe with the owner's cache, and when
 * enough are ripe tries the owner's lock and releases them.  It touches only
 * pages of which every block is free: on those the owner cannot be in the
 * middle of a free, since it has no block to free.
 */
#include "heap/slab/remote.h"

#include "heap/slab/cache.h"
#include "heap/slab/page_state.h"
#include "os/fault.h"

/* Blocks that are worth a walk, so that a page is known to be empty when the
   last one is freed by its owner. */
#define JOIN_MOST 32u
/* Ripe pages before somebody else looks at them. */
#define RIPE_LEAST 16u

/* Puts a page with WAKE on the wake list of its owner. */
static void
push_wake(struct ch_page *page)
{
    struct ch_cache *owner = __atomic_load_n(&page->owner, __ATOMIC_RELAXED);
    struct ch_page *head = __atomic_load_n(&owner->wake, __ATOMIC_RELAXED);

    do {
        page->wake_next = head;
        /* release: pairs with the acquire in take_wake() */
    } while (!__atomic_compare_exchange_n(
        &owner->wake, &head, page, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

static struct ch_page *
take_wake(struct ch_cache *cache)
{
    if (__atomic_load_n(&cache->wake, __ATOMIC_RELAXED) == NULL) {
        return NULL;
    }
    /* acquire: pairs with the release in push_wake() */
    return __atomic_exchange_n(&cache->wake, NULL, __ATOMIC_ACQUIRE);
}

void *
ch_remote_take(struct ch_page *page, uint32_t *count)
{
    uint64_t word = __atomic_load_n(&page->remote, __ATOMIC_RELAXED);

    *count = 0;
    if (ch_remote_count(word) == 0) {
        return NULL;
    }
    /* acquire: pairs with the release in push_block() */
    word = __atomic_fetch_and(&page->remote, CH_REMOTE_WAKE, __ATOMIC_ACQUIRE);
    *count = ch_remote_count(word);
    return ch_remote_head(page, word);
}

/* Clears WAKE; returns how many blocks are on the list.  Release: who sets it
   next writes wake_next, which was read before. */
static uint32_t
clear_wake(struct ch_page *page)
{
    return ch_remote_count(
        __atomic_fetch_and(&page->remote, ~CH_REMOTE_WAKE, __ATOMIC_ACQ_REL));
}

static bool
has_wake(const struct ch_page *page)
{
    return (__atomic_load_n(&page->remote, __ATOMIC_RELAXED) & CH_REMOTE_WAKE)
           != 0;
}

/* Every block is free, the last ones on the remote list. */
static void
release_emptied(struct ch_cache *cache, struct ch_page *page, bool keep)
{
    if (ch_page_state(page) == CH_PAGE_AVAIL) {
        ch_page_unlink(cache, page);
    }
    __atomic_store_n(&page->remote, 0, __ATOMIC_RELAXED);
    ch_page_release(cache, page, keep);
}

uint32_t
ch_remote_join(struct ch_page *page)
{
    uint32_t count;
    void *list = ch_remote_take(page, &count);
    void **last = list;

    if (list == NULL) {
        return 0;
    }
    if (page->lfree != NULL) {
        while (*last != NULL) {
            last = *last;
        }
        *last = page->lfree;
    }
    page->lfree = list;
    return count;
}

/* Moves the remote list to lfree; the page is parked or waits. */
static void
collect(struct ch_cache *cache, struct ch_page *page)
{
    bool is_parked = ch_page_state(page) == CH_PAGE_PARKED;
    uint32_t n_out = is_parked ? page->carved : page->countdown;
    uint32_t count = ch_remote_join(page);

    if (count == n_out) {
        /* More came than WAKE told of. */
        if (!is_parked) {
            ch_page_unlink(cache, page);
        }
        ch_page_release(cache, page, true);
    } else if (is_parked) {
        ch_page_offer(cache, page, n_out - count);
    } else {
        ch_page_set_countdown(page, n_out - count);
    }
}

/* The owner looks at one page of its wake list. */
static void
drain_page(struct ch_cache *cache, struct ch_page *page)
{
    uint32_t count = clear_wake(page);

    switch (ch_page_state(page)) {
    case CH_PAGE_CURRENT:
        return;
    case CH_PAGE_EMPTY:
        ch_page_release(cache, page, true);
        return;
    default:
        break;
    }
    if (ch_page_is_emptied(page, count)) {
        release_emptied(cache, page, true);
    } else if (count > 0 && (page->lfree == NULL || count <= JOIN_MOST)) {
        collect(cache, page);
    }
}

void
ch_remote_drain(struct ch_cache *cache)
{
    struct ch_page *page = take_wake(cache);

    while (page != NULL) {
        struct ch_page *next = page->wake_next;

        if (__atomic_load_n(&page->owner, __ATOMIC_RELAXED) != cache) {
            push_wake(page);
        } else {
            drain_page(cache, page);
        }
        page = next;
    }
}

/* Another thread than the owner looks at one page.  True: it is released. */
static bool
release_if_emptied(struct ch_cache *cache, struct ch_page *page)
{
    uint32_t count =
        ch_remote_count(__atomic_load_n(&page->remote, __ATOMIC_ACQUIRE));
    bool empty = ch_page_state(page) == CH_PAGE_EMPTY;

    if (__atomic_load_n(&page->owner, __ATOMIC_RELAXED) != cache
        || (!empty && !ch_page_is_emptied(page, count))) {
        return false;
    }
    release_emptied(cache, page, false);
    return true;
}

void
ch_remote_release_ripe(struct ch_cache *cache)
{
    struct ch_page *page = take_wake(cache);
    uint32_t n_left = 0;

    while (page != NULL) {
        struct ch_page *next = page->wake_next;

        if (!release_if_emptied(cache, page)) {
            push_wake(page);
            n_left++;
        }
        page = next;
    }
    __atomic_store_n(&cache->n_ripe, 0, __ATOMIC_RELAXED);
    /* The more pages are looked at in vain, the more must be ripe. */
    __atomic_store_n(&cache->ripe_enough, n_left / 4, __ATOMIC_RELAXED);
}

void
ch_remote_release_emptied(struct ch_cache *cache)
{
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        struct ch_page *page = cache->avail[c].first;

        while (page != NULL) {
            struct ch_page *next = page->next;

            if (!has_wake(page)) {
                release_if_emptied(cache, page);
            }
            page = next;
        }
    }
}

static void
count_ripe(struct ch_cache *owner)
{
    uint32_t n = __atomic_add_fetch(&owner->n_ripe, 1, __ATOMIC_RELAXED);

    if (n < RIPE_LEAST
        || n < __atomic_load_n(&owner->ripe_enough, __ATOMIC_RELAXED)
        || !ch_try_lock(&owner->lock)) {
        return;
    }
    ch_remote_release_ripe(owner);
    ch_unlock(&owner->lock);
}

/* Pushes the block.  Returns the word that is now in the page, without WAKE
   unless this push set it. */
static uint64_t
push_block(struct ch_page *page, void *p)
{
    uint64_t head = (uint64_t)((size_t)((char *)p - page->start) / 16 + 1);
    uint64_t old = __atomic_load_n(&page->remote, __ATOMIC_RELAXED);
    uint32_t threshold =
        ch_page_state(page) == CH_PAGE_AVAIL ? 1 : page->wake_at;
    uint64_t word;

    do {
        uint32_t count = ch_remote_count(old) + 1;

        CH_ENSURE(count <= page->capacity, "double free", p);
        *(void **)p = ch_remote_head(page, old);
        word = head | (uint64_t)count << 32 | (old & CH_REMOTE_WAKE);
        if (count >= threshold) {
            word |= CH_REMOTE_WAKE;
        }
        /* release: pairs with the acquire of who takes the list; acquire:
           with the release in clear_wake() */
    } while (!__atomic_compare_exchange_n(
        &page->remote, &old, word, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return word & ~(old & CH_REMOTE_WAKE);
}

void
ch_remote_free(struct ch_page *page, void *p)
{
    /* Read while the block keeps the page. */
    struct ch_cache *owner = __atomic_load_n(&page->owner, __ATOMIC_RELAXED);
    uint32_t carved = ch_page_carved(page);
    uint32_t countdown = __atomic_load_n(&page->countdown, __ATOMIC_RELAXED);
    enum ch_page_state state = ch_page_state(page);
    uint64_t word = push_block(page, p);
    uint32_t count = ch_remote_count(word);

    if ((word & CH_REMOTE_WAKE) != 0) {
        push_wake(page);
    }
    if ((state == CH_PAGE_PARKED && count == carved)
        || (state == CH_PAGE_AVAIL && count == countdown)) {
        count_ripe(owner);
    }
}
