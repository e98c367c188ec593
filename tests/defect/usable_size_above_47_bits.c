/* SPDX-License-Identifier: MIT */
/* usable_size_above_47_bits.c - malloc_usable_size of an address above 2^47 */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a foreign pointer: 0x800000012340.* */
#include <malloc.h>
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    malloc_usable_size((void *)0x800000012340);
    free(live);
    return 0;
}
