/* SPDX-License-Identifier: MIT */
/*
 * elf_image.c - headers, dynamic section and hash tables of an ELF file.
 *
 * Only files of this command's own class and byte order are read beyond their
 * first bytes.  Layouts: <elf.h>; the GNU hash table as glibc's dl-lookup.c
 * reads it.
 */
#include "elf_image.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#define OWN_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)
#define OWN_DATA \
 (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)

#if defined __x86_64__
# define OWN_MACHINE EM_X86_64
#elif defined __i386__
# define OWN_MACHINE EM_386
#elif defined __aarch64__
# define OWN_MACHINE EM_AARCH64
#elif defined __arm__
# define OWN_MACHINE EM_ARM
#elif defined __powerpc64__
# define OWN_MACHINE EM_PPC64
#elif defined __riscv
# define OWN_MACHINE EM_RISCV
#elif defined __s390x__
# define OWN_MACHINE EM_S390
#else
# error "name the machine's EM_ number here"
#endif

/* All n bytes at the offset, or false. */
static bool
read_at(const struct elf_image *image, uint64_t offset, void *buf, size_t n)
{
    if (offset > INT64_MAX - n) {
        return false;
    }
    return pread(image->fd, buf, n, (off_t)offset) == (ssize_t)n;
}

/* The bytes at an address of the loaded program. */
static bool
read_address(
    const struct elf_image *image, uint64_t address, void *buf, size_t n)
{
    for (unsigned i = 0; i < image->n_loads; i++) {
        const struct elf_load *load = &image->loads[i];
        uint64_t skip = address - load->address;

        if (address >= load->address && skip < load->size
            && n <= load->size - skip && load->offset <= UINT64_MAX - skip) {
            return read_at(image, load->offset + skip, buf, n);
        }
    }
    return false;
}

/* A string with its end, of at most n bytes together, at an offset. */
static bool
read_name(const struct elf_image *image, uint64_t address, char *name, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (address > UINT64_MAX - i
            || !read_address(image, address + i, name + i, 1)) {
            return false;
        }
        if (name[i] == '\0') {
            return true;
        }
    }
    return false;
}

static bool
take_interpreter(struct elf_image *image, const ElfW(Phdr) * header)
{
    size_t n = header->p_filesz;

    if (n < 2 || n > sizeof image->interpreter
        || !read_at(image, header->p_offset, image->interpreter, n)) {
        image->interpreter[0] = '\0';
        return false;
    }
    if (image->interpreter[n - 1] != '\0') {
        image->interpreter[0] = '\0';
        return false;
    }
    return true;
}

static bool
take_header(struct elf_image *image, const ElfW(Phdr) * header)
{
    switch (header->p_type) {
    case PT_INTERP:
        return take_interpreter(image, header);
    case PT_DYNAMIC:
        image->dynamic_offset = header->p_offset;
        image->dynamic_size = header->p_filesz;
        return true;
    case PT_LOAD:
        if (image->n_loads < ELF_LOADS_MAX) {
            image->loads[image->n_loads++] = (struct elf_load){
                header->p_vaddr, header->p_offset, header->p_filesz};
        }
        return true;
    default:
        return true;
    }
}

static void
take_dynamic(struct elf_image *image, const ElfW(Dyn) * entry)
{
    uint64_t value = entry->d_un.d_val;

    switch (entry->d_tag) {
    case DT_NEEDED:
        if (image->n_needed < ELF_NEEDED_MAX) {
            image->needed[image->n_needed++] = value;
        }
        break;
    case DT_STRTAB:
        image->strtab = value;
        break;
    case DT_STRSZ:
        image->strtab_size = value;
        break;
    case DT_SYMTAB:
        image->symtab = value;
        break;
    case DT_GNU_HASH:
        image->gnu_hash = value;
        break;
    case DT_HASH:
        image->sysv_hash = value;
        break;
    default:
        break;
    }
}

static bool
read_dynamic(struct elf_image *image)
{
    uint64_t n = image->dynamic_size / sizeof(ElfW(Dyn));

    if (image->dynamic_offset == 0) {
        return true;
    }
    for (uint64_t i = 0; i < n && i < ELF_DYNAMIC_MAX; i++) {
        ElfW(Dyn) entry;

        if (image->dynamic_offset > INT64_MAX / 2
            || !read_at(image, image->dynamic_offset + i * sizeof entry, &entry,
                sizeof entry)) {
            return false;
        }
        if (entry.d_tag == DT_NULL) {
            break;
        }
        take_dynamic(image, &entry);
    }
    return true;
}

static bool
read_headers(struct elf_image *image, const ElfW(Ehdr) * elf)
{
    if (elf->e_phentsize != sizeof(ElfW(Phdr)) || elf->e_phnum == 0
        || elf->e_phnum > ELF_HEADERS_MAX || elf->e_phoff > INT64_MAX / 2) {
        return false;
    }
    for (unsigned i = 0; i < elf->e_phnum; i++) {
        ElfW(Phdr) header;

        if (!read_at(
                image, elf->e_phoff + i * sizeof header, &header, sizeof header)
            || !take_header(image, &header)) {
            return false;
        }
    }
    return read_dynamic(image);
}

enum elf_kind
elf_image_read(struct elf_image *image, int fd)
{
    ElfW(Ehdr) elf;
    unsigned char ident[EI_NIDENT];

    memset(image, 0, sizeof *image);
    image->fd = fd;
    if (!read_at(image, 0, ident, SELFMAG)
        || memcmp(ident, ELFMAG, SELFMAG) != 0) {
        return ELF_KIND_NONE;
    }
    if (!read_at(image, 0, ident, sizeof ident)) {
        return ELF_KIND_BROKEN;
    }
    image->bits = ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
    if (ident[EI_CLASS] != OWN_CLASS || ident[EI_DATA] != OWN_DATA) {
        return ELF_KIND_FOREIGN;
    }
    if (!read_at(image, 0, &elf, sizeof elf)) {
        return ELF_KIND_BROKEN;
    }
    image->machine = elf.e_machine;
    image->type = elf.e_type;
    if (elf.e_machine != OWN_MACHINE) {
        return ELF_KIND_FOREIGN;
    }
    return read_headers(image, &elf) ? ELF_KIND_OK : ELF_KIND_BROKEN;
}

bool
elf_image_needed(
    const struct elf_image *image, unsigned i, char name[ELF_NAME_MAX])
{
    uint64_t offset = image->needed[i];

    return offset < image->strtab_size && image->strtab <= UINT64_MAX - offset
           && read_name(image, image->strtab + offset, name, ELF_NAME_MAX);
}

/* ---- symbols ------------------------------------------------------------ */

/* True when symbol `index` has the name and is a definition. */
static bool
is_definition(const struct elf_image *image, uint32_t index, const char *name)
{
    char found[64];
    ElfW(Sym) symbol;

    if (image->symtab > INT64_MAX / 2
        || !read_address(image, image->symtab + index * sizeof symbol, &symbol,
            sizeof symbol)
        || symbol.st_shndx == SHN_UNDEF
        || image->strtab > UINT64_MAX - symbol.st_name) {
        return false;
    }
    return read_name(image, image->strtab + symbol.st_name, found, sizeof found)
           && strcmp(found, name) == 0;
}

static bool
read_word(const struct elf_image *image, uint64_t table, uint64_t index,
    uint32_t *word)
{
    if (table > INT64_MAX / 2) {
        return false;
    }
    return read_address(
        image, table + index * sizeof *word, word, sizeof *word);
}

static uint32_t
gnu_hash(const char *name)
{
    uint32_t h = 5381;

    for (; *name != '\0'; name++) {
        h = h * 33 + (unsigned char)*name;
    }
    return h;
}

/* n_buckets, first symbol, words of the filter, shift; filter, buckets, chain */
static bool
gnu_defines(const struct elf_image *image, const char *name)
{
    uint32_t head[3];
    uint32_t wanted = gnu_hash(name);
    uint64_t buckets;
    uint32_t index;

    for (unsigned i = 0; i < 3; i++) {
        if (!read_word(image, image->gnu_hash, i, &head[i])) {
            return false;
        }
    }
    buckets = 4 + (uint64_t)head[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    if (head[0] == 0
        || !read_word(
            image, image->gnu_hash, buckets + wanted % head[0], &index)
        || index < head[1]) {
        return false;
    }
    for (unsigned n = 0; n < ELF_CHAIN_MAX; n++, index++) {
        uint32_t hash;

        if (!read_word(image, image->gnu_hash,
                buckets + head[0] + (index - head[1]), &hash)) {
            return false;
        }
        if ((hash | 1) == (wanted | 1) && is_definition(image, index, name)) {
            return true;
        }
        if (hash & 1) {
            return false;
        }
    }
    return false;
}

/* n_buckets, n_chain, buckets, chain; every symbol below n_chain is tried. */
static bool
sysv_defines(const struct elf_image *image, const char *name)
{
    uint32_t n_symbols;

    if (!read_word(image, image->sysv_hash, 1, &n_symbols)) {
        return false;
    }
    for (uint32_t i = 1; i < n_symbols && i < ELF_CHAIN_MAX; i++) {
        if (is_definition(image, i, name)) {
            return true;
        }
    }
    return false;
}

bool
elf_image_defines(const struct elf_image *image, const char *name)
{
    if (image->symtab == 0 || image->strtab == 0) {
        return false;
    }
    if (image->gnu_hash != 0) {
        return gnu_defines(image, name);
    }
    return image->sysv_hash != 0 && sysv_defines(image, name);
}
