/* SPDX-License-Identifier: MIT */
/* free_above_47_bits.c - free of an address above 2^47 */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0x800000012340.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    free((void *)0x800000012340);
    free(live);
    return 0;
}
