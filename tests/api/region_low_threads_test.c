/* SPDX-License-Identifier: MIT */
/*
 * region_low_threads_test.c - capheap_region_on_low() comes and goes while
 * other threads allocate.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capheap.h"
#include "esp_heap_caps.h"

#define N_THREADS 4
#define N_CHANGES 2000000
#define N_TOLD    20000

extern const char *capheap_conf;
const char *capheap_conf = "profile=esp32";

static atomic_bool stop;
static atomic_ulong n_told;
static int ctx;

static void
count(const char *name, size_t free_bytes, void *arg)
{
    (void)name;
    (void)free_bytes;
    atomic_fetch_add(&n_told, arg == &ctx ? 1 : 0);
}

static void *
allocate(void *unused)
{
    while (!atomic_load(&stop)) {
        heap_caps_free(heap_caps_malloc(16, MALLOC_CAP_8BIT));
    }
    return unused;
}

static void
test_a_callback_ends_while_others_allocate(void **state)
{
    pthread_t threads[N_THREADS];

    (void)state;
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, allocate, NULL), 0);
    }
    for (int i = 0; i < N_CHANGES && atomic_load(&n_told) < N_TOLD; i++) {
        /* More than there is: every allocation leaves less. */
        assert_int_equal(
            capheap_region_on_low("dram0", SIZE_MAX, count, &ctx), 0);
        assert_int_equal(capheap_region_on_low("dram0", 0, NULL, NULL), 0);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(atomic_load(&n_told) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_callback_ends_while_others_allocate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
