"""Merging: one output of several, where ways of a network meet."""

import numpy as np

from fastmlp.reference._array import Array


def add(x: Array, z: Array) -> Array:
    """Compute y = x + z; dx and dz are dy.

    Example:
        >>> print(add(np.array([1.0, 2.0]), np.array([10.0, 20.0])))
        [11. 22.]
    """
    return x + z


def subtract(x: Array, z: Array) -> Array:
    """Compute y = x - z; dx is dy.

    Example:
        >>> print(subtract(np.array([1.0, 2.0]), np.array([10.0, 20.0])))
        [ -9. -18.]
    """
    return x - z


def subtract_backward(dy: Array) -> Array:
    """Compute dz = -dy.

    Example:
        >>> print(subtract_backward(np.array([1.0, -2.0])))
        [-1.  2.]
    """
    return -dy


def multiply(x: Array, z: Array) -> Array:
    """Compute y = x z; dx of dy and z is the same.

    Example:
        >>> print(multiply(np.array([1.0, 2.0]), np.array([10.0, 20.0])))
        [10. 40.]
    """
    return x * z


def average(x: Array, count: int) -> Array:
    """Compute y = x / count, with x the sum of so many; dx of dy is the same.

    Example:
        >>> print(average(np.array([3.0, 6.0]), count=3))
        [1. 2.]
    """
    return x / x.dtype.type(count)


def maximum(x: Array, z: Array) -> Array:
    """Compute y = max(x, z); it is NaN where one of them is.

    Example:
        >>> print(maximum(np.array([1.0, 2.0]), np.array([3.0, 0.0])))
        [3. 2.]
    """
    return np.maximum(x, z)


def maximum_backward(x: Array, z: Array, dy: Array) -> tuple[Array, Array]:
    """Compute dx = dy where x > z, dy / 2 where they are equal, else 0; dz is the rest.

    Example:
        >>> x, z = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])
        >>> dx, dz = maximum_backward(x, z, np.ones(3))
        >>> print(dx, dz)
        [0.  0.5 1. ] [1.  0.5 0. ]
    """
    share = np.where(x == z, 0.5, x > z).astype(x.dtype, copy=False)
    return dy * share, dy * (1 - share)


def minimum(x: Array, z: Array) -> Array:
    """Compute y = min(x, z); it is NaN where one of them is.

    Example:
        >>> print(minimum(np.array([1.0, 2.0]), np.array([3.0, 0.0])))
        [1. 0.]
    """
    return np.minimum(x, z)


def minimum_backward(x: Array, z: Array, dy: Array) -> tuple[Array, Array]:
    """Compute dx = dy where x < z, dy / 2 where they are equal, else 0; dz is the rest.

    Example:
        >>> x, z = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])
        >>> dx, dz = minimum_backward(x, z, np.ones(3))
        >>> print(dx, dz)
        [1.  0.5 0. ] [0.  0.5 1. ]
    """
    return maximum_backward(z, x, dy)


def concatenate(x: Array, y: Array, begin: int) -> None:
    """Write x into y, whose column `begin` is the first of its own.

    Args:
        x: (rows, width).
        y: (rows, columns), changed in place.
        begin: How many columns of y lie before those of x.

    Raises:
        ValueError: x is wider than what follows in y.

    Example:
        >>> y = np.zeros((1, 3), np.float32)
        >>> concatenate(np.array([[1.0, 2.0]]), y, begin=1)
        >>> print(y)
        [[0. 1. 2.]]
    """
    y[:, begin : begin + x.shape[1]] = x


def concatenate_backward(dy: Array, begin: int, width: int) -> Array:
    """Return the gradient of an array that was written into y: its columns of dy.

    Args:
        dy: (rows, columns).
        begin: How many columns lie before them.
        width: How many they are.

    Raises:
        ValueError: dy has fewer columns.

    Example:
        >>> print(concatenate_backward(np.array([[7.0, 8.0, 9.0]]), begin=1, width=2))
        [[8. 9.]]
    """
    return dy[:, begin : begin + width]


def dot(x: Array, z: Array) -> Array:
    """Compute y_i = sum_j x_ij z_ij: of two rows, a number.

    Example:
        >>> print(dot(np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])))
        [50.]
    """
    return (x * z).sum(axis=1)


def dot_backward(dy: Array, z: Array) -> Array:
    """Compute dx_ij = dy_i z_ij; dz of dy and x is the same.

    Example:
        >>> print(dot_backward(np.array([2.0]), np.array([[10.0, 20.0]])))
        [[20. 40.]]
    """
    return dy[:, None] * z


def unit_normalization(x: Array) -> Array:
    """Compute y_i = x_i / |x_i|, with |x_i| = sqrt(max(sum_j x_ij^2, 1e-12)).

    Example:
        >>> print(unit_normalization(np.array([[3.0, 4.0]])))
        [[0.6 0.8]]
    """
    return x / _lengths(x)


def unit_normalization_backward(x: Array, dy: Array) -> Array:
    """Compute dx_i = (dy_i - u_i (u_i . dy_i)) / |x_i|, with u_i = x_i / |x_i|.

    What lies along x_i does not change y_i; but where x_i is so short that its length
    counts as 1e-6, dx_i = dy_i / 1e-6.

    Example:
        >>> x, dy = np.array([[3.0, 4.0]]), np.array([[3.0, 4.0]])
        >>> print(abs(unit_normalization_backward(x, dy)) < 1e-9)
        [[ True  True]]
    """
    lengths = _lengths(x)
    unit = x / lengths
    along = (unit * dy).sum(axis=1, keepdims=True)
    is_long = np.square(x).sum(axis=1, keepdims=True) > x.dtype.type(1e-12)
    return (dy - unit * np.where(is_long, along, 0)) / lengths


def _lengths(x: Array) -> Array:
    squares = np.square(x).sum(axis=1, keepdims=True)
    return np.sqrt(np.maximum(squares, x.dtype.type(1e-12)))
