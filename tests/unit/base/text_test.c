/* SPDX-License-Identifier: MIT */
/*
 * text_test.c - appending, cutting, comparing and reading of text.
 */
#include "base/text.h"

#include "unit/_unit.h"

#define TIB (UINT64_C(1) << 40)

/* A buffer with guards round it, and a text in it. */
struct box {
    char before[8];
    char buf[64];
    char after[8];
    struct ch_text t;
};

static void
box_init(struct box *b, size_t size)
{
    memset(b->before, 'G', sizeof b->before);
    memset(b->buf, 'X', sizeof b->buf);
    memset(b->after, 'G', sizeof b->after);
    ch_text_init(&b->t, b->buf, size);
}

/* The text so far; it must end in a NUL and keep within its `size` bytes. */
static const char *
box_text(const struct box *b)
{
    size_t size = b->t.size;

    CHECK(b->t.len < size);
    CHECK_EQ(strlen(b->buf), b->t.len);
    CHECK(unit_is_filled(b->buf + size, sizeof b->buf - size, 'X'));
    CHECK(unit_is_filled(b->before, sizeof b->before, 'G'));
    CHECK(unit_is_filled(b->after, sizeof b->after, 'G'));
    return b->buf;
}

static void
test_text_init_gives_an_empty_string(void)
{
    struct box b;

    box_init(&b, sizeof b.buf);
    CHECK_STR(box_text(&b), "");
    CHECK(!b.t.cut);
    box_init(&b, 1);
    CHECK_STR(box_text(&b), "");
    CHECK(!b.t.cut);
}

static void
test_text_appenders_in_a_row_make_one_string(void)
{
    struct box b;

    box_init(&b, sizeof b.buf);
    ch_text_char(&b.t, '<');
    ch_text_str(&b.t, "abc");
    ch_text_mem(&b.t, "defghi", 3);
    ch_text_str(&b.t, "");
    ch_text_mem(&b.t, "zzz", 0);
    ch_text_u64(&b.t, 17);
    ch_text_i64(&b.t, -17);
    ch_text_hex(&b.t, 0xbeef);
    ch_text_ptr(&b.t, (void *)0x7f00);
    ch_text_size(&b.t, 2048);
    CHECK_STR(box_text(&b), "<abcdef17-170xbeef0x7f002 KiB");
    CHECK(!b.t.cut);
}

static void
append_everything(struct ch_text *t)
{
    ch_text_str(t, "abc");
    ch_text_u64(t, 12345);
    ch_text_i64(t, -678);
    ch_text_hex(t, 0xcafe);
    ch_text_size(t, 1536);
    ch_text_escaped(t, "x\ny", 3);
    ch_text_pad(t, 40);
    ch_text_char(t, '!');
}

static void
test_text_cut_at_any_size_keeps_the_beginning(void)
{
    struct box whole;
    struct box b;

    box_init(&whole, sizeof whole.buf);
    append_everything(&whole.t);
    CHECK_STR(box_text(&whole), "abc12345-6780xcafe1.5 KiBx\\x0ay         !");
    for (size_t size = 1; size <= sizeof b.buf; size++) {
        size_t len = whole.t.len < size ? whole.t.len : size - 1;

        box_init(&b, size);
        append_everything(&b.t);
        box_text(&b);
        CHECK_EQ(b.t.cut, whole.t.len >= size);
        CHECK_EQ(b.t.len, len);
        CHECK(memcmp(b.buf, whole.buf, len) == 0);
    }
}

static void
test_text_that_fits_exactly_is_not_cut(void)
{
    struct box b;

    box_init(&b, 4);
    ch_text_str(&b.t, "abc");
    CHECK(!b.t.cut);
    ch_text_str(&b.t, "");
    CHECK(!b.t.cut);
    ch_text_char(&b.t, 'd');
    CHECK(b.t.cut);
    CHECK_STR(box_text(&b), "abc");
}

static void
test_text_escaped_of_every_byte_shows_what_prints(void)
{
    for (unsigned c = 0; c < 256; c++) {
        char byte = (char)c;
        char want[8];
        struct box b;

        snprintf(want, sizeof want, c >= 32 && c < 127 ? "%c" : "\\x%02x", c);
        box_init(&b, sizeof b.buf);
        ch_text_escaped(&b.t, &byte, 1);
        if (c != 0 || want[0] != '\0') {
            CHECK_STR(box_text(&b), want);
        }
    }
}

static void
check_u64(uint64_t n)
{
    char want[32];
    struct box b;

    snprintf(want, sizeof want, "%llu", (unsigned long long)n);
    box_init(&b, sizeof b.buf);
    ch_text_u64(&b.t, n);
    CHECK_STR(box_text(&b), want);
    snprintf(want, sizeof want, "0x%llx", (unsigned long long)n);
    box_init(&b, sizeof b.buf);
    ch_text_hex(&b.t, n);
    CHECK_STR(box_text(&b), want);
    snprintf(want, sizeof want, "%lld", (long long)n);
    box_init(&b, sizeof b.buf);
    ch_text_i64(&b.t, (int64_t)n);
    CHECK_STR(box_text(&b), want);
}

static void
test_text_numbers_of_every_length_are_as_printf_has_them(void)
{
    uint64_t random = unit_seed(0x7e);

    check_u64(0);
    check_u64(UINT64_MAX);
    check_u64(INT64_MAX);
    check_u64((uint64_t)INT64_MIN);
    for (unsigned bit = 0; bit < 64; bit++) {
        for (int i = 0; i < 20; i++) {
            check_u64(unit_random(&random) >> bit);
        }
    }
}

static void
test_text_size_of_known_sizes_is_for_people(void)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0 B"},
        {1, "1 B"},
        {512, "512 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {1024 + 102, "1 KiB"},
        {1024 + 103, "1.1 KiB"},
        {2047, "1.9 KiB"},
        {64 << 20, "64 MiB"},
        {(99 << 10) + 512, "99.5 KiB"},
        {(100 << 10) + 512, "100 KiB"},
        {(1 << 20) - 1, "1023 KiB"},
        {1 << 20, "1 MiB"},
        {UINT64_C(5) << 29, "2.5 GiB"},
        {TIB, "1 TiB"},
        {TIB * 5 / 2, "2.5 TiB"},
        {UINT64_MAX, "16777215 TiB"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct box b;

        box_init(&b, sizeof b.buf);
        ch_text_size(&b.t, rows[i].bytes);
        CHECK_STR(box_text(&b), rows[i].text);
    }
}

static void
test_text_pad_counts_from_the_beginning_of_the_line(void)
{
    struct box b;

    box_init(&b, sizeof b.buf);
    ch_text_str(&b.t, "a\nbc");
    ch_text_pad(&b.t, 4);
    ch_text_char(&b.t, '|');
    CHECK_STR(box_text(&b), "a\nbc  |");
    ch_text_pad(&b.t, 3);
    CHECK_STR(box_text(&b), "a\nbc  |");
    ch_text_pad(&b.t, 0);
    CHECK_STR(box_text(&b), "a\nbc  |");
}

static void
test_text_pad_beyond_the_end_stops(void)
{
    struct box b;

    box_init(&b, 8);
    ch_text_pad(&b.t, SIZE_MAX);
    CHECK_STR(box_text(&b), "       ");
    CHECK(b.t.cut);
}

static void
test_str_len_and_eq_of_strings_match_libc(void)
{
    static const char *const words[] = {"", "a", "b", "ab", "abc", "abd"};

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        CHECK_EQ(ch_str_len(words[i]), strlen(words[i]));
        for (size_t j = 0; j < ARRAY_LENGTH(words); j++) {
            CHECK_EQ(ch_str_eq(words[i], words[j]), i == j);
        }
    }
}

static void
test_str_eq_n_of_part_is_not_the_whole(void)
{
    CHECK(ch_str_eq_n("abcdef", 3, "abc"));
    CHECK(!ch_str_eq_n("abcdef", 3, "ab"));
    CHECK(!ch_str_eq_n("abcdef", 3, "abcd"));
    CHECK(ch_str_eq_n("abc", 0, ""));
    CHECK(!ch_str_eq_n("abc", 0, "a"));
    CHECK(!ch_str_eq_n("a\0b", 3, "a"));
}

static void
test_str_after_prefix_gives_the_rest(void)
{
    const char *s = "name=value";

    CHECK(ch_str_after(s, "name=") == s + 5);
    CHECK(ch_str_after(s, "") == s);
    CHECK_STR(ch_str_after(s, s), "");
    CHECK(ch_str_after(s, "names") == NULL);
    CHECK(ch_str_after("na", "name") == NULL);
    CHECK(ch_str_after("", "x") == NULL);
}

static void
test_str_distance_of_known_pairs_counts_edits(void)
{
    static const struct {
        const char *a;
        const char *b;
        unsigned edits;
    } rows[] = {
        {"", "", 0},
        {"limit", "limit", 0},
        {"limt", "limit", 1},
        {"limitt", "limit", 1},
        {"linit", "limit", 1},
        {"ilmit", "limit", 1},
        {"limti", "limit", 1},
        {"", "abc", 3},
        {"abc", "", 3},
        {"kitten", "sitting", 3},
        {"verbos", "stats", 5},
        {"ab", "ba", 1},
        {"abcd", "badc", 2},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *a = rows[i].a;
        const char *b = rows[i].b;

        CHECK_EQ(ch_str_distance(a, strlen(a), b), rows[i].edits);
        CHECK_EQ(ch_str_distance(b, strlen(b), a), rows[i].edits);
    }
}

static void
test_str_distance_of_long_strings_is_cut_at_31(void)
{
    char a[200];
    char b[200];

    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    a[199] = '\0';
    b[199] = '\0';
    CHECK_EQ(ch_str_distance(a, 199, b), 31);
    CHECK_EQ(ch_str_distance(a, 199, a), 0);
    CHECK_EQ(ch_str_distance(a, 31, a), 0);
    CHECK_EQ(ch_str_distance(a, 30, a), 1);
    CHECK_EQ(ch_str_distance("", 0, b), 31);
}

static void
test_str_distance_reads_only_n_bytes(void)
{
    CHECK_EQ(ch_str_distance("limitXYZ", 5, "limit"), 0);
}

struct parse_row {
    const char *text;
    bool ok;
    uint64_t value;
};

static void
check_parse(bool (*parse)(const char *, size_t, uint64_t *),
    const struct parse_row *row)
{
    uint64_t value = 4711;
    bool ok = parse(row->text, strlen(row->text), &value);

    unit_check(ok == row->ok, row->text, __FILE__, __LINE__);
    unit_check(
        value == (ok ? row->value : 4711), row->text, __FILE__, __LINE__);
}

static void
test_parse_u64_of_table_takes_whole_decimals_only(void)
{
    static const struct parse_row rows[] = {
        {"0", true, 0},
        {"00017", true, 17},
        {"18446744073709551615", true, UINT64_MAX},
        {"000018446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"18446744073709551620", false, 0},
        {"99999999999999999999", false, 0},
        {"100000000000000000000", false, 0},
        {"", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"0x10", false, 0},
        {"1.5", false, 0},
        {"/", false, 0},
        {":", false, 0},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        check_parse(ch_parse_u64, &rows[i]);
    }
}

static void
test_parse_u64_reads_only_n_bytes(void)
{
    uint64_t value = 0;

    CHECK(ch_parse_u64("123456", 3, &value));
    CHECK_EQ(value, 123);
    CHECK(!ch_parse_u64("1\0002", 3, &value));
}

static void
test_parse_size_of_table_takes_powers_of_1024(void)
{
    static const struct parse_row rows[] = {
        {"0", true, 0},
        {"17", true, 17},
        {"17b", true, 17},
        {"17B", true, 17},
        {"1k", true, 1024},
        {"1K", true, 1024},
        {"1kb", true, 1024},
        {"1KB", true, 1024},
        {"1KiB", true, 1024},
        {"1kIb", true, 1024},
        {"3m", true, 3 << 20},
        {"3MB", true, 3 << 20},
        {"3mib", true, 3 << 20},
        {"5g", true, UINT64_C(5) << 30},
        {"5GiB", true, UINT64_C(5) << 30},
        {"2T", true, 2 * TIB},
        {"2tib", true, 2 * TIB},
        {"16777215T", true, 16777215 * TIB},
        {"16777216T", false, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551615B", true, UINT64_MAX},
        {"18446744073709551615K", false, 0},
        {"18014398509481983K", true, UINT64_C(18014398509481983) << 10},
        {"18014398509481984K", false, 0},
        {"18446744073709551616", false, 0},
        {"0T", true, 0},
        {"", false, 0},
        {"K", false, 0},
        {"B", false, 0},
        {"1 K", false, 0},
        {"1K ", false, 0},
        {"1Ki", false, 0},
        {"1KBB", false, 0},
        {"1KiBs", false, 0},
        {"1iB", false, 0},
        {"1BB", false, 0},
        {"1P", false, 0},
        {"1.5M", false, 0},
        {"-1M", false, 0},
        {"0x10", false, 0},
        {"1MK", false, 0},
        {"12M3", false, 0},
        {"junk", false, 0},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        check_parse(ch_parse_size, &rows[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        forked_test(test_text_init_gives_an_empty_string),
        forked_test(test_text_appenders_in_a_row_make_one_string),
        forked_test(test_text_cut_at_any_size_keeps_the_beginning),
        forked_test(test_text_that_fits_exactly_is_not_cut),
        forked_test(test_text_escaped_of_every_byte_shows_what_prints),
        forked_test(test_text_numbers_of_every_length_are_as_printf_has_them),
        forked_test(test_text_size_of_known_sizes_is_for_people),
        forked_test(test_text_pad_counts_from_the_beginning_of_the_line),
        forked_test(test_text_pad_beyond_the_end_stops),
        forked_test(test_str_len_and_eq_of_strings_match_libc),
        forked_test(test_str_eq_n_of_part_is_not_the_whole),
        forked_test(test_str_after_prefix_gives_the_rest),
        forked_test(test_str_distance_of_known_pairs_counts_edits),
        forked_test(test_str_distance_of_long_strings_is_cut_at_31),
        forked_test(test_str_distance_reads_only_n_bytes),
        forked_test(test_parse_u64_of_table_takes_whole_decimals_only),
        forked_test(test_parse_u64_reads_only_n_bytes),
        forked_test(test_parse_size_of_table_takes_powers_of_1024),
    };

    unit_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
