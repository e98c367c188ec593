/* SPDX-License-Identifier: MIT */
/*
 * early_init.c - malloc before the program, by all who can call it then.
 *
 * early_init.sh builds the libraries: one with an IFUNC whose resolver
 * allocates, one that is preloaded and whose constructor allocates, one that
 * audits.  Here the constructors and preinit functions of the program itself
 * allocate; what they made must be freeable in main.
 */
#include "faultutil.h"

static unsigned char *blocks[3][100];

static void
allocate(size_t who)
{
    for (size_t i = 0; i < 100; i++) {
        size_t size = i * i * 20 + 1;

        blocks[who][i] = i % 2 ? malloc(size) : calloc(1, size);
        CHECK(blocks[who][i] != NULL);
        memset(blocks[who][i], (int)who, size);
    }
}

static void
at_preinit(void)
{
    allocate(0);
}

__attribute__((section(".preinit_array"), used)) static void (*preinit)(
    void) = at_preinit;

__attribute__((constructor(101))) static void
at_first_constructor(void)
{
    allocate(1);
}

/* Of the library with the IFUNC, where there is one. */
extern int early_value(void) __attribute__((weak));
extern void early_free(void) __attribute__((weak));

int
main(void)
{
    fault_watchdog(30);
    allocate(2);
    for (size_t who = 0; who < 3; who++) {
        for (size_t i = 0; i < 100; i++) {
            CHECK(
                is_filled(blocks[who][i], i * i * 20 + 1, (unsigned char)who));
            blocks[who][i] = realloc(blocks[who][i], 5000);
            CHECK(blocks[who][i] != NULL);
            free(blocks[who][i]);
        }
    }
    if (early_value != NULL) {
        CHECK(early_value() == 42);
        early_free();
    }
    return 0;
}
