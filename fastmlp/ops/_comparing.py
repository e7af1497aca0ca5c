"""Questions: comparisons, logic, and which is the largest. No gradient passes any."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastmlp.ops._arrays import axes_of
from fastmlp.ops._tape import not_differentiable
from fastmlp.ops._traced import Axis, TensorLike

__all__ = [
    "all", "any", "argmax", "argmin", "argsort", "count_nonzero", "equal", "greater",
    "greater_equal", "in_top_k", "isclose", "isfinite", "isinf", "isnan", "less",
    "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor",
    "not_equal",
]  # fmt: skip


# -- Of each element ------------------------------------------------------------


@not_differentiable
def equal(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether x1 = x2.

    Example:
        >>> equal([1, 2], [1, 3])
        array([ True, False])
    """
    return np.equal(x1, x2)


@not_differentiable
def not_equal(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether x1 and x2 differ.

    Example:
        >>> not_equal([1, 2], [1, 3])
        array([False,  True])
    """
    return np.not_equal(x1, x2)


@not_differentiable
def greater(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether x1 > x2.

    Example:
        >>> greater([1.0, 3.0], 2.0)
        array([False,  True])
    """
    return np.greater(x1, x2)


@not_differentiable
def greater_equal(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether x1 >= x2.

    Example:
        >>> greater_equal([1.0, 2.0], 2.0)
        array([False,  True])
    """
    return np.greater_equal(x1, x2)


@not_differentiable
def less(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether x1 < x2.

    Example:
        >>> less([1.0, 3.0], 2.0)
        array([ True, False])
    """
    return np.less(x1, x2)


@not_differentiable
def less_equal(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether x1 <= x2.

    Example:
        >>> less_equal([2.0, 3.0], 2.0)
        array([ True, False])
    """
    return np.less_equal(x1, x2)


@not_differentiable
def isclose(
    x1: TensorLike,
    x2: TensorLike,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Any:
    """Tell for each element whether |x1 - x2| <= atol + rtol |x2|.

    Args:
        x1: Numbers.
        x2: Numbers.
        rtol: How far they may differ, as a share of x2. Default 1e-5.
        atol: How far they may differ. Default 1e-8.
        equal_nan: Whether NaN is close to NaN. Default False.

    Example:
        >>> isclose([1.0, 2.0], [1.0, 2.1])
        array([ True, False])
    """
    return np.isclose(x1, x2, rtol, atol, equal_nan)


@not_differentiable
def isnan(x: TensorLike) -> Any:
    """Tell for each element whether it is not a number (NaN).

    Example:
        >>> isnan([1.0, float("nan")])
        array([False,  True])
    """
    return np.isnan(x)


@not_differentiable
def isinf(x: TensorLike) -> Any:
    """Tell for each element whether it is infinite.

    Example:
        >>> isinf([1.0, float("inf")])
        array([False,  True])
    """
    return np.isinf(x)


@not_differentiable
def isfinite(x: TensorLike) -> Any:
    """Tell for each element whether it is neither NaN nor infinite.

    Example:
        >>> isfinite([1.0, float("inf")])
        array([ True, False])
    """
    return np.isfinite(x)


@not_differentiable
def logical_and(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether both are true, which is all but 0.

    Example:
        >>> logical_and([True, True], [True, False])
        array([ True, False])
    """
    return np.logical_and(x1, x2)


@not_differentiable
def logical_or(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether one of both is true.

    Example:
        >>> logical_or([True, False], [False, False])
        array([ True, False])
    """
    return np.logical_or(x1, x2)


@not_differentiable
def logical_xor(x1: TensorLike, x2: TensorLike) -> Any:
    """Tell for each element whether exactly one of both is true.

    Example:
        >>> logical_xor([True, True], [True, False])
        array([False,  True])
    """
    return np.logical_xor(x1, x2)


@not_differentiable
def logical_not(x: TensorLike) -> Any:
    """Tell for each element whether it is false, which is 0.

    Example:
        >>> logical_not([True, False])
        array([False,  True])
    """
    return np.logical_not(x)


# -- Of an axis -----------------------------------------------------------------


@not_differentiable
def any(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """Tell whether one of the elements is true.

    Args:
        x: True or False, or numbers, of any shape.
        axis: One axis or several, along which is looked. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.

    Example:
        >>> any([[True, False], [False, False]], axis=1)
        array([ True, False])
    """
    return np.any(x, axes_of(axis, x), keepdims=keepdims)


@not_differentiable
def all(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Any:
    """Tell whether all of the elements are true.

    Args:
        x: True or False, or numbers, of any shape.
        axis: One axis or several, along which is looked. Default None: all.
        keepdims: Whether those axes stay, with length 1. Default False.

    Example:
        >>> all([[True, False], [True, True]], axis=1)
        array([False,  True])
    """
    return np.all(x, axes_of(axis, x), keepdims=keepdims)


@not_differentiable
def count_nonzero(x: TensorLike, axis: Axis = None) -> Any:
    """Count the elements that are not 0, as int32.

    Args:
        x: Numbers of any shape.
        axis: One axis or several, along which is counted. Default None: all.

    Example:
        >>> count_nonzero([[0, 1], [1, 1]], axis=1)
        array([1, 2], dtype=int32)
    """
    return np.sum(x != 0, axes_of(axis, x), np.int32)


@not_differentiable
def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """Find the largest element: its index, as int32; of several, the first.

    Args:
        x: Numbers of any shape.
        axis: Along which axis. Default None: of all, counted row by row.
        keepdims: Whether that axis stays, with length 1. Default False.

    Example:
        >>> argmax([[1.0, 3.0], [5.0, 2.0]], axis=1)
        array([1, 0], dtype=int32)
    """
    return np.argmax(x, axis=axis, keepdims=keepdims).astype(np.int32)


@not_differentiable
def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """Find the smallest element: its index, as int32; of several, the first.

    Args:
        x: Numbers of any shape.
        axis: Along which axis. Default None: of all, counted row by row.
        keepdims: Whether that axis stays, with length 1. Default False.

    Example:
        >>> argmin([[1.0, 3.0], [5.0, 2.0]], axis=1)
        array([0, 1], dtype=int32)
    """
    return np.argmin(x, axis=axis, keepdims=keepdims).astype(np.int32)


@not_differentiable
def argsort(x: TensorLike, axis: int | None = -1) -> Any:
    """Find the order from the smallest to the largest: their indices, as int32.

    Args:
        x: Numbers of any shape.
        axis: Along which axis. Default -1, the last; None: of all, row by row.

    Example:
        >>> argsort([3.0, 1.0, 2.0])
        array([1, 2, 0], dtype=int32)
    """
    return np.argsort(x, axis=axis, kind="stable").astype(np.int32)


@not_differentiable
def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> Any:
    """Tell for each row whether its class is among the k with the largest predictions.

    What is equal to the k-th is among them.

    Args:
        targets: The class of each row, (rows,).
        predictions: A number for each class, (rows, classes).
        k: How many.

    Example:
        >>> in_top_k([1, 0], [[0.1, 0.6, 0.3], [0.1, 0.6, 0.3]], 2)
        array([ True, False])
    """
    own = np.take_along_axis(predictions, targets.astype(np.intp)[:, None], axis=1)
    return (predictions > own).sum(axis=1) < k
