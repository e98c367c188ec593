/* SPDX-License-Identifier: MIT */
/* free_stack.c - free of a block on the stack */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>

int
main(void)
{
    void *live = malloc(100);
    char local[64];

    free(local + 16);
    free(live);
    return 0;
}
