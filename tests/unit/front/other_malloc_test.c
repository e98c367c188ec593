/* SPDX-License-Identifier: MIT */
/*
 * other_malloc_test.c - a sanitizer in the process is found by its names.
 *
 * This program has the names that a sanitizer's runtime exports.
 */
#include "front/other_malloc.h"

#include "front/route.h"
#include "heap/slab/cache.h"
#include "unit/_unit.h"

void *__interceptor_malloc(size_t size);
void *__interceptor_calloc(size_t n, size_t size);
void *__interceptor_realloc(void *p, size_t size);
void __interceptor_free(void *p);
void *__interceptor_memalign(size_t align, size_t size);
size_t __interceptor_malloc_usable_size(void *p);

void *
__interceptor_malloc(size_t size)
{
    return NULL;
}

void *
__interceptor_calloc(size_t n, size_t size)
{
    return NULL;
}

void *
__interceptor_realloc(void *p, size_t size)
{
    return NULL;
}

void
__interceptor_free(void *p)
{
}

void *
__interceptor_memalign(size_t align, size_t size)
{
    return NULL;
}

size_t
__interceptor_malloc_usable_size(void *p)
{
    return 0;
}

static void
test_other_malloc_with_sanitizer_has_all_its_functions(void)
{
    const struct ch_other_malloc *other = ch_other_malloc();

    CHECK(other != NULL);
    CHECK(other->malloc == __interceptor_malloc);
    CHECK(other->calloc == __interceptor_calloc);
    CHECK(other->realloc == __interceptor_realloc);
    CHECK(other->free == __interceptor_free);
    CHECK(other->memalign == __interceptor_memalign);
    CHECK(other->usable_size == __interceptor_malloc_usable_size);
    CHECK(ch_other_malloc() == other);
}

static void
test_other_malloc_keeps_the_fast_paths_empty(void)
{
    for (int i = 0; i < 100; i++) {
        void *p = ch_route_alloc(100, NULL);

        CHECK(p != NULL && ch_route_has(p));
        CHECK(ch_cache_active == &ch_cache_empty);
        ch_route_free(p, "free");
        CHECK(ch_cache_active == &ch_cache_empty);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_other_malloc_with_sanitizer_has_all_its_functions),
        forked_test(test_other_malloc_keeps_the_fast_paths_empty),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
