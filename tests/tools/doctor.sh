#!/bin/sh
# SPDX-License-Identifier: MIT
#
# capheap doctor: each finding, its line and its status.

# shellcheck source=tests/tools/_tools.sh
. "$(dirname "$0")/_tools.sh"

cd "$TEST_TMP" || exit 1
cp "$CAPHEAP" "$CAPHEAP_SO" . || exit 1
doctor="$TEST_TMP/capheap doctor"

# diagnose STATUS PATTERN PROGRAM...
diagnose() {
    wanted=$1
    pattern=$2
    shift 2
    # shellcheck disable=SC2086 # two words
    try $doctor "$@"
    expect_status "$wanted" "doctor $*"
    expect "$out$err" "$pattern" "doctor $*"
}

cat >main.c <<'END'
#include <stdlib.h>

int
main(void)
{
    void *volatile p = malloc(10);

    free(p);
    return 0;
}
END
cat >own.c <<'END'
#include <stddef.h>

static char memory[1 << 16];
static size_t used;

void *
malloc(size_t n)
{
    void *p = memory + used;

    used += (n + 15) / 16 * 16;
    return p;
}

void
free(void *p)
{
    (void)p;
}

int
main(void)
{
    return malloc(1) == NULL;
}
END

# ---- usage
diagnose 2 "*wants one program*"
diagnose 2 "*wants one program*" a b
diagnose 1 "*no such program*" ./nothing
diagnose 1 "*no such program*" nosuchcommand
diagnose 1 "*no such program*" ""
touch plain
diagnose 1 "*not an executable file*" ./plain
diagnose 1 "*not an executable file*" /

# ---- a program as they are
"$CC" -o good main.c || exit 1
diagnose 0 "./good: would take $TEST_TMP/libcapheap.so as its malloc" ./good

# ---- scripts
printf '#!%s/good -x\n' "$TEST_TMP" >script
printf '#! /usr/bin/env -S A=b sh -e\n' >by_env
printf '#!/nothing/at/all\n' >orphan
printf '#!\n' >hollow
printf '#!%s/loop\n' "$TEST_TMP" >loop
printf 'echo a\n' >bare
chmod +x script by_env orphan hollow loop bare
diagnose 0 "*a script; it is $TEST_TMP/good that runs*would take*" ./script
diagnose 0 "*a script; it is */sh that runs*would take*" ./by_env
diagnose 1 "*names no program*" ./orphan
diagnose 1 "*names no program*" ./hollow
diagnose 1 "*without end*" ./loop
diagnose 1 "*neither an ELF program nor a script*" ./bare

# ---- linked statically
if "$CC" -static -o static main.c 2>/dev/null; then
    diagnose 1 "*linked statically*" ./static
fi
if "$CC" -static-pie -o static main.c 2>/dev/null; then
    diagnose 1 "*linked statically*" ./static
fi

# ---- another machine, another libc
{
    printf '\177ELF\001\001\001'
    head -c 60 /dev/zero
} >elf32
chmod +x elf32
diagnose 1 "*32-bit program*" ./elf32
if "$CC" -Wl,--dynamic-linker=/lib/ld-nowhere.so.1 -o other main.c; then
    diagnose 1 "*loader /lib/ld-nowhere.so.1 is missing*" ./other
fi
touch ld-musl-x86_64.so.1
if "$CC" -Wl,--dynamic-linker="$TEST_TMP/ld-musl-x86_64.so.1" -o musl main.c
then
    diagnose 1 "*runs on another libc*" ./musl
fi

# ---- its own malloc, in all forms of the symbol table
for style in gnu sysv both; do
    "$CC" -fno-builtin -Wl,--hash-style=$style -o own own.c || exit 1
    diagnose 1 "*defines malloc itself*" ./own
    "$CC" -fno-builtin -no-pie -Wl,--hash-style=$style -o own own.c || exit 1
    diagnose 1 "*defines malloc itself*" ./own
    "$CC" -Wl,--hash-style=$style -o good2 main.c || exit 1
    diagnose 0 "*would take*" ./good2
done

# ---- other allocators
"$CC" -shared -fPIC -fno-builtin -Wl,-soname,libjemalloc.so.2 \
    -o libjemalloc.so.2 own.c || exit 1
"$CC" -o linked main.c -Wl,--no-as-needed ./libjemalloc.so.2 || exit 1
diagnose 0 "*linked with libjemalloc.so.2 (jemalloc)*would take*" ./linked
# Not exported: the command itself must not load it.
try env LD_PRELOAD="$TEST_TMP/libtcmalloc.so.4" "$TEST_TMP/capheap" \
    doctor ./good
expect_status 0 "LD_PRELOAD"
expect "$out" "*LD_PRELOAD names *libtcmalloc.so.4 (tcmalloc)*" "LD_PRELOAD"

# ---- sanitizers
for s in address thread; do
    if "$CC" -fsanitize=$s -o "san_$s" main.c 2>/dev/null; then
        diagnose 1 "*Sanitizer, which keeps malloc*" "./san_$s"
    fi
done
cat >options.c <<'END'
const char *
__asan_default_options(void)
{
    return "verbosity=0";
}
END
if [ "$("$CC" --version | grep -c clang)" -eq 0 ] &&
    "$CC" -fsanitize=address -o san_own main.c options.c 2>/dev/null; then
    diagnose 1 "*add verify_asan_link_order=0*" ./san_own
fi

# ---- rights; root's own setuid programs give root nothing new
if [ "$(id -u)" -eq 0 ]; then
    cp good setuid
    chown 65534 setuid
    chmod u+s setuid
    diagnose 1 "*setuid: the loader drops a preload*" ./setuid
    cp good setgid
    chgrp 65534 setgid
    chmod g+s setgid
    diagnose 1 "*setgid: the loader drops a preload*" ./setgid
fi

# ---- no library, or a broken one
mkdir alone
cp capheap alone
doctor="$TEST_TMP/alone/capheap doctor"
diagnose 1 "*the library is not there*" ./good
head -c 1000 "$CAPHEAP_SO" >alone/libcapheap.so
diagnose 1 "*the library $TEST_TMP/alone/libcapheap.so is damaged*" ./good
doctor="$TEST_TMP/capheap doctor"

# ---- cut off anywhere, or with bytes changed: an answer, never a crash
size=$(wc -c <own)
for n in 0 1 3 4 5 15 16 17 51 52 63 64 65 100 119 120 500 568 700 800 900 \
    1000 1100 1200 1300 1500 2000 4096 5000 8192 12000 12288 12500 13000 \
    14000 $((size - 1)); do
    head -c "$n" own >./short
    chmod +x short
    # shellcheck disable=SC2086 # two words
    try $doctor ./short
    [ "$status" -le 1 ] || fail "cut at $n: status $status: $out $err"
    [ -n "$out" ] || fail "cut at $n: no word"
done
offset=4
while [ "$offset" -lt 1500 ]; do
    cp own hurt
    printf '\377\377\377\377\377\377\377' |
        dd of=hurt bs=1 seek="$offset" conv=notrunc 2>/dev/null
    # shellcheck disable=SC2086 # two words
    try $doctor ./hurt
    [ "$status" -le 1 ] || fail "hurt at $offset: status $status: $out $err"
    [ -n "$out" ] || fail "hurt at $offset: no word"
    offset=$((offset + 13))
done

# ---- names that would write lines of their own
name=$(printf 'a\nb')
printf '#!/bin/sh\n' >"$name"
chmod +x "$name"
try "$TEST_TMP/capheap" doctor "./$name"
expect_status 0 "name with a line end"
grep -q '^b' out && fail "name with a line end: $out"

finish
