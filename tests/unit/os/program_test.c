/* SPDX-License-Identifier: MIT */
/*
 * program_test.c - which libraries the program needs, and whose code is where.
 */
#include "os/program.h"

#include <dlfcn.h>

#include "unit/_unit.h"

static void
test_program_needs_cmocka_is_linked(void)
{
    static int elsewhere_of_library;
    void *libc = dlsym(RTLD_DEFAULT, "strtol");

    /* Of libc, so that the library's own address is not in the program. */
    CHECK(libc != NULL);
    CHECK(ch_program_is_linked("libcmocka.so", libc));
    CHECK(ch_program_is_linked("libcmocka", libc));
    CHECK(!ch_program_is_linked("libcapheap.so", libc));
    CHECK(!ch_program_is_linked("cmocka", libc));
    /* A static link: the library lies in the program. */
    CHECK(ch_program_is_linked("libcapheap.so", &elsewhere_of_library));
}

static void
test_program_file_of_code_is_its_library(void)
{
    int local;
    const char *file;

    CHECK_STR(ch_program_file_of((void *)(uintptr_t)ch_program_file_of), "");
    file = ch_program_file_of(dlsym(RTLD_DEFAULT, "strtol"));
    CHECK(file != NULL && strncmp(file, "libc.so", 7) == 0);
    file = ch_program_file_of(dlsym(RTLD_DEFAULT, "cmocka_set_message_output"));
    CHECK(file != NULL && strncmp(file, "libcmocka.so", 12) == 0);
    CHECK(ch_program_file_of(&local) == NULL);
    CHECK(ch_program_file_of(NULL) == NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_program_needs_cmocka_is_linked),
        forked_test(test_program_file_of_code_is_its_library),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
