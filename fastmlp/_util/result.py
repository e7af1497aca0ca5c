"""What a model, a layer, a loss or a metric returns when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ResultNumber(float):
    """A number that gives itself as NumPy's, too, as Keras's results do.

    Example:
        >>> ResultNumber(0.5), ResultNumber(0.5).numpy()
        (0.5, np.float32(0.5))
    """

    def numpy(self) -> np.float32:
        """Return it as a number of NumPy's."""
        return np.float32(self)


class ResultArray(np.ndarray[Any, np.dtype[np.float32]]):
    """An array, with what Keras's results have beside, as has what is made of it.

    Example:
        >>> y = as_result(np.float32([[2.0]]))
        >>> float(y), y.numpy(), (y > 1).numpy()
        (2.0, array([[2.]], dtype=float32), array([[ True]]))
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
        """Return what NumPy has computed: such an array, or a number of NumPy's."""
        return array.view(ResultArray) if array.ndim else array[()]

    def __repr__(self) -> str:
        """Return what a plain array is shown as."""
        return repr(self.numpy())

    def __reduce__(self) -> Any:
        """Make a plain array of a copy in a file."""
        return self.numpy().__reduce__()


def as_result(given: Any) -> Any:
    """Return an array, or all in a list or a dictionary, as results: views only.

    What is none of these, such as a traced array, is returned as it is.
    """
    if isinstance(given, np.ndarray):
        return given.view(ResultArray)
    if isinstance(given, Mapping):
        return {name: as_result(one) for name, one in given.items()}
    if isinstance(given, (list, tuple)):
        return type(given)(as_result(one) for one in given)
    return given
