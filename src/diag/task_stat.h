/* SPDX-License-Identifier: MIT */
/*
 * task_stat.h - which thread holds how much memory, and where.
 *
 * A task is a thread that has allocated since tracking began, or task 0:
 * nobody known, who has what was allocated before.  A part is what one task
 * holds in one place.  A task whose thread has ended is kept as long as it
 * holds a block, and a while longer.
 *
 * Tracking begins at the first call of ch_task_stat_begin() and never ends.
 * Blocks are counted as a walk through the heap describes them: poisoning and
 * rounding included.
 */
#ifndef CH_DIAG_TASK_STAT_H
#define CH_DIAG_TASK_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "map/block_table.h"
#include "os/task.h"

struct ch_place;

/* Fields are under the lock of ch_task_stat_lock(). */
struct ch_task {
    struct ch_task *next;
    struct ch_task_part *parts; /* the one that was used first is first */
    void *handle;               /* const; the thread's pthread_self(), NULL of
                                   task 0; a later thread may have it again */
    int id;                     /* the system's number */
    bool is_alive;              /* as of the last ch_task_stat_lock() */
    char name[CH_TASK_NAME_MAX];
    size_t n_parts;
    size_t n_blocks;
    size_t current; /* bytes */
    size_t peak;    /* the most that `current` was */
    uint64_t n_allocs;
};

struct ch_task_part {
    struct ch_task_part *next;
    struct ch_task *task;         /* const */
    const struct ch_place *place; /* const; NULL: of no region */
    size_t current;               /* bytes */
    size_t peak;
    size_t n_blocks;
    /* For who holds the lock, to sort blocks into an array. */
    size_t at;
    size_t end;
};

/* Begins, or does nothing.  0, or -ENOSPC: there are too many listeners. */
CH_NODISCARD int ch_task_stat_begin(void);

/*
 * Until the unlock nothing changes, nobody may allocate, and the functions
 * below may be called.  Looks after the names and lives of all tasks first.
 */
void ch_task_stat_lock(void);
void ch_task_stat_unlock(void);

/* All tasks, the oldest first; begin with NULL.  Task 0 is one if it ever had
   a block. */
const struct ch_task *ch_task_next(const struct ch_task *task);
/* The task of this handle, of several the one that lives, else the youngest;
   NULL: the calling thread's.  NULL: there is none. */
const struct ch_task *ch_task_find(const void *handle);
/* All blocks, in no order; begin with NULL. */
const struct ch_block_entry *ch_task_block_next(
    const struct ch_block_entry *entry);
struct ch_task_part *ch_task_block_part(const struct ch_block_entry *entry);

/* Blocks that are not tracked for want of memory, ever. */
size_t ch_task_stat_missed(void);

bool ch_task_stat_is_valid(void);

#endif
