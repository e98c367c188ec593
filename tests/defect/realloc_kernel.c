/* SPDX-License-Identifier: MIT */
/* realloc_kernel.c - realloc of an address in the kernel's half */
/* expect: signal=ABRT stderr=capheap: realloc of a foreign pointer: 0xffffffff81000000.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    realloc((void *)0xffffffff81000000, 1000);
    free(live);
    return 0;
}
