/* SPDX-License-Identifier: MIT */
/*
 * libc_info.c - what <malloc.h> lets a program ask and set.
 *
 * Source: mallinfo(3), malloc_info(3), malloc_stats(3), malloc_trim(3),
 * mallopt(3) of glibc 2.36.  What glibc calls mmapped is here what is huge.
 * Free blocks that other threads have at hand count as in use.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "api/libc_info_xml.h"
#include "base/attrs.h"
#include "base/text.h"
#include "diag/report.h"
#include "diag/snapshot.h"
#include "front/start.h"
#include "heap/slab/arena.h"
#include "heap/slab/cache.h"
#include "os/file.h"

CH_API struct mallinfo2
mallinfo2(void)
{
    struct ch_snapshot s;
    struct mallinfo2 info = {.arena = 0};

    ch_start();
    ch_snapshot_take(&s);
    info.arena = s.sum.held + s.sum.dirty;
    info.uordblks = s.sum.live;
    info.fordblks = info.arena - ch_min_size(info.arena, s.sum.live);
    info.hblks = s.n_huge;
    info.hblkhd = s.huge;
    info.keepcost = s.sum.dirty;
    for (size_t c = 0; c < CH_N_CLASSES; c++) {
        info.ordblks += s.sum.classes[c].n_free;
    }
    return info;
}

static int
to_int(size_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

CH_API struct mallinfo
mallinfo(void)
{
    struct mallinfo2 info = mallinfo2();

    /* Where an int does not hold it, the most that it holds. */
    return (struct mallinfo){
        .arena = to_int(info.arena),
        .ordblks = to_int(info.ordblks),
        .hblks = to_int(info.hblks),
        .hblkhd = to_int(info.hblkhd),
        .uordblks = to_int(info.uordblks),
        .fordblks = to_int(info.fordblks),
        .keepcost = to_int(info.keepcost),
    };
}

CH_API void
malloc_stats(void)
{
    char buf[CH_REPORT_MAX];
    struct ch_text t;

    ch_start();
    ch_text_init(&t, buf, sizeof buf);
    ch_report_write(&t);
    ch_file_write(STDERR_FILENO, t.buf, t.len);
}

CH_API int
malloc_trim(size_t pad)
{
    int saved = errno;
    size_t bytes = 0;

    ch_start();
    ch_cache_trim();
    for (unsigned i = 0; i < ch_arena_count(); i++) {
        struct ch_region *region = &ch_arena_get(i)->region;

        bytes += ch_region_purge_to(region, pad / CH_SLICE);
        ch_region_give_back_if_short(region);
    }
    errno = saved;
    return bytes > 0;
}

CH_API int
mallopt(int parameter, int value)
{
    ch_start();
    switch (parameter) {
    case M_TRIM_THRESHOLD:
        for (unsigned i = 0; i < ch_arena_count(); i++) {
            ch_region_set_dirty_max(
                &ch_arena_get(i)->region, value < 0 ? SIZE_MAX : (size_t)value);
        }
        return 1;
    case M_MXFAST:
    case M_TOP_PAD:
    case M_MMAP_THRESHOLD:
    case M_MMAP_MAX:
    case M_CHECK_ACTION:
    case M_PERTURB:
    case M_ARENA_TEST:
    case M_ARENA_MAX:
        /* Known, and without effect here. */
        return 1;
    default:
        return 0;
    }
}

CH_API int
malloc_info(int options, FILE *stream)
{
    if (options != 0) {
        errno = EINVAL;
        return -1;
    }
    ch_start();
    ch_malloc_info_xml(stream);
    return 0;
}
