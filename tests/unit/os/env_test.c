/* SPDX-License-Identifier: MIT */
/*
 * env_test.c - the environment, before and after libc has set it.
 *
 * What a process was started with cannot be changed from within, so some
 * tests start this program again, with a word that says what to look at.
 */
#include "os/env.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "unit/_unit.h"

/* Starts `path` again to run one of `again`; its status is the test's. */
static void
run_again(const char *path, const char *what)
{
    char *const args[] = {(char *)"env_test", (char *)what, NULL};
    char *const env[] = {(char *)"CAPHEAP_TESTS=longer", (char *)"NOVALUE",
        (char *)"CAPHEAP_TEST=first", (char *)"CAPHEAP_TEST=second",
        (char *)"CAPHEAP_EMPTY=", NULL};

    execve(path, args, env);
    CHECK(!"execve");
}

/* ---- in the program started again ---------------------------------------- */

static void
again_early(void)
{
    environ = NULL;
    CHECK(ch_env_get("CAPHEAP_TEST") != NULL);
    CHECK_STR(ch_env_get("CAPHEAP_TEST"), "first");
    CHECK_STR(ch_env_get("CAPHEAP_EMPTY"), "");
    CHECK(ch_env_get("CAPHEAP_TES") == NULL);
    CHECK(ch_env_get("NOVALUE") == NULL);
    CHECK(ch_env_get("CAPHEAP_NONE") == NULL);
}

static void
again_program(void)
{
    CHECK_STR(ch_env_program(), "exe");
}

static void
again_secure(void)
{
    if (getauxval(AT_SECURE) == 0) {
        _exit(UNIT_SKIP);
    }
    CHECK(getenv("CAPHEAP_TEST") != NULL);
    CHECK(ch_env_is_secure());
    CHECK(ch_env_get("CAPHEAP_TEST") == NULL);
    environ = NULL;
    CHECK(ch_env_get("CAPHEAP_TEST") == NULL);
}

static const struct {
    const char *what;
    void (*body)(void);
} again[] = {
    {"early", again_early},
    {"program", again_program},
    {"secure", again_secure},
};

static void
run_what(const char *what)
{
    for (size_t i = 0; i < ARRAY_LENGTH(again); i++) {
        if (strcmp(again[i].what, what) == 0) {
            again[i].body();
            _exit(0);
        }
    }
    CHECK(!"known word");
}

/* ---- tests --------------------------------------------------------------- */

static void
test_env_get_of_set_variable_gives_its_value(void)
{
    setenv("CAPHEAP_TEST", "a=b", 1);
    setenv("CAPHEAP_EMPTY", "", 1);
    CHECK_STR(ch_env_get("CAPHEAP_TEST"), "a=b");
    CHECK_STR(ch_env_get("CAPHEAP_EMPTY"), "");
}

static void
test_env_get_of_part_of_a_name_gives_nothing(void)
{
    clearenv();
    setenv("CAPHEAP_TEST", "value", 1);
    CHECK(ch_env_get("CAPHEAP") == NULL);
    CHECK(ch_env_get("CAPHEAP_TESTS") == NULL);
    CHECK(ch_env_get("APHEAP_TEST") == NULL);
    CHECK(ch_env_get("capheap_test") == NULL);
}

static void
test_env_get_of_unset_variable_gives_nothing(void)
{
    setenv("CAPHEAP_TEST", "value", 1);
    unsetenv("CAPHEAP_TEST");
    CHECK(ch_env_get("CAPHEAP_TEST") == NULL);
    clearenv();
    CHECK(ch_env_get("CAPHEAP_TEST") == NULL);
}

static void
test_env_get_before_libc_reads_what_the_kernel_has(void)
{
    run_again("/proc/self/exe", "early");
}

static void
test_env_program_is_the_last_part_of_the_path(void)
{
    run_again("/proc/self/exe", "program");
}

static void
test_env_is_secure_of_plain_process_is_false(void)
{
    CHECK(!ch_env_is_secure());
}

/* Copies this program to where another user's rights come with it. */
static void
copy_setuid(const char *path)
{
    int in = open("/proc/self/exe", O_RDONLY);
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
    char buf[65536];
    ssize_t n;

    CHECK(in >= 0 && out >= 0);
    while ((n = read(in, buf, sizeof buf)) > 0) {
        CHECK(write(out, buf, (size_t)n) == n);
    }
    CHECK(fchmod(out, 04755) == 0);
    close(in);
    close(out);
}

static void
become_nobody_and_run(void)
{
    char path[64];

    snprintf(path, sizeof path, "/tmp/capheap-secure-%d", (int)getppid());
    CHECK(setgid(65534) == 0 && setuid(65534) == 0);
    run_again(path, "secure");
}

static void
test_env_get_with_more_rights_than_the_caller_gives_nothing(void)
{
    char path[64];
    int status;

    if (geteuid() != 0) {
        _exit(UNIT_SKIP);
    }
    snprintf(path, sizeof path, "/tmp/capheap-secure-%d", (int)getpid());
    copy_setuid(path);
    status = unit_child_status(become_nobody_and_run);
    unlink(path);
    CHECK(WIFEXITED(status));
    _exit(WEXITSTATUS(status));
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_env_get_of_set_variable_gives_its_value),
        forked_test(test_env_get_of_part_of_a_name_gives_nothing),
        forked_test(test_env_get_of_unset_variable_gives_nothing),
        forked_test(test_env_get_before_libc_reads_what_the_kernel_has),
        forked_test(test_env_program_is_the_last_part_of_the_path),
        forked_test(test_env_is_secure_of_plain_process_is_false),
        forked_test(
            test_env_get_with_more_rights_than_the_caller_gives_nothing),
    };

    if (argc > 1) {
        run_what(argv[1]);
    }
    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
