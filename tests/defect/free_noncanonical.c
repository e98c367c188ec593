/* SPDX-License-Identifier: MIT */
/* free_noncanonical.c - free of an address that no x86-64 can have */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0xdead000000000000.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    free((void *)0xdead000000000000);
    free(live);
    return 0;
}
