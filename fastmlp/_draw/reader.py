"""What the Draw tab asks: which digit it is, and what happens inside the network."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from fastmlp import inspect, layers, models, optimizers
from fastmlp._draw import strokes
from fastmlp._draw.server import Routes, part_of
from fastmlp.activations import linear, softmax
from fastmlp.datasets import synthetic_digits

DIGITS, EPOCHS, BATCH_SIZE = 30_000, 3, 128


def trained() -> tuple[models.Sequential, str]:
    """Return a network that has learned the drawn digits, and the story in a sentence.

    The learning rate begins high and falls to 0, which teaches much in little time.
    """
    start = time.perf_counter()
    (images, labels), _ = synthetic_digits.load_data(n_train=DIGITS, n_test=0)
    steps = EPOCHS * math.ceil(DIGITS / BATCH_SIZE)
    network = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(128, activation="relu", name="hidden"),
            layers.Dense(10, activation="softmax", name="output"),
        ]
    )
    network.compile(
        optimizer=optimizers.Adam(optimizers.schedules.CosineDecay(0.006, steps)),
        loss="sparse_categorical_crossentropy",
    )
    network.fit(
        images.reshape(-1, 784) / np.float32(255),
        labels,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        verbose=0,
    )
    seconds = time.perf_counter() - start
    return network, (
        f"784, 128 and 10 units, {network.count_params():,} numbers. It learned from "
        f"{DIGITS:,} digits that fastmlp drew itself, in {seconds:.1f} seconds."
    )


class Reader:
    """A model that reads what is drawn.

    Args:
        model: It takes 784 pixels in any shape, from 0 to 1 (from 0 to 255 where
            it begins with a `Rescaling`), and has ten outputs: probabilities, or
            logits, which is what a last layer without an activation gives.
        about: What the page says of it.

    Raises:
        ValueError: It takes or returns something else.
    """

    def __init__(self, model: models.Model, about: str) -> None:
        # One that was never built has neither; one with several inputs has a list.
        takes: Any = getattr(model, "input_shape", None)
        returns: Any = getattr(model, "output_shape", None)
        if not _has_pixels(takes) or returns != (None, 10):
            raise ValueError(
                f"The model takes {takes} and returns {returns}. One that reads digits "
                "takes 784 pixels, as (None, 784) or (None, 28, 28), and returns "
                "(None, 10)."
            )
        self._model = model
        self._about = about
        self._shape = (1, *takes[1:])
        has_own_scale = any(isinstance(x, layers.Rescaling) for x in model.layers[:2])
        self._full_ink = np.float32(1 if has_own_scale else 255)
        self._gives_logits = getattr(model.layers[-1], "activation", None) is linear

    def routes(self) -> Routes:
        """Return which function answers at which path."""
        return {
            "/draw/about": lambda asked: {"about": self._about},
            "/draw/read": self.read,
            "/draw/example": example,
        }

    def read(self, asked: Any) -> dict[str, Any]:
        """Answer `{"strokes": [[[x, y], ...], ...]}` with what the network makes of it.

        Returns:
            "pixels", 784 of them from 0 to 255; "layers", a list with the name and
            the outputs of each layer that has an activation, but for the last;
            "probabilities" of the ten digits.

        Raises:
            ValueError: These are no strokes, or an output is no finite number.
        """
        image = strokes.render(strokes.checked(part_of(asked, "strokes")))
        found = inspect.trace(self._model, image.reshape(self._shape) / self._full_ink)
        *inner, (_, last) = found.items()
        outputs = last.output
        if self._gives_logits:
            outputs = softmax(outputs)
        if not all(np.isfinite(one.output).all() for one in found.values()):
            raise ValueError("The model gives numbers that are not finite.")
        return {
            "pixels": image.ravel().tolist(),
            "layers": [
                {"name": name, "outputs": _short(one.output)}
                for name, one in inner
                if one.pre_activation is not None
            ],
            "probabilities": _short(outputs.clip(0, 1)),
        }


def example(asked: Any) -> dict[str, Any]:
    """Answer `{"digit": 7}` with strokes of a 7, as a hand would write it.

    Each time it is another hand, but one of the more careful half.

    Raises:
        ValueError: It is no digit.
    """
    digit = part_of(asked, "digit")
    if type(digit) is not int or not 0 <= digit <= 9:
        raise ValueError("Expected a digit from 0 to 9.")
    rng = np.random.default_rng()
    points, pens, digits = synthetic_digits.write(rng)
    points, pens = points[digits == digit], pens[digits == digit]
    images = strokes.drawn(points, pens).astype(np.float32)
    strangeness = ((images - images.mean(axis=0)) ** 2).sum(axis=(1, 2))
    careful = np.argsort(strangeness)[: len(images) // 2]
    path = points[rng.choice(careful)] / 256 + 0.5
    return {
        "strokes": [np.round(s / 28, 4).tolist() for s in strokes.parted(path)],
    }


def _has_pixels(shape: Any) -> bool:
    is_one = isinstance(shape, tuple) and all(type(n) is int for n in shape[1:])
    return is_one and math.prod(shape[1:]) == 784


def _short(numbers: Any) -> list[float]:
    return [round(float(number), 4) for number in np.ravel(numbers)]
