"""MNIST: 70,000 handwritten digits, the data set of every first network."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._npy import read_array, read_header
from fastmlp._saving._sizes import UnfitFile
from fastmlp._saving._zip import Zip
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._files import opened

__all__ = ["load_data"]


def __dir__() -> list[str]:
    return __all__


# All uint8. Checkers are told of no dtype, since they would hold a variable to it, and
# every first lesson says x_train = x_train / 255 and y_train = to_categorical(y_train).
Pixels: TypeAlias = NDArray[Any]
Labels: TypeAlias = NDArray[Any]
Digits: TypeAlias = tuple[tuple[Pixels, Labels], tuple[Pixels, Labels]]

SHAPES: dict[str, tuple[int, ...]] = {
    "x_train": (60000, 28, 28),
    "y_train": (60000,),
    "x_test": (10000, 28, 28),
    "y_test": (10000,),
}
# The four arrays' bytes in this order, whatever file they came in.
CONTENT_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"


@suggesting
def load_data(path: str | os.PathLike[str] = "mnist.npz") -> Digits:
    """Return MNIST, from a file if it is here and from the network if not.

    A relative path is looked for in `datasets/` of fastmlp's cache folder
    (`FASTMLP_HOME`, or `~/.fastmlp`), then in `datasets/` of Keras's (`KERAS_HOME`,
    or `~/.keras`). If it is in neither, it is downloaded from Keras's address,
    checked, and put into fastmlp's folder. An absolute path loads that file.

    Args:
        path: File name in the cache, or absolute path of an `.npz` file that holds
            MNIST's four arrays `x_train`, `y_train`, `x_test` and `y_test`.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, all uint8: images of shape
        (60000, 28, 28) and (10000, 28, 28), 0 for bare paper to 255 for full ink,
        and labels 0 to 9 of shape (60000,) and (10000,).

    Raises:
        ConnectionError: The file is not here and cannot be downloaded. Where there
            is no network, this comes within 5 seconds.
        ValueError: The file is damaged, or holds something else than MNIST's arrays.
        FileNotFoundError: There is no file at the absolute path.
        IsADirectoryError: There is a folder where the file should be.

    Example:
        >>> from fastmlp.datasets import mnist
        >>> (x_train, y_train), (x_test, y_test) = mnist.load_data()  # doctest: +SKIP
        >>> x_train.shape, y_train[0]  # doctest: +SKIP
        ((60000, 28, 28), 5)
    """
    return load_with_source(path)[0]


def load_with_source(path: str | os.PathLike[str]) -> tuple[Digits, str]:
    """Return what `load_data` returns, and the file or address that it is from."""
    # Any digits of MNIST's shapes will do: a course may have its own.
    found = opened("mnist.npz", path, verified=False)
    with found.file:
        return _read(*found), found.source


def is_mnist(digits: Digits) -> bool:
    """Return whether these are MNIST's own images and labels, byte for byte.

    Fashion-MNIST and others come in the same shapes.
    """
    content = hashlib.sha256()
    for images, labels in digits:
        content.update(np.ascontiguousarray(images).data)
        content.update(np.ascontiguousarray(labels).data)
    return content.hexdigest() == CONTENT_SHA256


def _read(file: BinaryIO, source: str, mend: str) -> Digits:
    """Return the arrays of an npz file, every header checked before any data.

    A small file can claim, or unpack to, gigabytes.
    """
    try:
        with contextlib.closing(Zip(file, source)) as archive:
            for name, shape in SHAPES.items():
                _check_member(archive, source, name, shape)
            x_train, y_train, x_test, y_test = (
                read_array(archive, name, f"In {source}, {name!r}") for name in SHAPES
            )
    except UnfitFile as cause:
        raise ValueError(f"{cause} {mend}") from None
    return (x_train, y_train), (x_test, y_test)


def _check_member(archive: Zip, source: str, name: str, shape: tuple[int, ...]) -> None:
    """Check an array by what the file says of it, at the cost of a few kilobytes."""
    if f"{name}.npy" not in archive.names:
        raise UnfitFile(
            f"{source} is not an MNIST file: it has no array {name!r}; MNIST has "
            f"{', '.join(SHAPES)}."
        )
    found = read_header(archive, name, f"In {source}, {name!r}")
    if found.shape != shape or found.dtype != np.uint8:
        raise UnfitFile(
            f"{source} is not an MNIST file: {name!r} has shape {found.shape} and "
            f"dtype {found.dtype}, expected {shape} and uint8."
        )
