"""Metrics: for each row what is summed, and what it counts as."""

import numpy as np

from fastmlp.reference._array import Array


def accuracy(y: Array, t: Array) -> Array:
    """Compute the share of columns in which y is t, for each row.

    Example:
        >>> accuracy(np.float32([[1, 2]]), np.float32([[1, 3]]))
        array([0.5], dtype=float32)
    """
    return (y == t).mean(axis=1, dtype=y.dtype)


def categorical_accuracy(y: Array, t: Array) -> Array:
    """Compute 1 where the largest output is the largest target, else 0, for each row.

    A row of zeros has no class: 0.

    Example:
        >>> categorical_accuracy(np.float32([[0.1, 0.9]]), np.float32([[0, 1]]))
        array([1.], dtype=float32)
    """
    hits = (y.argmax(axis=1) == t.argmax(axis=1)) & (t.max(axis=1) != 0)
    return hits.astype(y.dtype)


def binary_accuracy(y: Array, t: Array, threshold: float = 0.5) -> Array:
    """Compute the share of columns in which (y > threshold) equals t, for each row.

    Example:
        >>> binary_accuracy(np.float32([[0.6, 0.4]]), np.float32([[1, 1]]))
        array([0.5], dtype=float32)
    """
    return ((y > threshold) == t).mean(axis=1, dtype=y.dtype)


def top_k_accuracy(y: Array, t: Array, k: int = 5) -> Array:
    """Compute 1 where the largest target is among the k largest outputs, else 0.

    Example:
        >>> top_k_accuracy(np.float32([[0.1, 0.6, 0.3]]), np.float32([[0, 0, 1]]), k=2)
        array([1.], dtype=float32)
    """
    chosen = np.take_along_axis(y, t.argmax(axis=1, keepdims=True), axis=1)
    hits = ((y > chosen).sum(axis=1) < k) & ~np.isnan(chosen[:, 0])
    return hits.astype(y.dtype)
