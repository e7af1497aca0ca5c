"""Losses of shares and of expected counts, each beside its gradient."""

import numpy as np

from fastmlp.reference._array import Array


def kl_divergence(y: Array, t: Array) -> Array:
    """Compute sum_j t_j log(t_j / y_j), with both held to [1e-7, 1], for each row.

    Example:
        >>> kl_divergence(np.float32([[0.5, 0.5]]), np.float32([[0, 1]])).round(4)
        array([0.6931], dtype=float32)
    """
    y, t = _as_share(y), _as_share(t)
    return (t * np.log(t / y)).sum(axis=1)


def kl_divergence_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy = -scale t / y, or 0 where y is beyond [1e-7, 1].

    Example:
        >>> kl_divergence_backward(np.float32([[0.5, 0.5]]), np.float32([[0.25, 1]]))
        array([[-0.5, -2. ]], dtype=float32)
    """
    share = _as_share(y)
    dy = y.dtype.type(-scale) * _as_share(t) / share
    return np.where((y < share) | (y > share), 0, dy)


def poisson(y: Array, t: Array) -> Array:
    """Compute the mean of y - t log(y + 1e-7), for each row.

    Example:
        >>> poisson(np.float32([[1, 2]]), np.float32([[3, 1]])).round(4)
        array([1.1534], dtype=float32)
    """
    with np.errstate(invalid="ignore"):  # Of a negative expectation, it is NaN.
        return (y - t * np.log(y + y.dtype.type(1e-7))).mean(axis=1)


def poisson_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy = scale (1 - t / (y + 1e-7)) / columns.

    Example:
        >>> poisson_backward(np.float32([[1, 2]]), np.float32([[3, 1]])).round(4)
        array([[-1.  ,  0.25]], dtype=float32)
    """
    real = y.dtype.type
    return real(scale / y.shape[1]) * (1 - t / (y + real(1e-7)))


def _as_share(x: Array) -> Array:
    return np.clip(x, x.dtype.type(1e-7), 1)
