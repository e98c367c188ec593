/* SPDX-License-Identifier: MIT */
/*
 * env.h - what the process was started with.
 */
#ifndef CH_OS_ENV_H
#define CH_OS_ENV_H

#include <stdbool.h>

/*
 * The value of an environment variable, or NULL.  Always NULL in a process
 * with more rights than its caller (AT_SECURE): there the environment is the
 * caller's, not the owner's.
 */
const char *ch_env_get(const char *name);
/* True under AT_SECURE. */
bool ch_env_is_secure(void);
/* The last part of the path that the program was started by; "" if unknown. */
const char *ch_env_program(void);

#endif
