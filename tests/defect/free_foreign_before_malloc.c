/* SPDX-License-Identifier: MIT */
/* free_foreign_before_malloc.c - free of a foreign pointer before any malloc of the program */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0x123456789ab0.* */
#include <stdlib.h>

int
main(void)
{
    free((void *)0x123456789ab0);
    return 0;
}
