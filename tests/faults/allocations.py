"""Memory that runs out anywhere: MemoryError, no crash, no leak, and a whole model.

    python tests/faults/allocations.py              at every allocation, for an hour
    python tests/faults/allocations.py --every 97   at every 97th: a minute

The first of two runs of each case lets one allocation fail, be it Python's, NumPy's or
the kernels' own; the second all from one on, but for Python's small objects, without
which not even `finally` works. OpenMP's are spared: it ends the program. A table says
what was raised: where Python's own library passes over a lack of memory, it may be
something else, or nothing. What is wrong is a crash, a leak, or a model that is not
whole; the script ends with an error then. It needs gcc and glibc.
"""

import argparse
import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import interrupts
import numpy as np

from fastmlp import config, kernels, layers, models

HERE = Path(__file__).parent
_ALL = 2**62

# What leaks does so each time; what is kept for the next time is kept once.
_ROUNDS_BEFORE = 5
_ROUNDS_OF_A_LEAK = 10

# Work that threads share. They convert no data: a thread of Python's that finds no
# memory as it begins has who has started it wait for ever.
MANY_X = np.random.default_rng(0).random((2000, 256), np.float32)
MANY_Y = np.arange(2000) % 10
_W = np.ones((5, 3), np.float32)


def fit_by_threads(model: models.Sequential, folder: Path) -> None:
    """Train another model, which two threads share."""
    other = models.Sequential([layers.Dense(10, "softmax", input_shape=(256,))])
    other.compile("adam", "sparse_categorical_crossentropy")
    other.fit(MANY_X, MANY_Y, batch_size=1000, verbose=0)


def call_kernels(model: models.Sequential, folder: Path) -> None:
    """Call functions of fastmlp.kernels, of each kind one."""
    x = interrupts.X
    y = kernels.dense_forward(x, _W, [0.0, 1.0, 2.0])
    kernels.dense_backward(x, _W, y)
    kernels.softmax_crossentropy(y, np.eye(3)[interrupts.Y])
    kernels.r2_score(y, np.eye(3)[interrupts.Y], None)
    kernels.normalize(x, *kernels.moments(x))
    kernels.convert(x.astype(float), 1)
    kernels.compress(x, 1)
    kernels.penalty(_W, 1.0, 1.0)


def check_kernels(model: models.Sequential, folder: Path) -> None:
    """Require that they work."""
    call_kernels(model, folder)


CASES = [
    *interrupts.CASES,
    (fit_by_threads, interrupts.check_unchanged),
    (call_kernels, check_kernels),
]


class Memory:
    """What runs out: the functions of allocations.c."""

    def __init__(self) -> None:
        self._shim = ctypes.CDLL(os.environ["LD_PRELOAD"])
        for name in ("faults_seen", "faults_live"):
            getattr(self._shim, name).restype = ctypes.c_long
        self._arm = self._shim.faults_arm
        self._arm.argtypes = [ctypes.c_long, ctypes.c_long]
        with open("/proc/self/maps") as file:
            places = [line.split()[0] for line in file if "libgomp" in line]
        if places:
            start, stop = places[0].split("-")[0], places[-1].split("-")[1]
            spare = self._shim.faults_spare
            spare.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
            spare(int(start, 16), int(stop, 16))

    def count(self, work: Callable[..., None], *arguments: Any) -> int:
        """Return how many allocations a call makes."""
        self._arm(_ALL, _ALL)
        work(*arguments)
        return int(self._shim.faults_seen())

    def live(self) -> int:
        """Return how many large pieces of memory nobody has given back."""
        gc.collect()
        return int(self._shim.faults_live())

    def fail(
        self, first: int, last: int, work: Callable[..., None], *arguments: Any
    ) -> BaseException | None:
        """Call work(*arguments) while these allocations fail; return what it raised."""
        there_is_memory = os.getppid
        try:
            self._arm(first, last)
            work(*arguments)
        except BaseException as error:
            there_is_memory()
            return error
        there_is_memory()
        return None


def try_case(name: str, first: int, every: int, for_good: bool) -> None:
    """Let allocations of a case fail, one after the other; print what happens."""
    work, check = next(one for one in CASES if one[0].__name__ == name)
    memory = Memory()
    config.set_num_threads(2)
    kinds = list[str]()

    def fail(number: int) -> str:
        """Let it fail once; return what is wrong then."""

        def interrupt(*call: Any) -> BaseException | None:
            error = memory.fail(number, _ALL if for_good else number, *call)
            kinds.append("nothing" if error is None else type(error).__name__)
            return error

        return interrupts.interrupted(work, check, interrupt, f"allocation {number}")

    for _ in range(_ROUNDS_BEFORE):  # NumPy and Python keep some for the next time.
        fail(_ALL)
    with interrupts.scene(work) as (model, folder):
        count = memory.count(work, model, folder)
    live = memory.live()
    for number in range(first, count + 1, every):
        faulthandler.dump_traceback_later(20, exit=True)  # What hangs is a crash, too.
        say(at=number)
        found = fail(number)
        kind = kinds[-1]
        before, live = live, memory.live()
        if live > before:
            for _ in range(_ROUNDS_OF_A_LEAK):
                fail(number)
            before, live = live, memory.live()
            if live - before >= _ROUNDS_OF_A_LEAK:
                found = found or f"allocation {number}: {live - before} are left"
        say(found=found, raised=kind)


def say(**what: Any) -> None:
    """Tell the process that started this one."""
    print(json.dumps(what), file=sys.__stdout__, flush=True)


def run_case(
    shim: Path, name: str, every: int, for_good: bool
) -> tuple[dict[str, int], list[str]]:
    """Try a case in processes of its own, one after each crash."""
    first, counts, found = 1, dict[str, int](), list[str]()
    environment = {**os.environ, "LD_PRELOAD": str(shim)}
    environment["PYTHONMALLOC"] = "pymalloc" if for_good else "malloc"
    while True:
        arguments = ["--case", name, str(first), str(every), str(int(for_good))]
        with contextlib.ExitStack() as stack:
            errors = stack.enter_context(tempfile.TemporaryFile("w+"))
            result = subprocess.run(
                [sys.executable, "-W", "ignore", __file__, *arguments],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            errors.seek(0)
            last_words = errors.read().strip()[-600:]
        at = 0
        for line in map(json.loads, result.stdout.splitlines()):
            at = line.get("at", at)
            if "raised" in line:
                kind = line["raised"]
                counts[kind] = counts.get(kind, 0) + 1
            if line.get("found"):
                found.append(line["found"])
        if result.returncode == 0:
            return counts, found
        found.append(f"allocation {at}: ended with {result.returncode}: {last_words}")
        counts["crash"] = counts.get("crash", 0) + 1
        if at < first:
            return counts, found
        first = at + every


def main() -> int:
    """Try it, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--case", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.case:
        name, *numbers = chosen.case
        first, every, for_good = map(int, numbers)
        try_case(name, first, every, bool(for_good))
        return 0
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        shim = Path(folder) / "allocations.so"
        source = str(HERE / "allocations.c")
        compiler = ["gcc", "-O1", "-fno-builtin", "-shared", "-fPIC", "-o", str(shim)]
        subprocess.run([*compiler, source], check=True)
        for work, _ in CASES:
            for for_good in (False, True):
                name = work.__name__
                counts, found = run_case(shim, name, chosen.every, for_good)
                failed += len(found)
                ways = ", ".join(f"{kind} {n}" for kind, n in sorted(counts.items()))
                which = "all from one on" if for_good else "one"
                print(f"{name:16} {which:16} {ways}; {len(found)} wrong", flush=True)
                for line in found[:6]:
                    print("   ", line)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
