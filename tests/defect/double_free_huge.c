/* SPDX-License-Identifier: MIT */
/* double_free_huge.c - a huge block is freed twice in a row */
/* expect: signal=ABRT stderr=capheap: double free: 0x[0-9a-f]+.* */
#include <stdlib.h>

int
main(void)
{
    char *p = malloc((size_t)64 << 20);

    p[0] = 1;
    free(p);
    free(p);
    return 0;
}
