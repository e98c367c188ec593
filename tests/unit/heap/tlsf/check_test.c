/* SPDX-License-Identifier: MIT */
/*
 * check_test.c - ch_tlsf_is_valid() on whole tables and on broken ones.
 */
#include "heap/tlsf/block.h"
#include "unit/heap/tlsf/_tlsf.h"

#define SIZE  (64 * CH_KIB)
#define SLOTS 200u

/* A heap with live and free blocks of many sizes. */
static void
box_fill(struct box *box, const struct ch_tlsf_rules *rules, uint64_t seed)
{
    uint64_t random = unit_seed(seed);
    void *slots[SLOTS] = {NULL};

    box_open(box, DEVICE_START, SIZE, rules);
    for (int round = 0; round < 2000; round++) {
        void **slot = &slots[unit_below(&random, SLOTS)];

        if (*slot != NULL) {
            ch_tlsf_free(&box->tlsf, *slot);
            *slot = NULL;
        } else {
            *slot = ch_tlsf_alloc(&box->tlsf, 1 + unit_below(&random, 900));
        }
    }
    CHECK(ch_tlsf_is_valid(&box->tlsf));
    CHECK(box_info(box).free_blocks > 5 && box_info(box).used_blocks > 20);
}

/* Flips each bit of a word in turn; each time the tables are wrong. */
static void
check_word(const struct box *box, uint32_t *word)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        *word ^= UINT32_C(1) << bit;
        CHECK(!ch_tlsf_is_valid(&box->tlsf));
        *word ^= UINT32_C(1) << bit;
    }
}

static void
check_every_record(const struct ch_tlsf_rules *rules)
{
    struct box box;
    size_t i;

    box_fill(&box, rules, 0xc1);
    i = ch_block_first(rules->accounting);
    while (i < box.tlsf.end) {
        struct ch_block *block = ch_block_at(&box.tlsf, rules->accounting, i);

        check_word(&box, &block->size);
        check_word(&box, &block->before);
        if (ch_block_is_free(block)) {
            check_word(&box, &block->next);
            check_word(&box, &block->prev);
        }
        i += ch_block_size(block);
    }
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_check_of_any_flipped_bit_of_a_record_fails_with_host(void)
{
    check_every_record(&host_rules);
}

static void
test_check_of_any_flipped_bit_of_a_record_fails_with_device(void)
{
    check_every_record(&device_rules);
}

static void
test_check_of_any_flipped_begin_fails(void)
{
    struct box box;

    box_fill(&box, &device_rules, 0xc2);
    for (size_t i = 0; i <= box.tlsf.end; i++) {
        box.tlsf.begins[i / 64] ^= UINT64_C(1) << (i % 64);
        CHECK(!ch_tlsf_is_valid(&box.tlsf));
        box.tlsf.begins[i / 64] ^= UINT64_C(1) << (i % 64);
    }
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_check_of_a_lost_free_block_fails(void)
{
    struct box box;
    size_t c = 0;

    box_fill(&box, &host_rules, 0xc3);
    while (box.tlsf.heads[c] == 0) {
        c++;
    }
    box.tlsf.heads[c] =
        ch_block_at(&box.tlsf, CH_ACCOUNTING_HOST, box.tlsf.heads[c])->next;
    CHECK(!ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

static void
test_check_of_wrong_counters_fails(void)
{
    struct box box;

    box_fill(&box, &host_rules, 0xc4);
    box.tlsf.n_used++;
    CHECK(!ch_tlsf_is_valid(&box.tlsf));
    box.tlsf.n_used--;
    box.tlsf.n_blocks--;
    CHECK(!ch_tlsf_is_valid(&box.tlsf));
    box.tlsf.n_blocks++;
    box.tlsf.above += 16;
    CHECK(!ch_tlsf_is_valid(&box.tlsf));
    box.tlsf.above -= 16;
    box.tlsf.words ^= 1;
    CHECK(!ch_tlsf_is_valid(&box.tlsf));
    box.tlsf.words ^= 1;
    CHECK(ch_tlsf_is_valid(&box.tlsf));
    box_close(&box);
}

/* The tables end where unreadable memory begins. */
static char *
guarded(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = ch_align_up(size, page);
    char *p = mmap(
        NULL, whole + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    CHECK(mprotect(p + page, whole, PROT_READ | PROT_WRITE) == 0);
    return p + page + whole - ch_align_up(size, 16);
}

/* Whatever the tables hold, the check comes to an end and reads nothing
   else. */
static void
check_noise(const struct ch_tlsf_rules *rules, uint64_t seed)
{
    uint64_t random;
    struct box box;
    char *tables;
    size_t n_good = 0;

    box_fill(&box, rules, seed);
    random = seed;
    tables = guarded(box.tables_size);
    box.tlsf.begins =
        (uint64_t *)(void *)(tables
                             + ((char *)box.tlsf.begins - (char *)box.tables));
    box.tlsf.records = tables;
    for (int round = 0; round < 20000; round++) {
        size_t n = 1 + unit_below(&random, 1 + (size_t)round / 20);

        if (round % 8 == 0) {
            memcpy(tables, box.tables, box.tables_size);
        }
        while (n-- > 0) {
            tables[unit_below(&random, box.tables_size)] ^=
                (char)(1 << unit_below(&random, 8));
        }
        n_good += ch_tlsf_is_valid(&box.tlsf);
    }
    /* Bits of tags and of what is stale do not matter. */
    CHECK(n_good < 15000);
    box_close(&box);
}

static void
test_check_of_noise_ends_with_host(void)
{
    check_noise(&host_rules, 0xc5);
}

static void
test_check_of_noise_ends_with_device(void)
{
    check_noise(&device_rules, 0xc6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_check_of_any_flipped_bit_of_a_record_fails_with_host),
        forked_test(
            test_check_of_any_flipped_bit_of_a_record_fails_with_device),
        forked_test(test_check_of_any_flipped_begin_fails),
        forked_test(test_check_of_a_lost_free_block_fails),
        forked_test(test_check_of_wrong_counters_fails),
        forked_test(test_check_of_noise_ends_with_host),
        forked_test(test_check_of_noise_ends_with_device),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
