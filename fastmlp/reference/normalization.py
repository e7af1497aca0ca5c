"""Normalization: numbers that are moved and scaled, column by column."""

import numpy as np

from fastmlp.reference._array import Array


def affine(x: Array, center: Array, scale: Array, offset: Array) -> Array:
    """y_j = (x_j - center_j) scale_j + offset_j."""
    return (x - center) * scale + offset


def affine_backward(dy: Array, scale: Array) -> Array:
    """dx_j = dy_j scale_j."""
    return dy * scale


def moments(x: Array) -> tuple[Array, Array]:
    """The mean of each column, and its variance."""
    return x.mean(axis=0), x.var(axis=0)


def move_towards(moving: Array, now: Array, momentum: float) -> tuple[()]:
    """Moving <- momentum moving + (1 - momentum) now, in place."""
    keep = moving.dtype.type(momentum)
    moving[...] = moving * keep + now * (1 - keep)
    return ()


def normalize(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None,
    beta: Array | None,
    epsilon: float,
) -> Array:
    """y_j = gamma_j (x_j - mean_j) / sqrt(variance_j + epsilon) + beta_j."""
    y = (x - mean) / np.sqrt(variance + x.dtype.type(epsilon))
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def normalize_backward(
    x: Array,
    dy: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None,
    epsilon: float,
) -> tuple[Array, Array, Array]:
    """dx, dgamma and dbeta, where mean and variance are those of x itself."""
    root = np.sqrt(variance + x.dtype.type(epsilon))
    n = (x - mean) / root
    dgamma, dbeta = (dy * n).sum(axis=0), dy.sum(axis=0)
    dx = (dy - (dbeta + n * dgamma) / len(x)) / root
    return dx if gamma is None else dx * gamma, dgamma, dbeta
