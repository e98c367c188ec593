#!/bin/sh
# SPDX-License-Identifier: MIT
# lua: small tables, closures and strings under a garbage collector that asks
# realloc for everything.

. "$(dirname "$0")/common"
need lua5.4

measure lua5.4 "$here/lua.lua" "$(scaled 130000)"
