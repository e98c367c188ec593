#!/bin/sh
# SPDX-License-Identifier: MIT
# python-tests.sh - python's own tests, every object straight from malloc.
. tests/preload/_common.sh
need $python
$python -c 'import test.test_dict, test.libregrtest' 2>/dev/null ||
    skip "python's tests are not installed"

cd "$tmp"
status=0
under env PYTHONMALLOC=malloc $python -m test -j2 test_dict test_list \
    test_gc test_thread test_fork1 test_threading_local >log 2>&1 ||
    status=$?
[ "$status" = 0 ] || {
    tail -n 40 log
    fail "python's tests fail under the library: exit status $status"
}
