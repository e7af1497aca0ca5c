"""What all doors to the kernels share: which are loaded, checks, scratch space.

Attributes:
    compiled: The compiled kernels in use, or None: then NumPy does the work.
"""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import reference
from fastmlp.kernels import _loading
from fastmlp.plan import PANEL_SIZE, Float32, aligned_zeros

compiled = _loading.compiled

_scratch = threading.local()


def as_array(name: str, value: ArrayLike, *shape: int | None) -> Float32:
    """Return `value` as a C-contiguous float32 array of that shape (None: any)."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, not {array.dtype}.")
    fits = array.ndim == len(shape) and all(
        wanted in (None, found)
        for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits:
        words = ", ".join("any" if size is None else str(size) for size in shape)
        words += "," if len(shape) == 1 else ""
        raise ValueError(f"{name} must have shape ({words}), not {array.shape}.")
    return np.ascontiguousarray(array, np.float32)


def as_rows(name: str, value: ArrayLike) -> Float32:
    """Return `value` as float32 rows of at least one column."""
    array = as_array(name, value, None, None)
    if array.shape[1] == 0:
        raise ValueError(
            f"{name} must have at least one column, but its shape is {array.shape}."
        )
    return array


def as_result(name: str, out: Float32 | None, *shape: int) -> Float32:
    """Return `out`, checked, or a new array of that shape."""
    if out is None:
        return np.empty(shape, np.float32)
    return in_place(name, out, *shape)


def in_place(
    name: str,
    array: NDArray[Any] | None,
    *shape: int,
    dtype: type[np.generic] = np.float32,
) -> NDArray[Any]:
    """Check an array that a kernel is to write into."""
    if not (
        isinstance(array, np.ndarray)
        and array.dtype == dtype
        and array.shape == shape
        and array.flags.c_contiguous
        and array.flags.writeable
    ):
        raise ValueError(
            f"{name} is written to, so it must be a writable, C-contiguous "
            f"{dtype.__name__} array of shape {shape}."
        )
    return array


def apart(out: NDArray[Any], arguments: dict[str, NDArray[Any]]) -> None:
    """Refuse a result that would overwrite what the kernel still reads."""
    for name, array in arguments.items():
        if np.may_share_memory(out, array):
            raise ValueError(
                f"The result would be written over {name} while {name} is still being "
                "read: give an array of its own, or leave `out` away."
            )


def panel(size: int = PANEL_SIZE) -> Float32:
    """Return scratch space, enough for a matrix product, one for each thread.

    Args:
        size: How many floats are needed, if they are more than a product needs.
    """
    room: Float32 | None = getattr(_scratch, "panel", None)
    if room is None or room.size < size:
        room = _scratch.panel = aligned_zeros(max(size, PANEL_SIZE))
    return room


def call(
    kernel: str,
    arguments: Sequence[object],
    results: Sequence[NDArray[Any]],
    *scratch: Float32,
) -> None:
    """Let a compiled kernel fill `results`, or the reference return them."""
    if compiled is None:
        values = getattr(reference, kernel)(*arguments)
        for result, value in zip(
            results, values if isinstance(values, tuple) else (values,), strict=True
        ):
            result[...] = value
    else:
        getattr(compiled, f"py_{kernel}")(*arguments, *scratch, *results)


def elementwise(
    kernel: str,
    arrays: dict[str, ArrayLike],
    out: Float32 | None,
    *settings: float,
) -> Float32:
    """Call a kernel whose arrays all have one shape, whatever it is."""
    shape = np.shape(next(iter(arrays.values())))
    flat = [as_array(name, value, *shape).ravel() for name, value in arrays.items()]
    out = as_result("out", out, *shape)
    call(kernel, [*flat, *settings], [out.reshape(-1)])
    return out
