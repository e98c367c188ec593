/* SPDX-License-Identifier: MIT */
/*
 * heap_trace.c - slots in order of age, and a table from address to slot.
 *
 * Slot i of the list has record i of the caller's buffer.  The table has the
 * slots of blocks that live; the record of a freed block, in mode ALL, is in
 * the list only.
 *
 * A block that is allocated at the address of one that lives shows that the
 * free of that one was not seen (the trace was stopped meanwhile); it counts
 * as freed by nobody known.
 *
 * Locks: trace.control, rank CONTROL, below all others, held while a trace is
 * started or stopped; trace.lock, rank TRACE, above HOOKS and below PLACE, held
 * for what a trace has.  Return addresses are gathered before it is taken.
 */
#include "diag/heap_trace.h"

#include <errno.h>
#include <string.h>

#include "base/arith.h"
#include "diag/age_list.h"
#include "diag/backtrace.h"
#include "map/block_table.h"
#include "os/fault.h"
#include "os/stamp.h"
#include "os/thread.h"
#include "sync/hook.h"
#include "sync/lock.h"

enum state {
    STOPPED,
    RUNNING,
    PAUSED, /* of frees only */
};

/* Under the lock. */
static struct {
    struct ch_lock control;
    struct ch_lock lock;
    uint32_t state;                /* atomic: read before the lock */
    uint32_t mode;                 /* atomic: read before the lock */
    uint32_t depth;                /* atomic: buffer.depth, likewise */
    struct ch_trace_buffer buffer; /* records NULL: none */
    struct ch_age_list list;       /* buffer.n slots; p: the block */
    struct ch_block_table live;    /* value: slot */
    struct ch_trace_summary sum;   /* but for the count */
    bool is_prepared;              /* atomic */
} trace;

static inline uint32_t
load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void
store(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* ---- records ------------------------------------------------------------- */

size_t
ch_trace_record_size(unsigned depth)
{
    return sizeof(struct ch_trace_record) + 2 * depth * sizeof(void *);
}

static struct ch_trace_record *
record_of(uint32_t slot)
{
    return (struct ch_trace_record *)((char *)trace.buffer.records
                                      + slot * trace.buffer.stride);
}

/* Fills `depth` places, those beyond the n frames with NULL. */
static void
set_callers(void **to, unsigned depth, void *const *frames, unsigned n)
{
    for (unsigned i = 0; i < depth; i++) {
        to[i] = i < n ? frames[i] : NULL;
    }
}

static void
copy_record(
    const struct ch_trace_record *from, const struct ch_trace_buffer *to)
{
    struct ch_trace_record *record = to->records;
    unsigned depth = trace.buffer.depth;

    memset(record, 0, to->stride);
    memcpy(record, from, offsetof(struct ch_trace_record, callers));
    set_callers(record->callers, to->depth, from->callers, depth);
    set_callers(
        record->callers + to->depth, to->depth, from->callers + depth, depth);
}

/* ---- slots --------------------------------------------------------------- */

/* The table's entry for the block of slot i; NULL: it has been freed. */
static struct ch_block_entry *
entry_of(uint32_t i)
{
    struct ch_block_entry *entry =
        ch_block_table_find(&trace.live, trace.list.slots[i].p);

    return entry != NULL && entry->value == i ? entry : NULL;
}

static void
drop_oldest(void)
{
    uint32_t i = trace.list.oldest;
    struct ch_block_entry *entry = entry_of(i);

    if (entry != NULL) {
        ch_block_table_remove(&trace.live, entry);
    }
    ch_age_list_drop(&trace.list, i);
    trace.sum.has_overflowed = true;
}

/* No records; figures from 0. */
static void
clear(void)
{
    ch_age_list_clear(&trace.list);
    ch_block_table_clear(&trace.live);
    memset(trace.buffer.records, 0, trace.buffer.n * trace.buffer.stride);
    trace.sum = (struct ch_trace_summary){
        .mode = (enum ch_trace_mode)trace.mode,
        .depth = trace.buffer.depth,
        .capacity = trace.buffer.n,
    };
}

/* ---- reports ------------------------------------------------------------- */

/* What becomes of a record whose block has been freed. */
static void
end_record(struct ch_block_entry *entry, void *const *frames, unsigned n)
{
    uint32_t i = (uint32_t)entry->value;
    struct ch_trace_record *record = record_of(i);
    unsigned depth = trace.buffer.depth;

    ch_block_table_remove(&trace.live, entry);
    if (trace.mode == CH_TRACE_LEAKS) {
        ch_age_list_drop(&trace.list, i);
        return;
    }
    record->freed = true;
    set_callers(record->callers + depth, depth, frames, n);
}

static void
forget_stale(const void *p)
{
    struct ch_block_entry *entry = ch_block_table_find(&trace.live, p);

    if (entry != NULL) {
        end_record(entry, NULL, 0);
    }
}

static void
add_record(const struct ch_trace_record *head, void *const *frames, unsigned n)
{
    unsigned depth = trace.buffer.depth;
    struct ch_trace_record *record;
    struct ch_block_entry *entry;
    uint32_t i;

    forget_stale(head->address);
    if (trace.list.count == trace.list.n) {
        drop_oldest();
    }
    /* There is room: init_locked() reserved for all slots. */
    entry = ch_block_table_put(&trace.live, head->address);
    if (entry == NULL) {
        return;
    }
    i = ch_age_list_take(&trace.list, head->address);
    entry->value = i;
    trace.sum.count_max = ch_max_size(trace.sum.count_max, trace.list.count);
    record = record_of(i);
    memcpy(record, head, offsetof(struct ch_trace_record, callers));
    set_callers(record->callers, depth, frames, n);
    set_callers(record->callers + depth, depth, NULL, 0);
}

void
ch_trace_on_alloc(void *p, size_t size, uint32_t caps CH_UNUSED)
{
    struct ch_trace_record head = {.address = p, .size = size};
    void *frames[CH_TRACE_DEPTH_MAX];
    unsigned n;

    if (load(&trace.state) != RUNNING) {
        return;
    }
    head.ccount = ch_stamp();
    n = ch_backtrace(frames, load(&trace.depth));
    ch_lock(&trace.lock);
    if (trace.state == RUNNING) {
        trace.sum.n_allocs++;
        add_record(&head, frames, n);
    }
    ch_unlock(&trace.lock);
}

void
ch_trace_on_free(void *p)
{
    void *frames[CH_TRACE_DEPTH_MAX];
    struct ch_block_entry *entry;
    unsigned n = 0;

    if (load(&trace.state) == STOPPED) {
        return;
    }
    if (load(&trace.mode) == CH_TRACE_ALL) {
        n = ch_backtrace(frames, load(&trace.depth));
    }
    ch_lock(&trace.lock);
    entry = trace.state != STOPPED ? ch_block_table_find(&trace.live, p) : NULL;
    if (entry != NULL) {
        trace.sum.n_frees++;
        end_record(entry, frames, n);
    }
    ch_unlock(&trace.lock);
}

static const struct ch_hooks hooks = {
    .on_alloc = ch_trace_on_alloc,
    .on_free = ch_trace_on_free,
};

/* ---- start and stop ------------------------------------------------------ */

static void
before_fork(void)
{
    ch_lock(&trace.control);
    ch_lock(&trace.lock);
}

static void
after_fork_parent(void)
{
    ch_unlock(&trace.lock);
    ch_unlock(&trace.control);
}

static void
after_fork_child(void)
{
    ch_lock_reset(&trace.lock);
    ch_lock_reset(&trace.control);
}

/* What is needed once; libc and the unwinder may allocate for it, so no lock
   is held. */
static void
prepare(void)
{
    if (!__atomic_exchange_n(&trace.is_prepared, true, __ATOMIC_RELAXED)) {
        ch_hooks_mute();
        ch_backtrace_prepare();
        (void)!ch_thread_at_fork(
            before_fork, after_fork_parent, after_fork_child);
        ch_hooks_unmute();
    }
}

static bool
is_sound(const struct ch_trace_buffer *buffer)
{
    size_t bytes;

    return buffer->records != NULL && buffer->n != 0 && buffer->n < CH_NO_SLOT
           && buffer->depth <= CH_TRACE_DEPTH_MAX
           && buffer->stride >= ch_trace_record_size(buffer->depth)
           && buffer->stride % sizeof(void *) == 0
           && ch_is_aligned(buffer->records, sizeof(void *))
           && ch_mul_size(buffer->n, buffer->stride, &bytes);
}

static int
init_locked(const struct ch_trace_buffer *buffer)
{
    struct ch_block_table live = {.count = 0};
    struct ch_age_list list;

    if (trace.state != STOPPED) {
        return -EBUSY;
    }
    if (ch_age_list_init(&list, (uint32_t)buffer->n) != 0) {
        return -ENOMEM;
    }
    if (ch_block_table_reserve(&live, buffer->n) != 0) {
        ch_age_list_fini(&list);
        return -ENOMEM;
    }
    ch_age_list_fini(&trace.list);
    ch_block_table_fini(&trace.live);
    trace.list = list;
    trace.live = live;
    trace.buffer = *buffer;
    store(&trace.depth, buffer->depth);
    clear();
    return 0;
}

int
ch_trace_init(const struct ch_trace_buffer *buffer)
{
    int err;

    if (!is_sound(buffer)) {
        return -EINVAL;
    }
    prepare();
    ch_lock(&trace.lock);
    err = init_locked(buffer);
    ch_unlock(&trace.lock);
    return err;
}

/* Listens, and changes the state if that may be. */
static int
go_on_locked(int (*change_locked)(uint32_t), uint32_t arg)
{
    int err = ch_hooks_add(&hooks);
    bool is_stopped;

    if (err != 0) {
        return err;
    }
    ch_lock(&trace.lock);
    err = trace.buffer.records != NULL ? change_locked(arg) : -ESRCH;
    is_stopped = trace.state == STOPPED;
    ch_unlock(&trace.lock);
    if (is_stopped) {
        ch_hooks_remove(&hooks);
    }
    return err;
}

static int
go_on(int (*change_locked)(uint32_t), uint32_t arg)
{
    int err;

    ch_lock(&trace.control);
    err = go_on_locked(change_locked, arg);
    ch_unlock(&trace.control);
    return err;
}

static int
start_locked(uint32_t mode)
{
    store(&trace.mode, mode);
    clear();
    store(&trace.state, RUNNING);
    return 0;
}

int
ch_trace_start(enum ch_trace_mode mode)
{
    return go_on(start_locked, mode);
}

static int
resume_locked(uint32_t state)
{
    if (trace.state == state) {
        return -EALREADY;
    }
    store(&trace.state, state);
    return 0;
}

int
ch_trace_resume(void)
{
    return go_on(resume_locked, RUNNING);
}

void
ch_trace_stop(void)
{
    ch_lock(&trace.control);
    ch_lock(&trace.lock);
    store(&trace.state, STOPPED);
    ch_unlock(&trace.lock);
    ch_hooks_remove(&hooks);
    ch_unlock(&trace.control);
}

int
ch_trace_pause(void)
{
    int err = 0;

    ch_lock(&trace.lock);
    if (trace.state == RUNNING) {
        store(&trace.state, PAUSED);
    } else {
        err = -ESRCH;
    }
    ch_unlock(&trace.lock);
    return err;
}

/* ---- queries ------------------------------------------------------------- */

size_t
ch_trace_count(void)
{
    size_t count;

    ch_lock(&trace.lock);
    count = trace.list.count;
    ch_unlock(&trace.lock);
    return count;
}

void
ch_trace_get_summary(struct ch_trace_summary *summary)
{
    ch_lock(&trace.lock);
    *summary = trace.sum;
    summary->count = trace.list.count;
    ch_unlock(&trace.lock);
}

static bool
can_take(const struct ch_trace_buffer *to)
{
    return to->depth <= CH_TRACE_DEPTH_MAX
           && to->stride >= ch_trace_record_size(to->depth);
}

int
ch_trace_get(size_t index, const struct ch_trace_buffer *to)
{
    int err = -EINVAL;

    ch_lock(&trace.lock);
    if (index < trace.list.count && can_take(to)) {
        copy_record(record_of(ch_age_list_at(&trace.list, index)), to);
        err = 0;
    }
    ch_unlock(&trace.lock);
    return err;
}

bool
ch_trace_next(struct ch_trace_cursor *cursor, const struct ch_trace_buffer *to)
{
    uint32_t i = CH_NO_SLOT;

    ch_lock(&trace.lock);
    if (can_take(to)) {
        i = ch_age_list_after(&trace.list, cursor->serial, cursor->slot);
    }
    if (i != CH_NO_SLOT) {
        cursor->slot = i;
        cursor->serial = trace.list.slots[i].serial;
        copy_record(record_of(i), to);
    }
    ch_unlock(&trace.lock);
    return i != CH_NO_SLOT;
}

/* The table has nothing but records of the list. */
static bool
is_valid_locked(void)
{
    size_t n_live = 0;

    if (!ch_age_list_is_valid(&trace.list)) {
        return false;
    }
    for (uint32_t i = 0; i < trace.list.n; i++) {
        n_live += trace.list.slots[i].serial != 0 && entry_of(i) != NULL;
    }
    return n_live == trace.live.count;
}

bool
ch_trace_is_valid(void)
{
    bool is_valid;

    ch_lock(&trace.lock);
    is_valid = trace.buffer.records == NULL || is_valid_locked();
    ch_unlock(&trace.lock);
    return is_valid;
}
