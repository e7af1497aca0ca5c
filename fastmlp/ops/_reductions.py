"""Reductions: an axis, or several, become one number.

What was summed up to one number has one gradient for all: the tape stretches it over
the axes that are gone, once `_kept` has put them back, with length 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastmlp.ops._arrays import axes_of
from fastmlp.ops._comparing import argsort
from fastmlp.ops._elementwise import (
    divide,
    maximum,
    minimum,
    multiply,
    negative,
    sqrt,
    square,
    subtract,
)
from fastmlp.ops._making import ndim, ones_like, shape
from fastmlp.ops._shapes import (
    ravel,
    reshape,
    take,
    take_along_axis,
)
from fastmlp.ops._tape import Rule, differentiable, differentiable_of_floats
from fastmlp.ops._traced import Array, Axis, TensorLike

__all__ = [
    "amax", "amin", "average", "cumsum", "logsumexp", "max", "mean", "median", "min",
    "prod", "sort", "std", "sum", "top_k", "var",
]  # fmt: skip


def _kept(y: Array, axes: tuple[int, ...], x: Array) -> Array:
    """Return y with the axes that x has and that were reduced, with length 1."""
    return np.reshape(y, [1 if i in axes else n for i, n in enumerate(x.shape)])


def _sum_dtype(x: Array) -> np.dtype[Any]:
    """Return the dtype of a sum: that of x, but a sum of truths is a count."""
    return np.dtype(np.int32) if x.dtype.kind == "b" else x.dtype


# -- Sums and means -------------------------------------------------------------


@differentiable
def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Rule:
    """Compute the sum of elements; dx = dy for each of them.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which is summed. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.

    Example:
        >>> sum(np.float32([[1, 2], [3, 4]]), axis=-1)
        array([3., 7.], dtype=float32)
    """
    axes = axes_of(axis, x)
    y = x.sum(axes, _sum_dtype(x), keepdims=keepdims)
    return y, lambda dy: _kept(dy, axes, x)


@differentiable_of_floats
def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Rule:
    """Compute the mean of n elements; dx = dy / n for each of them.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which the mean is. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.

    Example:
        >>> mean(np.float32([[1, 2], [3, 4]]), axis=-1)
        array([1.5, 3.5], dtype=float32)
    """
    axes = axes_of(axis, x)
    n = x.dtype.type(math.prod(x.shape[i] for i in axes))
    y = x.sum(axes, keepdims=keepdims) / n
    return y, lambda dy: _kept(dy, axes, x) / n


def average(
    x: TensorLike, axis: int | None = None, weights: TensorLike | None = None
) -> Any:
    """Compute the mean, or with weights w: sum(w x) / sum(w).

    Args:
        x: Numbers of any shape.
        axis: The axis along which the mean is. Default None: all.
        weights: In the shape of x, or one for each element of the axis. Default None:
            all are equal.

    Example:
        >>> float(average([1.0, 4.0], weights=[2.0, 1.0]))
        2.0
    """
    if weights is None:
        return mean(x, axis)
    if axis is not None and ndim(weights) < ndim(x):
        others = [1] * ndim(x)
        others[axis] = -1
        weights = reshape(weights, others)
    total = sum(multiply(weights, ones_like(x)), axis)
    return divide(sum(multiply(weights, x), axis), total)


def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """Compute the variance: the mean of (x - mean x)^2.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which it is. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.

    Example:
        >>> float(var([1.0, 3.0]))
        1.0
    """
    centred = subtract(x, mean(x, axis, keepdims=True))
    return mean(square(centred), axis, keepdims)


def std(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """Compute the standard deviation, the square root of the variance.

    Where all elements are equal, it has no slope: its gradient is NaN.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which it is. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.

    Example:
        >>> float(std([1.0, 5.0]))
        2.0
    """
    return sqrt(var(x, axis, keepdims))


@differentiable_of_floats
def logsumexp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Rule:
    """Compute y = log sum e^x, a smooth maximum; dx = softmax(x) dy.

    The largest x is subtracted first, so that no power overflows.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which it is. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.

    Example:
        >>> float(logsumexp([1000.0, -1000.0]))
        1000.0
    """
    axes = axes_of(axis, x)
    largest = np.max(x, axes, keepdims=True)
    # Infinities would make NaN of the difference.
    largest = np.where(np.isfinite(largest), largest, x.dtype.type(0))
    powers = np.exp(x - largest)
    total = powers.sum(axes, keepdims=True)
    y = np.log(total) + largest
    result = y if keepdims else np.squeeze(y, axes)
    return result, lambda dy: powers / total * _kept(dy, axes, x)


@differentiable
def prod(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Rule:
    """Compute the product of elements; dx = dy times the product of all the others.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which is multiplied. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.

    Example:
        >>> prod(np.float32([[1, 2], [3, 4]]), axis=-1)
        array([ 2., 12.], dtype=float32)
    """
    axes = axes_of(axis, x)
    y = x.prod(axes, _sum_dtype(x), keepdims=keepdims)
    return y, lambda dy: _products_of_others(x, axes) * _kept(dy, axes, x)


def _products_of_others(x: Array, axes: tuple[int, ...]) -> Array:
    """Multiply what stands before and behind each: y / x would divide by 0."""
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, axes, last)
    flat = moved.reshape(*moved.shape[: x.ndim - len(axes)], -1)
    one = np.ones_like(flat[..., :1])
    before = np.cumprod(np.concatenate([one, flat[..., :-1]], -1), -1)
    behind = np.cumprod(np.concatenate([one, flat[..., :0:-1]], -1), -1)[..., ::-1]
    return np.moveaxis((before * behind).reshape(moved.shape), last, axes)


def cumsum(x: TensorLike, axis: int | None = None) -> Any:
    """Compute the sums of the first, of the first two, of the first three elements ...

    Args:
        x: Numbers of any shape.
        axis: Along which axis. Default None: of all, row by row.

    Example:
        >>> cumsum([1.0, 2.0, 3.0])
        array([1., 3., 6.], dtype=float32)
    """
    return _cumsum(ravel(x), 0) if axis is None else _cumsum(x, axis)


@differentiable
def _cumsum(x: TensorLike, axis: int) -> Rule:
    """y_i = x_0 + ... + x_i; dx_i = dy_i + dy_i+1 + ..., to the end."""
    y = np.cumsum(x, axis, _sum_dtype(x))
    return y, lambda dy: np.flip(np.cumsum(np.flip(dy, axis), axis), axis)


# -- The largest, and the order -------------------------------------------------


def max(
    x: TensorLike,
    axis: Axis = None,
    keepdims: bool = False,
    initial: TensorLike | None = None,
) -> Any:
    """Find the largest element, which gets dy. Several that are equal share it.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which is looked. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.
        initial: What the result is not below. Default None: no limit.

    Example:
        >>> max([[1.0, 2.0], [4.0, 3.0]], axis=1)
        array([2., 4.], dtype=float32)
    """
    y = _max(x, axis, keepdims)
    return y if initial is None else maximum(y, initial)


def min(
    x: TensorLike,
    axis: Axis = None,
    keepdims: bool = False,
    initial: TensorLike | None = None,
) -> Any:
    """Find the smallest element, which gets dy. Several that are equal share it.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which is looked. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.
        initial: What the result is not above. Default None: no limit.

    Example:
        >>> min([[1.0, 2.0], [4.0, 3.0]], axis=1)
        array([1., 3.], dtype=float32)
    """
    y = _min(x, axis, keepdims)
    return y if initial is None else minimum(y, initial)


amax = max
amin = min


@differentiable
def _max(x: TensorLike, axis: Axis, keepdims: bool) -> Rule:
    axes = axes_of(axis, x)
    y = np.max(x, axes, keepdims=keepdims)
    return y, lambda dy: _shares(x, y, axes) * _kept(dy, axes, x)


@differentiable
def _min(x: TensorLike, axis: Axis, keepdims: bool) -> Rule:
    axes = axes_of(axis, x)
    y = np.min(x, axes, keepdims=keepdims)
    return y, lambda dy: _shares(x, y, axes) * _kept(dy, axes, x)


def _shares(x: Array, y: Array, axes: tuple[int, ...]) -> Array:
    """How much of dy each x gets: 1 / n, if it is one of n that are y, else 0."""
    hits = (x == _kept(y, axes, x)).astype(x.dtype)
    return hits / hits.sum(axes, keepdims=True)


def sort(x: TensorLike, axis: int = -1) -> Any:
    """Return the elements from the smallest to the largest.

    Args:
        x: Numbers of any shape.
        axis: Along which axis. Default -1, the last.

    Example:
        >>> sort([3.0, 1.0, 2.0])
        array([1., 2., 3.], dtype=float32)
    """
    return take_along_axis(x, argsort(x, axis), axis)


def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[Any, Any]:
    """Find the k largest elements of the last axis.

    Args:
        x: Numbers of any shape.
        k: How many.
        sorted: They are always sorted.

    Returns:
        The elements, the largest first, and their indices, as int32.

    Example:
        >>> top_k([3.0, 1.0, 2.0], 2)
        (array([3., 2.], dtype=float32), array([0, 2], dtype=int32))
    """
    places = argsort(negative(x))[..., :k]
    return take_along_axis(x, places, -1), places


def median(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """Find what is in the middle of the order; of two, their mean.

    Args:
        x: Numbers of any shape.
        axis: Along which axis. Default None: of all.
        keepdims: Whether that axis stays, with length 1. Default False.

    Example:
        >>> float(median([1.0, 10.0, 3.0, 2.0]))
        2.5
    """
    if axis is None:
        y = median(ravel(x), 0)
        return reshape(y, [1] * ndim(x)) if keepdims else y
    n = shape(x)[axis]
    return mean(take(sort(x, axis), [(n - 1) // 2, n // 2], axis), axis, keepdims)
