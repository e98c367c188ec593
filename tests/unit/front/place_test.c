/* SPDX-License-Identifier: MIT */
/*
 * place_test.c - the regions of a process, and which of them serves what.
 */
#include "front/place.h"

#include <sys/mman.h>

#include "base/arith.h"
#include "front/route.h"
#include "front/start.h"
#include "heap/tlsf/registry.h"
#include "unit/_unit.h"

/* The ESP32's, by the specification's log. */
#define DRAM0  0x3ffae6e0u
#define DRAM1  0x3ffb2ec8u
#define DIRAM0 0x3ffe0440u
#define IRAM   0x4008944cu

static void
start_with(const char *conf)
{
    setenv("CAPHEAP_CONF", conf, 1);
    CHECK(ch_start());
}

static size_t
free_of(uint32_t caps)
{
    const struct ch_place *place = NULL;
    size_t bytes = 0;

    while ((place = ch_place_next(place)) != NULL) {
        if (ch_place_has_caps(place, caps)) {
            bytes += ch_place_free_size(place);
        }
    }
    return bytes;
}

static size_t
largest_of(const char *name)
{
    struct ch_tlsf_info info;

    CHECK(ch_place_named(name) != NULL);
    ch_place_get_info(ch_place_named(name), &info);
    return info.largest;
}

/* ---- the start ----------------------------------------------------------- */

static void
test_place_esp32_starts_with_measured_figures(void)
{
    static const uint32_t starts[] = {DRAM0, DIRAM0, IRAM, 0x3ffe4350u, DRAM1};
    static const size_t sizes[] = {5888, 14656, 92236, 112968, 183692};
    const struct ch_place *place = NULL;

    start_with("profile=esp32");
    for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
        place = ch_place_next(place);
        CHECK(place != NULL);
        CHECK_EQ((uintptr_t)ch_place_start(place), starts[i]);
        CHECK_EQ(ch_place_free_size(place), sizes[i]);
        CHECK_EQ(ch_place_minimum_free(place), sizes[i]);
    }
    CHECK(ch_place_next(place) == NULL);
    CHECK_EQ(free_of(CH_CAP_8BIT), 317204);
    CHECK_EQ(free_of(CH_CAP_EXEC), 219860);
    CHECK_EQ(free_of(0), 409440);
}

static void
test_place_early_startup_has_no_startup_stacks(void)
{
    start_with("profile=esp32,startup=early");
    CHECK_EQ(free_of(CH_CAP_8BIT), 189580);
    CHECK(ch_place_of_block((void *)(uintptr_t)DIRAM0) == NULL);
    ch_place_end_startup();
    CHECK_EQ(free_of(CH_CAP_8BIT), 317204);
    ch_place_end_startup();
    CHECK_EQ(free_of(CH_CAP_8BIT), 317204);
}

static void
test_place_external_memory_is_at_the_head(void)
{
    start_with("profile=esp32-psram");
    CHECK_STR(ch_place_name(ch_place_next(NULL)), "psram");
    CHECK(ch_place_at(ch_place_alloc(64, CH_CAP_DEFAULT))
          == ch_place_named("psram"));
    CHECK(ch_place_at(ch_place_alloc(64, CH_CAP_8BIT))
          == ch_place_named("dram0"));
}

/* ---- where the memory is ------------------------------------------------- */

static void
take_dram1(void)
{
    CHECK(mmap((void *)0x3ffc0000, 4096, PROT_READ,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0)
          == (void *)0x3ffc0000);
    start_with("profile=esp32");
    CHECK((uintptr_t)ch_place_start(ch_place_named("dram1")) != DRAM1);
    CHECK_EQ((uintptr_t)ch_place_start(ch_place_named("dram1")) % CH_MIB,
        DRAM1 % CH_MIB);
    CHECK_EQ((uintptr_t)ch_place_start(ch_place_named("iram")), IRAM);
    /* All figures are the same, and the memory is there. */
    CHECK_EQ(free_of(0), 409440);
    memset(ch_place_alloc(100000, CH_CAP_8BIT), 1, 100000);
}

static void
test_place_of_taken_addresses_is_elsewhere_and_says_so(void)
{
    char text[2048];
    int status = unit_child_says(take_dram1, text, sizeof text);

    CHECK_EQ(status, 0);
    CHECK(strncmp(text, "capheap: memory of the device at 0x3ffae000", 43) == 0
          || strncmp(text, "capheap: memory of the device at 0x3ffb2000", 43)
                 == 0);
    CHECK(strstr(text, " is elsewhere, at 0x") != NULL);
    CHECK(strchr(text, '\n') == text + strlen(text) - 1);
}

static void
back_an_alias(void)
{
    start_with("profile=esp32,diram0.backing=lock");
    CHECK(ch_place_named("diram0") != NULL);
}

static void
test_place_backing_beside_an_alias_is_refused_aloud(void)
{
    char text[1024];

    CHECK_EQ(unit_child_says(back_an_alias, text, sizeof text), 0);
    CHECK_STR(text, "capheap: region diram0 has plain memory, since "
                    "instructions see it at another address\n");
}

static void
test_place_executable_memory_runs(void)
{
#if defined __x86_64__
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    static const char *const confs[] = {"profile=host", "profile=host,wx=split",
        "profile=esp32", "profile=esp32,wx=split"};

    for (size_t i = 0; i < ARRAY_LENGTH(confs); i++) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            int (*run)(void);
            void *p;

            unit_child_begin();
            start_with(confs[i]);
            p = ch_place_alloc(sizeof code, CH_CAP_EXEC);
            CHECK(p != NULL);
            memcpy(ch_place_writable(p), code, sizeof code);
            memcpy(&run, &p, sizeof run);
            CHECK_EQ(run(), 42);
            CHECK((ch_place_writable(p) != p)
                  == (strstr(confs[i], "split") != NULL));
            ch_route_free(p, "free");
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_EQ(status, 0);
    }
#else
    _exit(UNIT_SKIP);
#endif
}

/* ---- the alias ----------------------------------------------------------- */

/* An executable block that only D/IRAM has room for. */
static char *
alloc_alias(size_t size)
{
    char *p = ch_place_alloc(size, CH_CAP_EXEC);

    CHECK(p != NULL);
    CHECK(ch_place_is_alias(p));
    return p;
}

static void
test_place_alias_is_where_the_chip_has_it(void)
{
    size_t before;
    char *p;

    start_with("profile=esp32");
    before = free_of(0);
    p = alloc_alias(100000);
    CHECK_EQ((uintptr_t)p, 0x400a32a4);
    memset(p, 7, 100000);
    CHECK_EQ(ch_route_usable(p, "usable") % 4, 0);
    CHECK(ch_route_usable(p, "usable") >= 100000);
    CHECK(ch_place_unalias(p) != p);
    CHECK_EQ((uintptr_t)ch_place_unalias(p), 0x3ffe4350 + 876);
    ch_route_free(p, "heap_caps_free");
    CHECK_EQ(free_of(0), before);
}

static void
free_into_alias(void)
{
    start_with("profile=esp32");
    ch_route_free(alloc_alias(100000) + 16, "heap_caps_free");
}

static void
free_alias_twice(void)
{
    char *p;

    start_with("profile=esp32");
    p = alloc_alias(100000);
    ch_route_free(p, "heap_caps_free");
    ch_route_free(p, "heap_caps_free");
}

static void
test_place_alias_tells_its_blocks_from_the_rest(void)
{
    static const char line[] =
        "capheap: heap_caps_free of a pointer that is no "
        "executable block: 0x400a32";

    unit_check_aborts(free_into_alias, line);
    unit_check_aborts(free_alias_twice, line);
}

static void
test_place_realloc_moves_between_alias_and_data(void)
{
    size_t before;
    char *p;
    char *q;

    start_with("profile=esp32");
    before = free_of(0);
    p = alloc_alias(100000);
    for (size_t i = 0; i < 100000; i++) {
        p[i] = (char)(i * 7);
    }
    q = ch_route_realloc_caps(p, 90000, CH_CAP_8BIT, "heap_caps_realloc");
    CHECK(q != NULL && !ch_place_is_alias(q));
    for (size_t i = 0; i < 90000; i++) {
        CHECK_EQ((char)(i * 7), q[i]);
    }
    p = ch_route_realloc_caps(q, 95000, CH_CAP_EXEC, "heap_caps_realloc");
    CHECK(p != NULL && ch_place_is_alias(p));
    for (size_t i = 0; i < 90000; i++) {
        CHECK_EQ((char)(i * 7), p[i]);
    }
    ch_route_free(p, "free");
    CHECK_EQ(free_of(0), before);
}

static void
test_place_aligned_alias_is_aligned(void)
{
    start_with("profile=esp32");
    for (size_t align = 4; align <= 4096; align *= 2) {
        char *p = ch_place_alloc_aligned(align, 95000, CH_CAP_EXEC);

        CHECK(p != NULL && ch_place_is_alias(p));
        CHECK(ch_is_aligned(p, align));
        memset(p, 1, 95000);
        ch_route_free(p, "free");
    }
    CHECK_EQ(free_of(0), 409440);
}

static void
test_place_linear_alias_shares_its_storage(void)
{
    char *p;
    char *data;

    start_with("profile=esp32c3,memprot=off");
    p = alloc_alias(1000);
    data = ch_place_unalias(p);
    CHECK_EQ(p - data, 0x700000 + 4);
    strcpy(p, "seen by both");
    CHECK_STR(data + 4, "seen by both");
    for (size_t align = 8; align <= 1024; align *= 2) {
        char *q = ch_place_alloc_aligned(align, 100, CH_CAP_EXEC);

        CHECK(q != NULL && ch_is_aligned(q, align));
        ch_route_free(q, "free");
    }
    ch_route_free(p, "free");
}

static void
test_place_alias_of_a_child_is_its_own(void)
{
    int status;
    char *p;
    pid_t pid;

    start_with("profile=esp32c3,memprot=off");
    p = alloc_alias(100);
    strcpy(p, "parent");
    pid = fork();
    if (pid == 0) {
        strcpy(p, "child");
        CHECK_STR((char *)ch_place_unalias(p) + 4, "child");
        _exit(0);
    }
    strcpy(p, "later");
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    CHECK_STR((char *)ch_place_unalias(p) + 4, "later");
}

/* ---- elastic places ------------------------------------------------------ */

static void
test_place_elastic_grows_to_its_limit(void)
{
    struct ch_place *place;
    size_t n = 0;

    start_with("profile=host,psram.limit=2M");
    place = ch_place_named("psram");
    CHECK_EQ(ch_place_total(place), 2 * CH_MIB);
    CHECK_EQ(largest_of("psram"), 2 * CH_MIB);
    while (ch_place_alloc_in(place, 0, 4096) != NULL) {
        n++;
    }
    CHECK_EQ(n, 512);
    CHECK_EQ(ch_place_free_size(place), 0);
    CHECK_EQ(ch_place_total(place), 2 * CH_MIB);
}

static void
test_place_elastic_counts_against_the_whole_limit(void)
{
    struct ch_place *place;
    size_t n = 0;

    start_with("profile=host,limit=16M");
    place = ch_place_named("rtc");
    while (ch_place_alloc_in(place, 0, 65536) != NULL) {
        n++;
    }
    CHECK(n > 200 && n <= 256);
    CHECK(ch_route_alloc(CH_MIB, NULL) == NULL);
}

static void
test_place_elastic_largest_can_be_had(void)
{
    struct ch_place *place;
    void *p;

    start_with("profile=host,psram.limit=3M");
    place = ch_place_named("psram");
    p = ch_place_alloc_in(place, 0, largest_of("psram"));
    CHECK(p != NULL);
    CHECK(ch_place_alloc_in(place, 0, 1) == NULL);
    ch_route_free(p, "free");
    CHECK(ch_place_alloc_in(place, 0, 100000) != NULL);
    p = ch_place_alloc_in(place, 0, largest_of("psram"));
    CHECK(p != NULL);
    ch_route_free(p, "free");
    CHECK(ch_place_alloc_in(place, 0, largest_of("psram") + 16) == NULL);
}

static void
test_place_elastic_gives_memory_back(void)
{
    struct ch_place *place;
    void *p[2000];

    start_with("profile=host,limit=64M");
    place = ch_place_named("psram");
    p[0] = ch_place_alloc_in(place, 0, 50 * CH_MIB);
    CHECK(p[0] != NULL);
    CHECK(ch_route_alloc(40 * CH_MIB, NULL) == NULL);
    ch_route_free(p[0], "free");
    CHECK((p[0] = ch_route_alloc(40 * CH_MIB, NULL)) != NULL);
    ch_route_free(p[0], "free");
    for (size_t i = 0; i < ARRAY_LENGTH(p); i++) {
        CHECK((p[i] = ch_place_alloc_in(place, 0, 24000)) != NULL);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(p); i++) {
        memset(p[i], 1, 24000);
        ch_route_free(p[i], "free");
    }
    CHECK(ch_route_alloc(40 * CH_MIB, NULL) != NULL);
    CHECK((p[0] = ch_place_alloc_in(place, 0, 20 * CH_MIB)) != NULL);
    memset(p[0], 1, 20 * CH_MIB);
}

static void
test_place_elastic_gives_what_it_reports(void)
{
    struct ch_place *place;
    size_t n = 0;

    start_with("profile=host,limit=32M");
    place = ch_place_named("psram");
    while (ch_place_alloc_in(place, 0, 65536) != NULL) {
        n++;
    }
    CHECK(n > 400);
    n = largest_of("psram");
    CHECK(n == 0 || ch_place_alloc_in(place, 0, n) != NULL);
}

static void
test_place_limit_changes_while_running(void)
{
    struct ch_place *place;

    start_with("profile=host,psram.limit=1M");
    place = ch_place_named("psram");
    CHECK(ch_place_alloc_in(place, 0, 2 * CH_MIB) == NULL);
    CHECK(ch_place_set_limit(place, 8 * CH_MIB));
    CHECK(ch_place_alloc_in(place, 0, 2 * CH_MIB) != NULL);
    CHECK(ch_place_set_limit(place, CH_MIB));
    CHECK(ch_place_alloc_in(place, 0, 2 * CH_MIB) == NULL);
}

static void
test_place_limit_of_plain_memory_is_the_heaps(void)
{
    start_with("profile=host,dram.limit=8M");
    CHECK_EQ(ch_place_total(ch_place_named("dram")), 8 * CH_MIB);
    CHECK(ch_route_alloc(9 * CH_MIB, NULL) == NULL);
    CHECK(ch_route_alloc(4 * CH_MIB, NULL) != NULL);
}

static void
test_place_host_serves_every_sensible_mask(void)
{
    static const uint32_t masks[] = {
        CH_CAP_8BIT,
        CH_CAP_32BIT,
        CH_CAP_DEFAULT,
        CH_CAP_INTERNAL,
        CH_CAP_DMA,
        CH_CAP_DMA | CH_CAP_INTERNAL | CH_CAP_8BIT,
        CH_CAP_EXEC,
        CH_CAP_EXEC | CH_CAP_32BIT,
        CH_CAP_EXEC | CH_CAP_INTERNAL,
        CH_CAP_SPIRAM,
        CH_CAP_SPIRAM | CH_CAP_8BIT,
        CH_CAP_SPIRAM | CH_CAP_DEFAULT,
        CH_CAP_RTCRAM,
        CH_CAP_RTCRAM | CH_CAP_8BIT,
        CH_CAP_RETENTION,
        CH_CAP_SPM,
        CH_CAP_SIMD,
        CH_CAP_CACHE_ALIGNED | CH_CAP_8BIT,
        CH_CAP_DMA_DESC_AHB,
        CH_CAP_DMA_DESC_AXI,
        CH_CAP_IRAM_8BIT,
        CH_CAP_PID2,
    };

    start_with("profile=host");
    for (size_t i = 0; i < ARRAY_LENGTH(masks); i++) {
        char *p = ch_place_alloc(100, masks[i]);

        CHECK(p != NULL);
        memset(p, 1, 100);
        ch_route_free(p, "free");
    }
    CHECK(ch_place_alloc(1, 0) == NULL);
    CHECK(ch_place_alloc(0, CH_CAP_8BIT) == NULL);
    CHECK(ch_place_alloc(1, CH_CAP_EXEC | CH_CAP_8BIT) == NULL);
    CHECK(ch_place_alloc(SIZE_MAX, CH_CAP_8BIT) == NULL);
    CHECK(ch_place_alloc(SIZE_MAX - 2, CH_CAP_32BIT | CH_CAP_SIMD) == NULL);
}

/* ---- libc's calls with blocks of regions --------------------------------- */

static void
test_place_realloc_keeps_special_memory_where_it_is(void)
{
    struct ch_place *place;
    char *other;
    char *p;

    start_with("profile=host,exec.limit=64K,malloc=host");
    place = ch_place_named("exec");
    p = ch_place_alloc(1000, CH_CAP_EXEC);
    other = ch_place_alloc(16, CH_CAP_EXEC);
    memset(p, 5, 1000);
    p = ch_route_realloc(p, 20000, "realloc", NULL);
    CHECK(p != NULL && ch_place_at(p) == place);
    CHECK(unit_is_filled(p, 1000, 5));
    /* Not to plain memory when its own is exhausted. */
    CHECK(ch_route_realloc(p, 100000, "realloc", NULL) == NULL);
    CHECK(unit_is_filled(p, 1000, 5));
    ch_route_free(p, "free");
    ch_route_free(other, "free");
}

static void
test_place_realloc_caps_takes_plain_blocks(void)
{
    char *p;

    start_with("profile=esp32,malloc=host");
    p = ch_route_alloc(100, NULL);
    CHECK(ch_place_at(p) == NULL);
    memset(p, 9, 100);
    p = ch_route_realloc_caps(p, 200, CH_CAP_DMA, "heap_caps_realloc");
    CHECK(ch_place_at(p) == ch_place_named("dram0"));
    CHECK(unit_is_filled(p, 100, 9));
    ch_route_free(p, "free");
    CHECK_EQ(free_of(0), 409440);
}

static void
test_place_bounds_malloc_and_aligns_it(void)
{
    size_t before;
    char *p;

    start_with("profile=esp32,malloc=device");
    before = free_of(0);
    p = ch_route_alloc(100, NULL);
    CHECK(ch_place_at(p) == ch_place_named("dram0"));
    CHECK(ch_is_aligned(p, 16));
    CHECK(free_of(0) < before);
    p = ch_route_realloc(p, 3000, "realloc", NULL);
    CHECK(p != NULL && ch_is_aligned(p, 16));
    CHECK(ch_route_alloc(500000, NULL) == NULL);
    ch_route_free(p, "free");
    p = ch_route_alloc(0, NULL);
    CHECK(p != NULL);
    ch_route_free(p, "free");
    CHECK_EQ(free_of(0), before);
    /* What libc's own code asks for is the host's: abort() returns there. */
    p = ch_route_alloc(100, (const void *)(uintptr_t)abort);
    CHECK(p != NULL && ch_place_at(p) == NULL);
    ch_route_free(p, "free");
}

/* ---- heaps within blocks ------------------------------------------------- */

static void
test_place_heap_in_a_plain_block_leaves_the_block_whole(void)
{
    struct ch_fixed_options options = {
        .accounting = CH_ACCOUNTING_HOST, .min_align = 16};
    static const size_t sizes[] = {4096, 40000, 300000, 40 * CH_MIB};

    start_with("profile=host");
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *buf = ch_route_alloc(sizes[i], NULL);
        char *beside = ch_route_alloc(sizes[i], NULL);
        struct ch_fixed *heap =
            ch_fixed_register(buf, sizes[i], sizes[i], &options);

        CHECK(heap != NULL);
        CHECK(ch_fixed_alloc(heap, 100) == buf);
        memset(beside, 1, 100);
        ch_route_free(beside, "free");
        CHECK(ch_route_usable(buf, "usable") >= sizes[i]);
        ch_route_free(buf, "free");
        CHECK(ch_fixed_alloc(heap, 16) == NULL);
    }
}

static void
free_block_of_stray_heap(void)
{
    struct ch_fixed_options options = {
        .accounting = CH_ACCOUNTING_DEVICE, .min_align = 4};
    static char buf[4096];
    struct ch_fixed *heap;

    start_with("profile=host");
    heap = ch_fixed_register(buf, sizeof buf, sizeof buf, &options);
    ch_route_free(ch_fixed_alloc(heap, 100), "free");
}

static void
test_place_free_of_a_callers_heap_names_the_right_call(void)
{
    unit_check_aborts(free_block_of_stray_heap,
        "capheap: free of a block of multi_heap, which multi_heap_free() "
        "frees: 0x");
}

static void
test_place_added_buffer_serves_and_takes_free(void)
{
    static const uint32_t caps[] = {CH_CAP_PID3, 0, CH_CAP_8BIT};
    size_t before;
    char *buf;
    char *p;

    start_with("profile=esp32,malloc=device");
    before = free_of(CH_CAP_INTERNAL);
    buf = ch_place_alloc(2048, CH_CAP_DMA);
    CHECK_EQ(
        ch_place_add(caps, (intptr_t)buf, (intptr_t)buf + 2048), CH_PLACE_OK);
    CHECK_EQ(ch_place_add(caps, (intptr_t)buf, (intptr_t)buf + 2048),
        CH_PLACE_OVERLAP);
    p = ch_place_alloc(100, CH_CAP_PID3);
    CHECK(p > buf && p < buf + 2048);
    ch_route_free(p, "free");
    CHECK(ch_place_alloc(3000, CH_CAP_PID3) == NULL);
    ch_route_free(buf, "free");
    CHECK_EQ(free_of(CH_CAP_INTERNAL), before);
}

/* ---- who is told --------------------------------------------------------- */

static unsigned n_low;

static void
on_low(const char *name, size_t free_bytes, void *ctx)
{
    CHECK_STR(name, "dram0");
    CHECK(free_bytes < 3000);
    CHECK(ctx == &n_low);
    n_low++;
}

static void
test_place_low_memory_is_told_once(void)
{
    void *p;

    start_with("profile=esp32");
    CHECK(!ch_place_on_low("nowhere", 1, on_low, NULL));
    CHECK(ch_place_on_low("dram0", 3000, on_low, &n_low));
    p = ch_place_alloc(1000, CH_CAP_8BIT);
    CHECK_EQ(n_low, 0);
    ch_route_free(p, "free");
    p = ch_place_alloc(4000, CH_CAP_8BIT);
    CHECK_EQ(n_low, 1);
    CHECK(ch_place_alloc(16, CH_CAP_8BIT) != NULL);
    CHECK_EQ(n_low, 1);
    ch_route_free(p, "free");
    p = ch_place_alloc(4000, CH_CAP_8BIT);
    CHECK_EQ(n_low, 2);
    CHECK(ch_place_on_low("dram0", 0, NULL, NULL));
    ch_route_free(p, "free");
    CHECK(ch_place_alloc(4000, CH_CAP_8BIT) != NULL);
    CHECK_EQ(n_low, 2);
}

static void
explain(void)
{
    start_with("profile=esp32");
    ch_place_explain(200000, CH_CAP_EXEC, "heap_caps_malloc");
}

static void
test_place_explains_each_region(void)
{
    char text[2048];

    CHECK_EQ(unit_child_says(explain, text, sizeof text), 0);
    CHECK_STR(text,
        "capheap: heap_caps_malloc of 200000 bytes with EXEC failed; dram0: "
        "lacks EXEC; diram0: free 14656, largest 14336, too little; iram: free "
        "92236, largest 90112, too little; diram1: free 112968, largest 110592, "
        "too little; dram1: lacks EXEC\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_place_esp32_starts_with_measured_figures),
        forked_test(test_place_early_startup_has_no_startup_stacks),
        forked_test(test_place_external_memory_is_at_the_head),
        forked_test(test_place_of_taken_addresses_is_elsewhere_and_says_so),
        forked_test(test_place_backing_beside_an_alias_is_refused_aloud),
        forked_test(test_place_executable_memory_runs),
        forked_test(test_place_alias_is_where_the_chip_has_it),
        forked_test(test_place_alias_tells_its_blocks_from_the_rest),
        forked_test(test_place_realloc_moves_between_alias_and_data),
        forked_test(test_place_aligned_alias_is_aligned),
        forked_test(test_place_linear_alias_shares_its_storage),
        forked_test(test_place_alias_of_a_child_is_its_own),
        forked_test(test_place_elastic_grows_to_its_limit),
        forked_test(test_place_elastic_counts_against_the_whole_limit),
        forked_test(test_place_elastic_largest_can_be_had),
        forked_test(test_place_elastic_gives_memory_back),
        forked_test(test_place_elastic_gives_what_it_reports),
        forked_test(test_place_limit_changes_while_running),
        forked_test(test_place_limit_of_plain_memory_is_the_heaps),
        forked_test(test_place_host_serves_every_sensible_mask),
        forked_test(test_place_realloc_keeps_special_memory_where_it_is),
        forked_test(test_place_realloc_caps_takes_plain_blocks),
        forked_test(test_place_bounds_malloc_and_aligns_it),
        forked_test(test_place_heap_in_a_plain_block_leaves_the_block_whole),
        forked_test(test_place_free_of_a_callers_heap_names_the_right_call),
        forked_test(test_place_added_buffer_serves_and_takes_free),
        forked_test(test_place_low_memory_is_told_once),
        forked_test(test_place_explains_each_region),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
