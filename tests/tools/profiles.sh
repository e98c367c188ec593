#!/bin/sh
# SPDX-License-Identifier: MIT
#
# capheap profiles: the list, the table of one, and files that read back.

# shellcheck source=tests/tools/_tools.sh
. "$(dirname "$0")/_tools.sh"

# ---- the list
try "$CAPHEAP" profiles
expect_status 0 "profiles"
[ -z "$err" ] || fail "profiles: $err"
for name in host esp32 esp32-psram esp32s2 esp32s2-psram esp32s3 esp32s3-psram \
    esp32c2 esp32c3 esp32c5 esp32c5-psram esp32c6 esp32c61 esp32c61-psram \
    esp32h2 esp32h21 esp32h4 esp32h4-psram esp32p4 esp32p4-psram esp32p4-rev1 \
    esp32p4-rev1-psram esp32s31 esp32s31-psram; do
    grep -Eq "^$name +[^ ]" "$TEST_TMP/out" || fail "profiles: no $name"
done
names=$(cut -d' ' -f1 "$TEST_TMP/out")
[ "$(echo "$names" | wc -l)" -eq 24 ] || fail "profiles: $names"

# ---- one of them
try "$CAPHEAP" profiles show esp32
expect_status 0 "show esp32"
sed "s/^ *//; s/  */ /g" "$TEST_TMP/out" >"$TEST_TMP/lines"
while read -r line; do
    grep -Fxq -- "$line" "$TEST_TMP/lines" || fail "show esp32: no '$line'"
done <<'END'
esp32: device accounting, requests up to 4 MiB
dram0 0x3FFAE6E0 0x1920 6.3 KiB DRAM
dram1 0x3FFB2EC8 0x2D138 180.3 KiB DRAM
diram0 0x3FFE0440 0x3AE0 14.7 KiB D/IRAM startup stack
diram1 0x3FFE4350 0x1BCB0 111.2 KiB D/IRAM startup stack
iram 0x4008944C 0x16BB4 90.9 KiB IRAM
caps0 EXEC|32BIT|INTERNAL
alias 0x400A0000, inverted
8BIT 0x4E1E8 312.5 KiB
EXEC 0x36344 216.8 KiB
all 0x64D9C 403.4 KiB
END
try "$CAPHEAP" profiles show esp32-psram
grep -Eq '^psram +0x3F800000 +0x400000 +4096.0 KiB +SPIRAM +added' \
    "$TEST_TMP/out" || fail "show esp32-psram: $out"
try "$CAPHEAP" profiles show host
grep -Eq '^dram +anywhere +elastic +DRAM +plain malloc$' "$TEST_TMP/out" ||
    fail "show host: $out"

# ---- with options
try "$CAPHEAP" profiles show --conf psram=2M --conf memprot=off esp32s3
expect_status 0 "show --conf"
grep -Eq '^psram +0x3C000000 +0x200000 ' "$TEST_TMP/out" || fail "psram: $out"
expect "$out" "*EXEC*" "memprot=off"
try "$CAPHEAP" profiles show --conf psram=8M esp32
expect_status 1 "psram beyond the window"
expect "$err" "capheap: psram=8MiB: profile 'esp32' sees no more*" "psram"
try "$CAPHEAP" profiles show --conf psrm=8M esp32
expect_status 2 "no such option"
expect "$err" "*did you mean 'psram'?" "no such option"

# ---- as a file, which gives the same
for name in $names; do
    for conf in memprot=on memprot=off; do
        try "$CAPHEAP" profiles show --ini --conf $conf "$name"
        expect_status 0 "show --ini $name"
        cp "$TEST_TMP/out" "$TEST_TMP/a.ini"
        try "$CAPHEAP" profiles show --ini "$TEST_TMP/a.ini"
        expect_status 0 "show --ini of $name's file"
        [ -z "$err" ] || fail "$name: $err"
        cmp -s "$TEST_TMP/out" "$TEST_TMP/a.ini" || fail "$name: another file"
        "$CAPHEAP" profiles show "$TEST_TMP/a.ini" >"$TEST_TMP/table"
        try "$CAPHEAP" profiles show --conf $conf "$name"
        cmp -s "$TEST_TMP/out" "$TEST_TMP/table" || fail "$name: another table"
    done
done
try "$CAPHEAP" profiles show --ini --conf psram=0 esp32-psram
expect "$out" "*remove = yes" "a region that the base has"
cp "$TEST_TMP/out" "$TEST_TMP/a.ini"
try "$CAPHEAP" profiles show --ini "$TEST_TMP/a.ini"
cmp -s "$TEST_TMP/out" "$TEST_TMP/a.ini" || fail "removed: another file"

# ---- files: the one that is shipped, and the one in the manual
if [ -e share/capheap/profiles/myboard.ini ]; then
    cp share/capheap/profiles/myboard.ini "$TEST_TMP/myboard.ini"
    chmod 644 "$TEST_TMP/myboard.ini"
    try "$CAPHEAP" profiles show "$TEST_TMP/myboard.ini"
    expect_status 0 "myboard.ini"
    expect "$out" "myboard: device accounting*fram*psram*" "myboard.ini"
fi
page=man/man5/capheap-profiles.5
if [ -e "$page" ]; then
    # The example is what stands between .EX and .EE after that heading.
    awk '/^\.SH EXAMPLE/ { there = 1 } /^\.EX/ && there { on = 1; next }
        /^\.EE/ { if (on) exit } on' "$page" | sed 's/\\-/-/g' \
        >"$TEST_TMP/page.ini"
    [ -s "$TEST_TMP/page.ini" ] || fail "$page: no example"
    chmod 644 "$TEST_TMP/page.ini"
    try "$CAPHEAP" profiles show "$TEST_TMP/page.ini"
    expect_status 0 "the example of $page"
    [ -z "$err" ] || fail "the example of $page: $err"
    # Every key that there is.
    "$CAPHEAP" profiles show --ini esp32 >"$TEST_TMP/keys"
    for key in $(sed -n 's/^\([a-z0-9_]*\) = .*/\1/p' "$TEST_TMP/keys" |
        sort -u) caps path remove; do
        grep -Eq "^\.B[IR] \"?$key( |\")" "$page" || fail "$page: no $key"
    done
    for name in $names; do
        grep -Eq "$(echo "$name" | sed 's/-/.{1,2}/g')" "$page" ||
            fail "$page: no $name"
    done
fi

# ---- errors
try "$CAPHEAP" profiles show esp33
expect_status 1 "esp33"
[ "$err" = "capheap: no profile 'esp33'; did you mean 'esp32'?" ] ||
    fail "esp33: $err"
try "$CAPHEAP" profiles show wombat
expect "$err" "*'capheap profiles' lists them*" "wombat"
try "$CAPHEAP" profiles show ./nothing.ini
expect_status 1 "no such file"
[ "$err" = "capheap: ./nothing.ini: not read: no such file" ] ||
    fail "no such file: $err"
printf '[region a]\ncaps = 8BITS\nsise = 4K\n' >"$TEST_TMP/bad.ini"
chmod 644 "$TEST_TMP/bad.ini"
try "$CAPHEAP" profiles show "$TEST_TMP/bad.ini"
expect_status 1 "bad.ini"
[ -z "$out" ] || fail "bad.ini: $out"
expect "$err" "*bad.ini:2:8: unknown capability '8BITS'; did you mean '8BIT'?*" \
    "bad.ini"
expect "$err" "*bad.ini:3:1: unknown key 'sise'; did you mean 'size'?*" \
    "bad.ini"
for arguments in "extra" "show" "show --ini" "show --conf" "show -x esp32" \
    "show esp32 extra" "show --conf psram esp32"; do
    # shellcheck disable=SC2086 # several words
    try "$CAPHEAP" profiles $arguments
    expect_status 2 "profiles $arguments"
    [ "$(wc -l <"$TEST_TMP/err")" -eq 1 ] || fail "profiles $arguments: $err"
done

# ---- capheap run takes them
if [ -e "$CAPHEAP_SO" ]; then
    export CAPHEAP_LIBRARY="$CAPHEAP_SO"
    cd "$TEST_TMP" || exit 1
    try "$CAPHEAP" run --profile=esp33 true
    expect_status 2 "run esp33"
    try "$CAPHEAP" run --profile=./bad.ini true
    expect_status 2 "run bad.ini"
    expect "$err" "*bad.ini:2:8: *" "run bad.ini"
    try "$CAPHEAP" run --profile=esp32 --conf dram.limit=4K true
    expect_status 2 "run dram.limit"
    try "$CAPHEAP" run --conf dram9.limit=4K true
    expect_status 2 "run dram9.limit"
    # shellcheck disable=SC2016 # for the inner shell
    try "$CAPHEAP" run --profile=./a.ini sh -c 'echo "$CAPHEAP_CONF"'
    expect_status 0 "run a.ini"
    expect "$out" "profile=$PWD/./a.ini" "run a.ini"
    export CAPHEAP_CONF="psram.limit=1M"
    # shellcheck disable=SC2016 # for the inner shell
    try "$CAPHEAP" run --conf psram.limit=2M sh -c 'echo "$CAPHEAP_CONF"'
    [ "$out" = "psram.limit=2M" ] || fail "run psram.limit: $out"
    unset CAPHEAP_CONF
fi

finish
