"""Tables of houses that are drawn, of as many columns as the real ones.

Each column is a quantity of its own range, made of four hidden ones (wealth, age,
density, distance), with much of its own. The price bends with the columns, some work
together, and a part of it nothing explains: so a network does better than a line, and
none is right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_HIDDEN = 4
_UNEXPLAINED = 0.35  # of the price, in standard deviations


def draw_houses(
    seed: int, rows: int, ranges: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a table, and the price of each row as a number of about -3 to 3.

    Args:
        seed: Of the rows; what columns and prices depend on is the same for each.
        rows: How many rows.
        ranges: The low and the high end of each column, (columns, 2).
    """
    nature = np.random.default_rng(len(ranges))
    mixing = nature.standard_normal((_HIDDEN, len(ranges)))
    weights = nature.standard_normal((2, len(ranges), 3))
    rng = np.random.default_rng(seed)
    hidden = rng.standard_normal((rows, _HIDDEN))
    own = rng.standard_normal((rows, len(ranges)))
    columns = np.tanh(0.35 * (hidden @ mixing + own))
    low, high = ranges.T
    x = low + (high - low) * (1 + columns) / 2
    # Three bends, and a slope that another sum turns.
    bends = np.tanh(columns @ weights[0]) * (3 + columns @ weights[1])
    price = bends @ [1.0, 0.7, 0.5]
    price = (price - price.mean()) / max(price.std(), 1e-9)
    return x, price + _UNEXPLAINED * rng.standard_normal(rows)
