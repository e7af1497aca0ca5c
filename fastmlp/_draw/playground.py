"""The playground: a network that learns before one's eyes, some batches a request.

It needs no thread of its own: the page asks for the next batches as soon as it has
painted the last ones, and each request trains for a few hundredths of a second.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fastmlp._check.numbers import whole_number_between
from fastmlp._draw import data
from fastmlp._draw.pictures import Images, Plane
from fastmlp._draw.server import Routes, part_of
from fastmlp._draw.settings import (
    ACTIVATIONS,
    DEFAULTS,
    DIGITS,
    MOST_LAYERS,
    MOST_UNITS,
    OPTIMIZERS,
    Settings,
    settings_of,
)
from fastmlp._engine.runs import Run
from fastmlp._model.samples import to_samples
from fastmlp._util.random import drawing_from
from fastmlp.plan import EVALUATE, TRAIN, Float32

MOST_SECONDS = 0.05  # of training in a request
_MOST_SESSIONS = 4
_MOST_BATCHES = 10**9
_EPOCHS = 20  # of the code, before anything is trained
# Between two looks at the clock, and multiplications of an evaluation.
_CHUNK_SECONDS = 0.004
_MOST_WORK = 3 * 10**8


class Session:
    """A training: `fit`, which stops after any batch and shows what it has learnt.

    Batches, their order, dropout and weights are those of `fit`, to the last bit.

    Args:
        settings: What it is to be.
        mnist: Where MNIST is; None looks into the caches.
        axes: The two columns that are seen.

    Attributes:
        model: What learns.
        batches: How many it has learnt from.

    Raises:
        OSError: There is no MNIST.
        ValueError: There is too little to learn from.
    """

    def __init__(
        self,
        settings: Settings,
        mnist: Path | None = None,
        axes: tuple[int, int] = (0, 1),
    ) -> None:
        self.settings = settings
        self.data = settings.load(mnist)
        inputs = self.data.x_train.shape[1]
        if max(axes) >= inputs or axes[0] == axes[1]:
            raise ValueError(f"The picture needs two different columns of {inputs}.")
        self._chance = np.random.default_rng(settings.seed)
        with drawing_from(self._chance):
            self.model = settings.network(inputs, len(self.data.classes)).made()
        self.model.compile(
            settings.rule().made(),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        found = self.data
        self._run = self._work(found.x_train, found.y_train, settings.batch_size, TRAIN)
        self.per_epoch = self._run.batches or 1
        self._tests = [
            self._some(x, y)
            for x, y in [(found.x_train, found.y_train), (found.x_val, found.y_val)]
            if len(x)
        ]
        self._scene: Images | Plane
        self._scene = Images(found) if found.is_images else Plane(found, axes)
        self.batches = 0
        self._seconds = 0.0
        self._chunk = 1

    def _work(self, x: Float32, y: Any, batch_size: int, mode: int) -> Run:
        network = self.model._network
        given = to_samples(
            network.graph, x, y, None, None, training=network.require_training(),
            batch_size=batch_size, steps=None, once=False,
        )  # fmt: skip
        pool = network.pool_to_learn(*given.shapes)
        return Run(pool, given.samples, given.batch_size, mode)

    def _some(self, x: Float32, y: Any) -> Run:
        """Return the evaluation of as many rows as take a few milliseconds."""
        rows = max(1000, _MOST_WORK // self._run.pool.work)
        return self._work(x[:rows], y[:rows], 512, EVALUATE)

    def step(self, batches: int, seconds: float = math.inf) -> int:
        """Learn from some batches, or as many as there is time for.

        Returns:
            How many they were: at least one.
        """
        first, start = self.batches, time.perf_counter()
        last, end = first + batches, start + seconds
        now = start
        self._run.reset()
        with drawing_from(self._chance):
            while self.batches == first or (self.batches < last and now < end):
                done = self._train(last - self.batches)
                before, now = now, time.perf_counter()
                self._chunk = max(1, int(done * _CHUNK_SECONDS / (now - before)))
        self._seconds += now - start
        return self.batches - first

    def _train(self, most: int) -> int:
        """Learn from a few batches, all of this epoch; return how many they were."""
        left = self.per_epoch - self.batches % self.per_epoch
        done = self._run.batches = min(self._chunk, left, most)
        self._run.work(shuffle=True)
        self.batches += done
        return done

    def state(self) -> dict[str, Any]:
        """Return how far it is, how good, and what it looks like."""
        results = []
        for test in self._tests:
            test.rewind()
            test.reset()
            test.work()
            results.append(_as_json(test.loss_and_metrics()))
        return {
            "batches": self.batches,
            "epoch": self.batches / self.per_epoch,
            "seconds": self._seconds,
            "train": results[0],
            "val": results[1] if self.data.validates else None,
            "picture": self._scene.picture(self.model),
        }

    def about(self) -> dict[str, Any]:
        """Return what does not change: of what it learns, and its layers."""
        return {
            "per_epoch": self.per_epoch,
            "rows": [len(self.data.x_train), len(self.data.x_val)],
            "classes": self.data.classes,
            "parameters": self.model.count_params(),
            "units": [*self.settings.hidden, len(self.data.classes)],
            "scene": self._scene.about(),
        }

    def code(self) -> str:
        """Return the training so far, to the end of its epoch, as a script."""
        epochs = math.ceil(self.batches / self.per_epoch)
        return self.settings.code(self.data, epochs or _EPOCHS)


def _as_json(results: dict[str, float]) -> dict[str, float | None]:
    """Return numbers, and None for what is none."""
    return {
        name: float(value) if math.isfinite(value) else None
        for name, value in results.items()
    }


class Playground:
    """What the page may ask of the playground: a function for each path.

    Each tab of a browser has a training of its own, by its id; of more than four, that
    which rests longest is given up. One request is answered at a time.

    Args:
        mnist: Where MNIST is; None looks into the caches.

    Example:
        >>> playground = Playground()
        >>> settings = playground.options(None)["defaults"]
        >>> answer = playground.begin({"settings": settings})
        >>> playground.step({"id": answer["id"], "batches": 3})["batches"]
        3
    """

    def __init__(self, mnist: Path | None = None) -> None:
        self._mnist = mnist
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def routes(self) -> Routes:
        """Return the function for each path."""
        return {
            "/playground/options": self.options,
            "/playground/begin": self.begin,
            "/playground/step": self.step,
            "/playground/code": self.code,
        }

    def options(self, asked: Any) -> dict[str, Any]:
        """Return what can be chosen, and what is chosen to begin with."""
        has_mnist = self._mnist is not None or data.mnist_at_hand() is not None
        return {
            "data": [one for one in data.KINDS if one != "mnist" or has_mnist],
            "activations": ACTIVATIONS,
            "optimizers": list(OPTIMIZERS),
            "most_layers": MOST_LAYERS,
            "most_units": MOST_UNITS,
            "extent": data.EXTENT,
            "defaults": DEFAULTS,
            "digits": DIGITS,
        }

    def begin(self, asked: Any) -> dict[str, Any]:
        """Begin a training: `settings`, and the two columns that are seen as `axes`.

        A tab that begins anew gives up its old one, which it names as `instead_of`.

        Raises:
            ValueError: A setting makes no sense; the sentence says which.
        """
        with self._lock, _sentences():
            settings = settings_of(part_of(asked, "settings"))
            session = Session(settings, self._mnist, _axes(asked.get("axes", [0, 1])))
            self._sessions.pop(str(asked.get("instead_of")), None)
            while len(self._sessions) >= _MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            name = secrets.token_hex(8)
            self._sessions[name] = session
            return {"id": name, **session.about(), **session.state()}

    def step(self, asked: Any) -> dict[str, Any]:
        """Train on some `batches`, or as many as there is time for in a request.

        Raises:
            ValueError: The training was given up, or that is no number of batches.
        """
        with self._lock, _sentences():
            session = self._session(asked)
            batches = part_of(asked, "batches")
            session.step(
                whole_number_between("batches", batches, 1, _MOST_BATCHES),
                MOST_SECONDS,
            )
            return session.state()

    def code(self, asked: Any) -> dict[str, Any]:
        """Return the training so far as code.

        Raises:
            ValueError: The training was given up.
        """
        with self._lock:
            return {"code": self._session(asked).code()}

    def _session(self, asked: Any) -> Session:
        """Return the training of a tab, which becomes the last to be given up."""
        name = str(part_of(asked, "id"))
        if name not in self._sessions:
            raise ValueError(
                "This training was given up, since others were begun in other tabs. "
                "Press Reset to begin anew."
            )
        session = self._sessions[name] = self._sessions.pop(name)
        return session


def _axes(given: Any) -> tuple[int, int]:
    if not isinstance(given, list) or len(given) != 2:
        raise ValueError("The picture needs two columns.")
    one, other = (whole_number_between("A column", axis, 0, 999) for axis in given)
    return one, other


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """Let errors of a user's be ValueErrors, whose sentences the page shows."""
    try:
        yield
    except (OSError, TypeError) as error:
        raise ValueError(str(error)) from error
