#!/bin/sh
# SPDX-License-Identifier: MIT
# info-xml.sh - malloc_info is well-formed XML with glibc's elements, and its
# sums agree with mallinfo2.
. tests/preload/_common.sh
need $python

cat >"$tmp/info.c" <<'C'
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(void)
{
    static void *p[5000];
    struct mallinfo2 info;
    FILE *f;

    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < 5000; i++) {
        p[i] = malloc((size_t)(i * 13 % 3000 + 1));
        memset(p[i], 1, 1);
    }
    p[0] = malloc((size_t)64 << 20);
    for (int i = 1; i < 5000; i += 2) {
        free(p[i]);
    }
    f = fopen("/dev/null", "w");
    malloc_info(0, f);
    info = mallinfo2();
    printf("<!-- %zu %zu %zu -->\n", info.arena, info.hblks, info.hblkhd);
    return malloc_info(0, stdout);
}
C
$CC -O1 -fno-builtin -o "$tmp/info" "$tmp/info.c"
under "$tmp/info" >"$tmp/xml"
$python - "$tmp/xml" <<'PY'
import re, sys
import xml.etree.ElementTree as ET

text = open(sys.argv[1]).read()
comment, text = text.split("\n", 1)
arena, hblks, hblkhd = map(int, re.findall(r"\d+", comment))
root = ET.fromstring(text)
assert root.tag == "malloc" and root.get("version") == "1", root.attrib
heaps = root.findall("heap")
assert heaps and [h.get("nr") for h in heaps] == \
    [str(i) for i in range(len(heaps))], heaps

def types(node, tag):
    return {e.get("type"): e for e in node.findall(tag)}

for node in heaps + [root]:
    total = types(node, "total")
    assert {"fast", "rest"} <= set(total), total
    for e in total.values():
        assert int(e.get("count")) >= 0 and int(e.get("size")) >= 0
    assert {"current", "max"} <= set(types(node, "system"))
    assert {"total", "mprotect"} <= set(types(node, "aspace"))
    system = types(node, "system")
    assert int(system["max"].get("size")) >= int(system["current"].get("size"))
for h in heaps:
    sizes = h.find("sizes")
    assert sizes is not None
    for s in sizes.findall("size"):
        low, high = int(s.get("from")), int(s.get("to"))
        assert low <= high and int(s.get("count")) > 0
        # glibc gives bytes and cannot have a count of more than these hold.
        assert int(s.get("total")) >= 0
mmap = types(root, "total")["mmap"]
assert int(mmap.get("count")) == hblks >= 1, (mmap.attrib, hblks)
assert int(mmap.get("size")) == hblkhd >= 64 << 20, (mmap.attrib, hblkhd)
current = int(types(root, "system")["current"].get("size"))
assert current >= arena * 9 // 10, (current, arena)
PY
