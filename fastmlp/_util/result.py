"""What a model or a layer returns when it is called: an array, as Keras's tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ResultArray(np.ndarray[Any, np.dtype[np.float32]]):
    """An array, with what Keras's results have beside; NumPy makes plain arrays of it.

    Example:
        >>> y = as_result(np.float32([[2.0]]))
        >>> y.numpy(), float(y), type(y + 1).__name__
        (array([[2.]], dtype=float32), 2.0, 'ndarray')
    """

    def numpy(self) -> NDArray[np.float32]:
        """Return the numbers as a plain array."""
        return self.view(np.ndarray)

    def __float__(self) -> float:
        """Return a single number, in however many brackets it stands."""
        return float(self.item())

    def __int__(self) -> int:
        """Return the same, cut off after the point."""
        return int(self.item())

    def __array_wrap__(
        self, array: Any, context: Any = None, return_scalar: bool = False
    ) -> Any:
        """Leave what NumPy has computed as it is."""
        return array if array.ndim else array[()]

    def __repr__(self) -> str:
        """Return what a plain array is shown as."""
        return repr(self.numpy())

    def __reduce__(self) -> Any:
        """Make a plain array of a copy in a file."""
        return self.numpy().__reduce__()


def as_result(given: Any) -> Any:
    """Return an array, or all in a list or a dictionary, as results: views only."""
    if isinstance(given, np.ndarray):
        return given.view(ResultArray)
    if isinstance(given, Mapping):
        return {name: as_result(one) for name, one in given.items()}
    return type(given)(as_result(one) for one in given)
