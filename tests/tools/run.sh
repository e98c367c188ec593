#!/bin/sh
# SPDX-License-Identifier: MIT
#
# capheap run: what it sets, what it says, how it ends.

# shellcheck source=tests/tools/_tools.sh
. "$(dirname "$0")/_tools.sh"

# A copy of the command beside the library, so that places can be chosen.
bin=$TEST_TMP/bin
mkdir "$bin" || exit 1
cp "$CAPHEAP" "$CAPHEAP_SO" "$bin"/ || exit 1
CAPHEAP=$bin/capheap
SO=$bin/libcapheap.so

cat >"$TEST_TMP/show.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints who has malloc and what the environment says. */
int
main(void)
{
    static const char *const names[] = {
        "LD_PRELOAD", "CAPHEAP_CONF", "CAPHEAP_RUN"};
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    int is_there = 0;

    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        is_there |= strstr(line, "/libcapheap.so") != NULL;
    }
    printf("loaded=%d\n", is_there);
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);

        printf("%s=%s\n", names[i], value != NULL ? value : "(unset)");
    }
    return 7;
}
END
"$CC" -o "$TEST_TMP/show" "$TEST_TMP/show.c" || exit 1
show=$TEST_TMP/show

# ---- active
try "$CAPHEAP" run -- "$show"
expect_status 7 "the status is the program's"
[ "$err" = "capheap: active: $SO (profile host, no limit)" ] ||
    fail "active: $err"
expect "$out" "*loaded=1*" "the library is in"
expect "$out" "*LD_PRELOAD=$SO*" "LD_PRELOAD"
expect "$out" "*CAPHEAP_CONF=(unset)*" "CAPHEAP_CONF"
expect "$out" "*CAPHEAP_RUN=1*" "CAPHEAP_RUN"

try "$CAPHEAP" run --limit 64M --profile=host --conf purge_delay=never "$show"
expect_status 7 "options"
expect "$err" "*(profile host, limit 64 MiB)" "active with limit"
expect "$out" "*CAPHEAP_CONF=limit=64M,profile=host,purge_delay=never*" \
    "composed"

# ---- the command line before the environment; escapes; what is there stays
export CAPHEAP_CONF='limit=8M,thp=never,stats=exit:/x\,y'
try "$CAPHEAP" run --limit=16M "$show"
expect "$out" "*CAPHEAP_CONF=limit=16M,thp=never,stats=exit:/x\\\\,y*" "override"
unset CAPHEAP_CONF
try "$CAPHEAP" run --stats="$TEST_TMP/a,b" "$show"
expect "$out" "*CAPHEAP_CONF=stats=exit:$TEST_TMP/a\\\\,b*" "escape"
cd "$TEST_TMP" || exit 1
try "$CAPHEAP" run --stats=report "$show"
expect "$out" "*CAPHEAP_CONF=stats=exit:$PWD/report*" "absolute"
LD_PRELOAD=$SO
export LD_PRELOAD
try "$CAPHEAP" run "$show"
unset LD_PRELOAD
expect "$out" "*LD_PRELOAD=$SO:$SO*" "LD_PRELOAD is kept"

# ---- warnings are said once, however many children there are
export CAPHEAP_CONF=limt=1
try "$CAPHEAP" run sh -c "'$show'; '$show'; true"
expect_status 0 "children"
[ "$(grep -c limt "$TEST_TMP/err")" -eq 1 ] || fail "limt once: $err"
try "$CAPHEAP" run "$CAPHEAP" run "$show"
[ "$(grep -c limt "$TEST_TMP/err")" -eq 1 ] || fail "limt once, nested: $err"
unset CAPHEAP_CONF

# ---- errors
try "$CAPHEAP" run --limit=3 "$show"
expect_status 2 "bad value"
expect "$err" "capheap: command line: limit=3: wants a size from 1 MiB*" bad
try "$CAPHEAP" run --conf limt=3 "$show"
expect_status 2 "bad name"
expect "$err" "*did you mean 'limit'?" "bad name"
try "$CAPHEAP" run --profile=esp99 "$show"
expect_status 2 "bad profile"
for arguments in "" "--limit" "--conf limit" "--conf @/x" "--frob x" "-x"; do
    # shellcheck disable=SC2086 # several words
    try "$CAPHEAP" run $arguments
    expect_status 2 "run $arguments"
    [ "$(wc -l <"$TEST_TMP/err")" -eq 1 ] || fail "run $arguments: $err"
done
try "$CAPHEAP" run -- nosuchcommand
expect_status 127 "not found"
touch "$TEST_TMP/plain"
try "$CAPHEAP" run -- "$TEST_TMP/plain"
expect_status 126 "not executable"

# ---- options of the command are its own
# shellcheck disable=SC2016 # for the inner shell
try "$CAPHEAP" run sh -c 'echo "$1"' sh --limit=3
[ "$out" = "--limit=3" ] || fail "the command's arguments: $out"

# ---- not active, and run all the same
if "$CC" -static -o "$TEST_TMP/static" "$TEST_TMP/show.c" 2>/dev/null; then
    try "$CAPHEAP" run "$TEST_TMP/static"
    expect_status 7 "static"
    expect "$err" "capheap: not active: $TEST_TMP/static: linked statically*" \
        "static"
    [ "$(wc -l <"$TEST_TMP/err")" -eq 1 ] || fail "static: $err"
fi

# ---- where the library is looked for
mkdir -p "$TEST_TMP/inst/bin" "$TEST_TMP/inst/lib"
cp "$CAPHEAP" "$TEST_TMP/inst/bin"
cp "$SO" "$TEST_TMP/inst/lib/libcapheap.so.0"
try "$TEST_TMP/inst/bin/capheap" run "$show"
expect "$out" "*LD_PRELOAD=$TEST_TMP/inst/lib/libcapheap.so.0*" "../lib"
mv "$TEST_TMP/inst/lib/libcapheap.so.0" "$TEST_TMP/other.so"
try "$TEST_TMP/inst/bin/capheap" run "$show"
expect_status 125 "no library"
expect "$err" "*libcapheap.so*CAPHEAP_LIBRARY" "no library"
export CAPHEAP_LIBRARY="$TEST_TMP/other.so"
try "$TEST_TMP/inst/bin/capheap" run "$show"
expect "$out" "*LD_PRELOAD=$TEST_TMP/other.so*" "CAPHEAP_LIBRARY"
unset CAPHEAP_LIBRARY

# ---- what LD_PRELOAD cannot hold
mkdir "$TEST_TMP/a b"
cp "$bin"/* "$TEST_TMP/a b"
try "$TEST_TMP/a b/capheap" run "$show"
expect_status 7 "space"
expect "$err" "capheap: not active: *space or colon*" "space"
expect "$out" "*LD_PRELOAD=(unset)*" "space"

finish
