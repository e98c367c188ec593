/* SPDX-License-Identifier: MIT */
/*
 * _tlsf.h - heaps of the bare engine for tests.
 *
 * The engine never touches the memory that it manages, so a heap may lie
 * anywhere: most tests put it at an address of a device.
 */
#ifndef CH_TESTS_UNIT_HEAP_TLSF_TLSF_H
#define CH_TESTS_UNIT_HEAP_TLSF_TLSF_H

#include <sys/mman.h>

#include "base/arith.h"
#include "heap/tlsf/tlsf.h"
#include "unit/_unit.h"

#define DEVICE_START ((char *)(uintptr_t)0x3ffb2ec8)

static const struct ch_tlsf_rules host_rules = {
    .accounting = CH_ACCOUNTING_HOST, .min_align = 16};
static const struct ch_tlsf_rules device_rules = {
    .accounting = CH_ACCOUNTING_DEVICE, .min_align = 4};

/* A heap, its range and its tables. */
struct box {
    struct ch_tlsf tlsf;
    char *start;
    size_t size;
    size_t room;
    struct ch_tlsf_rules rules;
    void *tables;
    size_t tables_size;
};

static inline void
box_take_tables(struct box *box)
{
    box->tables_size = ch_tlsf_tables_size(box->room, &box->rules);
    box->tables = mmap(NULL, box->tables_size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(box->tables != MAP_FAILED);
}

/* False: the engine refuses the range. */
static inline bool
box_try(struct box *box, char *start, size_t size,
    const struct ch_tlsf_rules *rules)
{
    *box = (struct box){
        .start = start, .size = size, .room = size, .rules = *rules};
    box_take_tables(box);
    return ch_tlsf_init(
        &box->tlsf, start, size, size, &box->rules, box->tables);
}

static inline void
box_close(struct box *box)
{
    CHECK(munmap(box->tables, box->tables_size) == 0);
}

static inline void
box_open(struct box *box, char *start, size_t size,
    const struct ch_tlsf_rules *rules)
{
    CHECK(box_try(box, start, size, rules));
}

static inline void
box_open_growing(struct box *box, char *start, size_t size, size_t room)
{
    *box = (struct box){
        .start = start, .size = size, .room = room, .rules = host_rules};
    box_take_tables(box);
    CHECK(
        ch_tlsf_init(&box->tlsf, start, size, room, &box->rules, box->tables));
}

static inline struct ch_tlsf_info
box_info(const struct box *box)
{
    struct ch_tlsf_info info;

    ch_tlsf_get_info(&box->tlsf, &info);
    return info;
}

static inline size_t
box_offset(const struct box *box, const void *p)
{
    return (size_t)((uintptr_t)p - (uintptr_t)box->start);
}

/* What a realloc of the chip does to the figures, without the copying: the
   low-water mark does not see that both blocks are live for a while. */
static inline void *
box_realloc(struct box *box, void *p, size_t size)
{
    size_t minimum = ch_tlsf_minimum_free(&box->tlsf);
    void *moved = p;

    if (!ch_tlsf_resize(&box->tlsf, p, size)) {
        moved = ch_tlsf_alloc(&box->tlsf, size);
        if (moved == NULL) {
            return NULL;
        }
        ch_tlsf_free(&box->tlsf, p);
        ch_tlsf_set_minimum_free(&box->tlsf, minimum);
    }
    ch_tlsf_note_minimum(&box->tlsf);
    return moved;
}

#endif
