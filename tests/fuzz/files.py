"""Files from anywhere: loaded as they were saved, or refused by one documented error.

    python tests/fuzz/files.py                           ten seconds for each row
    python tests/fuzz/files.py --seconds 300             a long run
    python tests/fuzz/files.py --runs 200                a short one
    python tests/fuzz/files.py --only npz --atheris      guided by what code is reached
    python tests/fuzz/files.py --library keras           the same, for another library

Whole files are damaged or made to lie by chance (mutations.py), and loaded, each row by
a process of its own with 1 GiB to spare and 20 seconds for a file. A table says what
came of it: `other` is a file that is loaded as something that was not saved, without a
warning. What should not have happened is kept in build/fuzz, and ends the run with an
error; for other libraries than fastmlp it is only counted.
"""

import argparse
import importlib
import io
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from libraries import LIBRARIES, Library, same
from mutations import KINDS

FINDINGS = Path("build/fuzz")
COLUMNS = ("files", "refused", "alike", "warned", "other", "errors", "crashes")
_SPARE_BYTES = 1 << 30
_SECONDS_FOR_A_FILE = 20

Target = tuple[bytes, Callable[[bytes], str]]


# -- Targets: from bytes to what came of them ----------------------------------------


def target_of_a_file(library: Library, ending: str) -> Target:
    """Return a file that is sound, and what loads one and compares it."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name, f"m{ending}")
    model, wanted = library.make(0)
    library.save(model, path)

    def load(content: bytes, keep: Any = folder) -> str:
        path.write_bytes(content)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                found = library.load(path)
            except library.refusals:
                return "refused"
        if same(found, wanted):
            return "alike"
        return "warned" if warned else "other"

    return path.read_bytes(), load


def target_of_mnist() -> Target:
    from fastmlp.datasets import mnist

    mnist.SHAPES = {  # type: ignore[attr-defined]
        name: (shape[0] // 1000, *shape[1:]) for name, shape in mnist.SHAPES.items()
    }
    rng = np.random.default_rng(0)
    arrays = {name: rng.integers(0, 9, s, np.uint8) for name, s in mnist.SHAPES.items()}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)

    def load(content: bytes) -> str:
        try:
            (a, b), (c, d) = mnist._read(io.BytesIO(content), "mnist.npz", "")
        except ValueError:
            return "refused"
        return "alike" if same([a, b, c, d], list(arrays.values())) else "other"

    return file.getvalue(), load


def target_of_json() -> Target:
    from fastmlp import models

    model, _ = LIBRARIES["fastmlp"]().make(0)

    def load(content: bytes) -> str:
        text = content.decode("utf-8", "surrogateescape")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                models.model_from_json(text)
            except (ValueError, MemoryError):
                return "refused"
        return "alike"

    return model.to_json().encode(), load


def target(library: str, name: str) -> Target:
    if name == "mnist":
        return target_of_mnist()
    if name == "json":
        return target_of_json()
    return target_of_a_file(LIBRARIES[library](), f".{name}")


# -- A process for each row ------------------------------------------------------------


class Tally:
    """What came of a row's files so far, in a file that outlives its process."""

    def __init__(self, path: Path) -> None:
        path.touch()
        os.truncate(path, 8 * (len(COLUMNS) + 2))
        self._numbers = np.memmap(path, np.int64, "r+")
        self.last = path.with_suffix(".last")

    def add(self, column: str) -> None:
        self._numbers[COLUMNS.index(column)] += 1

    def note(self, microseconds: int, kilobytes: int) -> None:
        worst = self._numbers[len(COLUMNS) :]
        worst[:] = np.maximum(worst, [microseconds, kilobytes])

    def row(self) -> list[int]:
        return self._numbers.tolist()


def work(arguments: argparse.Namespace) -> None:
    """Load one changed file after the other."""
    name, kind = arguments.only, arguments.kind
    tally = Tally(Path(arguments.tally))
    if arguments.atheris:
        import atheris

        with atheris.instrument_imports(include=["fastmlp", "zipfile"]):
            importlib.import_module("fastmlp._saving._archive")
            importlib.import_module("fastmlp._saving._npz")
    content, load = target(arguments.library, name)
    assert load(content) == "alike"
    _limit_memory()
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen = set[str]()

    def attempt(changed: bytes) -> None:
        tally.last.write_bytes(changed)
        began = time.perf_counter()
        signal.alarm(_SECONDS_FOR_A_FILE)
        try:
            outcome = load(changed)
        except Exception as error:
            outcome = "errors"
            where = traceback.format_tb(error.__traceback__)[-1]
            if f"{type(error)}{where}" not in seen:
                seen.add(f"{type(error)}{where}")
                _keep(tally.last, f"{name}-{kind}", traceback.format_exc())
        signal.alarm(0)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start
        tally.note(int(1e6 * (time.perf_counter() - began)), peak)
        tally.add("files")
        tally.add(outcome)
        if outcome == "other" and kind != "hostile" and "other" not in seen:
            seen.add("other")
            _keep(tally.last, f"{name}-{kind}-other", "")

    change = KINDS[kind]
    if arguments.atheris:

        def mutate(data: bytes, size: int, seed: int) -> bytes:
            rng = random.Random(seed)
            if rng.random() < 0.5:
                return bytes(atheris.Mutate(data, size))
            return change(data or content, rng)[:size]

        corpus = tempfile.mkdtemp()
        Path(corpus, "sound").write_bytes(content)
        options = [f"-max_total_time={arguments.seconds}", "-max_len=65536", corpus]
        atheris.Setup([sys.argv[0], *options], attempt, custom_mutator=mutate)
        atheris.Fuzz()
    rng = random.Random(arguments.seed)
    end = time.monotonic() + arguments.seconds
    runs = 0
    while runs < arguments.runs if arguments.runs else time.monotonic() < end:
        attempt(change(content, rng))
        runs += 1


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + _SPARE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def _keep(content: Path, name: str, report: str) -> None:
    FINDINGS.mkdir(parents=True, exist_ok=True)
    number = len(list(FINDINGS.glob(f"{name}-*.bin")))
    kept = FINDINGS / f"{name}-{number}.bin"
    kept.write_bytes(content.read_bytes())
    print(f"{kept}\n{report}", file=sys.stderr, flush=True)


def run(library: str, name: str, kind: str, options: argparse.Namespace) -> list[int]:
    """Return what came of a row; begin again where the process was ended by a file."""
    with tempfile.TemporaryDirectory() as folder:
        tally = Tally(Path(folder, "tally"))
        end = time.monotonic() + options.seconds
        for seed in range(20):
            left = max(1, int(end - time.monotonic()))
            given = [f"--library={library}", f"--only={name}", f"--kind={kind}"]
            given += [f"--runs={options.runs}", f"--seed={options.seed + seed}"]
            given += [f"--seconds={left}", f"--tally={folder}/tally"]
            given += ["--atheris"] * options.atheris
            process = subprocess.run(
                [sys.executable, __file__, *given],
                capture_output=options.atheris,
                text=True,
            )
            if process.returncode == 0:
                break
            if not tally.last.exists():
                sys.exit(f"{library} {name} {kind} could not begin: {process.stderr}")
            tally.add("crashes")
            _keep(tally.last, f"{name}-{kind}-crash", str(process.returncode))
            if time.monotonic() > end:
                break
        return tally.row()


# -- The table -------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", choices=LIBRARIES, default="fastmlp")
    parser.add_argument(
        "--only", help="npz, keras, h5, weights.h5, joblib, mnist or json"
    )
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=0, help="files instead of seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true")
    parser.add_argument("--tally", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.tally:
        work(options)
        return
    names = [one[1:] for one in LIBRARIES[options.library]().endings]
    if options.library == "fastmlp":
        names += ["mnist", "json"]
    rows = []
    print(f"{'':24}", *(f"{one:>8}" for one in (*COLUMNS, "slowest", "memory")))
    for name in [options.only] if options.only else names:
        for kind in [options.kind] if options.kind else KINDS:
            *counts, slowest, memory = run(options.library, name, kind, options)
            rows.append(counts)
            print(
                f"{name:12} {kind:11}",
                *(f"{one:8,}" for one in counts),
                f"{slowest / 1e6:6.2f} s {memory / 1024:5,.0f} MB",
                flush=True,
            )
    total = np.sum(rows, axis=0).tolist()
    print(f"{'total':24}", *(f"{one:8,}" for one in total))
    errors, crashes = total[-2:]
    if options.library == "fastmlp" and errors + crashes:
        sys.exit(1)


if __name__ == "__main__":
    main()
