"""What the playground learns from: where it is from, as numbers and as code."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._draw import shapes
from fastmlp._draw.recipe import quoted, source_of
from fastmlp._draw.table import MOST_CLASSES, Table
from fastmlp.datasets import mnist, synthetic_digits
from fastmlp.datasets._files import cached
from fastmlp.plan import Float32

SHAPES: dict[str, Callable[..., shapes.Points]] = {
    "spirals": shapes.two_spirals,
    "moons": shapes.two_moons,
    "circles": shapes.two_circles,
    "checkers": shapes.checkers,
    "clusters": shapes.clusters,
}
KINDS = (*SHAPES, "points", "csv", "drawn", "mnist")

# What the plane of points shows, from - to +.
EXTENT = 1.25


class Data(NamedTuple):
    """Rows to train on and to validate with, and the code that makes them."""

    x_train: Float32
    y_train: NDArray[Any]
    x_val: Float32
    y_val: NDArray[Any]
    classes: list[str]
    code: tuple[str, ...]  # parts of a script
    # Of points: columns, and what an own table's 0 and 1 were in the file.
    columns: list[str]
    origin: NDArray[Any]
    unit: NDArray[Any]
    table: Table | None = None

    @property
    def is_images(self) -> bool:
        """Whether the rows are digits of 28 x 28 pixels."""
        return self.x_train.shape[1:] == (784,)

    @property
    def validates(self) -> bool:
        """Whether there are enough rows that some are kept for validation."""
        return len(self.x_val) > 0


def of_shape(kind: str, samples: int, noise: float, seed: int) -> Data:
    """Return points of one of `SHAPES`."""
    make = SHAPES[kind]
    rng = np.random.default_rng(seed)
    x, y = make(samples, noise, rng)
    code = (
        source_of(make),
        source_of(shapes.split),
        f"""
        rng = np.random.default_rng({seed})
        x, y = {make.__name__}({samples}, {noise}, rng)
        (x_train, y_train), (x_val, y_val) = split(x, y, rng)
        """,
    )
    return _halves(*shapes.split(x, y, rng), _named(int(y.max()) + 1), code)


def of_points(points: list[tuple[float, float, int]]) -> Data:
    """Return the points that a user has set: all of them to train on.

    Raises:
        ValueError: They are all of one class.
    """
    found = {kind for _, _, kind in points}
    if len(found) < 2:
        raise ValueError(
            "Set points of two classes at least: choose a class, and click into the "
            "picture."
        )
    rows = np.array(points)
    listed = "".join(f"    [{x1}, {x2}, {kind}],\n" for x1, x2, kind in points)
    code = (
        f"# x1, x2 and the class of each point\npoints = np.array([\n{listed}])",
        "x_train, y_train = points[:, :2], points[:, 2].astype(int)",
    )
    none = np.zeros((0, 2)), np.zeros(0, int)
    train = rows[:, :2], rows[:, 2].astype(int)
    return _halves(train, none, _named(max(found) + 1), code)


def of_table(table: Table, seed: int) -> Data:
    """Return the rows of a CSV file, its columns in one scale."""
    rng = np.random.default_rng(seed)
    (x, y), (x_val, y_val) = shapes.split(table.x, table.y, rng)
    code = (
        source_of(shapes.split),
        source_of(shapes.standardize),
        *table.written(),
        f"""
        rng = np.random.default_rng({seed})
        (x_train, y_train), (x_val, y_val) = split(x, y, rng)
        x_val, x_train = standardize(x_val, x_train), standardize(x_train, x_train)
        """,
    )
    rest = (shapes.standardize(x_val, x), y_val)
    halves = _halves((shapes.standardize(x, x), y), rest, table.classes, code)
    spread = x.std(axis=0)
    return halves._replace(
        columns=[table.columns[at] for at in table.features],
        origin=x.mean(axis=0),
        unit=np.where(spread > 0, spread, 1),
        table=table,
    )


def _halves(
    train: shapes.Points, rest: shapes.Points, classes: list[str], code: tuple[str, ...]
) -> Data:
    (x, y), (x_val, y_val) = train, rest
    x, x_val = x.astype(np.float32), x_val.astype(np.float32)
    plane = ["x1", "x2"], np.zeros(2), np.ones(2)
    return Data(x, y, x_val, y_val, classes, code, *plane)


def _named(count: int) -> list[str]:
    assert count <= MOST_CLASSES
    return [f"class {at + 1}" for at in range(count)]


def mnist_at_hand() -> Path | None:
    """Return where MNIST is, if it needs no download."""
    return cached("mnist.npz")


@functools.lru_cache(maxsize=2)
def of_digits(kind: str, path: Path | None = None) -> Data:
    """Return images of digits: "drawn" ones, or "mnist" from a file.

    They are kept, since many trainings share them: one takes 220 MB.
    """
    if kind == "mnist":
        digits = mnist.load_data("mnist.npz" if path is None else path)
        load = f"mnist.load_data({'' if path is None else quoted(str(path))})"
    else:
        digits = synthetic_digits.load_data()
        load = "synthetic_digits.load_data()"
    (x, y), (x_val, y_val) = digits
    code = f"""
    (x_train, y_train), (x_val, y_val) = keras.datasets.{load}
    x_train = x_train.reshape(-1, 784).astype("float32") / 255
    x_val = x_val.reshape(-1, 784).astype("float32") / 255
    """
    names = [str(digit) for digit in range(10)]
    none = np.zeros(0)
    x, x_val = _unfolded(x), _unfolded(x_val)
    return Data(x, y, x_val, y_val, names, (code,), [], none, none)


def _unfolded(images: NDArray[Any]) -> Float32:
    return images.reshape(-1, 784).astype(np.float32) / np.float32(255)
