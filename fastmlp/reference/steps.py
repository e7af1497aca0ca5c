"""Samples that are tables: rows for their steps, and back."""

from fastmlp.reference._array import Array


def by_steps(x: Array, steps: int) -> Array:
    """Each step of a sample as a row: (rows steps, columns / steps)."""
    return x.reshape(len(x) * steps, x.shape[1] // steps)


def by_samples(x: Array, steps: int) -> Array:
    """Each sample as a row again: (rows, columns steps)."""
    return x.reshape(len(x) // steps, x.shape[1] * steps)
