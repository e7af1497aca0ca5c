"""Points of the plane to learn from, and what is done to them before.

The code that the playground hands out contains these very functions: each needs NumPy
only, as `np`, and says in its docstring what a reader of that code should know.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
Halves: TypeAlias = tuple[Points, Points]


def two_spirals(samples: int, noise: float, rng: np.random.Generator) -> Points:
    """Return points on two arms that wind around each other, and which arm it is."""
    y = np.arange(samples) % 2
    along = np.sqrt(rng.uniform(0.02, 1, samples))
    angle = 3.5 * np.pi * along + np.pi * y
    x = np.stack([along * np.sin(angle), along * np.cos(angle)], axis=1)
    return x + noise * rng.normal(size=x.shape), y


def two_moons(samples: int, noise: float, rng: np.random.Generator) -> Points:
    """Return points on two half circles, each reaching into the other."""
    y = np.arange(samples) % 2
    angle = np.pi * (rng.random(samples) + y)
    x = 0.65 * np.stack([np.cos(angle) + y - 0.5, np.sin(angle) + y / 2 - 0.25], axis=1)
    return x + noise * rng.normal(size=x.shape), y


def two_circles(samples: int, noise: float, rng: np.random.Generator) -> Points:
    """Return points of a disc, and of the ring around it."""
    y = np.arange(samples) % 2
    radius = np.sqrt(rng.uniform(0, 0.25, samples) + 0.55 * y)
    angle = rng.uniform(0, 2 * np.pi, samples)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return x + noise * rng.normal(size=x.shape), y


def checkers(samples: int, noise: float, rng: np.random.Generator) -> Points:
    """Return points of four squares: those that touch at a corner are one class."""
    x = rng.uniform(-1, 1, (samples, 2))
    y = (x[:, 0] * x[:, 1] < 0).astype(int)
    return x + 0.06 * np.sign(x) + noise * rng.normal(size=x.shape), y


def clusters(samples: int, noise: float, rng: np.random.Generator) -> Points:
    """Return points around four centers, two of which are one class."""
    centers = np.array([[-0.6, -0.55], [0.65, -0.35], [-0.1, 0.65], [0.75, 0.75]])
    y = np.arange(samples) % 4
    x = centers[y] + (0.12 + noise) * rng.normal(size=(samples, 2))
    return x, y % 3


def split(x: NDArray[Any], y: NDArray[Any], rng: np.random.Generator) -> Halves:
    """Return three quarters to train on, and the rest to validate with."""
    order = rng.permutation(len(x))
    kept = len(x) // 4
    train, rest = order[kept:], order[:kept]
    return (x[train], y[train]), (x[rest], y[rest])


def standardize(x: Any, known: Any) -> Any:
    """Return columns with the known ones' mean at 0 and their spread as the unit."""
    spread = known.std(axis=0)
    spread[spread == 0] = 1
    return np.divide(x - known.mean(axis=0), spread)
