/* SPDX-License-Identifier: MIT */
/*
 * _fixed.h - heaps of all kinds for tests.
 */
#ifndef CH_TESTS_UNIT_HEAP_TLSF_FIXED_H
#define CH_TESTS_UNIT_HEAP_TLSF_FIXED_H

#include <sys/mman.h>

#include "base/arith.h"
#include "heap/tlsf/registry.h"
#include "unit/_unit.h"

/* Every accounting under every poisoning. */
static const struct ch_fixed_options kinds[] = {
    {CH_ACCOUNTING_HOST, 16, CH_POISON_NONE, false},
    {CH_ACCOUNTING_HOST, 16, CH_POISON_LIGHT, false},
    {CH_ACCOUNTING_HOST, 16, CH_POISON_COMPREHENSIVE, false},
    {CH_ACCOUNTING_DEVICE, 4, CH_POISON_NONE, false},
    {CH_ACCOUNTING_DEVICE, 4, CH_POISON_LIGHT, false},
    {CH_ACCOUNTING_DEVICE, 4, CH_POISON_COMPREHENSIVE, false},
    {CH_ACCOUNTING_DEVICE, 8, CH_POISON_NONE, false},
    {CH_ACCOUNTING_DEVICE, 16, CH_POISON_LIGHT, false},
    {CH_ACCOUNTING_DEVICE, 8, CH_POISON_COMPREHENSIVE, false},
};
#define N_KINDS ARRAY_LENGTH(kinds)

#define HOST          (&kinds[0])
#define DEVICE        (&kinds[3])
#define LIGHT         (&kinds[4])
#define COMPREHENSIVE (&kinds[5])

/* What head and tail take. */
static inline size_t
extra_of(const struct ch_fixed_options *kind)
{
    if (kind->poison == CH_POISON_NONE) {
        return 0;
    }
    return kind->accounting == CH_ACCOUNTING_HOST ? 16 : 12;
}

static inline struct ch_fixed *
heap_on(void *start, size_t size, const struct ch_fixed_options *kind)
{
    struct ch_fixed *heap = ch_fixed_register(start, size, size, kind);

    CHECK(heap != NULL);
    return heap;
}

static inline struct ch_tlsf_info
info_of(struct ch_fixed *heap)
{
    struct ch_tlsf_info info;

    ch_fixed_get_info(heap, &info);
    return info;
}

static inline void *
take(struct ch_fixed *heap, size_t size)
{
    void *p = ch_fixed_alloc(heap, size);

    CHECK(p != NULL);
    return p;
}

static inline void
give(struct ch_fixed *heap, void *p)
{
    ch_fixed_free(heap, p, "test_free");
}

static inline bool
is_sound(struct ch_fixed *heap)
{
    return ch_fixed_check(heap, NULL, NULL);
}

#endif
