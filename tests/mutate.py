"""Do the tests see a small change? Change the sources at random, and count.

    python tests/mutate.py face 200        the Python of fastmlp/
    python tests/mutate.py kernels 100     the Cython of src/

A change is another operator or constant, a condition that is turned round, or a call
that is left out. Each is made in a copy of the tree, where first the tests run that
execute its line, or bear the name of its kernel, and then all fast ones, until one
fails. What no test sees is printed; REASONS says why some of it need not be seen.
The kernels are built as one variant, AVX2 (see .ci/one_variant). Needs `coverage`.
"""

import argparse
import bisect
import importlib.util
import io
import itertools
import keyword
import multiprocessing
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

# What tests import, and a child then has already.
for name in ("numpy", "h5py", "pandas"):
    if importlib.util.find_spec(name):
        importlib.import_module(name)

_FORK = multiprocessing.get_context("fork")
ROOT = Path(__file__).parent.parent
GROUPS = {"face": "fastmlp/**/*.py", "kernels": "src/*.pxi"}
# Strokes of a pen: there is no right or wrong in a single one.
SKIPPED = {"fastmlp/datasets/_digit_skeletons.py", "fastmlp/_version.py"}

OPERATORS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "**": "*",
    "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "&": "|", "and": "or", "or": "and",
    "True": "False", "False": "True", "is": "is not",
}  # fmt: skip
# Statements in which nothing is computed.
DECLARATIONS = ("import", "from", "include", "ctypedef", "@", "class", "for", "assert")

# Of the processor, which a busy machine does not make longer; the last by the clock,
# for what sleeps.
NEAR_SECONDS, ALL_SECONDS, MOST_SECONDS = 60, 900, 1800
MEMORY = (12 << 30, 12 << 30)

# What need not be seen: in which file, a part of the line, and the reason.
SPEED = "decides only how fast it is"
ROOM = "room that is not needed is never touched"
REASONS = [
    ("fastmlp/_model/samples.py", "_FEWEST_", SPEED),
    ("fastmlp/_model/samples.py", "_MOST_PAIRS", SPEED),
    ("fastmlp/_model/samples.py", "_LOOKED_AT", SPEED),
    ("fastmlp/_engine/tuner.py", "_TRIAL", SPEED),
    ("fastmlp/_engine/tuner.py", "_CHUNK", SPEED),
    ("fastmlp/_engine/tuner.py", "_MUCH_SLOWER", SPEED),
    ("fastmlp/_engine/tuner.py", "max(seconds, 1e-6)", SPEED),
    ("fastmlp/_model/summary.py", "if surplus > 0:", "nothing is to be done for 0"),
    ("fastmlp/_check/inputs.py", "_TINY_PIXELS[0] <=", "no pixel is at a bound"),
    ("fastmlp/_check/inputs.py", "> _ROUNDED_BY", "no sum is at the bound"),
    ("fastmlp/_check/inputs.py", "array[:256]", "some of the rows will do"),
    ("fastmlp/_saving/_groups.py", "strict=True", "they are as long as each other"),
    ("fastmlp/_saving/_npz.py", "self._zip.close()", "there is nothing to let go of"),
    ("fastmlp/_util/files.py", "file.flush()", "a power cut alone shows it"),
    ("fastmlp/_util/cores.py", "1 << 16", "it is more than any machine has"),
    ("fastmlp/_engine/runs.py", "_SPARE", SPEED),
    ("fastmlp/_engine/runs.py", "_SHORT_WORK", SPEED),
    ("fastmlp/_engine/runs.py", "_LONG_WORK", SPEED),
    ("fastmlp/_engine/runs.py", "_WORK_OF_BEGINNING", SPEED),
    ("fastmlp/_engine/runs.py", "_ROWS_OF_WEIGHTS", SPEED),
    ("fastmlp/kernels/_threads.py", "_WORK_OF_A_THREAD", SPEED),
    ("fastmlp/kernels/_data.py", "rows * room + 1", ROOM),
    ("fastmlp/plan/_arrays.py", "_ALIGNMENT", SPEED),
    ("fastmlp/plan/_plan.py", "_GRADIENT_STEP", SPEED),
    ("fastmlp/reference/activations.py", "np.clip(x, -14, 14)", "the same in float32"),
    ("fastmlp/reference/activations.py", "np.clip(x, -88, 88)", "the same in float32"),
    ("fastmlp/reference/network.py", "len(w), -1", "NumPy takes any negative size"),
    ("src/binding.pxi", "> MOST_OPERANDS", "no kernel takes so many arrays"),
    ("src/sparse.pxi", "sizeof(s.sums[0])", "one row is as wide as another"),
    ("src/pairs.pxi", "finite[0] = True", "a sanitizer alone sees what is not set"),
    ("src/product.pxi", "memset(panel, 0", "no column beside the strip is used"),
    ("src/product.pxi", "prefetch", SPEED),
    ("src/product.pxi", "far_apart", SPEED),
    ("src/product.pxi", "<= TILE_COLUMNS - NARROW_COLUMNS", SPEED),
    ("src/forward.pxi", "prefetch", SPEED),
    ("src/forward.pxi", "row + 8 < batch.stop", "a sanitizer alone sees what it reads"),
    ("src/pairs.pxi", "prefetch", SPEED),
    ("src/sparse.pxi", "prefetch", SPEED),
    ("src/sparse.pxi", "< to.rows:", "a sanitizer alone sees what it reads"),
    ("src/update.pxi", "batch.threads == 1", SPEED),
    ("src/update.pxi", "w.rows * w.columns, 16", SPEED),
    ("src/update.pxi", "rewrite", SPEED),
    ("src/update.pxi", "UPDATE_BLOCK", SPEED),
]


class Mutant(NamedTuple):
    """One change: `old` at `begin` of a file becomes `new`."""

    path: str
    line: int
    begin: int
    old: str
    new: str
    shown: str  # the line as it is

    def applied(self, text: str) -> str:
        """Return the text of the file with the change."""
        return text[: self.begin] + self.new + text[self.begin + len(self.old) :]

    def __str__(self) -> str:
        """Return where it is, and what it does."""
        return f"{self.path}:{self.line}: {self.shown!r}: {self.old} -> {self.new}"

    def reason(self) -> str | None:
        """Return why no test needs to see it, if there is a reason."""
        for path, part, reason in REASONS:
            if path == self.path and part in self.shown:
                return reason
        return None


# ---------------------------------------------------------------------------
# What could be changed
# ---------------------------------------------------------------------------


def mutants_of(path: str, text: str) -> Iterator[Mutant]:
    """Give all changes of one file. Cython's tokens are those of Python."""
    starts = [0, *itertools.accumulate(map(len, text.splitlines(keepends=True)))]
    statement: list[tokenize.TokenInfo] = []
    layout = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE and statement:
            first, last = statement[0], statement[-1]
            begin = starts[first.start[0] - 1] + first.start[1]
            end = starts[last.end[0] - 1] + last.end[1]
            written = text[begin:end]
            for place, old, new in _changes(written, statement, begin, starts):
                line = bisect.bisect(starts, place)
                shown = text[starts[line - 1] : starts[line] - 1].strip()
                yield Mutant(path, line, place, old, new, shown)
            statement = []
        elif token.type not in (*layout, tokenize.NEWLINE):
            statement.append(token)


def _changes(
    written: str, statement: list[tokenize.TokenInfo], begin: int, starts: list[int]
) -> Iterator[tuple[int, str, str]]:
    """Give for each change of a statement its place, what is there, and what comes."""
    word = statement[0].string
    if word in DECLARATIONS or statement[0].type == tokenize.STRING:
        return
    if word == "cdef" and written.endswith(":") and "(" in written:
        return
    if word in ("if", "elif", "while"):
        condition = written[len(word) :].rsplit(":", 1)[0].strip()
        place = written.index(condition, len(word))
        yield begin + place, condition, f"not ({condition})"
    is_call = re.fullmatch(r"[\w.]+\(.*\)", written, re.DOTALL)
    if is_call and not keyword.iskeyword(word):
        yield begin, written, "pass"
    for token in statement:
        place = starts[token.start[0] - 1] + token.start[1]
        new = _other(token)
        if new is not None:
            yield place, token.string, new


def _other(token: tokenize.TokenInfo) -> str | None:
    """Return what else could be there instead of an operator or a constant."""
    if token.type == tokenize.NUMBER:
        number = token.string
        if re.fullmatch(r"\d+", number):
            return str(int(number) + 1)
        if not re.fullmatch(r"[\d.]+(e-?\d+)?", number):
            return None
        return f"(2 * {number})" if float(number) else "1.0"
    around = token.line[token.start[1] - 1 : token.end[1] + 1]
    if token.string in ("True", "False"):
        return OPERATORS[token.string]
    # A sign, a cast and a pointer have no space on both sides. `|` joins types.
    if around.startswith(" ") and around[-1:].isspace():
        return OPERATORS.get(token.string)
    return None


def draw(folder: Path, group: str, seed: int) -> Iterator[Mutant]:
    """Give all changes in the order of chance."""
    found = []
    for file in sorted(folder.glob(GROUPS[group])):
        path = file.relative_to(folder).as_posix()
        if path not in SKIPPED:
            found += list(mutants_of(path, file.read_text()))
    random.Random(seed).shuffle(found)
    return iter(found)


# ---------------------------------------------------------------------------
# Who sees it
# ---------------------------------------------------------------------------

# What pytest is asked to run, one thing after the other, until a test fails.
Stages = list[list[str]]


class Tree:
    """A copy of the tree, to make changes in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.splitlines()  # fmt: skip
        for name in listed:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)

    def write(self, path: str, text: str) -> None:
        """Write a file, and see to it that Python compiles it anew."""
        file = self.folder / path
        file.write_text(text)
        for cached in file.parent.glob(f"__pycache__/{file.stem}.*"):
            cached.unlink()

    def run(self, *command: str | Path) -> int:
        """Run Python in it, and return what it exits with."""
        return subprocess.run(
            [sys.executable, *command], cwd=self.folder, capture_output=True
        ).returncode

    def passes(self, tests: list[str]) -> bool:
        """Return whether tests pass; those that crash or hang do not.

        They run in a child that is forked, which has NumPy and pytest from its birth.
        """
        child = _FORK.Process(target=_run_pytest, args=(self.folder, tests))
        child.start()
        child.join(MOST_SECONDS)
        if child.is_alive():
            child.kill()
            child.join()
        return child.exitcode in (0, 5)  # 5: there are no such tests.


def _run_pytest(folder: Path, tests: list[str]) -> None:
    """Run tests until one fails, in silence; the process ends with pytest's code."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    seconds = NEAR_SECONDS if tests else ALL_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, MEMORY)
    options = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not slow"]
    os._exit(pytest.main([*options, *tests]))


class Face:
    """Changes of Python: the tests that execute a line are known from a run of all."""

    def __init__(self, tree: Tree) -> None:
        from coverage import CoverageData

        self.tree = tree
        for library in ROOT.glob("fastmlp/*.so"):
            shutil.copy2(library, tree.folder / "fastmlp")
        kept = ROOT / "build" / "contexts.sqlite"
        # Tests with other names by now would not be found, nor lines that have moved.
        sources = [*ROOT.glob("fastmlp/**/*.py"), *ROOT.glob("tests/**/*.py")]
        newest = max(file.stat().st_mtime for file in sources)
        if not kept.exists() or kept.stat().st_mtime < newest:
            self._record(kept)
        data = CoverageData(str(kept))
        data.read()
        self.lines = {
            name[name.rindex("/fastmlp/") + 1 :]: data.contexts_by_lineno(name)
            for name in data.measured_files()
        }
        self.sizes = Counter(
            test
            for lines in self.lines.values()
            for tests in lines.values()
            for test in tests
        )
        self.files = {
            file.stem: file.relative_to(tree.folder)
            for file in tree.folder.glob("tests/**/test_*.py")
        }

    def _record(self, kept: Path) -> None:
        """Run all tests, and write down which of them executed which line."""
        settings = self.tree.folder / "contexts.ini"
        settings.write_text(
            f"[run]\ndata_file = {kept}\nsource = fastmlp\n"
            "dynamic_context = test_function\n"
        )
        kept.parent.mkdir(exist_ok=True)
        self.tree.run(
            "-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest", "-q",
            "-p", "no:cacheprovider", "-m", "not slow", "tests",
        )  # fmt: skip

    def prepare(self, path: str) -> bool:
        """Tell whether Python can read the file."""
        try:
            compile((self.tree.folder / path).read_text(), path, "exec")
        except SyntaxError:
            return False
        return True

    def stages(self, mutant: Mutant) -> Stages:
        """Return first the tests that execute the line, and least besides."""
        lines = self.lines.get(mutant.path, {})
        tests: set[str] = set()
        # No test executes the head of a function, nor each line of a long statement.
        for reach in (0, 3, 10, 30, 100):
            near = range(mutant.line - reach // 3, mutant.line + reach + 1)
            tests = tests or {one for k in near for one in lines.get(k, ()) if one}
        chosen = []
        for test in sorted(tests, key=lambda one: (self.sizes[one], one)):
            parts = test.split(".")
            file = next((self.files[part] for part in parts if part in self.files), "")
            chosen += [f"{file}::{parts[-1]}"] if file else []
        return [part for part in (chosen[:40], chosen[40:400]) if part] + [[]]


class Kernels:
    """Changes of Cython, which have to be compiled; tests bear the names of kernels."""

    FILES = ("kernels", "network", "plan", "threads", "layers", "optimizers", "losses")

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        if not self.prepare(""):
            raise SystemExit("The kernels do not compile without any change.")

    def prepare(self, path: str) -> bool:
        """Compile the kernels, and tell whether that was possible."""
        out = self.tree.folder / "build" / "mutant"
        code = self.tree.run(
            ".ci/one_variant", out, "gcc", "-O1", "-march=x86-64-v3", "-w"
        )
        for library in out.glob("fastmlp/*.so"):
            shutil.copy2(library, self.tree.folder / "fastmlp")
        return code == 0

    def stages(self, mutant: Mutant) -> Stages:
        """Return first the tests of the kernel that the change is in."""
        files = [f"tests/test_{name}.py" for name in self.FILES]
        above = (self.tree.folder / mutant.path).read_text()[: mutant.begin]
        names = re.findall(r"^(?:cdef|def)\b.*?(\w+)\(", above, re.MULTILINE)
        named = [["-k", names[-1].removesuffix("_backward"), *files]] if names else []
        return [*named, files, []]


def judge(tree: Tree, group: Face | Kernels, mutant: Mutant, whole: bool) -> str:
    """Return which tests see a change: "the nearest", "others", or "none"."""
    text = (tree.folder / mutant.path).read_text()
    tree.write(mutant.path, mutant.applied(text))
    try:
        if not group.prepare(mutant.path):
            return "does not compile"
        for number, tests in enumerate(group.stages(mutant)):
            if (tests or whole) and not tree.passes(tests):
                return "others" if number else "the nearest"
        return "none"
    finally:
        tree.write(mutant.path, text)


def main() -> None:
    """Judge as many changes as there is time for, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument(
        "--near", action="store_true", help="run the nearest tests only"
    )
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    seen: Counter[str] = Counter()
    alive = []
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder))
        group = Face(tree) if options.group == "face" else Kernels(tree)
        if not tree.passes(["tests/test_utils.py"]):
            raise SystemExit("Tests fail without any change.")
        drawn = draw(tree.folder, options.group, options.seed)
        while sum(seen.values()) < options.count and time.monotonic() < end:
            mutant = next(drawn)
            verdict = judge(tree, group, mutant, not options.near)
            print(f"{verdict:12} {mutant}", flush=True)
            if verdict != "does not compile":
                seen[verdict] += 1
            if verdict == "none":
                alive.append(mutant)
    print(f"\n{sum(seen.values())} changes of seed {options.seed}; seen by")
    for verdict, count in seen.items():
        print(f"  {verdict:12} {count:5}")
    for mutant in alive:
        print(f"{mutant}\n    {mutant.reason() or 'A TEST IS MISSING'}")


if __name__ == "__main__":
    main()
