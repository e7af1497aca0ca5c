"""Synthetic digits: MNIST's shapes and looks, drawn by the package itself.

For a first lesson where the real MNIST is out of reach, and for tests: nothing is
downloaded. These are not MNIST, and results on them are not results on MNIST.

How a digit is made:

1. Take one of the ways in which people write it: a few points that the pen passes
   (`_digit_skeletons.py`). A 7 may be plain, crossed or hooked.
2. Let a hand write it. The points wobble, more so with careless writers; one half
   gets larger than the other; the digit is wide or narrow, slanted and turned.
3. Lay a smooth curve (a Catmull-Rom spline) through the points.
4. Frame it as MNIST's digits are framed: as large as fits into 20 x 20 pixels.
5. Draw it with a round pen, thin or thick, soft or sharp, and move it by whole
   pixels until its center of mass is in the middle, again as in MNIST
   (`kernels.draw_digits`).

The ways of writing and how much hands differ were chosen so that a network that
learned from these digits alone reads the training images of the real MNIST well. Its
test images had no part in that.
"""

from __future__ import annotations

import functools
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._digit_skeletons import SKELETONS
from fastmlp.datasets.mnist import Digits, Labels, Pixels

__all__ = ["load_data"]


def __dir__() -> list[str]:
    return __all__


Floats: TypeAlias = NDArray[np.float64]

# The share of each digit in MNIST.
DIGIT_SHARES = (0.099, 0.112, 0.099, 0.102, 0.097, 0.090, 0.099, 0.104, 0.098, 0.100)

# How hands differ. Lengths count in heights of the digit; the spread of a quantity
# that cannot be negative is that of its logarithm.
WOBBLE, WOBBLE_SPREAD = 0.052, 0.4  # of each point that the pen passes
KINSHIP = 0.75  # part of a point's wobble that it shares with the point before
BALANCE = 0.10  # upper half against lower half
TAPER = 0.22  # width at the top against width at the bottom
WIDTH, WIDTH_SPREAD = 0.75, 0.23
SLANT, SLANT_SPREAD = 0.18, 0.28  # to the right
TURN = 0.14  # radians

# The pen, in pixels: its radius, and the width of its soft edge.
RADIUS, RADIUS_SPREAD, THINNEST, THICKEST = 1.11, 0.28, 0.5, 2.6
EDGE, EDGE_SPREAD, SHARPEST, SOFTEST = 1.3, 0.2, 0.7, 2.0

# Side of the square that MNIST's digits were made to fit, in pixels.
BOX = 20

# So many that they lie close enough to each other to look like a line.
POINTS_PER_DIGIT = 96
# Each chunk of images has a random generator of its own, so that the first images
# are the same however many are asked for.
CHUNK = 2048
TRAIN, TEST = 0, 1


@suggesting
def load_data(seed: int = 0, n_train: int = 60000, n_test: int = 10000) -> Digits:
    """Return images of digits in the format of MNIST, made from a seed.

    The same seed gives the same digits. The first images do not depend on how many
    are asked for; training and test images never come from the same random numbers.

    A network with one hidden layer of 128 units that learned for five epochs reads
    about 96 % of the test images, and, having seen nothing else, about 93 % of
    MNIST's.

    Args:
        seed: Any whole number of 0 or more.
        n_train: Number of training images; 60,000 as in MNIST by default.
        n_test: Number of test images; 10,000 as in MNIST by default.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 images of shape (n, 28, 28),
        0 for paper and 255 for full ink, and their uint8 labels of shape (n,),
        0 to 9.

    Raises:
        TypeError: An argument is not a whole number.
        ValueError: An argument is negative.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data(n_train=100, n_test=10)
        >>> x_train.shape, y_train.shape, x_train.dtype
        ((100, 28, 28), (100,), dtype('uint8'))
        >>> int(y_test[5])
        5
        >>> for row in x_test[5, 5:25]:
        ...     print("|" + "".join(" .+#"[ink // 64] for ink in row[4:24]) + "|")
        |      +####++.      |
        |     ###########+.  |
        |    .##++++######## |
        |    +##      .++###.|
        |    .##.         .. |
        |     ###+           |
        |     +####+         |
        |      .+###+        |
        |        .###+       |
        |          +##+      |
        |           +##.     |
        |           .###     |
        |            +##.    |
        |             ##.    |
        |   +.       .##.    |
        |  +##.      +##.    |
        |  .###+    .##+     |
        |   .####+..###.     |
        |     +#######.      |
        |      +#####.       |
    """
    seed = as_count("seed", seed, 0)
    n_train = as_count("n_train", n_train, 0)
    n_test = as_count("n_test", n_test, 0)
    return _digits(seed, TRAIN, n_train), _digits(seed, TEST, n_test)


def _digits(seed: int, split: int, count: int) -> tuple[Pixels, Labels]:
    images = np.empty((count, 28, 28), np.uint8)
    labels = np.empty(count, np.uint8)
    for chunk, start in enumerate(range(0, count, CHUNK)):
        sequence = np.random.SeedSequence(seed, spawn_key=(split, chunk))
        rng = np.random.Generator(np.random.Philox(sequence))
        part = slice(start, min(start + CHUNK, count))
        size = part.stop - part.start
        points, pens, digits = write(rng)
        kernels.draw_digits(points[:size], pens[:size], out=images[part])
        labels[part] = digits[:size]
    return images, labels


def write(
    rng: np.random.Generator,
) -> tuple[NDArray[np.int16], NDArray[np.int32], Labels]:
    """Return points, pens and labels of a chunk of digits, ready to be drawn.

    Args:
        rng: The hand: another one writes otherwise.

    Returns:
        What `kernels.draw_digits` takes, and the digits, for 2,048 of them.
    """
    skeletons = _skeletons()
    ways = rng.choice(len(skeletons.shares), CHUNK, p=skeletons.shares)
    stops = _by_hand(rng, skeletons.stops[ways])
    paths = np.empty((CHUNK, 2, POINTS_PER_DIGIT))
    for way, curve in enumerate(skeletons.curves):
        chosen = np.flatnonzero(ways == way)
        paths[chosen] = stops[chosen] @ curve.T
    radius = np.clip(_around(rng, RADIUS, RADIUS_SPREAD), THINNEST, THICKEST)
    edge = np.clip(_around(rng, EDGE, EDGE_SPREAD), SHARPEST, SOFTEST)
    # The edge lies half inside the radius, which must leave some full ink.
    edge = np.minimum(edge, 1.8 * radius)
    points = np.rint(256 * _framed(rng, paths, radius)).astype(np.int16)
    outer = (256 * (radius + edge / 2)) ** 2
    inner = (256 * (radius - edge / 2)) ** 2
    pens = np.stack([outer, 255 * 2**16 / (outer - inner)], axis=1).astype(np.int32)
    return np.ascontiguousarray(points.transpose(0, 2, 1)), pens, skeletons.digits[ways]


def _around(rng: np.random.Generator, middle: float, spread: float) -> Floats:
    """Return a positive quantity for each digit of a chunk."""
    return middle * np.exp(spread * rng.standard_normal(CHUNK))


def _by_hand(rng: np.random.Generator, stops: Floats) -> Floats:
    """Return `stops` (n, k, 2) as a hand would place them, (n, 2, k)."""

    def of_each_writer(spread: float) -> Floats:
        return spread * rng.standard_normal((len(stops), 1))

    wobble = rng.standard_normal(stops.shape)
    wobble[:, 1:] = KINSHIP * wobble[:, :-1] + (1 - KINSHIP**2) ** 0.5 * wobble[:, 1:]
    carelessness = WOBBLE * np.exp(of_each_writer(WOBBLE_SPREAD))
    x, y = np.moveaxis(stops - 0.5 + carelessness[:, :, None] * wobble, 2, 0)
    y = y + of_each_writer(BALANCE) * (2 * y * y - 0.5)
    x = x * (1 + 2 * of_each_writer(TAPER) * y)
    x = x * WIDTH * np.exp(of_each_writer(WIDTH_SPREAD))
    x = x - (SLANT + of_each_writer(SLANT_SPREAD)) * y
    # Small angles: the cosine is 1 and the sine is the angle.
    turn = of_each_writer(TURN)
    return np.stack([x - turn * y, y + turn * x], axis=1)


def _framed(rng: np.random.Generator, paths: Floats, radius: Floats) -> Floats:
    """Return `paths` (n, 2, p) in pixels, as large as the box in the middle allows."""
    low: Floats = paths.min(axis=2)
    high: Floats = paths.max(axis=2)
    scale: Floats = (BOX - 2 * radius) / (high - low).max(axis=1)
    # Where the box lies between two pixels is left to chance.
    middle = 14 + rng.uniform(-0.5, 0.5, low.shape)
    shift = middle - scale[:, None] * (low + high) / 2
    return scale[:, None, None] * paths + shift[:, :, None]


class _Skeletons(NamedTuple):
    """The table of skeletons as s arrays, padded to k points."""

    digits: Labels  # (s,)
    shares: Floats  # (s,), of all digits; the sum is 1
    stops: Floats  # (s, k, 2), the points that the pen passes, x and y from 0 to 1
    curves: Floats  # (s, p, k): curves[i] @ stops[i] are p points along the curve


@functools.cache
def _skeletons() -> _Skeletons:
    rows = []
    for digit, table in SKELETONS.items():
        ways = [line.split(maxsplit=1) for line in table.strip().splitlines()]
        total = sum(float(weight) for weight, _ in ways)
        for weight, strokes in ways:
            share = DIGIT_SHARES[digit] * float(weight) / total
            rows.append((digit, share, *_curve(strokes)))
    digits, shares, stops, curves = zip(*rows, strict=True)
    most = max(map(len, stops))
    return _Skeletons(
        np.array(digits, np.uint8),
        np.array(shares) / sum(shares),
        np.stack([np.pad(s, ((0, most - len(s)), (0, 0))) for s in stops]),
        np.stack([np.pad(c, ((0, 0), (0, most - c.shape[1]))) for c in curves]),
    )


def _curve(strokes: str) -> tuple[Floats, Floats]:
    """Return the k points of a skeleton (k, 2) and the curve through them (p, k).

    Between its second and third of four points in a row, the Catmull-Rom spline is a
    cubic polynomial in t from 0 to 1, whose weights for the four sum to 1. At the
    ends of a stroke, the end point stands in for the neighbor that it lacks.
    """
    names = [stroke.split() for stroke in strokes.split(";")]
    unique = list(dict.fromkeys(name for stroke in names for name in stroke))
    stops = np.array([name.split(",") for name in unique], float) / 100
    unit = np.eye(len(unique))
    t = np.linspace(0, 1, 32, endpoint=False)
    cubics = np.stack(
        [
            -t + 2 * t**2 - t**3,
            2 - 5 * t**2 + 3 * t**3,
            t + 4 * t**2 - 3 * t**3,
            t**3 - t**2,
        ],
        axis=1,
    )
    parts = []
    strides = []
    for stroke in names:
        passed = [unique.index(name) for name in (stroke[0], *stroke, stroke[-1])]
        fours = zip(passed, passed[1:], passed[2:], passed[3:], strict=False)
        part = np.concatenate(
            [cubics / 2 @ unit[list(four)] for four in fours if four[1] != four[2]]
            + [unit[passed[-1:]]]
        )
        parts.append(part)
        # The way to the first point of a stroke is made with the pen lifted.
        strides += [0.0, *np.linalg.norm(np.diff(part @ stops, axis=0), axis=1)]
    travelled = np.cumsum(strides)
    evenly = np.linspace(0, travelled[-1], POINTS_PER_DIGIT)
    return stops, np.concatenate(parts)[np.searchsorted(travelled, evenly)]
