/* SPDX-License-Identifier: MIT */
/*
 * owner - prints the file that malloc comes from in this process.
 *
 * A library that cannot be preloaded, or that does not define malloc, leaves
 * the C library's in place; bench/run asks here before it measures a name.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int
main(void)
{
    Dl_info info;

    if (dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info) == 0) {
        return EXIT_FAILURE;
    }
    return puts(info.dli_fname) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
