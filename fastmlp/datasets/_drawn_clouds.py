"""Clouds of colour, the classes of `synthetic_cifar10` and `synthetic_cifar100`."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets._drawn_images import Floats, clouds, draw_images, placed

_SIZE = 96
# How much of a picture is its class's; the rest is chance.
_SHARE = 0.33
# How much of a kind's clouds is its group's.
_KINSHIP = 0.75


def draw_clouds(
    seed: int, counts: tuple[int, int], groups: int, kinds: int
) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Return pictures (n, 32, 32, 3) and kinds (n,) of both splits.

    Args:
        seed: A whole number of 0 or more.
        counts: How many pictures each split has.
        groups: How many groups of kinds there are.
        kinds: How many kinds each group has, which follow one another.
    """
    draw = functools.partial(_draw, _patterns(groups, kinds))
    return [
        draw_images((seed, split), count, (32, 32, 3), draw)
        for split, count in enumerate(counts)
    ]


@functools.cache
def _patterns(groups: int, kinds: int) -> Floats:
    nature = np.random.default_rng(groups)
    group = np.repeat(clouds(nature, groups, _SIZE, 3), kinds, axis=0)
    own = clouds(nature, groups * kinds, _SIZE, 3)
    patterns: Floats = _KINSHIP * group + (1 - _KINSHIP**2) ** 0.5 * own
    return patterns


def _draw(
    patterns: Floats, rng: np.random.Generator, count: int
) -> tuple[Floats, NDArray[np.uint8]]:
    kinds = rng.integers(0, len(patterns), count)
    seen = placed(rng, patterns, kinds, 32, turn=0.3, stretch=0.25, shift=0.25)
    around = clouds(rng, count, 32, 3)
    light = 0.5 + 0.15 * rng.standard_normal((count, 1, 1, 1), np.float32)
    contrast = rng.uniform(0.2, 0.5, (count, 1, 1, 1)).astype(np.float32)
    mixed = _SHARE * seen + (1 - _SHARE) * around
    grain = 0.02 * rng.standard_normal(mixed.shape, np.float32)
    return light + contrast * mixed + grain, kinds.astype(np.uint8)
