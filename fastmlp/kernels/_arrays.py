"""Arrays that kernels read and write, checked."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_float32, real_numbers
from fastmlp.plan import Float32


def as_array(name: str, value: Any) -> Float32:
    """Return `value` as an aligned, C-contiguous float32 array.

    Raises:
        TypeError: It does not hold real numbers.
        ValueError: Its rows differ in length, or some of its values are masked.
    """
    return as_float32(name, real_numbers(name, value), finite=False)


def in_place(
    name: str, array: Any, shape: tuple[int, ...], dtype: type[np.generic] = np.float32
) -> NDArray[Any]:
    """Check an array that a kernel is to write into."""
    if not (
        isinstance(array, np.ndarray)
        and array.dtype == dtype
        and array.shape == shape
        and array.flags.carray
    ):
        raise ValueError(
            f"{name} is written to, so it must be a writable, aligned, C-contiguous "
            f"{dtype.__name__} array of shape {shape}."
        )
    return array
