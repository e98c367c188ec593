/* SPDX-License-Identifier: MIT */
/*
 * task.c - see task.h.
 */
#include "os/task.h"

#include <errno.h>
#include <sys/prctl.h>

#include "base/text.h"
#include "os/file.h"
#include "os/syscall.h"

_Static_assert(
    CH_TASK_NAME_MAX == 16, "what prctl(PR_GET_NAME) writes, its NUL included");

int
ch_task_id(void)
{
    return (int)ch_syscall(__NR_gettid, 0, 0, 0, 0, 0, 0);
}

bool
ch_task_is_alive(int id)
{
    long pid = ch_syscall(__NR_getpid, 0, 0, 0, 0, 0, 0);

    /* Signal 0 only asks. */
    return ch_syscall(__NR_tgkill, pid, id, 0, 0, 0, 0) != -ESRCH;
}

bool
ch_task_get_name(int id, char name[CH_TASK_NAME_MAX])
{
    char path[64];
    char text[CH_TASK_NAME_MAX + 1];
    struct ch_text t;
    long n;

    ch_text_init(&t, path, sizeof path);
    ch_text_str(&t, "/proc/self/task/");
    ch_text_i64(&t, id);
    ch_text_str(&t, "/comm");
    n = ch_file_read(path, text, CH_TASK_NAME_MAX, CH_FILE_ANY_OWNER);
    if (n <= 0) {
        return false;
    }
    ch_text_init(&t, name, CH_TASK_NAME_MAX);
    ch_text_mem(&t, text, (size_t)n - (text[n - 1] == '\n'));
    return true;
}

void
ch_task_get_own_name(char name[CH_TASK_NAME_MAX])
{
    ch_syscall(__NR_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
}
