/* SPDX-License-Identifier: MIT */
/* free_misaligned_by_8.c - free of an address eight bytes into a small block */
/* expect: signal=ABRT stderr=capheap: free of a misaligned pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>

int
main(void)
{
    char *p = malloc(100);

    free(p + 8);
    return 0;
}
