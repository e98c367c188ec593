/* SPDX-License-Identifier: MIT */
/* realloc_after_free_large.c - a large block is reallocated after its free */
/* expect: signal=ABRT stderr=capheap: (double free|realloc of a (freed|foreign) (block|pointer)): 0x[0-9a-f]+.* */
#include <stdlib.h>

int
main(void)
{
    char *p = malloc(100 * 1024);

    p[0] = 1;
    free(p);
    p = realloc(p, 200 * 1024);
    return 0;
}
