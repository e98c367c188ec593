/* SPDX-License-Identifier: MIT */
/*
 * poison_test.c - canaries and fills, and what is said when one is broken.
 */
#include "heap/tlsf/poison.h"

#include "base/arith.h"
#include "base/text.h"
#include "os/fault.h"
#include "unit/_unit.h"

#define ROOM 64u

static char buf[CH_POISON_HEAD + ROOM];
static char *const content = buf + CH_POISON_HEAD;

static uint32_t
word_at(const void *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static void
set_word(void *p, uint32_t word)
{
    memcpy(p, &word, sizeof word);
}

static void
check_line(const struct ch_corruption *bad, const char *format, const void *p)
{
    char line[CH_LINE_MAX];
    char want[CH_LINE_MAX];
    struct ch_text t;

    ch_text_init(&t, line, sizeof line);
    ch_corruption_line(bad, &t);
    snprintf(want, sizeof want, format, p);
    CHECK_STR(line, want);
}

/* ---- canaries ------------------------------------------------------------ */

static void
test_poison_arm_writes_the_documented_words(void)
{
    memset(buf, 0x11, sizeof buf);
    ch_poison_arm(content, 21);
    CHECK_EQ(word_at(content - 8), 0xabba1234);
    CHECK_EQ(word_at(content - 4), 21);
    CHECK_EQ(word_at(content + 21), 0xbaad5678);
    CHECK(unit_is_filled(content, 21, 0x11));
    CHECK(unit_is_filled(content + 25, ROOM - 25, 0x11));
}

static void
test_poison_verify_of_armed_block_is_true(void)
{
    struct ch_corruption bad;

    for (size_t asked = 0; asked <= ROOM - CH_POISON_TAIL; asked++) {
        ch_poison_arm(content, asked);
        for (size_t room = asked + CH_POISON_TAIL; room <= ROOM; room++) {
            CHECK(ch_poison_verify(content, room, &bad));
            CHECK_EQ(ch_poison_asked(content, room), asked);
        }
    }
}

static void
test_poison_verify_of_broken_head_names_it(void)
{
    struct ch_corruption bad;

    ch_poison_arm(content, 20);
    content[-7] ^= 1;
    CHECK(!ch_poison_verify(content, ROOM, &bad));
    CHECK_EQ(bad.kind, CH_CORRUPTION_HEAD);
    check_line(&bad,
        "CORRUPT HEAP: Bad head at %p. Expected 0xabba1234 got 0xabba1334",
        content - 8);
}

static void
test_poison_verify_of_broken_tail_names_it(void)
{
    struct ch_corruption bad;

    for (size_t i = 0; i < CH_POISON_TAIL; i++) {
        ch_poison_arm(content, 19);
        content[19 + i] ^= 0x40;
        CHECK(!ch_poison_verify(content, ROOM, &bad));
        CHECK_EQ(bad.kind, CH_CORRUPTION_TAIL);
        CHECK(bad.at == content + 19);
    }
    ch_poison_arm(content, 19);
    set_word(content + 19, 7);
    CHECK(!ch_poison_verify(content, ROOM, &bad));
    check_line(&bad,
        "CORRUPT HEAP: Bad tail at %p. Expected 0xbaad5678 got 0x00000007",
        content + 19);
}

static void
test_poison_verify_of_too_large_size_names_it_and_reads_no_further(void)
{
    struct ch_corruption bad;

    ch_poison_arm(content, 20);
    set_word(content - 4, ROOM - CH_POISON_TAIL + 1);
    CHECK(!ch_poison_verify(content, ROOM, &bad));
    CHECK_EQ(bad.kind, CH_CORRUPTION_SIZE);
    check_line(&bad,
        "CORRUPT HEAP: Size at %p expected <=0x0000003c got 0x0000003d",
        content - 4);
    set_word(content - 4, UINT32_MAX);
    CHECK(!ch_poison_verify(content, ROOM, &bad));
    CHECK_EQ(bad.kind, CH_CORRUPTION_SIZE);
}

static void
test_poison_verify_of_too_small_size_names_the_missing_tail(void)
{
    struct ch_corruption bad;

    memset(buf, 0, sizeof buf);
    ch_poison_arm(content, 20);
    set_word(content - 4, 3);
    CHECK(!ch_poison_verify(content, ROOM, &bad));
    CHECK_EQ(bad.kind, CH_CORRUPTION_TAIL);
    CHECK(bad.at == content + 3);
}

static void
test_poison_disarmed_block_has_no_head(void)
{
    struct ch_corruption bad;

    ch_poison_arm(content, 20);
    CHECK(ch_poison_verify_head(content, &bad));
    ch_poison_disarm(content);
    CHECK(!ch_poison_verify_head(content, &bad));
    check_line(&bad,
        "CORRUPT HEAP: Bad head at %p. Expected 0xabba1234 got 0xfefefefe",
        content - 8);
}

/* The word has 32 bits; the room of the block says the rest. */
static void
test_poison_asked_beyond_4_gib_follows_from_the_room(void)
{
    static const size_t sizes[] = {CH_GIB * 4 - 1, CH_GIB * 4, CH_GIB * 4 + 1,
        CH_GIB * 12 + 12345, CH_GIB * 4 - 5};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        for (size_t slack = 0; slack < 64; slack += 9) {
            set_word(content - 4, (uint32_t)sizes[i]);
            CHECK_EQ(
                ch_poison_asked(content, sizes[i] + CH_POISON_TAIL + slack),
                sizes[i]);
        }
    }
}

/* ---- fills --------------------------------------------------------------- */

static void
test_poison_verify_free_finds_each_byte_of_any_range(void)
{
    struct ch_corruption bad;

    memset(buf, 0xfe, sizeof buf);
    for (size_t start = 0; start < 8; start++) {
        for (size_t n = 0; n < 40; n++) {
            char *p = buf + start;

            CHECK(ch_poison_verify_free(p, n, &bad));
            for (size_t i = 0; i < n; i++) {
                p[i] = 0x5a;
                CHECK(!ch_poison_verify_free(p, n, &bad));
                CHECK((const char *)bad.at <= p + i);
                CHECK(p + i < (const char *)bad.at
                                  + (bad.kind == CH_CORRUPTION_WORD ? 4 : 1));
                p[i] = (char)0xfe;
            }
        }
    }
}

static void
test_poison_verify_free_looks_at_nothing_else(void)
{
    struct ch_corruption bad;

    memset(buf, 0x11, sizeof buf);
    memset(buf + 3, 0xfe, 30);
    CHECK(ch_poison_verify_free(buf + 3, 30, &bad));
    CHECK(!ch_poison_verify_free(buf + 2, 30, &bad));
    CHECK(!ch_poison_verify_free(buf + 3, 31, &bad));
}

static void
test_poison_verify_free_says_words_and_bytes(void)
{
    struct ch_corruption bad;

    memset(buf, 0xfe, sizeof buf);
    buf[9] = 0x12;
    CHECK(!ch_poison_verify_free(buf, 16, &bad));
    check_line(&bad,
        "CORRUPT HEAP: Invalid data at %p. Expected 0xfefefefe got 0xfefe12fe",
        buf + 8);
    CHECK(!ch_poison_verify_free(buf, 10, &bad));
    check_line(&bad, "CORRUPT HEAP: Invalid data at %p. Expected 0xfe got 0x12",
        buf + 9);
}

static void
test_corruption_say_of_none_is_silent(void)
{
    const struct ch_corruption none = {.kind = CH_CORRUPTION_NONE};

    ch_corruption_say(&none);
}

static void
say_one(void)
{
    const struct ch_corruption bad = {.kind = CH_CORRUPTION_HEAD,
        .at = (void *)0x3ffb2f00,
        .expected = 0xabba1234,
        .got = 0xfe};

    ch_corruption_say(&bad);
}

static void
test_corruption_say_writes_one_line(void)
{
    char text[CH_LINE_MAX];

    CHECK_EQ(unit_child_says(
                 test_corruption_say_of_none_is_silent, text, sizeof text),
        0);
    CHECK_STR(text, "");
    CHECK_EQ(unit_child_says(say_one, text, sizeof text), 0);
    CHECK_STR(text, "CORRUPT HEAP: Bad head at 0x3ffb2f00. "
                    "Expected 0xabba1234 got 0x000000fe\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_poison_arm_writes_the_documented_words),
        forked_test(test_poison_verify_of_armed_block_is_true),
        forked_test(test_poison_verify_of_broken_head_names_it),
        forked_test(test_poison_verify_of_broken_tail_names_it),
        forked_test(
            test_poison_verify_of_too_large_size_names_it_and_reads_no_further),
        forked_test(
            test_poison_verify_of_too_small_size_names_the_missing_tail),
        forked_test(test_poison_disarmed_block_has_no_head),
        forked_test(test_poison_asked_beyond_4_gib_follows_from_the_room),
        forked_test(test_poison_verify_free_finds_each_byte_of_any_range),
        forked_test(test_poison_verify_free_looks_at_nothing_else),
        forked_test(test_poison_verify_free_says_words_and_bytes),
        forked_test(test_corruption_say_writes_one_line),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
