/* SPDX-License-Identifier: MIT */
/*
 * libc_realloc_test.c - realloc against a model of what each block holds.
 *
 * Byte i of a block is a function of the block's key and i, so that a copy
 * from the wrong place or of the wrong length shows.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "testutil.h"

#define N_SLOTS    512
#define N_STEPS    300000
#define MAX_BITS   21
#define GROWN      (256 * MIB)
#define KEY_STRIDE 64 /* of a large block one byte in so many is looked at */

struct slot {
    unsigned char *p;
    size_t size;
    unsigned key;
};

static unsigned char
byte_at(unsigned key, size_t i)
{
    return (unsigned char)((i * 131 + (i >> 8) * 7 + key) & 0xff);
}

static size_t
stride_of(size_t size)
{
    return size <= 4 * KIB ? 1 : KEY_STRIDE - 1;
}

static void
fill(const struct slot *s)
{
    size_t stride = stride_of(s->size);

    for (size_t i = 0; i < s->size; i += stride) {
        s->p[i] = byte_at(s->key, i);
    }
    if (s->size > 0) {
        s->p[s->size - 1] = byte_at(s->key, s->size - 1);
    }
}

/* Whether the first `n` bytes of a block filled as `was` long are there. */
static bool
holds(const struct slot *s, size_t was, size_t n)
{
    size_t stride = stride_of(was);

    for (size_t i = 0; i < n; i += stride) {
        if (s->p[i] != byte_at(s->key, i)) {
            return false;
        }
    }
    return n == 0 || n < was || s->p[was - 1] == byte_at(s->key, was - 1);
}

static size_t
pick_size(const struct slot *s, uint64_t *rng)
{
    switch (rng_below(rng, 8)) {
    case 0: /* hardly any different */
        return s->size + rng_below(rng, 8) + 1;
    case 1:
        return s->size > 8 ? s->size - rng_below(rng, 8) : 8;
    case 2:
        return s->p != NULL ? malloc_usable_size(s->p) + rng_below(rng, 2) + 1
                            : 1;
    case 3:
        return s->size < MIB ? s->size * 2 + 1 : s->size / 2 + 1;
    case 4:
        return rng_log_size(rng, MAX_BITS) + 1;
    default:
        return rng_log_size(rng, 12) + 1;
    }
}

static void
step_new(struct slot *s, uint64_t *rng)
{
    s->size = rng_log_size(rng, 14);
    if (rng_below(rng, 3) == 0) {
        s->p = memalign((size_t)16 << rng_below(rng, 10), s->size);
    } else {
        s->p = malloc(s->size);
    }
    s->key = (unsigned)rng_next(rng);
    assert_non_null(s->p);
    fill(s);
}

static bool
step_realloc(struct slot *s, uint64_t *rng)
{
    size_t was = s->size;
    size_t size = pick_size(s, rng);
    bool kept;

    s->p =
        rng_below(rng, 2) ? realloc(s->p, size) : reallocarray(s->p, 1, size);
    assert_non_null(s->p);
    assert_true(is_aligned(s->p, 16));
    kept = holds(s, was, was < size ? was : size);
    s->size = size;
    fill(s);
    return kept;
}

static void
test_realloc_random_steps_keep_content(void **state)
{
    static struct slot slots[N_SLOTS];
    uint64_t seed = test_seed(0x5eed0005);
    uint64_t rng = seed;

    (void)state;
    for (size_t i = 0; i < N_STEPS; i++) {
        struct slot *s = &slots[rng_below(&rng, N_SLOTS)];
        bool ok = true;

        if (s->p == NULL) {
            step_new(s, &rng);
        } else if (rng_below(&rng, 6) == 0) {
            ok = holds(s, s->size, s->size);
            free(s->p);
            s->p = NULL;
        } else {
            ok = step_realloc(s, &rng);
        }
        if (!ok) {
            fail_msg("seed %#llx step %zu: content lost, now %zu bytes",
                (unsigned long long)seed, i, s->size);
        }
    }
    for (size_t i = 0; i < N_SLOTS; i++) {
        free(slots[i].p);
    }
}

static void
test_realloc_growth_to_256_mib_keeps_content(void **state)
{
    struct slot s = {.p = malloc(16), .size = 16, .key = 77};

    (void)state;
    fill(&s);
    while (s.size < GROWN) {
        size_t was = s.size;

        s.size += was / 2 + 3;
        s.p = realloc(s.p, s.size);
        assert_non_null(s.p);
        assert_true(holds(&s, was, was));
        fill(&s);
    }
    while (s.size > 16) {
        size_t was = s.size;

        s.size = was / 3;
        s.p = realloc(s.p, s.size);
        assert_non_null(s.p);
        assert_true(holds(&s, was, s.size));
        fill(&s);
    }
    free(s.p);
}

static void
test_realloc_growth_in_steps_keeps_content(void **state)
{
    struct slot s = {.p = NULL, .size = 0, .key = 3};

    (void)state;
    while (s.size < 2 * MIB) {
        s.p = realloc(s.p, s.size + 4096);
        assert_non_null(s.p);
        memset(s.p + s.size, (int)((s.size >> 12) & 0xff), 4096);
        s.size += 4096;
    }
    for (size_t at = 0; at < s.size; at += 4096) {
        assert_true(
            is_filled(s.p + at, 4096, (unsigned char)((at >> 12) & 0xff)));
    }
    free(s.p);
}

/* A block may be used to its usable size: asking for that moves nothing. */
static void
test_realloc_within_usable_size_stays(void **state)
{
    (void)state;
    for (size_t size = 1; size < 100 * KIB; size += 1 + size / 8) {
        unsigned char *p = malloc(size);
        size_t usable = malloc_usable_size(p);

        assert_ptr_equal(realloc(p, usable), p);
        assert_true(malloc_usable_size(p) >= usable);
        assert_ptr_equal(realloc(p, usable > 1 ? usable - 1 : 1), p);
        free(p);
    }
}

static void
test_realloc_shrink_gives_memory_back(void **state)
{
    struct mallinfo2 before;
    struct mallinfo2 after;
    void *p = malloc(20 * MIB);
    void *q;

    (void)state;
    memset(p, 1, 20 * MIB);
    before = mallinfo2();
    q = realloc(p, 1 * MIB);
    after = mallinfo2();
    assert_non_null(q);
    assert_true(after.uordblks + after.hblkhd + 15 * MIB
                <= before.uordblks + before.hblkhd);
    free(q);
}

static void
test_realloc_aligned_block_keeps_content(void **state)
{
    (void)state;
    for (size_t alignment = 16; alignment <= 4 * MIB; alignment *= 2) {
        struct slot s = {.p = memalign(alignment, 1000), .size = 1000};

        s.key = (unsigned)alignment;
        assert_non_null(s.p);
        fill(&s);
        for (size_t size = 2000; size < 8 * MIB; size *= 5) {
            s.p = realloc(s.p, size);
            assert_non_null(s.p);
            assert_true(holds(&s, s.size, 1000));
        }
        s.p = realloc(s.p, 500);
        assert_true(holds(&s, 1000, 500));
        free(s.p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_realloc_random_steps_keep_content),
        cmocka_unit_test(test_realloc_growth_to_256_mib_keeps_content),
        cmocka_unit_test(test_realloc_growth_in_steps_keeps_content),
        cmocka_unit_test(test_realloc_within_usable_size_stays),
        cmocka_unit_test(test_realloc_shrink_gives_memory_back),
        cmocka_unit_test(test_realloc_aligned_block_keeps_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
