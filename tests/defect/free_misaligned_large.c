/* SPDX-License-Identifier: MIT */
/* free_misaligned_large.c - free of an address eight bytes into a large block */
/* expect: signal=ABRT stderr=capheap: free of a (misaligned|foreign) pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>

int
main(void)
{
    char *p = malloc(100 * 1024);

    free(p + 8);
    return 0;
}
