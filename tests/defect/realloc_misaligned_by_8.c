/* SPDX-License-Identifier: MIT */
/* realloc_misaligned_by_8.c - realloc of an address eight bytes into a small block */
/* expect: signal=ABRT stderr=capheap: realloc of a misaligned pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>

int
main(void)
{
    char *p = malloc(100);

    realloc(p + 8, 1000);
    return 0;
}
