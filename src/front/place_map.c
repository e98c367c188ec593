/* SPDX-License-Identifier: MIT */
/*
 * place_map.c - the memory under the fixed regions of a profile.
 *
 * Regions whose pages touch share one mapping, a span, so that what lies side
 * by side on the device does so here.  A span lies at the device's address
 * where that is free; else elsewhere, with the same low bits, so that
 * alignments come out the same.
 *
 * An alias that runs in the same direction is a second view of the span.  One
 * that runs backwards, word by word, cannot be mapped: it gets storage of its
 * own, at its own addresses.
 */
#include <errno.h>

#include "base/arith.h"
#include "base/text.h"
#include "front/place_internal.h"
#include "os/fault.h"
#include "os/vm.h"

/* Alignments up to this one come out as on the device wherever a span is. */
#define CONGRUENT CH_MIB

struct span {
    uint64_t start; /* device addresses, multiples of a page */
    uint64_t end;
    uint64_t view; /* where the view is wanted; 0: there is none */
    const struct ch_profile_region *loose; /* one without an address */
    const struct ch_profile_region *alone; /* one with a backing of its own */
    bool is_exec;
    bool is_data;  /* a region of it serves plain bytes */
    bool must_run; /* a region of it rather fails than not be executable */
    bool is_alias; /* storage of an alias, for no region of its own */
    struct ch_mapping mapping;
    ptrdiff_t shift;      /* from a device address to the one here */
    ptrdiff_t view_shift; /* the same in the view */
    ptrdiff_t write_off;  /* to where it can be written */
    bool is_mapped;
};

static struct {
    struct span span[2 * CH_PROFILE_REGIONS_MAX];
    unsigned n;
} spans;

static uint64_t
page_down(uint64_t address)
{
    return ch_align_down(address, ch_vm_page_size());
}

static uint64_t
page_up(uint64_t address)
{
    return ch_align_up(address, ch_vm_page_size());
}

static bool
is_exec(const struct ch_profile_region *region)
{
    return ((region->caps[0] | region->caps[1] | region->caps[2]) & CH_CAP_EXEC)
           != 0;
}

/* Memory that other regions cannot share. */
static bool
has_backing(const struct ch_profile_region *region)
{
    return region->alias == 0 && region->backing != CH_MAPPING_ANON
           && (region->backing != CH_MAPPING_EXEC || !is_exec(region));
}

/* Instructions and data could not see one memory of another kind. */
static void
say_if_shared(const struct ch_profile_region *region)
{
    if (region->alias != 0 && region->backing != CH_MAPPING_ANON
        && region->backing != CH_MAPPING_EXEC) {
        ch_place_say(region->name,
            "has plain memory, since instructions see it at another address",
            NULL);
    }
}

static struct span
span_of(const struct ch_profile_region *region)
{
    struct span span = {
        .start = page_down(region->start),
        .end = page_up(region->start + region->size),
    };

    if (region->start == 0) {
        span.loose = region;
    }
    if (has_backing(region)) {
        span.alone = region;
    }
    if (region->alias != 0 && !region->is_alias_inverted) {
        span.view = region->alias - (region->start - span.start);
    }
    span.is_data = (ch_profile_region_caps(region) & CH_CAP_8BIT) != 0;
    /* Of an inverted one only the alias is. */
    span.is_exec = is_exec(region) && !region->is_alias_inverted;
    span.must_run = is_exec(region) && region->refusal == CH_REFUSAL_FAIL;
    return span;
}

/* The storage of an alias that runs backwards. */
static struct span
alias_span_of(const struct ch_profile_region *region)
{
    struct span span = {
        .start = page_down(region->alias),
        .end = page_up(region->alias + region->size),
        .is_exec = true,
        .is_alias = true,
        .must_run = region->refusal == CH_REFUSAL_FAIL,
    };

    return span;
}

static bool
touches(const struct span *a, const struct span *b)
{
    return a->is_alias == b->is_alias && a->loose == NULL && b->loose == NULL
           && a->alone == NULL && b->alone == NULL && a->start <= b->end
           && b->start <= a->end;
}

/* Makes `into` large enough for both. */
static void
merge(struct span *into, const struct span *span)
{
    uint64_t start = ch_min_size(into->start, span->start);

    if (into->view != 0) {
        into->view -= into->start - start;
    } else if (span->view != 0) {
        into->view = span->view - (span->start - start);
    }
    into->start = start;
    into->end = ch_max_size(into->end, span->end);
    into->is_exec = into->is_exec || span->is_exec;
    into->is_data = into->is_data || span->is_data;
    into->must_run = into->must_run || span->must_run;
}

static void
add_span(struct span span)
{
    for (unsigned i = 0; i < spans.n; i++) {
        if (touches(&spans.span[i], &span)) {
            merge(&span, &spans.span[i]);
            spans.span[i] = spans.span[--spans.n];
            i = (unsigned)-1;
        }
    }
    spans.span[spans.n++] = span;
}

/* ---- mapping ------------------------------------------------------------- */

static void
say_span(const struct span *span, const char *what, const char *why)
{
    char buf[CH_LINE_MAX];
    struct ch_text t;

    ch_line_begin(&t, buf);
    ch_text_str(&t, "memory of the device at ");
    ch_text_hex(&t, span->start);
    ch_text_str(&t, "..");
    ch_text_hex(&t, span->end);
    ch_text_char(&t, ' ');
    ch_text_str(&t, what);
    if (span->is_mapped) {
        ch_text_ptr(
            &t, (void *)(uintptr_t)(span->start + (uint64_t)span->shift));
    }
    if (why != NULL) {
        ch_text_str(&t, ": ");
        ch_text_str(&t, why);
    }
    ch_line_say(&t);
}

static void *
pointer_to(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/* Executable memory without a view, mapped twice: the device's address is the
   executable one.  Where data lies at the same addresses, these must be
   writable, and the memory is both. */
static bool
is_split(const struct span *span)
{
    return span->is_exec && span->view == 0 && !span->is_data
           && ch_place_options()->wx_split;
}

static struct ch_mapping_want
want_of(const struct span *span)
{
    struct ch_mapping_want want = {
        .size = span->end - span->start,
        .at = pointer_to(span->start),
        .congruent = CONGRUENT,
    };

    if (span->alone != NULL) {
        want.kind = span->alone->backing;
        want.path = span->alone->path;
    } else if (is_split(span)) {
        want.at = NULL;
        want.has_view = true;
        want.view_at = pointer_to(span->start);
        want.view_exec = true;
        want.is_split = true;
    } else if (span->view != 0) {
        want.has_view = true;
        want.view_at = pointer_to(span->view);
        want.view_exec = span->is_exec;
        want.is_split = span->is_exec && ch_place_options()->wx_split;
    } else if (span->is_exec) {
        want.kind = CH_MAPPING_EXEC;
    }
    return want;
}

/* Where things are, once the span is mapped. */
static void
place_span(struct span *span)
{
    const struct ch_mapping *mapping = &span->mapping;
    const char *seen = is_split(span) ? mapping->view : mapping->base;

    span->is_mapped = true;
    span->shift = (ptrdiff_t)((uintptr_t)seen - span->start);
    span->write_off = mapping->base - seen;
    span->view_shift = span->view != 0
                           ? (ptrdiff_t)((uintptr_t)mapping->view - span->view)
                           : span->shift;
}

static int
open_span(
    struct span *span, const struct ch_mapping_want *want, const char **why)
{
    int err = ch_mapping_open(&span->mapping, want, why);

    if (err != 0) {
        return err;
    }
    err = ch_mapping_commit(&span->mapping, want->size, why);
    if (err != 0) {
        ch_mapping_close(&span->mapping);
    }
    return err;
}

/* Memory of the region's own kind, or what it may have instead. */
static void
map_alone(struct span *span)
{
    struct ch_mapping_want want = want_of(span);
    const struct ch_profile_region *region = span->alone;
    const char *why = NULL;
    int err = open_span(span, &want, &why);

    if (err != 0 && region->refusal == CH_REFUSAL_FAIL) {
        ch_place_say(region->name, "fails", why);
        return;
    }
    if (err != 0) {
        ch_place_say(region->name, "has plain memory instead", why);
        want.kind = CH_MAPPING_ANON;
        err = open_span(span, &want, &why);
    } else if (why != NULL) {
        ch_place_say(region->name, "is not quite as asked for", why);
    }
    if (err != 0) {
        say_span(span, "cannot be had", why);
        return;
    }
    place_span(span);
    if (span->shift != 0 && span->start != 0) {
        say_span(span, "is elsewhere, at ", NULL);
    }
}

static void
map_span(struct span *span)
{
    struct ch_mapping_want want = want_of(span);
    const char *why = NULL;
    int err = ch_mapping_open(&span->mapping, &want, &why);

    if (err != 0 && !span->must_run
        && (want.kind == CH_MAPPING_EXEC || want.view_exec)) {
        say_span(span, "is not executable", why);
        want.kind = CH_MAPPING_ANON;
        want.view_exec = want.is_split = false;
        err = ch_mapping_open(&span->mapping, &want, &why);
    }
    if (err == 0) {
        err = ch_mapping_commit(&span->mapping, want.size, &why);
    }
    if (err != 0) {
        say_span(span, "cannot be had", why);
        return;
    }
    place_span(span);
    if (span->shift != 0 && span->start != 0) {
        say_span(span, "is elsewhere, at ", why);
    }
}

void
ch_place_map_fixed(const struct ch_profile *profile)
{
    for (unsigned i = 0; i < profile->n_regions; i++) {
        const struct ch_profile_region *region = &profile->regions[i];

        if (region->size != 0) {
            say_if_shared(region);
            add_span(span_of(region));
        }
        if (region->size != 0 && region->is_alias_inverted) {
            add_span(alias_span_of(region));
        }
    }
    for (unsigned i = 0; i < spans.n; i++) {
        if (spans.span[i].alone != NULL) {
            map_alone(&spans.span[i]);
        } else {
            map_span(&spans.span[i]);
        }
    }
}

/* ---- looking up ---------------------------------------------------------- */

static bool
covers(const struct span *span, uint64_t start, bool is_alias)
{
    return span->is_alias == is_alias && span->loose == NULL
           && start - span->start < span->end - span->start;
}

/* The span of the region, or of its alias; NULL: it is not mapped. */
static const struct span *
span_at(const struct ch_profile_region *region, bool is_alias)
{
    uint64_t start = is_alias ? region->alias : region->start;

    for (unsigned i = 0; i < spans.n; i++) {
        const struct span *span = &spans.span[i];

        if (span->loose == region || covers(span, start, is_alias)) {
            return span->is_mapped ? span : NULL;
        }
    }
    return NULL;
}

static char *
shifted(uint64_t address, ptrdiff_t shift)
{
    return pointer_to(address + (uint64_t)shift);
}

char *
ch_place_mapped(const struct ch_profile_region *region)
{
    const struct span *span = span_at(region, false);

    return span != NULL ? shifted(region->start, span->shift) : NULL;
}

char *
ch_place_mapped_alias(const struct ch_profile_region *region)
{
    const struct span *span = span_at(region, region->is_alias_inverted);

    if (region->alias == 0 || span == NULL) {
        return NULL;
    }
    return shifted(region->alias,
        region->is_alias_inverted ? span->shift : span->view_shift);
}

ptrdiff_t
ch_place_write_offset(const struct ch_profile_region *region, bool is_alias)
{
    const struct span *span = span_at(region, is_alias);

    return span != NULL ? span->write_off : 0;
}
