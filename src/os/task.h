/* SPDX-License-Identifier: MIT */
/*
 * task.h - the threads of this process, as the system numbers and names them.
 */
#ifndef CH_OS_TASK_H
#define CH_OS_TASK_H

#include <stdbool.h>

/* Bytes of a name, its NUL included. */
#define CH_TASK_NAME_MAX 16

/* The number of the calling thread; a later thread may have it again. */
int ch_task_id(void);
/* True while there is a thread of this number. */
bool ch_task_is_alive(int id);
/* The name of a thread, cut and NUL-ended; false: it cannot be had, and `name`
   is as it was. */
bool ch_task_get_name(int id, char name[CH_TASK_NAME_MAX]);
/* The same for the calling thread, with one cheap call. */
void ch_task_get_own_name(char name[CH_TASK_NAME_MAX]);

#endif
