/* SPDX-License-Identifier: MIT */
/*
 * age_list.c - see age_list.h.
 */
#include "diag/age_list.h"

#include <errno.h>

#include "base/arith.h"
#include "os/fault.h"
#include "os/vm.h"

/* Bytes to map for so many slots. */
static size_t
bytes_of(size_t n)
{
    return ch_align_up(n * sizeof(struct ch_age_slot), ch_vm_page_size());
}

int
ch_age_list_init(struct ch_age_list *list, uint32_t n)
{
    *list = (struct ch_age_list){.n = n};
    list->slots = ch_vm_map(NULL, bytes_of(n), CH_VM_READ_WRITE);
    if (list->slots == NULL) {
        return -ENOMEM;
    }
    ch_age_list_clear(list);
    return 0;
}

void
ch_age_list_fini(struct ch_age_list *list)
{
    if (list->slots != NULL) {
        ch_vm_unmap(list->slots, bytes_of(list->n));
    }
    *list = (struct ch_age_list){.n = 0};
}

void
ch_age_list_clear(struct ch_age_list *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        list->slots[i] = (struct ch_age_slot){
            NULL, 0, i + 1 < list->n ? i + 1 : CH_NO_SLOT, CH_NO_SLOT};
    }
    list->oldest = CH_NO_SLOT;
    list->youngest = CH_NO_SLOT;
    list->first_free = 0;
    list->near_slot = CH_NO_SLOT;
    list->count = 0;
}

uint32_t
ch_age_list_take(struct ch_age_list *list, const void *p)
{
    uint32_t i = list->first_free;

    if (i == CH_NO_SLOT) {
        return i;
    }
    list->first_free = list->slots[i].next;
    list->slots[i] =
        (struct ch_age_slot){p, ++list->serial, CH_NO_SLOT, list->youngest};
    if (list->youngest != CH_NO_SLOT) {
        list->slots[list->youngest].next = i;
    } else {
        list->oldest = i;
    }
    list->youngest = i;
    list->count++;
    return i;
}

/* Keeps what ch_age_list_at() remembers right when slot i goes. */
static void
leave_near(struct ch_age_list *list, uint32_t i)
{
    if (list->near_slot == CH_NO_SLOT) {
        return;
    }
    if (list->near_slot == i) {
        list->near_slot = list->slots[i].next;
    } else if (list->slots[i].serial < list->slots[list->near_slot].serial) {
        list->near_index--;
    }
}

void
ch_age_list_drop(struct ch_age_list *list, uint32_t i)
{
    struct ch_age_slot *slot = &list->slots[i];

    CH_ASSERT(slot->serial != 0);
    leave_near(list, i);
    if (slot->prev != CH_NO_SLOT) {
        list->slots[slot->prev].next = slot->next;
    } else {
        list->oldest = slot->next;
    }
    if (slot->next != CH_NO_SLOT) {
        list->slots[slot->next].prev = slot->prev;
    } else {
        list->youngest = slot->prev;
    }
    *slot = (struct ch_age_slot){NULL, 0, list->first_free, CH_NO_SLOT};
    list->first_free = i;
    list->count--;
}

/* Goes from the slot that was asked for last, or from the oldest. */
uint32_t
ch_age_list_at(struct ch_age_list *list, size_t index)
{
    CH_ASSERT(index < list->count);
    if (list->near_slot == CH_NO_SLOT || list->near_index > index) {
        list->near_slot = list->oldest;
        list->near_index = 0;
    }
    while (list->near_index < index) {
        list->near_slot = list->slots[list->near_slot].next;
        list->near_index++;
    }
    return list->near_slot;
}

uint32_t
ch_age_list_after(
    const struct ch_age_list *list, uint64_t serial, uint32_t hint)
{
    uint32_t i = list->oldest;

    if (list->count == 0) {
        return CH_NO_SLOT;
    }
    if (serial != 0 && hint < list->n && list->slots[hint].serial == serial) {
        return list->slots[hint].next;
    }
    while (i != CH_NO_SLOT && list->slots[i].serial <= serial) {
        i = list->slots[i].next;
    }
    return i;
}

bool
ch_age_list_is_valid(const struct ch_age_list *list)
{
    uint32_t prev = CH_NO_SLOT;
    uint64_t serial = 0;
    size_t count = 0;

    for (uint32_t i = list->oldest; i != CH_NO_SLOT; i = list->slots[i].next) {
        const struct ch_age_slot *slot = &list->slots[i];

        if (slot->prev != prev || slot->serial <= serial || ++count > list->n) {
            return false;
        }
        prev = i;
        serial = slot->serial;
    }
    return prev == list->youngest && count == list->count;
}
