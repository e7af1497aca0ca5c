"""Hinges, each beside its gradient: losses of scores, one number a row."""

import numpy as np

from fastmlp.reference._array import Array


def hinge(y: Array, t: Array) -> Array:
    """Compute the mean of max(1 - t y, 0), where a t of 0 counts as -1, for each row.

    Example:
        >>> hinge(np.float32([[0.5, 2]]), np.float32([[1, 0]]))
        array([1.75], dtype=float32)
    """
    return _shortfall(y, t).mean(axis=1)


def hinge_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy = -scale t / columns where t y < 1, else 0.

    Example:
        >>> hinge_backward(np.float32([[0.5, 2]]), np.float32([[1, 1]]))
        array([[-0.5, -0. ]], dtype=float32)
    """
    factor = y.dtype.type(-scale / y.shape[1])
    return factor * np.sign(_shortfall(y, t)) * _as_sign(t)


def squared_hinge(y: Array, t: Array) -> Array:
    """Compute the mean of max(1 - t y, 0)^2, where a t of 0 counts as -1.

    Example:
        >>> squared_hinge(np.float32([[0.5, 2]]), np.float32([[1, 0]]))
        array([4.625], dtype=float32)
    """
    return np.square(_shortfall(y, t)).mean(axis=1)


def squared_hinge_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy = -scale 2 t max(1 - t y, 0) / columns.

    Example:
        >>> squared_hinge_backward(np.float32([[0.5, 2]]), np.float32([[1, 0]]))
        array([[-0.5,  3. ]], dtype=float32)
    """
    return y.dtype.type(-scale * 2 / y.shape[1]) * _as_sign(t) * _shortfall(y, t)


def categorical_hinge(y: Array, t: Array) -> Array:
    """Compute max(1 + max_j (1 - t_j) y_j - sum_j t_j y_j, 0), for each row.

    Example:
        >>> categorical_hinge(np.float32([[3, 2.5, 0]]), np.float32([[1, 0, 0]]))
        array([0.5], dtype=float32)
    """
    return np.maximum(_missing_margin(y, t), 0)


def categorical_hinge_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy_j = scale ((1 - t_j) (j is the best of the others) - t_j).

    Where the loss is 0, so is dy.

    Example:
        >>> y, t = np.float32([[3, 2.5, 0]]), np.float32([[1, 0, 0]])
        >>> categorical_hinge_backward(y, t)
        array([[-1.,  1.,  0.]], dtype=float32)
    """
    margin = np.maximum(_missing_margin(y, t), 0)[:, None]
    best = ((1 - t) * y).argmax(axis=1, keepdims=True)
    is_best = np.arange(y.shape[1]) == best
    return np.sign(margin) * y.dtype.type(scale) * (is_best * (1 - t) - t)


def _as_sign(t: Array) -> Array:
    """Return t, but -1 for 0: no, where yes is 1."""
    return np.where(t == 0, t.dtype.type(-1), t)


def _shortfall(y: Array, t: Array) -> Array:
    return np.maximum(1 - _as_sign(t) * y, 0)


def _missing_margin(y: Array, t: Array) -> Array:
    return ((1 - t) * y).max(axis=1) - (t * y).sum(axis=1) + 1
