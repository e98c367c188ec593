#!/bin/sh
# SPDX-License-Identifier: MIT
# needs.sh - what the library's file promises to the dynamic linker.
. tests/preload/_common.sh
needs_library
need readelf

readelf -dW "$CAPHEAP_SO" >"$tmp/dynamic"
readelf -lW "$CAPHEAP_SO" >"$tmp/segments"
needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' "$tmp/dynamic" | tr '\n' ' ')
case $needed in
'libc.so.6 ' | 'libc.so.6 ld-linux-x86-64.so.2 ') ;;
*) fail "needs more than the C library: $needed" ;;
esac
grep -q NODELETE "$tmp/dynamic" || fail "may be unloaded"
grep -Eq 'BIND_NOW|FLAGS_1.*NOW' "$tmp/dynamic" || fail "binds lazily"
grep -q TEXTREL "$tmp/dynamic" && fail "relocates its text"
grep -q GNU_RELRO "$tmp/segments" || fail "no RELRO"
grep -q 'GNU_STACK.* RWE ' "$tmp/segments" && fail "executable stack"
grep -E '^ *LOAD' "$tmp/segments" | grep -q ' RWE ' && fail "W and X at once"
tls=$(awk '$1 == "TLS" { print $6 }' "$tmp/segments")
if [ -n "$tls" ]; then
    [ $((tls)) -le 64 ] || fail "static TLS of $((tls)) bytes"
fi
exit 0
