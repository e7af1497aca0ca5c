"""Saves that are killed, or meet a full disk: the old file stays, or a whole new one.

    python tests/fuzz/saves.py                    200 kills for each format
    python tests/fuzz/saves.py --kills 5000       a long run
    python tests/fuzz/saves.py --library keras    the same, for another library

A process that saves one of two models after the other is killed at any moment; then the
file must be one of the two. And a disk is full after so many bytes, for 100 numbers of
them; then the file must be the old one, and the error an OSError. `left` is what the
killed ones have left beside the file, `left later` what is still there when a save a
day later is done. For fastmlp, whatever is lost or left ends the run with an error.
"""

import argparse
import os
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from libraries import LIBRARIES, Arrays, Library, same

COLUMNS = (
    "kills", "old", "new", "lost", "left", "left later",
    "full disks", "OSError", "other error", "lost",
)  # fmt: skip
_DAY = 25 * 60 * 60


def what_is_there(library: Library, path: Path, wanted: list[Arrays]) -> int:
    """Return which of the models a file holds; -1 if it is none of them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = library.load(path)
    except Exception:
        return -1
    return next((i for i, one in enumerate(wanted) if same(found, one)), -1)


def beside(path: Path) -> list[Path]:
    return [one for one in path.parent.iterdir() if one != path]


def kill_one(library: Library, path: Path, models: list[Any], after: float) -> None:
    """Kill a process that saves one model after the other."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, b"!")
        while True:
            for model in reversed(models):
                library.save(model, path)
    os.read(reader, 1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)


def killed(library: Library, path: Path, count: int, rng: random.Random) -> list[int]:
    """Return how many kills there were, and what they left."""
    models, wanted = zip(*(library.make(seed) for seed in (0, 1)), strict=True)
    began = time.perf_counter()
    library.save(models[0], path)
    one_save = time.perf_counter() - began
    found = [0, 0, 0]
    for _ in range(count):
        kill_one(library, path, list(models), 3 * one_save * rng.random())
        there = what_is_there(library, path, list(wanted))
        found[there] += 1
        if there < 0:
            path.unlink(missing_ok=True)
            library.save(models[0], path)
    left = beside(path)
    for one in left:
        long_ago = one.stat().st_mtime - _DAY
        os.utime(one, (long_ago, long_ago))
    library.save(models[0], path)
    return [count, *found, len(left), len(beside(path))]


def on_full_disks(library: Library, path: Path) -> list[int]:
    """Return how many disks there were, and how saving to them failed."""
    (old, wanted), (new, _) = library.make(0), library.make(1)
    library.save(old, path)
    size, unlimited = path.stat().st_size, resource.RLIM_INFINITY
    as_documented, others, lost = 0, 0, 0
    limits = range(0, size, max(1, size // 100))
    for limit in limits:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited))
        try:
            library.save(new, path)
        except OSError:
            as_documented += 1
        except Exception:
            others += 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
        if what_is_there(library, path, [wanted]) or beside(path):
            lost += 1
            for one in path.parent.iterdir():
                one.unlink()
            library.save(old, path)
    return [len(limits), as_documented, others, lost]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", choices=LIBRARIES, default="fastmlp")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    # A write beyond the limit is to be an error, and not the end.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    library, rng = LIBRARIES[options.library](), random.Random(options.seed)
    print(f"{'':12}", *(f"{one:>11}" for one in COLUMNS))
    harm = 0
    for ending in library.endings:
        with tempfile.TemporaryDirectory() as folder:
            row = killed(library, Path(folder, f"m{ending}"), options.kills, rng)
        with tempfile.TemporaryDirectory() as folder:
            row += on_full_disks(library, Path(folder, f"m{ending}"))
        print(f"{ending:12}", *(f"{one:11,}" for one in row), flush=True)
        harm += row[3] + row[5] + row[8] + row[9]
    if options.library == "fastmlp" and harm:
        sys.exit(1)


if __name__ == "__main__":
    main()
