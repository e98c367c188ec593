/* SPDX-License-Identifier: MIT */
/*
 * exec_split_test.c - memory that is written at other addresses than it is
 * executed at goes to nobody who did not ask for EXEC, the first block of all
 * included.
 *
 * The profile is a file, so the program writes one and begins again with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "capheap.h"
#include "esp_heap_caps.h"

#define PLAIN (MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL)

static const char profile[] = "[profile]\n"
                              "name = split\n"
                              "base = host\n"
                              "[region dram]\n"
                              "remove = yes\n"
                              "[region exec]\n"
                              "caps0 = EXEC\n"
                              "caps1 = 32BIT|INTERNAL\n"
                              "size = elastic\n"
                              "[region dma]\n"
                              "remove = yes\n"
                              "[region rtc]\n"
                              "remove = yes\n"
                              "[region psram]\n"
                              "remove = yes\n";

static void
test_only_exec_gets_what_is_written_elsewhere(void **state)
{
    uint32_t *code;

    (void)state;
    assert_null(heap_caps_malloc(100, PLAIN)); /* nothing is mapped yet */
    code = heap_caps_malloc(100, MALLOC_CAP_EXEC);
    assert_non_null(code);
    assert_ptr_not_equal(capheap_exec_writable(code), code);
    *(uint32_t *)capheap_exec_writable(code) = 0x12345678;
    assert_int_equal(*code, 0x12345678);
    assert_null(heap_caps_malloc(100, PLAIN));
    heap_caps_free(code);
}

static void
begin_again(char **argv)
{
    char path[] = "/tmp/capheap-split-XXXXXX";
    char conf[64];
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, profile, sizeof profile - 1) < 0) {
        abort();
    }
    close(fd);
    snprintf(conf, sizeof conf, "wx=split,profile=%s", path);
    setenv("CAPHEAP_CONF", conf, 1);
    setenv("EXEC_SPLIT_PROFILE", path, 1);
    execv("/proc/self/exe", argv);
    abort();
}

int
main(int argc, char **argv)
{
    const char *path = getenv("EXEC_SPLIT_PROFILE");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_exec_gets_what_is_written_elsewhere),
    };

    (void)argc;
    if (path == NULL) {
        begin_again(argv);
    }
    unlink(path);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
