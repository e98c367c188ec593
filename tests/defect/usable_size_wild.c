/* SPDX-License-Identifier: MIT */
/* usable_size_wild.c - malloc_usable_size of an address where nothing is */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a foreign pointer: 0x123456789ab0.* */
#include <malloc.h>
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    malloc_usable_size((void *)0x123456789ab0);
    free(live);
    return 0;
}
