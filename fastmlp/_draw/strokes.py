"""From strokes of a pen to the 28 x 28 pixels that a network has learned to read.

The pen is that of the drawn digits (`fastmlp.datasets.synthetic_digits`), and the frame
that of MNIST: as large as fits into 20 x 20 pixels, with the center of mass in the
middle of 28 x 28. So size, place and thickness of what was drawn make no difference.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.datasets.mnist import Pixels
from fastmlp.datasets.synthetic_digits import BOX, EDGE, RADIUS

Floats: TypeAlias = NDArray[np.float64]

MOST_POINTS = 20_000
# Pixels between two points, close enough to look like a line.
STEP = 0.25
# What is smaller than this share of the sheet is a dot: it is not made larger.
SMALLEST = 0.04


def checked(strokes: Any) -> list[Floats]:
    """Return the strokes that JSON says as arrays of points.

    Args:
        strokes: A list of strokes, each a list of points [x, y], from 0 at the left
            and at the top of the sheet to 1.

    Returns:
        An array (n, 2) for each stroke that has points.

    Raises:
        ValueError: It is something else, or has more than 20,000 points.
    """
    expected = "Expected a list of strokes, each a list of points [x, y]"
    if not isinstance(strokes, list) or not all(isinstance(s, list) for s in strokes):
        raise ValueError(f"{expected}.")
    if sum(map(len, strokes)) > MOST_POINTS:
        raise ValueError(
            f"These are more than {MOST_POINTS:,} points: clear the sheet."
        )
    for point in (point for stroke in strokes for point in stroke):
        if not (isinstance(point, list) and len(point) == 2):
            raise ValueError(f"{expected}; one has {str(point)[:40]} instead.")
        if not all(
            type(value) in (int, float) and abs(value) <= 100 for value in point
        ):
            raise ValueError(f"{expected}, numbers within the sheet, from 0 to 1.")
    return [np.array(stroke, float) for stroke in strokes if stroke]


def render(strokes: list[Floats]) -> Pixels:
    """Return the digit as the network sees it, (28, 28) uint8.

    Args:
        strokes: Arrays (n, 2) of points, x to the right and y downwards.

    Returns:
        0 for paper and 255 for full ink; all 0 where there are no strokes.
    """
    if not strokes:
        return np.zeros((28, 28), np.uint8)
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (BOX - 2 * RADIUS) / max(SMALLEST, float((high - low).max()))
    framed = [14 + scale * (stroke - (low + high) / 2) for stroke in strokes]
    path = np.concatenate([_filled(stroke) for stroke in framed])
    outer = (256 * (RADIUS + EDGE / 2)) ** 2
    inner = (256 * (RADIUS - EDGE / 2)) ** 2
    pen = np.array([[outer, 255 * 2**16 / (outer - inner)]]).astype(np.int32)
    image: Pixels = drawn(np.rint(256 * path).astype(np.int16)[None], pen)[0]
    return image


def drawn(points: NDArray[np.int16], pens: NDArray[np.int32]) -> Pixels:
    """Return the images of points and pens: see `kernels.draw_digits`."""
    images = np.empty((len(points), 28, 28), np.uint8)
    kernels.draw_digits(points, pens, out=images)
    return images


def parted(path: Floats) -> list[Floats]:
    """Return the strokes of a path whose points are about evenly far from each other.

    Where the next point is far away, the pen was lifted.
    """
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return np.split(path, 1 + np.flatnonzero(steps > 6 * np.median(steps)))


def _filled(stroke: Floats) -> Floats:
    """Return points so close to each other that they look like the line they are on."""
    travelled = np.append(0, np.linalg.norm(np.diff(stroke, axis=0), axis=1).cumsum())
    count = 1 + math.ceil(float(travelled[-1]) / STEP)
    evenly = np.linspace(0, travelled[-1], count)
    return np.stack([np.interp(evenly, travelled, axis) for axis in stroke.T], axis=1)
