/* SPDX-License-Identifier: MIT */
/*
 * caller.c - tells libraries of the system by their file names.
 */
#include "front/caller.h"

#include <stddef.h>

#include "base/text.h"
#include "os/program.h"

/* How the files' names begin; what glibc has split off stands here too. */
static const char *const host_files[] = {
    "ld-linux",
    "ld64.so",
    "ld.so",
    "libc.so",
    "libc-",
    "libpthread.so",
    "libdl.so",
    "librt.so",
    "libm.so",
    "libstdc++.so",
    "libc++.so",
    "libc++abi.so",
    "libgcc_s.so",
};

bool
ch_caller_is_host(const void *pc)
{
    const char *file = ch_program_file_of(pc);

    for (size_t i = 0;
         file != NULL && i < sizeof host_files / sizeof host_files[0]; i++) {
        if (ch_str_after(file, host_files[i]) != NULL) {
            return true;
        }
    }
    return false;
}
