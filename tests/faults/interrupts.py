"""Ctrl-C at any moment: a model goes on from a whole batch, free, and bit for bit.

    python tests/faults/interrupts.py                at every step of the interpreter
    python tests/faults/interrupts.py --every 97     at every 97th: a minute
    python tests/faults/interrupts.py --signals 500  by so many signals, at any moment

The first way raises KeyboardInterrupt before a step of the bytecode of fastmlp: at more
places than those at which Python serves a signal. It prints a table of what was tried,
and ends with an error if anything was found.
"""

import argparse
import contextlib
import functools
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import fastmlp
from fastmlp import callbacks, layers, models, utils

BATCHES = 6
ROWS = 8
_LIBRARY = os.path.dirname(fastmlp.__file__)
_TRACED = (_LIBRARY, contextlib.__file__)

X = np.random.default_rng(0).random((BATCHES * ROWS, 5), np.float32)
Y = np.arange(BATCHES * ROWS) % 3


class Watcher(callbacks.Callback):
    """Has `fit` come back to Python after every batch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Do nothing."""


def make_model() -> models.Sequential:
    """Return a model that can be trained, the same each time."""
    utils.set_random_seed(1)
    model = models.Sequential(
        [
            layers.Dense(4, "relu", input_shape=(5,), name="hidden"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(3, "softmax", name="out"),
        ],
        name="model",
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def batch(number: int) -> tuple[Any, Any]:
    """Return the rows of a batch of `fit`."""
    rows = slice(number * ROWS, (number + 1) * ROWS)
    return X[rows], Y[rows]


def states() -> list[list[Any]]:
    """Return the weights before the first batch of `fit`, and after each."""
    model = make_model()
    found = [model.get_weights()]
    for number in range(BATCHES):
        model.train_on_batch(*batch(number))
        found.append(model.get_weights())
    return found


def same(some: list[Any], others: list[Any]) -> bool:
    """Tell whether all arrays are the same, bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


STATES = states()


def check_trained(model: models.Sequential, folder: Path) -> None:
    """Require weights of a whole batch, and a training that goes on from there."""
    now = model.get_weights()
    done = next((i for i, state in enumerate(STATES) if same(now, state)), None)
    assert done is not None, "its weights are not those of a whole batch"
    counted = model.optimizer.iterations
    assert counted == done, f"after {done} batches it has counted {counted}"
    for number in range(done, BATCHES):
        model.train_on_batch(*batch(number))
    assert same(model.get_weights(), STATES[-1]), "it goes on to other weights"


def check_unchanged(model: models.Sequential, folder: Path) -> None:
    """Require a model as it was."""
    assert same(model.get_weights(), STATES[0]), "its weights have changed"
    check_trained(model, folder)


def check_whole(model: models.Sequential, folder: Path) -> None:
    """Require outputs that are those of its layers, and that it can be trained."""
    expected = X
    for layer in model.layers:
        expected = layer(expected)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-5)
    if model.output_shape == (None, 3):
        model.fit(X, Y, verbose=0)


def check_file(model: models.Sequential, folder: Path) -> None:
    """Require the file of before or after, and no other."""
    names = sorted(os.listdir(folder))
    assert names == ["model.npz"], f"there are {names}"
    models.load_model(folder / "model.npz")
    check_unchanged(model, folder)


def check_all_or_none(model: models.Sequential, folder: Path) -> None:
    """Require the weights of before or after."""
    now = model.get_weights()
    assert same(now, STATES[0]) or same(now, STATES[-1]), "some weights were set"
    model.set_weights(STATES[0])
    check_unchanged(model, folder)


def fit(model: models.Sequential, folder: Path) -> None:
    """Train, in as few chunks as may be."""
    model.fit(X, Y, batch_size=ROWS, shuffle=False, verbose=0)


def fit_and_watch(model: models.Sequential, folder: Path) -> None:
    """Train, batch by batch, with all that is printed and noted."""
    seen = [Watcher(), callbacks.CSVLogger(folder / "curves.csv")]
    model.fit(X, Y, batch_size=ROWS, shuffle=False, verbose=2, callbacks=seen)


def fit_on_batches(model: models.Sequential, folder: Path) -> None:
    """Train on what a generator gives."""
    model.fit((batch(number) for number in range(BATCHES)), verbose=0)


def train_on_batch(model: models.Sequential, folder: Path) -> None:
    """Take one step."""
    model.train_on_batch(*batch(0))


def evaluate(model: models.Sequential, folder: Path) -> None:
    """Evaluate."""
    model.evaluate(X, Y, batch_size=ROWS, verbose=0)


def predict(model: models.Sequential, folder: Path) -> None:
    """Predict, in several batches and at once."""
    model.predict(X, batch_size=ROWS, verbose=0)
    model.predict(X[:1], verbose=0)


def save(model: models.Sequential, folder: Path) -> None:
    """Save over a file that is there."""
    model.save(folder / "model.npz")


def load_weights(model: models.Sequential, folder: Path) -> None:
    """Take the weights of a file."""
    model.load_weights(folder / "trained.npz")


def set_weights(model: models.Sequential, folder: Path) -> None:
    """Set all weights."""
    model.set_weights(STATES[-1])


def add(model: models.Sequential, folder: Path) -> None:
    """Put a layer behind the others."""
    model.add(layers.Dense(2, name="more"))


def pop(model: models.Sequential, folder: Path) -> None:
    """Take the last layer off."""
    model.pop()


def compile_again(model: models.Sequential, folder: Path) -> None:
    """Say anew how it is trained."""
    model.compile(model.optimizer, "sparse_categorical_crossentropy")


def build(model: models.Sequential, folder: Path) -> None:
    """Build another model."""
    make_model()


CASES: list[tuple[Callable[..., None], Callable[..., None]]] = [
    (fit, check_trained),
    (fit_and_watch, check_trained),
    (fit_on_batches, check_trained),
    (train_on_batch, check_trained),
    (evaluate, check_unchanged),
    (predict, check_unchanged),
    (save, check_file),
    (load_weights, check_all_or_none),
    (set_weights, check_all_or_none),
    (add, check_whole),
    (pop, check_whole),
    (compile_again, check_trained),
    (build, check_unchanged),
]


class Interrupter:
    """Counts the steps of the bytecode of the library, and raises before one."""

    def __init__(self, step: int | None = None) -> None:
        self.step = step
        self.steps = 0

    def _call(self, frame: Any, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_TRACED):
            return None
        frame.f_trace_opcodes = True
        return self._opcode

    def _opcode(self, frame: Any, event: str, argument: Any) -> Any:
        if event == "opcode":
            self.steps += 1
            if self.steps == self.step:
                raise KeyboardInterrupt
        return self._opcode

    def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Call work(*arguments) up to that step, or to its end; return what it raised.

        Who keeps that keeps all frames that it went through, as a notebook does.
        """
        before = sys.gettrace()
        # Python 3.12 looks, as the tracing begins, whether any frame asks for steps.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self._call)
        try:
            work(*arguments)
        except KeyboardInterrupt as error:
            return error
        finally:
            sys.settrace(before)
        return None


@contextlib.contextmanager
def scene(work: Callable[..., None]) -> Iterator[tuple[models.Sequential, Path]]:
    """Give a model, and a folder with what a case needs; swallow what is printed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        model = make_model()
        if work is save:
            model.save(os.path.join(folder, "model.npz"))
        if work is load_weights:
            trained = make_model()
            trained.set_weights(STATES[-1])
            trained.save_weights(os.path.join(folder, "trained.npz"))
        yield model, Path(folder)


def tried_at_steps(every: int) -> Iterator[tuple[str, int, list[str]]]:
    """Interrupt each case at every so manieth step; give what was found."""
    for work, check in CASES:
        counter = Interrupter()
        with scene(work) as (model, folder):
            counter.run(work, model, folder)
        tried = [
            interrupted(work, check, Interrupter(step).run, f"step {step}")
            for step in range(1, counter.steps + 1, every)
        ]
        yield work.__name__, len(tried), [one for one in tried if one]


def tried_by_signals(count: int) -> Iterator[tuple[str, int, list[str]]]:
    """Interrupt each case by so many signals, at moments of chance."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    chance = random.Random(0)
    for work, check in CASES:
        seconds = min(time_of(work) for _ in range(3))
        came: list[float] = []  # Some signals come too late.
        tried = [
            interrupted(
                work,
                check,
                functools.partial(signalled, chance.uniform(1e-6, seconds), came),
                f"signal {number}",
            )
            for number in range(count)
        ]
        yield work.__name__, len(came), [one for one in tried if one]


def interrupted(
    work: Callable[..., None],
    check: Callable[..., None],
    interrupt: Callable[..., Any],
    where: str,
) -> str:
    """Interrupt a case; return what is wrong then, or nothing."""
    with scene(work) as (model, folder):
        error = interrupt(work, model, folder)
        if check is check_file:
            error = None  # What is half written goes with the frames that wrote it.
        try:
            check(model, folder)
        except Exception as wrong:
            return f"{where}: {type(wrong).__name__}: {wrong}"
        finally:
            del error
    return ""


def time_of(work: Callable[..., None]) -> float:
    """Return how long a case takes."""
    with scene(work) as (model, folder):
        started = time.perf_counter()
        work(model, folder)
        return time.perf_counter() - started


def signalled(
    after: float,
    came: list[float],
    work: Callable[..., Any],
    *arguments: Any,
) -> Any:
    """Call work(*arguments), and have a signal come then; return what it raised."""
    try:
        signal.setitimer(signal.ITIMER_REAL, after)
        work(*arguments)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt as error:
        came.append(after)
        return error
    return None


def main() -> int:
    """Try it, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--signals", type=int)
    chosen, failed = parser.parse_args(), 0
    if chosen.signals:
        results = tried_by_signals(chosen.signals)
    else:
        results = tried_at_steps(chosen.every)
    for name, tries, found in results:
        failed += len(found)
        print(f"{name:20} {tries:8} interrupted, {len(found)} wrong", flush=True)
        for line in found[:8]:
            print("   ", line)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
