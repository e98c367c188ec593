/* SPDX-License-Identifier: MIT */
/*
 * fork_storm.c - a process whose threads allocate forks all the time.
 *
 * Each child frees blocks that threads of the parent made, allocates in all
 * sizes, starts threads of its own and forks once more.
 */
#include <pthread.h>

#include "faultutil.h"

#define N_THREADS 4
#define N_FORKS   400
#define N_BLOCKS  200 /* a thread's, for the children to free */
#define N_LIVE    64

static unsigned char *shared[N_THREADS][N_BLOCKS];
static size_t shared_size[N_THREADS][N_BLOCKS];
static pthread_barrier_t ready;
static volatile int stop;

static size_t
size_of_turn(uint64_t *rng)
{
    return rng_below(rng, 200) == 0 ? 2 * MIB : rng_log_size(rng, 17);
}

static void
churn(uint64_t *rng, unsigned n_steps)
{
    unsigned char *live[N_LIVE] = {0};
    size_t size[N_LIVE] = {0};

    for (unsigned i = 0; i < n_steps; i++) {
        size_t at = rng_below(rng, N_LIVE);

        if (live[at] != NULL) {
            CHECK(live[at][0] == (unsigned char)at);
            CHECK(live[at][size[at] - 1] == (unsigned char)at);
            free(live[at]);
        }
        size[at] = size_of_turn(rng);
        live[at] = malloc(size[at]);
        CHECK(live[at] != NULL);
        live[at][0] = (unsigned char)at;
        live[at][size[at] - 1] = (unsigned char)at;
    }
    for (size_t i = 0; i < N_LIVE; i++) {
        free(live[i]);
    }
}

static void *
allocating_thread(void *arg)
{
    size_t id = (size_t)(uintptr_t)arg;
    uint64_t rng = id + 1;

    for (size_t i = 0; i < N_BLOCKS; i++) {
        size_t size = i == 0 ? 40 * MIB : size_of_turn(&rng);

        shared[id][i] = malloc(size);
        shared_size[id][i] = size;
        CHECK(shared[id][i] != NULL);
        memset(shared[id][i], (int)id, size < MIB ? size : 4096);
    }
    pthread_barrier_wait(&ready);
    while (!stop) {
        churn(&rng, 500);
    }
    return NULL;
}

static void *
thread_of_child(void *arg)
{
    uint64_t rng = (uint64_t)(uintptr_t)arg;

    churn(&rng, 200);
    return NULL;
}

static void
free_parents_blocks(void)
{
    for (size_t i = 0; i < N_THREADS; i++) {
        for (size_t j = 0; j < N_BLOCKS; j++) {
            size_t n = shared_size[i][j] < 4096 ? shared_size[i][j] : 4096;

            CHECK(is_filled(shared[i][j], n, (unsigned char)i));
            if (j % 3 == 0) {
                shared[i][j] = realloc(shared[i][j], 3000);
            }
            free(shared[i][j]);
        }
    }
}

static void
be_child(unsigned turn)
{
    uint64_t rng = turn;
    pthread_t threads[2];
    pid_t pid;

    fault_watchdog(60);
    free_parents_blocks();
    churn(&rng, 500);
    for (size_t i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, thread_of_child,
                  (void *)(uintptr_t)(turn * 2 + i))
              == 0);
    }
    pid = fork();
    if (pid == 0) {
        fault_watchdog(60);
        churn(&rng, 300);
        _exit(0);
    }
    churn(&rng, 300);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    fault_wait_ok(pid);
    _exit(0);
}

int
main(void)
{
    pthread_t threads[N_THREADS];
    uint64_t rng = 99;

    fault_watchdog(240);
    pthread_barrier_init(&ready, NULL, N_THREADS + 1);
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_create(
                  &threads[i], NULL, allocating_thread, (void *)(uintptr_t)i)
              == 0);
    }
    pthread_barrier_wait(&ready);
    for (unsigned turn = 0; turn < N_FORKS; turn++) {
        pid_t pid = fork();

        if (pid == 0) {
            be_child(turn);
        }
        churn(&rng, 50);
        fault_wait_ok(pid);
    }
    stop = 1;
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    free_parents_blocks();
    return 0;
}
