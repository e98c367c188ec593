/* SPDX-License-Identifier: MIT */
/* usable_size_misaligned_by_8.c - malloc_usable_size of an address eight bytes into a small block */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a misaligned pointer: 0x[0-9a-f]+.* */
#include <malloc.h>
#include <stdlib.h>

int
main(void)
{
    char *p = malloc(100);

    malloc_usable_size(p + 8);
    return 0;
}
