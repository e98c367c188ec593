/* SPDX-License-Identifier: MIT */
/* free_global.c - free of a global variable */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>

static char global[64];

int
main(void)
{
    void *live = malloc(100);

    free(global + 16);
    free(live);
    return 0;
}
