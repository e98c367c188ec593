#!/bin/sh
# SPDX-License-Identifier: MIT
# options.sh - CAPHEAP_CONF: wrong names, limit=, foreign=, @FILE, programs=.
#
# That a set-user-id program ignores all of this takes one that is owned by
# root and a user who is not: checked where this runs as root.
. tests/preload/_common.sh
needs_library

cat >"$tmp/fill.c" <<'C'
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long
rss_kib(void)
{
    static char text[4096];
    int fd = open("/proc/self/statm", O_RDONLY);
    ssize_t got = read(fd, text, sizeof(text) - 1);
    long pages = 0;

    close(fd);
    if (got <= 0 || sscanf(text, "%*d %ld", &pages) != 1) {
        exit(3);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Fills up with blocks of argv[1] bytes, then goes on with its life. */
int
main(int argc, char **argv)
{
    size_t size = strtoul(argv[argc - 1], NULL, 10);
    long before = rss_kib();
    long grown;
    size_t n = 0;
    size_t again = 0;
    size_t usable = 0; /* of a block: what rounding takes is not lost */
    void **last = NULL;
    void **p;

    while (n * size < (512ul << 20) && (p = malloc(size)) != NULL) {
        memset(p, 1, size);
        *p = last;
        last = p;
        n++;
    }
    if (n * size < (512ul << 20) && errno != ENOMEM) {
        return 2;
    }
    grown = rss_kib() - before;
    usable = last != NULL ? malloc_usable_size(last) : 0;
    while (last != NULL) {
        p = *last;
        free(last);
        last = p;
    }
    while (again < n && (p = malloc(size)) != NULL) {
        *p = last;
        last = p;
        again++;
    }
    printf("%zu %ld %zu\n", n * usable / 1024, grown, again * usable / 1024);
    return 0;
}
C
$CC -O1 -fno-builtin -o "$tmp/fill" "$tmp/fill.c"

cat >"$tmp/foreign.c" <<'C'
#include <stdio.h>
#include <stdlib.h>

static char global[64];

int
main(void)
{
    char local[64];

    free(global + 16);
    free(local + 16);
    free((void *)16);
    free((void *)0xdead000000000000ul);
    free(malloc(100));
    puts("still here");
    return 0;
}
C
$CC -O0 -w -fno-builtin -o "$tmp/foreign" "$tmp/foreign.c"

# with CONF COMMAND...: stdout to $tmp/out, stderr to $tmp/err.
with()
{
    conf=$1
    shift
    status=0
    CAPHEAP_CONF=$conf under "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

one_line_says()
{
    { [ "$(wc -l <"$tmp/err")" = 1 ] && grep -Eq "$1" "$tmp/err"; } ||
        fail "CAPHEAP_CONF=$conf: no single line with $1: $(cat "$tmp/err")"
}

# The library starts with the first malloc, and /bin/true makes none.
cat >"$tmp/start.c" <<'C'
#include <stdlib.h>

int
main(void)
{
    free(malloc(1));
    return 0;
}
C
$CC -O1 -fno-builtin -o "$tmp/start" "$tmp/start.c"

says_nothing()
{
    [ ! -s "$tmp/err" ] || fail "CAPHEAP_CONF=$conf: says $(cat "$tmp/err")"
}

# --- names and values --------------------------------------------------------
with "limti=64M" "$tmp/start"
[ "$status" = 0 ] || fail "an unknown option stops the program"
one_line_says '^capheap: .*limti.*limit'
with "purge_dely=5" "$tmp/start"
one_line_says '^capheap: .*purge_dely.*purge_delay'
with "forein=ignore" "$tmp/start"
one_line_says '^capheap: .*forein.*foreign'
with "limit=lots" "$tmp/start"
one_line_says '^capheap: .*limit.*lots'
with "purge_delay=100" "$tmp/start"
says_nothing
with "" "$tmp/start"
says_nothing

# --- verbose= ----------------------------------------------------------------
with "verbose=1,limit=64M" "$tmp/start"
one_line_says '^capheap: active in start \(profile host, limit 64 MiB\)$'
CAPHEAP_RUN=1
export CAPHEAP_RUN
with "verbose=1" "$tmp/start"
says_nothing
unset CAPHEAP_RUN
CAPHEAP_CONF="verbose=2,limit=64M" under "$tmp/fill" 4096 >"$tmp/out" 2>"$tmp/err"
[ "$(grep -Ec ': refused 4 KiB; held 6[0-9.]+ MiB, limit 64 MiB$' "$tmp/err")" = 1 ] ||
    fail "verbose=2 does not tell of the limit once: $(cat "$tmp/err")"

# --- foreign=ignore ----------------------------------------------------------
with "foreign=ignore" "$tmp/foreign"
[ "$status" = 0 ] || fail "foreign=ignore: exit status $status"
says_nothing
grep -q 'still here' "$tmp/out" || fail "foreign=ignore: did not go on"
# shellcheck disable=SC3045 # dash, ash and bash have -c
ulimit -c 0
with "foreign=abort" "$tmp/foreign"
[ "$status" = 134 ] || fail "foreign=abort: exit status $status"

# --- limit= ------------------------------------------------------------------
# Filled to 95 %, the resident set never above it, and usable after free.
check_limit()
{
    limit=65536
    for size in 144 1000 16384 102400 1048576; do
        with "$1" "$tmp/fill" $size
        [ "$status" = 0 ] || fail "$1, blocks of $size: exit status $status"
        read -r filled grown again <"$tmp/out"
        [ $((filled * 100)) -ge $((limit * 95)) ] ||
            fail "$1, blocks of $size: only $filled KiB"
        # A little is the program's own: stdio, the first touch of text.
        { [ "$filled" -le "$limit" ] &&
            [ "$grown" -le $((limit + 1024)) ]; } ||
            fail "$1, blocks of $size: $filled KiB, $grown KiB resident"
        [ $((again * 10)) -ge $((filled * 9)) ] ||
            fail "$1, blocks of $size: $filled KiB, then $again"
    done
}
check_limit "limit=64M"
check_limit "purge_delay=0,limit=64M"
with "limit=64M" "$tmp/fill" $((100 << 20))
read -r filled _ _ <"$tmp/out"
[ "$filled" = 0 ] || fail "limit=64M: gave a block of 100 MiB"
with "limit=none" "$tmp/fill" $((100 << 20))
read -r filled _ _ <"$tmp/out"
[ "$filled" -ge $((500 << 10)) ] || fail "limit=none: only $filled KiB"

# --- @FILE -------------------------------------------------------------------
printf '# a comment\nlimit = 64M\n\npurge_delay = 100\n' >"$tmp/conf"
chmod 600 "$tmp/conf"
with "@$tmp/conf" "$tmp/fill" 100000
says_nothing
read -r filled _ _ <"$tmp/out"
[ "$filled" -le 65536 ] || fail "@FILE: limit not in force"
# What is said first wins.
with "limit=128M,@$tmp/conf" "$tmp/fill" 100000
read -r filled _ _ <"$tmp/out"
[ "$filled" -gt 100000 ] || fail "@FILE: wins over what stands before it"
with "@$tmp/none" "$tmp/start"
[ "$status" = 0 ] || fail "a missing file stops the program"
one_line_says '^capheap: .*none'
printf 'limit=64M\nlimmit=1\n' >"$tmp/conf"
with "@$tmp/conf" "$tmp/start"
one_line_says "^capheap: .*conf:2.*limmit"
mkfifo "$tmp/fifo"
with "@$tmp/fifo" timeout 10 "$tmp/start"
[ "$status" = 0 ] || fail "@FIFO: hangs"
[ "$(id -u)" != 0 ] || {
    chmod 666 "$tmp/conf"
    with "@$tmp/conf" "$tmp/fill" 100000
    read -r filled _ _ <"$tmp/out"
    [ "$filled" -gt 65536 ] || fail "@FILE that all may write is obeyed"
}

# --- programs= ---------------------------------------------------------------
with "programs=fill,limit=64M" "$tmp/fill" 100000
says_nothing
read -r filled _ _ <"$tmp/out"
[ "$filled" -le 65536 ] || fail "programs=fill: limit not in force for fill"
with "programs=other:another,limit=64M" "$tmp/fill" 100000
says_nothing
read -r filled _ _ <"$tmp/out"
[ "$filled" -gt 65536 ] || fail "programs=other: limit in force for fill"
with "programs=other,limti=64M" "$tmp/start"
says_nothing

# --- AT_SECURE ---------------------------------------------------------------
# The dynamic linker drops LD_PRELOAD there, so the program is linked with the
# library; it runs from where set-user-id counts, or this part is left out.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
    cp "$CAPHEAP_SO" "$tmp/libcapheap.so.0"
    ln -s libcapheap.so.0 "$tmp/libcapheap.so"
    $CC -O1 -fno-builtin -o "$tmp/secure" "$tmp/fill.c" -L"$tmp" -lcapheap \
        -Wl,-rpath,"$tmp"
    chmod 755 "$tmp" "$tmp/libcapheap.so.0"
    chmod 4755 "$tmp/secure"
    status=0
    CAPHEAP_CONF="limit=64M,limti=1,stats=exit:$tmp/report,verbose=3" \
        setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$tmp/secure" 100000 >"$tmp/out" 2>"$tmp/err" || status=$?
    if [ "$status" = 0 ] && [ -u "$tmp/secure" ]; then
        read -r filled _ _ <"$tmp/out"
        if findmnt -n -o OPTIONS --target "$tmp" | grep -q nosuid; then
            echo "set-user-id does not count in $tmp"
        else
            [ "$filled" -gt 65536 ] || fail "AT_SECURE: limit= obeyed"
            [ ! -s "$tmp/err" ] || fail "AT_SECURE: says $(cat "$tmp/err")"
            [ ! -e "$tmp/report" ] || fail "AT_SECURE: wrote a file"
        fi
    fi
fi
