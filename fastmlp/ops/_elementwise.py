"""Element by element: each number of y is made of one of x, or of a pair.

Where shapes differ, NumPy stretches them (broadcasting); the tape undoes it. At a kink,
where the slope is not one number, it is as JAX has it: half and half for the
larger of two that are equal. (JAX gives |x| the slope 1 at 0; here it is 0, as in the
compiled mean absolute error, TensorFlow and PyTorch.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastmlp.ops._tape import (
    Rule,
    differentiable,
    differentiable_of_floats,
    not_differentiable,
)
from fastmlp.ops._traced import Array, TensorLike, untraced

__all__ = [
    "abs",
    "absolute",
    "add",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "divide",
    "divide_no_nan",
    "erf",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "log",
    "log1p",
    "log2",
    "log10",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "power",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "true_divide",
    "where",
]  # fmt: skip


# -- Sums and products ----------------------------------------------------------


@differentiable
def add(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute y = x1 + x2; dx1 = dy, dx2 = dy.

    Example:
        >>> add(np.float32([1, 2]), 1.0)
        array([2., 3.], dtype=float32)
    """
    return np.add(x1, x2), lambda dy: dy, lambda dy: dy


@differentiable
def subtract(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute y = x1 - x2; dx1 = dy, dx2 = -dy.

    Example:
        >>> subtract(np.float32([1, 2]), 1.0)
        array([0., 1.], dtype=float32)
    """
    return np.subtract(x1, x2), lambda dy: dy, lambda dy: -dy


@differentiable
def multiply(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute y = x1 x2; dx1 = x2 dy, dx2 = x1 dy.

    Example:
        >>> multiply(np.float32([1, 2]), 3.0)
        array([3., 6.], dtype=float32)
    """
    return np.multiply(x1, x2), lambda dy: x2 * dy, lambda dy: x1 * dy


@differentiable_of_floats
def divide(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute y = x1 / x2; dx1 = dy / x2, dx2 = -dy y / x2.

    Example:
        >>> divide(np.float32([1, 2]), 2.0)
        array([0.5, 1. ], dtype=float32)
    """
    y = np.divide(x1, x2)
    return y, lambda dy: dy / x2, lambda dy: -dy * y / x2


true_divide = divide


def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Any:
    """Compute y = x1 / x2, but 0 where x2 is 0.

    Example:
        >>> divide_no_nan(np.float32([1, 2]), np.float32([0, 4]))
        array([0. , 0.5], dtype=float32)
    """
    is_zero = np.equal(untraced(x2), 0)
    return where(is_zero, 0, divide(x1, where(is_zero, 1, x2)))


@differentiable
def negative(x: TensorLike) -> Rule:
    """Compute y = -x; dx = -dy.

    Example:
        >>> negative(np.float32([1, -2]))
        array([-1.,  2.], dtype=float32)
    """
    return np.negative(x), lambda dy: -dy


@differentiable_of_floats
def reciprocal(x: TensorLike) -> Rule:
    """Compute y = 1 / x; dx = -y^2 dy.

    Example:
        >>> reciprocal(np.float32([2, 4]))
        array([0.5 , 0.25], dtype=float32)
    """
    y = np.reciprocal(x)
    return y, lambda dy: -y * y * dy


@differentiable
def mod(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute what is left of x1 / x2, with the sign of x2; dx2 = -floor(x1 / x2) dy.

    Example:
        >>> mod(np.float32([7, -7]), 4.0)
        array([3., 1.], dtype=float32)
    """
    y = np.mod(x1, x2)
    return y, lambda dy: dy, lambda dy: -np.floor_divide(x1, x2) * dy


# -- Powers ---------------------------------------------------------------------


@differentiable
def square(x: TensorLike) -> Rule:
    """Compute y = x^2; dx = 2 x dy.

    Example:
        >>> square(np.float32([1, -3]))
        array([1., 9.], dtype=float32)
    """
    return np.square(x), lambda dy: 2 * x * dy


@differentiable_of_floats
def sqrt(x: TensorLike) -> Rule:
    """Compute the square root y of x; dx = dy / (2 y), infinite at 0.

    Example:
        >>> sqrt(np.float32([4, 9]))
        array([2., 3.], dtype=float32)
    """
    y = np.sqrt(x)
    return y, lambda dy: dy / (2 * y)


@differentiable_of_floats
def rsqrt(x: TensorLike) -> Rule:
    """Compute y = 1 / sqrt(x); dx = -y / (2 x) dy.

    Example:
        >>> rsqrt(np.float32([4, 16]))
        array([0.5 , 0.25], dtype=float32)
    """
    y = np.reciprocal(np.sqrt(x))
    return y, lambda dy: -y / (2 * x) * dy


@differentiable
def power(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute y = x1^x2; dx1 = x2 x1^(x2 - 1) dy, dx2 = y log(x1) dy.

    Where x1 is 0, dx2 is 0.

    Example:
        >>> power(np.float32([2, 3]), 2.0)
        array([4., 9.], dtype=float32)
    """
    y = np.power(x1, x2)
    return (
        y,
        lambda dy: np.where(x2 == 0, 0, x2 * np.power(x1, x2 - 1)) * dy,
        lambda dy: y * np.log(np.where(x1 == 0, 1, x1)) * dy,
    )


@differentiable_of_floats
def exp(x: TensorLike) -> Rule:
    """Compute y = e^x; dx = y dy.

    Example:
        >>> exp(np.float32([0, 1])).round(4)
        array([1.    , 2.7183], dtype=float32)
    """
    y = np.exp(x)
    return y, lambda dy: y * dy


@differentiable_of_floats
def expm1(x: TensorLike) -> Rule:
    """Compute y = e^x - 1, also for tiny x; dx = (y + 1) dy.

    Example:
        >>> expm1(np.float32([0, 1e-10]))
        array([0.e+00, 1.e-10], dtype=float32)
    """
    y = np.expm1(x)
    return y, lambda dy: (y + 1) * dy


# -- Logarithms -----------------------------------------------------------------


@differentiable_of_floats
def log(x: TensorLike) -> Rule:
    """Compute the natural logarithm of x; dx = dy / x.

    Example:
        >>> log(np.float32([1, np.e]))
        array([0., 1.], dtype=float32)
    """
    return np.log(x), lambda dy: dy / x


@differentiable_of_floats
def log1p(x: TensorLike) -> Rule:
    """Compute y = log(1 + x), also for tiny x; dx = dy / (1 + x).

    Example:
        >>> log1p(np.float32([0, 1e-10]))
        array([0.e+00, 1.e-10], dtype=float32)
    """
    return np.log1p(x), lambda dy: dy / (1 + x)


@differentiable_of_floats
def log2(x: TensorLike) -> Rule:
    """Compute the logarithm of x to base 2; dx = dy / (x log 2).

    Example:
        >>> log2(np.float32([1, 8]))
        array([0., 3.], dtype=float32)
    """
    return np.log2(x), lambda dy: dy / (x * math.log(2))


@differentiable_of_floats
def log10(x: TensorLike) -> Rule:
    """Compute the logarithm of x to base 10; dx = dy / (x log 10).

    Example:
        >>> log10(np.float32([1, 10]))
        array([0., 1.], dtype=float32)
    """
    return np.log10(x), lambda dy: dy / (x * math.log(10))


# -- Circles and hyperbolas -----------------------------------------------------


@differentiable_of_floats
def sin(x: TensorLike) -> Rule:
    """Compute y = sin x, x in radians; dx = cos(x) dy.

    Example:
        >>> sin(np.float32([0, np.pi / 2]))
        array([0., 1.], dtype=float32)
    """
    return np.sin(x), lambda dy: np.cos(x) * dy


@differentiable_of_floats
def cos(x: TensorLike) -> Rule:
    """Compute y = cos x, x in radians; dx = -sin(x) dy.

    Example:
        >>> cos(np.float32([0, np.pi]))
        array([ 1., -1.], dtype=float32)
    """
    return np.cos(x), lambda dy: -np.sin(x) * dy


@differentiable_of_floats
def tan(x: TensorLike) -> Rule:
    """Compute y = tan x, x in radians; dx = (1 + y^2) dy.

    Example:
        >>> tan(np.float32([0, np.pi / 4]))
        array([0., 1.], dtype=float32)
    """
    y = np.tan(x)
    return y, lambda dy: (1 + y * y) * dy


@differentiable_of_floats
def arcsin(x: TensorLike) -> Rule:
    """Compute the angle whose sine is x; dx = dy / sqrt(1 - x^2).

    Example:
        >>> arcsin(np.float32([0, 1])).round(4)
        array([0.    , 1.5708], dtype=float32)
    """
    return np.arcsin(x), lambda dy: dy / np.sqrt(1 - x * x)


@differentiable_of_floats
def arccos(x: TensorLike) -> Rule:
    """Compute the angle whose cosine is x; dx = -dy / sqrt(1 - x^2).

    Example:
        >>> arccos(np.float32([1, 0])).round(4)
        array([0.    , 1.5708], dtype=float32)
    """
    return np.arccos(x), lambda dy: -dy / np.sqrt(1 - x * x)


@differentiable_of_floats
def arctan(x: TensorLike) -> Rule:
    """Compute the angle whose tangent is x; dx = dy / (1 + x^2).

    Example:
        >>> arctan(np.float32([0, 1])).round(4)
        array([0.    , 0.7854], dtype=float32)
    """
    return np.arctan(x), lambda dy: dy / (1 + x * x)


@differentiable_of_floats
def arctan2(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute the angle of the point (x2, x1); dx1 = x2 dy / r^2, dx2 = -x1 dy / r^2.

    Here, r^2 = x1^2 + x2^2.

    Example:
        >>> arctan2(np.float32([1]), np.float32([-1])).round(4)
        array([2.3562], dtype=float32)
    """
    y, r2 = np.arctan2(x1, x2), x1 * x1 + x2 * x2
    return y, lambda dy: x2 / r2 * dy, lambda dy: -x1 / r2 * dy


@differentiable_of_floats
def sinh(x: TensorLike) -> Rule:
    """Compute y = (e^x - e^-x) / 2; dx = cosh(x) dy.

    Example:
        >>> sinh(np.float32([0, 1])).round(4)
        array([0.    , 1.1752], dtype=float32)
    """
    return np.sinh(x), lambda dy: np.cosh(x) * dy


@differentiable_of_floats
def cosh(x: TensorLike) -> Rule:
    """Compute y = (e^x + e^-x) / 2; dx = sinh(x) dy.

    Example:
        >>> cosh(np.float32([0, 1])).round(4)
        array([1.    , 1.5431], dtype=float32)
    """
    return np.cosh(x), lambda dy: np.sinh(x) * dy


@differentiable_of_floats
def erf(x: TensorLike) -> Rule:
    """Compute the error function of x; dx = 2 / sqrt(pi) e^(-x^2) dy.

    Example:
        >>> erf(np.float32([0, 1])).round(4)
        array([0.    , 0.8427], dtype=float32)
    """
    y = np.array([math.erf(number) for number in x.ravel()], x.dtype).reshape(x.shape)
    return y, lambda dy: 2 / math.sqrt(math.pi) * np.exp(-x * x) * dy


# -- Bends ----------------------------------------------------------------------


@differentiable
def absolute(x: TensorLike) -> Rule:
    """Compute y = |x|; dx = sign(x) dy, which is 0 at 0.

    Example:
        >>> absolute(np.float32([1, -2]))
        array([1., 2.], dtype=float32)
    """
    return np.absolute(x), lambda dy: np.sign(x) * dy


abs = absolute


@differentiable
def maximum(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute the larger of x1 and x2, which gets dy; if they are equal, each half.

    Example:
        >>> maximum(np.float32([1, 3]), 2.0)
        array([2., 3.], dtype=float32)
    """
    y = np.maximum(x1, x2)
    return y, lambda dy: _share(x1, x2, y) * dy, lambda dy: _share(x2, x1, y) * dy


@differentiable
def minimum(x1: TensorLike, x2: TensorLike) -> Rule:
    """Compute the smaller of x1 and x2, which gets dy; if they are equal, each half.

    Example:
        >>> minimum(np.float32([1, 3]), 2.0)
        array([1., 2.], dtype=float32)
    """
    y = np.minimum(x1, x2)
    return y, lambda dy: _share(x1, x2, y) * dy, lambda dy: _share(x2, x1, y) * dy


def _share(x: Array, other: Array, y: Array) -> Array:
    """How much of dy is that of x: 1 if y is x, 1/2 if y is the other as well."""
    return np.where(x == other, 0.5, x == y).astype(y.dtype)


def clip(x: TensorLike, x_min: TensorLike, x_max: TensorLike) -> Any:
    """Compute x, but at least x_min and at most x_max. What is beyond has no slope.

    Example:
        >>> clip(np.float32([-1, 0.5, 3]), 0.0, 1.0)
        array([0. , 0.5, 1. ], dtype=float32)
    """
    return minimum(maximum(x, x_min), x_max)


def where(
    condition: TensorLike, x1: TensorLike | None = None, x2: TensorLike | None = None
) -> Any:
    """Compute x1 where a condition holds, else x2; each gets dy where it was taken.

    Args:
        condition: True or False for each element.
        x1: What is taken where it is true. Default None, with x2: the places where the
            condition holds are returned instead, as one array of indices for each axis.
        x2: What is taken elsewhere.

    Raises:
        ValueError: x1 is given without x2, or their shapes do not meet.

    Example:
        >>> x = np.float32([-1, 2])
        >>> where(x > 0, x, 0.0)
        array([0., 2.], dtype=float32)
    """
    condition = np.asarray(untraced(condition), bool)
    if (x1 is None) != (x2 is None):
        raise ValueError(
            "where takes x1 and x2 both, or none of them, but one is None. For 0 "
            "elsewhere, write where(condition, x1, 0.0)."
        )
    if x1 is None:
        return tuple(places.astype(np.int32) for places in np.nonzero(condition))
    return _where(x1, x2, condition)


@differentiable
def _where(x1: TensorLike, x2: TensorLike, condition: Array) -> Rule:
    """dx1 = dy where the condition holds, dx2 = dy elsewhere."""
    return (
        np.where(condition, x1, x2),
        lambda dy: np.where(condition, dy, 0),
        lambda dy: np.where(condition, 0, dy),
    )


# -- Steps: their slope is 0 wherever they have one, so that no gradient passes ---


@not_differentiable
def sign(x: TensorLike) -> Any:
    """Compute -1, 0 or 1. No gradient passes.

    Example:
        >>> sign(np.float32([-3, 0, 2]))
        array([-1.,  0.,  1.], dtype=float32)
    """
    return np.sign(x)


@not_differentiable
def floor(x: TensorLike) -> Any:
    """Compute the largest whole number that is not above x. No gradient passes.

    Example:
        >>> floor(np.float32([1.7, -1.2]))
        array([ 1., -2.], dtype=float32)
    """
    return np.floor(x)


@not_differentiable
def ceil(x: TensorLike) -> Any:
    """Compute the smallest whole number that is not below x. No gradient passes.

    Example:
        >>> ceil(np.float32([1.2, -1.7]))
        array([ 2., -1.], dtype=float32)
    """
    return np.ceil(x)


@not_differentiable
def round(x: TensorLike, decimals: int = 0) -> Any:
    """Compute x rounded, halves to the even number. No gradient passes.

    Args:
        x: Numbers of any shape.
        decimals: How many digits stay behind the point. Default 0.

    Example:
        >>> round(np.float32([0.5, 1.5, 2.4]))
        array([0., 2., 2.], dtype=float32)
    """
    return np.round(x, decimals)


@not_differentiable
def floor_divide(x1: TensorLike, x2: TensorLike) -> Any:
    """Compute x1 / x2, rounded down. No gradient passes.

    Example:
        >>> floor_divide(np.float32([7, -7]), 4.0)
        array([ 1., -2.], dtype=float32)
    """
    return np.floor_divide(x1, x2)
