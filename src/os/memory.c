/* SPDX-License-Identifier: MIT */
/*
 * memory.c - reads /proc and the limits anew at each call.
 */
#include "os/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "base/arith.h"
#include "base/text.h"
#include "os/file.h"
#include "os/vm.h"

#define TEXT_MAX 4096

/* The number after `key` in lines "KEY   NUMBER kB"; in bytes. */
static bool
find_kb(const char *text, const char *key, size_t *bytes)
{
    const char *at = text;
    uint64_t kb;
    size_t n = 0;

    while ((at = ch_str_after(text, key)) == NULL) {
        while (*text != '\n' && *text != '\0') {
            text++;
        }
        if (*text++ == '\0') {
            return false;
        }
    }
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    while (at[n] >= '0' && at[n] <= '9') {
        n++;
    }
    if (!ch_parse_u64(at, n, &kb)) {
        return false;
    }
    *bytes = (size_t)kb * CH_KIB;
    return true;
}

static size_t
find_kb_in(const char *path, const char *key)
{
    char text[TEXT_MAX + 1];
    size_t bytes;
    long n = ch_file_read(path, text, TEXT_MAX, CH_FILE_ANY_OWNER);

    return n > 0 && find_kb(text, key, &bytes) ? bytes : SIZE_MAX;
}

/* What a limit leaves beside what /proc/self/status counts against it. */
static size_t
left_of(__rlimit_resource_t resource, const char *key)
{
    struct rlimit limit;
    size_t used;

    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return SIZE_MAX;
    }
    used = find_kb_in("/proc/self/status", key);
    return used < limit.rlim_cur ? (size_t)limit.rlim_cur - used : 0;
}

size_t
ch_memory_available(void)
{
    int saved = errno;
    size_t bytes = find_kb_in("/proc/meminfo", "MemAvailable:");

    bytes = ch_min_size(bytes, left_of(RLIMIT_AS, "VmSize:"));
    bytes = ch_min_size(bytes, left_of(RLIMIT_DATA, "VmData:"));
    errno = saved;
    return bytes;
}

size_t
ch_memory_physical(void)
{
    struct sysinfo info;
    int saved = errno;
    int err = sysinfo(&info);

    errno = saved;
    return err == 0 ? (size_t)info.totalram * info.mem_unit : SIZE_MAX;
}
