/* SPDX-License-Identifier: MIT */
/* usable_size_noncanonical.c - malloc_usable_size of an address that no x86-64 can have */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a foreign pointer: 0xdead000000000000.* */
#include <malloc.h>
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    malloc_usable_size((void *)0xdead000000000000);
    free(live);
    return 0;
}
