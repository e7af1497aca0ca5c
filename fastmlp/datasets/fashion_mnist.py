"""Fashion-MNIST: 70,000 pictures of clothes, in MNIST's shapes."""

from __future__ import annotations

import gzip

import numpy as np

from fastmlp.datasets._files import opened
from fastmlp.datasets.mnist import Digits, Pixels

__all__ = ["load_data"]


def __dir__() -> list[str]:
    return __all__


def load_data() -> Digits:
    """Return pictures of clothes, from a file or from the network.

    0 to 9 are T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag
    and Ankle boot. Files are found, fetched and checked as `mnist.load_data` says.
    `synthetic_fashion_mnist` needs none.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, all uint8: images of shape
        (60000, 28, 28) and (10000, 28, 28), and labels of shape (60000,) and (10000,).

    Raises:
        ConnectionError: A file is not here and cannot be downloaded.
        ValueError: A file is not Keras's.

    Example:
        >>> (x_train, y_train), _ = load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train[0]  # doctest: +SKIP
        ((60000, 28, 28), 9)
    """
    return (
        (_read("train-images-idx3"), _read("train-labels-idx1")),
        (_read("t10k-images-idx3"), _read("t10k-labels-idx1")),
    )


def _read(name: str) -> Pixels:
    """Return the array of a file in the IDX format: a few sizes, and then bytes."""
    found = opened(f"fashion-mnist/{name}-ubyte.gz")
    with found.file:
        content = gzip.decompress(found.file.read())
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, offset=4)
    offset = 4 + 4 * dimensions
    return np.frombuffer(content, np.uint8, offset=offset).reshape(shape).copy()
