# SPDX-License-Identifier: MIT
"""Builds, copies and drops ordinary Python data; prints a checksum."""

import json
import sys
import zlib


def build_records(count):
    return [
        {
            "id": i,
            "name": "user-%d" % i,
            "tags": ["t%d" % (i % k) for k in range(1, 6)],
            "score": i * 1.5,
            "nested": {"a": [i, i + 1], "b": str(i) * 3},
        }
        for i in range(count)
    ]


def round_trip(records):
    text = json.dumps(records)
    return json.loads(text), zlib.crc32(text.encode())


def churn(count):
    """Temporaries that die young beside a dictionary that grows."""
    words = {}
    for i in range(count * 8):
        key = "k" + str(i * 7919 % (count * 2))
        words.setdefault(key, []).append((i, float(i)))
        if i % 3 == 0:
            words.pop(key, None)
    return sum(len(v) for v in words.values())


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right


def tree(depth):
    return Node(tree(depth - 1), tree(depth - 1)) if depth else Node(0, 0)


def count_nodes(node):
    if not node.left:
        return 1
    return 1 + count_nodes(node.left) + count_nodes(node.right)


def main():
    count = int(sys.argv[1])
    records = build_records(count)
    copy, crc = round_trip(records)
    del records
    index = {r["name"]: r for r in copy}
    total = sum(count_nodes(tree(11)) for _ in range(1 + count // 2000))
    print(crc, len(index), churn(count), total)


main()
