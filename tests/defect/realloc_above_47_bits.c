/* SPDX-License-Identifier: MIT */
/* realloc_above_47_bits.c - realloc of an address above 2^47 */
/* expect: signal=ABRT stderr=capheap: realloc of a foreign pointer: 0x800000012340.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    realloc((void *)0x800000012340, 1000);
    free(live);
    return 0;
}
