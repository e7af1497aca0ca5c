"""Metrics: for each row what is summed, and what it counts as."""

import numpy as np

from fastmlp.reference._array import Array


def accuracy(y: Array, t: Array) -> Array:
    """The share of columns in which y_j is t_j."""
    return (y == t).mean(axis=1, dtype=y.dtype)


def categorical_accuracy(y: Array, t: Array) -> Array:
    """1 where the largest output is the largest target, else 0; NaN is the largest."""
    return (y.argmax(axis=1) == t.argmax(axis=1)).astype(y.dtype)


def binary_accuracy(y: Array, t: Array, threshold: float = 0.5) -> Array:
    """The share of columns in which (y_j > threshold) is t_j."""
    return ((y > threshold) == t).mean(axis=1, dtype=y.dtype)


def top_k_accuracy(y: Array, t: Array, k: int) -> Array:
    """1 where fewer than k outputs exceed that of the largest target, else 0."""
    chosen = np.take_along_axis(y, t.argmax(axis=1, keepdims=True), axis=1)
    hits = ((y > chosen).sum(axis=1) < k) & ~np.isnan(chosen[:, 0])
    return hits.astype(y.dtype)


def precision(y: Array, t: Array, threshold: float = 0.5) -> tuple[Array, Array]:
    """Of the outputs above the threshold (counts), those whose target is yes (hits)."""
    chosen = y > threshold
    hits, counts = (chosen & (t != 0)).sum(axis=1), chosen.sum(axis=1)
    return hits.astype(y.dtype), counts.astype(y.dtype)


def recall(y: Array, t: Array, threshold: float = 0.5) -> tuple[Array, Array]:
    """Of the targets that are yes (counts), those with outputs above the threshold."""
    there = t != 0
    hits, counts = (there & (y > threshold)).sum(axis=1), there.sum(axis=1)
    return hits.astype(y.dtype), counts.astype(y.dtype)
