/* SPDX-License-Identifier: MIT */
/*
 * _slab.h - a slab engine of the test's own, and pages in a known state.
 */
#ifndef CH_TESTS_UNIT_HEAP_SLAB_SLAB_H
#define CH_TESTS_UNIT_HEAP_SLAB_SLAB_H

#include "base/arith.h"
#include "heap/slab/arena.h"
#include "heap/slab/cache.h"
#include "heap/slab/fast.h"
#include "heap/slab/heap.h"
#include "heap/slab/large.h"
#include "heap/slab/page_state.h"
#include "heap/slab/remote.h"
#include "heap/slab/slab.h"
#include "map/map.h"
#include "map/meta.h"
#include "region/budget.h"
#include "unit/_unit.h"

/* A size with a few dozen blocks to a page. */
#define SIZE 1024u
/* More blocks than any page has. */
#define BLOCKS_MAX 8192u

/* Never purges by itself. */
static const struct ch_region_options patient = {
    .first_reserve = 64 * CH_MIB,
    .dirty_max = SIZE_MAX / 2,
    .purge_delay_ms = UINT64_MAX,
    .thp = CH_REGION_THP_NEVER,
};

static inline void
heap_begin_with(unsigned n_arenas, const struct ch_region_options *options)
{
    ch_meta_init(CH_MIB, NULL);
    CHECK_EQ(ch_arena_init(n_arenas, options, CH_GIB), 0);
    CHECK_EQ(ch_cache_init(true), 0);
}

static inline void
heap_begin(void)
{
    heap_begin_with(1, &patient);
}

static inline struct ch_region *
heap_region(void)
{
    return &ch_arena_get(0)->region;
}

/* Slices in use. */
static inline size_t
heap_live(void)
{
    return heap_region()->n_live;
}

static inline void *
heap_alloc(size_t size)
{
    void *p = ch_slab_alloc(size);

    CHECK(p != NULL && ch_is_aligned(p, CH_MIN_ALIGN));
    return p;
}

static inline void
heap_free(void *p)
{
    struct ch_page *page = ch_map_find(p);

    CHECK(ch_slab_has(page));
    CHECK(ch_slab_free(page, p));
}

/* Blocks to be freed by somebody. */
struct batch {
    void *p[BLOCKS_MAX];
    size_t n;
};

static inline void
batch_free(struct batch *b)
{
    while (b->n > 0) {
        heap_free(b->p[--b->n]);
    }
}

static inline void *
batch_free_body(void *arg)
{
    batch_free(arg);
    CHECK(ch_cache_self == NULL);
    return NULL;
}

/* Lets another thread, which has no cache, free the blocks. */
static inline void
batch_free_remotely(struct batch *b)
{
    unit_on_thread(batch_free_body, b);
}

static inline void *
free_one_body(void *p)
{
    heap_free(p);
    return NULL;
}

static inline void
free_remotely(void *p)
{
    unit_on_thread(free_one_body, p);
}

/* Takes every block of one page; it stays current until more is wanted. */
static inline struct ch_page *
take_whole_page(struct batch *b, size_t size)
{
    struct ch_page *page;
    void *p = heap_alloc(size);

    b->n = 0;
    b->p[b->n++] = p;
    page = ch_map_find(p);
    CHECK_EQ(page->state, CH_PAGE_CURRENT);
    CHECK(page->capacity <= BLOCKS_MAX);
    while (b->n < page->capacity) {
        p = heap_alloc(size);
        CHECK(ch_map_find(p) == page);
        b->p[b->n++] = p;
    }
    return page;
}

/* n pages of the size with all blocks taken, and one block of another. */
static inline void *
take_pages(struct batch *b, struct ch_page **pages, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++) {
        pages[i] = take_whole_page(&b[i], size);
    }
    return heap_alloc(size);
}

/* The pages of a queue, first to last, are these and no other. */
static inline void
check_avail(struct ch_page *const *pages, size_t n, size_t size)
{
    const struct ch_queue *q = &ch_cache_self->avail[ch_class_of(size)];
    const struct ch_page *page = q->first;

    for (size_t i = 0; i < n; i++) {
        CHECK(page == pages[i]);
        CHECK_EQ(page->state, CH_PAGE_AVAIL);
        CHECK(page->prev == (i == 0 ? NULL : pages[i - 1]));
        page = page->next;
    }
    CHECK(page == NULL);
    CHECK(q->last == (n == 0 ? NULL : pages[n - 1]));
}

static inline uint32_t
remote_count(const struct ch_page *page)
{
    return ch_remote_count(__atomic_load_n(&page->remote, __ATOMIC_RELAXED));
}

static inline bool
has_wake(const struct ch_page *page)
{
    return (page->remote & CH_REMOTE_WAKE) != 0;
}

#endif
