"""CIFAR-100: 60,000 small colour pictures of a hundred kinds of things."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fastmlp._util.keywords import suggesting
from fastmlp.datasets._cifar import Pictures, read_batches
from fastmlp.datasets._splitting import one_of

__all__ = ["load_data"]


_BATCHES = {"train": 50000, "test": 10000}


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(label_mode: Literal["fine", "coarse"] = "fine") -> Pictures:
    """Return pictures of a hundred kinds of things, which make up twenty groups.

    The archive is found, fetched and checked as `mnist.load_data` says; 169 MB.
    `synthetic_cifar100` needs none.

    Args:
        label_mode: "fine", the default, for the kinds, 0 to 99; "coarse" for the
            groups, 0 to 19.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 pictures of shape
        (50000, 32, 32, 3) and (10000, 32, 32, 3), and int64 labels of shape (50000, 1)
        and (10000, 1).

    Raises:
        ConnectionError: The archive is not here and cannot be downloaded.
        ValueError: It is not Keras's, or there are no such labels.

    Example:
        >>> (x_train, y_train), _ = load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train.shape  # doctest: +SKIP
        ((50000, 32, 32, 3), (50000, 1))
    """
    mode = one_of("label_mode", label_mode, ("fine", "coarse"))
    (x_train, train), (x_test, test) = read_batches(
        "cifar-100-python.tar.gz", _BATCHES, f"{mode}_labels"
    )
    # As in Keras, these are not uint8.
    y_train, y_test = np.array(train, np.int64), np.array(test, np.int64)
    return (x_train, y_train[:, None]), (x_test, y_test[:, None])
