/* SPDX-License-Identifier: MIT */
/*
 * fixed_test.c - heaps of the fixed engine: figures, faults, the check.
 */
#include "heap/tlsf/fixed.h"

#include "unit/heap/tlsf/_fixed.h"

#define SIZE 8192u

static CH_ALIGNED(64) char memory[64 * CH_KIB];

/* A fresh heap of this kind over the memory. */
static struct ch_fixed *
heap_of(const struct ch_fixed_options *kind)
{
    return heap_on(memory, SIZE, kind);
}

/* ---- figures ------------------------------------------------------------- */

static void
test_fixed_fresh_figures_are_the_chips(void)
{
    static const struct {
        size_t size;
        size_t free;
        size_t largest;
    } rows[] = {
        {512, 276, 256},
        {1024, 752, 704},
        {3500, 3156, 3072},
        {4096, 3752, 3584},
        {8192, 7812, 7680},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        for (const struct ch_fixed_options *kind = DEVICE;
             kind <= COMPREHENSIVE; kind++) {
            struct ch_fixed *heap = heap_on(memory, rows[i].size, kind);
            struct ch_tlsf_info info = info_of(heap);
            size_t extra = kind == DEVICE ? 0 : 12;

            CHECK_EQ(info.free, rows[i].free - extra);
            CHECK_EQ(info.largest, rows[i].largest - extra);
            CHECK_EQ(info.minimum_free, info.free);
            CHECK_EQ(ch_fixed_free_size(heap), info.free);
            CHECK_EQ(ch_fixed_minimum_free(heap), info.free);
            CHECK_EQ(info.allocated, 0);
            CHECK_EQ(info.used_blocks, 0);
            CHECK_EQ(info.free_blocks, 1);
        }
    }
}

static void
test_fixed_host_has_every_byte(void)
{
    struct ch_fixed *heap = heap_of(HOST);

    CHECK_EQ(info_of(heap).free, SIZE);
    CHECK_EQ(info_of(heap).largest, SIZE);
    CHECK(take(heap, SIZE) == memory);
    CHECK_EQ(info_of(heap).free, 0);
    CHECK_EQ(info_of(heap).largest, 0);
    CHECK(ch_fixed_alloc(heap, 1) == NULL);
}

static void
test_fixed_allocated_bytes_are_without_poison(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);
        size_t fresh = info_of(heap).free;
        bool is_plain_8 = k == 6; /* blocks are 4 less than multiples of 8 */
        size_t size = is_plain_8 ? 36 : 32;
        size_t header = kinds[k].accounting == CH_ACCOUNTING_DEVICE ? 4 : 0;

        for (size_t n = 1; n <= 3; n++) {
            CHECK_EQ(ch_fixed_usable(heap, take(heap, 32), "x"), size);
            CHECK_EQ(info_of(heap).used_blocks, n);
            CHECK_EQ(info_of(heap).allocated, n * size);
        }
        CHECK_EQ(fresh - info_of(heap).free,
            3 * (size + header + extra_of(&kinds[k])));
    }
}

/* At each level, on a fresh heap and on one full of holes. */
static void
check_largest(struct ch_fixed *heap, const struct ch_fixed_options *kind)
{
    size_t largest = info_of(heap).largest;
    void *p;

    CHECK(ch_fixed_alloc(heap, largest + kind->min_align) == NULL);
    if (largest == 0) {
        return;
    }
    p = take(heap, largest);
    memset(p, 0x33, largest);
    CHECK(is_sound(heap));
    give(heap, p);
    CHECK_EQ(info_of(heap).largest, largest);
}

static void
test_fixed_largest_can_be_had_and_no_granule_more(void)
{
    uint64_t seed = unit_seed(3);
    void *slots[64] = {NULL};

    for (size_t k = 0; k < N_KINDS; k++) {
        for (size_t size = 600; size < sizeof memory; size += size / 3 + 8) {
            struct ch_fixed *heap = heap_on(memory, size, &kinds[k]);

            memset(slots, 0, sizeof slots);
            for (size_t i = 0; i < 300; i++) {
                void **slot = &slots[unit_below(&seed, 64)];

                if (*slot != NULL) {
                    give(heap, *slot);
                    *slot = NULL;
                } else {
                    *slot =
                        ch_fixed_alloc(heap, 1 + unit_below(&seed, size / 20));
                }
                check_largest(heap, &kinds[k]);
            }
        }
    }
}

static void
test_fixed_minimum_is_reset_and_restored(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);
        size_t fresh = ch_fixed_free_size(heap);
        size_t low;
        void *p = take(heap, 1000);

        low = ch_fixed_free_size(heap);
        CHECK(low < fresh);
        CHECK_EQ(ch_fixed_minimum_free(heap), low);
        give(heap, p);
        CHECK_EQ(ch_fixed_minimum_free(heap), low);
        CHECK_EQ(ch_fixed_reset_minimum(heap), low);
        CHECK_EQ(ch_fixed_minimum_free(heap), fresh);
        ch_fixed_restore_minimum(heap, fresh + 100);
        CHECK_EQ(ch_fixed_minimum_free(heap), fresh);
        ch_fixed_restore_minimum(heap, low);
        CHECK_EQ(ch_fixed_minimum_free(heap), low);
        CHECK_EQ(info_of(heap).minimum_free, low);
        ch_fixed_restore_minimum(heap, 0);
        CHECK_EQ(ch_fixed_minimum_free(heap), 0);
    }
}

static void
test_fixed_too_small_for_one_byte_is_no_heap(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        size_t size = 1;

        while (ch_fixed_register(memory, size, size, &kinds[k]) == NULL) {
            size++;
            CHECK(size < 400);
        }
        CHECK(take(heap_on(memory, size, &kinds[k]), 1) != NULL);
    }
    CHECK(ch_fixed_register(memory, 216, 216, DEVICE) == NULL);
    CHECK(ch_fixed_register(memory, 220, 220, DEVICE) != NULL);
    CHECK(ch_fixed_register(memory, 220, 220, LIGHT) == NULL);
    CHECK(ch_fixed_register(memory, 224, 224, LIGHT) != NULL);
    CHECK(ch_fixed_register(memory, 16, 16, HOST) != NULL);
    CHECK(ch_fixed_register(memory, 0, 0, HOST) == NULL);
    CHECK(ch_fixed_register(memory, 100, 99, HOST) == NULL);
    CHECK(ch_fixed_register(memory, 100, SIZE_MAX, HOST) == NULL);
}

/* ---- sizes at the edges -------------------------------------------------- */

static void
test_fixed_alloc_of_impossible_sizes_is_null(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);
        struct ch_tlsf_info before = info_of(heap);
        struct ch_tlsf_info after;

        CHECK(ch_fixed_alloc(heap, 0) == NULL);
        CHECK(ch_fixed_alloc_aligned(heap, 16, 0, 0) == NULL);
        CHECK(ch_fixed_alloc_aligned(heap, 0, 0, 8) == NULL);
        CHECK(ch_fixed_alloc_aligned(heap, 24, 0, 8) == NULL);
        for (size_t less = 0; less < 40; less++) {
            CHECK(ch_fixed_alloc(heap, SIZE_MAX - less) == NULL);
            CHECK(ch_fixed_alloc(heap, PTRDIFF_MAX - less) == NULL);
            CHECK(ch_fixed_alloc_aligned(heap, 64, 0, SIZE_MAX - less) == NULL);
        }
        for (unsigned bit = 16; bit < 64; bit++) {
            CHECK(ch_fixed_alloc(heap, (size_t)1 << bit) == NULL);
            CHECK(
                ch_fixed_alloc_aligned(heap, (size_t)1 << bit, 8, 64) == NULL);
        }
        after = info_of(heap);
        CHECK(memcmp(&before, &after, sizeof before) == 0);
        CHECK(is_sound(heap));
    }
}

static void
test_fixed_aligned_alloc_aligns_what_lies_at_the_offset(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        for (size_t align = 1; align <= 512; align *= 2) {
            struct ch_fixed *heap = heap_on(memory, sizeof memory, &kinds[k]);

            for (size_t offset = 0; offset < 64; offset += kinds[k].min_align) {
                char *p = ch_fixed_alloc_aligned(heap, align, offset, 64);

                CHECK(p != NULL);
                CHECK(ch_is_aligned(p + offset, align));
                CHECK(ch_is_aligned(p, kinds[k].min_align));
                memset(p, 0x44, 64);
                CHECK(ch_fixed_is_block(heap, p));
                CHECK(is_sound(heap));
                if (offset % 8 == 0) {
                    give(heap, p);
                }
            }
        }
    }
}

/* ---- resizing ------------------------------------------------------------ */

static void
test_fixed_realloc_stays_where_the_level_allows(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        bool moves = kinds[k].poison == CH_POISON_COMPREHENSIVE;
        struct ch_fixed *heap = heap_of(&kinds[k]);
        char *p = take(heap, 100);
        char *q;

        memset(p, 0x21, 100);
        q = ch_fixed_realloc(heap, p, 1000, "x");
        CHECK((q != p) == moves);
        CHECK(unit_is_filled(q, 100, 0x21));
        CHECK_EQ(ch_fixed_is_block(heap, p), !moves);
        memset(q, 0x22, 1000);
        p = ch_fixed_realloc(heap, q, 50, "x");
        CHECK((q != p) == moves);
        CHECK(unit_is_filled(p, 50, 0x22));
        CHECK(is_sound(heap));
        CHECK_EQ(info_of(heap).used_blocks, 1);
        CHECK_EQ(ch_fixed_resize(heap, p, 60, "x"), !moves);
        CHECK(!ch_fixed_resize(heap, p, SIZE + 1, "x"));
        CHECK(is_sound(heap));
        give(heap, p);
    }
}

static void
test_fixed_realloc_behind_a_neighbour_moves(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);
        char *p = take(heap, 100);
        char *next = take(heap, 100);
        char *q;

        memset(p, 0x31, 100);
        CHECK(!ch_fixed_resize(heap, p, 1000, "x"));
        q = ch_fixed_realloc(heap, p, 1000, "x");
        CHECK(q != p && q != NULL);
        CHECK(unit_is_filled(q, 100, 0x31));
        CHECK(!ch_fixed_is_block(heap, p));
        CHECK(is_sound(heap));
        CHECK(ch_fixed_is_block(heap, next));
    }
}

static void
test_fixed_realloc_without_room_leaves_the_block(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);
        char *p = take(heap, 100);
        struct ch_tlsf_info before = info_of(heap);
        struct ch_tlsf_info after;

        memset(p, 0x41, 100);
        CHECK(ch_fixed_realloc(heap, p, SIZE + 1, "x") == NULL);
        CHECK(ch_fixed_realloc(heap, p, SIZE_MAX, "x") == NULL);
        CHECK(ch_fixed_realloc(heap, p, SIZE_MAX - 11, "x") == NULL);
        after = info_of(heap);
        CHECK(memcmp(&before, &after, sizeof before) == 0);
        CHECK(unit_is_filled(p, 100, 0x41));
        CHECK(is_sound(heap));
    }
}

/* The chip looks at its lowest free size when a move is over, but for one of
   comprehensive poisoning, which is a malloc and a free of their own. */
static void
test_fixed_realloc_lowers_the_minimum_as_the_chip_does(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        bool sees_both = kinds[k].accounting == CH_ACCOUNTING_HOST
                         || kinds[k].poison == CH_POISON_COMPREHENSIVE;
        struct ch_fixed *heap = heap_of(&kinds[k]);
        char *p = take(heap, 500);

        (void)take(heap, 100);
        p = ch_fixed_realloc(heap, p, 1000, "x");
        CHECK(p != NULL);
        CHECK_EQ(
            ch_fixed_minimum_free(heap) < ch_fixed_free_size(heap), sees_both);
    }
}

/* ---- what a block is ----------------------------------------------------- */

static void
test_fixed_usable_is_the_chips_allocated_size(void)
{
    struct ch_fixed *heap = heap_of(DEVICE);

    CHECK_EQ(ch_fixed_usable(heap, take(heap, 1), "x"), 12);
    CHECK_EQ(ch_fixed_usable(heap, take(heap, 13), "x"), 16);
    CHECK_EQ(ch_fixed_full_size(heap, take(heap, 13), "x"), 16);
    heap = heap_on(memory, sizeof memory, LIGHT);
    CHECK_EQ(ch_fixed_usable(heap, take(heap, 1), "x"), 4);
    CHECK_EQ(ch_fixed_usable(heap, take(heap, 100), "x"), 100);
    CHECK_EQ(ch_fixed_usable(heap, take(heap, 128), "x"), 132);
    CHECK_EQ(ch_fixed_full_size(heap, take(heap, 128), "x"), 144);
    CHECK_EQ(ch_fixed_usable(heap, take(heap, 4096), "x"), 4340);
}

static void
test_fixed_asked_may_be_written(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);

        for (size_t size = 1; size < 70; size++) {
            char *p = take(heap, size);
            size_t asked = ch_fixed_asked(heap, p, "x");

            CHECK(asked >= size);
            CHECK(kinds[k].poison == CH_POISON_NONE || asked == size);
            memset(p, 0xff, asked);
            CHECK(is_sound(heap));
            give(heap, p);
        }
    }
}

static void
test_fixed_find_and_is_block_of_any_pointer(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);
        char *p = take(heap, 100);
        char *gone = take(heap, 100);
        char *q = take(heap, 100);
        size_t n_p = 0;
        size_t n_q = 0;

        give(heap, gone);
        for (size_t i = 0; i < SIZE + 200; i++) {
            char *at = (char *)((uintptr_t)memory - 100 + i);
            char *found = ch_fixed_find(heap, at);

            CHECK_EQ(ch_fixed_is_block(heap, at), at == p || at == q);
            CHECK(found == NULL || found == p || found == q);
            n_p += found == p;
            n_q += found == q;
        }
        CHECK_EQ(n_p, ch_fixed_full_size(heap, p, "x"));
        CHECK_EQ(n_q, ch_fixed_full_size(heap, q, "x"));
        CHECK(ch_fixed_find(heap, p + 99) == p);
        CHECK(ch_fixed_find(heap, (void *)SIZE_MAX) == NULL);
        CHECK(ch_fixed_find(heap, NULL) == NULL);
    }
}

static void
test_fixed_tag_goes_along_with_the_block(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);
        char *p = take(heap, 100);

        CHECK_EQ(ch_fixed_tag(heap, p), 0);
        ch_fixed_set_tag(heap, p, 0x123456789abcdef0);
        CHECK_EQ(ch_fixed_tag(heap, p), 0x123456789abcdef0);
        if (ch_fixed_resize(heap, p, 300, "x")) {
            CHECK_EQ(ch_fixed_tag(heap, p), 0x123456789abcdef0);
        }
        give(heap, p);
        CHECK_EQ(ch_fixed_tag(heap, p), 0);
        ch_fixed_set_tag(heap, p, 7);
        CHECK(is_sound(heap));
        CHECK(take(heap, 100) == p);
        CHECK_EQ(ch_fixed_tag(heap, p), 0);
    }
}

/* ---- the walk ------------------------------------------------------------ */

struct walk {
    struct ch_fixed *heap;
    const char *end; /* of the last block */
    size_t n_used;
    size_t n_free;
    size_t used; /* bytes */
    size_t most; /* blocks to see */
};

static bool
visit(const struct ch_tlsf_block *block, void *ctx)
{
    struct walk *walk = ctx;

    CHECK((const char *)block->p >= walk->end);
    walk->end = (const char *)block->p + block->size;
    CHECK(walk->end <= ch_fixed_end(walk->heap));
    walk->n_used += block->is_used;
    walk->n_free += !block->is_used;
    walk->used += block->is_used ? block->size : 0;
    /* Not locked: the visitor may use the heap. */
    CHECK(ch_fixed_free_size(walk->heap) < SIZE);
    return walk->n_used + walk->n_free < walk->most;
}

static void
test_fixed_walk_sees_each_block_in_order(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_of(&kinds[k]);
        struct walk walk = {.heap = heap, .end = memory, .most = SIZE_MAX};
        struct ch_tlsf_info info;

        for (size_t i = 0; i < 20; i++) {
            char *p = take(heap, 20 + i);
            char *q = take(heap, 30);

            give(heap, i % 2 != 0 ? p : q);
        }
        info = info_of(heap);
        ch_fixed_walk(heap, visit, &walk);
        CHECK_EQ(walk.n_used, info.used_blocks);
        CHECK_EQ(walk.n_free, info.free_blocks);
        CHECK_EQ(
            walk.used, info.allocated + info.used_blocks * extra_of(&kinds[k]));
        walk = (struct walk){.heap = heap, .end = memory, .most = 3};
        ch_fixed_walk(heap, visit, &walk);
        CHECK_EQ(walk.n_used + walk.n_free, 3);
    }
}

/* ---- fills --------------------------------------------------------------- */

static void
test_fixed_comprehensive_fills_fresh_and_freed_memory(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap;
        char *p;

        if (kinds[k].poison != CH_POISON_COMPREHENSIVE) {
            continue;
        }
        memset(memory, 0, sizeof memory);
        heap = heap_of(&kinds[k]);
        CHECK(unit_is_filled(memory, SIZE, 0xfe));
        CHECK_EQ(memory[SIZE], 0);
        p = take(heap, 101);
        CHECK(unit_is_filled(p, 101, 0xce));
        memset(p, 1, 101);
        give(heap, p);
        CHECK(unit_is_filled(memory, SIZE, 0xfe));
    }
}

static void
test_fixed_other_levels_leave_contents_alone(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap;
        char *p;

        if (kinds[k].poison == CH_POISON_COMPREHENSIVE) {
            continue;
        }
        memset(memory, 0x77, sizeof memory);
        heap = heap_of(&kinds[k]);
        p = take(heap, 100);
        CHECK(unit_is_filled(p, 100, 0x77));
        memset(p, 0x78, 100);
        give(heap, p);
        CHECK(unit_is_filled(p, 100, 0x78));
        CHECK(kinds[k].poison != CH_POISON_NONE
              || unit_is_filled(memory, (size_t)(p - memory), 0x77));
    }
}

/* Executable memory, say: here it cannot even be read. */
static void
test_fixed_untouchable_memory_is_not_touched(void)
{
    char *base = mmap(NULL, CH_MIB, PROT_NONE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint64_t seed = unit_seed(5);
    void *slots[64] = {NULL};

    CHECK(base != MAP_FAILED);
    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed_options options = kinds[k];
        struct ch_fixed *heap;

        options.is_untouchable = true;
        heap = heap_on(base, CH_MIB, &options);
        memset(slots, 0, sizeof slots);
        for (size_t i = 0; i < 2000; i++) {
            void **slot = &slots[unit_below(&seed, 64)];
            size_t size = 1 + unit_below(&seed, 5000);

            if (*slot == NULL) {
                *slot = i % 5 == 0 ? ch_fixed_alloc_aligned(heap, 256, 0, size)
                                   : ch_fixed_alloc(heap, size);
            } else if (i % 3 == 0) {
                (void)!ch_fixed_resize(heap, *slot, size, "x");
            } else {
                give(heap, *slot);
                *slot = NULL;
            }
        }
        CHECK(is_sound(heap));
    }
}

/* ---- random calls -------------------------------------------------------- */

#define N_SLOTS 96u

struct block {
    unsigned char *p;
    size_t size;
    unsigned char fill;
};

static void
check_block(struct ch_fixed *heap, const struct block *block)
{
    CHECK(ch_fixed_is_block(heap, block->p));
    CHECK(unit_is_filled(block->p, block->size, block->fill));
    CHECK(ch_fixed_usable(heap, block->p, "x") >= block->size);
}

static void
fill_block(struct block *block, void *p, size_t size, unsigned char fill)
{
    *block = (struct block){.p = p, .size = size, .fill = fill};
    if (p != NULL) {
        memset(p, fill, size);
    }
}

static void
random_call(struct ch_fixed *heap, struct block *block, uint64_t *seed)
{
    size_t size = 1 + unit_below(seed, (size_t)16 << unit_below(seed, 8));
    unsigned char fill = (unsigned char)unit_random(seed);
    size_t align = (size_t)1 << unit_below(seed, 9);
    void *p;

    if (block->p == NULL) {
        p = size % 4 != 0 ? ch_fixed_alloc(heap, size)
                          : ch_fixed_alloc_aligned(heap, align, 0, size);
        CHECK(p == NULL || size % 4 != 0 || ch_is_aligned(p, align));
        fill_block(block, p, size, fill);
        return;
    }
    check_block(heap, block);
    if (unit_below(seed, 3) != 0) {
        give(heap, block->p);
        block->p = NULL;
        return;
    }
    p = ch_fixed_realloc(heap, block->p, size, "x");
    if (p != NULL) {
        CHECK(unit_is_filled(p, ch_min_size(size, block->size), block->fill));
        fill_block(block, p, size, fill);
    }
}

static void
check_no_overlap(const struct block *blocks)
{
    for (size_t i = 0; i < N_SLOTS; i++) {
        for (size_t j = 0; j < i && blocks[i].p != NULL; j++) {
            CHECK(blocks[j].p == NULL
                  || blocks[i].p + blocks[i].size <= blocks[j].p
                  || blocks[j].p + blocks[j].size <= blocks[i].p);
        }
    }
}

static void
test_fixed_random_calls_keep_contents_and_figures(void)
{
    uint64_t seed = unit_seed(17);
    struct block blocks[N_SLOTS];

    for (size_t k = 0; k < N_KINDS; k++) {
        struct ch_fixed *heap = heap_on(memory, sizeof memory, &kinds[k]);
        struct ch_tlsf_info fresh = info_of(heap);
        struct ch_tlsf_info info;

        memset(blocks, 0, sizeof blocks);
        for (size_t i = 0; i < 30000; i++) {
            random_call(heap, &blocks[unit_below(&seed, N_SLOTS)], &seed);
            CHECK(ch_fixed_minimum_free(heap) <= ch_fixed_free_size(heap));
            if (i % 512 == 0) {
                check_no_overlap(blocks);
                CHECK(is_sound(heap));
            }
        }
        for (size_t i = 0; i < N_SLOTS; i++) {
            if (blocks[i].p != NULL) {
                give(heap, blocks[i].p);
            }
        }
        info = info_of(heap);
        CHECK(is_sound(heap));
        CHECK_EQ(info.free, fresh.free);
        CHECK_EQ(info.largest, fresh.largest);
        CHECK_EQ(info.free_blocks, 1);
        CHECK_EQ(info.allocated, 0);
    }
}

/* ---- growing ------------------------------------------------------------- */

static void
test_fixed_grow_adds_what_was_added(void)
{
    for (size_t k = 0; k < 3; k++) {
        struct ch_fixed *heap =
            ch_fixed_register(memory, 4096, sizeof memory, &kinds[k]);
        size_t free_size = ch_fixed_free_size(heap);
        char *p = take(heap, 4000);

        memset(p, 0x61, 4000);
        CHECK(ch_fixed_alloc(heap, 4000) == NULL);
        memset(memory + 4096, 0, 4096);
        CHECK(ch_fixed_grow(heap, memory + 8192));
        CHECK(ch_fixed_end(heap) == memory + 8192);
        CHECK_EQ(ch_fixed_free_size(heap) + ch_fixed_full_size(heap, p, "x"),
            free_size + 4096);
        CHECK(is_sound(heap));
        memset(take(heap, 4000), 0x62, 4000);
        CHECK(is_sound(heap));
        CHECK(unit_is_filled(p, 4000, 0x61));
        CHECK(ch_fixed_grow(heap, memory + sizeof memory));
        CHECK(!ch_fixed_grow(heap, memory + sizeof memory + 4096));
        CHECK(ch_fixed_end(heap) == memory + sizeof memory);
        CHECK(is_sound(heap));
    }
}

/* ---- threads ------------------------------------------------------------- */

static struct ch_fixed *shared;

static void *
churn(void *arg)
{
    uint64_t seed = (uintptr_t)arg;
    struct block blocks[N_SLOTS] = {{.p = NULL}};

    for (size_t i = 0; i < 5000; i++) {
        struct block *b = &blocks[unit_below(&seed, 16)];

        random_call(shared, b, &seed);
        if (b->p != NULL) {
            ch_fixed_set_tag(shared, b->p, seed);
            CHECK(ch_fixed_find(shared, b->p) == b->p);
        }
        if (i % 256 == 0) {
            CHECK(is_sound(shared));
            (void)info_of(shared);
        }
    }
    for (size_t i = 0; i < N_SLOTS; i++) {
        if (blocks[i].p != NULL) {
            give(shared, blocks[i].p);
        }
    }
    return NULL;
}

static void
test_fixed_threads_leave_exact_figures(void)
{
    for (size_t k = 0; k < N_KINDS; k++) {
        pthread_t threads[4];
        struct ch_tlsf_info fresh;

        shared = heap_on(memory, sizeof memory, &kinds[k]);
        fresh = info_of(shared);
        for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
            threads[i] = unit_thread_start(churn, (void *)(i + 1));
        }
        for (size_t i = 0; i < ARRAY_LENGTH(threads); i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
        CHECK_EQ(info_of(shared).free, fresh.free);
        CHECK_EQ(info_of(shared).free_blocks, 1);
        CHECK(is_sound(shared));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_fixed_fresh_figures_are_the_chips),
        forked_test(test_fixed_host_has_every_byte),
        forked_test(test_fixed_allocated_bytes_are_without_poison),
        forked_test(test_fixed_largest_can_be_had_and_no_granule_more),
        forked_test(test_fixed_minimum_is_reset_and_restored),
        forked_test(test_fixed_too_small_for_one_byte_is_no_heap),
        forked_test(test_fixed_alloc_of_impossible_sizes_is_null),
        forked_test(test_fixed_aligned_alloc_aligns_what_lies_at_the_offset),
        forked_test(test_fixed_realloc_stays_where_the_level_allows),
        forked_test(test_fixed_realloc_behind_a_neighbour_moves),
        forked_test(test_fixed_realloc_without_room_leaves_the_block),
        forked_test(test_fixed_realloc_lowers_the_minimum_as_the_chip_does),
        forked_test(test_fixed_usable_is_the_chips_allocated_size),
        forked_test(test_fixed_asked_may_be_written),
        forked_test(test_fixed_find_and_is_block_of_any_pointer),
        forked_test(test_fixed_tag_goes_along_with_the_block),
        forked_test(test_fixed_walk_sees_each_block_in_order),
        forked_test(test_fixed_comprehensive_fills_fresh_and_freed_memory),
        forked_test(test_fixed_other_levels_leave_contents_alone),
        forked_test(test_fixed_untouchable_memory_is_not_touched),
        forked_test(test_fixed_random_calls_keep_contents_and_figures),
        forked_test(test_fixed_grow_adds_what_was_added),
        forked_test(test_fixed_threads_leave_exact_figures),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
