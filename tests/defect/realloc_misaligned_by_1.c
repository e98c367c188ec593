/* SPDX-License-Identifier: MIT */
/* realloc_misaligned_by_1.c - realloc of an address one byte into a small block */
/* expect: signal=ABRT stderr=capheap: realloc of a misaligned pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>

int
main(void)
{
    char *p = malloc(100);

    realloc(p + 1, 1000);
    return 0;
}
