/* SPDX-License-Identifier: MIT */
/*
 * thread.c - a key whose destructor tells of a thread's end.
 */
#include "os/thread.h"

#include <pthread.h>
#include <stdbool.h>

static struct {
    pthread_key_t key; /* const once `has_key` */
    bool has_key;
} thread;

int
ch_thread_init(void (*on_exit)(void *))
{
    int err;

    if (thread.has_key) {
        return 0;
    }
    err = pthread_key_create(&thread.key, on_exit);
    thread.has_key = err == 0;
    return -err;
}

void
ch_thread_watch(void *arg)
{
    if (thread.has_key) {
        pthread_setspecific(thread.key, arg);
    }
}

int
ch_thread_at_fork(
    void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    return -pthread_atfork(prepare, parent, child);
}
