#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Proves that the test driver counts: a driver that finds no fault in a
# failing test makes every other test worthless.

set -u

driver=$PWD/tests/run-tests.sh
cd "$TEST_TMP" || exit 1
mkdir -p tests/check b/tests/unit

fail()
{
    echo "$*"
    exit 1
}

# expect LAST-LINE STATUS KIND:PATH...
expect()
{
    line=$1
    status=$2
    shift 2
    BUILD=b T='' TEST_TIMEOUT=1 sh "$driver" "$@" >out 2>&1
    got=$?
    [ "$(tail -n 1 out)" = "$line" ] || fail "$* ends in: $(tail -n 1 out)"
    [ "$got" -eq "$status" ] || fail "$* exits with $got, not $status"
}

script()
{
    printf '%s\n' "$2" >"tests/check/$1.sh"
}

program()
{
    printf '#!/bin/sh\n%s\n' "$2" >"b/tests/unit/$1"
    chmod +x "b/tests/unit/$1"
}

script good 'exit 0'
script bad 'echo why; exit 1'
script skipped 'echo no such program; exit 77'
script slow 'sleep 5'
script patient '# timeout: 5
sleep 2'
script killed 'kill -KILL $$'
program tap 'echo 1..3; echo ok 1 - a; echo not ok 2 - b; echo ok 3 - c; exit 1'
program cut 'echo 1..3; echo ok 1 - a; exit 0'
program crash 'echo 1..2; echo ok 1 - a; kill -SEGV $$'
program skips 'echo 1..2; echo ok 1 - a; echo "not ok 2 # SKIP b"'
program silent 'exit 0'

expect '1 passed, 0 failed' 0 script:tests/check/good.sh
expect '1 passed, 1 failed' 1 script:tests/check/good.sh script:tests/check/bad.sh
grep -q '^ok check/good ([0-9.]* s)$' out || fail 'no line for a passed test'
grep -q '^not ok check/bad' out || fail 'no line for a failed test'
grep -q '^    why$' out || fail 'a failed test does not show its output'
expect '1 passed, 0 failed' 0 script:tests/check/good.sh \
    script:tests/check/skipped.sh
grep -q '^skip check/skipped (no such program)$' out || fail 'no skip line'
expect '0 passed, 0 failed' 1 script:tests/check/skipped.sh
expect '0 passed, 0 failed' 1
expect '0 passed, 1 failed' 1 script:tests/check/slow.sh
grep -q 'timed out' out || fail 'a slow test is not said to be timed out'
expect '1 passed, 0 failed' 0 script:tests/check/patient.sh
expect '0 passed, 1 failed' 1 script:tests/check/killed.sh
expect '0 passed, 1 failed' 1 script:tests/check/absent.sh
expect '2 passed, 1 failed' 1 run:b/tests/unit/tap
expect '1 passed, 0 failed' 0 run:b/tests/unit/skips
expect '1 passed, 1 failed' 1 run:b/tests/unit/cut
expect '1 passed, 1 failed' 1 run:b/tests/unit/crash
expect '1 passed, 0 failed' 0 run:b/tests/unit/silent
expect '0 passed, 1 failed' 1 run:b/tests/unit/absent
