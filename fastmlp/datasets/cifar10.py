"""CIFAR-10: 60,000 small colour pictures of ten kinds of things."""

from __future__ import annotations

import numpy as np

from fastmlp.datasets._cifar import Pictures, read_batches

__all__ = ["load_data"]

_TRAIN = {f"data_batch_{batch}": 10000 for batch in range(1, 6)}
_TEST = {"test_batch": 10000}


def __dir__() -> list[str]:
    return __all__


def load_data() -> Pictures:
    """Return pictures of aeroplanes, cars, birds, cats, deer, dogs, frogs and so on.

    0 to 9 are airplane, automobile, bird, cat, deer, dog, frog, horse, ship and truck.
    The archive is found, fetched and checked as `mnist.load_data` says; 170 MB.
    `synthetic_cifar10` needs none.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, all uint8: pictures of shape
        (50000, 32, 32, 3) and (10000, 32, 32, 3), and labels of shape (50000, 1) and
        (10000, 1).

    Raises:
        ConnectionError: The archive is not here and cannot be downloaded.
        ValueError: It is not Keras's.

    Example:
        >>> (x_train, y_train), _ = load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train.shape  # doctest: +SKIP
        ((50000, 32, 32, 3), (50000, 1))
    """
    *train, test = read_batches("cifar-10-python.tar.gz", _TRAIN | _TEST, "labels")
    x_train = np.concatenate([pixels for pixels, _ in train])
    y_train = np.concatenate([np.array(labels, np.uint8) for _, labels in train])
    x_test, y_test = test[0], np.array(test[1], np.uint8)
    return (x_train, y_train[:, None]), (x_test, y_test[:, None])
