"""Synthetic houses: Boston Housing's format, drawn by the package itself.

For a lesson where Boston Housing is out of reach, and for tests: nothing is downloaded.
The columns mean nothing, and results on them are not results on Boston's.
`_drawn_houses.py` says how they are drawn.
"""

from __future__ import annotations

import numpy as np

from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._drawn_houses import draw_houses
from fastmlp.datasets._splitting import Houses, fraction, split_off

__all__ = ["load_data"]

# Columns of as different sizes as Boston's.
_RANGES = np.array(
    [
        *[(0, 60), (0, 100), (0.5, 28), (0, 1), (0.4, 0.9), (3.5, 8.8), (3, 100)],
        *[(1, 12), (1, 24), (187, 711), (12, 22), (0, 397), (1.7, 38)],
    ]
)


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(test_split: float = 0.2, seed: int = 0) -> Houses:
    """Return a drawn table in the format of Boston Housing, made from a seed.

    Args:
        test_split: The part that is for testing, from 0 to below 1. Default 0.2.
        seed: Any whole number of 0 or more; the same one gives the same table.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, all float64: tables of shape (404, 13)
        and (102, 13), and prices from 5 to 50 of shape (404,) and (102,).

    Raises:
        TypeError: An argument is not a number of its kind.
        ValueError: An argument is out of its range.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, x_test.shape
        ((404, 13), (102, 13))
    """
    test_split = fraction("test_split", test_split)
    x, price = draw_houses(as_count("seed", seed, 0), 506, _RANGES)
    return split_off(x, np.clip(22.5 + 9.2 * price, 5, 50).round(1), test_split)
