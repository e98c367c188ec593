/* SPDX-License-Identifier: MIT */
/* usable_size_low.c - malloc_usable_size of an address in the first page */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a foreign pointer: 0x10.* */
#include <malloc.h>
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    malloc_usable_size((void *)16);
    free(live);
    return 0;
}
