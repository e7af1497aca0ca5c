"""Regularizers and constraints: what keeps weights small."""

import numpy as np

from fastmlp.reference._array import Array


def penalty(w: Array, l1: float, l2: float) -> float:
    """l1 sum_i |w_i| + l2 sum_i w_i^2."""
    return float(l1 * np.abs(w).sum() + l2 * np.square(w).sum())


def penalty_backward(w: Array, l1: float, l2: float) -> Array:
    """dw = l1 sign(w) + 2 l2 w."""
    real = w.dtype.type
    return real(l1) * np.sign(w) + 2 * real(l2) * w


def limit_norms(w: Array, least: float, most: float, rate: float) -> tuple[()]:
    """Move the norm of each column of w to between `least` and `most`, by `rate`."""
    real = w.dtype.type
    norms = np.sqrt(np.square(w).sum(axis=0))
    wanted = np.clip(norms, real(least), real(most))
    w *= (real(rate) * wanted + real(1 - rate) * norms) / (real(1e-7) + norms)
    return ()


def keep_non_negative(w: Array) -> tuple[()]:
    """w <- max(w, 0)."""
    np.maximum(w, 0, out=w)
    return ()
