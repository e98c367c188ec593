/* SPDX-License-Identifier: MIT */
/* realloc_stack.c - realloc of a block on the stack */
/* expect: signal=ABRT stderr=capheap: realloc of a foreign pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);
    char local[64];

    realloc(local + 16, 1000);
    free(live);
    return 0;
}
