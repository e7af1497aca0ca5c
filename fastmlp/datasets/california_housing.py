"""California Housing: what houses cost in 20,640 districts in 1990."""

from __future__ import annotations

import os
from typing import Literal

from fastmlp._check.numbers import as_count, if_given
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._splitting import (
    Houses,
    fraction,
    one_of,
    read_table,
    shuffled_split,
)

__all__ = ["load_data"]


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(
    version: Literal["large", "small"] = "large",
    path: str | os.PathLike[str] = "california_housing.npz",
    test_split: float = 0.2,
    seed: int | None = 113,
) -> Houses:
    """Return 8 numbers on each district, and the median price of its houses.

    They are incomes, ages of houses, rooms, bedrooms, residents, members of households,
    latitude and longitude. Files are found, fetched and checked as `mnist.load_data`
    says. `synthetic_california_housing` needs none.

    Args:
        version: "large", the default, for all districts; "small" for the first 600.
        path: File name in the cache, or absolute path of Keras's
            `california_housing.npz`.
        test_split: The part that is for testing, from 0 to below 1. Default 0.2.
        seed: Of the order of the rows. Default 113; None is another each time.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: tables of shape (16512, 8) and
        (4128, 8), or (480, 8) and (120, 8), and prices in dollars.

    Raises:
        ConnectionError: The file is not here and cannot be downloaded.
        ValueError: The file is not Keras's, or an argument is out of its range.

    Example:
        >>> (x_train, y_train), _ = load_data("small")  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (480, 8)
    """
    rows = 600 if one_of("version", version, ("large", "small")) == "small" else None
    test_split = fraction("test_split", test_split)
    seed = if_given(as_count, "seed", seed, 0)
    x, y = read_table("california_housing.npz", path)
    return shuffled_split(x[:rows], y[:rows], test_split, seed)
