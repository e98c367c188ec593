/* SPDX-License-Identifier: MIT */
/*
 * task_stat.c - a table of all live blocks, each with its task's part.
 *
 * The beginning.  Reports are listened to first, then all places are walked
 * for blocks from before.  A block that is freed between the walk's look at it
 * and its entry must not be entered after all: while the walk goes on, the
 * free of an unknown block leaves an entry that says so, which the walk
 * respects and the end of it removes.
 *
 * A block at an address that has an entry replaces it: its free was not seen,
 * because a thread's fast path was not closed yet, or because the thread was
 * just past its report.  Such blocks are task 0's; who asks for figures has
 * them looked at first.
 *
 * Locks: tracker.control, rank CONTROL, below all others, held while tracking
 * begins; tracker.lock, rank TRACE, above HOOKS and below PLACE, held for the
 * rest.
 */
#include "diag/task_stat.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/arith.h"
#include "diag/home.h"
#include "front/place.h"
#include "front/plain.h"
#include "front/route.h"
#include "front/start.h"
#include "heap/tlsf/registry.h"
#include "map/meta.h"
#include "os/fault.h"
#include "os/thread.h"
#include "sync/hook.h"
#include "sync/lock.h"

/* Tasks at which those of ended threads without blocks are first dropped. */
#define SWEEP_FROM 64u

/* The value of an entry whose block was freed while tracking began. */
#define GONE ((uintptr_t)1)

static struct ch_task nobody = {
    .name = "before tracking",
    .is_alive = true,
};

/* All under the lock unless they say else. */
static struct {
    struct ch_lock control;
    struct ch_lock lock;
    bool is_on;                   /* control */
    bool is_beginning;            /* the walk goes on */
    struct ch_block_table blocks; /* value: part, or GONE */
    struct ch_task *first;
    struct ch_task **last; /* where the next one is linked */
    size_t n_tasks;
    size_t sweep_at; /* tasks */
    struct ch_task *free_tasks;
    struct ch_task_part *free_parts;
    size_t n_missed;
} tracker = {
    .last = &tracker.first,
    .sweep_at = SWEEP_FROM,
};

/* This thread's task; NULL: it has none yet. */
static CH_TLS struct ch_task *self;

_Static_assert(
    sizeof "before tracking" <= CH_TASK_NAME_MAX, "a name of a task");

/* ---- tasks and parts ----------------------------------------------------- */

static struct ch_task *
new_task(void)
{
    struct ch_task *task = tracker.free_tasks;

    if (task == NULL) {
        return ch_meta_alloc(sizeof *task);
    }
    tracker.free_tasks = task->next;
    memset(task, 0, sizeof *task);
    return task;
}

static struct ch_task_part *
new_part(void)
{
    struct ch_task_part *part = tracker.free_parts;

    if (part == NULL) {
        return ch_meta_alloc(sizeof *part);
    }
    tracker.free_parts = part->next;
    memset(part, 0, sizeof *part);
    return part;
}

static void
link_task(struct ch_task *task)
{
    *tracker.last = task;
    tracker.last = &task->next;
    tracker.n_tasks++;
}

static void
delete_task(struct ch_task *task)
{
    while (task->parts != NULL) {
        struct ch_task_part *part = task->parts;

        task->parts = part->next;
        part->next = tracker.free_parts;
        tracker.free_parts = part;
    }
    task->next = tracker.free_tasks;
    tracker.free_tasks = task;
    tracker.n_tasks--;
}

/* Task 0 is nobody's and lives for ever. */
static void
look_after(struct ch_task *task)
{
    if (task == &nobody || !task->is_alive) {
        return;
    }
    task->is_alive = ch_task_is_alive(task->id);
    if (task->is_alive) {
        (void)!ch_task_get_name(task->id, task->name);
    }
}

/* Drops tasks that have ended and hold nothing. */
static void
sweep(void)
{
    struct ch_task **at = &tracker.first;

    while (*at != NULL) {
        struct ch_task *task = *at;

        look_after(task);
        if (task->is_alive || task->n_blocks != 0) {
            at = &task->next;
        } else {
            *at = task->next;
            delete_task(task);
        }
    }
    tracker.last = at;
    tracker.sweep_at = ch_max_size(SWEEP_FROM, 2 * tracker.n_tasks);
}

/* A task that has the number of a new thread has ended. */
static void
end_namesakes(int id)
{
    for (struct ch_task *t = tracker.first; t != NULL; t = t->next) {
        t->is_alive = t->is_alive && t->id != id;
    }
}

/* NULL: no memory. */
static struct ch_task *
own_task(void)
{
    if (CH_LIKELY(self != NULL)) {
        return self;
    }
    if (tracker.n_tasks >= tracker.sweep_at) {
        sweep();
    }
    self = new_task();
    if (self != NULL) {
        self->handle = (void *)pthread_self();
        self->id = ch_task_id();
        end_namesakes(self->id);
        self->is_alive = true;
        ch_task_get_own_name(self->name);
        link_task(self);
    }
    return self;
}

/* NULL: no memory. */
static struct ch_task_part *
part_of(struct ch_task *task, const struct ch_place *place)
{
    struct ch_task_part **at = &task->parts;

    while (*at != NULL && (*at)->place != place) {
        at = &(*at)->next;
    }
    if (*at == NULL && (*at = new_part()) != NULL) {
        (*at)->task = task;
        (*at)->place = place;
        task->n_parts++;
        if (task == &nobody && task->n_parts == 1) {
            link_task(task);
        }
    }
    return *at;
}

/* ---- blocks -------------------------------------------------------------- */

static void
add_bytes(struct ch_task_part *part, size_t size)
{
    struct ch_task *task = part->task;

    part->n_blocks++;
    part->current += size;
    part->peak = ch_max_size(part->peak, part->current);
    task->n_blocks++;
    task->current += size;
    task->peak = ch_max_size(task->peak, task->current);
}

static void
subtract_bytes(struct ch_task_part *part, size_t size)
{
    struct ch_task *task = part->task;

    part->n_blocks--;
    part->current -= size;
    task->n_blocks--;
    task->current -= size;
}

/* Takes from an entry what it stands for. */
static void
end_entry(struct ch_block_entry *entry)
{
    if (entry->value > GONE) {
        subtract_bytes(ch_task_block_part(entry), entry->size);
    }
    entry->value = GONE;
    entry->size = 0;
}

static void
enter(struct ch_task *task, const struct ch_place *place, const void *p,
    size_t size)
{
    struct ch_task_part *part = task != NULL ? part_of(task, place) : NULL;
    struct ch_block_entry *entry =
        part != NULL ? ch_block_table_put(&tracker.blocks, p)
                     : ch_block_table_find(&tracker.blocks, p);

    if (entry != NULL) {
        end_entry(entry);
    }
    if (entry == NULL || part == NULL) {
        tracker.n_missed++;
        return;
    }
    entry->size = size;
    entry->value = (uintptr_t)part;
    add_bytes(part, size);
}

/* The block as its heap has it: of executable memory that is seen elsewhere,
   the data's address. */
static const void *
block_of(const void *p)
{
    const void *block = ch_place_unalias(p);

    return block != NULL ? block : p;
}

/* Bytes of a live block, as a walk tells them. */
static size_t
size_of(const void *block)
{
    struct ch_fixed *heap = ch_fixed_at(block);

    while (heap != NULL && !ch_fixed_is_block(heap, block)) {
        heap = ch_fixed_outer(heap);
    }
    return heap != NULL ? ch_fixed_full_size(heap, block, "task_stat")
                        : ch_route_usable(block, "task_stat");
}

/* True when n is a power of two: often at first, rarer and rarer later. */
static bool
is_time_to_look(uint64_t n)
{
    return (n & (n - 1)) == 0;
}

static void
on_alloc(void *p, size_t size CH_UNUSED, uint32_t caps CH_UNUSED)
{
    const void *block = block_of(p);
    const struct ch_place *place = ch_home_of(block);
    size_t bytes = size_of(block);
    struct ch_task *task;

    ch_lock(&tracker.lock);
    task = own_task();
    if (task != NULL && is_time_to_look(++task->n_allocs)) {
        ch_task_get_own_name(task->name);
    }
    enter(task, place, block, bytes);
    ch_unlock(&tracker.lock);
}

static void
note_gone(const void *block)
{
    struct ch_block_entry *entry = ch_block_table_put(&tracker.blocks, block);

    if (entry != NULL) {
        end_entry(entry);
    }
}

static void
on_free(void *p)
{
    const void *block = block_of(p);
    struct ch_block_entry *entry;

    ch_lock(&tracker.lock);
    entry = ch_block_table_find(&tracker.blocks, block);
    if (tracker.is_beginning) {
        note_gone(block);
    } else if (entry != NULL) {
        end_entry(entry);
        ch_block_table_remove(&tracker.blocks, entry);
    }
    ch_unlock(&tracker.lock);
}

static const struct ch_hooks hooks = {
    .on_alloc = on_alloc,
    .on_free = on_free,
};

/* ---- the beginning ------------------------------------------------------- */

/* A block as its caller got it, without poisoning. */
static const void *
user_address(const struct ch_place *place, void *p)
{
    struct ch_fixed *heap = ch_fixed_at(p);
    const void *found;

    while (heap != NULL && ch_fixed_start(heap) != ch_place_start(place)) {
        heap = ch_fixed_outer(heap);
    }
    found = heap != NULL ? ch_fixed_find(heap, p) : p;
    return found != NULL ? found : p;
}

static bool
enter_old(const struct ch_tlsf_block *block, void *ctx)
{
    const struct ch_place *place = ctx;
    const void *p;

    if (!block->is_used) {
        return true;
    }
    p = user_address(place, block->p);
    ch_lock(&tracker.lock);
    if (ch_block_table_find(&tracker.blocks, p) == NULL) {
        enter(&nobody, place, p, block->size);
    }
    ch_unlock(&tracker.lock);
    return true;
}

/* A thread that was already past its report when tracking began may have freed
   a block only after the walk saw it. */
static bool
is_dead(const struct ch_block_entry *entry)
{
    return entry->value == GONE
           || (ch_task_block_part(entry)->task == &nobody
               && ch_place_of_block(entry->p) == NULL
               && ch_plain_page(entry->p) == NULL);
}

/* Removing an entry may bring another one to its place. */
static void
remove_dead(void)
{
    struct ch_block_table *t = &tracker.blocks;
    struct ch_block_entry *e = ch_block_table_next(t, NULL);

    while (e != NULL) {
        if (is_dead(e)) {
            end_entry(e);
            ch_block_table_remove(t, e);
            e = e == t->entries ? NULL : e - 1;
        }
        e = ch_block_table_next(t, e);
    }
}

static void
set_beginning(bool is_beginning)
{
    ch_lock(&tracker.lock);
    tracker.is_beginning = is_beginning;
    if (!is_beginning) {
        remove_dead();
    }
    ch_unlock(&tracker.lock);
}

static void
before_fork(void)
{
    ch_lock(&tracker.control);
    ch_lock(&tracker.lock);
}

static void
after_fork_parent(void)
{
    ch_unlock(&tracker.lock);
    ch_unlock(&tracker.control);
}

/* Of all threads only the one that forked is here, with a new number. */
static void
after_fork_child(void)
{
    for (struct ch_task *t = tracker.first; t != NULL; t = t->next) {
        t->is_alive = t == self || t == &nobody;
    }
    if (self != NULL) {
        self->id = ch_task_id();
    }
    ch_lock_reset(&tracker.lock);
    ch_lock_reset(&tracker.control);
}

static int
begin_locked(void)
{
    struct ch_place *place = NULL;
    int err;

    set_beginning(true);
    err = ch_hooks_add(&hooks);
    while (err == 0 && (place = ch_place_next(place)) != NULL) {
        ch_place_walk(place, enter_old, place);
    }
    set_beginning(false);
    tracker.is_on = err == 0;
    return err;
}

/* libc may allocate for it, so no lock is held. */
static void
watch_forks(void)
{
    static bool is_watching; /* atomic */

    if (!__atomic_exchange_n(&is_watching, true, __ATOMIC_RELAXED)) {
        ch_hooks_mute();
        (void)!ch_thread_at_fork(
            before_fork, after_fork_parent, after_fork_child);
        ch_hooks_unmute();
    }
}

int
ch_task_stat_begin(void)
{
    int err = 0;

    (void)ch_start();
    watch_forks();
    ch_lock(&tracker.control);
    if (!tracker.is_on) {
        err = begin_locked();
    }
    ch_unlock(&tracker.control);
    return err;
}

/* ---- queries ------------------------------------------------------------- */

void
ch_task_stat_lock(void)
{
    ch_lock(&tracker.lock);
    if (!tracker.is_beginning && nobody.n_blocks != 0) {
        remove_dead();
    }
    for (struct ch_task *t = tracker.first; t != NULL; t = t->next) {
        look_after(t);
    }
}

void
ch_task_stat_unlock(void)
{
    ch_unlock(&tracker.lock);
}

const struct ch_task *
ch_task_next(const struct ch_task *task)
{
    return task != NULL ? task->next : tracker.first;
}

const struct ch_task *
ch_task_find(const void *handle)
{
    const struct ch_task *found = NULL;

    if (handle == NULL) {
        return own_task();
    }
    for (const struct ch_task *t = tracker.first; t != NULL; t = t->next) {
        if (t->handle == handle && (found == NULL || !found->is_alive)) {
            found = t;
        }
    }
    return found;
}

const struct ch_block_entry *
ch_task_block_next(const struct ch_block_entry *entry)
{
    do {
        entry = ch_block_table_next(&tracker.blocks, entry);
    } while (entry != NULL && entry->value == GONE);
    return entry;
}

struct ch_task_part *
ch_task_block_part(const struct ch_block_entry *entry)
{
    return (struct ch_task_part *)entry->value;
}

size_t
ch_task_stat_missed(void)
{
    return tracker.n_missed;
}

/* The blocks of the table together are what tasks and parts say. */
static bool
is_task_valid(const struct ch_task *task)
{
    size_t current = 0;
    size_t n_blocks = 0;

    for (struct ch_task_part *p = task->parts; p != NULL; p = p->next) {
        if (p->task != task || p->current > p->peak || p->current != p->at
            || p->n_blocks != p->end) {
            return false;
        }
        current += p->current;
        n_blocks += p->n_blocks;
    }
    return current == task->current && n_blocks == task->n_blocks
           && current <= task->peak;
}

bool
ch_task_stat_is_valid(void)
{
    const struct ch_block_entry *e = NULL;
    const struct ch_task *t;
    bool is_valid = true;

    ch_task_stat_lock();
    for (t = tracker.first; t != NULL; t = t->next) {
        for (struct ch_task_part *p = t->parts; p != NULL; p = p->next) {
            p->at = 0;
            p->end = 0;
        }
    }
    while ((e = ch_task_block_next(e)) != NULL) {
        ch_task_block_part(e)->at += e->size;
        ch_task_block_part(e)->end++;
    }
    for (t = tracker.first; t != NULL; t = t->next) {
        is_valid = is_valid && is_task_valid(t);
    }
    ch_task_stat_unlock();
    return is_valid;
}
