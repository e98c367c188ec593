/* SPDX-License-Identifier: MIT */
/* free_wild.c - free of an address where nothing is */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0x123456789ab0.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    free((void *)0x123456789ab0);
    free(live);
    return 0;
}
