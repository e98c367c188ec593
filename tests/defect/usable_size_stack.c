/* SPDX-License-Identifier: MIT */
/* usable_size_stack.c - malloc_usable_size of a block on the stack */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a foreign pointer: 0x[0-9a-f]+.* */
#include <malloc.h>
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);
    char local[64];

    malloc_usable_size(local + 16);
    free(live);
    return 0;
}
