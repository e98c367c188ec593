/* SPDX-License-Identifier: MIT */
/* usable_size_mmap.c - malloc_usable_size of pages of the caller's own */
/* expect: signal=ABRT stderr=capheap: malloc_usable_size of a foreign pointer: 0x[0-9a-f]+.* */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

int
main(void)
{
    void *live = malloc(100);
    char *pages = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    malloc_usable_size(pages);
    free(live);
    return 0;
}
