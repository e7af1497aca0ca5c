"""Arrays from nothing, from lists, and of another dtype."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from fastmlp.ops._arrays import as_arrays
from fastmlp.ops._tape import Rule, computed, differentiable, not_differentiable
from fastmlp.ops._traced import TensorLike, Traced, untraced

__all__ = [
    "arange", "array", "cast", "convert_to_numpy", "convert_to_tensor", "eye", "full",
    "full_like", "identity", "linspace", "ndim", "one_hot", "ones", "ones_like",
    "shape", "size", "stop_gradient", "zeros", "zeros_like",
]  # fmt: skip

Shape: TypeAlias = "int | Sequence[int]"


# -- What an array is -----------------------------------------------------------


def shape(x: TensorLike) -> tuple[int, ...]:
    """Return the lengths of the axes.

    Example:
        >>> shape([[1.0, 2.0, 3.0]])
        (1, 3)
    """
    return tuple(convert_to_tensor(x).shape)


def ndim(x: TensorLike) -> int:
    """Return how many axes there are.

    Example:
        >>> ndim([[1.0, 2.0, 3.0]])
        2
    """
    return len(shape(x))


def size(x: TensorLike) -> int:
    """Return how many numbers there are.

    Example:
        >>> size([[1.0, 2.0, 3.0]])
        3
    """
    return math.prod(shape(x))


# -- Of another dtype, or without a past ----------------------------------------


def cast(x: TensorLike, dtype: DTypeLike) -> Any:
    """Return x in another dtype. Whole numbers and truths let no gradient pass.

    Args:
        x: Numbers of any shape.
        dtype: Such as "float32", "int32" or "bool".

    Example:
        >>> cast([True, False], "float32")
        array([1., 0.], dtype=float32)
    """
    wanted = computed("cast", [untraced(x)], np.dtype, dtype)
    return _to_floats(x, wanted) if wanted.kind == "f" else _to_whole(x, wanted)


@differentiable
def _to_floats(x: TensorLike, dtype: np.dtype[Any]) -> Rule:
    """y = x, dx = dy."""
    return x.astype(dtype), lambda dy: dy


@not_differentiable
def _to_whole(x: TensorLike, dtype: np.dtype[Any]) -> Any:
    return x.astype(dtype)


def convert_to_tensor(x: TensorLike, dtype: DTypeLike | None = None) -> Any:
    """Return x as an array; lists become float32, int32 or bool.

    Args:
        x: An array, a list, a number. What is traced stays traced.
        dtype: The dtype that it shall have. Default None: that of x.

    Example:
        >>> convert_to_tensor([1.0, 2.0])
        array([1., 2.], dtype=float32)
    """
    if dtype is not None:
        return cast(x, dtype)
    return x if isinstance(x, Traced) else as_arrays(["x"], [x])[0]


array = convert_to_tensor


@not_differentiable
def convert_to_numpy(x: TensorLike) -> Any:
    """Return x as a plain NumPy array. No gradient passes.

    Example:
        >>> convert_to_numpy([1, 2])
        array([1, 2], dtype=int32)
    """
    return x


@not_differentiable
def stop_gradient(x: TensorLike) -> Any:
    """Return x as a constant: nothing behind it learns from what is made of it.

    Example:
        >>> from fastmlp.ops import gradient
        >>> from fastmlp.ops import gradient
        >>> gradient(lambda x: x * stop_gradient(x), np.float32([3.0]))
        array([3.], dtype=float32)
    """
    return x


# -- New ones -------------------------------------------------------------------


def zeros(shape: Shape, dtype: DTypeLike | None = None) -> Any:
    """Make an array of zeros.

    Args:
        shape: The lengths of its axes.
        dtype: Default None: float32.

    Example:
        >>> zeros((1, 3))
        array([[0., 0., 0.]], dtype=float32)
    """
    return full(shape, 0, dtype)


def ones(shape: Shape, dtype: DTypeLike | None = None) -> Any:
    """Make an array of ones.

    Args:
        shape: The lengths of its axes.
        dtype: Default None: float32.

    Example:
        >>> ones(2)
        array([1., 1.], dtype=float32)
    """
    return full(shape, 1, dtype)


def full(shape: Shape, fill_value: TensorLike, dtype: DTypeLike | None = None) -> Any:
    """Make an array of one value.

    Args:
        shape: The lengths of its axes.
        fill_value: The value.
        dtype: Default None: float32.

    Example:
        >>> full((2,), 7.0)
        array([7., 7.], dtype=float32)
    """
    return computed(
        "full", [fill_value], np.full, shape, fill_value, dtype or "float32"
    )


def zeros_like(x: TensorLike, dtype: DTypeLike | None = None) -> Any:
    """Make an array of zeros in the shape of x.

    Args:
        x: An array.
        dtype: Default None: that of x.

    Example:
        >>> zeros_like([1.0, 2.0])
        array([0., 0.], dtype=float32)
    """
    return full_like(x, 0, dtype)


def ones_like(x: TensorLike, dtype: DTypeLike | None = None) -> Any:
    """Make an array of ones in the shape of x.

    Args:
        x: An array.
        dtype: Default None: that of x.

    Example:
        >>> ones_like([3.0, 4.0])
        array([1., 1.], dtype=float32)
    """
    return full_like(x, 1, dtype)


@not_differentiable
def full_like(x: TensorLike, fill_value: Any, dtype: DTypeLike | None = None) -> Any:
    """Make an array of one value in the shape of x.

    Args:
        x: An array.
        fill_value: The value.
        dtype: Default None: that of x.

    Example:
        >>> full_like([1.0, 2.0], 7)
        array([7., 7.], dtype=float32)
    """
    return np.full_like(x, fill_value, dtype)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1,
    dtype: DTypeLike | None = None,
) -> Any:
    """Make the numbers from start up to, but without, stop.

    Args:
        start: The first; with no stop, the stop, and the first is 0.
        stop: Where it ends. Default None: see start.
        step: The distance of two neighbours. Default 1.
        dtype: Default None: int32 if all are whole numbers, else float32.

    Example:
        >>> arange(3)
        array([0, 1, 2], dtype=int32)
    """
    if stop is None:
        start, stop = 0, start
    values = as_arrays(["start", "stop", "step"], [start, stop, step or 1])
    return computed("arange", values, np.arange, *values, dtype or values[0].dtype)


def linspace(
    start: float, stop: float, num: int = 50, dtype: DTypeLike | None = None
) -> Any:
    """Make numbers from start to stop, both included, at equal distances.

    Args:
        start: The first.
        stop: The last.
        num: How many. Default 50.
        dtype: Default None: float32.

    Example:
        >>> linspace(0, 1, 3)
        array([0. , 0.5, 1. ], dtype=float32)
    """
    values = as_arrays(["start", "stop"], [start, stop], floats=True)
    return computed(
        "linspace", values, np.linspace, *values, num, dtype=dtype or values[0].dtype
    )


def eye(
    N: int, M: int | None = None, k: int = 0, dtype: DTypeLike | None = None
) -> Any:
    """Make a matrix of zeros with a diagonal of ones.

    Args:
        N: How many rows.
        M: How many columns. Default None: N.
        k: How far the diagonal lies to the right. Default 0.
        dtype: Default None: float32.

    Example:
        >>> eye(2)
        array([[1., 0.],
               [0., 1.]], dtype=float32)
    """
    return computed("eye", [], np.eye, N, M, k, dtype or "float32")


def identity(n: int, dtype: DTypeLike | None = None) -> Any:
    """Make a square matrix of zeros with a diagonal of ones.

    Args:
        n: How many rows and columns.
        dtype: Default None: float32.

    Example:
        >>> identity(1)
        array([[1.]], dtype=float32)
    """
    return eye(n, dtype=dtype)


@not_differentiable
def one_hot(
    x: TensorLike, num_classes: int, axis: int = -1, dtype: DTypeLike | None = None
) -> Any:
    """Turn integer labels into vectors with a single 1.

    A label that is no class, from 0 to num_classes - 1, becomes zeros alone.

    Args:
        x: Labels of any shape.
        num_classes: How many classes there are.
        axis: Where the new axis stands. Default -1, at the end.
        dtype: Default None: float32.

    Example:
        >>> one_hot([1, 0], 2)
        array([[0., 1.],
               [1., 0.]], dtype=float32)
    """
    hits = x[..., None] == np.arange(num_classes)
    return np.moveaxis(hits.astype(dtype or "float32"), -1, axis)
