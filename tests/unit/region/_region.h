/* SPDX-License-Identifier: MIT */
/*
 * _region.h - a backing that counts and fails on demand, and checks of a
 * whole region that do not trust ch_region_is_valid() alone.
 */
#ifndef CH_TESTS_UNIT_REGION_REGION_H
#define CH_TESTS_UNIT_REGION_REGION_H

#include "base/arith.h"
#include "base/bitmap.h"
#include "region/budget.h"
#include "region/region.h"
#include "unit/_unit.h"

static struct {
    bool fails_reserve;
    bool fails_unreserve;
    bool fails_commit;
    bool fails_purge;
    size_t commit_most; /* bytes that one commit may have; 0: any number */
    size_t n_reserves;
    size_t n_commits;
    size_t n_purges;
    size_t purged_bytes;
    void (*in_purge)(void); /* called before a purge, if not NULL */
} fake;

static inline void *
fake_reserve(void *hint, size_t size, size_t align)
{
    fake.n_reserves++;
    return fake.fails_reserve ? NULL
                              : ch_backing_anon.reserve(hint, size, align);
}

static inline int
fake_unreserve(void *p, size_t size)
{
    return fake.fails_unreserve ? -ENOMEM : ch_backing_anon.unreserve(p, size);
}

static inline int
fake_commit(void *p, size_t size)
{
    fake.n_commits++;
    if (fake.fails_commit
        || (fake.commit_most != 0 && size > fake.commit_most)) {
        return -ENOMEM;
    }
    return ch_backing_anon.commit(p, size);
}

static inline int
fake_purge(void *p, size_t size)
{
    fake.n_purges++;
    if (fake.in_purge != NULL) {
        fake.in_purge();
    }
    if (fake.fails_purge) {
        return -ENOMEM;
    }
    fake.purged_bytes += size;
    return ch_backing_anon.purge(p, size);
}

static const struct ch_backing fake_backing = {
    .name = "fake",
    .reserve = fake_reserve,
    .unreserve = fake_unreserve,
    .commit = fake_commit,
    .purge = fake_purge,
    .may_thp = false,
};

/* Never purges by itself. */
static const struct ch_region_options patient = {
    .first_reserve = 0,
    .dirty_max = SIZE_MAX / 2,
    .purge_delay_ms = UINT64_MAX,
    .thp = CH_REGION_THP_NEVER,
};

static inline size_t
bits_set(const uint64_t *map, size_t n)
{
    return ch_bitmap_count_range(map, 0, n);
}

/* Everything that the region's header promises of its counters. */
static inline void
region_check(struct ch_region *region)
{
    size_t n_free = 0;
    size_t n_slices = 0;
    size_t n_open = 0;
    size_t n_dirty = 0;

    ch_lock(&region->lock);
    CHECK(ch_region_is_valid(region));
    for (const struct ch_chunk *c = region->chunks; c != NULL; c = c->next) {
        CHECK(c->n_open <= c->n_slices && c->n_slices <= c->room);
        n_free += bits_set(c->free, c->n_slices);
        n_dirty += bits_set(c->dirty, c->n_slices);
        n_slices += c->n_slices;
        n_open += c->n_open;
        CHECK_EQ(bits_set(c->dirty, c->n_open), bits_set(c->dirty, c->room));
        CHECK_EQ(
            ch_bitmap_next_clear(c->free, c->n_open, c->n_slices), c->n_slices);
        CHECK(ch_bitmap_next_set(c->free, 0, c->n_slices) >= c->lowest
              || c->n_slices == 0);
    }
    CHECK_EQ(region->n_live, n_slices - n_free);
    CHECK_EQ(region->n_dirty, n_dirty);
    CHECK_EQ(region->n_open, n_open);
    CHECK(region->n_reserved >= n_slices);
    CHECK(region->peak_live >= region->n_live);
    CHECK_EQ(ch_budget_used(), (region->n_live + n_dirty) * CH_SLICE);
    ch_unlock(&region->lock);
}

/* Takes slices and writes to all of them. */
static inline char *
take_and_fill(struct ch_region *region, size_t n)
{
    char *p = ch_region_take(region, n, CH_SLICE, NULL);

    CHECK(p != NULL);
    memset(p, 1, n * CH_SLICE);
    return p;
}

#endif
