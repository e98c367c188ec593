/* SPDX-License-Identifier: MIT */
/*
 * tlsf_test.c - the rules of both accountings, one at a time.
 */
#include "heap/tlsf/tlsf.h"

#include "unit/heap/tlsf/_tlsf.h"

/* A multiple of every alignment that is asked for. */
#define HOST_START ((char *)(uintptr_t)0x40000000)

static const struct ch_tlsf_rules device8_rules = {
    .accounting = CH_ACCOUNTING_DEVICE, .min_align = 8};
static const struct ch_tlsf_rules device16_rules = {
    .accounting = CH_ACCOUNTING_DEVICE, .min_align = 16};

static void *
take(struct box *box, size_t size)
{
    void *p = ch_tlsf_alloc(&box->tlsf, size);

    CHECK(p != NULL);
    return p;
}

static size_t
payload(const struct box *box, const void *p)
{
    return ch_tlsf_payload(&box->tlsf, p);
}

/* ---- device: geometry ---------------------------------------------------- */

static void
check_device(size_t size, size_t free, size_t largest)
{
    struct ch_tlsf_info info;
    struct box box;

    box_open(&box, DEVICE_START, size, &device_rules);
    info = box_info(&box);
    CHECK_EQ(info.free, free);
    CHECK_EQ(info.minimum_free, free);
    CHECK_EQ(info.largest, largest);
    CHECK_EQ(info.allocated, 0);
    CHECK_EQ(info.used_blocks, 0);
    CHECK_EQ(info.free_blocks, 1);
    box_close(&box);
}

static void
test_tlsf_device_fixed_part_is_the_chips(void)
{
    static const size_t rows[][2] = {{256, 200}, {1024, 272}, {4096, 344},
        {8192, 380}, {15072, 416}, {93108, 872}, {184632, 940}, {4194304, 2168},
        /* Around 16 and 256 KiB behind the 20 bytes of the heap's own. */
        {16404, 452}, {16408, 736}, {262164, 1008}, {262168, 1772}};

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct box box;

        box_open(&box, DEVICE_START, rows[i][0], &device_rules);
        CHECK_EQ(rows[i][0] - ch_tlsf_free_size(&box.tlsf), rows[i][1]);
        CHECK_EQ(box_offset(&box, take(&box, 1)), rows[i][1] + 4);
        box_close(&box);
    }
}

static void
test_tlsf_device_figures_of_fresh_heaps_are_the_chips(void)
{
    check_device(512, 276, 256);
    check_device(1024, 752, 704);
    check_device(3500, 3156, 3072);
    check_device(4096, 3752, 3584);
    check_device(8192, 7812, 7680);
    check_device(15072, 14656, 14336);
    check_device(93108, 92236, 90112);
    check_device(113840, 112968, 110592);
    check_device(184632, 183692, 180224);
    check_device(4194304, 4192136, 4128768);
}

/* Its first heap starts with a block of 160 bytes for the list of heaps. */
static void
test_tlsf_device_figures_with_bookkeeping_are_the_chips(void)
{
    struct ch_tlsf_info info;
    struct box box;

    box_open(&box, (char *)(uintptr_t)0x3ffae6e0, 6432, &device_rules);
    take(&box, 160);
    info = box_info(&box);
    CHECK_EQ(info.free, 5888);
    CHECK_EQ(info.largest, 5632);
    CHECK_EQ(info.allocated, 160);
    CHECK_EQ(box_offset(&box, take(&box, 64)), 0x3ffae904 - 0x3ffae6e0);
    box_close(&box);
}

static void
test_tlsf_device_smallest_heap_has_220_bytes(void)
{
    struct box box;

    for (size_t size = 0; size < 220; size++) {
        CHECK(!box_try(&box, DEVICE_START, size, &device_rules));
        box_close(&box);
    }
    box_open(&box, DEVICE_START, 220, &device_rules);
    CHECK_EQ(box_info(&box).largest, 12);
    CHECK(ch_tlsf_alloc(&box.tlsf, 13) == NULL);
    CHECK_EQ(payload(&box, take(&box, 12)), 12);
    CHECK_EQ(box_info(&box).largest, 0);
    box_close(&box);
    /* The first one that has room for a head, a tail and a byte. */
    box_open(&box, DEVICE_START, 224, &device_rules);
    CHECK_EQ(payload(&box, take(&box, 13)), 16);
    box_close(&box);
}

static void
test_tlsf_device_ends_that_are_not_aligned_are_cut(void)
{
    struct box whole, cut;

    box_open(&whole, DEVICE_START, 4096, &device_rules);
    box_open(&cut, DEVICE_START - 3, 4096 + 6, &device_rules);
    CHECK_EQ(ch_tlsf_free_size(&whole.tlsf), ch_tlsf_free_size(&cut.tlsf));
    CHECK(take(&whole, 8) == take(&cut, 8));
    box_close(&whole);
    box_close(&cut);
}

static void
test_tlsf_device_of_4_gib_is_refused(void)
{
    struct box box;

    CHECK(!box_try(&box, DEVICE_START, 4 * CH_GIB, &device_rules));
    box_close(&box);
    box_open(&box, DEVICE_START, 4 * CH_GIB - 4, &device_rules);
    CHECK(box_info(&box).largest > 4 * CH_GIB - 200 * CH_MIB);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

/* ---- device: blocks ------------------------------------------------------ */

static void
test_tlsf_device_payloads_are_rounded_to_classes(void)
{
    static const size_t rows[][2] = {{1, 12}, {12, 12}, {13, 16}, {63, 64},
        {65, 68}, {100, 100}, {129, 136}, {1000, 1024}, {1024, 1024},
        {1025, 1088}, {4000, 4096}, {100000, 102400}};
    struct box box;

    box_open(&box, DEVICE_START, 184632, &device_rules);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        size_t before = ch_tlsf_free_size(&box.tlsf);

        CHECK_EQ(payload(&box, take(&box, rows[i][0])), rows[i][1]);
        CHECK_EQ(before - ch_tlsf_free_size(&box.tlsf), rows[i][1] + 4);
    }
    box_close(&box);
}

static void
test_tlsf_device_rest_below_16_bytes_stays_with_the_block(void)
{
    struct box box;
    void *p;

    box_open(&box, DEVICE_START, 4096, &device_rules);
    p = take(&box, 28);
    take(&box, 12);
    ch_tlsf_free(&box.tlsf, p);
    CHECK_EQ(payload(&box, take(&box, 16)), 28);
    ch_tlsf_free(&box.tlsf, p);
    CHECK_EQ(payload(&box, take(&box, 12)), 12);
    CHECK_EQ(payload(&box, take(&box, 12)), 12);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_device_freed_blocks_are_reused_last_in_first_out(void)
{
    struct box box;
    void *p[6];

    box_open(&box, DEVICE_START, 4096, &device_rules);
    for (size_t i = 0; i < ARRAY_LENGTH(p); i++) {
        p[i] = take(&box, 40);
    }
    ch_tlsf_free(&box.tlsf, p[0]);
    ch_tlsf_free(&box.tlsf, p[4]);
    ch_tlsf_free(&box.tlsf, p[2]);
    CHECK(take(&box, 40) == p[2]);
    CHECK(take(&box, 40) == p[4]);
    CHECK(take(&box, 40) == p[0]);
    box_close(&box);
}

static void
test_tlsf_device_request_of_a_power_above_the_heap_is_refused(void)
{
    struct box box;

    box_open(&box, DEVICE_START, 184632, &device_rules);
    CHECK(ch_tlsf_alloc(&box.tlsf, 0) == NULL);
    CHECK(ch_tlsf_alloc(&box.tlsf, 180225) == NULL);
    CHECK(ch_tlsf_alloc(&box.tlsf, 262140) == NULL);
    CHECK(ch_tlsf_alloc(&box.tlsf, 262141) == NULL);
    for (size_t n = 0; n < 40; n++) {
        CHECK(ch_tlsf_alloc(&box.tlsf, SIZE_MAX - n) == NULL);
        CHECK(ch_tlsf_alloc(&box.tlsf, (size_t)UINT32_MAX + n) == NULL);
    }
    CHECK_EQ(payload(&box, take(&box, 180224)), 180224);
    box_close(&box);
}

static void
test_tlsf_device_aligned_is_cut_at_the_size_itself(void)
{
    struct box box;
    void *p;

    box_open(&box, DEVICE_START, 184632, &device_rules);
    p = ch_tlsf_alloc_aligned(&box.tlsf, 4, 0, 1000);
    CHECK_EQ(payload(&box, p), 1000);
    p = ch_tlsf_alloc_aligned(&box.tlsf, 256, 0, 1000);
    CHECK(ch_is_aligned(p, 256));
    CHECK_EQ(payload(&box, p), 1000);
    box_close(&box);
}

/* A gap in front is a block of its own; there is room for one. */
static void
test_tlsf_device_aligned_skips_gaps_that_are_no_block(void)
{
    for (size_t shift = 0; shift < 64; shift += 4) {
        struct box box;
        uintptr_t first;
        void *p;

        box_open(&box, DEVICE_START + shift, 4096, &device_rules);
        first = (uintptr_t)take(&box, 12);
        ch_tlsf_free(&box.tlsf, (void *)first);
        p = ch_tlsf_alloc_aligned(&box.tlsf, 32, 0, 100);
        CHECK(ch_is_aligned(p, 32));
        CHECK((uintptr_t)p == first || (uintptr_t)p >= first + 16);
        CHECK((uintptr_t)p < first + 16 + 32);
        CHECK_EQ(box_info(&box).free_blocks, (uintptr_t)p == first ? 1 : 2);
        CHECK(ch_tlsf_is_valid(&box.tlsf));
        box_close(&box);
    }
}

static void
test_tlsf_device_aligned_with_offset_aligns_what_is_behind_it(void)
{
    struct box box;

    box_open(&box, DEVICE_START, 65536, &device_rules);
    for (size_t offset = 0; offset < 40; offset++) {
        for (size_t align = 1; align <= 1024; align *= 2) {
            uintptr_t p =
                (uintptr_t)ch_tlsf_alloc_aligned(&box.tlsf, align, offset, 50);

            CHECK(p != 0);
            CHECK_EQ((p + ch_align_up(offset, 4)) % align, 0);
            ch_tlsf_free(&box.tlsf, (void *)p);
        }
    }
    CHECK(ch_tlsf_alloc_aligned(&box.tlsf, 8, 51, 50) == NULL);
    CHECK_EQ(box_info(&box).free_blocks, 1);
    box_close(&box);
}

static void
test_tlsf_aligned_beyond_all_sizes_is_refused(void)
{
    struct box device, host;

    box_open(&device, DEVICE_START, 65536, &device_rules);
    box_open(&host, HOST_START + 16, 65536, &host_rules);
    for (unsigned log = 17; log < 64; log++) {
        CHECK(ch_tlsf_alloc_aligned(&device.tlsf, (size_t)1 << log, 0, 16)
              == NULL);
        CHECK(
            ch_tlsf_alloc_aligned(&host.tlsf, (size_t)1 << log, 0, 16) == NULL);
    }
    CHECK(ch_tlsf_alloc_aligned(&device.tlsf, 64, 0, SIZE_MAX) == NULL);
    CHECK(ch_tlsf_alloc_aligned(&host.tlsf, 64, 0, SIZE_MAX) == NULL);
    CHECK(ch_tlsf_alloc_aligned(&host.tlsf, 64, 0, 0) == NULL);
    CHECK(ch_tlsf_alloc_aligned(&host.tlsf, 64, SIZE_MAX, 16) == NULL);
    CHECK(ch_tlsf_is_valid(&device.tlsf) && ch_tlsf_is_valid(&host.tlsf));
    box_close(&device);
    box_close(&host);
}

static void
check_min_align(const struct ch_tlsf_rules *rules, size_t align)
{
    for (unsigned head = 0; head < 16; head += 4) {
        struct ch_tlsf_rules own = *rules;
        struct box box;

        own.head = head;
        box_open(&box, DEVICE_START, 65536, &own);
        for (size_t size = 1; size < 300; size += 7) {
            void *p = take(&box, size);

            CHECK_EQ(((uintptr_t)p + head) % align, 0);
            CHECK(payload(&box, p) >= size);
            p = ch_tlsf_alloc_aligned(&box.tlsf, 64, head, size + head);
            CHECK(p != NULL);
            CHECK_EQ(((uintptr_t)p + head) % 64, 0);
        }
        CHECK(ch_tlsf_is_valid(&box.tlsf));
        box_close(&box);
    }
}

static void
test_tlsf_min_align_holds_for_all_payloads(void)
{
    check_min_align(&device_rules, 4);
    check_min_align(&device8_rules, 8);
    check_min_align(&device16_rules, 16);
    check_min_align(&host_rules, 16);
}

/* ---- device: resizing and the low-water mark ----------------------------- */

static void
test_tlsf_device_resize_down_frees_the_rest(void)
{
    struct box box;
    void *p;

    box_open(&box, DEVICE_START, 65536, &device_rules);
    p = take(&box, 1024);
    take(&box, 16);
    CHECK(ch_tlsf_resize(&box.tlsf, p, 1010));
    CHECK_EQ(payload(&box, p), 1024);
    CHECK(ch_tlsf_resize(&box.tlsf, p, 1001));
    CHECK_EQ(payload(&box, p), 1004);
    CHECK_EQ(box_info(&box).free_blocks, 2);
    CHECK(ch_tlsf_resize(&box.tlsf, p, 1));
    CHECK_EQ(payload(&box, p), 12);
    CHECK_EQ(box_info(&box).free_blocks, 2);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_device_resize_up_takes_from_the_next_block(void)
{
    struct box box;
    void *p, *next;

    box_open(&box, DEVICE_START, 65536, &device_rules);
    p = take(&box, 100);
    next = take(&box, 200);
    take(&box, 16);
    CHECK(!ch_tlsf_resize(&box.tlsf, p, 300));
    ch_tlsf_free(&box.tlsf, next);
    /* 100 and 200 and the header between them. */
    CHECK(!ch_tlsf_resize(&box.tlsf, p, 305));
    CHECK_EQ(payload(&box, p), 100);
    CHECK(ch_tlsf_resize(&box.tlsf, p, 250));
    CHECK_EQ(payload(&box, p), 252);
    CHECK(ch_tlsf_resize(&box.tlsf, p, 304));
    CHECK_EQ(payload(&box, p), 304);
    CHECK_EQ(box_info(&box).free_blocks, 1);
    CHECK(!ch_tlsf_resize(&box.tlsf, p, SIZE_MAX));
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_minimum_after_resize_follows_when_noted(void)
{
    struct box box;
    size_t minimum;
    void *p;

    box_open(&box, DEVICE_START, 65536, &device_rules);
    p = take(&box, 100);
    minimum = ch_tlsf_minimum_free(&box.tlsf);
    CHECK(ch_tlsf_resize(&box.tlsf, p, 1000));
    CHECK_EQ(ch_tlsf_minimum_free(&box.tlsf), minimum);
    ch_tlsf_note_minimum(&box.tlsf);
    CHECK_EQ(ch_tlsf_minimum_free(&box.tlsf), ch_tlsf_free_size(&box.tlsf));
    ch_tlsf_free(&box.tlsf, p);
    ch_tlsf_note_minimum(&box.tlsf);
    CHECK_EQ(ch_tlsf_minimum_free(&box.tlsf), minimum - 900);
    ch_tlsf_set_minimum_free(&box.tlsf, 60001);
    CHECK_EQ(ch_tlsf_minimum_free(&box.tlsf), 60001);
    box_close(&box);
}

/* ---- host ---------------------------------------------------------------- */

static void
test_tlsf_host_gives_every_byte(void)
{
    struct box box;
    void *p;

    box_open(&box, HOST_START, 4096, &host_rules);
    CHECK_EQ(ch_tlsf_free_size(&box.tlsf), 4096);
    CHECK_EQ(box_info(&box).largest, 4096);
    p = take(&box, 4096);
    CHECK(p == HOST_START);
    CHECK_EQ(ch_tlsf_free_size(&box.tlsf), 0);
    CHECK_EQ(box_info(&box).largest, 0);
    CHECK_EQ(box_info(&box).allocated, 4096);
    ch_tlsf_free(&box.tlsf, p);
    for (size_t i = 0; i < 256; i++) {
        CHECK(take(&box, 1 + i % 16) == HOST_START + 16 * i);
    }
    CHECK(ch_tlsf_alloc(&box.tlsf, 1) == NULL);
    CHECK_EQ(box_info(&box).used_blocks, 256);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_host_range_is_cut_to_multiples_of_16(void)
{
    struct box box;

    box_open(&box, HOST_START + 1, 64 + 30, &host_rules);
    CHECK_EQ(ch_tlsf_free_size(&box.tlsf), 64);
    CHECK(take(&box, 64) == HOST_START + 16);
    box_close(&box);
    CHECK(!box_try(&box, HOST_START + 1, 30, &host_rules));
    box_close(&box);
    CHECK(!box_try(&box, HOST_START, 0, &host_rules));
    box_close(&box);
    box_open(&box, HOST_START, 16, &host_rules);
    take(&box, 16);
    box_close(&box);
}

static void
test_tlsf_host_sizes_are_not_rounded_to_classes(void)
{
    struct box box;

    box_open(&box, HOST_START, CH_MIB, &host_rules);
    CHECK_EQ(payload(&box, take(&box, 1)), 16);
    CHECK_EQ(payload(&box, take(&box, 1000)), 1008);
    CHECK_EQ(payload(&box, take(&box, 100001)), 100016);
    box_close(&box);
}

/* The only blocks that fit are in the request's own class, behind others that
   do not. */
static void
test_tlsf_host_finds_what_fits_in_the_class_of_the_size(void)
{
    struct box box;
    void *large, *small;

    box_open(&box, HOST_START, 8192 + 3072, &host_rules);
    large = take(&box, 4208);
    take(&box, 16);
    small = take(&box, 4096);
    take(&box, 8192 + 3072 - 4208 - 16 - 4096);
    ch_tlsf_free(&box.tlsf, large);
    ch_tlsf_free(&box.tlsf, small);
    CHECK_EQ(box_info(&box).largest, 4208);
    CHECK(ch_tlsf_alloc(&box.tlsf, 4209) == NULL);
    CHECK(take(&box, 4200) == large);
    CHECK(take(&box, 4096) == small);
    box_close(&box);
}

static void
test_tlsf_host_finds_the_one_place_of_an_alignment(void)
{
    struct box box;
    void *p;

    box_open(&box, HOST_START + 16, 2 * 4096 - 32, &host_rules);
    CHECK(ch_tlsf_alloc_aligned(&box.tlsf, 4096, 0, 4081) == NULL);
    p = ch_tlsf_alloc_aligned(&box.tlsf, 4096, 0, 4080);
    CHECK(p == HOST_START + 4096);
    CHECK_EQ(box_info(&box).free_blocks, 1);
    ch_tlsf_free(&box.tlsf, p);
    p = ch_tlsf_alloc_aligned(&box.tlsf, 4096, 32, 64);
    CHECK(p == HOST_START + 4096 - 32);
    CHECK(ch_tlsf_alloc_aligned(&box.tlsf, 4096, 8, 64) == NULL);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_host_of_16_gib_works_and_of_32_gib_is_refused(void)
{
    char *const start = (char *)(16 * CH_GIB);
    struct box box;

    box_open(&box, start, 16 * CH_GIB, &host_rules);
    CHECK_EQ(box_info(&box).largest, 16 * CH_GIB);
    take(&box, 16);
    CHECK(take(&box, 16 * CH_GIB - 32) == start + 16);
    CHECK(take(&box, 16) == start + 16 * CH_GIB - 16);
    CHECK(ch_tlsf_find(&box.tlsf, start + 16 * CH_GIB - 1)
          == start + 16 * CH_GIB - 16);
    box_close(&box);
    CHECK(!box_try(&box, start, 32 * CH_GIB, &host_rules));
    box_close(&box);
}

static void
test_tlsf_of_a_range_beyond_the_address_space_is_refused(void)
{
    struct ch_tlsf_rules rules = host_rules;
    struct ch_tlsf tlsf;

    CHECK(!ch_tlsf_init(&tlsf, HOST_START, SIZE_MAX, SIZE_MAX, &rules, NULL));
    CHECK(!ch_tlsf_init(
        &tlsf, (char *)UINTPTR_MAX - 100, 4096, 4096, &rules, NULL));
    rules = device_rules;
    CHECK(!ch_tlsf_init(&tlsf, HOST_START, SIZE_MAX, SIZE_MAX, &rules, NULL));
}

/* ---- growing ------------------------------------------------------------- */

static void
test_tlsf_grow_adds_to_the_last_block_or_behind_it(void)
{
    struct box box;
    void *p;

    box_open_growing(&box, HOST_START, 64, 4096);
    CHECK(ch_tlsf_grow(&box.tlsf, 64));
    CHECK_EQ(box_info(&box).largest, 128);
    p = take(&box, 128);
    CHECK(ch_tlsf_grow(&box.tlsf, 32));
    CHECK_EQ(box_info(&box).free_blocks, 1);
    CHECK(take(&box, 32) == HOST_START + 128);
    ch_tlsf_free(&box.tlsf, p);
    CHECK_EQ(box_info(&box).free, 128);
    CHECK_EQ(box_info(&box).allocated, 32);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_grow_by_odd_bytes_adds_them_up(void)
{
    struct box box;

    box_open_growing(&box, HOST_START, 60, 4096);
    CHECK_EQ(box_info(&box).largest, 48);
    CHECK(ch_tlsf_grow(&box.tlsf, 3));
    CHECK_EQ(box_info(&box).largest, 48);
    CHECK(ch_tlsf_grow(&box.tlsf, 1));
    CHECK_EQ(box_info(&box).largest, 64);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_grow_beyond_the_tables_fails(void)
{
    struct box box;

    box_open_growing(&box, HOST_START, 64, 4096);
    CHECK(!ch_tlsf_grow(&box.tlsf, 4096));
    CHECK(!ch_tlsf_grow(&box.tlsf, 4096 - 64 + 16));
    CHECK(!ch_tlsf_grow(&box.tlsf, SIZE_MAX));
    CHECK(!ch_tlsf_grow(&box.tlsf, 64 * CH_GIB));
    CHECK_EQ(box_info(&box).free, 64);
    CHECK(ch_tlsf_grow(&box.tlsf, 4096 - 64));
    CHECK_EQ(box_info(&box).largest, 4096);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_shrink_takes_what_is_free_at_the_end(void)
{
    struct box box;
    void *p;

    box_open_growing(&box, HOST_START, 4096, 4096);
    p = take(&box, 64);
    CHECK(ch_tlsf_free_end(&box.tlsf) == HOST_START + 64);
    CHECK(!ch_tlsf_shrink(&box.tlsf, HOST_START + 48));
    CHECK(!ch_tlsf_shrink(&box.tlsf, HOST_START + 4096));
    CHECK(ch_tlsf_shrink(&box.tlsf, HOST_START + 256));
    CHECK_EQ(box_info(&box).free, 192);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    /* To the last byte: no free block is left. */
    CHECK(ch_tlsf_shrink(&box.tlsf, HOST_START + 64));
    CHECK(ch_tlsf_free_end(&box.tlsf) == NULL);
    CHECK_EQ(box_info(&box).free, 0);
    CHECK_EQ(box_info(&box).free_blocks, 0);
    CHECK(ch_tlsf_alloc(&box.tlsf, 1) == NULL);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    ch_tlsf_free(&box.tlsf, p);
    CHECK(!ch_tlsf_shrink(&box.tlsf, HOST_START));
    CHECK_EQ(box_info(&box).largest, 64);
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

/* The table holds records of the time before. */
static void
test_tlsf_grow_after_a_shrink_finds_nothing_stale(void)
{
    struct box box;
    char *p[64];

    for (size_t end = 80; end <= 1024; end += 16) {
        box_open_growing(&box, HOST_START, 1024, 4096);
        for (size_t i = 0; i < ARRAY_LENGTH(p); i++) {
            p[i] = take(&box, 16);
        }
        for (size_t i = 1; i < ARRAY_LENGTH(p); i++) {
            ch_tlsf_free(&box.tlsf, p[i]);
        }
        CHECK(ch_tlsf_shrink(&box.tlsf, HOST_START + 64));
        CHECK(ch_tlsf_grow(&box.tlsf, end - 64));
        CHECK(ch_tlsf_is_valid(&box.tlsf));
        CHECK_EQ(box_info(&box).largest, end - 16);
        CHECK(take(&box, end - 16) == HOST_START + 16);
        CHECK(ch_tlsf_grow(&box.tlsf, 1024));
        CHECK_EQ(box_info(&box).largest, 1024);
        CHECK(ch_tlsf_is_valid(&box.tlsf));
        box_close(&box);
    }
}

/* ---- queries ------------------------------------------------------------- */

/* What free, find and is_block say of every address in and around a heap with
   two live blocks and two free ones. */
static void
check_every_address(const struct ch_tlsf_rules *rules)
{
    struct box box;
    char *live[2];
    void *gap;

    box_open(&box, DEVICE_START, 2048, rules);
    live[0] = take(&box, 100);
    gap = take(&box, 60);
    live[1] = take(&box, 200);
    ch_tlsf_free(&box.tlsf, gap);
    for (char *p = DEVICE_START - 64; p < DEVICE_START + 2048 + 64; p++) {
        char *in = NULL;

        for (size_t i = 0; i < 2; i++) {
            if (p >= live[i] && p < live[i] + payload(&box, live[i])) {
                in = live[i];
            }
        }
        CHECK(ch_tlsf_find(&box.tlsf, p) == in);
        CHECK_EQ(ch_tlsf_is_block(&box.tlsf, p), in == p);
        CHECK(in == p || !ch_tlsf_try_free(&box.tlsf, p));
    }
    CHECK(!ch_tlsf_try_free(&box.tlsf, NULL));
    CHECK(!ch_tlsf_is_block(&box.tlsf, (void *)UINTPTR_MAX));
    CHECK(ch_tlsf_try_free(&box.tlsf, live[1]));
    CHECK(!ch_tlsf_try_free(&box.tlsf, live[1]));
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_tlsf_pointers_that_are_no_blocks_are_known(void)
{
    check_every_address(&host_rules);
    check_every_address(&device_rules);
    check_every_address(&device8_rules);
    check_every_address(&device16_rules);
}

static void
free_twice(void)
{
    struct box box;
    void *p;

    box_open(&box, HOST_START, 4096, &host_rules);
    p = take(&box, 100);
    ch_tlsf_free(&box.tlsf, p);
    ch_tlsf_free(&box.tlsf, p);
}

static void
test_tlsf_free_of_no_block_aborts(void)
{
    unit_check_aborts(
        free_twice, "capheap: free of what is no block: 0x40000000\n");
}

static void
test_tlsf_tags_begin_as_zero_and_stay(void)
{
    struct box box;
    void *p;

    box_open(&box, HOST_START, 4096, &host_rules);
    for (int round = 0; round < 3; round++) {
        p = take(&box, 32);
        CHECK_EQ(ch_tlsf_tags(&box.tlsf, p)[0], 0);
        CHECK_EQ(ch_tlsf_tags(&box.tlsf, p)[1], 0);
        ch_tlsf_tags(&box.tlsf, p)[0] = 0xffffffff;
        ch_tlsf_tags(&box.tlsf, p)[1] = 0x12345678;
        CHECK(ch_tlsf_resize(&box.tlsf, p, 400));
        CHECK(ch_tlsf_resize(&box.tlsf, p, 48));
        CHECK_EQ(ch_tlsf_tags(&box.tlsf, p)[0], 0xffffffff);
        CHECK_EQ(ch_tlsf_tags(&box.tlsf, p)[1], 0x12345678);
        CHECK(ch_tlsf_is_valid(&box.tlsf));
        ch_tlsf_free(&box.tlsf, p);
    }
    box_close(&box);
}

static void
test_tlsf_next_block_describes_all_blocks(void)
{
    struct ch_tlsf_block block;
    struct box box;
    void *p[3];

    box_open(&box, DEVICE_START, 1024, &device_rules);
    for (size_t i = 0; i < 3; i++) {
        p[i] = take(&box, 40);
    }
    ch_tlsf_free(&box.tlsf, p[1]);
    CHECK(ch_tlsf_next_block(&box.tlsf, NULL, &block));
    CHECK(block.p == p[0] && block.is_used && block.size == 40);
    CHECK(block.overhead == 4 && block.next_free == NULL);
    CHECK(ch_tlsf_next_block(&box.tlsf, (char *)block.p + block.size, &block));
    CHECK(block.p == p[1] && !block.is_used && block.size == 40);
    CHECK(ch_tlsf_next_block(&box.tlsf, (char *)block.p + block.size, &block));
    CHECK(block.p == p[2] && block.is_used);
    CHECK(ch_tlsf_next_block(&box.tlsf, (char *)block.p + block.size, &block));
    CHECK(!block.is_used && block.size == 1024 - 272 - 3 * 44 - 8);
    CHECK(!ch_tlsf_next_block(&box.tlsf, (char *)block.p + block.size, &block));
    CHECK(!ch_tlsf_next_block(&box.tlsf, (void *)UINTPTR_MAX, &block));
    box_close(&box);
}

static void
test_tlsf_next_block_tells_the_next_of_the_list(void)
{
    struct ch_tlsf_block block;
    struct box box;
    void *p[4];

    box_open(&box, HOST_START, 1024, &host_rules);
    for (size_t i = 0; i < 4; i++) {
        p[i] = take(&box, 48);
    }
    ch_tlsf_free(&box.tlsf, p[2]);
    ch_tlsf_free(&box.tlsf, p[0]);
    CHECK(ch_tlsf_next_block(&box.tlsf, HOST_START, &block));
    CHECK(block.p == p[0] && block.next_free == p[2]);
    CHECK(ch_tlsf_next_block(&box.tlsf, p[2], &block));
    CHECK(block.p == p[2] && block.next_free == NULL);
    box_close(&box);
}

/* ---- the tables ---------------------------------------------------------- */

static size_t
resident_pages(const struct box *box)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t n = (box->tables_size + page - 1) / page;
    unsigned char *in = calloc(n, 1);
    size_t count = 0;

    CHECK(in != NULL && mincore(box->tables, box->tables_size, in) == 0);
    for (size_t i = 0; i < n; i++) {
        count += in[i] & 1;
    }
    free(in);
    return count;
}

static void
test_tlsf_tables_of_an_empty_heap_touch_few_pages(void)
{
    struct box box;

    box_open(&box, HOST_START, 4 * CH_MIB, &host_rules);
    CHECK(resident_pages(&box) <= 2);
    box_close(&box);
    box_open(&box, DEVICE_START, 4 * CH_MIB, &device_rules);
    CHECK(resident_pages(&box) <= 3);
    box_close(&box);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_tlsf_device_fixed_part_is_the_chips),
        forked_test(test_tlsf_device_figures_of_fresh_heaps_are_the_chips),
        forked_test(test_tlsf_device_figures_with_bookkeeping_are_the_chips),
        forked_test(test_tlsf_device_smallest_heap_has_220_bytes),
        forked_test(test_tlsf_device_ends_that_are_not_aligned_are_cut),
        forked_test(test_tlsf_device_of_4_gib_is_refused),
        forked_test(test_tlsf_device_payloads_are_rounded_to_classes),
        forked_test(test_tlsf_device_rest_below_16_bytes_stays_with_the_block),
        forked_test(test_tlsf_device_freed_blocks_are_reused_last_in_first_out),
        forked_test(
            test_tlsf_device_request_of_a_power_above_the_heap_is_refused),
        forked_test(test_tlsf_device_aligned_is_cut_at_the_size_itself),
        forked_test(test_tlsf_device_aligned_skips_gaps_that_are_no_block),
        forked_test(
            test_tlsf_device_aligned_with_offset_aligns_what_is_behind_it),
        forked_test(test_tlsf_aligned_beyond_all_sizes_is_refused),
        forked_test(test_tlsf_min_align_holds_for_all_payloads),
        forked_test(test_tlsf_device_resize_down_frees_the_rest),
        forked_test(test_tlsf_device_resize_up_takes_from_the_next_block),
        forked_test(test_tlsf_minimum_after_resize_follows_when_noted),
        forked_test(test_tlsf_host_gives_every_byte),
        forked_test(test_tlsf_host_range_is_cut_to_multiples_of_16),
        forked_test(test_tlsf_host_sizes_are_not_rounded_to_classes),
        forked_test(test_tlsf_host_finds_what_fits_in_the_class_of_the_size),
        forked_test(test_tlsf_host_finds_the_one_place_of_an_alignment),
        forked_test(test_tlsf_host_of_16_gib_works_and_of_32_gib_is_refused),
        forked_test(test_tlsf_of_a_range_beyond_the_address_space_is_refused),
        forked_test(test_tlsf_grow_adds_to_the_last_block_or_behind_it),
        forked_test(test_tlsf_grow_by_odd_bytes_adds_them_up),
        forked_test(test_tlsf_grow_beyond_the_tables_fails),
        forked_test(test_tlsf_shrink_takes_what_is_free_at_the_end),
        forked_test(test_tlsf_grow_after_a_shrink_finds_nothing_stale),
        forked_test(test_tlsf_pointers_that_are_no_blocks_are_known),
        forked_test(test_tlsf_free_of_no_block_aborts),
        forked_test(test_tlsf_tags_begin_as_zero_and_stay),
        forked_test(test_tlsf_next_block_describes_all_blocks),
        forked_test(test_tlsf_next_block_tells_the_next_of_the_list),
        forked_test(test_tlsf_tables_of_an_empty_heap_touch_few_pages),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
