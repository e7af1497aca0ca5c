"""What users choose in the playground: checked by sentences, and as a network."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

from fastmlp._check.numbers import (
    describe,
    number_between,
    positive_number,
    whole_number_between,
)
from fastmlp._draw import data
from fastmlp._draw.data import Data
from fastmlp._draw.recipe import Call, lines
from fastmlp._draw.table import MOST_CLASSES, Table, table_of

ACTIVATIONS = ("relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "linear")
OPTIMIZERS = {
    "sgd": Call("optimizers.SGD"),
    "momentum": Call("optimizers.SGD", options={"momentum": 0.9}),
    "rmsprop": Call("optimizers.RMSprop"),
    "adagrad": Call("optimizers.Adagrad"),
    "adam": Call("optimizers.Adam"),
    "nadam": Call("optimizers.Nadam"),
}
MOST_LAYERS, MOST_UNITS = 6, 512
DEFAULTS = {
    "data": "spirals",
    "samples": 500,
    "noise": 0.03,
    "seed": 1,
    "hidden": [8, 8],
    "activation": "silu",
    "optimizer": "adam",
    "learning_rate": 0.03,
    "batch_size": 16,
    "l2": 0,
    "dropout": 0,
    "points": [],
    "table": None,
}
# For images, what differs from it.
DIGITS = {
    "hidden": [64],
    "activation": "relu",
    "optimizer": "rmsprop",
    "learning_rate": 0.001,
    "batch_size": 128,
    "l2": 0.0001,  # so that one sees what units look for
    "dropout": 0,
}
_MOST_SEED = 2**32 - 1
_MOST_POINTS = 2000


class Settings(NamedTuple):
    """What a training is to be."""

    data: str
    samples: int
    noise: float
    seed: int
    hidden: tuple[int, ...]
    activation: str
    optimizer: str
    learning_rate: float
    batch_size: int
    l2: float
    dropout: float
    points: list[tuple[float, float, int]]
    table: Table | None

    def load(self, mnist: Path | None) -> Data:
        """Return what is to be learnt from.

        Args:
            mnist: Where MNIST is; None looks into the caches.

        Raises:
            OSError: There is no MNIST.
            ValueError: There is too little to learn from.
        """
        if self.data == "points":
            return data.of_points(self.points)
        if self.data == "csv":
            if self.table is None:
                raise ValueError("Choose a CSV file first.")
            return data.of_table(self.table, self.seed)
        if self.data == "mnist" and mnist is None and data.mnist_at_hand() is None:
            raise ValueError(
                "MNIST is not on this computer, and the page loads nothing from "
                "others. Get it with `fastmlp mnist --data mnist`, or take the drawn "
                "digits."
            )
        if self.data in ("mnist", "drawn"):
            return data.of_digits(self.data, mnist if self.data == "mnist" else None)
        return data.of_shape(self.data, self.samples, self.noise, self.seed)

    def network(self, inputs: int, classes: int) -> Call:
        """Return how the network is made."""
        layers = [Call("Input", ((inputs,),))]
        for units in self.hidden:
            options: dict[str, Any] = {"activation": self.activation}
            if self.l2:
                options["kernel_regularizer"] = Call("regularizers.L2", (self.l2,))
            layers.append(Call("layers.Dense", (units,), options))
            if self.dropout:
                layers.append(Call("layers.Dropout", (self.dropout,)))
        softmax = Call("layers.Dense", (classes,), {"activation": "softmax"})
        return Call("Sequential", ([*layers, softmax],))

    def rule(self) -> Call:
        """Return how the optimizer is made."""
        call = OPTIMIZERS[self.optimizer]
        return call._replace(
            options={"learning_rate": self.learning_rate, **call.options}
        )

    def code(self, found: Data, epochs: int) -> str:
        """Return the training as a script for Keras.

        Args:
            found: What is learnt from.
            epochs: How long.
        """
        network = self.network(found.x_train.shape[1], len(found.classes))
        drawn = self.data == "drawn"
        note = "keras itself has no synthetic_digits" if drawn else "or: import keras"
        imports = f"import numpy as np\n\nimport fastmlp as keras  # {note}"
        return lines(
            f"import csv\n\n{imports}" if self.data == "csv" else imports,
            *found.code,
            f"keras.utils.set_random_seed({self.seed})\nmodel = {network.written()}",
            f"""
            model.compile(
                optimizer={self.rule().written()},
                loss="sparse_categorical_crossentropy",
                metrics=["accuracy"],
            )
            model.fit(
                x_train,
                y_train,
                batch_size={self.batch_size},
                epochs={epochs},
                {"validation_data=(x_val, y_val)," if found.validates else ""}
            )
            """,
        )


def settings_of(given: Any) -> Settings:
    """Return settings that the page sent, checked.

    Raises:
        ValueError: One is missing, unknown or out of its range; the sentence says
            which, in the words of the page.
    """
    if not isinstance(given, dict):
        raise ValueError(f"The settings must be a JSON object, not {describe(given)}.")
    unknown, missing = set(given) - set(_CHECKS), set(_CHECKS) - set(given)
    if unknown or missing:
        what, names = ("unknown", unknown) if unknown else ("missing", missing)
        raise ValueError(f"The settings have {what} names: {', '.join(sorted(names))}.")
    try:
        return Settings(**{name: _CHECKS[name](given[name]) for name in _CHECKS})
    except TypeError as error:
        raise ValueError(str(error)) from None


def _one_of(title: str, names: Collection[str]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(
                f"{title} must be one of {', '.join(names)}, not {describe(value)}."
            )
        return value

    return check


def _hidden(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise TypeError(f"Hidden layers must be a list, not {describe(value)}.")
    if len(value) > MOST_LAYERS:
        raise ValueError(f"Hidden layers may be {MOST_LAYERS}, not {len(value)}.")
    return tuple(
        whole_number_between(f"Units of hidden layer {at}", units, 1, MOST_UNITS)
        for at, units in enumerate(value, 1)
    )


def _learning_rate(value: Any) -> float:
    rate = positive_number("Learning rate", value)
    return number_between("Learning rate", rate, 0, 10)


def _points(value: Any) -> list[tuple[float, float, int]]:
    if not isinstance(value, list) or len(value) > _MOST_POINTS:
        raise ValueError(f"Own points must be a list of {_MOST_POINTS:,} at most.")
    points = []
    for at, point in enumerate(value, 1):
        if not isinstance(point, list) or len(point) != 3:
            raise ValueError(f"Point {at} must be x1, x2 and its class.")
        x1, x2 = (
            number_between(f"A place of point {at}", x, -data.EXTENT, data.EXTENT)
            for x in point[:2]
        )
        kind = whole_number_between(
            f"The class of point {at}", point[2], 0, MOST_CLASSES - 1
        )
        points.append((x1, x2, kind))
    return points


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "data": _one_of("Data", data.KINDS),
    "samples": lambda n: whole_number_between("Points", n, 20, 5000),
    "noise": lambda n: number_between("Noise", n, 0, 0.5),
    "seed": lambda n: whole_number_between("Seed", n, 0, _MOST_SEED),
    "hidden": _hidden,
    "activation": _one_of("Activation", ACTIVATIONS),
    "optimizer": _one_of("Optimizer", OPTIMIZERS),
    "learning_rate": _learning_rate,
    "batch_size": lambda n: whole_number_between("Batch size", n, 1, 4096),
    "l2": lambda n: number_between("L2", n, 0, 1),
    "dropout": lambda n: number_between("Dropout", n, 0, 0.9),
    "points": _points,
    "table": lambda table: None if table is None else table_of(table),
}
