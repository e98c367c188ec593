/* SPDX-License-Identifier: MIT */
/*
 * futex.h - sleep until a word changes.
 */
#ifndef CH_OS_FUTEX_H
#define CH_OS_FUTEX_H

#include <stdint.h>

/* Sleeps while *word == value; may also return for no reason. */
void ch_futex_wait(const uint32_t *word, uint32_t value);
/* Wakes one sleeper, if there is any. */
void ch_futex_wake(const uint32_t *word);

#endif
