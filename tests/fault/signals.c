/* SPDX-License-Identifier: MIT */
/*
 * signals.c - a signal storm over threads that allocate.
 *
 * The handler only counts.  What is at stake are system calls that a signal
 * cuts short and state that lies on the stack: half of the threads take the
 * signals on a stack of their own.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

#include "faultutil.h"

#define N_THREADS 4
#define N_STEPS   1000000
#define N_LIVE    256
#define PERIOD_NS 20000

static atomic_ulong n_signals;

static void
count_signal(int sig)
{
    (void)sig;
    atomic_fetch_add_explicit(&n_signals, 1, memory_order_relaxed);
}

static void
step(unsigned char **live, size_t *sizes, uint64_t *rng)
{
    size_t at = rng_below(rng, N_LIVE);
    size_t size = rng_below(rng, 5000) == 0 ? 40 * MIB : rng_log_size(rng, 15);
    unsigned char byte = (unsigned char)at;

    if (live[at] != NULL) {
        size_t n = sizes[at] < size ? sizes[at] : size;

        n = n < 64 ? n : 64;
        CHECK(is_filled(live[at], n, byte));
        if (rng_below(rng, 2) == 0) {
            free(live[at]);
            live[at] = NULL;
        }
    }
    live[at] = realloc(live[at], size);
    CHECK(live[at] != NULL);
    sizes[at] = size;
    memset(live[at], byte, size < 64 ? size : 64);
}

static void *
thread_main(void *arg)
{
    uint64_t rng = (uint64_t)(uintptr_t)arg;
    unsigned char **live = calloc(N_LIVE, sizeof(*live));
    size_t *sizes = calloc(N_LIVE, sizeof(*sizes));
    stack_t stack = {.ss_sp = malloc(64 * KIB), .ss_size = 64 * KIB};
    stack_t off = {.ss_flags = SS_DISABLE};

    if ((uintptr_t)arg % 2 == 0) {
        CHECK(sigaltstack(&stack, NULL) == 0);
    }
    for (int i = 0; i < N_STEPS; i++) {
        step(live, sizes, &rng);
    }
    CHECK(sigaltstack(&off, NULL) == 0);
    for (size_t i = 0; i < N_LIVE; i++) {
        free(live[i]);
    }
    free(live);
    free(sizes);
    free(stack.ss_sp);
    return NULL;
}

static void
start_storm(void)
{
    struct sigaction action = {.sa_handler = count_signal};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL};
    struct itimerspec every = {
        .it_interval = {0, PERIOD_NS}, .it_value = {0, PERIOD_NS}};
    struct itimerval tick = {.it_interval = {0, 50}, .it_value = {0, 50}};
    timer_t timer;

    action.sa_flags = SA_ONSTACK; /* and not SA_RESTART */
    CHECK(sigaction(SIGPROF, &action, NULL) == 0);
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    event.sigev_signo = SIGUSR1;
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    CHECK(timer_settime(timer, 0, &every, NULL) == 0);
    CHECK(setitimer(ITIMER_PROF, &tick, NULL) == 0);
}

int
main(void)
{
    pthread_t threads[N_THREADS];

    fault_watchdog(200);
    start_storm();
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_create(
                  &threads[i], NULL, thread_main, (void *)(uintptr_t)(i + 1))
              == 0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(atomic_load(&n_signals) > 0);
    return 0;
}
