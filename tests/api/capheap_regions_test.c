/* SPDX-License-Identifier: MIT */
/*
 * capheap_regions_test.c - regions from code: figures, limits, a call when
 * low; executable memory that runs; and what a fork child has of them.
 */
#include <capheap.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "_heap_caps.h"
#include "testutil.h"

static struct capheap_region_info
info_of(const char *name)
{
    struct capheap_region_info info = {.size = sizeof info};

    CHECK_EQ(capheap_region_info(name, &info), 0);
    return info;
}

/* ---- figures ------------------------------------------------------------- */

static void
test_info_refuses_what_it_cannot_tell(void)
{
    struct capheap_region_info info = {.size = sizeof info};

    CHECK_EQ(capheap_region_info("nosuch", &info), -ENOENT);
    CHECK_EQ(capheap_region_info(NULL, &info), -ENOENT);
    CHECK_EQ(capheap_region_info("dram", NULL), -EINVAL);
    info.size = sizeof info.size;
    CHECK_EQ(capheap_region_info("dram", &info), -EINVAL);
}

/* An older program has a shorter record. */
static void
test_info_writes_no_more_than_asked_for(void)
{
    struct capheap_region_info info;

    memset(&info, 0x5A, sizeof info);
    info.size = offsetof(struct capheap_region_info, total);
    CHECK_EQ(capheap_region_info("psram", &info), 0);
    CHECK_STR(info.name, "psram");
    CHECK_EQ(info.total, 0x5A5A5A5A5A5A5A5Au);
}

static void
test_info_of_a_limited_host(void)
{
    struct capheap_region_info dram = info_of("dram");
    void *p;

    CHECK_STR(dram.name, "dram");
    CHECK(dram.is_elastic);
    CHECK((dram.caps[0] & MALLOC_CAP_8BIT) != 0);
    CHECK_EQ(dram.total, 64 * MIB);
    CHECK(dram.free <= dram.total && dram.largest <= dram.free);
    CHECK(dram.minimum_free <= dram.free);
    p = malloc(dram.largest);
    CHECK(p != NULL);
    CHECK(info_of("dram").free < dram.free);
    free(p);
    CHECK(malloc(64 * MIB) == NULL);
}

static void
test_info_of_a_fixed_region(void)
{
    struct capheap_region_info dram = info_of("dram0");

    CHECK(!dram.is_elastic);
    CHECK(dram.start == (void *)0x3FFAE6E0);
    CHECK_EQ(dram.total, 6432);
    CHECK_EQ(dram.used_blocks, 1);
    CHECK_EQ(capheap_region_set_limit("dram0", MIB), -ENOTSUP);
    CHECK_EQ(capheap_region_set_limit("nosuch", MIB), -ENOENT);
}

/* ---- limits -------------------------------------------------------------- */

static void
test_limit_of_an_elastic_region_holds(void)
{
    void *p;

    CHECK_EQ(info_of("psram").total, 8 * MIB);
    CHECK(heap_caps_malloc(8 * MIB + 64 * KIB, MALLOC_CAP_SPIRAM) == NULL);
    p = heap_caps_malloc(info_of("psram").largest, MALLOC_CAP_SPIRAM);
    CHECK(p != NULL);
    CHECK(heap_caps_malloc(64 * KIB, MALLOC_CAP_SPIRAM) == NULL);
    heap_caps_free(p);
    CHECK_EQ(info_of("psram").free, 8 * MIB);
    CHECK_EQ(capheap_region_set_limit("psram", 16 * MIB), 0);
    p = heap_caps_malloc(12 * MIB, MALLOC_CAP_SPIRAM);
    CHECK(p != NULL);
    heap_caps_free(p);
}

static void
test_limit_of_plain_malloc_is_set_and_lifted(void)
{
    void *p;

    CHECK_EQ(capheap_region_set_limit("dram", 32 * MIB), 0);
    CHECK_EQ(info_of("dram").total, 32 * MIB);
    CHECK(malloc(40 * MIB) == NULL);
    CHECK_EQ(capheap_region_set_limit("dram", SIZE_MAX), 0);
    p = malloc(40 * MIB);
    CHECK(p != NULL);
    free(p);
}

/* ---- a call when low ----------------------------------------------------- */

static unsigned n_low;

static void
count_low(const char *name, size_t free_bytes, void *ctx)
{
    void *p = heap_caps_malloc(100, MALLOC_CAP_SPIRAM);

    CHECK_STR(name, "psram");
    CHECK(free_bytes < 4 * MIB);
    CHECK(ctx == &n_low);
    heap_caps_free(p);
    n_low++;
}

static void
test_low_is_told_once_until_there_is_more(void)
{
    void *p;

    CHECK_EQ(capheap_region_on_low("nosuch", MIB, count_low, NULL), -ENOENT);
    CHECK_EQ(capheap_region_on_low("psram", 4 * MIB, count_low, &n_low), 0);
    p = heap_caps_malloc(3 * MIB, MALLOC_CAP_SPIRAM);
    CHECK_EQ(n_low, 0);
    CHECK(heap_caps_malloc(2 * MIB, MALLOC_CAP_SPIRAM) != NULL);
    CHECK_EQ(n_low, 1);
    CHECK(heap_caps_malloc(KIB, MALLOC_CAP_SPIRAM) != NULL);
    CHECK_EQ(n_low, 1);
    heap_caps_free(p);
    p = heap_caps_malloc(3 * MIB, MALLOC_CAP_SPIRAM);
    CHECK_EQ(n_low, 2);
    heap_caps_free(p);
    CHECK_EQ(capheap_region_on_low("psram", 0, NULL, NULL), 0);
    CHECK(heap_caps_malloc(3 * MIB, MALLOC_CAP_SPIRAM) != NULL);
    CHECK_EQ(n_low, 2);
}

/* ---- code ---------------------------------------------------------------- */

#if defined __x86_64__
/* mov eax, 42; ret */
static const unsigned char answer[] = {0xB8, 42, 0, 0, 0, 0xC3};
#elif defined __aarch64__
/* mov w0, #42; ret */
static const unsigned char answer[] = {
    0x40, 0x05, 0x80, 0x52, 0xC0, 0x03, 0x5F, 0xD6};
#endif

static int
call(const void *p)
{
    int (*fn)(void);

    memcpy(&fn, &p, sizeof fn);
    return fn();
}

static void
test_code_runs_and_moves(void)
{
    char *p = heap_caps_malloc(64, MALLOC_CAP_EXEC);
    char *end = (char *)capheap_exec_writable(p) + sizeof answer;

    CHECK(!caps_setting_has("wx=split") || end != p + sizeof answer);
    memcpy(end - sizeof answer, answer, sizeof answer);
    __builtin___clear_cache(p, p + sizeof answer);
    CHECK_EQ(call(p), 42);
    p = heap_caps_realloc(p, 5000, MALLOC_CAP_EXEC);
    __builtin___clear_cache(p, p + sizeof answer);
    CHECK_EQ(call(p), 42);
    CHECK_EQ(*(char *)capheap_exec_writable(p), p[0]);
    free(p);
    CHECK(heap_caps_check_integrity_all(true));
}

static void
test_zeroed_code_is_zero(void)
{
    char *p = heap_caps_malloc(1000, MALLOC_CAP_EXEC);

    memset(capheap_exec_writable(p), 0x5A, 1000);
    heap_caps_free(p);
    p = heap_caps_calloc(10, 100, MALLOC_CAP_EXEC);
    for (size_t i = 0; i < 1000; i++) {
        CHECK_EQ(p[i], 0);
    }
    heap_caps_free(p);
}

/* ---- fork ---------------------------------------------------------------- */

static uint32_t
fork_caps(void)
{
    return caps_setting_has("psram") ? MALLOC_CAP_SPIRAM : MALLOC_CAP_EXEC;
}

static void
fill(void *p, int value)
{
    memset(capheap_exec_writable(p), value, 20 * KIB);
}

static bool
has_all(const char *p, int value)
{
    for (size_t i = 0; i < 20 * KIB; i++) {
        if (p[i] != value) {
            return false;
        }
    }
    return true;
}

/* What is free depends on the system, where there is no limit. */
static size_t
allocated(void)
{
    multi_heap_info_t info;

    heap_caps_get_info(&info, fork_caps());
    return info.total_allocated_bytes;
}

static void
test_fork_child_has_its_own_copy(void)
{
    char *p = heap_caps_malloc(20 * KIB, fork_caps());
    size_t before;
    pid_t pid;
    int status;

    fill(p, 1);
    before = allocated();
    pid = fork();
    if (pid == 0) {
        alarm(20);
        CHECK(has_all(p, 1));
        CHECK_EQ(allocated(), before);
        fill(p, 2);
        heap_caps_free(p);
        p = heap_caps_calloc(1, 20 * KIB, fork_caps());
        CHECK(has_all(p, 0));
        CHECK(heap_caps_check_integrity_all(true));
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    CHECK(has_all(p, 1));
    CHECK_EQ(allocated(), before);
    heap_caps_free(p);
}

/* ---- rows ---------------------------------------------------------------- */

#define CODE                                                          \
 "profile=host", "profile=host,wx=split", "wx=split,poisoning=light", \
     "profile=esp32", "profile=esp32,wx=split", "profile=esp32s3,memprot=off"

static const struct case_row rows[] = {
    ROW(test_info_refuses_what_it_cannot_tell, "profile=host"),
    ROW(test_info_writes_no_more_than_asked_for, "profile=host",
        "profile=esp32-psram"),
    ROW(test_info_of_a_limited_host, "limit=64M", "limit=64M,exact=1"),
    ROW(test_info_of_a_fixed_region, "profile=esp32"),
    ROW(test_limit_of_an_elastic_region_holds, "psram.limit=8M",
        "psram.limit=8M,psram.backing=huge"),
    ROW(test_limit_of_plain_malloc_is_set_and_lifted, "profile=host",
        "exact=1"),
    ROW(test_low_is_told_once_until_there_is_more, "psram.limit=8M",
        "psram.limit=8M,exact=1"),
    ROW(test_code_runs_and_moves, CODE),
    ROW(test_zeroed_code_is_zero, CODE),
    ROW(test_fork_child_has_its_own_copy, "wx=split", "profile=esp32",
        "profile=esp32,wx=split", "profile=esp32s3,memprot=off",
        "profile=esp32s3-psram", "psram.limit=8M", "psram.limit=8M,exact=1",
        "psram.limit=8M,psram.backing=lock",
        "psram.limit=8M,psram.backing=huge"),
};

int
main(void)
{
    return case_main(rows, ARRAY_LENGTH(rows));
}
