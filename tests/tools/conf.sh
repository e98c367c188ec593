#!/bin/sh
# SPDX-License-Identifier: MIT
#
# capheap conf, and the command's own usage.

# shellcheck source=tests/tools/_tools.sh
. "$(dirname "$0")/_tools.sh"

try "$CAPHEAP" --version
expect_status 0 "--version"
expect "$out" "capheap [0-9]*.[0-9]*.[0-9]*" "--version"

try "$CAPHEAP"
expect_status 2 "no arguments"
expect "$err" "usage: capheap*" "no arguments"

for help in "--help" "help run" "help conf" "help doctor" "help profiles" "run --help"; do
    # shellcheck disable=SC2086 # two words
    try "$CAPHEAP" $help
    expect_status 0 "$help"
    expect "$out" "usage: capheap*" "$help"
done

try "$CAPHEAP" rnu
expect_status 2 "rnu"
[ "$err" = "capheap: unknown subcommand 'rnu'; did you mean 'run'?" ] ||
    fail "rnu: $err"
try "$CAPHEAP" zzzzzzzz
expect_status 2 "zzzzzzzz"
expect "$err" "*'capheap --help' lists them" "zzzzzzzz"

# The output must arrive.
if [ -c /dev/full ]; then
    "$CAPHEAP" conf >/dev/full 2>"$TEST_TMP/err"
    [ $? -eq 1 ] || fail "conf to a full disk is no success"
fi

try "$CAPHEAP" conf
expect_status 0 "conf"
[ -z "$err" ] || fail "conf: $err"
for name in profile psram malloc accounting min_align startup memprot esp_idf \
    poisoning exact explain abort_on_fail task_tracking wx limit stats purge_delay dirty_max \
    thp arenas foreign verbose programs; do
    grep -Eq "^$name +[^ ]+ +default$" "$TEST_TMP/out" || fail "conf: $name"
done

# The manual page has every option that the command has.
page=man/man5/capheap.conf.5
if [ -e "$page" ]; then
    while read -r name _; do
        grep -Eq "^\.B[IR] $name=" "$page" || fail "$page: no $name"
    done <"$TEST_TMP/out"
fi

cat >"$TEST_TMP/a.conf" <<END
# a comment
thp=never
limit=5M
END
chmod 644 "$TEST_TMP/a.conf"
export CAPHEAP_CONF="limit=64M,@$TEST_TMP/a.conf"
try "$CAPHEAP" conf
expect_status 0 "conf with sources"
grep -Eq '^limit +64MiB +CAPHEAP_CONF$' "$TEST_TMP/out" || fail "limit: $out"
grep -Eq "^thp +never +$TEST_TMP/a.conf:2\$" "$TEST_TMP/out" ||
    fail "thp: $out"

for option in -v --help-options; do
    try "$CAPHEAP" conf $option
    expect_status 0 "conf $option"
    expect "$out" "*profile=NAME*limit=SIZE*ENOMEM*thp=auto*" "conf $option"
    expect "$out" "*NAME.backing=anon|huge*" "conf $option"
    [ "$(awk 'length > 76 && !/^[a-z]/' "$TEST_TMP/out" | wc -l)" -eq 0 ] ||
        fail "conf $option: lines too long: $out"
done

# ---- the options of regions
export CAPHEAP_CONF="profile=esp32-psram,psram.limit=2M,psram.backing=file:/a b"
try "$CAPHEAP" conf
expect_status 0 "conf with regions"
grep -Eq '^profile +esp32-psram +CAPHEAP_CONF$' "$TEST_TMP/out" ||
    fail "profile: $out"
grep -Eq '^psram\.limit +2MiB +CAPHEAP_CONF$' "$TEST_TMP/out" ||
    fail "psram.limit: $out"
grep -Eq '^psram\.backing +file:/a b +CAPHEAP_CONF$' "$TEST_TMP/out" ||
    fail "psram.backing: $out"
export CAPHEAP_CONF="profile=esp32,psram.limit=2M"
try "$CAPHEAP" conf
expect_status 1 "conf with a region that the profile has not"
expect "$err" "capheap: psram.limit: profile 'esp32' has no region 'psram'*" \
    "conf with a region that the profile has not"
unset CAPHEAP_CONF

export CAPHEAP_CONF="limt=1"
try "$CAPHEAP" conf
expect_status 1 "conf with an error"
[ "$err" = "capheap: CAPHEAP_CONF: unknown option 'limt'; did you mean 'limit'?" ] ||
    fail "limt: $err"
unset CAPHEAP_CONF

try "$CAPHEAP" conf extra
expect_status 2 "conf extra"

finish
