"""What is asked of data sets, and tables of houses in Keras's order."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import describe, number_between
from fastmlp._saving._npy import read_array
from fastmlp._saving._zip import Zip
from fastmlp.datasets._files import opened

# Checkers are told of no dtype: see mnist.py.
Table: TypeAlias = NDArray[Any]
Prices: TypeAlias = NDArray[Any]
Houses: TypeAlias = tuple[tuple[Table, Prices], tuple[Table, Prices]]


def fraction(name: str, value: float) -> float:
    """Return a part of the whole, from 0 to below 1; anything else is refused."""
    part = number_between(name, value, 0, 1)
    if part == 1:
        raise ValueError(f"{name} must be below 1: with 1, nothing is left to learn.")
    return part


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return a word that is one of a few; anything else is refused.

    Example:
        >>> one_of("version", "small", ("large", "small"))
        'small'
    """
    if isinstance(value, str) and value in choices:
        return value
    words = " or ".join(map(repr, choices))
    raise ValueError(f"{name} must be {words}, not {describe(value)}.")


def read_table(name: str, path: str | os.PathLike[str]) -> tuple[Table, Prices]:
    """Return x and y of one of Keras's files."""
    found = opened(name, path)
    with found.file:
        archive = Zip(found.file, found.source)
        x, y = (
            read_array(archive, array, f"In {found.source}, {array!r}")
            for array in "xy"
        )
        return x, y


def shuffled_split(x: Table, y: Prices, test_split: float, seed: int | None) -> Houses:
    """Return a table in Keras's order, the last part of it for testing."""
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    return split_off(x[order], y[order], test_split)


def split_off(x: Table, y: Prices, test_split: float) -> Houses:
    """Return the first part of a table for training, and the last for testing."""
    at = int(len(x) * (1 - test_split))
    return (x[:at], y[:at]), (x[at:], y[at:])
