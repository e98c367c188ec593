#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Proves that layers.sh sees each offence, and names file, line and include.

set -eu

check=$PWD/tests/check/layers.sh
cd "$TEST_TMP"

fail()
{
    echo "$*"
    exit 1
}

# tree FILE INCLUDE: a tree with one clean file and this one.
tree()
{
    rm -rf src
    mkdir -p src/base "src/$(dirname "$1")"
    printf '#include <stddef.h>\n\n#include "base/base.h"\n' >src/base/bits.c
    printf '/* head */\n#include %s\n' "$2" >"src/$1"
}

refuses()
{
    tree "$1" "$2"
    if sh "$check" src >out 2>&1; then
        fail "$2 passes in src/$1"
    fi
    grep -qF "src/$1:2: " out || fail "src/$1:2 is not named: $(cat out)"
    grep -qF "#include $2" out || fail "$2 is not named: $(cat out)"
}

accepts()
{
    tree "$1" "$2"
    sh "$check" src >out 2>&1 || fail "$2 is refused in src/$1: $(cat out)"
}

refuses base/list.c '"os/vm.h"'
refuses os/vm.h '"sync/lock.h"'
refuses heap/slab/page.c '"heap/tlsf/block.h"'
refuses heap/tlsf/block.h '"heap/slab/page.h"'
refuses heap/engine.h '"heap/slab/page.h"'
refuses heap/slab/page.c '"front/route.h"'
refuses front/route.c '"diag/report.h"'
refuses map/map.c '<stdio.h>'
refuses front/init.c '<dlfcn.h>'
refuses front/init.c '"capheap.h"'
refuses front/init.c '<capheap/esp-idf/esp_heap_caps.h>'
refuses api/libc.c '"api/cxx.c"'
refuses base/list.c '"bits.h"'
refuses os/vm.c '"../sync/lock.h"'
refuses os/vm.c '<sync/lock.h>'
refuses os/vm.c '"util/list.h"'
refuses os/vm.c 'HEADER'

# A file outside of the floors is an offence by itself, at its first line.
tree util/list.c '<stddef.h>'
if sh "$check" src >out 2>&1; then
    fail 'a source outside of the floors passes'
fi

accepts os/vm.c '"base/bits.h"'
accepts os/vm.c '"os/vm.h"'
accepts os/vm.c '<sys/mman.h>'
accepts heap/slab/page.c '"heap/slab/page.h"'
accepts heap/slab/page.c '"heap/engine.h"'
accepts heap/tlsf/block.c '"region/slice.h"'
accepts front/route.c '"heap/slab/page.h"'
accepts diag/report.c '<stdio.h>'
accepts api/capheap.c '"capheap.h"'
accepts api/heap_caps.c '"capheap/esp-idf/esp_heap_caps.h"'
accepts api/libc.c '<dlfcn.h>'
