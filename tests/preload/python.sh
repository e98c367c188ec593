#!/bin/sh
# SPDX-License-Identifier: MIT
# python.sh - dictionaries, strings, recursion, threads and subprocesses.
. tests/preload/_common.sh
need $python

cat >"$tmp/job.py" <<'PY'
import gc, hashlib, json, random, re, subprocess, sys, threading, zlib

random.seed(7)
sys.setrecursionlimit(20000)
total = hashlib.sha256()

def note(what):
    total.update(repr(what).encode())

# Tens of MiB live, in objects of many sizes.
table = {i: "x" * random.randrange(1, 400) for i in range(120000)}
for i in random.sample(range(120000), 60000):
    table[i] = bytes(random.randrange(0, 3000))
note(sum(len(v) for v in table.values()))

def depth(n):
    return [n, depth(n - 1)] if n else []

def measure(t):
    n = 0
    while t:
        n, t = n + 1, t[1]
    return n

note(measure(depth(5000)))
note(sorted(re.findall(r"\w+ing", "running and singing, " * 3000))[:5])

text = json.dumps([{"k%d" % i: list(range(i % 50))} for i in range(20000)])
note(len(text))
note(json.loads(text)[777])
big = bytearray()
for i in range(30000):
    big += b"%d," % i
note(zlib.crc32(zlib.compress(bytes(big) * 20)))

results = [None] * 8

def work(k):
    rng = random.Random(k)
    d = {}
    for i in range(40000):
        d[rng.randrange(5000)] = str(i) * rng.randrange(1, 20)
    results[k] = sum(map(len, d.values()))

for _ in range(3):
    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    note(results)

for i in range(5):
    note(subprocess.run([sys.executable, "-c", "print(2 ** 20000 % 9973)"],
                        capture_output=True, check=True).stdout)
note(2 ** 300000 % 10 ** 40)
gc.collect()
print(total.hexdigest())
PY

both python env PYTHONHASHSEED=0 $python "$tmp/job.py"
both python_malloc env PYTHONHASHSEED=0 PYTHONMALLOC=malloc \
    $python "$tmp/job.py"
