/* SPDX-License-Identifier: MIT */
/*
 * caller.h - whether a call of malloc() is the program's or the system's own.
 *
 * Under malloc=device the program's plain malloc is bounded by the device.
 * What libc and the C++ runtime allocate for themselves, stream buffers and
 * thread records say, does not exist on the device, and stays on the host's
 * memory.
 */
#ifndef CH_FRONT_CALLER_H
#define CH_FRONT_CALLER_H

#include <stdbool.h>

/* True when a call that returns to pc came from the dynamic linker, libc,
   libstdc++ or libgcc.  Any thread; takes no memory. */
bool ch_caller_is_host(const void *pc);

#endif
