"""Pictures that are drawn: one of a few patterns, moved, turned, stretched and lit.

What `synthetic_fashion_mnist` and `synthetic_cifar10` and `100` have in common.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

# Each chunk of pictures has a random generator of its own, so that the first pictures
# are the same however many are asked for.
_CHUNK = 1000


def draw_images(
    entropy: tuple[int, int],
    count: int,
    shape: tuple[int, ...],
    draw: Callable[[np.random.Generator, int], tuple[Floats, NDArray[np.uint8]]],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return pictures and the class of each, chunk by chunk.

    Args:
        entropy: The seed, and the number of the split.
        count: How many.
        shape: That of one picture.
        draw: A function of a generator and of how many to draw, which returns pictures,
            0 for dark to 1 for light, and their classes.
    """
    seed, split = entropy
    images = np.empty((count, *shape), np.uint8)
    labels = np.empty(count, np.uint8)
    for chunk, start in enumerate(range(0, count, _CHUNK)):
        sequence = np.random.SeedSequence(seed, spawn_key=(split, chunk))
        rng = np.random.Generator(np.random.Philox(sequence))
        part = slice(start, min(start + _CHUNK, count))
        size = part.stop - part.start
        drawn, classes = draw(rng, _CHUNK)
        images[part] = np.rint(255 * np.clip(drawn[:size], 0, 1))
        labels[part] = classes[:size]
    return images, labels


def placed(
    rng: np.random.Generator,
    patterns: Floats,
    chosen: NDArray[np.intp],
    side: int,
    *,
    turn: float,
    stretch: float,
    shift: float,
) -> Floats:
    """Return patterns as pictures of `side` pixels, each in a place of its own.

    Args:
        rng: What places are drawn from.
        patterns: Square ones, (patterns, size, size, channels).
        chosen: Which pattern each picture shows.
        side: How many pixels a picture is wide and high.
        turn: How far they are turned, in radians.
        stretch: How much wider or higher they are, of the logarithm.
        shift: How far they are moved, as a part of the picture.
    """
    size = patterns.shape[1]
    shape = (len(chosen), 1, 1)
    angle = turn * _normal(rng, shape)
    wide, high = np.exp(stretch * _normal(rng, (2, *shape)))
    right, down = shift * _normal(rng, (2, *shape))
    # From each pixel of the picture, from -1 to 1, back to its place in the pattern.
    line = np.linspace(-1, 1, side, dtype=np.float32)
    x, y = line - right, line[:, None] - down
    across = (x * np.cos(angle) + y * np.sin(angle)) / wide
    along = (y * np.cos(angle) - x * np.sin(angle)) / high
    column, row = (
        np.clip(size / 2 * (1 + place), 0, size - 1).astype(np.int32)
        for place in (across, along)
    )
    at = (chosen[:, None, None].astype(np.int32) * size + row) * size + column
    seen: Floats = patterns.reshape(-1, patterns.shape[-1])[at]
    return seen


def clouds(rng: np.random.Generator, number: int, size: int, channels: int) -> Floats:
    """Return smooth patterns of chance, (number, size, size, channels), of about 0."""
    waves = np.arange(5)
    shapes = np.cos(np.pi * np.outer(np.linspace(0, 1, size), waves)).astype(np.float32)
    strength = 0.5 / (1 + np.add.outer(waves**2, waves**2)) ** 0.5
    strength[0, 0] = 0
    weights = strength * _normal(rng, (number, channels, 5, 5))
    pattern: Floats = shapes @ weights.astype(np.float32) @ shapes.T
    return np.moveaxis(pattern, 1, 3)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.standard_normal(shape, np.float32)
