/* SPDX-License-Identifier: MIT */
/*
 * config.h - what is decided when the library is built.
 *
 * Every switch is 0 or 1 and is tested with a plain `if`, so that both
 * branches always compile.  Everything that a user may want to change without
 * building is an option (front/options.c), not a switch.
 */
#ifndef CH_BASE_CONFIG_H
#define CH_BASE_CONFIG_H

/* 1 adds CH_ASSERT and the audits of whole structures. */
#ifndef CH_CONFIG_DEBUG
# define CH_CONFIG_DEBUG 0
#endif

_Static_assert(
    CH_CONFIG_DEBUG == 0 || CH_CONFIG_DEBUG == 1, "CH_CONFIG_DEBUG is 0 or 1");
_Static_assert(sizeof(void *) == sizeof(unsigned long),
    "a pointer and a long have the same width");

#endif
