/* SPDX-License-Identifier: MIT */
/*
 * spawn.c - vfork and posix_spawn while threads allocate.
 *
 * Neither may change the parent's heap, nor leak a descriptor.
 */
#include <dirent.h>
#include <pthread.h>
#include <spawn.h>

#include "faultutil.h"

#define N_THREADS 4
#define N_SPAWNS  300
#define N_VFORKS  1500
#define N_KEPT    500

extern char **environ;

static unsigned char *kept[N_KEPT];
static volatile int stop;

static void *
allocating_thread(void *arg)
{
    uint64_t rng = (uint64_t)(uintptr_t)arg;

    while (!stop) {
        size_t size = rng_log_size(&rng, 16);
        unsigned char *p = malloc(size);

        CHECK(p != NULL);
        p[0] = 1;
        p[size - 1] = 2;
        free(realloc(p, size * 2));
    }
    return NULL;
}

static size_t
count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    CHECK(dir != NULL);
    while (readdir(dir) != NULL) {
        n++;
    }
    closedir(dir);
    return n;
}

static void
spawn_true(void)
{
    char *argv[] = {(char *)(uintptr_t) "true", NULL};
    pid_t pid = 0;

    CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) == 0);
    fault_wait_ok(pid);
}

static void
vfork_and_exit(void)
{
    pid_t pid = vfork();

    if (pid == 0) {
        _exit(0);
    }
    fault_wait_ok(pid);
}

static void
vfork_and_fail_to_exec(void)
{
    pid_t pid = vfork();

    if (pid == 0) {
        execl("/nonexistent", "nonexistent", (char *)NULL);
        _exit(0);
    }
    fault_wait_ok(pid);
}

int
main(void)
{
    pthread_t threads[N_THREADS];
    size_t n_fds = count_fds();

    fault_watchdog(200);
    for (size_t i = 0; i < N_KEPT; i++) {
        kept[i] = malloc(i * 37 + 1);
        CHECK(kept[i] != NULL);
        memset(kept[i], (int)(i & 0xff), i * 37 + 1);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, allocating_thread,
                  (void *)(uintptr_t)(i + 1))
              == 0);
    }
    for (size_t i = 0; i < N_VFORKS; i++) {
        if (i % 5 == 0 && i / 5 < N_SPAWNS) {
            spawn_true();
        }
        vfork_and_exit();
        if (i % 10 == 0) {
            vfork_and_fail_to_exec();
        }
    }
    stop = 1;
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < N_KEPT; i++) {
        CHECK(is_filled(kept[i], i * 37 + 1, (unsigned char)(i & 0xff)));
        free(kept[i]);
    }
    CHECK(count_fds() == n_fds);
    return 0;
}
