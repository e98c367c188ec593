/* SPDX-License-Identifier: MIT */
/* realloc_noncanonical.c - realloc of an address that no x86-64 can have */
/* expect: signal=ABRT stderr=capheap: realloc of a foreign pointer: 0xdead000000000000.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    realloc((void *)0xdead000000000000, 1000);
    free(live);
    return 0;
}
