/* SPDX-License-Identifier: MIT */
/* realloc_global.c - realloc of a global variable */
/* expect: signal=ABRT stderr=capheap: realloc of a foreign pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>

static char global[64];

int
main(void)
{
    void *live = malloc(100);

    realloc(global + 16, 1000);
    free(live);
    return 0;
}
