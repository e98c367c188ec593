/* SPDX-License-Identifier: MIT */
/*
 * exit_order.c - malloc and free while the process ends.
 *
 * Children leave by exit, quick_exit or return of main, with threads still
 * at work; their handlers free what was allocated long before and allocate
 * again.
 */
#include <pthread.h>

#include "faultutil.h"

#define N_EXITS   300
#define N_THREADS 3

static unsigned char *early[64];

static void
use_heap(void)
{
    for (size_t i = 0; i < 64; i++) {
        unsigned char *p = malloc(i * i * 10 + 1);

        CHECK(p != NULL);
        p[i * i * 10] = 1;
        free(early[i]);
        early[i] = p;
    }
}

__attribute__((destructor)) static void
at_unload(void)
{
    use_heap();
    for (size_t i = 0; i < 64; i++) {
        free(early[i]);
    }
}

static void *
busy_thread(void *arg)
{
    uint64_t rng = (uint64_t)(uintptr_t)arg;

    for (;;) {
        size_t size = rng_log_size(&rng, 17);
        unsigned char *p = malloc(size);

        CHECK(p != NULL);
        p[size - 1] = 1;
        free(p);
    }
    return NULL;
}

static void
be_child(size_t turn)
{
    fault_watchdog(30);
    use_heap();
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_t thread;

        CHECK(pthread_create(
                  &thread, NULL, busy_thread, (void *)(uintptr_t)(turn + i))
              == 0);
        CHECK(pthread_detach(thread) == 0);
    }
    for (int i = 0; i < 40; i++) {
        CHECK(atexit(use_heap) == 0);
        CHECK(at_quick_exit(use_heap) == 0);
    }
    if (turn % 2 == 0) {
        quick_exit(0);
    }
    exit(0);
}

int
main(void)
{
    fault_watchdog(120);
    for (size_t turn = 0; turn < N_EXITS; turn++) {
        pid_t pid = fork();

        if (pid == 0) {
            be_child(turn);
        }
        fault_wait_ok(pid);
    }
    use_heap();
    return 0;
}
