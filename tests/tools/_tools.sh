# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# _tools.sh - what the tests of the command share; sourced, not run.

set -u
: "${CAPHEAP:?names the command}" "${CAPHEAP_SO:?names the library}"
: "${CC:=cc}"

if [ -z "${TEST_TMP:-}" ]; then
    TEST_TMP=$(mktemp -d) || exit 1
    trap 'rm -rf "$TEST_TMP"' EXIT
fi
unset CAPHEAP_CONF CAPHEAP_RUN CAPHEAP_LIBRARY LD_PRELOAD
# The system's own configuration would answer for the tests.
if [ -e /etc/capheap.conf ]; then
    echo "skipped: /etc/capheap.conf is there"
    exit 77
fi

n_failed=0

fail() {
    echo "FAILED: $*"
    n_failed=$((n_failed + 1))
}

# Runs a command; its status, stdout and stderr are in $status, $out, $err.
try() {
    "$@" >"$TEST_TMP/out" 2>"$TEST_TMP/err"
    status=$?
    out=$(cat "$TEST_TMP/out")
    err=$(cat "$TEST_TMP/err")
}

# expect_status N WHAT
expect_status() {
    [ "$status" -eq "$1" ] || fail "$2: status $status, not $1: $out $err"
}

# expect TEXT PATTERN WHAT: the pattern is a shell's.
expect() {
    # shellcheck disable=SC2254 # it is a pattern
    case $1 in
    $2) ;;
    *) fail "$3: no '$2' in: $1" ;;
    esac
}

finish() {
    [ "$n_failed" -eq 0 ]
    exit
}
