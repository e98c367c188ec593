# SPDX-License-Identifier: MIT
"""Indexes the words of Python's own library.

usage: words.py THREADS [peak]

An ordinary program: it knows nothing of capheap.  With "peak" it asks libc for
a report, malloc_stats(3), when its index is complete.
"""
import ctypes
import os
import re
import sys
import threading
import time

TRIES = 20
MIB = 1 << 20
TEXT_MAX = 6 * MIB
WORD = re.compile(r"[A-Za-z_]\w+")


def find_files():
    """Paths of at most TEXT_MAX bytes of source text."""
    total = 0
    for folder, folders, names in os.walk(os.path.dirname(os.__file__)):
        folders[:] = sorted(f for f in folders if f != "site-packages")
        for name in sorted(n for n in names if n.endswith(".py")):
            path = os.path.join(folder, name)
            total += os.path.getsize(path)
            if total > TEXT_MAX:
                return
            yield path


class Worker(threading.Thread):
    """Notes for each word where it stands; only counts without memory."""

    is_short = False    # of memory: of all workers

    def __init__(self, paths):
        super().__init__()
        self.paths = paths
        self.index = {}
        self.words = 0
        self.unread = 0

    def run(self):
        for path in self.paths:
            for _ in range(TRIES):
                if self.has_read(path):
                    break
                # The others are about to give up their indexes.
                time.sleep(0.01)
            else:
                self.unread += 1

    def has_read(self, path):
        """False when memory ran out; the indexes are then given up."""
        if Worker.is_short:
            self.index = None
        try:
            self.words += self.read(path)
        except MemoryError:
            Worker.is_short = True
            return False
        return True

    def read(self, path):
        with open(path, "rb", buffering=0) as f:
            text = f.read().decode("utf-8", "replace")
        if self.index is not None:
            for match in WORD.finditer(text):
                place = (path, match.start())
                self.index.setdefault(match.group(), []).append(place)
        return sum(1 for _ in WORD.finditer(text))


def main():
    paths = list(find_files())
    n_threads = int(sys.argv[1])
    workers = [Worker(paths[i::n_threads]) for i in range(n_threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("words.py: %d words in %d files, %d thread(s)"
          % (sum(w.words for w in workers), len(paths), n_threads))
    if Worker.is_short:
        print("words.py: MemoryError came up; went on without an index, "
              "%d files left out" % sum(w.unread for w in workers))
    if "peak" in sys.argv[2:]:
        sys.stdout.flush()
        ctypes.CDLL(None).malloc_stats()


main()
