/* SPDX-License-Identifier: MIT */
/*
 * fixed.c - a heap's blocks: taken, given back, resized, told apart; for the
 * short paths see fixed_plain.c.
 *
 * With comprehensive poisoning each byte of the range that is in no live block
 * is CH_POISON_FREE, the gaps of the device's headers too: the range is filled
 * at first and each block when it is freed, so blocks that are cut off or
 * merged need nothing.
 *
 * A fault is found under the lock and said without it: abort() may run a
 * handler that allocates here.
 */
#include "heap/tlsf/fixed.h"

#include <string.h>

#include "base/arith.h"
#include "base/text.h"
#include "heap/tlsf/fixed_state.h"
#include "heap/tlsf/registry.h"
#include "os/fault.h"

/* ---- faults -------------------------------------------------------------- */

/* What is wrong with a pointer; follows the name of the caller's function. */
enum wrong {
    FOREIGN,
    MISALIGNED,
    INSIDE,
    FREED,
    CORRUPT,
};

struct trouble {
    enum wrong wrong;
    struct ch_corruption bad;
};

static CH_NORETURN CH_SLOW void
fault(const struct trouble *trouble, const void *p, const char *op)
{
    static const char *const texts[] = {
        [FOREIGN] = " of a foreign pointer",
        [MISALIGNED] = " of a misaligned pointer",
        [INSIDE] = " of a pointer into a block",
        [FREED] = " of a freed pointer",
        [CORRUPT] = " of a corrupt block",
    };
    char what[128];
    struct ch_text t;

    ch_corruption_say(&trouble->bad);
    if (trouble->wrong == FREED && ch_str_eq(op, "free")) {
        ch_fault("double free", p);
    }
    ch_text_init(&t, what, sizeof what);
    ch_text_str(&t, op);
    ch_text_str(&t, texts[trouble->wrong]);
    ch_fault(what, p);
}

/* Why p is no live block. */
static CH_SLOW enum wrong
wrong_of(const struct ch_fixed *heap, const void *p)
{
    const char *payload = ch_fixed_payload(heap, p);
    struct ch_tlsf_block first;

    if ((const char *)p < heap->start || (const char *)p >= heap->end
        || !ch_tlsf_next_block(&heap->tlsf, heap->start, &first)
        || payload < (const char *)first.p) {
        return FOREIGN;
    }
    if (((uintptr_t)payload - (uintptr_t)first.p) % heap->granule != 0) {
        return MISALIGNED;
    }
    return ch_tlsf_find(&heap->tlsf, p) != NULL ? INSIDE : FREED;
}

/* With poisoning, what stands where the head of p would be. */
static CH_SLOW void
look_at_head(const struct ch_fixed *heap, const void *p, struct trouble *why)
{
    uintptr_t below = (uintptr_t)p - (uintptr_t)heap->start;

    if (heap->extra != 0 && below >= heap->head
        && below <= (uintptr_t)(heap->end - heap->start)) {
        (void)!ch_poison_verify_head(p, &why->bad);
    }
}

/* Tells whether p is a live block and whole. */
static bool
is_good_locked(const struct ch_fixed *heap, const void *p, struct trouble *why)
{
    why->bad.kind = CH_CORRUPTION_NONE;
    if (CH_UNLIKELY(!heap->is_open)) {
        why->wrong = FOREIGN;
        return false;
    }
    if (CH_UNLIKELY(
            !ch_tlsf_is_block(&heap->tlsf, ch_fixed_payload(heap, p)))) {
        why->wrong = wrong_of(heap, p);
        look_at_head(heap, p, why);
        return false;
    }
    why->wrong = CORRUPT;
    return CH_LIKELY(heap->extra == 0)
           || ch_poison_verify(p, ch_fixed_room(heap, p), &why->bad);
}

/* A fault when p is no good block. */
static void
ensure_locked(struct ch_fixed *heap, const void *p, const char *op)
{
    struct trouble why;

    if (CH_UNLIKELY(!is_good_locked(heap, p, &why))) {
        ch_unlock(&heap->lock);
        fault(&why, p, op);
    }
}

static void
lock_with(struct ch_fixed *heap, const void *p, const char *op)
{
    ch_lock(&heap->lock);
    ensure_locked(heap, p, op);
}

/* Somebody wrote where nothing was allocated. */
static CH_NORETURN CH_SLOW void
fault_of_fill(const struct ch_corruption *bad)
{
    ch_corruption_say(bad);
    ch_fault("write to memory that is free", bad->at);
}

/* ---- blocks -------------------------------------------------------------- */

/* Makes a payload what callers get.  `bad` tells of a write to it while it was
   free. */
static void *
dress_locked(const struct ch_fixed *heap, void *payload, size_t size,
    struct ch_corruption *bad)
{
    size_t n = ch_tlsf_payload(&heap->tlsf, payload);
    char *p = ch_fixed_content(heap, payload);

    if (heap->poison == CH_POISON_COMPREHENSIVE
        && ch_poison_verify_free(payload, n, bad)) {
        memset(p, CH_POISON_FRESH, size);
    }
    ch_poison_arm(p, size);
    return p;
}

static void
undress_locked(const struct ch_fixed *heap, void *p)
{
    void *payload = ch_fixed_payload(heap, p);

    if (heap->poison == CH_POISON_COMPREHENSIVE) {
        memset(payload, CH_POISON_FREE, ch_tlsf_payload(&heap->tlsf, payload));
    } else if (heap->poison == CH_POISON_LIGHT) {
        ch_poison_disarm(p);
    }
}

/* False for sizes to which no head can be added, too. */
static bool
is_size(const struct ch_fixed *heap, size_t size)
{
    return heap->is_open && size != 0 && size <= SIZE_MAX - heap->extra;
}

static void *
take_locked(struct ch_fixed *heap, size_t size, struct ch_corruption *bad)
{
    void *p = NULL;

    if (is_size(heap, size)) {
        p = ch_tlsf_alloc(&heap->tlsf, size + heap->extra);
    }
    return p == NULL || heap->extra == 0 ? p : dress_locked(heap, p, size, bad);
}

static void *
take_aligned_locked(struct ch_fixed *heap, size_t align, size_t offset,
    size_t size, struct ch_corruption *bad)
{
    void *p = NULL;

    if (is_size(heap, size)) {
        p = ch_tlsf_alloc_aligned(
            &heap->tlsf, align, offset + heap->head, size + heap->extra);
    }
    return p == NULL || heap->extra == 0 ? p : dress_locked(heap, p, size, bad);
}

static void
give_locked(struct ch_fixed *heap, void *p)
{
    undress_locked(heap, p);
    ch_tlsf_free(&heap->tlsf, ch_fixed_payload(heap, p));
}

/* ---- taking and giving back ---------------------------------------------- */

void *
ch_fixed_alloc_with_care(struct ch_fixed *heap, size_t size)
{
    struct ch_corruption bad = {.kind = CH_CORRUPTION_NONE};
    void *p = take_locked(heap, size, &bad);

    ch_unlock(&heap->lock);
    if (bad.kind != CH_CORRUPTION_NONE) {
        fault_of_fill(&bad);
    }
    return p;
}

void *
ch_fixed_alloc_aligned(
    struct ch_fixed *heap, size_t align, size_t offset, size_t size)
{
    struct ch_corruption bad = {.kind = CH_CORRUPTION_NONE};
    void *p;

    if (!ch_is_pow2(align)) {
        return NULL;
    }
    ch_lock(&heap->lock);
    p = take_aligned_locked(heap, align, offset, size, &bad);
    ch_unlock(&heap->lock);
    if (bad.kind != CH_CORRUPTION_NONE) {
        fault_of_fill(&bad);
    }
    return p;
}

/* Heaps that were made within a block end with it: the lock is given up
   meanwhile. */
static void
retire_inner_locked(struct ch_fixed *heap, void *p, const char *op)
{
    size_t room = ch_fixed_room(heap, p);

    ch_unlock(&heap->lock);
    ch_fixed_retire_within(heap, p, room);
    lock_with(heap, p, op);
}

void
ch_fixed_free_with_care(struct ch_fixed *heap, void *p, const char *op)
{
    ensure_locked(heap, p, op);
    if (heap->has_inner) {
        retire_inner_locked(heap, p, op);
    }
    give_locked(heap, p);
    ch_unlock(&heap->lock);
}

/* ---- resizing ------------------------------------------------------------ */

/* Bytes of p that count when it moves. */
static size_t
content_locked(const struct ch_fixed *heap, const void *p)
{
    size_t room = ch_fixed_room(heap, p);

    return heap->extra != 0 ? ch_poison_asked(p, room) : room;
}

static bool
resize_locked(struct ch_fixed *heap, void *p, size_t size)
{
    void *payload = ch_fixed_payload(heap, p);

    /* Fills would have to follow a block that changes where it stands. */
    if (heap->poison == CH_POISON_COMPREHENSIVE
        || !ch_tlsf_resize(&heap->tlsf, payload, size + heap->extra)) {
        return false;
    }
    ch_tlsf_note_minimum(&heap->tlsf);
    if (heap->extra != 0) {
        ch_poison_arm(p, size);
    }
    return true;
}

/* The chip looks at the lowest free size after a move is over. */
static void
forget_transient_locked(struct ch_fixed *heap, size_t minimum)
{
    if (heap->accounting == CH_ACCOUNTING_DEVICE
        && heap->poison != CH_POISON_COMPREHENSIVE) {
        ch_tlsf_set_minimum_free(&heap->tlsf, minimum);
        ch_tlsf_note_minimum(&heap->tlsf);
    }
}

static void *
move_locked(
    struct ch_fixed *heap, void *p, size_t size, struct ch_corruption *bad)
{
    size_t minimum = ch_tlsf_minimum_free(&heap->tlsf);
    void *q = take_locked(heap, size, bad);

    if (q != NULL) {
        memcpy(q, p, ch_min_size(size, content_locked(heap, p)));
        give_locked(heap, p);
        forget_transient_locked(heap, minimum);
    }
    return q;
}

void *
ch_fixed_realloc(struct ch_fixed *heap, void *p, size_t size, const char *op)
{
    struct ch_corruption bad = {.kind = CH_CORRUPTION_NONE};
    void *q = NULL;

    lock_with(heap, p, op);
    if (is_size(heap, size)) {
        q = resize_locked(heap, p, size) ? p : move_locked(heap, p, size, &bad);
    }
    ch_unlock(&heap->lock);
    if (bad.kind != CH_CORRUPTION_NONE) {
        fault_of_fill(&bad);
    }
    return q;
}

bool
ch_fixed_resize(struct ch_fixed *heap, void *p, size_t size, const char *op)
{
    bool ok;

    lock_with(heap, p, op);
    ok = is_size(heap, size) && resize_locked(heap, p, size);
    ch_unlock(&heap->lock);
    return ok;
}

/* ---- what is known of a block -------------------------------------------- */

size_t
ch_fixed_usable(struct ch_fixed *heap, const void *p, const char *op)
{
    size_t bytes;

    lock_with(heap, p, op);
    bytes =
        ch_tlsf_payload(&heap->tlsf, ch_fixed_payload(heap, p)) - heap->extra;
    ch_unlock(&heap->lock);
    return bytes;
}

size_t
ch_fixed_asked(struct ch_fixed *heap, const void *p, const char *op)
{
    size_t bytes;

    lock_with(heap, p, op);
    bytes = content_locked(heap, p);
    ch_unlock(&heap->lock);
    return bytes;
}

size_t
ch_fixed_full_size(struct ch_fixed *heap, const void *p, const char *op)
{
    size_t bytes;

    lock_with(heap, p, op);
    bytes = ch_tlsf_payload(&heap->tlsf, ch_fixed_payload(heap, p));
    ch_unlock(&heap->lock);
    return bytes;
}

static bool
is_block_locked(const struct ch_fixed *heap, const void *p)
{
    return heap->is_open
           && ch_tlsf_is_block(&heap->tlsf, ch_fixed_payload(heap, p));
}

bool
ch_fixed_is_block(struct ch_fixed *heap, const void *p)
{
    bool is_block;

    ch_lock(&heap->lock);
    is_block = is_block_locked(heap, p);
    ch_unlock(&heap->lock);
    return is_block;
}

void *
ch_fixed_find(struct ch_fixed *heap, const void *p)
{
    void *block = NULL;

    ch_lock(&heap->lock);
    if (heap->is_open) {
        block = ch_tlsf_find(&heap->tlsf, p);
    }
    ch_unlock(&heap->lock);
    return block != NULL ? ch_fixed_content(heap, block) : NULL;
}

void
ch_fixed_set_tag(struct ch_fixed *heap, const void *p, uint64_t tag)
{
    uint32_t *words;

    ch_lock(&heap->lock);
    if (is_block_locked(heap, p)) {
        words = ch_tlsf_tags(&heap->tlsf, ch_fixed_payload(heap, p));
        words[0] = (uint32_t)tag;
        words[1] = (uint32_t)(tag >> 32);
    }
    ch_unlock(&heap->lock);
}

uint64_t
ch_fixed_tag(struct ch_fixed *heap, const void *p)
{
    uint64_t tag = 0;
    const uint32_t *words;

    ch_lock(&heap->lock);
    if (is_block_locked(heap, p)) {
        words = ch_tlsf_tags(&heap->tlsf, ch_fixed_payload(heap, p));
        tag = (uint64_t)words[1] << 32 | words[0];
    }
    ch_unlock(&heap->lock);
    return tag;
}
