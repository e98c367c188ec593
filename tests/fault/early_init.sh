#!/bin/sh
# SPDX-License-Identifier: MIT
#
# early_init.sh - malloc from an IFUNC resolver, from another preloaded
# library's constructor and from an LD_AUDIT module.
set -eu

: "${CAPHEAP_SO=$PWD/libcapheap.so}" "${CC:=gcc}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The resolver runs while relocations are done: in a library that is
# relocated before the one that has malloc, if that comes later in the list.
cat >"$tmp/ifunc.c" <<'C'
#include <stdlib.h>
#include <string.h>

static void *made[50];

static int
value(void)
{
    return 42;
}

static int (*resolve(void))(void)
{
    for (size_t i = 0; i < 50; i++) {
        made[i] = malloc(i * 400 + 1);
        if (made[i] == NULL) {
            return 0;
        }
        memset(made[i], 1, i * 400 + 1);
    }
    return value;
}

int early_value(void) __attribute__((ifunc("resolve")));

void
early_free(void)
{
    for (size_t i = 0; i < 50; i++) {
        free(made[i]);
    }
}
C

cat >"$tmp/ctor.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *made[50];

__attribute__((constructor)) static void
begin(void)
{
    for (size_t i = 0; i < 50; i++) {
        made[i] = calloc(1, i * 999 + 1);
        made[i] = realloc(made[i], i * 2000 + 1);
        if (made[i] == NULL) {
            abort();
        }
        memset(made[i], 2, i * 2000 + 1);
    }
    free(strdup("a string"));
    setvbuf(stdout, NULL, _IOFBF, 4096);
}

__attribute__((destructor)) static void
end(void)
{
    for (size_t i = 0; i < 50; i++) {
        if (made[i][i * 2000] != 2) {
            abort();
        }
        free(made[i]);
    }
}
C

cat >"$tmp/audit.c" <<'C'
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>
#include <string.h>

unsigned
la_version(unsigned version)
{
    char *p = malloc(1000);

    if (p == NULL) {
        abort();
    }
    memset(p, 3, 1000);
    free(p);
    return version;
}

unsigned
la_objopen(struct link_map *map, Lmid_t lmid, uintptr_t *cookie)
{
    (void)lmid;
    free(strdup(map->l_name));
    *cookie = 0;
    return 0;
}
C

cc_so()
{
    $CC -fPIC -shared -fno-builtin -O1 -o "$tmp/$1.so" "$tmp/$1.c"
}

cc_so ifunc
cc_so ctor
cc_so audit
$CC -O1 -fno-builtin -o "$tmp/plain" tests/fault/early_init.c
$CC -O1 -fno-builtin -o "$tmp/with_ifunc" tests/fault/early_init.c \
    -Wl,--no-as-needed "$tmp/ifunc.so" -Wl,-rpath,"$tmp" -Wl,-z,now
$CC -O1 -fno-builtin -o "$tmp/lazy_ifunc" tests/fault/early_init.c \
    -Wl,--no-as-needed "$tmp/ifunc.so" -Wl,-rpath,"$tmp" -Wl,-z,lazy

# run WHAT COMMAND...: says what failed.
run()
{
    what=$1
    shift
    "$@" || {
        echo "$what: exit status $?"
        exit 1
    }
}

run "preinit and constructors" \
    env LD_PRELOAD="$CAPHEAP_SO" "$tmp/plain"
run "IFUNC resolver" \
    env LD_PRELOAD="$CAPHEAP_SO" "$tmp/with_ifunc"
run "IFUNC resolver, lazy" \
    env LD_PRELOAD="$CAPHEAP_SO" "$tmp/lazy_ifunc"
run "IFUNC resolver, bound at start" \
    env LD_BIND_NOW=1 LD_PRELOAD="$CAPHEAP_SO" "$tmp/lazy_ifunc"
run "constructor of a preload before" \
    env LD_PRELOAD="$tmp/ctor.so $CAPHEAP_SO" "$tmp/plain"
run "constructor of a preload after" \
    env LD_PRELOAD="$CAPHEAP_SO $tmp/ctor.so" "$tmp/plain"
run "all of them" \
    env LD_PRELOAD="$tmp/ctor.so $CAPHEAP_SO" "$tmp/with_ifunc"
run "LD_AUDIT" \
    env LD_AUDIT="$tmp/audit.so" LD_PRELOAD="$CAPHEAP_SO" "$tmp/plain"
run "LD_AUDIT and all" env LD_AUDIT="$tmp/audit.so" \
    LD_PRELOAD="$CAPHEAP_SO $tmp/ctor.so" "$tmp/with_ifunc"
