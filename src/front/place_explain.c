/* SPDX-License-Identifier: MIT */
/*
 * place_explain.c - why a request was refused, and who is told when room is
 * low.
 */
#include "base/text.h"
#include "front/place_internal.h"
#include "os/fault.h"

/* ---- low memory ---------------------------------------------------------- */

/* Another thread may change or end the callback meanwhile, so both halves of
   it are read at once. */
static void
call_low(struct ch_place *place, size_t free)
{
    void (*fn)(const char *name, size_t free, void *ctx);
    void *ctx;

    ch_lock(&place->lock);
    fn = place->low.fn;
    ctx = place->low.ctx;
    ch_unlock(&place->lock);
    if (fn != NULL) {
        fn(place->name, free, ctx);
    }
}

void
ch_place_tell_low(struct ch_place *place)
{
    size_t bytes = __atomic_load_n(&place->low.bytes, __ATOMIC_ACQUIRE);
    size_t free;

    if (CH_LIKELY(bytes == 0)) {
        return;
    }
    free = ch_place_free_size(place);
    if (free >= bytes) {
        __atomic_store_n(&place->low.is_low, false, __ATOMIC_RELAXED);
        return;
    }
    if (!__atomic_exchange_n(&place->low.is_low, true, __ATOMIC_RELAXED)) {
        call_low(place, free);
    }
}

/* The place behind plain malloc(), once somebody wants to hear of it; atomic.
   Memory that caches hand out was taken on a slow path before. */
static struct ch_place *plain_low;

void
ch_place_tell_plain_low(void)
{
    struct ch_place *place = __atomic_load_n(&plain_low, __ATOMIC_ACQUIRE);

    if (CH_UNLIKELY(place != NULL)) {
        ch_place_tell_low(place);
    }
}

bool
ch_place_on_low(const char *name, size_t bytes,
    void (*fn)(const char *name, size_t free, void *ctx), void *ctx)
{
    struct ch_place *place = ch_place_named(name);

    if (place == NULL) {
        return false;
    }
    ch_lock(&place->lock);
    place->low.fn = fn;
    place->low.ctx = ctx;
    __atomic_store_n(&place->low.is_low, false, __ATOMIC_RELAXED);
    /* release: pairs with the acquire in ch_place_tell_low() */
    __atomic_store_n(
        &place->low.bytes, fn != NULL ? bytes : 0, __ATOMIC_RELEASE);
    ch_unlock(&place->lock);
    if (place->engine == CH_ENGINE_SLAB) {
        __atomic_store_n(
            &plain_low, fn != NULL ? place : NULL, __ATOMIC_RELEASE);
    }
    return true;
}

/* ---- explaining ---------------------------------------------------------- */

static void
explain_place(
    struct ch_text *t, const struct ch_place *place, size_t size, uint32_t caps)
{
    struct ch_tlsf_info info;

    ch_text_str(t, "; ");
    ch_text_str(t, place->name);
    ch_text_str(t, ": ");
    if (!ch_place_has_caps(place, caps)) {
        ch_text_str(t, "lacks ");
        ch_caps_print(t, caps & ~place->caps_all);
        return;
    }
    ch_place_get_info(place, &info);
    ch_text_str(t, "free ");
    ch_text_u64(t, info.free);
    ch_text_str(t, ", largest ");
    ch_text_u64(t, info.largest);
    if (info.largest >= size) {
        ch_text_str(t, ", not at this alignment");
    } else {
        ch_text_str(t, info.free < size ? ", too little" : ", in pieces");
    }
}

/* What no region can give, whatever it has; NULL: a region could. */
static const char *
impossible(size_t size, uint32_t caps)
{
    if (size == 0) {
        return "a size of 0 has no memory";
    }
    if (size > ch_place_profile()->size_max) {
        return "larger than any memory of the device";
    }
    if (caps == 0) {
        return "no capability was asked for";
    }
    if ((caps & CH_CAP_EXEC) != 0 && (caps & (CH_CAP_8BIT | CH_CAP_DMA)) != 0) {
        return "EXEC memory has neither 8BIT nor DMA";
    }
    return NULL;
}

void
ch_place_explain(size_t size, uint32_t caps, const char *op)
{
    const char *why = impossible(size, caps);
    struct ch_place *place = NULL;
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_line_begin(&t, buf);
    ch_text_str(&t, op);
    ch_text_str(&t, " of ");
    ch_text_u64(&t, size);
    ch_text_str(&t, " bytes with ");
    ch_caps_print(&t, caps);
    ch_text_str(&t, " failed");
    if (why != NULL) {
        ch_text_str(&t, ": ");
        ch_text_str(&t, why);
    }
    while (why == NULL && (place = ch_place_next(place)) != NULL) {
        explain_place(&t, place, size, caps);
    }
    ch_line_say(&t);
}
