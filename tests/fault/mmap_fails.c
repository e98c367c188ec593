/* SPDX-License-Identifier: MIT */
/*
 * mmap_fails.c - system calls that give memory fail, from some point on.
 *
 * First by address space: RLIMIT_AS leaves room for 0, 1, 2... steps more.
 * Then by a system call filter that denies one call altogether.  A program
 * sees NULL with ENOMEM, and nothing else; free goes on working and keeps
 * errno; calloc stays zero even if memory cannot be given back.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "faultutil.h"

#define N_STEPS  60
#define STEP     (256 * KIB)
#define N_BLOCKS 1500
#define N_ROUNDS 4

static unsigned char *blocks[N_BLOCKS];
static size_t sizes[N_BLOCKS];

static void
expect_block_or_enomem(const void *p)
{
    CHECK(p != NULL || errno == ENOMEM);
}

static unsigned char *
alloc_any(size_t size, uint64_t *rng)
{
    void *p = NULL;

    errno = 0;
    switch (rng_below(rng, 6)) {
    case 0:
        p = calloc(1, size);
        CHECK(p == NULL || is_filled(p, size, 0));
        break;
    case 1:
        p = memalign((size_t)16 << rng_below(rng, 12), size);
        break;
    case 2:
        errno = posix_memalign(&p, 64, size);
        break;
    case 3:
        p = malloc(size / 2 + 1);
        if (p != NULL) {
            void *q = realloc(p, size);

            if (q == NULL) {
                CHECK(errno == ENOMEM);
                free(p);
                errno = ENOMEM;
            }
            p = q;
        }
        break;
    default:
        p = malloc(size);
        break;
    }
    expect_block_or_enomem(p);
    return p;
}

static void
free_keeping_errno(unsigned char *p)
{
    errno = EXDEV;
    free(p);
    CHECK(errno == EXDEV);
}

static void
work(uint64_t *rng)
{
    for (size_t i = 0; i < N_BLOCKS; i++) {
        sizes[i] = i % 300 == 7 ? 40 * MIB : rng_log_size(rng, 18);
        blocks[i] = alloc_any(sizes[i], rng);
        if (blocks[i] != NULL) {
            memset(
                blocks[i], (int)(i & 0xff), sizes[i] < MIB ? sizes[i] : 4096);
        }
    }
    for (size_t i = 0; i < N_BLOCKS; i++) {
        if (blocks[i] != NULL) {
            CHECK(is_filled(blocks[i], sizes[i] < MIB ? sizes[i] : 4096,
                (unsigned char)(i & 0xff)));
            free_keeping_errno(blocks[i]);
        }
    }
    (void)malloc_trim(0);
    (void)mallinfo2();
}

static void *
work_in_thread(void *unused)
{
    uint64_t rng = 3;

    for (int i = 0; i < 200; i++) {
        unsigned char *p = alloc_any(rng_log_size(&rng, 16), &rng);

        free_keeping_errno(p);
    }
    return unused;
}

static void
work_all(uint64_t seed)
{
    uint64_t rng = seed;
    pthread_t thread;

    fault_watchdog(60);
    for (int i = 0; i < N_ROUNDS; i++) {
        work(&rng);
    }
    if (pthread_create(&thread, NULL, work_in_thread, NULL) == 0) {
        CHECK(pthread_join(thread, NULL) == 0);
    }
}

static void
with_little_room(size_t room)
{
    struct rlimit old;
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_AS, &old) == 0);
    limit = old;
    limit.rlim_cur = fault_vsize() + room;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    work_all(room + 1);
    /* Once the limit is lifted all is well again. */
    CHECK(setrlimit(RLIMIT_AS, &old) == 0);
    for (size_t size = 1; size < 100 * MIB; size *= 3) {
        void *p = malloc(size);

        CHECK(p != NULL);
        free(p);
    }
    _exit(0);
}

/* Denies one system call with ENOMEM for good; false if not possible here. */
static bool
deny(unsigned nr)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {
        .len = sizeof(code) / sizeof(code[0]), .filter = code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
           && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void
without_call(unsigned nr, bool is_warm)
{
    uint64_t rng = nr;

    if (is_warm) {
        work(&rng);
    }
    if (!deny(nr)) {
        _exit(0);
    }
    work_all(nr + 1);
    _exit(0);
}

int
main(void)
{
    static const unsigned calls[] = {
        SYS_mmap,
        SYS_munmap,
        SYS_madvise,
        SYS_mprotect,
        SYS_mremap,
        SYS_prctl,
        SYS_getrandom,
        SYS_sched_getaffinity,
        SYS_membarrier,
        SYS_clock_gettime,
        SYS_openat,
    };

    fault_watchdog(250);
    for (size_t i = 0; i < N_STEPS; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            with_little_room(i * STEP);
        }
        fault_wait_ok(pid);
    }
    for (size_t i = 0; i < 2 * sizeof(calls) / sizeof(calls[0]); i++) {
        pid_t pid = fork();

        if (pid == 0) {
            without_call(calls[i / 2], i % 2 == 0);
        }
        if (pid > 0) {
            int status = 0;

            CHECK(waitpid(pid, &status, 0) == pid);
            if (status != 0) {
                dprintf(2, "system call %u denied: status %#x\n", calls[i / 2],
                    (unsigned)status);
                return 1;
            }
        }
    }
    return 0;
}
