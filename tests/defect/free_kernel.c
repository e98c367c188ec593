/* SPDX-License-Identifier: MIT */
/* free_kernel.c - free of an address in the kernel's half */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0xffffffff81000000.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    free((void *)0xffffffff81000000);
    free(live);
    return 0;
}
