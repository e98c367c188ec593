/* SPDX-License-Identifier: MIT */
/*
 * program.h - what the process is made of: its program and its libraries.
 */
#ifndef CH_OS_PROGRAM_H
#define CH_OS_PROGRAM_H

#include <stdbool.h>

/*
 * True when the program itself was linked with the library: its own needed
 * list names a library whose name begins with `prefix`, or `own`, an address
 * in the library, lies in the program (a static link).  What was preloaded, or
 * is needed by a library of the program only, does not count.
 */
bool ch_program_is_linked(const char *prefix, const void *own);

/*
 * The file of the library that has the code at pc, without its folders; ""
 * for the program itself; NULL when nothing has it.  Takes no lock and no
 * memory where libc can tell without (glibc 2.35 and later).
 */
const char *ch_program_file_of(const void *pc);

#endif
