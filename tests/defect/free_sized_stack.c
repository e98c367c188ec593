/* SPDX-License-Identifier: MIT */
/* free_sized_stack.c - free_sized of a block on the stack */
/* link: -ldl */
/* expect: signal=ABRT stderr=capheap: free(_sized)? of a foreign pointer: 0x[0-9a-f]+.* */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

int
main(void)
{
    char local[64];
    void (*free_sized)(void *, size_t);

    *(void **)&free_sized = dlsym(RTLD_DEFAULT, "free_sized");
    free_sized(local + 16, 48);
    return 0;
}
