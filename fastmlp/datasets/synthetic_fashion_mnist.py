"""Synthetic clothes: Fashion-MNIST's shapes and looks, drawn by the package itself.

For a lesson where Fashion-MNIST is out of reach, and for tests: nothing is downloaded.
These are not Fashion-MNIST, and results on them are not results on it. Each is the
outline of one of ten pieces, cut a little differently, of some cloth, in some light; as
people do, the labels take some tops for others.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._drawn_images import Floats, clouds, draw_images, placed
from fastmlp.datasets.mnist import Digits

__all__ = ["load_data"]

# The right half of each outline from top to bottom, as "x,y" in hundredths of the
# picture, x from its middle; the left half mirrors it. Shoes have both halves.
_OUTLINES = {
    0: "8,12 20,14 40,30 34,42 24,36 24,88 0,88",  # T-shirt/top
    1: "16,6 22,94 6,94 2,34 0,34",  # Trouser
    2: "8,10 20,13 38,76 28,80 22,44 22,90 0,90",  # Pullover
    3: "10,6 14,10 12,38 24,94 0,94",  # Dress
    4: "10,6 22,10 38,84 28,86 24,44 26,94 2,94 2,20 0,20",  # Coat
    5: "-46,62 -20,40 -12,46 8,66 30,40 36,40 20,76 46,58 46,78 -46,78",  # Sandal
    6: "4,8 12,8 22,12 36,70 28,72 23,40 24,90 0,90",  # Shirt
    7: "-46,60 -18,54 0,36 14,46 30,36 46,44 46,72 -46,72",  # Sneaker
    8: "14,40 14,20 18,16 22,20 22,40 40,40 42,86 0,86",  # Bag
    9: "-46,70 -20,58 0,48 4,10 36,8 40,48 46,84 34,84 30,78 -46,82",  # Ankle boot
}
_SIZE = 128
# These look alike, and of so many of them, the label is that of another one.
_TOPS, _MISTAKEN = np.array([0, 2, 4, 6]), 0.3


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(seed: int = 0, n_train: int = 60000, n_test: int = 10000) -> Digits:
    """Return pictures of clothes in the format of Fashion-MNIST, made from a seed.

    The same seed gives the same pictures; the first do not depend on how many are asked
    for. Classes are those of Fashion-MNIST. A network with one hidden layer of 128
    units that learned for five epochs knows about 89 % of the test pictures.

    Args:
        seed: Any whole number of 0 or more.
        n_train: Number of training pictures; 60,000 by default.
        n_test: Number of test pictures; 10,000 by default.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 images of shape (n, 28, 28), and
        uint8 labels of shape (n,), 0 to 9.

    Raises:
        TypeError: An argument is not a whole number.
        ValueError: An argument is negative.

    Example:
        >>> (x_train, y_train), _ = load_data(n_train=100, n_test=10)
        >>> x_train.shape, x_train.dtype
        ((100, 28, 28), dtype('uint8'))
    """
    seed = as_count("seed", seed, 0)
    counts = as_count("n_train", n_train, 0), as_count("n_test", n_test, 0)
    train, test = (
        draw_images((seed, split), count, (28, 28), _draw)
        for split, count in enumerate(counts)
    )
    return train, test


def _draw(rng: np.random.Generator, count: int) -> tuple[Floats, NDArray[np.uint8]]:
    kinds = rng.integers(0, len(_OUTLINES), count)
    cut = placed(rng, _pieces(), kinds, 28, turn=0.07, stretch=0.13, shift=0.06)
    cloth = clouds(rng, count, 28, 1)
    light = rng.uniform(0.3, 1, (count, 1, 1, 1)).astype(np.float32)
    grain = 0.08 * rng.standard_normal(cloth.shape, np.float32)
    pictures = cut * (light + 0.35 * cloth + grain)
    mistaken = np.isin(kinds, _TOPS) & (rng.random(count) < _MISTAKEN)
    labels = np.where(mistaken, rng.choice(_TOPS, count), kinds)
    return pictures[..., 0], labels.astype(np.uint8)


@functools.cache
def _pieces() -> Floats:
    """Return the ten outlines, filled: 1 within and 0 without, with a soft edge."""
    fine = 4 * _SIZE
    y, x = np.mgrid[0:fine, 0:fine] * (100 / (fine - 1))
    pieces = np.empty((len(_OUTLINES), _SIZE, _SIZE, 1), np.float32)
    for kind, outline in _OUTLINES.items():
        corners = np.array([corner.split(",") for corner in outline.split()], float)
        if corners[0, 0] >= 0:
            corners = np.concatenate([corners, corners[::-1] * [-1, 1]])
        corners[:, 0] += 50
        within = np.zeros(x.shape, bool)
        # A point is within if a ray from it crosses the outline an odd number of times.
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
            if y0 != y1:
                crossed = x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
                within ^= ((y0 > y) != (y1 > y)) & crossed
        blocks = within.reshape(_SIZE, 4, _SIZE, 4)
        pieces[kind, ..., 0] = blocks.mean(axis=(1, 3))
    return pieces
