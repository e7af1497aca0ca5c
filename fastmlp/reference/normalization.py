"""Normalization: numbers that are moved and scaled, column by column."""

import numpy as np

from fastmlp.reference._array import Array


def affine(x: Array, center: Array, scale: Array, offset: Array) -> Array:
    """Compute y_j = (x_j - center_j) scale_j + offset_j, for each row of x.

    Example:
        >>> x, center = np.float32([[3, 4]]), np.float32([1, 0])
        >>> affine(x, center, scale=np.float32([2, 1]), offset=np.float32([0, 5]))
        array([[4., 9.]], dtype=float32)
    """
    return (x - center) * scale + offset


def affine_backward(dy: Array, scale: Array) -> Array:
    """Compute dx_j = dy_j scale_j, for each row of dy.

    Example:
        >>> affine_backward(np.float32([[3, 4]]), scale=np.float32([2, 1]))
        array([[6., 4.]], dtype=float32)
    """
    return dy * scale


def moments(x: Array) -> tuple[Array, Array]:
    """Compute the mean of each column of x, (rows, columns), and its variance.

    Example:
        >>> moments(np.float32([[1], [3]]))
        (array([2.], dtype=float32), array([1.], dtype=float32))
    """
    return x.mean(axis=0), x.var(axis=0)


def move_towards(moving: Array, now: Array, momentum: float = 0.99) -> None:
    """Let moving averages follow: moving <- momentum moving + (1 - momentum) now.

    Args:
        moving: The averages, (columns,); changed in place.
        now: What they follow, (columns,).
        momentum: How slowly they do.

    Example:
        >>> mean = np.array([1.0], np.float32)
        >>> move_towards(mean, np.float32([3]), momentum=0.75)
        >>> mean
        array([1.5], dtype=float32)
    """
    keep = moving.dtype.type(momentum)
    moving[...] = moving * keep + now * (1 - keep)


def normalize(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    epsilon: float = 1e-3,
) -> Array:
    """Compute y_j = gamma_j (x_j - mean_j) / sqrt(variance_j + epsilon) + beta_j.

    Example:
        >>> normalize(np.float32([[5]]), np.float32([1]), np.float32([4]), epsilon=0.0)
        array([[2.]], dtype=float32)
    """
    y = (x - mean) / np.sqrt(variance + x.dtype.type(epsilon))
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def normalize_backward(
    x: Array,
    dy: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None = None,
    epsilon: float = 1e-3,
) -> tuple[Array, Array, Array]:
    """Compute dx = gamma (dy - mean(dy) - n mean(n dy)) / sqrt(variance + epsilon).

    These are the gradients of `normalize` by the moments of x itself, by columns, with
    n = (x - mean) / sqrt(variance + epsilon); dgamma is the sum of n dy, dbeta of dy.

    Args:
        x: Inputs, (rows, columns).
        dy: Gradient of the outputs, of the same shape.
        mean: The mean of each column of x, (columns,).
        variance: Its variance.
        gamma: What is multiplied by, (columns,), or None.
        epsilon: Keeps the root away from zero.

    Returns:
        dx (rows, columns), dgamma and dbeta (columns,).

    Example:
        >>> x, dy = np.float32([[1], [3]]), np.float32([[1], [1]])
        >>> dx, _, dbeta = normalize_backward(x, dy, np.float32([2]), np.float32([1]))
        >>> dx.tolist(), dbeta.tolist()
        ([[0.0], [0.0]], [2.0])
    """
    root = np.sqrt(variance + x.dtype.type(epsilon))
    n = (x - mean) / root
    dgamma, dbeta = (dy * n).sum(axis=0), dy.sum(axis=0)
    dx = (dy - (dbeta + n * dgamma) / len(x)) / root
    return dx if gamma is None else dx * gamma, dgamma, dbeta


def _row_moments(x: Array, epsilon: float, centered: bool) -> tuple[Array, Array]:
    """The mean of each row, or 0, and 1 / sqrt(variance + epsilon)."""
    mean = x.mean(axis=1, keepdims=True) * x.dtype.type(centered)
    variance = np.square(x - mean).mean(axis=1, keepdims=True)
    return mean, 1 / np.sqrt(variance + x.dtype.type(epsilon))


def layer_normalization(
    x: Array,
    gamma: Array | None = None,
    beta: Array | None = None,
    epsilon: float = 1e-3,
    centered: bool = True,
) -> Array:
    """Compute y_j = gamma_j (x_j - mean) / sqrt(variance + epsilon) + beta_j by rows.

    If it is not centered, the mean counts as 0: that is RMS normalization.

    Example:
        >>> layer_normalization(np.float32([[1, 3]]), epsilon=0.0)
        array([[-1.,  1.]], dtype=float32)
    """
    mean, scale = _row_moments(x, epsilon, centered)
    y = (x - mean) * scale
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def layer_normalization_backward(
    x: Array,
    dy: Array,
    gamma: Array | None = None,
    epsilon: float = 1e-3,
    centered: bool = True,
) -> tuple[Array, Array, Array]:
    """Compute dx = (g - mean(g) - n mean(n g)) / sqrt(variance + epsilon).

    That is by rows, with g = gamma dy and n = (x - mean) / sqrt(variance + epsilon); if
    it is not centered, mean(g) counts as 0. dgamma is the sum of n dy, dbeta of dy.

    Args:
        x: Inputs, (rows, columns).
        dy: Gradient of the outputs, of the same shape.
        gamma: What is multiplied by, (columns,), or None.
        epsilon: Keeps the root away from zero.
        centered: Whether the mean was subtracted.

    Returns:
        dx (rows, columns), dgamma and dbeta (columns,).

    Example:
        >>> x, dy = np.float32([[1, 3]]), np.float32([[1, 1]])
        >>> dx, dgamma, dbeta = layer_normalization_backward(x, dy, epsilon=0.0)
        >>> dx.tolist(), dgamma.tolist(), dbeta.tolist()
        ([[0.0, 0.0]], [-1.0, 1.0], [1.0, 1.0])
    """
    mean, scale = _row_moments(x, epsilon, centered)
    n = (x - mean) * scale
    g = dy if gamma is None else dy * gamma
    g_mean = g.mean(axis=1, keepdims=True) * x.dtype.type(centered)
    dx = (g - g_mean - n * (g * n).mean(axis=1, keepdims=True)) * scale
    return dx, (dy * n).sum(axis=0), dy.sum(axis=0)


def prelu(x: Array, alpha: Array) -> Array:
    """Compute y_j = x_j where x_j > 0, else alpha_j x_j, for each row of x.

    Example:
        >>> prelu(np.float32([[-2, 2]]), alpha=np.float32([0.5, 0.5]))
        array([[-1.,  2.]], dtype=float32)
    """
    return np.where(x > 0, x, alpha * x)


def prelu_backward(x: Array, dy: Array, alpha: Array) -> tuple[Array, Array]:
    """Compute dx_j = dy_j where x_j > 0, alpha_j dy_j where x_j < 0, and dalpha.

    Example:
        >>> x, dy = np.float32([[-2, 2]]), np.float32([[4, 4]])
        >>> dx, dalpha = prelu_backward(x, dy, alpha=np.float32([0.5, 0.5]))
        >>> dx.tolist(), dalpha.tolist()
        ([[2.0, 4.0]], [-8.0, 0.0])
    """
    below = np.where(x == 0, 0, alpha * dy)
    return np.where(x > 0, dy, below), np.where(x > 0, 0, dy * x).sum(axis=0)
