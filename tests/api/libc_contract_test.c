/* SPDX-License-Identifier: MIT */
/*
 * libc_contract_test.c - what the libc names promise at their edges.
 *
 * Three tables (calls that fail, posix_memalign, behaviours) run in the main
 * thread, in a second thread, in a thread with the smallest stack there is
 * and in a forked child.  A row that fails is written down and told later: a
 * stack of 16 KiB has no room for printf.
 */
/* link: -Wl,-z,now */
#define _GNU_SOURCE /* dladdr */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <dlfcn.h>

#include "testutil.h"

#define HALF  (SIZE_MAX / 2 + 1) /* the largest power of two */
#define BIG   ((size_t)PTRDIFF_MAX + 1)
#define PAGE  ((size_t)sysconf(_SC_PAGESIZE))
#define LARGE (200 * KIB)
#define HUGE_ (64 * MIB)

/* The C library exports these without a header. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_valloc(size_t);
extern void *__libc_pvalloc(size_t);

/* Names that the C library lacks: looked up, so that one program fits both. */
static struct {
    void (*cfree)(void *);
    void (*free_sized)(void *, size_t);
    void (*free_aligned_sized)(void *, size_t, size_t);
    int (*reallocarr)(void *, size_t, size_t);
    size_t (*malloc_size)(const void *);
    size_t (*malloc_good_size)(size_t);
} extra;

static struct {
    bool on_glibc;
    const char *failed; /* name of the first row that failed, or NULL */
    const char *why;
} run;

enum fn {
    FN_MALLOC,
    FN_CALLOC,
    FN_REALLOC_NULL,
    FN_REALLOC_SMALL,
    FN_REALLOC_LARGE,
    FN_REALLOC_HUGE,
    FN_REALLOCARRAY_NULL,
    FN_REALLOCARRAY_SMALL,
    FN_MEMALIGN,
    FN_ALIGNED_ALLOC,
    FN_VALLOC,
    FN_PVALLOC,
    FN_LIBC_MALLOC,
    FN_LIBC_CALLOC,
    FN_LIBC_REALLOC,
    FN_LIBC_MEMALIGN,
    FN_LIBC_VALLOC,
    FN_LIBC_PVALLOC,
};

/* Calls of a and b that must give NULL and set errno to want. */
struct fail_row {
    const char *name;
    enum fn fn;
    size_t a;
    size_t b;
    int want;
    bool capheap_only;
};

static const struct fail_row fail_rows[] = {
    {"malloc PTRDIFF_MAX", FN_MALLOC, PTRDIFF_MAX, 0, ENOMEM, false},
    {"malloc PTRDIFF_MAX+1", FN_MALLOC, BIG, 0, ENOMEM, false},
    {"malloc SIZE_MAX-4096", FN_MALLOC, SIZE_MAX - 4096, 0, ENOMEM, false},
    {"malloc SIZE_MAX-15", FN_MALLOC, SIZE_MAX - 15, 0, ENOMEM, false},
    {"malloc SIZE_MAX", FN_MALLOC, SIZE_MAX, 0, ENOMEM, false},
    {"calloc SIZE_MAX,1", FN_CALLOC, SIZE_MAX, 1, ENOMEM, false},
    {"calloc 1,SIZE_MAX", FN_CALLOC, 1, SIZE_MAX, ENOMEM, false},
    {"calloc PTRDIFF_MAX+1,1", FN_CALLOC, BIG, 1, ENOMEM, false},
    {"calloc overflow to 0", FN_CALLOC, HALF, 2, ENOMEM, false},
    {"calloc overflow to 1", FN_CALLOC, SIZE_MAX / 3 + 1, 3, ENOMEM, false},
    {"calloc 2^32,2^32", FN_CALLOC, (size_t)1 << 32, (size_t)1 << 32, ENOMEM,
        false},
    {"calloc SIZE_MAX,SIZE_MAX", FN_CALLOC, SIZE_MAX, SIZE_MAX, ENOMEM, false},
    {"realloc NULL,PTRDIFF_MAX+1", FN_REALLOC_NULL, BIG, 0, ENOMEM, false},
    {"realloc NULL,SIZE_MAX", FN_REALLOC_NULL, SIZE_MAX, 0, ENOMEM, false},
    {"realloc small,PTRDIFF_MAX+1", FN_REALLOC_SMALL, BIG, 0, ENOMEM, false},
    {"realloc small,PTRDIFF_MAX", FN_REALLOC_SMALL, PTRDIFF_MAX, 0, ENOMEM,
        false},
    {"realloc small,SIZE_MAX", FN_REALLOC_SMALL, SIZE_MAX, 0, ENOMEM, false},
    {"realloc large,PTRDIFF_MAX+1", FN_REALLOC_LARGE, BIG, 0, ENOMEM, false},
    {"realloc large,SIZE_MAX-8", FN_REALLOC_LARGE, SIZE_MAX - 8, 0, ENOMEM,
        false},
    {"realloc huge,PTRDIFF_MAX", FN_REALLOC_HUGE, PTRDIFF_MAX, 0, ENOMEM,
        false},
    {"realloc huge,SIZE_MAX", FN_REALLOC_HUGE, SIZE_MAX, 0, ENOMEM, false},
    {"reallocarray NULL overflow", FN_REALLOCARRAY_NULL, HALF, 2, ENOMEM,
        false},
    {"reallocarray NULL,SIZE_MAX", FN_REALLOCARRAY_NULL, SIZE_MAX, 1, ENOMEM,
        false},
    {"reallocarray overflow to 1", FN_REALLOCARRAY_SMALL, SIZE_MAX / 3 + 1, 3,
        ENOMEM, false},
    {"reallocarray 1,PTRDIFF_MAX+1", FN_REALLOCARRAY_SMALL, 1, BIG, ENOMEM,
        false},
    {"memalign 64,SIZE_MAX", FN_MEMALIGN, 64, SIZE_MAX, ENOMEM, false},
    {"memalign 64,PTRDIFF_MAX+1", FN_MEMALIGN, 64, BIG, ENOMEM, false},
    {"memalign 64,PTRDIFF_MAX", FN_MEMALIGN, 64, PTRDIFF_MAX, ENOMEM, false},
    {"memalign 3,SIZE_MAX", FN_MEMALIGN, 3, SIZE_MAX, ENOMEM, false},
    {"memalign 1,SIZE_MAX", FN_MEMALIGN, 1, SIZE_MAX, ENOMEM, false},
    {"memalign 2^63,1", FN_MEMALIGN, HALF, 1, ENOMEM, false},
    {"memalign 2^62,2^62", FN_MEMALIGN, HALF / 2, HALF / 2, ENOMEM, false},
    {"memalign 2^62,PTRDIFF_MAX", FN_MEMALIGN, HALF / 2, PTRDIFF_MAX, ENOMEM,
        false},
    {"memalign 2^63+1,1", FN_MEMALIGN, HALF + 1, 1, EINVAL, false},
    {"memalign SIZE_MAX,1", FN_MEMALIGN, SIZE_MAX, 1, EINVAL, false},
    {"aligned_alloc 0,8", FN_ALIGNED_ALLOC, 0, 8, EINVAL, true},
    {"aligned_alloc 3,9", FN_ALIGNED_ALLOC, 3, 9, EINVAL, true},
    {"aligned_alloc 24,48", FN_ALIGNED_ALLOC, 24, 48, EINVAL, true},
    {"aligned_alloc 4095,1", FN_ALIGNED_ALLOC, 4095, 1, EINVAL, true},
    {"aligned_alloc 3,SIZE_MAX", FN_ALIGNED_ALLOC, 3, SIZE_MAX, EINVAL, true},
    {"aligned_alloc SIZE_MAX,1", FN_ALIGNED_ALLOC, SIZE_MAX, 1, EINVAL, false},
    {"aligned_alloc 16,SIZE_MAX", FN_ALIGNED_ALLOC, 16, SIZE_MAX, ENOMEM,
        false},
    {"aligned_alloc 4096,SIZE_MAX-4095", FN_ALIGNED_ALLOC, 4096,
        SIZE_MAX - 4095, ENOMEM, false},
    {"aligned_alloc 2^63,1", FN_ALIGNED_ALLOC, HALF, 1, ENOMEM, false},
    {"valloc PTRDIFF_MAX+1", FN_VALLOC, BIG, 0, ENOMEM, false},
    {"valloc SIZE_MAX-4094", FN_VALLOC, SIZE_MAX - 4094, 0, ENOMEM, false},
    {"valloc SIZE_MAX", FN_VALLOC, SIZE_MAX, 0, ENOMEM, false},
    {"pvalloc PTRDIFF_MAX+1", FN_PVALLOC, BIG, 0, ENOMEM, false},
    {"pvalloc SIZE_MAX-4094", FN_PVALLOC, SIZE_MAX - 4094, 0, ENOMEM, false},
    {"pvalloc SIZE_MAX", FN_PVALLOC, SIZE_MAX, 0, ENOMEM, false},
    {"__libc_malloc SIZE_MAX", FN_LIBC_MALLOC, SIZE_MAX, 0, ENOMEM, false},
    {"__libc_calloc overflow", FN_LIBC_CALLOC, HALF, 2, ENOMEM, false},
    {"__libc_realloc SIZE_MAX", FN_LIBC_REALLOC, SIZE_MAX, 0, ENOMEM, false},
    {"__libc_memalign 64,SIZE_MAX", FN_LIBC_MEMALIGN, 64, SIZE_MAX, ENOMEM,
        false},
    {"__libc_valloc SIZE_MAX", FN_LIBC_VALLOC, SIZE_MAX, 0, ENOMEM, false},
    {"__libc_pvalloc SIZE_MAX", FN_LIBC_PVALLOC, SIZE_MAX, 0, ENOMEM, false},
};

/* errno after the call in question, not after the cleaning up. */
static _Thread_local int seen_errno;

/* Keeps a block of `size` through a realloc that must fail. */
static void *
realloc_keeping(size_t size, size_t n, size_t each, bool as_array)
{
    unsigned char *p = malloc(size);
    void *q;
    bool kept;

    if (p == NULL) {
        return NULL;
    }
    memset(p, 0x5a, size);
    errno = 0;
    q = as_array ? reallocarray(p, n, each) : realloc(p, n);
    seen_errno = errno;
    if (q != NULL) {
        free(q);
        return q;
    }
    kept = is_filled(p, size, 0x5a);
    free(p);
    return kept ? NULL : p;
}

static void *
call_fn(enum fn fn, size_t a, size_t b)
{
    switch (fn) {
    case FN_MALLOC:
        return malloc(a);
    case FN_CALLOC:
        return calloc(a, b);
    case FN_REALLOC_NULL:
        return realloc(NULL, a);
    case FN_REALLOCARRAY_NULL:
        return reallocarray(NULL, a, b);
    case FN_MEMALIGN:
        return memalign(a, b);
    case FN_ALIGNED_ALLOC:
        return aligned_alloc(a, b);
    case FN_VALLOC:
        return valloc(a);
    case FN_PVALLOC:
        return pvalloc(a);
    case FN_LIBC_MALLOC:
        return __libc_malloc(a);
    case FN_LIBC_CALLOC:
        return __libc_calloc(a, b);
    case FN_LIBC_REALLOC:
        return __libc_realloc(NULL, a);
    case FN_LIBC_MEMALIGN:
        return __libc_memalign(a, b);
    case FN_LIBC_VALLOC:
        return __libc_valloc(a);
    case FN_LIBC_PVALLOC:
        return __libc_pvalloc(a);
    default:
        abort();
    }
}

static void *
call_row(const struct fail_row *row)
{
    void *p;

    switch (row->fn) {
    case FN_REALLOC_SMALL:
        return realloc_keeping(40, row->a, 0, false);
    case FN_REALLOC_LARGE:
        return realloc_keeping(LARGE, row->a, 0, false);
    case FN_REALLOC_HUGE:
        return realloc_keeping(HUGE_, row->a, 0, false);
    case FN_REALLOCARRAY_SMALL:
        return realloc_keeping(40, row->a, row->b, true);
    default:
        errno = 0;
        p = call_fn(row->fn, row->a, row->b);
        seen_errno = errno;
        return p;
    }
}

static const char *
check_fail_row(const struct fail_row *row)
{
    if (call_row(row) != NULL) {
        return "gave a block, or lost the old one";
    }
    return seen_errno == row->want ? NULL : "errno is not the one promised";
}

/* posix_memalign: the code is returned; a failure touches nothing else. */
struct posix_row {
    const char *name;
    size_t alignment;
    size_t size;
    int want;
};

static const struct posix_row posix_rows[] = {
    {"posix_memalign 0", 0, 16, EINVAL},
    {"posix_memalign 1", 1, 16, EINVAL},
    {"posix_memalign 2", 2, 16, EINVAL},
    {"posix_memalign 4", 4, 16, EINVAL},
    {"posix_memalign 3", 3, 16, EINVAL},
    {"posix_memalign 12", 12, 16, EINVAL},
    {"posix_memalign 24", 24, 16, EINVAL},
    {"posix_memalign 4097", 4097, 16, EINVAL},
    {"posix_memalign 2^63+8", HALF + 8, 16, EINVAL},
    {"posix_memalign SIZE_MAX", SIZE_MAX, 16, EINVAL},
    {"posix_memalign 3,SIZE_MAX", 3, SIZE_MAX, EINVAL},
    {"posix_memalign 8,SIZE_MAX", 8, SIZE_MAX, ENOMEM},
    {"posix_memalign 16,PTRDIFF_MAX+1", 16, BIG, ENOMEM},
    {"posix_memalign 4096,SIZE_MAX-4096", 4096, SIZE_MAX - 4096, ENOMEM},
    {"posix_memalign 2^63,1", HALF, 1, ENOMEM},
    {"posix_memalign 2^62,PTRDIFF_MAX", HALF / 2, PTRDIFF_MAX, ENOMEM},
    {"posix_memalign 8,0", 8, 0, 0},
    {"posix_memalign 8,1", 8, 1, 0},
    {"posix_memalign 64,100", 64, 100, 0},
    {"posix_memalign 4096,1", 4096, 1, 0},
    {"posix_memalign 1 MiB,1", MIB, 1, 0},
    {"posix_memalign 64 MiB,1", 64 * MIB, 1, 0},
};

static const char *
check_posix_row(const struct posix_row *row)
{
    void *mark = &run;
    void *out = mark;
    int code;

    errno = EXDEV;
    code = posix_memalign(&out, row->alignment, row->size);
    if (errno != EXDEV && !run.on_glibc) {
        return "changed errno";
    }
    if (code != row->want) {
        return "wrong code";
    }
    if (code != 0) {
        return out == mark ? NULL : "wrote the pointer of a failed call";
    }
    if (out == NULL || out == mark || !is_aligned(out, row->alignment)) {
        return "no block, or misaligned";
    }
    memset(out, 0xff, row->size);
    free(out);
    return NULL;
}

/* A row of the third table returns NULL, or what went wrong. */
struct behave_row {
    const char *name;
    const char *(*check)(void);
    bool capheap_only;
};

static const char *
unique_pair(void *a, void *b)
{
    bool ok = a != NULL && b != NULL && a != b;

    ok = ok && is_aligned(a, 16) && is_aligned(b, 16);
    free(a);
    free(b);
    return ok ? NULL : "not two blocks of their own";
}

static const char *
check_malloc_zero(void)
{
    return unique_pair(malloc(0), malloc(0));
}

static const char *
check_calloc_zero_zero(void)
{
    return unique_pair(calloc(0, 0), calloc(0, 0));
}

static const char *
check_calloc_zero_n(void)
{
    return unique_pair(calloc(0, SIZE_MAX), calloc(0, 8));
}

static const char *
check_calloc_n_zero(void)
{
    return unique_pair(calloc(SIZE_MAX, 0), calloc(8, 0));
}

static const char *
check_realloc_null_zero(void)
{
    return unique_pair(realloc(NULL, 0), realloc(NULL, 0));
}

static const char *
check_reallocarray_null_zero(void)
{
    return unique_pair(reallocarray(NULL, 0, 8), reallocarray(NULL, 8, 0));
}

static const char *
check_memalign_zero_size(void)
{
    return unique_pair(memalign(64, 0), memalign(4096, 0));
}

static const char *
check_aligned_alloc_zero_size(void)
{
    return unique_pair(aligned_alloc(64, 0), aligned_alloc(64, 0));
}

static const char *
check_valloc_zero(void)
{
    return unique_pair(valloc(0), valloc(0));
}

static const char *
check_pvalloc_zero(void)
{
    return unique_pair(pvalloc(0), pvalloc(0));
}

static const char *
check_libc_malloc_zero(void)
{
    return unique_pair(__libc_malloc(0), __libc_calloc(0, 0));
}

static const char *
realloc_to_zero(size_t size)
{
    void *p = malloc(size);

    if (p == NULL) {
        return "no block to begin with";
    }
    errno = EXDEV;
    if (realloc(p, 0) != NULL) {
        return "gave a block";
    }
    return errno == EXDEV ? NULL : "changed errno";
}

static const char *
check_realloc_small_to_zero(void)
{
    return realloc_to_zero(24);
}

static const char *
check_realloc_large_to_zero(void)
{
    return realloc_to_zero(LARGE);
}

static const char *
check_realloc_huge_to_zero(void)
{
    return realloc_to_zero(HUGE_);
}

static const char *
check_reallocarray_to_zero(void)
{
    void *p = malloc(100);

    errno = EXDEV;
    if (reallocarray(p, 0, 8) != NULL) {
        return "gave a block";
    }
    return errno == EXDEV ? NULL : "changed errno";
}

static const char *
free_keeps_errno(void *p, bool want_block)
{
    if (want_block && p == NULL) {
        return "no block to begin with";
    }
    errno = EXDEV;
    free(p);
    return errno == EXDEV ? NULL : "changed errno";
}

static const char *
check_free_null(void)
{
    return free_keeps_errno(NULL, false);
}

static const char *
check_free_small(void)
{
    return free_keeps_errno(malloc(24), true);
}

static const char *
check_free_medium(void)
{
    return free_keeps_errno(malloc(20 * KIB), true);
}

static const char *
check_free_large(void)
{
    return free_keeps_errno(malloc(LARGE), true);
}

static const char *
check_free_huge(void)
{
    return free_keeps_errno(malloc(HUGE_), true);
}

static const char *
check_free_huge_aligned(void)
{
    return free_keeps_errno(memalign(64 * MIB, HUGE_), true);
}

static const char *
check_success_keeps_errno(void)
{
    static const size_t sizes[] = {1, 1000, 20 * KIB, LARGE, HUGE_};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *p;

        errno = EXDEV;
        p = malloc(sizes[i]);
        p = realloc(p, sizes[i] * 2);
        free(p);
        p = calloc(1, sizes[i]);
        free(p);
        if (errno != EXDEV) {
            return "a successful call changed errno";
        }
    }
    return NULL;
}

static const char *
check_every_size_aligned(void)
{
    for (size_t n = 1; n <= 2048; n++) {
        void *a = malloc(n);
        void *b = calloc(1, n);
        void *c = realloc(NULL, n);
        bool ok = is_aligned(a, 16) && is_aligned(b, 16) && is_aligned(c, 16);

        ok = ok && a != NULL && b != NULL && c != NULL;
        free(a);
        free(b);
        free(c);
        if (!ok) {
            return "not aligned to 16 bytes";
        }
    }
    return NULL;
}

static const char *
check_usable_null(void)
{
    return malloc_usable_size(NULL) == 0 ? NULL : "not 0";
}

static const char *
aligned_block(void *p, size_t alignment, size_t size)
{
    bool ok =
        p != NULL && is_aligned(p, alignment) && malloc_usable_size(p) >= size;

    if (ok) {
        memset(p, 0xff, size);
    }
    free(p);
    return ok ? NULL : "no block, misaligned, or too small";
}

static const char *
check_memalign_rounds_up(void)
{
    static const size_t rows[][2] = {
        {0, 16},
        {1, 16},
        {3, 16},
        {17, 32},
        {48, 64},
        {100, 128},
        {4095, 4096},
        {5000, 8192},
        {70000, 131072},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* Two at a time: one may be aligned by chance. */
        void *first = memalign(rows[i][0], 10);
        const char *why =
            aligned_block(memalign(rows[i][0], 10), rows[i][1], 10);

        if (why == NULL) {
            why = aligned_block(first, rows[i][1], 10);
        }
        if (why != NULL) {
            return why;
        }
    }
    return NULL;
}

static const char *
check_aligned_alloc_odd_size(void)
{
    return aligned_block(aligned_alloc(4096, 100), 4096, 100);
}

static const char *
check_aligned_alloc_small(void)
{
    return aligned_block(aligned_alloc(1, 7), 16, 7);
}

static const char *
check_valloc_page(void)
{
    return aligned_block(valloc(100), PAGE, 100);
}

static const char *
check_pvalloc_one(void)
{
    return aligned_block(pvalloc(1), PAGE, PAGE);
}

static const char *
check_pvalloc_page_and_one(void)
{
    return aligned_block(pvalloc(PAGE + 1), PAGE, 2 * PAGE);
}

static const char *
check_reallocarray_grows(void)
{
    unsigned char *p = reallocarray(NULL, 10, 10);
    bool ok;

    memset(p, 0x11, 100);
    p = reallocarray(p, 1000, 100);
    ok = p != NULL && is_filled(p, 100, 0x11);
    free(p);
    return ok ? NULL : "lost its content";
}

static const char *
check_libc_names_mix(void)
{
    char *p = __libc_malloc(100);
    char *q = malloc(100);

    if (p == NULL || q == NULL || malloc_usable_size(p) < 100) {
        return "no block";
    }
    p = realloc(p, 5000);
    q = __libc_realloc(q, 5000);
    free(p);
    __libc_free(q);
    free(__libc_calloc(10, 10));
    return aligned_block(__libc_memalign(256, 10), 256, 10);
}

static const char *
check_libc_valloc_page(void)
{
    const char *why = aligned_block(__libc_valloc(1), PAGE, 1);

    return why != NULL ? why : aligned_block(__libc_pvalloc(1), PAGE, PAGE);
}

static const char *
check_cfree(void)
{
    errno = EXDEV;
    extra.cfree(malloc(100));
    extra.cfree(NULL);
    return errno == EXDEV ? NULL : "changed errno";
}

static const char *
check_free_sized(void)
{
    static const size_t sizes[] = {0, 1, 100, 5000, LARGE, HUGE_};

    errno = EXDEV;
    extra.free_sized(NULL, 0);
    extra.free_sized(NULL, 100);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        extra.free_sized(malloc(sizes[i]), sizes[i]);
        extra.free_sized(calloc(1, sizes[i]), sizes[i]);
        extra.free_sized(realloc(malloc(10), sizes[i] + 1), sizes[i] + 1);
    }
    return errno == EXDEV ? NULL : "changed errno";
}

static const char *
check_free_aligned_sized(void)
{
    errno = EXDEV;
    extra.free_aligned_sized(NULL, 64, 100);
    extra.free_aligned_sized(NULL, 0, 0);
    for (size_t alignment = 16; alignment <= MIB; alignment *= 4) {
        extra.free_aligned_sized(aligned_alloc(alignment, 100), alignment, 100);
        extra.free_aligned_sized(
            aligned_alloc(alignment, alignment), alignment, alignment);
    }
    return errno == EXDEV ? NULL : "changed errno";
}

static const char *
check_malloc_size(void)
{
    void *p = malloc(100);
    bool same = extra.malloc_size(p) == malloc_usable_size(p);

    free(p);
    return same && extra.malloc_size(NULL) == 0 ? NULL : "wrong size";
}

static const char *
check_good_size(void)
{
    for (size_t n = 0; n < 100 * KIB; n += 1 + n / 16) {
        void *p = malloc(n);
        bool same = malloc_usable_size(p) == extra.malloc_good_size(n);

        free(p);
        if (!same) {
            return "not what malloc gives";
        }
    }
    for (size_t n = 128 * KIB; n < 100 * MIB; n += n / 3) {
        void *p = malloc(n);
        bool same = malloc_usable_size(p) == extra.malloc_good_size(n);

        free(p);
        if (!same) {
            return "not what malloc gives for a large block";
        }
    }
    return NULL;
}

static const char *
check_reallocarr_life(void)
{
    unsigned char *p = NULL;

    errno = EXDEV;
    if (extra.reallocarr(&p, 10, 10) != 0 || p == NULL) {
        return "did not allocate";
    }
    memset(p, 0x22, 100);
    if (extra.reallocarr(&p, 1000, 100) != 0 || !is_filled(p, 100, 0x22)) {
        return "did not grow";
    }
    if (extra.reallocarr(&p, 10, 0) != 0 || p != NULL) {
        return "size 0 does not free";
    }
    return errno == EXDEV ? NULL : "changed errno";
}

static const char *
check_reallocarr_number_zero(void)
{
    void *p = malloc(10);

    if (extra.reallocarr(&p, 0, 10) != 0 || p != NULL) {
        return "number 0 does not free";
    }
    return NULL;
}

static const char *
reallocarr_fails(size_t number, size_t size, int want)
{
    unsigned char *p = malloc(100);
    unsigned char *old = p;
    int code;

    memset(p, 0x33, 100);
    errno = EXDEV;
    code = extra.reallocarr(&p, number, size);
    if (errno != EXDEV) {
        return "changed errno";
    }
    if (p != old || !is_filled(p, 100, 0x33)) {
        return "lost the block";
    }
    free(p);
    return code == want ? NULL : "wrong code";
}

static const char *
check_reallocarr_overflow(void)
{
    return reallocarr_fails(HALF, 2, EOVERFLOW);
}

static const char *
check_reallocarr_overflow_to_one(void)
{
    return reallocarr_fails(SIZE_MAX / 3 + 1, 3, EOVERFLOW);
}

static const char *
check_reallocarr_too_large(void)
{
    return reallocarr_fails(1, PTRDIFF_MAX, ENOMEM);
}

static const struct behave_row behave_rows[] = {
    {"malloc(0)", check_malloc_zero, false},
    {"calloc(0,0)", check_calloc_zero_zero, false},
    {"calloc(0,n)", check_calloc_zero_n, false},
    {"calloc(n,0)", check_calloc_n_zero, false},
    {"realloc(NULL,0)", check_realloc_null_zero, false},
    {"reallocarray(NULL,0,n)", check_reallocarray_null_zero, false},
    {"memalign(n,0)", check_memalign_zero_size, false},
    {"aligned_alloc(n,0)", check_aligned_alloc_zero_size, false},
    {"valloc(0)", check_valloc_zero, false},
    {"pvalloc(0)", check_pvalloc_zero, false},
    {"__libc_malloc(0)", check_libc_malloc_zero, false},
    {"realloc(small,0)", check_realloc_small_to_zero, false},
    {"realloc(large,0)", check_realloc_large_to_zero, false},
    {"realloc(huge,0)", check_realloc_huge_to_zero, false},
    {"reallocarray(p,0,n)", check_reallocarray_to_zero, false},
    {"free(NULL)", check_free_null, false},
    {"free(small)", check_free_small, false},
    {"free(medium)", check_free_medium, false},
    {"free(large)", check_free_large, false},
    {"free(huge)", check_free_huge, false},
    {"free(huge aligned)", check_free_huge_aligned, false},
    {"success keeps errno", check_success_keeps_errno, false},
    {"every size to 2 KiB aligned", check_every_size_aligned, false},
    {"malloc_usable_size(NULL)", check_usable_null, false},
    {"memalign rounds up", check_memalign_rounds_up, false},
    {"aligned_alloc odd size", check_aligned_alloc_odd_size, false},
    {"aligned_alloc(1,n)", check_aligned_alloc_small, false},
    {"valloc on a page", check_valloc_page, false},
    {"pvalloc(1)", check_pvalloc_one, false},
    {"pvalloc(page+1)", check_pvalloc_page_and_one, false},
    {"reallocarray grows", check_reallocarray_grows, false},
    {"__libc names mix", check_libc_names_mix, false},
    {"__libc_valloc", check_libc_valloc_page, false},
    {"cfree", check_cfree, true},
    {"free_sized", check_free_sized, true},
    {"free_aligned_sized", check_free_aligned_sized, true},
    {"malloc_size", check_malloc_size, true},
    {"malloc_good_size", check_good_size, true},
    {"reallocarr life", check_reallocarr_life, true},
    {"reallocarr number 0", check_reallocarr_number_zero, true},
    {"reallocarr overflow", check_reallocarr_overflow, true},
    {"reallocarr overflow to 1", check_reallocarr_overflow_to_one, true},
    {"reallocarr too large", check_reallocarr_too_large, true},
};

#define N_ROWS(table) (sizeof(table) / sizeof((table)[0]))

static void
note(const char *name, const char *why)
{
    if (why != NULL && run.failed == NULL) {
        run.failed = name;
        run.why = why;
    }
}

static void *
run_tables(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < N_ROWS(fail_rows); i++) {
        if (!run.on_glibc || !fail_rows[i].capheap_only) {
            note(fail_rows[i].name, check_fail_row(&fail_rows[i]));
        }
    }
    for (size_t i = 0; i < N_ROWS(posix_rows); i++) {
        note(posix_rows[i].name, check_posix_row(&posix_rows[i]));
    }
    for (size_t i = 0; i < N_ROWS(behave_rows); i++) {
        if (!run.on_glibc || !behave_rows[i].capheap_only) {
            note(behave_rows[i].name, behave_rows[i].check());
        }
    }
    return NULL;
}

static void
assert_all_rows(void)
{
    if (run.failed != NULL) {
        fail_msg("%s: %s", run.failed, run.why);
    }
}

static int
set_up(void **state)
{
    (void)state;
    run.failed = NULL;
    run.why = NULL;
    return 0;
}

static void
test_contract_main_thread_holds(void **state)
{
    (void)state;
    run_tables(NULL);
    assert_all_rows();
}

static void
run_in_thread(const pthread_attr_t *attr)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, attr, run_tables, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_all_rows();
}

static void
test_contract_second_thread_holds(void **state)
{
    (void)state;
    run_in_thread(NULL);
}

static void
test_contract_smallest_stack_holds(void **state)
{
    pthread_attr_t attr;

    (void)state;
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(
        pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN), 0);
    run_in_thread(&attr);
    pthread_attr_destroy(&attr);
}

static void
test_contract_after_fork_holds(void **state)
{
    pid_t pid = fork();
    int status = -1;

    (void)state;
    assert_true(pid >= 0);
    if (pid == 0) {
        run_tables(NULL);
        if (run.failed != NULL) {
            fprintf(stderr, "in the child: %s: %s\n", run.failed, run.why);
        }
        _exit(run.failed != NULL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* Guards against a run that by some slip tests another malloc. */
static void
test_malloc_in_this_program_is_capheap(void **state)
{
    static const char *const names[] = {
        "malloc",
        "calloc",
        "realloc",
        "free",
        "reallocarray",
        "posix_memalign",
        "aligned_alloc",
        "memalign",
        "valloc",
        "pvalloc",
        "malloc_usable_size",
        "cfree",
        "free_sized",
        "free_aligned_sized",
        "reallocarr",
        "malloc_size",
        "malloc_good_size",
        "__libc_malloc",
        "__libc_calloc",
        "__libc_realloc",
        "__libc_free",
        "__libc_memalign",
        "__libc_valloc",
        "__libc_pvalloc",
        "mallinfo",
        "mallinfo2",
        "malloc_info",
        "malloc_stats",
        "malloc_trim",
        "mallopt",
    };

    (void)state;
    if (run.on_glibc) {
        skip();
    }
    for (size_t i = 0; i < N_ROWS(names); i++) {
        Dl_info info = {0};
        void *at = dlsym(RTLD_DEFAULT, names[i]);

        if (at == NULL || dladdr(at, &info) == 0
            || strstr(info.dli_fname, "capheap") == NULL) {
            fail_msg("%s is from %s", names[i],
                info.dli_fname != NULL ? info.dli_fname : "nowhere");
        }
    }
}

static void
look_up_extra(void)
{
    *(void **)&extra.cfree = dlsym(RTLD_DEFAULT, "cfree");
    *(void **)&extra.free_sized = dlsym(RTLD_DEFAULT, "free_sized");
    *(void **)&extra.free_aligned_sized =
        dlsym(RTLD_DEFAULT, "free_aligned_sized");
    *(void **)&extra.reallocarr = dlsym(RTLD_DEFAULT, "reallocarr");
    *(void **)&extra.malloc_size = dlsym(RTLD_DEFAULT, "malloc_size");
    *(void **)&extra.malloc_good_size = dlsym(RTLD_DEFAULT, "malloc_good_size");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malloc_in_this_program_is_capheap),
        cmocka_unit_test_setup(test_contract_main_thread_holds, set_up),
        cmocka_unit_test_setup(test_contract_second_thread_holds, set_up),
        cmocka_unit_test_setup(test_contract_smallest_stack_holds, set_up),
        cmocka_unit_test_setup(test_contract_after_fork_holds, set_up),
    };

    run.on_glibc = test_on_glibc();
    look_up_extra();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
