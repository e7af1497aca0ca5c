"""Synthetic districts: California Housing's format, drawn by the package itself.

For a lesson where California Housing is out of reach, and for tests: nothing is
downloaded. The columns mean nothing, and results on them are not results on
California's. `_drawn_houses.py` says how they are drawn.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._drawn_houses import draw_houses
from fastmlp.datasets._splitting import Houses, fraction, one_of, split_off

__all__ = ["load_data"]

# Columns of as different sizes as California's.
_RANGES = np.array(
    [
        *[(0.5, 15), (1, 52), (1, 15), (0.5, 5)],
        *[(3, 6000), (1, 8), (32.5, 42), (-124.4, -114.3)],
    ]
)


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(
    version: Literal["large", "small"] = "large",
    test_split: float = 0.2,
    seed: int = 0,
) -> Houses:
    """Return a drawn table in the format of California Housing, made from a seed.

    Args:
        version: "large", the default, for 20,640 rows; "small" for the first 600.
        test_split: The part that is for testing, from 0 to below 1. Default 0.2.
        seed: Any whole number of 0 or more; the same one gives the same table.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, all float32: tables of shape (16512, 8)
        and (4128, 8), or (480, 8) and (120, 8), and prices from 15,000 to 500,000.

    Raises:
        TypeError: An argument is not a number of its kind.
        ValueError: An argument is out of its range.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data("small")
        >>> x_train.shape, x_test.shape
        ((480, 8), (120, 8))
    """
    rows = 600 if one_of("version", version, ("large", "small")) == "small" else None
    test_split = fraction("test_split", test_split)
    x, price = draw_houses(as_count("seed", seed, 0), 20640, _RANGES)
    y = np.clip(207_000 + 115_000 * price, 15_000, 500_000).round(-2)
    x, y = x[:rows].astype(np.float32), y[:rows].astype(np.float32)
    return split_off(x, y, test_split)
