"""Metrics: for each row what is summed, and what it counts as."""

import numpy as np
from numpy.typing import NDArray

from fastmlp.reference._array import Array
from fastmlp.reference.activations import sigmoid


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


def precision(y: Array, t: Array, threshold: float = 0.5) -> tuple[Array, Array]:
    """Count outputs above the threshold whose target is yes, and all above it.

    Returns:
        Two numbers a row, (rows,) each; precision is the ratio of their sums.

    Example:
        >>> precision(np.float32([[0.9, 0.8, 0.1]]), np.float32([[1, 0, 1]]))
        (array([1.], dtype=float32), array([2.], dtype=float32))
    """
    chosen = y > threshold
    hits, counts = (chosen & (t != 0)).sum(axis=1), chosen.sum(axis=1)
    return hits.astype(y.dtype), counts.astype(y.dtype)


def recall(y: Array, t: Array, threshold: float = 0.5) -> tuple[Array, Array]:
    """Count targets that are yes and whose output is above the threshold, and all yes.

    Returns:
        Two numbers a row, (rows,) each; recall is the ratio of their sums.

    Example:
        >>> recall(np.float32([[0.9, 0.8, 0.1]]), np.float32([[1, 0, 1]]))
        (array([1.], dtype=float32), array([2.], dtype=float32))
    """
    there = t != 0
    hits, counts = (there & (y > threshold)).sum(axis=1), there.sum(axis=1)
    return hits.astype(y.dtype), counts.astype(y.dtype)


def auc(
    y: Array,
    t: Array,
    weights: Array | None = None,
    num_thresholds: int = 200,
    from_logits: bool = False,
) -> NDArray[np.float64]:
    """Add up the weights of outputs between each threshold and the next.

    Returns:
        Those whose target is yes, then the others, (2, num_thresholds). Thresholds are
        spread evenly from 0 to 1; an output that is one is below it.

    Example:
        >>> auc(np.float32([[0.2, 0.5, 0.7]]), np.float32([[1, 0, 1]]), None, 3)
        array([[1., 1., 0.],
               [1., 0., 0.]])
    """
    p = np.clip(np.nan_to_num(sigmoid(y) if from_logits else y, nan=0), 0, 1)
    buckets = np.ceil(p * p.dtype.type(num_thresholds - 1)).astype(np.intp) - 1
    buckets = np.clip(buckets, 0, max(num_thresholds - 2, 0))
    heavy = np.ones(y.shape) if weights is None else np.repeat(weights, y.shape[1])
    heavy, yes = heavy.reshape(y.shape), t != 0
    return np.stack(
        [
            np.bincount(buckets[chosen], heavy[chosen], num_thresholds)
            for chosen in (yes, ~yes)
        ]
    )
