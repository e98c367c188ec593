/* SPDX-License-Identifier: MIT */
/* usable_size_misaligned_by_1.c - malloc_usable_size of an address one byte into a small block */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a misaligned pointer: 0x[0-9a-f]+.* */
#include <malloc.h>
#include <stdlib.h>

int
main(void)
{
    char *p = malloc(100);

    malloc_usable_size(p + 1);
    return 0;
}
