/* SPDX-License-Identifier: MIT */
/*
 * tlsf_model_test.c - ten million random calls against a model that is as
 * simple as can be: a byte for every four of the range that tells whether they
 * are taken, and the sums.
 *
 * The blocks have content of their own, which is looked at when they end or
 * move.  At random points everything is compared: free runs with free blocks,
 * the longest one with `largest`, which is then taken, and one granule more is
 * not.
 */
#include "heap/tlsf/block.h"
#include "unit/heap/tlsf/_tlsf.h"

#define SLOTS_MAX 6000u
#define UNIT      4u

struct slot {
    char *p;     /* NULL: free */
    size_t size; /* of the payload */
    uint32_t pattern;
};

struct model {
    struct box box;
    struct ch_tlsf_rules rules;
    uint64_t random;
    size_t n_slots;
    size_t size_max; /* of most requests */
    struct slot slots[SLOTS_MAX];
    char *memory;
    unsigned char *taken; /* one for each UNIT bytes from `first` on */
    char *first;          /* the first block with its header */
    size_t n_units;
    size_t header;
    size_t total;
    /* The figures as they should be. */
    size_t free;
    size_t minimum;
    size_t allocated;
    size_t n_used;
    size_t n_failed;
};

/* ---- content ------------------------------------------------------------- */

static void
fill(struct slot *slot, size_t from)
{
    for (size_t i = from / UNIT; i < slot->size / UNIT; i++) {
        ((uint32_t *)(void *)slot->p)[i] = slot->pattern + (uint32_t)i;
    }
}

static void
check_content(const struct slot *slot, size_t size)
{
    for (size_t i = 0; i < size / UNIT; i++) {
        CHECK_EQ(((uint32_t *)(void *)slot->p)[i], slot->pattern + (uint32_t)i);
    }
}

/* ---- the map ------------------------------------------------------------- */

/* Marks a payload and its header, which were the opposite before. */
static void
mark(struct model *m, const char *p, size_t size, bool taken)
{
    size_t i = (size_t)(p - m->header - m->first) / UNIT;
    size_t n = (size + m->header) / UNIT;

    CHECK(p >= m->first + m->header && i + n <= m->n_units);
    CHECK(unit_is_filled(m->taken + i, n, !taken));
    memset(m->taken + i, taken, n);
}

/* Bytes of the longest free run, header included, and how many runs. */
static size_t
longest_run(const struct model *m, size_t *n_runs)
{
    size_t longest = 0;
    size_t run = 0;

    *n_runs = 0;
    for (size_t i = 0; i < m->n_units; i++) {
        run = m->taken[i] ? 0 : run + 1;
        *n_runs += run == 1;
        longest = run > longest ? run : longest;
    }
    return longest * UNIT;
}

/* What one request can get of a free run, by the rules. */
static size_t
largest_of_run(const struct model *m, size_t run)
{
    size_t f = run - m->header;
    size_t lists = (size_t)1 << m->box.tlsf.sl_log;
    size_t width;

    if (run == 0 || m->rules.accounting == CH_ACCOUNTING_HOST) {
        return run;
    }
    if (f >= 4 * lists) {
        width = ((size_t)1 << ch_log2(f)) / lists;
        f = f / width * width;
    }
    return (f + 4) / m->rules.min_align * m->rules.min_align - 4;
}

/* ---- comparing ----------------------------------------------------------- */

static void
compare_figures(const struct model *m)
{
    const struct ch_tlsf *tlsf = &m->box.tlsf;

    CHECK_EQ(ch_tlsf_free_size(tlsf), m->free);
    CHECK_EQ(ch_tlsf_minimum_free(tlsf), m->minimum);
}

/* All blocks in the order of addresses make up the range. */
static void
compare_walk(const struct model *m)
{
    char *at = m->first;
    struct ch_tlsf_block block;
    size_t n_used = 0;

    while (ch_tlsf_next_block(&m->box.tlsf, at, &block)) {
        size_t unit = (size_t)((char *)block.p - m->first) / UNIT;

        CHECK(block.p == at + m->header);
        CHECK_EQ(block.overhead, m->header);
        CHECK(
            unit_is_filled(m->taken + unit, block.size / UNIT, block.is_used));
        n_used += block.is_used;
        at = (char *)block.p + block.size;
    }
    CHECK(at == m->first + m->n_units * UNIT);
    CHECK_EQ(n_used, m->n_used);
}

static void
compare_all(const struct model *m)
{
    struct ch_tlsf_info info = box_info(&m->box);
    size_t n_runs;
    size_t longest = longest_run(m, &n_runs);

    compare_figures(m);
    CHECK_EQ(info.free, m->free);
    CHECK_EQ(info.minimum_free, m->minimum);
    CHECK_EQ(info.allocated, m->allocated);
    CHECK_EQ(info.used_blocks, m->n_used);
    CHECK_EQ(info.free_blocks, n_runs);
    CHECK_EQ(info.largest, largest_of_run(m, longest));
    compare_walk(m);
    CHECK(ch_tlsf_is_valid(&m->box.tlsf));
}

/* ---- calls --------------------------------------------------------------- */

static void
follow_minimum(struct model *m)
{
    m->minimum = m->free < m->minimum ? m->free : m->minimum;
}

/* Bytes of the smallest payload for a request. */
static size_t
least_payload(const struct model *m, size_t size)
{
    size_t unit = m->rules.min_align;
    size_t whole = (size + m->header + unit - 1) / unit * unit;

    return (whole < 16 ? 16 : whole) - m->header;
}

/* A block that came: where and how large it may be. */
static void
admit(struct model *m, struct slot *slot, char *p, size_t size)
{
    size_t got = ch_tlsf_payload(&m->box.tlsf, p);
    size_t least = least_payload(m, size);

    CHECK_EQ(((uintptr_t)p + m->rules.head) % m->rules.min_align, 0);
    CHECK(got >= least);
    if (m->rules.accounting == CH_ACCOUNTING_HOST) {
        CHECK_EQ(got, least);
    }
    CHECK(ch_tlsf_is_block(&m->box.tlsf, p));
    mark(m, p, got, true);
    m->free -= got + m->header;
    m->allocated += got;
    m->n_used++;
    slot->p = p;
    slot->size = got;
    slot->pattern = (uint32_t)unit_random(&m->random);
    CHECK_EQ(ch_tlsf_tags(&m->box.tlsf, p)[0], 0);
    CHECK_EQ(ch_tlsf_tags(&m->box.tlsf, p)[1], 0);
    ch_tlsf_tags(&m->box.tlsf, p)[0] = slot->pattern;
    ch_tlsf_tags(&m->box.tlsf, p)[1] = ~slot->pattern;
    fill(slot, 0);
}

/* Only to be called when nothing came: a run would have to be found. */
static void
check_exhausted(struct model *m, size_t size)
{
    size_t n_runs;

    m->n_failed++;
    if (m->n_failed % 16 == 0) {
        CHECK(least_payload(m, size)
              > largest_of_run(m, longest_run(m, &n_runs)));
    }
}

static size_t
random_size(struct model *m)
{
    size_t most = m->size_max;

    if (unit_below(&m->random, 50) == 0) {
        most = m->total;
    }
    return 1 + unit_below(&m->random, most);
}

static void
do_alloc(struct model *m, struct slot *slot)
{
    size_t size = random_size(m);
    char *p = ch_tlsf_alloc(&m->box.tlsf, size);

    if (p == NULL) {
        check_exhausted(m, size);
        return;
    }
    admit(m, slot, p, size);
    follow_minimum(m);
}

/* True when a block of `size` would fit somewhere as it should lie; host. */
static bool
has_place(const struct model *m, size_t align, size_t offset, size_t size)
{
    size_t n = least_payload(m, size) / UNIT;

    for (size_t i = 0; i + n <= m->n_units; i += 16 / UNIT) {
        uintptr_t at = (uintptr_t)(m->first + i * UNIT) + offset;

        if (at % align == 0 && unit_is_filled(m->taken + i, n, 0)) {
            return true;
        }
    }
    return false;
}

static void
do_alloc_aligned(struct model *m, struct slot *slot)
{
    size_t align = (size_t)1 << unit_below(&m->random, 12);
    size_t offset =
        m->rules.head + m->rules.min_align * unit_below(&m->random, 3);
    size_t size = random_size(m) + offset;
    char *p = ch_tlsf_alloc_aligned(&m->box.tlsf, align, offset, size);

    if (p == NULL) {
        CHECK(m->rules.accounting != CH_ACCOUNTING_HOST
              || m->n_failed++ % 16 != 0 || !has_place(m, align, offset, size));
        return;
    }
    CHECK_EQ(((uintptr_t)p + offset) % align, 0);
    admit(m, slot, p, size);
    follow_minimum(m);
}

static void
forget(struct model *m, struct slot *slot)
{
    mark(m, slot->p, slot->size, false);
    m->free += slot->size + m->header;
    m->allocated -= slot->size;
    m->n_used--;
    slot->p = NULL;
}

static void
do_free(struct model *m, struct slot *slot)
{
    size_t inside = unit_below(&m->random, slot->size);

    CHECK(ch_tlsf_find(&m->box.tlsf, slot->p + inside) == slot->p);
    check_content(slot, slot->size);
    CHECK_EQ(ch_tlsf_tags(&m->box.tlsf, slot->p)[0], slot->pattern);
    CHECK_EQ(ch_tlsf_tags(&m->box.tlsf, slot->p)[1], ~slot->pattern);
    ch_tlsf_free(&m->box.tlsf, slot->p);
    CHECK(!ch_tlsf_try_free(&m->box.tlsf, slot->p));
    forget(m, slot);
}

/* Bytes that are free behind a block. */
static size_t
free_behind(const struct model *m, const struct slot *slot)
{
    size_t i = (size_t)(slot->p + slot->size - m->first) / UNIT;
    size_t n = 0;

    while (i + n < m->n_units && !m->taken[i + n]) {
        n++;
    }
    return n * UNIT;
}

/* In place exactly when there is room for it. */
static void
do_resize(struct model *m, struct slot *slot)
{
    size_t size = random_size(m);
    size_t old = slot->size;
    size_t room = old + free_behind(m, slot);
    bool ok = ch_tlsf_resize(&m->box.tlsf, slot->p, size);
    size_t now = ch_tlsf_payload(&m->box.tlsf, slot->p);

    CHECK_EQ(ok, least_payload(m, size) <= room);
    if (!ok) {
        CHECK_EQ(now, old);
        return;
    }
    CHECK(now >= least_payload(m, size) && now < least_payload(m, size) + 16);
    check_content(slot, now < old ? now : old);
    mark(m, slot->p, old, false);
    mark(m, slot->p, now, true);
    m->free = m->free + old - now;
    m->allocated = m->allocated + now - old;
    CHECK_EQ(ch_tlsf_minimum_free(&m->box.tlsf), m->minimum);
    ch_tlsf_note_minimum(&m->box.tlsf);
    follow_minimum(m);
    slot->size = now;
    if (now > old) {
        fill(slot, old);
    }
}

/* What is reported as the largest can be had; a granule more cannot. */
static void
do_largest(struct model *m)
{
    size_t largest = box_info(&m->box).largest;
    struct slot slot;
    char *p;

    CHECK(ch_tlsf_alloc(&m->box.tlsf, largest + m->rules.min_align) == NULL);
    CHECK(ch_tlsf_alloc(&m->box.tlsf, largest + 1) == NULL);
    if (largest == 0) {
        return;
    }
    p = ch_tlsf_alloc(&m->box.tlsf, largest);
    CHECK(p != NULL);
    admit(m, &slot, p, largest);
    follow_minimum(m);
    do_free(m, &slot);
}

/* ---- running ------------------------------------------------------------- */

/* Sizes vary so that the heap is nearly empty and full in turns. */
static void
step(struct model *m, size_t round)
{
    struct slot *slot = &m->slots[unit_below(&m->random, m->n_slots)];
    size_t dice = unit_below(&m->random, 16);
    bool fills = round / 20000 % 2 == 0;

    if (slot->p == NULL) {
        if (dice == 0) {
            do_alloc_aligned(m, slot);
        } else if (dice < (fills ? 15u : 5u)) {
            do_alloc(m, slot);
        }
    } else if (dice < 3) {
        do_resize(m, slot);
    } else if (dice < (fills ? 10u : 16u)) {
        do_free(m, slot);
    }
}

static void
model_open(struct model *m, size_t size, const struct ch_tlsf_rules *rules)
{
    struct ch_tlsf_block block;

    m->rules = *rules;
    m->memory = mmap(NULL, size + 64, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(m->memory != MAP_FAILED);
    /* An address of the device is a multiple of 8 here. */
    box_open(&m->box, m->memory + 8, size, rules);
    CHECK(ch_tlsf_next_block(&m->box.tlsf, NULL, &block));
    m->header = block.overhead;
    m->first = (char *)block.p - block.overhead;
    m->n_units = (block.size + block.overhead) / UNIT;
    m->taken = calloc(m->n_units, 1);
    CHECK(m->taken != NULL);
    m->total = ch_tlsf_free_size(&m->box.tlsf);
    m->free = m->minimum = m->total;
}

static void
run(size_t n_rounds, size_t n_slots, size_t size_max, size_t size,
    const struct ch_tlsf_rules *rules)
{
    static struct model m;
    size_t between = 500 + size / 64;

    m.random = unit_seed(n_rounds + size + rules->min_align + rules->head);
    m.n_slots = n_slots;
    m.size_max = size_max;
    model_open(&m, size, rules);
    for (size_t round = 0; round < n_rounds; round++) {
        step(&m, round);
        compare_figures(&m);
        if (unit_below(&m.random, between) == 0) {
            do_largest(&m);
            compare_all(&m);
        }
    }
    for (size_t i = 0; i < n_slots; i++) {
        if (m.slots[i].p != NULL) {
            do_free(&m, &m.slots[i]);
        }
    }
    compare_all(&m);
    CHECK_EQ(m.free, m.total);
    CHECK(m.n_failed > n_rounds / 1000);
}

static const struct ch_tlsf_rules device8_rules = {
    .accounting = CH_ACCOUNTING_DEVICE, .min_align = 8};
static const struct ch_tlsf_rules device16_rules = {
    .accounting = CH_ACCOUNTING_DEVICE, .min_align = 16};
static const struct ch_tlsf_rules device_head_rules = {
    .accounting = CH_ACCOUNTING_DEVICE, .min_align = 16, .head = 8};
static const struct ch_tlsf_rules host_head_rules = {
    .accounting = CH_ACCOUNTING_HOST, .min_align = 16, .head = 8};

static void
test_tlsf_random_calls_match_the_model_host_4_kib(void)
{
    run(1000000, 60, 100, 4000, &host_rules);
}

static void
test_tlsf_random_calls_match_the_model_host_64_kib(void)
{
    run(1500000, 400, 400, 65536, &host_rules);
}

static void
test_tlsf_random_calls_match_the_model_host_1_mib(void)
{
    run(1500000, 5000, 500, CH_MIB, &host_rules);
}

static void
test_tlsf_random_calls_match_the_model_host_with_a_head(void)
{
    run(500000, 400, 400, 65536, &host_head_rules);
}

static void
test_tlsf_random_calls_match_the_model_device_1_kib(void)
{
    run(1000000, 30, 60, 1024, &device_rules);
}

static void
test_tlsf_random_calls_match_the_model_device_6_kib(void)
{
    run(1000000, 60, 200, 6432, &device_rules);
}

static void
test_tlsf_random_calls_match_the_model_device_180_kib(void)
{
    run(1500000, 1000, 400, 184632, &device_rules);
}

static void
test_tlsf_random_calls_match_the_model_device_1_mib(void)
{
    run(1000000, 5000, 500, CH_MIB, &device_rules);
}

static void
test_tlsf_random_calls_match_the_model_device_align_8(void)
{
    run(500000, 200, 500, 40000, &device8_rules);
}

static void
test_tlsf_random_calls_match_the_model_device_align_16(void)
{
    run(500000, 200, 500, 40000, &device16_rules);
}

static void
test_tlsf_random_calls_match_the_model_device_with_a_head(void)
{
    run(500000, 200, 500, 40000, &device_head_rules);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_tlsf_random_calls_match_the_model_host_4_kib),
        forked_test(test_tlsf_random_calls_match_the_model_host_64_kib),
        forked_test(test_tlsf_random_calls_match_the_model_host_1_mib),
        forked_test(test_tlsf_random_calls_match_the_model_host_with_a_head),
        forked_test(test_tlsf_random_calls_match_the_model_device_1_kib),
        forked_test(test_tlsf_random_calls_match_the_model_device_6_kib),
        forked_test(test_tlsf_random_calls_match_the_model_device_180_kib),
        forked_test(test_tlsf_random_calls_match_the_model_device_1_mib),
        forked_test(test_tlsf_random_calls_match_the_model_device_align_8),
        forked_test(test_tlsf_random_calls_match_the_model_device_align_16),
        forked_test(test_tlsf_random_calls_match_the_model_device_with_a_head),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
