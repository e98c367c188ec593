/* SPDX-License-Identifier: MIT */
/* free_low.c - free of an address in the first page */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0x10.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    free((void *)16);
    free(live);
    return 0;
}
