/* SPDX-License-Identifier: MIT */
/*
 * fixed_plain_test.c - a plain heap's short paths do what the whole calls of
 * the bare engine do: both have the same range, and blocks where the other one
 * has them.
 */
#include "heap/tlsf/fixed.h"

#include "unit/heap/tlsf/_fixed.h"
#include "unit/heap/tlsf/_tlsf.h"

#define N_SLOTS 600u
#define N_CALLS 60000u

/* About full when all slots have a block of random_size(). */
static CH_ALIGNED(4096) char memory[160 * CH_KIB];
static void *slots[N_SLOTS];

/* Mostly small, as the short paths take them; now and then 0 or larger. */
static size_t
random_size(uint64_t *random)
{
    switch (unit_below(random, 16)) {
    case 0:
        return unit_below(random, 4096);
    case 1:
        return CH_TLSF_SMALL - 1 + unit_below(random, 3);
    default:
        return unit_below(random, 400);
    }
}

static void
check_same_figures(struct ch_fixed *heap, const struct box *box)
{
    struct ch_tlsf_info a = info_of(heap);
    struct ch_tlsf_info b = box_info(box);

    CHECK_EQ(a.free, b.free);
    CHECK_EQ(a.allocated, b.allocated);
    CHECK_EQ(a.largest, b.largest);
    CHECK_EQ(a.minimum_free, b.minimum_free);
    CHECK_EQ(a.used_blocks, b.used_blocks);
    CHECK_EQ(a.free_blocks, b.free_blocks);
}

/* Renews the block of a slot on both sides. */
static void
renew(struct ch_fixed *heap, struct box *box, void **slot, size_t size)
{
    if (*slot != NULL) {
        ch_tlsf_free(&box->tlsf, *slot);
        give(heap, *slot);
        check_same_figures(heap, box);
    }
    *slot = ch_tlsf_alloc(&box->tlsf, size);
    CHECK(ch_fixed_alloc(heap, size) == *slot);
    check_same_figures(heap, box);
}

static void
check_same(const struct ch_fixed_options *kind, size_t size, uint64_t seed)
{
    struct ch_tlsf_rules rules = {
        .accounting = kind->accounting, .min_align = kind->min_align};
    struct ch_fixed *heap = heap_on(memory, size, kind);
    uint64_t random = unit_seed(seed);
    struct box box;

    box_open(&box, memory, size, &rules);
    memset(slots, 0, sizeof slots);
    for (size_t n = 0; n < N_CALLS; n++) {
        /* Fewer and fewer slots, so that larger free blocks come about. */
        size_t slot = unit_below(&random, n % 8 == 0 ? N_SLOTS : N_SLOTS / 2);

        renew(heap, &box, &slots[slot], random_size(&random));
    }
    CHECK(is_sound(heap) && ch_tlsf_is_valid(&box.tlsf));
    for (size_t i = 0; i < N_SLOTS; i++) {
        renew(heap, &box, &slots[i], 0);
    }
    CHECK_EQ(info_of(heap).used_blocks, 0);
    CHECK_EQ(info_of(heap).free_blocks, 1);
    box_close(&box);
}

static void
test_plain_heap_is_the_bare_engine(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        if (kinds[k].poison == CH_POISON_NONE) {
            check_same(&kinds[k], sizeof memory, 0xf1 + k);
            check_same(&kinds[k], 12 * CH_KIB, 0xf2 + k);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_plain_heap_is_the_bare_engine),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
