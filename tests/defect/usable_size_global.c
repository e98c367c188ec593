/* SPDX-License-Identifier: MIT */
/* usable_size_global.c - malloc_usable_size of a global variable */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a foreign pointer: 0x[0-9a-f]+.* */
#include <malloc.h>
#include <stdlib.h>

static char global[64];

int
main(void)
{
    void *live = malloc(100);

    malloc_usable_size(global + 16);
    free(live);
    return 0;
}
