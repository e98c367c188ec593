/* SPDX-License-Identifier: MIT */
/*
 * libc_align_test.c - a million random calls of everything that aligns.
 *
 * Sizes are small or absurd, alignments anything at all.  A call either
 * gives a block that is aligned, big enough and writable, or NULL with the
 * right errno; which of the two is allowed follows from the arguments alone,
 * except that alignments above 2^20 may fail for want of address space.
 */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "testutil.h"

#define N_CALLS    1000000
#define N_LIVE     64
#define SMALL_MAX  (20 * KIB)
#define MUST_ALIGN ((size_t)1 << 20)
#define HALF       (SIZE_MAX / 2 + 1)

enum fn {
    FN_POSIX,
    FN_MEMALIGN,
    FN_ALIGNED_ALLOC,
    FN_VALLOC,
    FN_PVALLOC,
    FN_COUNT,
};

static const char *const fn_names[FN_COUNT] = {
    "posix_memalign",
    "memalign",
    "aligned_alloc",
    "valloc",
    "pvalloc",
};

struct call {
    enum fn fn;
    size_t alignment;
    size_t size;
    void *p;
    int code;
};

static bool
is_power_of_two(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static size_t
pick_alignment(uint64_t *rng)
{
    size_t power = (size_t)1 << rng_below(rng, 64);

    switch (rng_below(rng, 16)) {
    case 0:
        return power - 1;
    case 1:
        return power + 1;
    case 2:
        return (size_t)rng_next(rng);
    case 3:
        return SIZE_MAX - rng_below(rng, 64);
    case 4:
        return rng_below(rng, 9);
    case 5:
        return power + 8;
    case 6:
        return power;
    default:
        /* Most of the time one that can be had. */
        return (size_t)1 << rng_below(rng, 17);
    }
}

static size_t
pick_size(uint64_t *rng)
{
    static const size_t marks[] = {SIZE_MAX, PTRDIFF_MAX, HALF, HALF / 2,
        (size_t)1 << 57, (size_t)1 << 48};
    size_t mark;

    if (rng_below(rng, 4) != 0) {
        return rng_log_size(rng, 14);
    }
    mark = marks[rng_below(rng, sizeof(marks) / sizeof(marks[0]))];
    if (rng_below(rng, 2) == 0 && mark != SIZE_MAX) {
        return mark + rng_below(rng, 16384);
    }
    return mark - rng_below(rng, 16384);
}

static void
make_call(struct call *c)
{
    static char mark;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    errno = 0;
    switch (c->fn) {
    case FN_POSIX:
        c->p = &mark;
        c->code = posix_memalign(&c->p, c->alignment, c->size);
        if (c->code != 0) {
            c->p = c->p == &mark ? NULL : &mark;
        }
        return;
    case FN_MEMALIGN:
        c->p = memalign(c->alignment, c->size);
        break;
    case FN_ALIGNED_ALLOC:
        c->p = aligned_alloc(c->alignment, c->size);
        break;
    case FN_VALLOC:
        c->alignment = page;
        c->p = valloc(c->size);
        break;
    default:
        c->alignment = page;
        c->p = pvalloc(c->size);
        break;
    }
    c->code = c->p == NULL ? errno : 0;
}

/* The error that the arguments alone demand; 0 is none. */
static int
demanded_error(const struct call *c)
{
    size_t a = c->alignment;

    if (c->fn == FN_POSIX && (!is_power_of_two(a) || a < sizeof(void *))) {
        return EINVAL;
    }
    if (c->fn == FN_ALIGNED_ALLOC && !is_power_of_two(a)
        && !(test_on_glibc() && a <= HALF)) {
        return EINVAL;
    }
    if (a > HALF) {
        return EINVAL;
    }
    return c->size > SMALL_MAX ? ENOMEM : 0;
}

static size_t
rounded(size_t alignment)
{
    size_t power = 16;

    while (power < alignment) {
        power *= 2;
    }
    return power;
}

static const char *
judge(const struct call *c)
{
    int error = demanded_error(c);

    if (error != 0) {
        return c->code == error ? NULL : "not the error that it must give";
    }
    if (c->code != 0) {
        return c->code == ENOMEM && rounded(c->alignment) > MUST_ALIGN
                   ? NULL
                   : "failed for no reason";
    }
    if (!is_aligned(c->p, rounded(c->alignment))) {
        return "misaligned";
    }
    if (malloc_usable_size(c->p) < c->size) {
        return "too small";
    }
    return NULL;
}

static void
test_aligned_calls_of_any_arguments_are_right(void **state)
{
    uint64_t seed = test_seed(0x5eed0001);
    uint64_t rng = seed;
    struct call live[N_LIVE] = {0};

    (void)state;
    for (size_t i = 0; i < N_CALLS; i++) {
        struct call c = {.fn = (enum fn)rng_below(&rng, FN_COUNT)};
        struct call *slot = &live[rng_below(&rng, N_LIVE)];
        const char *why;

        c.alignment = pick_alignment(&rng);
        c.size = pick_size(&rng);
        make_call(&c);
        why = judge(&c);
        if (why != NULL) {
            fail_msg("seed %#llx call %zu: %s(align %#zx, size %#zx): %s, "
                     "p %p code %d",
                (unsigned long long)seed, i, fn_names[c.fn], c.alignment,
                c.size, why, c.p, c.code);
        }
        if (c.p == NULL) {
            continue;
        }
        memset(c.p, (int)(i & 0xff), c.size);
        if (slot->p != NULL) {
            assert_true(
                is_filled(slot->p, slot->size, (unsigned char)slot->code));
            free(slot->p);
        }
        c.code = (int)(i & 0xff);
        *slot = c;
    }
    for (size_t i = 0; i < N_LIVE; i++) {
        free(live[i].p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aligned_calls_of_any_arguments_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
