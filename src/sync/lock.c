/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the slow half of the lock: spin a little, then sleep.
 */
#include "sync/lock.h"

#include "os/futex.h"

/* Critical sections here are short; a sleep costs more than this many spins. */
#define SPINS 100

static inline void
cpu_relax(void)
{
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

CH_SLOW void
ch_lock_slow(struct ch_lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        if (__atomic_load_n(&lock->word, __ATOMIC_RELAXED) == 0
            && ch_try_lock(lock)) {
            return;
        }
        cpu_relax();
    }
    /* acquire: pairs with the release in ch_unlock() */
    while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0) {
        ch_futex_wait(&lock->word, 2);
    }
}

CH_SLOW void
ch_lock_wake(struct ch_lock *lock)
{
    ch_futex_wake(&lock->word);
}
