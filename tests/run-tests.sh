#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs tests, one result line each, and ends with "N passed, N failed".
#
# usage: run-tests.sh KIND:PATH...          (make check calls it)
#
# KIND says how PATH is run:
#   run      a program linked with what it tests
#   preload  a program run under LD_PRELOAD=$CAPHEAP_SO
#   san      a program built with a sanitizer
#   defect   a program with one bug, run under LD_PRELOAD=$CAPHEAP_SO; what
#            must come of it stands in its source (below)
#   unbuilt  always fails: the build of test programs did
#   script   a script; sh, or bash when its first line says so
#
# A test passes with exit status 0, is skipped with 77, fails otherwise or
# after TEST_TIMEOUT seconds.  A script may ask for another limit with a line
# "# timeout: SECONDS".  A program that prints TAP ("1..N", "ok", "not ok") is
# counted by its sub-tests; a sub-test that the plan promised and that never
# reported, or a non-zero exit without a "not ok", counts as one failure.
#
# Where tests live, and what each finds in its environment:
#   tests/unit/<floor>/<file>_test.c   CMocka; linked with its floor and those
#                      below only; main() calls
#                      cmocka_set_message_output(CM_OUTPUT_TAP) or leaves it
#                      to CMOCKA_MESSAGE_OUTPUT, which is set to TAP here
#   tests/api/*_test.c   CMocka, linked with libcapheap.so
#   tests/api/*_test.cc  C++17, main() returns 0
#   tests/defect/X.c     with a sibling X.sh, run with DEFECT=the program; or
#                        with comments in the source, one line of expected
#                        stderr each, as a whole-line extended regex; stderr
#                        must hold these lines and no other:
#                          /* expect: signal=ABRT stderr=capheap: double .* */
#                          /* expect: stderr=a second line */
#                          /* expect: exit=3 env=NAME=VALUE */
#   tests/stress/*.c     plain program, runs STRESS_SECONDS; three times: under
#                        LD_PRELOAD, and with -DCH_STRESS_PREFIXED=1 linked
#                        with the library built with TSan and with ASan+UBSan
#   tests/fault/*.c      run under LD_PRELOAD=$CAPHEAP_SO, exit status 0 is
#                        good; or by the sibling X.sh, if there is one
#   tests/<any other folder>/*.sh   CAPHEAP_SO, CAPHEAP, CC, CXX,
#                        BUILD, TEST_BIN (where tests/preload/X.c and so on
#                        are built, as $TEST_BIN/preload/X), TEST_TMP (an
#                        empty folder of its own); started in the top folder;
#                        names that begin with _ are helpers and not run
# A line "/* link: FLAGS */" in a C test adds to its link.
#
# Parameters come by environment: BUILD, CAPHEAP_SO, CAPHEAP, TEST_JOBS,
# TEST_TIMEOUT, STRESS_SECONDS, T (only the tests whose name contains it).

set -u

: "${BUILD:=build/gcc}" "${TEST_TIMEOUT:=300}" "${TEST_JOBS:=1}" "${T:=}"
: "${STRESS_SECONDS:=10}" "${CAPHEAP_SO:=$PWD/libcapheap.so}"
export BUILD TEST_TIMEOUT STRESS_SECONDS CAPHEAP_SO
export LC_ALL=C CMOCKA_MESSAGE_OUTPUT=TAP
export TSAN_OPTIONS="${TSAN_OPTIONS:-exitcode=66 second_deadlock_stack=1}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1 halt_on_error=1}"

# --- one test ---------------------------------------------------------------

# build/gcc/tests/unit/base/bits_test -> unit/base/bits_test
# build/gcc-thread/tests/stress/race  -> stress/race-thread
test_name()
{
    if [ "$1" = unbuilt ]; then
        echo "build/$2"
        return
    fi
    case $2 in
    "$BUILD"-*/tests/*)
        flavour=${2#"$BUILD"-}
        echo "${2#*/tests/}-${flavour%%/tests/*}"
        ;;
    "$BUILD"/tests/*) echo "${2#"$BUILD"/tests/}" ;;
    tests/*.sh) name=${2#tests/} && echo "${name%.sh}" ;;
    *) echo "${2%.sh}" ;;
    esac
}

# Hundredths of a second since boot.
now()
{
    read -r up _ </proc/uptime
    echo "${up%.*}${up#*.}"
}

seconds()
{
    awk -v n="$1" 'BEGIN { printf "%.1f\n", n / 100 }'
}

# Runs "$@" with a limit.  The group is killed as a whole, so that what a test
# left running does not outlive its time.
limited()
{
    timeout -k 5 "$limit" "$@"
}

script_limit()
{
    said=$(sed -n 's/^# timeout: \([0-9][0-9]*\)$/\1/p' "$1" | head -n 1)
    echo "${said:-$TEST_TIMEOUT}"
}

run_script()
{
    limit=$(script_limit "$1")
    case $(head -n 1 "$1") in
    *bash*) limited bash "$1" ;;
    *) limited sh "$1" ;;
    esac
}

# run_preloaded STDERR PROGRAM [NAME=VALUE...].  The library must not see the
# driver's own variables, which might look like options to it.  STDERR is
# opened inside, so that timeout's own words do not get into it; "-" leaves it.
run_preloaded()
{
    errors=$1
    program=$2
    shift 2
    # shellcheck disable=SC2016 # expanded by the inner shell
    limited env -u CAPHEAP -u CAPHEAP_SO sh -c '
        [ "$0" = - ] || exec 2>"$0"
        exec env "$@"' "$errors" "$@" LD_PRELOAD="$CAPHEAP_SO" "$program"
}

# Older sanitizer runtimes do not find their shadow's place under a kernel
# that randomises addresses more than they know.
run_san()
{
    if setarch "$(uname -m)" -R true 2>/dev/null; then
        limited setarch "$(uname -m)" -R "$1"
    else
        limited "$1"
    fi
}

# All "/* expect: ... */" lines of a source, without the comment signs.
expectations()
{
    sed -n 's|^/\* expect: \(.*[^ ]\) *\*/$|\1|p' "$1"
}

# Reads expectations; prints the value of the first word KEY=... found before
# any stderr=.
expected_word()
{
    sed 's/ *stderr=.*//' | tr ' ' '\n' | sed -n "s/^$1=//p" | head -n 1
}

check_status()
{
    want_signal=$(expectations "$1" | expected_word signal)
    want=$(expectations "$1" | expected_word exit)
    if [ -n "$want_signal" ]; then
        want=$((128 + $(kill_number "$want_signal")))
    fi
    if [ "$2" -ne "${want:-0}" ]; then
        echo "exit status $2, expected ${want:-0}"
        return 1
    fi
}

# kill -l is the only portable way from a name to a number, the wrong way.
kill_number()
{
    n=1
    while [ "$n" -lt 32 ]; do
        if [ "$(kill -l "$n" 2>/dev/null)" = "$1" ]; then
            echo "$n"
            return
        fi
        n=$((n + 1))
    done
    echo "no such signal: $1" >&2
    echo 1000
}

# check_stderr SOURCE FILE: line by line, each regex must match all of it.
check_stderr()
{
    expectations "$1" | sed -n 's/^.*stderr=//p' >"$2.want"
    if [ "$(wc -l <"$2")" -ne "$(wc -l <"$2.want")" ]; then
        echo "stderr has $(wc -l <"$2") lines, expected $(wc -l <"$2.want")"
        return 1
    fi
    n=0
    while IFS= read -r regex; do
        n=$((n + 1))
        if ! sed -n "${n}p" "$2" | grep -Exq -e "$regex"; then
            echo "line $n of stderr does not match: $regex"
            return 1
        fi
    done <"$2.want"
}

run_defect()
{
    source=tests/${1#"$BUILD"/tests/}
    if [ -f "$source.sh" ]; then
        DEFECT=$PWD/$1 run_script "$source.sh"
        return
    fi
    source=$source.c
    if [ -z "$(expectations "$source")" ]; then
        echo "$source has no /* expect: ... */ and no sibling script"
        return 1
    fi
    env=$(expectations "$source" | sed 's/ *stderr=.*//' | tr ' ' '\n' |
        sed -n 's/^env=//p')
    # shellcheck disable=SC2086 # one word per variable
    run_preloaded "$TEST_TMP/stderr" "./$1" $env
    status=$?
    cat "$TEST_TMP/stderr"
    if [ "$status" -eq 124 ]; then
        return 124
    fi
    check_status "$source" "$status" && check_stderr "$source" "$TEST_TMP/stderr"
}

run_kind()
{
    limit=$TEST_TIMEOUT
    if [ "$1" = unbuilt ]; then
        echo "the programs of $2 did not all build; what ran may be stale"
        return 1
    fi
    if [ ! -e "$2" ]; then
        echo "$2: not built"
        return 1
    fi
    case $1 in
    run) limited "./$2" ;;
    preload) run_preloaded - "./$2" ;;
    san) run_san "./$2" ;;
    defect) run_defect "$2" ;;
    script) run_script "$2" ;;
    *) echo "unknown kind of test: $1" && return 1 ;;
    esac
}

# Prints "PASSED FAILED SKIPPED" from a test's exit status and its output.
tally()
{
    awk -v status="$1" '
        /^1\.\.[0-9]+/ { plan += substr($0, 4) + 0 }
        # CMocka says "not ok N # SKIP name".
        /^(not )?ok.*# *[Ss][Kk][Ii][Pp]/ { skip++; next }
        /^ok/ { pass++ }
        /^not ok/ { fail++ }
        END {
            if (status == 77 && !fail) { print 0, 0, skip + 1; exit }
            if (pass + fail + skip == 0) { pass = (status == 0) }
            if (status != 0 && !fail) fail = 1
            else if (plan > pass + fail + skip && !fail) fail = 1
            print pass + 0, fail + 0, skip + 0
        }' "$2"
}

skip_reason()
{
    reason=$(grep . "$1" | tail -n 1 | cut -c 1-200)
    echo "${reason:-no reason given}"
}

# Writes the whole result in one go: with TEST_JOBS > 1 others write too.
report()
{
    case $3 in
    *' 0 0') echo "ok $1 ($2 s)" ;;
    0' 0 '*) echo "skip $1 ($(skip_reason "$5"))" ;;
    *' 0 '*) echo "ok $1 ($2 s)" ;;
    *)
        echo "not ok $1 ($2 s)"
        sed 's/^/    /' "$5"
        case $4 in
        124 | 137) echo "    timed out after $2 s" ;;
        *) echo "    exit status $4" ;;
        esac
        ;;
    esac
}

# run-tests.sh --one RESULTS KIND:PATH
run_one()
{
    results=$1
    kind=${2%%:*}
    path=${2#*:}
    name=$(test_name "$kind" "$path")
    log=$results/$(echo "$name" | tr / .)
    TEST_TMP=$log.tmp
    export TEST_TMP
    mkdir -p "$TEST_TMP"
    start=$(now)
    # The braces catch the shell's own word on a killed child.
    { run_kind "$kind" "$path" >"$log.out" 2>&1 </dev/null; } 2>/dev/null
    status=$?
    took=$(seconds $(($(now) - start)))
    counts=$(tally "$status" "$log.out")
    echo "$counts" >"$log.counts"
    report "$name" "$took" "$counts" "$status" "$log.out" >"$log.report"
    cat "$log.report"
    rm -rf "$TEST_TMP"
}

# --- all of them ------------------------------------------------------------

wanted()
{
    for spec in "$@"; do
        case $(test_name "${spec%%:*}" "${spec#*:}") in
        *"$T"*) echo "$spec" ;;
        esac
    done
}

main()
{
    results=$(mktemp -d "${TMPDIR:-/tmp}/capheap-check.XXXXXX")
    trap 'rm -rf "$results"' EXIT
    trap 'exit 130' INT TERM
    # shellcheck disable=SC3045 # dash, ash and bash have -c
    ulimit -c 0 2>/dev/null || :
    wanted "$@" >"$results/list"
    if [ -s "$results/list" ]; then
        xargs -n 1 -P "$TEST_JOBS" sh "$0" --one "$results" <"$results/list"
    fi
    # A test whose runner itself died has no counts, and counts as failed.
    cat "$results"/*.counts 2>/dev/null |
        awk -v listed="$(wc -l <"$results/list")" '
            { pass += $1; fail += $2; skip += $3 }
            END {
                if (NR < listed) fail += listed - NR
                if (skip) printf "%d skipped\n", skip
                printf "%d passed, %d failed\n", pass, fail
                exit(fail > 0 || pass == 0)
            }'
}

case ${1-} in
--one) run_one "$2" "$3" ;;
*) main "$@" ;;
esac
