"""Regularizers and constraints: what keeps weights small."""

import numpy as np

from fastmlp.reference._array import Array


def penalty(w: Array, l1: float = 0.0, l2: float = 0.0) -> float:
    """Compute l1 sum |w| + l2 sum w^2, what a regularizer adds to the loss.

    Example:
        >>> penalty(np.float32([1, -2]), l1=0.5, l2=0.25)
        2.75
    """
    return float(l1 * np.abs(w).sum() + l2 * np.square(w).sum())


def penalty_backward(w: Array, l1: float = 0.0, l2: float = 0.0) -> Array:
    """Compute dw = l1 sign(w) + 2 l2 w, the gradient of `penalty`.

    Example:
        >>> penalty_backward(np.float32([1, -2]), l1=0.5, l2=0.25)
        array([ 1. , -1.5], dtype=float32)
    """
    real = w.dtype.type
    return real(l1) * np.sign(w) + 2 * real(l2) * w


def limit_norms(
    w: Array, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0
) -> None:
    """Move the norm of each column of w, (rows, columns), to between two limits.

    Args:
        w: Weights, changed in place.
        min_value: The smallest norm that a column may have.
        max_value: The largest.
        rate: How far a norm is moved; 1 is all the way.

    Example:
        >>> w = np.array([[3.0], [4.0]], np.float32)
        >>> limit_norms(w, max_value=1.0)
        >>> w.round(4)
        array([[0.6],
               [0.8]], dtype=float32)
    """
    real = w.dtype.type
    norms = np.sqrt(np.square(w).sum(axis=0))
    wanted = np.clip(norms, real(min_value), real(max_value))
    w *= (real(rate) * wanted + real(1 - rate) * norms) / (real(1e-7) + norms)


def keep_non_negative(w: Array) -> None:
    """Set negative weights, (rows, columns), to zero, in place.

    Example:
        >>> w = np.array([[-1.0, 2.0]], np.float32)
        >>> keep_non_negative(w)
        >>> w
        array([[0., 2.]], dtype=float32)
    """
    np.maximum(w, 0, out=w)
