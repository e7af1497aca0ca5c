"""The digits that benchmarks run on: MNIST where there is one, else synthetic."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastmlp._util.folders import cache_folder
from fastmlp.datasets import mnist, synthetic_digits
from fastmlp.utils import to_categorical


class Digits(NamedTuple):
    """As in the notebook: float64 pixels from 0 to 1, one-hot targets."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    labels_test: np.ndarray


def load_images():
    """Return (train, test) as `mnist.load_data` does, and what they are in words.

    MNIST is the file that `FASTMLP_TEST_MNIST` names, or the one in fastmlp's cache or
    Keras's. Else the digits are drawn by fastmlp: a benchmark downloads nothing.
    """
    keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    named = os.environ.get("FASTMLP_TEST_MNIST")
    candidates = [
        folder / "datasets" / "mnist.npz" for folder in (cache_folder(), keras)
    ]
    path = Path(named) if named else next(filter(Path.is_file, candidates), None)
    if path is None:
        return synthetic_digits.load_data(), "synthetic digits (not MNIST)"
    images = mnist.load_data(path.absolute())
    genuine = mnist.is_mnist(images)
    return images, "MNIST" if genuine else "digits in MNIST's format (not MNIST)"


def load_digits():
    """Return the digits as the notebook has them."""
    ((x, labels), (x_test, labels_test)), _ = load_images()
    return Digits(
        x.reshape(len(x), -1) / 255.0,
        to_categorical(labels, 10),
        x_test.reshape(len(x_test), -1) / 255.0,
        labels_test,
    )
