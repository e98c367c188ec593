#!/bin/sh
# SPDX-License-Identifier: MIT
# python3: an interpreter whose every object is a block, with its own
# allocator turned off: dictionaries, lists, strings, JSON there and back.

. "$(dirname "$0")/common"
need /usr/bin/python3

export PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
measure /usr/bin/python3 -I "$here/python3.py" "$(scaled 60000)"
