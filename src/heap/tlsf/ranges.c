/* SPDX-License-Identifier: MIT */
/*
 * ranges.c - see ranges.h.
 *
 * Order.  A writer stores the new version, then changes the copy that readers
 * have left; a reader reads the version, the copy, and the version again.  The
 * writer's changes are releases and the reader's reads acquires: who sees one
 * word of a change sees the version that came before it.
 */
#include "heap/tlsf/ranges.h"

#include "base/arith.h"
#include "map/meta.h"

#define NO_RANGE       UINT32_MAX
#define CAPACITY_LEAST 64u

/* Fields are atomic.  An entry's `outer` is below its own index. */
struct entry {
    char *start;
    char *end;
    void *owner;
    uint32_t outer; /* index; NO_RANGE: in no other */
};

struct ch_range_array {
    uint32_t capacity; /* const */
    uint32_t n;        /* atomic; at most `capacity` */
    struct entry entries[];
};

#define GET(field)        __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define SET(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELEASE)

static uint32_t
count_of(const struct ch_range_array *array)
{
    return array != NULL ? GET(array->n) : 0;
}

/* The number of entries that start at or below p. */
static uint32_t
count_below(const struct ch_range_array *array, const char *p)
{
    uint32_t from = 0;
    uint32_t to = count_of(array);

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;

        if (GET(array->entries[middle].start) <= p) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

/* ---- readers ------------------------------------------------------------- */

/* What `outer` of the entry at i says, as far as it can be true. */
static uint32_t
outer_of(const struct ch_range_array *array, uint32_t i)
{
    uint32_t outer = GET(array->entries[i].outer);

    return outer < i ? outer : NO_RANGE;
}

/* The innermost entry that has p, from entry i outwards. */
static uint32_t
innermost_from(const struct ch_range_array *array, uint32_t i, const char *p)
{
    while (i != NO_RANGE && GET(array->entries[i].end) <= p) {
        i = outer_of(array, i);
    }
    return i;
}

static uint32_t
innermost(const struct ch_range_array *array, const char *p)
{
    uint32_t n = count_below(array, p);

    return n > 0 ? innermost_from(array, n - 1, p) : NO_RANGE;
}

static void *
owner_at(const struct ch_range_array *array, uint32_t i)
{
    return i != NO_RANGE ? GET(array->entries[i].owner) : NULL;
}

static void *
find_in(const struct ch_range_array *array, const char *p, const void *inner)
{
    uint32_t i = innermost(array, p);

    while (inner != NULL && i != NO_RANGE) {
        bool is_inner = owner_at(array, i) == inner;

        i = outer_of(array, i);
        if (is_inner) {
            break;
        }
    }
    return owner_at(array, i);
}

static void *
find(const struct ch_ranges *ranges, const void *p, const void *inner)
{
    uint32_t version;
    void *owner;

    do {
        version = GET(ranges->version);
        owner = find_in(GET(ranges->copy[version % 2]), p, inner);
    } while (__atomic_load_n(&ranges->version, __ATOMIC_RELAXED) != version);
    return owner;
}

void *
ch_ranges_find(const struct ch_ranges *ranges, const void *p)
{
    return find(ranges, p, NULL);
}

void *
ch_ranges_outer(
    const struct ch_ranges *ranges, const void *p, const void *owner)
{
    return find(ranges, p, owner);
}

static bool
touches(const struct ch_range_array *array, const char *start, const char *end)
{
    return innermost(array, start) != NO_RANGE
           || count_below(array, end - 1) > count_below(array, start);
}

bool
ch_ranges_touch(
    const struct ch_ranges *ranges, const char *start, const char *end)
{
    uint32_t version;
    bool is_touched;

    do {
        version = GET(ranges->version);
        is_touched = touches(GET(ranges->copy[version % 2]), start, end);
    } while (__atomic_load_n(&ranges->version, __ATOMIC_RELAXED) != version);
    return is_touched;
}

/* ---- writers ------------------------------------------------------------- */

/* All but what it lies in; see link_from(). */
static void
copy_entry(struct entry *to, const struct entry *from)
{
    SET(to->start, from->start);
    SET(to->end, from->end);
    SET(to->owner, from->owner);
}

/* Lets the entries from i on know what they lie in. */
static void
link_from(struct ch_range_array *array, uint32_t i)
{
    for (; i < array->n; i++) {
        struct entry *entry = &array->entries[i];
        uint32_t outer = i > 0 ? i - 1 : NO_RANGE;

        outer = innermost_from(array, outer, entry->start);
        SET(entry->outer, outer);
    }
}

/* Where a range belongs: behind those that start below it, and behind the
   longer ones that start with it. */
static uint32_t
place_of(const struct ch_range_array *array, const char *start, const char *end)
{
    uint32_t i = count_below(array, start);

    while (i > 0 && array->entries[i - 1].start == start
           && array->entries[i - 1].end < end) {
        i--;
    }
    return i;
}

static void
insert(struct ch_range_array *array, const struct entry *entry)
{
    uint32_t at = place_of(array, entry->start, entry->end);

    for (uint32_t i = array->n; i > at; i--) {
        copy_entry(&array->entries[i], &array->entries[i - 1]);
    }
    copy_entry(&array->entries[at], entry);
    SET(array->n, array->n + 1);
    link_from(array, at);
}

static uint32_t
index_of(const struct ch_range_array *array, const void *owner)
{
    uint32_t i = 0;

    while (array->entries[i].owner != owner) {
        i++;
    }
    return i;
}

static void
erase(struct ch_range_array *array, const void *owner)
{
    uint32_t at = index_of(array, owner);

    SET(array->n, array->n - 1);
    for (uint32_t i = at; i < array->n; i++) {
        copy_entry(&array->entries[i], &array->entries[i + 1]);
    }
    link_from(array, at);
}

/* A copy with more places; NULL: no memory. */
static struct ch_range_array *
larger(const struct ch_range_array *old)
{
    uint32_t capacity = old != NULL ? 2 * old->capacity : CAPACITY_LEAST;
    struct ch_range_array *array =
        ch_meta_alloc(sizeof *array + capacity * sizeof array->entries[0]);

    if (array == NULL) {
        return NULL;
    }
    array->capacity = capacity;
    for (uint32_t i = 0; old != NULL && i < old->n; i++) {
        array->entries[i] = old->entries[i];
    }
    array->n = count_of(old);
    return array;
}

/* Makes room for one more range in a copy.  Readers may use the copy. */
static bool
reserve(struct ch_ranges *ranges, unsigned which)
{
    struct ch_range_array *array = ranges->copy[which];

    if (array != NULL && array->n < array->capacity) {
        return true;
    }
    array = larger(array);
    if (array == NULL) {
        return false;
    }
    SET(ranges->copy[which], array);
    return true;
}

/* Sends readers to the other copy; the one that they leave. */
static struct ch_range_array *
turn(struct ch_ranges *ranges)
{
    uint32_t version = ranges->version;

    SET(ranges->version, version + 1);
    return ranges->copy[version % 2];
}

bool
ch_ranges_add(struct ch_ranges *ranges, char *start, char *end, void *owner)
{
    const struct entry entry = {.start = start, .end = end, .owner = owner};

    if (!reserve(ranges, 0) || !reserve(ranges, 1)) {
        return false;
    }
    insert(turn(ranges), &entry);
    insert(turn(ranges), &entry);
    return true;
}

void
ch_ranges_remove(struct ch_ranges *ranges, const void *owner)
{
    erase(turn(ranges), owner);
    erase(turn(ranges), owner);
}

void *
ch_ranges_get(const struct ch_ranges *ranges, size_t i)
{
    const struct ch_range_array *array = ranges->copy[0];

    return i < count_of(array) ? array->entries[i].owner : NULL;
}
