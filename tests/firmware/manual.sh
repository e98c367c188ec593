#!/bin/sh
# SPDX-License-Identifier: MIT
# manual.sh - the example of capheap-esp-idf(7) builds, and prints what the
# page says it does.
. tests/firmware/_firmware.sh

page=man/man7/capheap-esp-idf.7

# The page's text between two comments, as a reader sees it.
sed -n '/example.c begins/,/example.c ends/p' "$page" |
    sed -e '/^\./d' -e 's/\\e/\\/g' -e 's/\\-/-/g' >"$tmp/picture.c"
lib=$(dirname "$CAPHEAP_SO")
"$CC" -Wall -Wextra -Werror -o "$tmp/picture" "$tmp/picture.c" \
    -Iinclude/capheap/esp-idf -idirafter include/capheap/esp-idf/compat \
    -L"$lib" -lcapheap -Wl,-rpath,"$lib"

for profile in esp32 esp32-psram; do
    said=$(CAPHEAP_CONF=profile=$profile "$tmp/picture")
    grep -A 1 "=$profile ./picture" "$page" | grep -qxF "$said" ||
        fail "$profile: says '$said', and the page does not"
done
