/* SPDX-License-Identifier: MIT */
/*
 * cancel.c - a thread is cancelled in the middle of reports.
 *
 * malloc_stats and malloc_info write to streams, where a cancellation may
 * strike.  The heap must work afterwards, for everybody.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "faultutil.h"

#define N_THREADS 200

static atomic_int started;

static void *
reporting_thread(void *unused)
{
    (void)unused;
    atomic_store(&started, 1);
    for (;;) {
        void *p = malloc(5000);

        malloc_stats();
        free(p);
        pthread_testcancel();
    }
    return NULL;
}

int
main(void)
{
    int saved = dup(2);
    int null = open("/dev/null", O_WRONLY);

    fault_watchdog(60);
    CHECK(saved >= 0 && null >= 0 && dup2(null, 2) == 2);
    for (int i = 0; i < N_THREADS; i++) {
        pthread_t thread;
        void *result = NULL;

        atomic_store(&started, 0);
        CHECK(pthread_create(&thread, NULL, reporting_thread, NULL) == 0);
        while (!atomic_load(&started)) {
            usleep(10);
        }
        usleep((unsigned)(i * 7 % 200));
        CHECK(pthread_cancel(thread) == 0);
        CHECK(pthread_join(thread, &result) == 0);
        CHECK(result == PTHREAD_CANCELED);
        free(malloc(100000));
        (void)mallinfo2();
    }
    malloc_stats();
    dup2(saved, 2);
    free(calloc(1, 50 * MIB));
    return 0;
}
