/* SPDX-License-Identifier: MIT */
/* realloc_low.c - realloc of an address in the first page */
/* expect: signal=ABRT stderr=capheap: realloc of a foreign pointer: 0x10.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    realloc((void *)16, 1000);
    free(live);
    return 0;
}
