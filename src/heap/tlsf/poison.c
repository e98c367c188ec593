/* SPDX-License-Identifier: MIT */
/*
 * poison.c - writes and compares canaries and fills; see poison.h.
 *
 * Canaries, fills and texts are those of ESP-IDF's heap component, as its
 * documentation shows them.
 */
#include "heap/tlsf/poison.h"

#include <string.h>

#include "base/text.h"
#include "os/fault.h"

/* The byte in all places of a word. */
#define FREE_WORD (CH_POISON_FREE * 0x01010101u)
#define FREE_PAIR (CH_POISON_FREE * 0x0101010101010101u)

/* The words of the head, as distances below the content. */
#define CANARY_BELOW 8u
#define SIZE_BELOW   4u
_Static_assert(CANARY_BELOW == CH_POISON_HEAD, "the canary comes first");

static uint32_t
load_word(const void *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static void
store_word(void *p, uint32_t word)
{
    memcpy(p, &word, sizeof word);
}

void
ch_poison_arm(void *p, size_t asked)
{
    char *content = p;

    store_word(content - CANARY_BELOW, CH_POISON_HEAD_CANARY);
    store_word(content - SIZE_BELOW, (uint32_t)asked);
    store_word(content + asked, CH_POISON_TAIL_CANARY);
}

void
ch_poison_disarm(void *p)
{
    store_word((char *)p - CANARY_BELOW, FREE_WORD);
}

/* The largest size that a block of this room can have been asked for. */
static size_t
asked_most(size_t room)
{
    return room - CH_POISON_TAIL;
}

/* True when the size word and the room agree. */
static bool
is_size_possible(const void *p, size_t room)
{
    return asked_most(room) > UINT32_MAX
           || load_word((const char *)p - SIZE_BELOW) <= asked_most(room);
}

size_t
ch_poison_asked(const void *p, size_t room)
{
    uint32_t low = load_word((const char *)p - SIZE_BELOW);
    size_t most = asked_most(room);

    /* A block has less slack than the word can tell, so the highest size with
       these low bits is the one. */
    return most - (uint32_t)((uint32_t)most - low);
}

static bool
compare(struct ch_corruption *bad, enum ch_corruption_kind kind, const void *at,
    uint32_t expected)
{
    uint32_t got = load_word(at);

    if (CH_LIKELY(got == expected)) {
        return true;
    }
    *bad = (struct ch_corruption){
        .kind = kind, .at = at, .expected = expected, .got = got};
    return false;
}

bool
ch_poison_verify_head(const void *p, struct ch_corruption *bad)
{
    return compare(bad, CH_CORRUPTION_HEAD, (const char *)p - CANARY_BELOW,
        CH_POISON_HEAD_CANARY);
}

bool
ch_poison_verify(const void *p, size_t room, struct ch_corruption *bad)
{
    const char *content = p;

    if (!ch_poison_verify_head(p, bad)) {
        return false;
    }
    if (!is_size_possible(p, room)) {
        *bad = (struct ch_corruption){.kind = CH_CORRUPTION_SIZE,
            .at = content - SIZE_BELOW,
            .expected = (uint32_t)asked_most(room),
            .got = load_word(content - SIZE_BELOW)};
        return false;
    }
    return compare(bad, CH_CORRUPTION_TAIL, content + ch_poison_asked(p, room),
        CH_POISON_TAIL_CANARY);
}

/* How many bytes from p on are in pairs of words that are filled. */
static size_t
filled_pairs(const char *p, size_t n)
{
    size_t i = 0;
    uint64_t pair;

    for (; i + sizeof pair <= n; i += sizeof pair) {
        memcpy(&pair, p + i, sizeof pair);
        if (pair != FREE_PAIR) {
            break;
        }
    }
    return i;
}

bool
ch_poison_verify_free(const void *p, size_t n, struct ch_corruption *bad)
{
    const char *b = p;
    size_t i = filled_pairs(b, n);

    for (; i + sizeof(uint32_t) <= n; i += sizeof(uint32_t)) {
        if (!compare(bad, CH_CORRUPTION_WORD, b + i, FREE_WORD)) {
            return false;
        }
    }
    for (; i < n; i++) {
        if ((unsigned char)b[i] != CH_POISON_FREE) {
            *bad = (struct ch_corruption){.kind = CH_CORRUPTION_BYTE,
                .at = b + i,
                .expected = CH_POISON_FREE,
                .got = (unsigned char)b[i]};
            return false;
        }
    }
    return true;
}

/* "0x" and at least `n` digits. */
static void
text_digits(struct ch_text *t, uint32_t word, unsigned n)
{
    ch_text_str(t, "0x");
    for (unsigned shift = 4 * n; shift > 0; shift -= 4) {
        ch_text_char(t, "0123456789abcdef"[word >> (shift - 4) & 15]);
    }
}

void
ch_corruption_line(const struct ch_corruption *bad, struct ch_text *t)
{
    static const struct {
        const char *what;
        const char *expected;
        unsigned digits;
    } texts[] = {
        [CH_CORRUPTION_HEAD] = {"Bad head", ". Expected ", 8},
        [CH_CORRUPTION_TAIL] = {"Bad tail", ". Expected ", 8},
        [CH_CORRUPTION_SIZE] = {"Size", " expected <=", 8},
        [CH_CORRUPTION_WORD] = {"Invalid data", ". Expected ", 8},
        [CH_CORRUPTION_BYTE] = {"Invalid data", ". Expected ", 2},
    };

    ch_text_str(t, "CORRUPT HEAP: ");
    ch_text_str(t, texts[bad->kind].what);
    ch_text_str(t, " at ");
    ch_text_ptr(t, bad->at);
    ch_text_str(t, texts[bad->kind].expected);
    text_digits(t, bad->expected, texts[bad->kind].digits);
    ch_text_str(t, " got ");
    text_digits(t, bad->got, texts[bad->kind].digits);
}

CH_SLOW void
ch_corruption_say(const struct ch_corruption *bad)
{
    char line[CH_LINE_MAX];
    struct ch_text t;

    if (bad->kind != CH_CORRUPTION_NONE) {
        /* One byte stays for the end of the line. */
        ch_text_init(&t, line, sizeof line - 1);
        ch_corruption_line(bad, &t);
        ch_line_say(&t);
    }
}
