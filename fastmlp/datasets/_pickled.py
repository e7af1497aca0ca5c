"""Pickles that hold lists and plain arrays, read without running what they name.

IMDB, Reuters and CIFAR were published as pickles, which can name any function of any
module. Here, a few names are known, and each is a stand-in that keeps what it is given.
"""

import pickle
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._sizes import UnfitFile


class PickledArray:
    """An array of NumPy's, as the pickle describes it."""

    shape: tuple[int, ...]
    dtype: "_Dtype"
    content: Any

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, self.dtype, _, self.content = state

    def lists(self) -> list[list[int]]:
        """Return an array of objects as the lists that it holds.

        Raises:
            UnfitFile: It holds something else.
        """
        rows = self.content
        if type(rows) is list and all(type(row) is list for row in rows):
            return rows
        raise UnfitFile("It does not hold lists of whole numbers.")

    def bytes_of(self, *shape: int) -> NDArray[np.uint8]:
        """Return an array of bytes; one of another shape or type is refused."""
        if self.shape != shape or self.dtype.code not in (b"u1", "u1"):
            raise UnfitFile(f"It does not hold bytes of shape {shape}.")
        return np.frombuffer(self.content, np.uint8).reshape(shape)


class _Dtype:
    def __init__(self, code: bytes | str, *_: Any) -> None:
        self.code = code

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Pass over byte order and alignment, which bytes and objects do not have."""


def _reconstruct(*_: Any) -> PickledArray:
    return PickledArray()


def _encode(text: str, encoding: str) -> bytes:
    """Return the bytes that Python 3 wrote for a reader of Python 2."""
    return text.encode("latin1")


_KNOWN = {
    ("_codecs", "encode"): _encode,
    ("numpy", "ndarray"): PickledArray,
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        known = _KNOWN.get((module, name))
        if known is None:
            raise UnfitFile(f"It names {module}.{name}, which no data set does.")
        return known


def read_pickle(file: IO[bytes]) -> Any:
    """Return what a pickle holds, its arrays as `PickledArray`, its texts as bytes.

    Raises:
        UnfitFile: It names anything but an array of NumPy's.
    """
    return _Unpickler(file, encoding="bytes").load()
