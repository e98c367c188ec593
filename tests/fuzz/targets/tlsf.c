/* SPDX-License-Identifier: MIT */
/*
 * tlsf.c - libFuzzer drives the fixed engine.
 *
 * The first byte chooses the rules and the second one the size of the heap.
 * Each four that follow are a call: what, which block, and a size.  The tables
 * are checked after every call, and no two blocks overlap.  What is left over
 * of the input in the end is written over the tables, which the check must
 * survive.
 *
 * Built and run by tests/fuzz/tlsf.sh.
 */
#include "heap/tlsf/tlsf.h"

#include <stdlib.h>
#include <string.h>

#include "base/arith.h"

#define SLOTS     32u
#define SIZE_MOST (16 * CH_KIB)
#define START     ((char *)(uintptr_t)0x3ffb2ec8)

#define ENSURE(c)    \
 do {                \
  if (!(c))          \
   __builtin_trap(); \
 } while (0)

struct slot {
    char *p;
    size_t size;
};

struct input {
    const uint8_t *at;
    size_t left;
};

static struct ch_tlsf tlsf;
static struct slot slots[SLOTS];

static const struct ch_tlsf_rules all_rules[] = {
    {.accounting = CH_ACCOUNTING_HOST, .min_align = 16},
    {.accounting = CH_ACCOUNTING_HOST, .min_align = 16, .head = 8},
    {.accounting = CH_ACCOUNTING_DEVICE, .min_align = 4},
    {.accounting = CH_ACCOUNTING_DEVICE, .min_align = 8},
    {.accounting = CH_ACCOUNTING_DEVICE, .min_align = 16},
    {.accounting = CH_ACCOUNTING_DEVICE, .min_align = 16, .head = 8},
};

static unsigned
next_byte(struct input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->at++;
}

/* Notes a block that came, or that has another size now. */
static void
admit(struct slot *slot, char *p, size_t size)
{
    slot->p = NULL;
    if (p == NULL) {
        return;
    }
    ENSURE(ch_tlsf_payload(&tlsf, p) >= size);
    size = ch_tlsf_payload(&tlsf, p);
    for (size_t i = 0; i < SLOTS; i++) {
        ENSURE(slots[i].p == NULL || slots[i].p + slots[i].size <= p
               || p + size <= slots[i].p);
    }
    *slot = (struct slot){p, size};
}

static void
call(unsigned what, struct slot *slot, size_t size)
{
    size_t align = (size_t)1 << (what >> 3);

    switch (slot->p == NULL ? 4 + what % 2 : what % 4) {
    case 4:
        admit(slot, ch_tlsf_alloc(&tlsf, size), size);
        break;
    case 5:
        admit(slot, ch_tlsf_alloc_aligned(&tlsf, align, size % 64, size), size);
        break;
    case 0:
    case 1:
        if (size != 0 && ch_tlsf_resize(&tlsf, slot->p, size)) {
            admit(slot, slot->p, size);
        }
        break;
    case 2:
        /* Sometimes a pointer into the block. */
        ENSURE(ch_tlsf_try_free(&tlsf, slot->p + size % slot->size)
               == (size % slot->size == 0));
        slot->p = size % slot->size == 0 ? NULL : slot->p;
        break;
    default:
        ch_tlsf_free(&tlsf, slot->p);
        slot->p = NULL;
        break;
    }
}

static void
check_figures(void)
{
    struct ch_tlsf_info info;
    size_t n = 0;
    size_t sum = 0;

    ch_tlsf_get_info(&tlsf, &info);
    for (size_t i = 0; i < SLOTS; i++) {
        n += slots[i].p != NULL;
        sum += slots[i].p != NULL ? slots[i].size : 0;
    }
    ENSURE(info.used_blocks == n && info.allocated == sum);
    ENSURE(ch_tlsf_is_valid(&tlsf));
}

/* The largest can be had, whatever came before. */
static void
check_largest(void)
{
    struct ch_tlsf_info info;
    void *p;

    ch_tlsf_get_info(&tlsf, &info);
    ENSURE(ch_tlsf_alloc(&tlsf, info.largest + 1) == NULL);
    p = ch_tlsf_alloc(&tlsf, info.largest);
    ENSURE((p == NULL) == (info.largest == 0));
    if (p != NULL) {
        ch_tlsf_free(&tlsf, p);
    }
    ENSURE(ch_tlsf_is_valid(&tlsf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct input input = {data, n};
    unsigned which = next_byte(&input);
    const struct ch_tlsf_rules *rules =
        &all_rules[which % (sizeof all_rules / sizeof all_rules[0])];
    size_t size = (next_byte(&input) + 1) * SIZE_MOST / 256;
    size_t tables_size = ch_tlsf_tables_size(size, rules);
    unsigned n_calls = next_byte(&input);
    char *tables = calloc(1, tables_size);

    memset(slots, 0, sizeof slots);
    if (ch_tlsf_init(&tlsf, START, size, size, rules, tables)) {
        while (n_calls-- > 0 && input.left > 3) {
            unsigned what = next_byte(&input);
            struct slot *slot = &slots[next_byte(&input) % SLOTS];
            size_t bytes = next_byte(&input) << 8;

            call(what, slot, (bytes | next_byte(&input)) % (size + 64));
            check_figures();
        }
        check_largest();
        while (input.left > 2) {
            size_t at = next_byte(&input) << 8;

            tables[(at | next_byte(&input)) % tables_size] ^=
                (char)next_byte(&input);
            (void)!ch_tlsf_is_valid(&tlsf);
        }
    }
    free(tables);
    return 0;
}
