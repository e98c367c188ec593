/* SPDX-License-Identifier: MIT */
/* realloc_wild.c - realloc of an address where nothing is */
/* expect: signal=ABRT stderr=capheap: realloc of a foreign pointer: 0x123456789ab0.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    realloc((void *)0x123456789ab0, 1000);
    free(live);
    return 0;
}
