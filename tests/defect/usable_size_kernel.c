/* SPDX-License-Identifier: MIT */
/* usable_size_kernel.c - malloc_usable_size of an address in the kernel's half */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a foreign pointer: 0xffffffff81000000.* */
#include <malloc.h>
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);

    malloc_usable_size((void *)0xffffffff81000000);
    free(live);
    return 0;
}
