/* SPDX-License-Identifier: MIT */
/*
 * host.c - what a host's libc does at its leisure, done at the start.
 */
#include "host.h"

#include <pthread.h>
#include <stddef.h>

#define N_TASKS 4u

/* Nobody leaves before all are there. */
static pthread_barrier_t barrier;

static void *
wait_for_all(void *arg)
{
    pthread_barrier_wait(&barrier);
    return arg;
}

void
host_warm_up(void)
{
    pthread_t tasks[N_TASKS];
    unsigned n = 0;

    pthread_barrier_init(&barrier, NULL, N_TASKS);
    while (n < N_TASKS
           && pthread_create(&tasks[n], NULL, wait_for_all, NULL) == 0) {
        n++;
    }
    for (unsigned i = 0; n == N_TASKS && i < n; i++) {
        pthread_join(tasks[i], NULL);
    }
}
