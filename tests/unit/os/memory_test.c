/* SPDX-License-Identifier: MIT */
/*
 * memory_test.c - what the system would still give.
 */
#include "os/memory.h"

#include <sys/sysinfo.h>

#include "base/arith.h"
#include "unit/_unit.h"

static void
limit_to(int resource, size_t bytes)
{
    const struct rlimit limit = {bytes, bytes};

    CHECK(setrlimit((__rlimit_resource_t)resource, &limit) == 0);
}

static void
test_memory_available_is_within_the_system(void)
{
    size_t bytes = ch_memory_available();

    CHECK(bytes > CH_MIB);
    CHECK(bytes <= ch_memory_physical());
}

static void
test_memory_physical_is_what_sysinfo_says(void)
{
    struct sysinfo info;

    CHECK(sysinfo(&info) == 0);
    CHECK_EQ(ch_memory_physical(), (size_t)info.totalram * info.mem_unit);
}

static void
test_memory_available_follows_the_address_limit(void)
{
    size_t bytes;

    limit_to(RLIMIT_AS, 512 * CH_MIB);
    bytes = ch_memory_available();
    CHECK(bytes < 512 * CH_MIB);
    CHECK(bytes > 256 * CH_MIB);
}

static void
test_memory_available_follows_the_data_limit(void)
{
    size_t before;
    char *p;

    limit_to(RLIMIT_DATA, 64 * CH_MIB);
    before = ch_memory_available();
    CHECK(before <= 64 * CH_MIB);
    p = malloc(16 * CH_MIB);
    CHECK(p != NULL);
    CHECK(ch_memory_available() <= before - 16 * CH_MIB);
    free(p);
}

static void
test_memory_available_beyond_the_limit_is_none(void)
{
    limit_to(RLIMIT_AS, CH_MIB);
    CHECK_EQ(ch_memory_available(), 0);
}

static void
test_memory_available_keeps_errno(void)
{
    errno = EILSEQ;
    (void)ch_memory_available();
    (void)ch_memory_physical();
    CHECK_EQ(errno, EILSEQ);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_memory_available_is_within_the_system),
        forked_test(test_memory_physical_is_what_sysinfo_says),
        forked_test(test_memory_available_follows_the_address_limit),
        forked_test(test_memory_available_follows_the_data_limit),
        forked_test(test_memory_available_beyond_the_limit_is_none),
        forked_test(test_memory_available_keeps_errno),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
