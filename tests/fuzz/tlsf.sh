#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Lets libFuzzer look for calls that the fixed engine does not survive, under
# ASan and UBSan.  FUZZ_SECONDS=N looks longer; FUZZ_CORPUS=FOLDER keeps what
# was found interesting.
# timeout: 900

set -eu

clang=${FUZZ_CC:-clang}
seconds=${FUZZ_SECONDS:-10}
corpus=${FUZZ_CORPUS:-$TEST_TMP/corpus}
program=$TEST_TMP/tlsf

skip()
{
    echo "1..0 # SKIP $1"
    exit 77
}

# Whether there is a libFuzzer for this compiler.
echo 'int LLVMFuzzerTestOneInput(const char *s, unsigned long n);
int LLVMFuzzerTestOneInput(const char *s, unsigned long n)
{ return s == 0 && n; }' >"$TEST_TMP/probe.c"
"$clang" -fsanitize=fuzzer,address,undefined -o "$TEST_TMP/probe" \
    "$TEST_TMP/probe.c" 2>/dev/null || skip "$clang has no libFuzzer"

"$clang" -D_GNU_SOURCE= -DCH_CONFIG_DEBUG=1 -Iinclude -Isrc -std=gnu11 -O1 \
    -g -Wall -Wextra -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=all -o "$program" tests/fuzz/targets/tlsf.c \
    src/heap/tlsf/tlsf.c src/heap/tlsf/setup.c src/heap/tlsf/query.c \
    src/heap/tlsf/geometry.c src/heap/tlsf/check.c src/base/*.c \
    src/os/fault.c src/os/file.c
mkdir -p "$corpus"
"$program" -max_total_time="$seconds" -max_len=1024 -timeout=20 \
    -print_final_stats=1 -artifact_prefix="$TEST_TMP/" "$corpus" \
    >"$TEST_TMP/log" 2>&1 || {
    tail -n 60 "$TEST_TMP/log"
    # The input, so that it can be made again.
    for input in "$TEST_TMP"/crash-* "$TEST_TMP"/timeout-*; do
        [ ! -e "$input" ] || od -An -tx1 -v "$input"
    done
    exit 1
}
grep number_of_executed_units "$TEST_TMP/log"
