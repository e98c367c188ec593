/* SPDX-License-Identifier: MIT */
/*
 * elf_image.h - reads of an ELF program what the dynamic loader would.
 *
 * The file is hostile until shown otherwise: every offset is checked by
 * reading at it, every loop has an end that the file does not set.
 */
#ifndef CH_TOOLS_ELF_IMAGE_H
#define CH_TOOLS_ELF_IMAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attrs.h"

#define ELF_LOADS_MAX   32u
#define ELF_NEEDED_MAX  128u
#define ELF_NAME_MAX    256u
#define ELF_HEADERS_MAX 256u
/* Symbols in one chain of a hash table. */
#define ELF_CHAIN_MAX   65536u
#define ELF_DYNAMIC_MAX 4096u

enum elf_kind {
    ELF_KIND_OK,
    ELF_KIND_NONE,    /* no ELF file at all */
    ELF_KIND_FOREIGN, /* for another machine, or 32 against 64 bits */
    ELF_KIND_BROKEN,  /* cut off, or contradicts itself */
};

struct elf_load {
    uint64_t address;
    uint64_t offset;
    uint64_t size; /* in the file */
};

struct elf_image {
    int fd;
    unsigned bits; /* 32 or 64 */
    unsigned machine;
    unsigned type;              /* ET_... */
    char interpreter[PATH_MAX]; /* "": none, it is linked statically */

    struct elf_load loads[ELF_LOADS_MAX];
    unsigned n_loads;
    uint64_t dynamic_offset; /* 0: there is none */
    uint64_t dynamic_size;
    uint64_t needed[ELF_NEEDED_MAX]; /* offsets into strtab */
    unsigned n_needed;
    uint64_t strtab; /* addresses; 0: there is none */
    uint64_t strtab_size;
    uint64_t symtab;
    uint64_t gnu_hash;
    uint64_t sysv_hash;
};

/* Reads the headers of the open file; it stays open and the caller's. */
enum elf_kind elf_image_read(struct elf_image *image, int fd);
/* The name of the i-th library that it wants loaded; false when broken. */
CH_NODISCARD bool elf_image_needed(
    const struct elf_image *image, unsigned i, char name[ELF_NAME_MAX]);
/* True when it shows a definition of `name` to other objects. */
bool elf_image_defines(const struct elf_image *image, const char *name);

#endif
