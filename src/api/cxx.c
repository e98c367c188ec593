/* SPDX-License-Identifier: MIT */
/*
 * cxx.c - the 20 forms of operator new and delete, without libstdc++.
 *
 * What of libstdc++ is needed when memory runs out is found by weak names: a
 * program that calls operator new has them.  A nothrow form must catch what a
 * new-handler throws, which C cannot; then, and only then, it hands over to
 * libstdc++'s own nothrow form, which calls the throwing form below within a
 * try block.
 *
 * Source: C++17 21.6.2; names by the Itanium C++ ABI, `m` being size_t.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "api/blocks.h"
#include "api/heap_caps.h"
#include "front/other_malloc.h"
#include "front/route.h"
#include "os/fault.h"

struct nothrow; /* std::nothrow_t */

typedef void (*new_handler)(void);

/* std::get_new_handler() and std::__throw_bad_alloc(). */
extern new_handler _ZSt15get_new_handlerv(void) __attribute__((weak));
extern void _ZSt17__throw_bad_allocv(void) __attribute__((weak));

/* What is wanted; align 0 is the alignment of malloc(). */
struct want {
    size_t size;
    size_t align;
    const void *caller; /* where the operator returns to */
};

static void *
try_new(const struct want *want)
{
    const struct ch_other_malloc *other = ch_other_malloc();

    if (CH_UNLIKELY(other != NULL)) {
        return want->align == 0 ? other->malloc(want->size)
                                : other->memalign(want->align, want->size);
    }
    return want->align == 0
               ? ch_route_alloc(want->size, want->caller)
               : ch_route_alloc_aligned(want->align, want->size, want->caller);
}

static new_handler
current_handler(void)
{
    return _ZSt15get_new_handlerv != NULL ? _ZSt15get_new_handlerv() : NULL;
}

/* Throws std::bad_alloc; a program without libstdc++ ends. */
CH_NORETURN static void
throw_bad_alloc(void)
{
    if (_ZSt17__throw_bad_allocv != NULL) {
        _ZSt17__throw_bad_allocv();
    }
    ch_say("operator new: out of memory, and nobody can throw");
    abort();
}

/* Calls the new-handler until there is memory, or throws. */
static void *
new_or_throw(const struct want *want)
{
    void *p = try_new(want);

    while (p == NULL) {
        new_handler handler = current_handler();

        ch_heap_caps_tell_refused(want->size);

        if (handler == NULL) {
            throw_bad_alloc();
        }
        handler();
        p = try_new(want);
    }
    return p;
}

static CH_SLOW void *
new_slow(size_t size, const void *caller)
{
    struct want want = {.size = size, .caller = caller};

    return new_or_throw(&want);
}

static CH_NOINLINE void *
new_medium(size_t size, const void *caller)
{
    void *p = ch_block_take_medium(size);

    return CH_LIKELY(p != NULL) ? p : new_slow(size, caller);
}

CH_FAST void *
new_fast(size_t size)
{
    void *p;

    if (CH_UNLIKELY(!ch_slab_is_fast(size))) {
        return new_medium(size, CH_CALLER);
    }
    p = ch_slab_alloc_fast(size);
    return CH_LIKELY(p != NULL) ? p : new_slow(size, CH_CALLER);
}

CH_FAST void *
new_aligned(size_t size, size_t align)
{
    struct want want = {.size = size, .align = align, .caller = CH_CALLER};

    return new_or_throw(&want);
}

/* The function of libstdc++ that is behind one of ours; NULL: none. */
static void *
next_definition(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static CH_SLOW void *
new_nothrow_slow(size_t size, const struct nothrow *tag, const void *caller)
{
    struct want want = {.size = size, .caller = caller};
    void *(*next)(size_t, const struct nothrow *);
    void *found;
    void *p = try_new(&want);

    if (p != NULL || current_handler() == NULL) {
        return p;
    }
    found = next_definition("_ZnwmRKSt9nothrow_t");
    memcpy(&next, &found, sizeof next);
    return next != NULL ? next(size, tag) : NULL;
}

CH_FAST void *
new_nothrow(size_t size, const struct nothrow *tag)
{
    void *p = ch_slab_is_fast(size) ? ch_slab_alloc_fast(size) : NULL;

    return CH_LIKELY(p != NULL) ? p : new_nothrow_slow(size, tag, CH_CALLER);
}

CH_FAST void *
new_aligned_nothrow(size_t size, size_t align, const struct nothrow *tag)
{
    struct want want = {.size = size, .align = align, .caller = CH_CALLER};
    void *(*next)(size_t, size_t, const struct nothrow *);
    void *found;
    void *p = try_new(&want);

    if (p != NULL || current_handler() == NULL) {
        return p;
    }
    found = next_definition("_ZnwmSt11align_val_tRKSt9nothrow_t");
    memcpy(&next, &found, sizeof next);
    return next != NULL ? next(size, align, tag) : NULL;
}

/* operator new and operator new[]. */
CH_API void *_Znwm(size_t size);
CH_API void *_Znam(size_t size);
CH_API void *_ZnwmRKSt9nothrow_t(size_t size, const struct nothrow *tag);
CH_API void *_ZnamRKSt9nothrow_t(size_t size, const struct nothrow *tag);
CH_API void *_ZnwmSt11align_val_t(size_t size, size_t align);
CH_API void *_ZnamSt11align_val_t(size_t size, size_t align);
CH_API void *_ZnwmSt11align_val_tRKSt9nothrow_t(
    size_t size, size_t align, const struct nothrow *tag);
CH_API void *_ZnamSt11align_val_tRKSt9nothrow_t(
    size_t size, size_t align, const struct nothrow *tag);

/* operator delete and operator delete[]. */
CH_API void _ZdlPv(void *p);
CH_API void _ZdaPv(void *p);
CH_API void _ZdlPvm(void *p, size_t size);
CH_API void _ZdaPvm(void *p, size_t size);
CH_API void _ZdlPvRKSt9nothrow_t(void *p, const struct nothrow *tag);
CH_API void _ZdaPvRKSt9nothrow_t(void *p, const struct nothrow *tag);
CH_API void _ZdlPvSt11align_val_t(void *p, size_t align);
CH_API void _ZdaPvSt11align_val_t(void *p, size_t align);
CH_API void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align);
CH_API void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align);
CH_API void _ZdlPvSt11align_val_tRKSt9nothrow_t(
    void *p, size_t align, const struct nothrow *tag);
CH_API void _ZdaPvSt11align_val_tRKSt9nothrow_t(
    void *p, size_t align, const struct nothrow *tag);

CH_HOT void *
_Znwm(size_t size)
{
    return new_fast(size);
}

void *
_ZnwmRKSt9nothrow_t(size_t size, const struct nothrow *tag)
{
    return new_nothrow(size, tag);
}

void *
_ZnwmSt11align_val_t(size_t size, size_t align)
{
    return new_aligned(size, align);
}

void *
_ZnwmSt11align_val_tRKSt9nothrow_t(
    size_t size, size_t align, const struct nothrow *tag)
{
    return new_aligned_nothrow(size, align, tag);
}

CH_HOT void
_ZdlPv(void *p)
{
    ch_block_free(p);
}

/*
 * The other forms take the same registers and use no more of them: the size,
 * the alignment and the tag are not needed to free a block.
 */
void *_Znam(size_t size) CH_ALIAS(_Znwm);
void *_ZnamRKSt9nothrow_t(size_t size, const struct nothrow *tag)
    CH_ALIAS(_ZnwmRKSt9nothrow_t);
void *_ZnamSt11align_val_t(size_t size, size_t align)
    CH_ALIAS(_ZnwmSt11align_val_t);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t align,
    const struct nothrow *tag) CH_ALIAS(_ZnwmSt11align_val_tRKSt9nothrow_t);
void _ZdaPv(void *p) CH_ALIAS(_ZdlPv);

CH_ALIASES_OF_OTHER_TYPES
void _ZdlPvm(void *p, size_t size) CH_ALIAS(_ZdlPv);
void _ZdaPvm(void *p, size_t size) CH_ALIAS(_ZdlPv);
void _ZdlPvRKSt9nothrow_t(void *p, const struct nothrow *tag) CH_ALIAS(_ZdlPv);
void _ZdaPvRKSt9nothrow_t(void *p, const struct nothrow *tag) CH_ALIAS(_ZdlPv);
void _ZdlPvSt11align_val_t(void *p, size_t align) CH_ALIAS(_ZdlPv);
void _ZdaPvSt11align_val_t(void *p, size_t align) CH_ALIAS(_ZdlPv);
void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t align)
    CH_ALIAS(_ZdlPv);
void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t align)
    CH_ALIAS(_ZdlPv);
void _ZdlPvSt11align_val_tRKSt9nothrow_t(
    void *p, size_t align, const struct nothrow *tag) CH_ALIAS(_ZdlPv);
void _ZdaPvSt11align_val_tRKSt9nothrow_t(
    void *p, size_t align, const struct nothrow *tag) CH_ALIAS(_ZdlPv);
