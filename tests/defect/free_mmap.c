/* SPDX-License-Identifier: MIT */
/* free_mmap.c - free of pages of the caller's own */
/* expect: signal=ABRT stderr=capheap: free of a foreign pointer: 0x[0-9a-f]+.* */
#include <stdlib.h>
#include <sys/mman.h>

int
main(void)
{
    void *live = malloc(100);
    char *pages = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    free(pages);
    free(live);
    return 0;
}
