/* SPDX-License-Identifier: MIT */
/*
 * oom_refill.c - the address space runs out, and is usable again after free.
 *
 * A child sets RLIMIT_AS a little above what it has, fills up with blocks of
 * one size from several threads and functions, frees all, and must get at
 * least nine tenths again; threads and fork must work afterwards.
 */
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>

#include "faultutil.h"

#define ROOM      (300 * MIB)
#define N_THREADS 4

/* A block's first word chains it to the one before. */
struct chain {
    void **last;
    size_t n;
};

static void *
alloc_by_turn(size_t turn, size_t size)
{
    void *p = NULL;

    switch (turn % 6) {
    case 0:
        return calloc(1, size);
    case 1:
        return realloc(NULL, size);
    case 2:
        return reallocarray(NULL, 1, size);
    case 3:
        return posix_memalign(&p, 16, size) == 0 ? p : (errno = ENOMEM, NULL);
    case 4:
        return aligned_alloc(16, size);
    default:
        return malloc(size);
    }
}

static void
fill(struct chain *c, size_t size)
{
    for (;;) {
        void **p;

        errno = 0;
        p = alloc_by_turn(c->n, size);
        if (p == NULL) {
            CHECK(errno == ENOMEM);
            return;
        }
        *p = c->last;
        c->last = p;
        c->n++;
    }
}

static size_t
drain(struct chain *c)
{
    size_t n = c->n;

    errno = EXDEV;
    while (c->last != NULL) {
        void **before = *c->last;

        free(c->last);
        c->last = before;
    }
    CHECK(errno == EXDEV);
    c->n = 0;
    return n;
}

static void *
do_nothing(void *arg)
{
    free(malloc(1000));
    return arg;
}

/* A thread with a small stack: what RLIMIT_AS leaves is not for stacks. */
static void
check_life_goes_on(void)
{
    pthread_attr_t attr;

    CHECK(pthread_attr_init(&attr) == 0);
    CHECK(pthread_attr_setstacksize(&attr, 256 * KIB) == 0);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;

        CHECK(pthread_create(&thread, &attr, do_nothing, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    for (int i = 0; i < 5; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            CHECK(malloc(100) != NULL);
            _exit(0);
        }
        fault_wait_ok(pid);
    }
}

static void
set_limit(size_t room)
{
    struct rlimit limit = {fault_vsize() + room, RLIM_INFINITY};

    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

static void
check_size(size_t size)
{
    struct chain c = {0};
    size_t first;
    size_t again;

    set_limit(ROOM);
    fill(&c, size);
    first = drain(&c);
    fill(&c, size);
    again = drain(&c);
    if (again < first - first / 10 || first * size < ROOM / 2) {
        dprintf(2, "blocks of %zu: first %zu, then %zu\n", size, first, again);
        _exit(1);
    }
    malloc_trim(0);
    if (getenv("CH_TEST_GLIBC") == NULL) {
        check_life_goes_on(); /* glibc does not always manage */
    }
    _exit(0);
}

/* What small blocks leave behind must serve large ones. */
static void
check_other_size(size_t size, size_t other)
{
    struct chain c = {0};
    size_t first;
    size_t again;

    set_limit(ROOM);
    fill(&c, size);
    first = drain(&c) * size;
    malloc_trim(0);
    fill(&c, other);
    again = drain(&c) * other;
    if (again < first / 2) {
        dprintf(2, "%zu bytes of %zu, then %zu bytes of %zu\n", first, size,
            again, other);
        _exit(1);
    }
    _exit(0);
}

static struct chain chains[N_THREADS];
static pthread_barrier_t barrier;

static void *
fill_in_thread(void *arg)
{
    size_t id = (size_t)(uintptr_t)arg;

    pthread_barrier_wait(&barrier);
    fill(&chains[id], 1000 + id * 3000);
    pthread_barrier_wait(&barrier);
    drain(&chains[(id + 1) % N_THREADS]);
    pthread_barrier_wait(&barrier);
    fill(&chains[id], 1000 + id * 3000);
    pthread_barrier_wait(&barrier);
    drain(&chains[id]);
    return NULL;
}

static void
check_threads(void)
{
    pthread_t threads[N_THREADS];

    pthread_barrier_init(&barrier, NULL, N_THREADS);
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_create(
                  &threads[i], NULL, fill_in_thread, (void *)(uintptr_t)i)
              == 0);
        if (i == N_THREADS - 2) {
            set_limit(ROOM);
        }
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    malloc_trim(0);
    if (getenv("CH_TEST_GLIBC") == NULL) {
        check_life_goes_on(); /* glibc does not always manage */
    }
    _exit(0);
}

int
main(void)
{
    static const size_t sizes[] = {
        24, 144, 1000, 4096, 70 * KIB, MIB, 40 * MIB};
    pid_t pid;

    fault_watchdog(200);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        pid = fork();
        if (pid == 0) {
            fault_watchdog(60);
            check_size(sizes[i]);
        }
        fault_wait_ok(pid);
    }
    pid = fork();
    if (pid == 0) {
        fault_watchdog(60);
        check_other_size(144, 70 * KIB);
    }
    fault_wait_ok(pid);
    pid = fork();
    if (pid == 0) {
        fault_watchdog(60);
        check_other_size(70 * KIB, 144);
    }
    fault_wait_ok(pid);
    for (int i = 0; i < 5; i++) {
        pid = fork();
        if (pid == 0) {
            fault_watchdog(60);
            check_threads();
        }
        fault_wait_ok(pid);
    }
    return 0;
}
