"""What operations take: arrays, lists and numbers become arrays of one dtype."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import real_numbers

# What a number of Python's, or a list of them, is where no array says otherwise.
_DEFAULTS = {"b": np.dtype(bool), "i": np.dtype(np.int32), "f": np.dtype(np.float32)}
_KINDS = "bif"
_USUAL = {np.dtype(np.float32), np.dtype(np.float64)}


def names_of_arrays(function: Callable[..., Any]) -> list[str]:
    """Return the names of the first arguments, which are annotated as arrays."""
    return [
        name for name, kind in function.__annotations__.items() if kind == "TensorLike"
    ]


def as_arrays(
    names: Sequence[str], values: Sequence[Any], floats: bool = False
) -> list[NDArray[Any]]:
    """Return values as arrays of one dtype, as Keras chooses it.

    Whole numbers beside floating-point numbers become such. Numbers of Python's, and
    lists of them, take the dtype of the arrays beside them; without any, they are
    float32 or int32. So float32 stays float32, and float64 is float64 as long as an
    array is.

    Args:
        names: What the user calls the values.
        values: Arrays, lists, numbers.
        floats: Whether whole numbers become float32.

    Raises:
        TypeError: One does not hold real numbers.
        ValueError: Rows of one differ in length.

    Example:
        >>> [y.dtype.name for y in as_arrays("ab", [np.float32([1]), 0.5])]
        ['float32', 'float32']
        >>> [y.dtype.name for y in as_arrays("ab", [np.array([1, 2]), 0.5])]
        ['float32', 'float32']
    """
    usual = getattr(values[0], "dtype", None) if values else None
    if usual in _USUAL and all(
        type(value) is np.ndarray and value.dtype == usual for value in values
    ):
        return [*values]  # Most calls: there is nothing to do.
    arrays = [real_numbers(*pair) for pair in zip(names, values, strict=False)]
    # Only Python's own numbers take the dtype of others.
    adapting = [not hasattr(value, "dtype") for value in values]
    dtype = _common_dtype(arrays, adapting) if arrays else _DEFAULTS["f"]
    if floats and dtype.kind != "f":
        dtype = _DEFAULTS["f"]
    return [one.astype(dtype, copy=False) for one in arrays]


def _common_dtype(
    arrays: Sequence[NDArray[Any]], adapting: Sequence[bool]
) -> np.dtype[Any]:
    """Return the widest dtype of the highest kind: true or false, whole, floating."""
    kinds = ["i" if one.dtype.kind == "u" else one.dtype.kind for one in arrays]
    highest = max(kinds, key=_KINDS.index)
    widths = [
        one.dtype
        for one, kind, adapts in zip(arrays, kinds, adapting, strict=True)
        if kind == highest and not adapts
    ]
    return np.result_type(*widths) if widths else _DEFAULTS[highest]


def axes_of(axis: Any, x: NDArray[Any]) -> tuple[int, ...]:
    """Return the axes that are meant, each counted from 0: None means all."""
    if axis is None:
        return tuple(range(x.ndim))
    several = axis if isinstance(axis, (list, tuple)) else [axis]
    for one in map(operator.index, several):
        if not -x.ndim <= one < x.ndim:
            raise ValueError(
                f"axis {one} is not there: {x.ndim} axes count from {-x.ndim} to "
                f"{x.ndim - 1}"
            )
    return tuple(one % x.ndim for one in several)


def explained(name: str, values: Sequence[Any], error: Exception) -> Exception:
    """Return what NumPy complains of as a sentence that a beginner can act on."""
    shapes = " and ".join(str(np.shape(value)) for value in values)
    said = str(error).rstrip(".")
    name = name if "." in name else f"ops.{name}"
    advice = f"help(fastmlp.{name}) says what it takes."
    if "broadcast" in said:
        advice = (
            "Axes meet where they are equally long, or one of them is 1: ops.reshape "
            "and ops.expand_dims make them so."
        )
    kind = TypeError if isinstance(error, TypeError) else ValueError
    return kind(f"{name} of shape {shapes or '()'}: {said}. {advice}")
