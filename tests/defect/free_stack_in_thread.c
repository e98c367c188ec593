/* SPDX-License-Identifier: MIT */
/* free_stack_in_thread.c - a thread frees a block on its stack */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0x[0-9a-f]+.* */
#include <pthread.h>
#include <stdlib.h>

static void *
free_local(void *unused)
{
    char local[64];

    (void)unused;
    free(local + 16);
    return NULL;
}

int
main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, free_local, NULL);
    pthread_join(thread, NULL);
    return 0;
}
