#!/bin/sh
# SPDX-License-Identifier: MIT
# ubsan.sh - the firmware keeps pointers in blocks of the heap; with
# min_align=8 they lie where this machine wants them.
. tests/firmware/_firmware.sh

echo 'int main(void) { return 0; }' >"$tmp/try.c"
"$CC" -fsanitize=undefined -o "$tmp/try" "$tmp/try.c" 2>/dev/null ||
    skip "no undefined behaviour sanitizer here"

build_firmware "$tmp/station" host_main.c -fsanitize=undefined

for profile in esp32 esp32-psram esp32c3; do
    for align in 8 16; do
        CAPHEAP_CONF=profile=$profile,min_align=$align "$tmp/station" \
            >"$tmp/out" 2>"$tmp/err" || fail "$profile: exit status $?"
        ! grep 'runtime error' "$tmp/err" || fail "$profile: not clean"
    done
done

# The chip's own alignment is too little, so the run above proves something.
CAPHEAP_CONF=profile=esp32 "$tmp/station" >"$tmp/out" 2>"$tmp/err" || :
grep -q 'runtime error: .*misaligned address' "$tmp/err" ||
    fail "min_align=4 is as clean: $(cat "$tmp/err")"
