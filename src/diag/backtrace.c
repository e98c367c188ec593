/* SPDX-License-Identifier: MIT */
/*
 * backtrace.c - the compiler's own unwinder, over the tables that every object
 * file has; frame pointers would end at the first function without them.
 *
 * backtrace(3) is not used: its first call loads a library.  The unwinder is
 * linked in (-static-libgcc) and finds the tables through the dynamic linker
 * without a lock (_dl_find_object) or, before glibc 2.35, with the linker's
 * own, which a thread may take twice.
 *
 * A program that is linked with the archive shares the unwinder with it.  If
 * it is static as well, the unwinder has a list of tables, under a lock that
 * it holds while it allocates (at its first use, hence the preparation) and
 * while it frees (at the program's end, when nothing is unwound any more).
 */
#include "diag/backtrace.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <unwind.h>

/*
 * Where the library's code lies.  In an archive it has a section of its own,
 * around which the linker puts two names; in the shared library it is all
 * the code of the file.
 */
extern const char __start_capheap_text[]
    __attribute__((weak, visibility("hidden")));
extern const char __stop_capheap_text[]
    __attribute__((weak, visibility("hidden")));
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static bool is_over; /* atomic, relaxed: exit() has begun; archives only */

__attribute__((destructor)) static void
stop_at_exit(void)
{
    __atomic_store_n(&is_over, __start_capheap_text != NULL, __ATOMIC_RELAXED);
}

struct walk {
    const struct ch_code *skip;
    void **frames;
    unsigned n;    /* room */
    unsigned done; /* stored */
};

static bool
has(const struct ch_code *code, const char *p)
{
    return p >= code->start && p < code->end;
}

static _Unwind_Reason_Code
visit(struct _Unwind_Context *context, void *ctx)
{
    struct walk *walk = ctx;
    char *at = (char *)_Unwind_GetIP(context);

    if (at == NULL) {
        return _URC_END_OF_STACK;
    }
    /* A call that is a function's last instruction returns behind it. */
    if (walk->done == 0 && has(walk->skip, at - 1)) {
        return _URC_NO_REASON;
    }
    walk->frames[walk->done++] = at;
    return walk->done < walk->n ? _URC_NO_REASON : _URC_END_OF_STACK;
}

unsigned
ch_backtrace_beyond(const struct ch_code *skip, void **frames, unsigned n)
{
    struct walk walk = {.skip = skip, .frames = frames, .n = n};

    if (n != 0 && !__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
        (void)_Unwind_Backtrace(visit, &walk);
    }
    return walk.done;
}

/* The executable segment of the file that this code is in. */
static struct ch_code
code_of_file(void)
{
    const char *start = __ehdr_start;
    const ElfW(Ehdr) *ehdr = (const void *)start;
    const ElfW(Phdr) *phdr = (const void *)(start + ehdr->e_phoff);
    struct ch_code code = {NULL, NULL};
    ElfW(Addr) first = 0;

    for (unsigned i = 0; i < ehdr->e_phnum; i++) {
        if (phdr[i].p_type == PT_LOAD && phdr[i].p_offset == 0) {
            first = phdr[i].p_vaddr;
        }
        if (phdr[i].p_type == PT_LOAD && (phdr[i].p_flags & PF_X) != 0) {
            code.start = start + (phdr[i].p_vaddr - first);
            code.end = code.start + phdr[i].p_memsz;
        }
    }
    return code;
}

unsigned
ch_backtrace(void **frames, unsigned n)
{
    struct ch_code own = {__start_capheap_text, __stop_capheap_text};

    if (own.start == NULL) {
        own = code_of_file();
    }
    return ch_backtrace_beyond(&own, frames, n);
}

void
ch_backtrace_prepare(void)
{
    void *frame;

    (void)ch_backtrace(&frame, 1);
}
