/* SPDX-License-Identifier: MIT */
/*
 * program.c - reads the program's own headers where the kernel mapped them,
 * and asks the dynamic linker about the rest.
 */
#include "os/program.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>

#include "base/text.h"

/* The program as it lies in memory. */
struct image {
    const ElfW(Phdr) * headers;
    size_t n;
    uintptr_t base; /* what its addresses are relative to */
};

static struct image
program_image(void)
{
    struct image image = {
        .headers = (const void *)getauxval(AT_PHDR),
        .n = getauxval(AT_PHNUM),
    };

    for (size_t i = 0; image.headers != NULL && i < image.n; i++) {
        const ElfW(Phdr) *header = &image.headers[i];

        if (header->p_type == PT_PHDR) {
            image.base = (uintptr_t)image.headers - header->p_vaddr;
            break;
        }
        /* A static program has no header for its headers: they follow the
           ELF header, with which the file begins. */
        if (header->p_type == PT_LOAD && header->p_offset == 0) {
            image.base =
                (uintptr_t)image.headers - sizeof(ElfW(Ehdr)) - header->p_vaddr;
        }
    }
    return image;
}

/* The dynamic section; NULL: a static program. */
static const ElfW(Dyn) * dynamic_of(const struct image *image)
{
    for (size_t i = 0; image->headers != NULL && i < image->n; i++) {
        if (image->headers[i].p_type == PT_DYNAMIC) {
            return (const void *)(image->base + image->headers[i].p_vaddr);
        }
    }
    return NULL;
}

/* The table of names; glibc has added the base to its address, others have
   not. */
static const char *
strings_of(const struct image *image, const ElfW(Dyn) * dynamic)
{
    uintptr_t at = 0;

    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_STRTAB) {
            at = dynamic->d_un.d_ptr;
        }
    }
    return (const char *)(at < image->base ? at + image->base : at);
}

static bool
has_address(const struct image *image, const void *p)
{
    for (size_t i = 0; image->headers != NULL && i < image->n; i++) {
        const ElfW(Phdr) *header = &image->headers[i];
        uintptr_t start = image->base + header->p_vaddr;

        if (header->p_type == PT_LOAD
            && (uintptr_t)p - start < header->p_memsz) {
            return true;
        }
    }
    return false;
}

bool
ch_program_is_linked(const char *prefix, const void *own)
{
    struct image image = program_image();
    const ElfW(Dyn) *dynamic = dynamic_of(&image);
    const char *strings;

    if (has_address(&image, own)) {
        return true;
    }
    if (dynamic == NULL) {
        return false;
    }
    strings = strings_of(&image, dynamic);
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_NEEDED
            && ch_str_after(strings + dynamic->d_un.d_val, prefix) != NULL) {
            return true;
        }
    }
    return false;
}

static const char *
file_name(const char *path)
{
    const char *name = path;

    for (; *path != '\0'; path++) {
        if (*path == '/') {
            name = path + 1;
        }
    }
    return name;
}

/* What dl_iterate_phdr() looks for and found. */
struct search {
    const void *pc;
    const char *file;
};

static int
visit_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct image image = {info->dlpi_phdr, info->dlpi_phnum, info->dlpi_addr};
    struct search *search = ctx;

    (void)size;
    if (!has_address(&image, search->pc)) {
        return 0;
    }
    search->file = info->dlpi_name != NULL ? file_name(info->dlpi_name) : "";
    return 1;
}

/* Older systems have no _dl_find_object(). */
#if defined DLFO_STRUCT_HAS_EH_DBASE
extern int _dl_find_object(void *pc, struct dl_find_object *result)
    __attribute__((weak));

static bool
find_without_lock(struct search *search)
{
    struct dl_find_object found;

    if (_dl_find_object == NULL) {
        return false;
    }
    if (_dl_find_object((void *)(uintptr_t)search->pc, &found) == 0) {
        search->file = file_name(found.dlfo_link_map->l_name);
    }
    return true;
}
#else
static bool
find_without_lock(struct search *search)
{
    (void)search;
    return false;
}
#endif

/* A static program has no dynamic linker, nor files to tell from each other;
   and what asks the linker's tables crashes while libc sets them up. */
static bool
has_interpreter(void)
{
    struct image image = program_image();

    for (size_t i = 0; image.headers != NULL && i < image.n; i++) {
        if (image.headers[i].p_type == PT_INTERP) {
            return true;
        }
    }
    return false;
}

const char *
ch_program_file_of(const void *pc)
{
    struct search search = {.pc = pc};

    if (!has_interpreter()) {
        return NULL;
    }
    if (!find_without_lock(&search)) {
        dl_iterate_phdr(visit_object, &search);
    }
    return search.file;
}
