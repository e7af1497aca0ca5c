"""Boston Housing: what 506 neighbourhoods of Boston cost in the 1970s."""

from __future__ import annotations

import os

from fastmlp._check.numbers import as_count, if_given
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._splitting import Houses, fraction, read_table, shuffled_split

__all__ = ["load_data"]


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(
    path: str | os.PathLike[str] = "boston_housing.npz",
    test_split: float = 0.2,
    seed: int | None = 113,
) -> Houses:
    """Return 13 numbers on each neighbourhood, and the median price of its houses.

    One column, "B", was made from the share of Black residents, as if segregation set
    prices. Take `california_housing` unless that is your subject. Files are found,
    fetched and checked as `mnist.load_data` says.
    `synthetic_boston_housing` needs none.

    Args:
        path: File name in the cache, or absolute path of Keras's `boston_housing.npz`.
        test_split: The part that is for testing, from 0 to below 1. Default 0.2.
        seed: Of the order of the rows. Default 113; None is another each time.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, all float64: tables of shape (404, 13)
        and (102, 13), and prices in thousands of dollars of shape (404,) and (102,).

    Raises:
        ConnectionError: The file is not here and cannot be downloaded.
        ValueError: The file is not Keras's, or an argument is out of its range.

    Example:
        >>> (x_train, y_train), _ = load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train[0]  # doctest: +SKIP
        ((404, 13), 15.2)
    """
    test_split = fraction("test_split", test_split)
    seed = if_given(as_count, "seed", seed, 0)
    return shuffled_split(*read_table("boston_housing.npz", path), test_split, seed)
