/* SPDX-License-Identifier: MIT */
/*
 * foreign_pointers.c - any 64-bit pattern given to free, realloc and
 * malloc_usable_size ends in abort().
 *
 * Never in a fault, a hang or a return: each pattern goes to a child of its
 * own, which has a heap with blocks of all kinds.
 */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>

#include "faultutil.h"

#define N_PATTERNS 600

static void *blocks[300];

static uintptr_t
pick_pattern(uint64_t *rng)
{
    uintptr_t any = (uintptr_t)rng_next(rng);

    switch (rng_below(rng, 8)) {
    case 0:
        return any;
    case 1: /* any address that user space can have */
        return (any & 0x7fffffffffff) | 1;
    case 2:
        return any & 0x7ffffffffff0;
    case 3:
        return (any & 0xfff) | 16;
    case 4: /* one bit */
        return (uintptr_t)1 << (4 + rng_below(rng, 60));
    case 5:
        return ~(uintptr_t)0 - rng_below(rng, 70000);
    case 6: /* around the top of user space, 47 and 56 bits */
        return ((uintptr_t)1 << (rng_below(rng, 2) ? 47 : 56)) - 4096
               + (rng_below(rng, 8192) & ~(uintptr_t)15);
    default: /* inside a block, not at its start */
        return (uintptr_t)blocks[rng_below(rng, 300)] + 1 + rng_below(rng, 15);
    }
}

static void
make_blocks(void)
{
    for (size_t i = 0; i < 300; i++) {
        blocks[i] = malloc(i < 290 ? i * 50 + 17 : (i - 289) * 5 * MIB);
        CHECK(blocks[i] != NULL);
    }
}

static void
call(unsigned which, void *p)
{
    struct rlimit no_core = {0, 0};

    fault_watchdog(20);
    setrlimit(RLIMIT_CORE, &no_core);
    switch (which) {
    case 0:
        free(p);
        break;
    case 1:
        p = realloc(p, 1000);
        break;
    default:
        (void)malloc_usable_size(p);
        break;
    }
    _exit(0);
}

int
main(void)
{
    static const char *const names[] = {
        "free", "realloc", "malloc_usable_size"};
    uint64_t rng = 24;
    int null = open("/dev/null", O_WRONLY);
    int saved = dup(2);
    int n_wrong = 0;

    fault_watchdog(200);
    make_blocks();
    CHECK(null >= 0 && saved >= 0);
    for (unsigned i = 0; i < N_PATTERNS; i++) {
        uintptr_t pattern = pick_pattern(&rng);
        int status = 0;
        pid_t pid;

        dup2(null, 2);
        pid = fork();
        if (pid == 0) {
            call(i % 3, (void *)pattern);
        }
        dup2(saved, 2);
        CHECK(waitpid(pid, &status, 0) == pid);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
            if (n_wrong++ < 10) {
                dprintf(2, "%s(%#zx): status %#x\n", names[i % 3],
                    (size_t)pattern, (unsigned)status);
            }
        }
    }
    return n_wrong != 0;
}
