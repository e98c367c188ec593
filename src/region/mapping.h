/* SPDX-License-Identifier: MIT */
/*
 * mapping.h - one range of memory of a chosen kind, for a heap that brings
 * its own tables.
 *
 * Unlike a region's chunks, a mapping has one fixed place, may be seen at a
 * second address, and nothing is ever written to it here.  It is made once,
 * grows up to its size, and mostly stays for the life of the process.
 *
 *      base        base + committed               base + size
 *      | usable    | reserved: any access faults  |
 *
 * Descriptors that a mapping needs are above those that programs count on; a
 * program that closes them all the same keeps what it has, and only secret
 * memory and files cannot grow any more.
 *
 * Locks: the owner holds his own around all calls for one mapping, and around
 * fork.  Opening and closing take the list's lock, rank MAPPING, within which
 * no other is taken; it is held during fork.
 */
#ifndef CH_REGION_MAPPING_H
#define CH_REGION_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"
#include "os/store.h"

/* In the order of the words of the option backing=. */
enum ch_mapping_kind {
    CH_MAPPING_ANON,
    CH_MAPPING_HUGE,   /* huge pages: of the system's pool, else transparent
                          ones */
    CH_MAPPING_LOCK,   /* locked in memory, as far as the system allows */
    CH_MAPPING_EXEC,   /* readable, writable and executable */
    CH_MAPPING_SECRET, /* memfd_secret(2) */
    CH_MAPPING_FILE,   /* a file; a fork child goes on sharing it */
};

#define CH_MAPPING_PATH_MAX 256u

struct ch_mapping_want {
    enum ch_mapping_kind kind;
    const char *path; /* of a FILE */
    size_t size;      /* bytes, not 0; rounded up to pages */
    void *at;         /* the address that is wanted, of a page; NULL: any */
    bool is_exact;    /* no other address than `at` and `view_at` will do:
                         -EEXIST */
    /* The address of a second view of the same storage; NULL with has_view:
       any.  The view is writable, and executable if `view_exec` or the kind
       says so.  Of ANON and EXEC only. */
    bool has_view;
    void *view_at;
    bool view_exec;
    /* Two views, a writable one and an executable one that cannot be written,
       instead of any that is both.  Of EXEC, and of views with view_exec. */
    bool is_split;
    /* Keeps the low bits of `at` and of `view_at` where another address has to
       do: alignments up to this one, a power of two, come out the same.  0:
       those of a page. */
    size_t congruent;
};

struct ch_mapping_ops;

/* All fields are const after the opening but for those that say else. */
struct ch_mapping {
    char *base;       /* where it is read and written */
    char *view;       /* the second address, or base */
    size_t size;      /* bytes of address space; owner's lock */
    size_t committed; /* usable bytes from base on; owner's lock */
    size_t granule;   /* bytes; commits and purges go in steps of it */
    enum ch_mapping_kind kind;
    bool is_shared; /* the storage is a descriptor's */
    bool is_locked; /* all of it so far; owner's lock */
    bool is_split;  /* the view is executable and cannot be written */
    bool view_exec;
    bool is_strict; /* storage is taken at the commit, and kept */
    bool is_huge;   /* the pool had huge pages so far; owner's lock */
    bool is_lost;   /* a fork could not copy it; nothing here is usable */
    const struct ch_mapping_ops *ops;
    struct ch_store store;
    struct ch_store copy;    /* for the child, during fork; list's lock */
    struct ch_mapping *next; /* of those that fork deals with; list's lock */
};

/*
 * Makes a mapping, of which nothing is usable yet.  *mapping stays where it is
 * until it is closed.  0 or -errno; `*why` then, and also when something less
 * than what was asked for has been made, is a sentence for people, static,
 * without a full stop: "the system refuses memory that is ..."; else NULL.
 *
 * Where address space or the size of files is limited, -ENOMEM and -EFBIG say
 * that a smaller one may do.
 */
CH_NODISCARD int ch_mapping_open(struct ch_mapping *mapping,
    const struct ch_mapping_want *want, const char **why);
/*
 * Makes the first `bytes` usable, and maybe a few more; what they hold is
 * unknown.  0 or -errno, and then as many are usable as before; `why` as
 * above.  What is usable of a file has its blocks on the disk, and of memory
 * at two addresses its pages where the system promises no more than it has
 * (vm.overcommit_memory=2), so that touching it does not raise SIGBUS.
 */
CH_NODISCARD int ch_mapping_commit(
    struct ch_mapping *mapping, size_t bytes, const char **why);
/* Gives whole pages of the range back where this kind of memory goes back;
   what they hold then is unknown.  `p` is an address from `base` on. */
void ch_mapping_purge(struct ch_mapping *mapping, void *p, size_t size);
void ch_mapping_close(struct ch_mapping *mapping);

/*
 * Around fork: mappings with shared storage, but for files, are copied, so
 * that the child has its own at the same addresses, with the content of the
 * moment of the first call; the owners' locks are held then.  Memory is locked
 * again in the child.  A copy that cannot be made, for want of memory or of
 * descriptors, is said on stderr, once: the child gets no access to the range,
 * since to go on sharing it would spoil the parent.
 */
void ch_mapping_before_fork(void);
void ch_mapping_after_fork_parent(void);
void ch_mapping_after_fork_child(void);

#endif
