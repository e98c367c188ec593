/* SPDX-License-Identifier: MIT */
/*
 * min_stack.c - every function from a thread with PTHREAD_STACK_MIN of stack.
 *
 * The report of a fault must fit as well: a child frees a wild pointer there
 * and has to die of abort(), not of a stack overflow.  That last part holds
 * for mallocs that check; CH_TEST_GLIBC=1 leaves it out.
 */
/* link: -Wl,-z,now */
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "faultutil.h"

/* Out of the compiler's sight, which would rightly warn. */
static void *volatile wild = (void *)(uintptr_t)0x123456789ab0;
static volatile size_t too_large = SIZE_MAX;

static FILE *stream; /* opened outside: its buffer is not the point */

static void *
call_everything(void *unused)
{
    static const size_t sizes[] = {0, 1, 100, 3000, 20000, 300000, 50000000};
    void *out = NULL;

    (void)unused;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t size = sizes[i];
        void *p = malloc(size);

        p = realloc(p, size + 1);
        p = realloc(p, size * 2 + 1);
        CHECK(p != NULL && malloc_usable_size(p) > size);
        free(p);
        free(calloc(1, size));
        free(reallocarray(NULL, 2, size));
        free(memalign(64, size));
        free(aligned_alloc(8192, size));
        CHECK(posix_memalign(&out, MIB, size) == 0);
        free(out);
        free(valloc(size));
        free(pvalloc(size));
    }
    CHECK(malloc(too_large) == NULL && errno == ENOMEM);
    (void)mallinfo2();
    (void)mallopt(M_TOP_PAD, 0);
    (void)malloc_trim(0);
    return NULL;
}

static void *
call_reports(void *unused)
{
    (void)unused;
    CHECK(malloc_info(0, stream) == 0);
    malloc_stats();
    return NULL;
}

static void *
free_wild_pointer(void *unused)
{
    (void)unused;
    free(wild);
    return NULL;
}

static void
run_on_small_stack(void *(*start)(void *))
{
    pthread_attr_t attr;
    pthread_t thread;

    CHECK(pthread_attr_init(&attr) == 0);
    CHECK(pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN) == 0);
    CHECK(pthread_create(&thread, &attr, start, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&attr);
}

static void
check_fault_report(void)
{
    struct rlimit no_core = {0, 0};
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        run_on_small_stack(free_wild_pointer);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int
main(void)
{
    int null = open("/dev/null", O_WRONLY);
    int saved = dup(2);

    fault_watchdog(60);
    stream = fopen("/dev/null", "w");
    CHECK(stream != NULL && null >= 0 && saved >= 0);
    run_on_small_stack(call_everything);
    dup2(null, 2);
    run_on_small_stack(call_reports);
    if (getenv("CH_TEST_GLIBC") == NULL) {
        check_fault_report();
    }
    dup2(saved, 2);
    fclose(stream);
    return 0;
}
