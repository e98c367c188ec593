/* SPDX-License-Identifier: MIT */
/*
 * _mapping.h - what the tests of mappings share.
 */
#ifndef CH_TESTS_UNIT_REGION_MAPPING_H
#define CH_TESTS_UNIT_REGION_MAPPING_H

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/arith.h"
#include "os/vm.h"
#include "region/mapping.h"
#include "unit/_unit.h"

/* An address of a device that Linux leaves free. */
#define DEVICE_ADDRESS ((void *)0x3ffb0000)

static inline size_t
page(void)
{
    return ch_vm_page_size();
}

/* The simplest wish for so many pages. */
static inline struct ch_mapping_want
want_pages(enum ch_mapping_kind kind, size_t n_pages)
{
    return (struct ch_mapping_want){.kind = kind, .size = n_pages * page()};
}

static inline void
check_opens(struct ch_mapping *mapping, const struct ch_mapping_want *want)
{
    const char *why = "unset";
    int err = ch_mapping_open(mapping, want, &why);

    if (err != 0) {
        dprintf(STDERR_FILENO, "%s: %s\n", strerror(-err), why);
    }
    CHECK_EQ(err, 0);
    CHECK_EQ(mapping->committed, 0);
}

static inline void
check_commits(struct ch_mapping *mapping, size_t bytes)
{
    const char *why = "unset";
    int err = ch_mapping_commit(mapping, bytes, &why);

    if (err != 0) {
        dprintf(STDERR_FILENO, "%s: %s\n", strerror(-err), why);
    }
    CHECK_EQ(err, 0);
    CHECK(mapping->committed >= bytes);
}

/* Checks that opening fails so, with a reason that has `word` in it. */
static inline void
check_refuses(const struct ch_mapping_want *want, int err, const char *word)
{
    struct ch_mapping mapping;
    const char *why = NULL;

    CHECK_EQ(ch_mapping_open(&mapping, want, &why), err);
    CHECK(why != NULL);
    unit_check(strstr(why, word) != NULL, why, __FILE__, __LINE__);
}

/* Pages of address space that the process has. */
static inline size_t
total_pages(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    size_t n = 0;

    CHECK(f != NULL);
    CHECK(fscanf(f, "%zu", &n) == 1);
    fclose(f);
    return n;
}

/* A number in KiB of a file of /proc/self. */
static inline size_t
proc_kib(const char *file, const char *key)
{
    char line[256];
    size_t sum = 0;
    FILE *f = fopen(file, "r");

    CHECK(f != NULL);
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            sum += strtoul(line + strlen(key), NULL, 10);
        }
    }
    fclose(f);
    return sum;
}

/* Descriptors that are open. */
static inline unsigned
n_open_files(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 256; fd++) {
        n += fcntl(fd, F_GETFD) >= 0;
    }
    return n;
}

/* Bytes of storage that a mapping's descriptor has. */
static inline size_t
storage(const struct ch_mapping *mapping)
{
    struct stat st;

    CHECK(fstat(mapping->store.fd, &st) == 0);
    return (size_t)st.st_blocks * 512;
}

/* ---- accesses that must end the process ---------------------------------- */

static volatile char *touched;

static inline void
touch_read(void)
{
    (void)*touched;
}

static inline void
touch_write(void)
{
    *touched = 1;
}

/* The signal that an access brings, 0 if none. */
static inline int
signal_of(void (*touch)(void), void *p)
{
    char text[64];
    int status;

    touched = p;
    status = unit_child_says(touch, text, sizeof text);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* ---- code ---------------------------------------------------------------- */

/* A function that returns 42. */
#if defined __x86_64__
static const unsigned char code_42[] = {0xb8, 42, 0, 0, 0, 0xc3};
#elif defined __aarch64__
static const unsigned char code_42[] = {
    0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
#else
static const unsigned char code_42[1];
#endif

static inline bool
has_code(void)
{
    return sizeof code_42 > 1;
}

static inline int
run_code(void *write_at, void *run_at)
{
    memcpy(write_at, code_42, sizeof code_42);
    __builtin___clear_cache((char *)run_at, (char *)run_at + sizeof code_42);
    return ((int (*)(void))run_at)();
}

/* ---- a system that refuses ----------------------------------------------- */

/* The lower half of an argument. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
# define ARG_LOW(n) (offsetof(struct seccomp_data, args[n]))
#else
# define ARG_LOW(n) (offsetof(struct seccomp_data, args[n]) + 4)
#endif

static inline void
filter_calls(struct sock_filter *code, size_t n)
{
    const struct sock_fprog program = {
        .len = (unsigned short)n, .filter = code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        _exit(UNIT_SKIP);
    }
}

/* From now on a system call fails with an error. */
static inline void
refuse_call(unsigned nr, unsigned err)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    filter_calls(code, ARRAY_LENGTH(code));
}

/* From now on nothing becomes writable and executable at once. */
static inline void
refuse_wx(unsigned err)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG_LOW(2)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PROT_WRITE | PROT_EXEC),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROT_WRITE | PROT_EXEC, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    filter_calls(code, ARRAY_LENGTH(code));
}

/* Root is above the limits that these tests set. */
static inline void
become_nobody(void)
{
    if (geteuid() == 0) {
        CHECK(setresgid(65534, 65534, 65534) == 0);
        CHECK(setresuid(65534, 65534, 65534) == 0);
    }
}

static inline void
set_limit(int which, size_t bytes)
{
    const struct rlimit limit = {bytes, bytes};

    CHECK(setrlimit(which, &limit) == 0);
}

/* ---- files --------------------------------------------------------------- */

/* The path of a file that is not there, in a folder of its own. */
static inline const char *
new_path(void)
{
    static char path[128];
    const char *top = getenv("TEST_TMP");

    snprintf(path, sizeof path, "%s/capheap-XXXXXX",
        top != NULL && strlen(top) < 90 ? top : "/tmp");
    CHECK(mkdtemp(path) != NULL);
    strcat(path, "/heap");
    return path;
}

/* Removes it, and its folder. */
static inline void
remove_path(const char *path)
{
    char folder[128];

    unlink(path);
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    rmdir(folder);
}

#endif
