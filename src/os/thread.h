/* SPDX-License-Identifier: MIT */
/*
 * thread.h - the end of threads, and fork.
 *
 * Both reach up through callbacks that the user of this floor registers.
 */
#ifndef CH_OS_THREAD_H
#define CH_OS_THREAD_H

#include "base/attrs.h"

/*
 * `on_exit` runs in every thread that called ch_thread_watch(), when it ends,
 * after the destructors of C++ thread_local objects, and once more for each
 * time that it calls ch_thread_watch() again from within, as often as the
 * system goes round (PTHREAD_DESTRUCTOR_ITERATIONS).  0 or -errno; again is
 * harmless.  Not thread-safe: caller holds the start-up once.
 */
CH_NODISCARD int ch_thread_init(void (*on_exit)(void *));
/* Calls on_exit(arg) at the end of this thread; arg is not NULL. */
void ch_thread_watch(void *arg);

/* As pthread_atfork(3).  0 or -errno. */
CH_NODISCARD int ch_thread_at_fork(
    void (*prepare)(void), void (*parent)(void), void (*child)(void));

#endif
