/* SPDX-License-Identifier: MIT */
/* double_free_large_in_thread.c - a large block is freed by a thread and again by main */
/* expect: signal=ABRT stderr=capheap: double free: 0x[0-9a-f]+.* */
#include <pthread.h>
#include <stdlib.h>

static void *
free_it(void *p)
{
    free(p);
    return NULL;
}

int
main(void)
{
    char *p = malloc(100 * 1024);
    pthread_t thread;

    p[0] = 1;
    pthread_create(&thread, NULL, free_it, p);
    pthread_join(thread, NULL);
    free(p);
    return 0;
}
